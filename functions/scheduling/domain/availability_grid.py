"""The availability grid, who is available when: what is free of some windows, day by day."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from scheduling.domain.availability import GRID, merged
from scheduling.domain.time_range import TimeRange

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class DayCell:
    """One person's day; what reaches over midnight is cut there."""

    free: tuple[TimeRange, ...]
    """What they offer, where nobody has booked and their linked calendar is free; from now on."""
    taken: tuple[TimeRange, ...]
    """What is booked, buffers included."""


def day_cells(
    windows: Iterable[TimeRange],
    taken: Iterable[TimeRange],
    days: Sequence[TimeRange | None],
    *,
    busy: Iterable[TimeRange] = (),
    now: datetime,
) -> tuple[DayCell, ...]:
    """Return one cell for each day; an empty one for a day that the zone skipped.

    Args:
        windows: What they offer; sorted, apart from each other.
        taken: What is booked, in any order.
        busy: When their linked calendar says they are busy, in any order.
    """
    booked = merged(taken)
    free = remaining(_from_now_on(windows, now), merged([*booked, *busy]))
    return tuple(DayCell(_within(free, day), _within(booked, day)) for day in days)


def remaining(windows: Iterable[TimeRange], taken: Sequence[TimeRange]) -> tuple[TimeRange, ...]:
    """Return the windows without what is taken; both sorted, each apart from the next."""
    left: list[TimeRange] = []
    over = 0
    for window in windows:
        start = window.start
        while over < len(taken) and taken[over].end <= start:
            over += 1
        for each in itertools.islice(taken, over, None):
            if each.start >= window.end:
                break
            if start < each.start:
                left.append(TimeRange(start, each.start))
            start = max(start, each.end)
        if start < window.end:
            left.append(TimeRange(start, window.end))
    return tuple(left)


def _from_now_on(windows: Iterable[TimeRange], now: datetime) -> list[TimeRange]:
    first = now + timedelta(seconds=-now.timestamp() % GRID.total_seconds())
    return [
        TimeRange(max(window.start, first), window.end) for window in windows if window.end > first
    ]


def _within(ranges: Iterable[TimeRange], day: TimeRange | None) -> tuple[TimeRange, ...]:
    if day is None:
        return ()
    return tuple(
        TimeRange(max(each.start, day.start), min(each.end, day.end))
        for each in ranges
        if each.overlaps(day)
    )
