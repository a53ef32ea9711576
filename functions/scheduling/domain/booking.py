"""The meeting: one identity for life, however often it changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from scheduling.domain.refusals import (
    BookingCancelled,
    BookingClosed,
    BookingNotBegun,
    BookingOver,
    BookingUndecided,
    RequestDecided,
    marked,
)
from scheduling.domain.slots import BufferRule
from scheduling.domain.time_range import TimeRange

if TYPE_CHECKING:
    from scheduling.domain.connections import Platform
    from scheduling.domain.hosts import HostKey
    from scheduling.domain.messages import Recipient
    from scheduling.domain.people import Guest

HOLD_LIFE = timedelta(minutes=5)
"""How long a slot is kept for a guest who fills in the form."""

MOST_OTHER_GUESTS = 5
"""How many people a guest may bring along."""

REMOVED_FROM_CALENDAR = marked("The meeting was removed from the host's calendar.")
"""The `reason` of a booking whose event its host deleted: our words, in each reader's language."""


class BookingState(StrEnum):
    PENDING = "pending"
    """Asked for; its time is taken until somebody decides or `expires_at` passes."""
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    EXPIRED = "expired"
    """Nobody decided about the request in time."""
    NO_SHOW = "no_show"
    """The guest did not come."""

    @property
    def takes_time(self) -> bool:
        return self in {BookingState.PENDING, BookingState.CONFIRMED, BookingState.NO_SHOW}


@dataclass(frozen=True, slots=True)
class BookedHost:
    """A host as they were called when booked."""

    key: HostKey
    name: str

    @property
    def host_id(self) -> str:
        return self.key.host_id


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody's meeting takes of the time of each of its hosts.

    A snapshot: pages may change their buffers, what is released is what was claimed.
    """

    owner_id: str
    """The booking, or the hold that it was before."""
    organization_id: str
    host_ids: tuple[str, ...]
    time: TimeRange
    """The meeting."""
    before: timedelta = timedelta(0)
    after: timedelta = timedelta(0)
    buffer_rule: BufferRule = BufferRule.SUM

    @property
    def whole(self) -> TimeRange:
        """The meeting with its buffers."""
        return TimeRange(self.time.start - self.before, self.time.end + self.after)

    def clashes_with(self, taken: Taken) -> bool:
        """Tell whether it cannot be made beside what is taken of the same host, by its own rule."""
        if self.buffer_rule is BufferRule.SUM:
            return self.whole.overlaps(taken.whole)
        return self.time.overlaps(taken.whole) or self.whole.overlaps(taken.time)


@dataclass(frozen=True, slots=True)
class Taken:
    """A stretch of one host's time that a booking or a hold takes."""

    owner_id: str
    time: TimeRange
    before: timedelta
    after: timedelta
    booking_page_slug: str
    taken_at: datetime
    is_hold: bool = False
    expires_at: datetime | None = None
    """When it ends by itself: of holds and of requests that wait for a decision."""

    @property
    def whole(self) -> TimeRange:
        """The meeting with its buffers."""
        return TimeRange(self.time.start - self.before, self.time.end + self.after)

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True, slots=True)
class Hold:
    """A slot kept while a guest fills in the form; seen by nobody else.

    Who knows its id owns it: the booking made of it has the same.
    """

    hold_id: str
    booking_page_slug: str
    hosts: tuple[BookedHost, ...]
    claim: Claim
    held_at: datetime
    expires_at: datetime
    to_look_into: tuple[str, ...] = ()
    """The ids of those hosts who connected calendars: these are asked again before it is booked."""

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at <= now


