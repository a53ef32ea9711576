"""Wall clock and instants."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


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
