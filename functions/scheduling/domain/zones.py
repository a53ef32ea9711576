"""Wall clock and instants."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from scheduling.domain.time_range import TimeRange

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_FIRST_MIDNIGHT, _LAST_MIDNIGHT = time(fold=0), time(fold=1)


def time_zone(name: str) -> ZoneInfo | None:
    """Return the IANA zone called `name`, or None where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        # ZoneInfo reports an unknown name, a name with odd characters and a
        # name that is a folder ("Europe") in these three ways.
        return None


def instant(day: date, wall_clock: time, zone: ZoneInfo) -> datetime:
    """Return the instant in UTC at which clocks in `zone` show `wall_clock` on `day`.

    A time that a spring change skips is clamped to the change; one that an
    autumn change shows twice is its first occurrence.
    """
    local = datetime.combine(day, wall_clock, zone)
    before_change = local.replace(fold=0).astimezone(UTC)
    if before_change.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return before_change
    return _change_between(local.replace(fold=1).astimezone(UTC), before_change, zone)


def day_span(day: date, zone: ZoneInfo) -> TimeRange | None:
    """Return a whole day in `zone`, 23 to 25 hours; None where the zone skipped it."""
    start, end = (instant(each, time(0), zone) for each in (day, day + timedelta(days=1)))
    return TimeRange(start, end) if start < end else None


@lru_cache(maxsize=4096)
def steady_offset(ordinal: int, zone: ZoneInfo) -> int | None:
    """Return by how many seconds clocks in `zone` are ahead of UTC all through a date.

    The midnights at both its ends are a part of it, so that 24:00 can be computed as well.
    Remembered, since every page that is opened asks about the same weeks.

    Args:
        ordinal: The proleptic Gregorian ordinal of the date, as of `date.toordinal`.

    Returns:
        None if clocks change on that date; `instant` then knows each time.
    """
    day = date.fromordinal(ordinal)
    offset = zone.utcoffset(datetime.combine(day, _FIRST_MIDNIGHT))
    at_end = zone.utcoffset(datetime.combine(day + _DAY, _LAST_MIDNIGHT))
    if offset is None or offset != at_end:
        return None
    return offset // _SECOND


def _change_between(early: datetime, late: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant after `early` with another UTC offset than `early` has."""
    offset = early.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)
