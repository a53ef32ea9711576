"""Which slots are open: one pure function for listing and for booking.

Instants are whole seconds since 1970 in UTC, spans half-open. Nothing here
knows a time zone: windows come as instants already. This module and what it
imports stay free of pydantic, so that the function which lists slots starts fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from scheduling.domain.booking_page import BookingRules
    from scheduling.domain.time_range import TimeRange

type Span = tuple[int, int]
"""From, and up to but not including, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class SlotRules:
    """`BookingRules` in seconds."""

    duration: int
    interval: int
    minimum_notice: int
    buffer_before: int
    buffer_after: int
    horizon: int

    @classmethod
    def of(cls, rules: BookingRules) -> SlotRules:
        return cls(
            duration=int(rules.duration.total_seconds()),
            interval=int((rules.interval or rules.duration).total_seconds()),
            minimum_notice=int(rules.minimum_notice.total_seconds()),
            buffer_before=int(rules.buffer_before.total_seconds()),
            buffer_after=int(rules.buffer_after.total_seconds()),
            horizon=int(rules.horizon.total_seconds()),
        )


def span_of(time: TimeRange) -> Span:
    return int(time.start.timestamp()), int(time.end.timestamp())


def open_slots(
    windows: Sequence[Span], busy: Iterable[Span], rules: SlotRules, within: Span, now: datetime
) -> Iterator[int]:
    """Yield the starts of the open slots within a span, soonest first.

    Starts lie on a grid anchored at each window, never re-anchored after a busy
    block, so every guest sees the same set. A slot may start the moment its
    notice is up, and touch what is busy; its own buffers may not overlap it.

    Args:
        windows: Sorted, apart from each other.
        busy: What is taken, each with the buffers it was taken with; in any order.
        within: Slots that start in it are yielded.
    """
    taken = sorted(busy)
    earliest = max(within[0], now.timestamp() + rules.minimum_notice)
    latest = min(within[1] - 1, now.timestamp() + rules.horizon)
    position = 0
    for opens, closes in windows:
        skipped = max(0, -(-(earliest - opens) // rules.interval))
        start = opens + int(skipped) * rules.interval
        while start + rules.duration <= closes and start <= latest:
            while position < len(taken) and taken[position][1] <= start - rules.buffer_before:
                position += 1
            if _is_free(taken, position, start, rules):
                yield start
            start += rules.interval


def _is_free(taken: Sequence[Span], position: int, start: int, rules: SlotRules) -> bool:
    """Tell whether no busy span from `position` on overlaps the slot with its buffers."""
    needs_from, needs_to = start - rules.buffer_before, start + rules.duration + rules.buffer_after
    for busy_from, busy_to in taken[position:]:
        if busy_from >= needs_to:
            return True
        if busy_to > needs_from:
            return False
    return True


def is_open(
    start: int, windows: Sequence[Span], busy: Iterable[Span], rules: SlotRules, now: datetime
) -> bool:
    """Tell whether the slot that starts at `start` is one that `open_slots` yields."""
    return start in open_slots(windows, busy, rules, (start, start + 1), now)
