"""When somebody is busy, out of a calendar file of theirs."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar

from scheduling.adapters.ics.cpu_limit import TookTooLong, limited
from scheduling.domain.feeds import MOST_BUSY, FeedFailure
from scheduling.domain.hours import intersection, merged
from scheduling.domain.slots import span_of
from scheduling.domain.zones import instant, time_zone
from scheduling.ports import FeedNotRead

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from icalendar import Component, Event

    from scheduling.domain.hours import Span
    from scheduling.domain.time_range import TimeRange

CPU_SECONDS = 5.0
"""A full megabyte takes two. A rule that never comes true, such as 30 February, keeps its reader
searching to the year 9999, and nothing about it tells beforehand."""

_TOO_OFTEN = frozenset({"SECONDLY", "MINUTELY"})
"""Nobody meets so often."""

_MARGIN = timedelta(days=1)
"""Clocks differ by less: what has no zone of its own is not missed."""

_NOT_A_CALENDAR = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What the libraries raise, far from where they meet it, for files that break RFC 5545."""

_FREE = frozenset({"FREE", "WORKINGELSEWHERE"})
"""Source: MS-OXCICAL section 2.1.3.1.1.20.31."""

type _When = datetime | date


class ICalendarBusyTimes:
    """BusyTimes through icalendar and recurring_ical_events. In the main thread only.

    Args:
        cpu_seconds: What one file may take.
        most: How many stretches it may come to.
    """

    def __init__(self, *, cpu_seconds: float = CPU_SECONDS, most: int = MOST_BUSY) -> None:
        self._cpu_seconds = cpu_seconds
        self._most = most

    def of(
        self,
        file: bytes,
        within: TimeRange,
        *,
        owner: str,
        time_zone: str,
        apart_from: Sequence[str],
    ) -> tuple[Span, ...]:
        try:
            with limited(self._cpu_seconds):
                calendars = Calendar.from_ical(file, multiple=True)
                if not calendars:
                    raise FeedNotRead(FeedFailure.NOT_A_CALENDAR)
                found = [
                    span
                    for calendar in calendars
                    for span in _Reader(calendar, owner, time_zone, apart_from).spans(within)
                ]
        except TookTooLong as late:
            raise FeedNotRead(FeedFailure.TOO_MUCH) from late
        except _NOT_A_CALENDAR as broken:
            raise FeedNotRead(FeedFailure.NOT_A_CALENDAR) from broken
        busy = intersection(merged(found), [span_of(within)])
        if len(busy) > self._most:
            raise FeedNotRead(FeedFailure.TOO_MUCH)
        return tuple(busy)


class _Reader:
    """One calendar, and what it takes to know when its owner is busy."""

    def __init__(
        self, calendar: Component, owner: str, zone_name: str, apart_from: Sequence[str]
    ) -> None:
        if calendar.name != "VCALENDAR":
            raise FeedNotRead(FeedFailure.NOT_A_CALENDAR)
        own_zone = time_zone(str(calendar.get("X-WR-TIMEZONE", "")))
        if own_zone is None:
            # A zone that nobody knows would stop recurring_ical_events.
            calendar.pop("X-WR-TIMEZONE", None)
        self._calendar = calendar
        self._zone = own_zone or time_zone(zone_name) or ZoneInfo("UTC")
        # Google names a person's main calendar after their address there.
        self._owners = {owner.lower(), str(calendar.get("X-WR-CALNAME", "")).lower()}
        self._apart_from = frozenset(apart_from)

    def spans(self, within: TimeRange) -> Iterator[Span]:
        """Yield when the owner is busy, in any order.

        Raises:
            FeedNotRead: There is more of it than anybody has to do.
        """
        for event in self._calendar.walk("VEVENT"):
            if any(_TOO_OFTEN & {*rule.get("FREQ", [])} for rule in _every(event, "RRULE")):
                raise FeedNotRead(FeedFailure.TOO_MUCH)
        query = recurring_ical_events.of(self._calendar)
        found = query.between(within.start - _MARGIN, within.end + _MARGIN)
        busy = ((event.start, event.end) for event in found if self._is_busy(event))
        for start, end in chain(busy, _published(self._calendar)):
            span = int(self._instant(start).timestamp()), int(self._instant(end).timestamp())
            if span[0] < span[1]:
                yield span

    def _is_busy(self, event: Event) -> bool:
        return not (
            _word(event, "STATUS") == "CANCELLED"
            or _word(event, "TRANSP") == "TRANSPARENT"
            or _word(event, "X-MICROSOFT-CDO-BUSYSTATUS") in _FREE
            or str(event.get("UID", "")).partition("@")[0] in self._apart_from
            or any(map(self._has_declined, _every(event, "ATTENDEE")))
        )

    def _has_declined(self, attendee: Any) -> bool:
        address = str(attendee).lower().removeprefix("mailto:")
        return address in self._owners and attendee.params.get("PARTSTAT", "").upper() == "DECLINED"

    def _instant(self, when: _When) -> datetime:
        """Return the instant in UTC; dates, and clocks without a zone, are the calendar's."""
        if not isinstance(when, datetime):
            return instant(when, time(), self._zone)
        if when.tzinfo is None:
            return instant(when.date(), when.time(), self._zone)
        return when.astimezone(UTC)


def _published(calendar: Component) -> Iterator[tuple[datetime, datetime]]:
    """Yield the stretches of calendars that publish nothing else (RFC 5545 section 3.6.4)."""
    for component in calendar.walk("VFREEBUSY"):
        for period in _every(component, "FREEBUSY"):
            if period.params.get("FBTYPE", "BUSY").upper() != "FREE":
                yield period.start, period.end


def _every(component: Component, name: str) -> Iterable[Any]:
    """Return the values of a property that may stand there several times, once or never."""
    found = component.get(name, [])
    return found if isinstance(found, list) else [found]


def _word(component: Component, name: str) -> str:
    return str(component.get(name, "")).upper()