@dataclass(frozen=True, slots=True)
class Answer:
    """What the guest answered, with the question as it was asked."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Booking:
    """A meeting that a guest has booked or asked for."""

    booking_id: str
    organization_id: str
    booking_page_slug: str
    title: str
    location: str
    hosts: tuple[BookedHost, ...]
    person_in_charge_id: str
    guest: Guest
    """Who booked, or was booked for."""
    claim: Claim
    state: BookingState
    version: int
    """1 when booked, one more with each change."""
    guest_link_id: str
    """The link in the guest's mails, the same for life."""
    booked_at: datetime
    changed_at: datetime
    fingerprint: str = ""
    """Of what was asked for when it was booked: tells a form sent twice from a key used twice."""
    other_guests: tuple[str, ...] = ()
    """Addresses of whom the guest brings along."""
    answers: tuple[Answer, ...] = ()
    reminders: tuple[timedelta, ...] = ()
    """How long before the meeting everybody is reminded."""
    expires_at: datetime | None = None
    """When a request that is not decided about ends."""
    ended_by: Recipient | None = None
    """In which role somebody cancelled or declined it."""
    reason: str = ""
    """What they said."""
    former_time: TimeRange | None = None
    """When it was before the latest move."""
    former_host_ids: tuple[str, ...] = ()
    """Who were its hosts before this version and are no longer."""
    erasures: int = 0
    """How often somebody was erased from it, which is no change that anybody is told of."""
    online_meeting: Platform | None = None
    """On what it takes place, as the page said; its link comes a moment after it was booked."""

    @property
    def time(self) -> TimeRange:
        return self.claim.time

    @property
    def host_ids(self) -> tuple[str, ...]:
        return self.claim.host_ids

    @property
    def host_names(self) -> tuple[str, ...]:
        return tuple(host.name for host in self.hosts)

    @property
    def summary(self) -> str:
        """What is meant and who takes part, without whoever was erased."""
        people = ", ".join(filter(None, (*self.host_names, self.guest.name)))
        return ": ".join(filter(None, (self.title, people)))

    @property
    def sequence(self) -> int:
        """The revision a calendar knows it by; 0 when booked (RFC 5545 section 3.8.7.4)."""
        return self.version - 1

    def cancelled(self, by: Recipient, reason: str, *, now: datetime) -> Booking:
        """Return the booking as it is after it was called off.

        Raises:
            BookingOver: The meeting has begun.
            BookingCancelled: It does not take place anyway.
        """
        self.check_changeable(now)
        return self._changed(
            now, state=BookingState.CANCELLED, ended_by=by, reason=reason, expires_at=None
        )

    def moved(self, claim: Claim, hosts: tuple[BookedHost, ...], *, now: datetime) -> Booking:
        """Return the booking at another time, with the hosts who can do it then.

        Raises:
            BookingOver: The meeting has begun.
            BookingCancelled: It does not take place.
        """
        self.check_changeable(now)
        former = tuple(each for each in self.host_ids if each not in claim.host_ids)
        return self._changed(
            now,
            claim=claim,
            hosts=hosts,
            former_time=self.time,
            former_host_ids=former,
            expires_at=self.expires_at and min(self.expires_at, claim.time.start),
        )

    def handed_over(
        self,
        claim: Claim,
        hosts: tuple[BookedHost, ...],
        person_in_charge_id: str,
        *,
        now: datetime,
    ) -> Booking:
        """Return the booking at the same time, with other people behind it.

        Raises:
            BookingOver: The meeting has begun.
            BookingCancelled: It does not take place.
        """
        self.check_changeable(now)
        former = tuple(each for each in self.host_ids if each not in claim.host_ids)
        return self._changed(
            now,
            claim=claim,
            hosts=hosts,
            person_in_charge_id=person_in_charge_id,
            former_host_ids=former,
        )

    def approved(self, *, now: datetime) -> Booking:
        """Return the booking after its request was granted.

        Raises:
            RequestDecided: It waits for no decision, or no longer.
        """
        self._check_undecided(now)
        return self._changed(now, state=BookingState.CONFIRMED, expires_at=None)

    def declined(self, by: Recipient, reason: str, *, now: datetime) -> Booking:
        """Return the booking after its request was turned down.

        Raises:
            RequestDecided: It waits for no decision, or no longer.
        """
        self._check_undecided(now)
        return self._changed(
            now, state=BookingState.DECLINED, ended_by=by, reason=reason, expires_at=None
        )

    def expired(self, *, now: datetime) -> Booking:
        """Return the booking after nobody decided about its request in time."""
        if not self.is_overdue(now):
            raise ValueError("only a request whose time is up expires")
        return self._changed(now, state=BookingState.EXPIRED, expires_at=None)

    def missed(self, *, now: datetime) -> Booking:
        """Return the booking after the guest did not come.

        Raises:
            BookingNotBegun: They may still come.
            BookingUndecided, BookingCancelled: Nobody was expected.
        """
        self._check_takes_place()
        if self.state is BookingState.PENDING:
            raise BookingUndecided
        if now < self.time.start:
            raise BookingNotBegun
        return self._changed(now, state=BookingState.NO_SHOW)

    def check_changeable(self, now: datetime) -> None:
        """Raises BookingOver or BookingCancelled where it can be neither moved nor cancelled."""
        self._check_takes_place()
        if self.is_overdue(now):
            raise BookingCancelled(self.booking_page_slug)
        if now >= self.time.start:
            raise BookingOver(self.booking_page_slug)

    def is_changeable(self, now: datetime) -> bool:
        """Tell whether it can still be moved and cancelled."""
        try:
            self.check_changeable(now)
        except BookingClosed:
            return False
        return True

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether this is a request whose time to be decided about is up."""
        return self.expires_at is not None and self.expires_at <= now

    def _check_takes_place(self) -> None:
        if not self.state.takes_time:
            raise BookingCancelled(self.booking_page_slug)

    def _check_undecided(self, now: datetime) -> None:
        if self.state is not BookingState.PENDING or self.is_overdue(now):
            raise RequestDecided

    def _changed(self, now: datetime, **changes: object) -> Booking:
        kept = {"former_host_ids": (), "version": self.version + 1, "changed_at": now}
        return replace(self, **(kept | changes))  # type: ignore[arg-type] # names are checked
