"""The month a guest picks a day from."""

from __future__ import annotations

from calendar import Calendar
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from scheduling.domain.time_range import TimeRange
from scheduling.domain.zones import instant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class CalendarMonth:
    """A month on the clocks of one zone, and what is free in it."""

    first_day: date
    weeks: tuple[tuple[date | None, ...], ...]
    """Seven days each, Monday first; None outside the month."""
    starts: Mapping[date, Sequence[datetime]]
    """The open starts of each free day, soonest first."""
    earlier: date | None
    """First day of the month before, where it may have free days."""
    later: date | None

    @property
    def first_free_day(self) -> date | None:
        return min(self.starts, default=None)


def calendar_month(
    first_day: date, starts: Sequence[datetime], zone: ZoneInfo, *, today: date, last_day: date
) -> CalendarMonth:
    """Return a month with the starts in it.

    Args:
        starts: Soonest first.
        today: Months before it are not offered.
        last_day: The last that can be booked; months after it are not offered.
    """
    days = Calendar().itermonthdates(first_day.year, first_day.month)
    shown = [day if day.month == first_day.month else None for day in days]
    before = (first_day - timedelta(days=1)).replace(day=1)
    after = month_after(first_day)
    return CalendarMonth(
        first_day=first_day,
        weeks=tuple(tuple(shown[at : at + 7]) for at in range(0, len(shown), 7)),
        starts={
            day: tuple(group)
            for day, group in groupby(starts, key=lambda start: start.astimezone(zone).date())
        },
        earlier=before if before >= today.replace(day=1) else None,
        later=after if after <= last_day else None,
    )


def month_after(day: date) -> date:
    """Return the first day of the month after the one `day` is in."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def span_of_month(first_day: date, zone: ZoneInfo) -> TimeRange:
    """Return the month from midnight to midnight on the clocks of a zone."""
    return TimeRange(
        instant(first_day, time(), zone), instant(month_after(first_day), time(), zone)
    )
