"""Dates, times, zones and lengths, as people read them.

Every instant is an aware `datetime`; zones are IANA names that exist; locales
are those whose Babel data is shipped (`en`, `ja` and their regions).
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import get_global
from babel.dates import format_date, format_datetime, format_skeleton, get_timezone_location
from babel.lists import format_list

from translations.catalogue import translations_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DAY_PATTERNS = {"en": "EEE d MMMM y"}
"""Where CLDR's own order of the parts is not used: its English is American by default."""

_CLOCK_PATTERN = "HH:mm"


def day(of: date, locale: str) -> str:
    """Return a date with its weekday: "Tue 1 December 2026"."""
    pattern = _DAY_PATTERNS.get(Locale.parse(locale).language)
    if pattern is None:
        return format_skeleton("yMMMMEd", of, locale=locale)
    return format_date(of, pattern, locale=locale)


def clock(instant: datetime, zone: str, locale: str) -> str:
    """Return what clocks in `zone` show at `instant`: "10:30"."""
    return format_datetime(instant, _CLOCK_PATTERN, tzinfo=ZoneInfo(zone), locale=locale)


def span(start: datetime, end: datetime, zone: str, locale: str) -> str:
    """Return a stretch of time: "Tue 1 December 2026, 10:30–11:00 (Tokyo, GMT+9)".

    Where clocks change meanwhile, both offsets are named: "(Berlin, GMT+2, then GMT+1)".
    """
    place = ZoneInfo(zone)
    first, last = start.astimezone(place), end.astimezone(place)
    label = zone_label(zone, start, locale)
    if first.utcoffset() != last.utcoffset():
        then = translations_for(locale).gettext("%(zone)s, then %(offset)s")
        label = then % {"zone": label, "offset": _offset_label(last.utcoffset(), locale)}
    when = _day_and_clock(first.date(), clocks(start, end, zone, locale), locale)
    return _with_zone(when, label, locale)


def moment(instant: datetime, zone: str, locale: str) -> str:
    """Return what calendar and clocks in `zone` show: "Tue 1 December 2026, 10:30"."""
    date_there = instant.astimezone(ZoneInfo(zone)).date()
    return _day_and_clock(date_there, clock(instant, zone, locale), locale)


def zoned_moment(instant: datetime, zone: str, locale: str) -> str:
    """Return a moment and where: "Tue 1 December 2026, 10:30 (Tokyo, GMT+9)"."""
    return _with_zone(moment(instant, zone, locale), zone_label(zone, instant, locale), locale)


def clocks(start: datetime, end: datetime, zone: str, locale: str) -> str:
    """Return what clocks in `zone` show at both ends: "10:30–11:00".

    Where it ends on a later day, that day stands before its clock; midnight at
    the end of the same day is "24:00" (ISO 8601-1:2019/Amd 1:2022).
    """
    place = ZoneInfo(zone)
    first_day, last = start.astimezone(place).date(), end.astimezone(place)
    if last.date() == first_day:
        until = clock(end, zone, locale)
    elif last.replace(tzinfo=None) == datetime.combine(first_day + timedelta(days=1), time.min):
        until = "24:00"
    else:
        until = moment(end, zone, locale)
    return f"{clock(start, zone, locale)}–{until}"


def zone_label(zone: str, at: datetime, locale: str) -> str:
    """Return the zone's city and its offset at an instant: "Tokyo, GMT+9".

    Zones without a place, such as `Etc/GMT+5`, are their offset alone; UTC is "UTC".
    """
    offset = at.astimezone(ZoneInfo(zone)).utcoffset()
    if _has_no_place(zone):
        return _offset_label(offset, locale) if offset else "UTC"
    words = translations_for(locale).gettext("%(city)s, %(offset)s")
    return words % {"city": _city(zone, locale), "offset": _offset_label(offset, locale)}


def length(duration: timedelta, locale: str) -> str:
    """Return a positive duration in whole minutes: "1 hour 30 minutes"."""
    words = translations_for(locale)
    hours, minutes = divmod(duration // timedelta(minutes=1), 60)
    days, hours = divmod(hours, 24)
    parts = (
        words.ngettext("%d day", "%d days", days) % days if days else "",
        words.ngettext("%d hour", "%d hours", hours) % hours if hours else "",
        words.ngettext("%d minute", "%d minutes", minutes) % minutes if minutes else "",
    )
    return format_list([part for part in parts if part], style="unit-narrow", locale=locale)


def month(of: date, locale: str) -> str:
    """Return the month and year of a date: "December 2026"."""
    return format_skeleton("yMMMM", of, locale=locale)


def weekday_names(locale: str) -> tuple[str, ...]:
    """Return the seven short names, Monday first: "Mon" to "Sun" in English."""
    names = Locale.parse(locale).days["stand-alone"]["abbreviated"]
    return tuple(names[weekday] for weekday in range(7))


def _day_and_clock(of: date, clocks_shown: str, locale: str) -> str:
    """Join them as CLDR does for a language: with a comma in English, without in Japanese."""
    pattern: str = Locale.parse(locale).datetime_formats["medium"]
    return pattern.format(clocks_shown, day(of, locale))


def _with_zone(when: str, label: str, locale: str) -> str:
    words = translations_for(locale).gettext("%(when)s (%(zone)s)")
    return words % {"when": when, "zone": label}


def _has_no_place(zone: str) -> bool:
    canonical = get_global("zone_aliases").get(zone, zone)
    return get_global("zone_territories").get(canonical, "ZZ") in ("ZZ", "001")


def _city(zone: str, locale: str) -> str:
    """Return the city that a zone is named after, in the words of a language.

    CLDR keeps it under the first name that the zone had, as in "Asia/Calcutta", where Babel's
    `get_timezone_location` looks under the present one only.
    """
    present = get_global("zone_aliases").get(zone, zone)
    names = Locale.parse(locale).time_zones
    for name in (present, *_former_names().get(present, ())):
        if "city" in names.get(name, {}):
            return str(names[name]["city"])
    # A name may have a region before the city, as in "Argentina/Buenos Aires".
    return get_timezone_location(zone, locale=locale, return_city=True).rpartition("/")[2]


@cache
def _former_names() -> Mapping[str, Sequence[str]]:
    """Return the names that zones had before, by their present one."""
    names: dict[str, list[str]] = {}
    for former, present in get_global("zone_aliases").items():
        names.setdefault(present, []).append(former)
    return names


def _offset_label(offset: timedelta | None, locale: str) -> str:
    """Return "GMT+9", "GMT+5:30", "GMT"."""
    offset = offset or timedelta(0)
    sign = "-" if offset < timedelta(0) else "+"
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    number = f"{sign}{hours}" + (f":{minutes:02}" if minutes else "")
    pattern: str = Locale.parse(locale).zone_formats["gmt"]
    return pattern % (number if offset else "")
