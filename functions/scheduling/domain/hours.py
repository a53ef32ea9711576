"""The hours in which a host can be booked: wall clock, dates and zones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from scheduling.domain.zones import instant, steady_offset

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

type Span = tuple[int, int]
"""From, and up to but not including; in seconds since 1970 unless said otherwise."""

_DAY = timedelta(days=1)
_DAY_MINUTES = 24 * 60
_DAY_SECONDS = 24 * 60 * 60
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class ClockSpan:
    """From one wall-clock time to another, in minutes since midnight."""

    start: int
    """0 to 1439."""
    end: int
    """1 to 1440, which is 24:00. One that is not after `start` lies on the next date."""


def written_clock(minutes: int) -> str:
    """Return minutes since midnight as `09:30`."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@dataclass(frozen=True, slots=True)
class DateSpan:
    """The dates from `first` to `last`, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def ordinals(self, within: range) -> range:
        """Return the ordinals of those dates whose ordinals are in a range."""
        first, last = self.first.toordinal(), self.last.toordinal()
        return range(max(first, within.start), min(last + 1, within.stop))


@dataclass(frozen=True, slots=True)
class DateOverride:
    """What replaces all hours that start on one date."""

    day: date
    spans: tuple[ClockSpan, ...]
    """Empty where the day is closed."""


@dataclass(frozen=True, slots=True)
class Travel:
    """The zone in which a host's hours are meant on some dates."""

    dates: DateSpan
    time_zone: str


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """When a host can be booked, week after week, and the dates that are different."""

    time_zone: str
    weekdays: Mapping[int, tuple[ClockSpan, ...]]
    """By ISO weekday, Monday being 1; one that is missing is closed."""
    overrides: tuple[DateOverride, ...] = ()
    """At most one for each date."""
    out_of_office: tuple[DateSpan, ...] = ()
    travel: tuple[Travel, ...] = ()
    """Trips, apart from each other."""

    def is_out_of_office(self, day: date) -> bool:
        return any(day in dates for dates in self.out_of_office)

    def is_overridden(self, day: date) -> bool:
        return any(override.day == day for override in self.overrides)

    def without_exceptions(self) -> WeeklyHours:
        """Return the hours as they are on a date like any other."""
        return replace(self, overrides=(), out_of_office=())


@dataclass(frozen=True, slots=True)
class HostDates:
    """A host's dates, each of which begins at midnight where the host is on it."""

    time_zone: str
    travel: tuple[Travel, ...] = ()

    def zone_on(self, day: date) -> ZoneInfo:
        for trip in self.travel:
            if day in trip.dates:
                return ZoneInfo(trip.time_zone)
        return ZoneInfo(self.time_zone)

    def start_of(self, day: date) -> int:
        """Return the instant at which `day` begins, in seconds since 1970."""
        return _seconds(day, 0, self.zone_on(day))

    def date_of(self, seconds: int) -> date:
        """Return the date at an instant: the last one that has begun."""
        at_home = datetime.fromtimestamp(seconds, ZoneInfo(self.time_zone)).date()
        if not self.travel:
            return at_home
        # No two zones are more than 26 hours apart.
        days = [at_home + ahead * _DAY for ahead in range(-2, 3)]
        return max(day for day in days if self.start_of(day) <= seconds)


