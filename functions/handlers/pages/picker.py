"""Picking a day and a time, on a booking page and to move a meeting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from handlers.pages.calendar_month import CalendarMonth, calendar_month, span_of_month
from scheduling.domain.time_range import TimeRange
from scheduling.domain.zones import instant
from scheduling.use_cases.slots import LONGEST_RANGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from scheduling.domain.booking_page import BookingRules

type Starts = Callable[[TimeRange], Sequence[datetime]]
"""Returns the open starts within a range of at most `LONGEST_RANGE`, soonest first."""


@dataclass(frozen=True, slots=True)
class Days:
    """From when until when a page can be booked, on the clocks of one zone."""

    first: date
    last: date

    @classmethod
    def of(cls, rules: BookingRules, zone: ZoneInfo, now: datetime) -> Days:
        """Return the days on which a slot may start.

        Booking windows are dates of the hosts, who may be a day ahead of `zone`.
        """
        today = now.astimezone(zone).date()
        if rules.dates is None:
            return cls(today, today + timedelta(days=rules.horizon_days + 1))
        return cls(max(today, rules.dates.first - timedelta(days=1)), rules.dates.last)


@dataclass(frozen=True, slots=True)
class Picker:
    """The month, the day and the times that somebody looks at."""

    path: str
    """Where it is shown."""
    month: CalendarMonth
    chosen_day: date | None
    """The one whose times are shown; None where the month has no free day."""
    last_day: date
    zone: str
    was_chosen: bool
    """Whether somebody chose the day or the month; else it is the first that is free."""
    kept: Mapping[str, str]
    """What each address of the page repeats: the zone, the length of the meeting."""

    @property
    def times(self) -> Sequence[datetime]:
        """The open starts of the chosen day, soonest first."""
        return () if self.chosen_day is None else self.month.starts.get(self.chosen_day, ())

    @property
    def is_full(self) -> bool:
        """Tell whether nothing is free at all."""
        return not self.was_chosen and not self.month.starts

    @property
    def is_beyond(self) -> bool:
        """Tell whether the month is one that is not offered yet."""
        return self.month.first_day > self.last_day

    def address(self, **more: str) -> str:
        """Return the address of another day, month or time: `/book/x?date=2026-12-01`."""
        return f"{self.path}?{urlencode({**self.kept, **more})}"


def picker(
    path: str,
    zone: ZoneInfo,
    days: Days,
    starts: Starts,
    *,
    day: date | None,
    month: date | None,
    kept: Mapping[str, str],
) -> Picker:
    """Return what to show; the first free day is open until one is chosen.

    Args:
        zone: Whose days and clocks are shown.
        day: The one that somebody chose.
        month: Any day of the month that somebody chose.
    """
    wanted = day or month
    first_day = (wanted or _first_free_day(days, zone, starts)).replace(day=1)
    shown = calendar_month(
        first_day,
        starts(span_of_month(first_day, zone)),
        zone,
        today=days.first,
        last_day=days.last,
    )
    return Picker(
        path=path,
        month=shown,
        chosen_day=day or shown.first_free_day,
        last_day=days.last,
        zone=zone.key,
        was_chosen=wanted is not None,
        kept=kept,
    )


def _first_free_day(days: Days, zone: ZoneInfo, starts: Starts) -> date:
    """Return the first day with an open slot; the first at all where there is none."""
    found = next(chain.from_iterable(starts(part) for part in _parts(days, zone)), None)
    return days.first if found is None else found.astimezone(zone).date()


def _parts(days: Days, zone: ZoneInfo) -> Iterator[TimeRange]:
    """Yield these days in parts as long as the slots of a page can be asked for."""
    start, last = (
        instant(day, time(), zone) for day in (days.first, days.last + timedelta(days=1))
    )
    while start < last:
        end = min(start + LONGEST_RANGE, last)
        yield TimeRange(start, end)
        start = end
