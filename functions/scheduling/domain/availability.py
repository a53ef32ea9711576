"""The times an external member offers."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from scheduling.domain.refusals import FieldProblem, InvalidInput, marked
from scheduling.domain.time_range import TimeRange
from scheduling.domain.zones import time_zone

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

GRID = timedelta(minutes=5)
"""All starts, ends and lengths are multiples of this; see `adapters/dynamodb/claims.py`."""

MAX_WINDOWS = 200
"""The most windows one external member may offer at once."""

MAX_AHEAD = timedelta(days=366)

FRESH_FOR = timedelta(days=28)
"""How long times are taken to be right after they were saved or confirmed."""

CONFIRM_BEFORE = timedelta(days=3)
"""How long before that is over it is asked whether they are."""


@dataclass(frozen=True, slots=True)
class Availability:
    """All times an external member offers, as last saved."""

    version: int
    """How often they were saved or confirmed; 0 before the first time."""
    time_zone: str
    """The zone the times were entered in."""
    windows: tuple[TimeRange, ...]
    """Sorted, apart from each other, never touching."""
    saved_at: datetime | None = None
    confirmed_at: datetime | None = None
    """When somebody last said that they are still right, without changing them."""
    windows_version: int = 0
    """The version that these windows came with; those after it only confirmed them."""

    @property
    def valid_until(self) -> datetime | None:
        """Return until when they count as right without a word; None before they were saved."""
        latest = max(filter(None, (self.saved_at, self.confirmed_at)), default=None)
        return None if latest is None else latest + FRESH_FOR

    def is_stale(self, now: datetime) -> bool:
        """Tell whether times are still to come that nobody has confirmed for long."""
        until = self.valid_until
        return until is not None and now >= until and bool(self.windows_after(now))

    def windows_after(self, now: datetime) -> tuple[TimeRange, ...]:
        """Return the windows that are not over yet."""
        return tuple(window for window in self.windows if window.end > now)


def checked_windows(
    entries: Sequence[tuple[datetime, datetime]], zone_name: str, *, now: datetime
) -> tuple[TimeRange, ...]:
    """Return the entered windows sorted, those that touch made one.

    Args:
        entries: Start and end of each, in UTC, in the order they were entered.
        zone_name: The zone they were entered in.
        now: What is over by then cannot be offered.

    Raises:
        InvalidInput: Names each field that cannot be accepted, as
            `windows.<position>.<start or end>` or `time_zone`.
    """
    problems = [*_zone_problems(zone_name), *_window_problems(entries, now)]
    if problems:
        raise InvalidInput(problems)
    return merged(TimeRange(start, end) for start, end in entries)


def merged(windows: Iterable[TimeRange]) -> tuple[TimeRange, ...]:
    """Return the windows sorted, with those that touch or overlap made one."""
    result: list[TimeRange] = []
    for window in sorted(windows):
        if result and window.start <= result[-1].end:
            result[-1] = TimeRange(result[-1].start, max(result[-1].end, window.end))
        else:
            result.append(window)
    return tuple(result)


def _zone_problems(zone_name: str) -> list[FieldProblem]:
    if time_zone(zone_name) is not None:
        return []
    return [
        FieldProblem(
            "time_zone", "unknown_time_zone", marked("There is no time zone of this name.")
        )
    ]


def _window_problems(
    entries: Sequence[tuple[datetime, datetime]], now: datetime
) -> list[FieldProblem]:
    if len(entries) > MAX_WINDOWS:
        return [FieldProblem("windows", "too_many", marked("At most 200 times can be offered."))]
    problems: list[FieldProblem] = []
    for position, (start, end) in enumerate(entries):
        where = f"windows.{position}"
        if end <= start:
            message = marked("The end has to be after the start.")
            problems.append(FieldProblem(f"{where}.end", "end_before_start", message))
        elif end <= now:
            message = marked("This time is already over.")
            problems.append(FieldProblem(f"{where}.start", "in_the_past", message))
        elif end - now > MAX_AHEAD:
            message = marked("This is more than a year ahead.")
            problems.append(FieldProblem(f"{where}.start", "too_far_ahead", message))
        for name, moment in (("start", start), ("end", end)):
            if moment.timestamp() % GRID.total_seconds():
                message = marked("Please use steps of five minutes.")
                problems.append(FieldProblem(f"{where}.{name}", "off_grid", message))
    return problems or _overlap_problems(entries)


def _overlap_problems(entries: Sequence[tuple[datetime, datetime]]) -> list[FieldProblem]:
    problems = []
    by_start = sorted((TimeRange(*entry), position) for position, entry in enumerate(entries))
    for (earlier, _), (later, position) in itertools.pairwise(by_start):
        if later.overlaps(earlier):
            message = marked("This overlaps another time you entered.")
            problems.append(FieldProblem(f"windows.{position}.start", "overlapping", message))
    return problems