def windows_by_date(hours: WeeklyHours, within: Span) -> list[Span]:
    """Return what can be booked in a span and shortly around it, date by date.

    Windows of one date that touch or overlap are one; those of different dates
    are not, since the grid of slots begins anew with each date.

    Returns:
        Sorted by start. Each is whole: none is cut at the ends of `within`.
    """
    # A host's date reaches into the UTC dates beside it, and its hours into the date after it.
    first = _EPOCH_ORDINAL + within[0] // _DAY_SECONDS - 2
    last = _EPOCH_ORDINAL + within[1] // _DAY_SECONDS + 1
    weekdays = {weekday: _minutes(spans) for weekday, spans in hours.weekdays.items()}
    exceptions = _exceptions(hours, range(first, last + 2))
    home, away = ZoneInfo(hours.time_zone), _zones_away(hours, range(first, last + 1))
    windows: list[Span] = []
    for ordinal in range(first, last + 1):
        minutes = exceptions.get(ordinal, weekdays.get(ordinal % 7 or 7))
        if not minutes:
            continue
        zone = away.get(ordinal, home)
        offset = steady_offset(ordinal, zone)
        if offset is None or minutes[-1][1] > _DAY_MINUTES:
            is_cut = ordinal + 1 in exceptions
            windows += _instants(date.fromordinal(ordinal), minutes, zone, is_cut=is_cut)
        else:
            midnight = _DAY_SECONDS * (ordinal - _EPOCH_ORDINAL) - offset
            for start, end in minutes:
                windows.append((midnight + 60 * start, midnight + 60 * end))
    windows.sort()
    return windows


def without(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """Return what is left of spans where others are taken out of them, sorted."""
    left = merged(spans)
    for start, end in others:
        left = [
            part
            for span in left
            for part in ((span[0], min(span[1], start)), (max(span[0], end), span[1]))
            if part[0] < part[1]
        ]
    return left


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the spans sorted, with those that touch or overlap made one."""
    result: list[Span] = []
    latest = 0
    for start, end in sorted(spans):
        if not result or start > latest:
            result.append((start, end))
            latest = end
        elif end > latest:
            result[-1] = result[-1][0], end
            latest = end
    return result


def intersection(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """Return what each of one's windows shares with each of the other's; all sorted by start."""
    found = []
    first = 0
    for start, end in one:
        while first < len(other) and other[first][1] <= start:
            first += 1
        position = first
        while position < len(other) and other[position][0] < end:
            other_start, other_end = other[position]
            if start < other_end:
                found.append((max(start, other_start), min(end, other_end)))
            position += 1
    found.sort()
    return found


def _minutes(spans: Iterable[ClockSpan]) -> list[Span]:
    """Return spans of the clock in minutes since midnight, those that touch or overlap as one."""
    return merged(
        (span.start, span.end if span.start < span.end else span.end + _DAY_MINUTES)
        for span in spans
    )


def _exceptions(hours: WeeklyHours, ordinals: range) -> dict[int, list[Span]]:
    """Return the hours of the dates that are different, in minutes, by the date's ordinal."""
    exceptions = {each.day.toordinal(): _minutes(each.spans) for each in hours.overrides}
    for dates in hours.out_of_office:
        exceptions.update((ordinal, []) for ordinal in dates.ordinals(ordinals))
    return exceptions


def _zones_away(hours: WeeklyHours, ordinals: range) -> dict[int, ZoneInfo]:
    """Return the zones of the dates that are spent elsewhere, by the date's ordinal."""
    return {
        ordinal: ZoneInfo(trip.time_zone)
        for trip in hours.travel
        for ordinal in trip.dates.ordinals(ordinals)
    }


def _instants(day: date, minutes: Iterable[Span], zone: ZoneInfo, *, is_cut: bool) -> list[Span]:
    """Return spans of minutes since midnight of `day` as instants, but for those clocks skip.

    Args:
        is_cut: End what crosses midnight there.
    """
    latest = _DAY_MINUTES if is_cut else 2 * _DAY_MINUTES
    instants = [
        (_seconds(day, start, zone), _seconds(day, min(end, latest), zone))
        for start, end in minutes
    ]
    return merged((start, end) for start, end in instants if start < end)


def _seconds(day: date, minutes: int, zone: ZoneInfo) -> int:
    """Return the instant at which clocks show a time, in minutes since midnight of `day`."""
    days, minutes = divmod(minutes, _DAY_MINUTES)
    clock = time(*divmod(minutes, 60))
    return int(instant(day + days * _DAY, clock, zone).timestamp())
