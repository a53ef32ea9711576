"""Hosts: whoever a page books, with an account or without one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING

from scheduling.domain.feeds import FeedState
from scheduling.domain.slots import BusyBlock, HostTimes, span_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from scheduling.domain.connections import ConnectedBusy
    from scheduling.domain.feeds import CalendarFeed
    from scheduling.domain.hours import WeeklyHours
    from scheduling.domain.slots import Limit
    from scheduling.domain.time_range import TimeRange


class HostKind(StrEnum):
    MEMBER = "member"
    """Has weekly hours."""
    EXTERNAL_MEMBER = "external_member"
    """Has the windows they entered."""


@dataclass(frozen=True, slots=True)
class HostKey:
    """Which host is meant."""

    kind: HostKind
    host_id: str
    """The id of the member or the external member."""


@dataclass(frozen=True, slots=True)
class Host:
    """A host with the times they can do."""

    key: HostKey
    organization_id: str
    name: str
    email: str
    time_zone: str
    """Hours and days are meant in it; their mails print times in it."""
    hours: WeeklyHours | tuple[TimeRange, ...]
    """Weekly hours, or the windows they entered: sorted, apart from each other."""
    limits: tuple[Limit, ...] = ()
    """How many meetings they take, over all their pages."""
    person_in_charge_id: str = ""
    """Of an external member: who is told of their bookings."""
    request_link_id: str = ""
    """Of an external member: the link to their times."""
    locale: str = ""
    """Of a member: the language of their mails; the organization's where empty."""
    is_gone: bool = False
    """Deleted: kept for the meetings they still have."""
    calendar: CalendarFeed | None = None
    """Of an external member: the one they linked."""
    connected: tuple[ConnectedBusy, ...] = ()
    """Of a member: when they are busy in calendars they connected."""
    valid_until: datetime | None = None
    """Of an external member: until when their times count as right without a word."""

    @property
    def host_id(self) -> str:
        return self.key.host_id

    def has_times_after(self, now: datetime) -> bool:
        """Tell whether any of their times is still to come; weekly hours always are."""
        if isinstance(self.hours, tuple):
            return any(window.end > now for window in self.hours)
        return not self.is_gone

    def is_stale(self, now: datetime) -> bool:
        """Tell whether times are still to come that nobody has confirmed for long."""
        until = self.valid_until
        return until is not None and now >= until and self.has_times_after(now)

    def is_unverified(self, now: datetime) -> bool:
        """Tell whether a calendar of theirs has not been read for long, or not yet."""
        if self.calendar is not None and self.calendar.state(now) is not FeedState.VERIFIED:
            return True
        return any(known.is_unverified(now) for known in self.connected)

    def is_busy_elsewhere(self, time: TimeRange) -> bool:
        """Tell whether a calendar that they connected says that they are busy at some time."""
        start, end = span_of(time)
        return any(
            first < end and start < last for each in self.connected for first, last in each.busy
        )

    def times(
        self,
        *,
        busy: Sequence[BusyBlock] = (),
        page_bookings: Sequence[int] = (),
        bookings: Sequence[int] = (),
    ) -> HostTimes:
        """Return the host as the slot engine sees them; see `HostTimes` for what is handed on.

        When their calendars elsewhere say they are busy, they are busy as well.
        """
        hours = self.hours
        linked = [self.calendar.busy] if self.calendar else [each.busy for each in self.connected]
        return HostTimes(
            host_id=self.host_id,
            time_zone=self.time_zone,
            hours=tuple(map(span_of, hours)) if isinstance(hours, tuple) else hours,
            busy=[*busy, *(BusyBlock(*span) for span in chain.from_iterable(linked))],
            page_bookings=page_bookings,
            bookings=bookings,
            limits=self.limits,
        )
