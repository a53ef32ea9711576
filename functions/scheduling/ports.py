"""What use cases need from outside, in the words of the domain.

Each promise is tested once for every adapter, the in-memory one included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from scheduling.domain.audit import Activity, Entry
    from scheduling.domain.booking import Booking, BookingState, Hold, Taken
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.counts import Count
    from scheduling.domain.hosts import Host, HostKey
    from scheduling.domain.links import Link, LinkKey
    from scheduling.domain.lists import ListPage
    from scheduling.domain.mails import CalendarEntry, MailFacts, OutgoingMail, RenderedMail
    from scheduling.domain.messages import Delivery, Message
    from scheduling.domain.people import ExternalMember, Member, Organization
    from scheduling.domain.rate_limits import RateLimit
    from scheduling.domain.sessions import Session
    from scheduling.domain.time_range import TimeRange
    from scheduling.domain.working_hours import WorkingHours


class Organizations(Protocol):
    def add(self, organization: Organization, admin: Member, entry: Entry) -> None:
        """Store the organization, its first member and the entry: all, or nothing."""
        ...

    def get(self, organization_id: str) -> Organization: ...

    def replace(self, organization: Organization, entry: Entry) -> None:
        """Store the organization as it is now, and the entry: both, or neither."""
        ...


class Members(Protocol):
    def get(self, organization_id: str, member_id: str) -> Member:
        """Raises MemberNotFound."""
        ...

    def list(self, organization_id: str, *, cursor: str | None, limit: int) -> ListPage[Member]:
        """Return members by name."""
        ...

    def with_email(self, email: str) -> Sequence[Member]:
        """Return the members with this address, in whichever organization, removed ones too."""
        ...

    def replace(self, member: Member, entry: Entry) -> None:
        """Store the member as they are now, and the entry: both, or neither.

        The address stays as it is.

        Raises:
            MemberChanged: The stored version is not the one before.
        """
        ...


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries of an organization's log are meant."""

    after: datetime | None = None
    """At this instant or later."""
    before: datetime | None = None
    """Sooner than this."""
    actor_id: str | None = None
    activity: Activity | None = None
    subject_id: str | None = None


class AuditLog(Protocol):
    """What was done. Entries are added, mostly with the change itself, and never change."""

    def add(self, entry: Entry) -> None:
        """Store an entry of something that changes nothing else."""
        ...

    def list(
        self, organization_id: str, which: EntryFilter, *, cursor: str | None, limit: int
    ) -> ListPage[Entry]:
        """Return entries, the latest first, in at most 3 requests.

        A part may be shorter than `limit`, or empty, and yet have a next one.
        """
        ...


class ExternalMembers(Protocol):
    def add(self, member: ExternalMember, page: BookingPage, link: Link, message: Message) -> None:
        """Store all four, or nothing.

        Raises:
            EmailAlreadyInvited: The organization has an external member with this address.
        """
        ...

    def ask_again(
        self, member: ExternalMember, link: Link, message: Message, *, replaces: str
    ) -> None:
        """Store the new request and end the link with the id `replaces`: all, or nothing.

        Raises:
            ExternalMemberNotFound: They are gone, or were asked by somebody else just now.
        """
        ...

    def replace_availability(
        self, member: ExternalMember, message: Message, *, link_expires_at: datetime
    ) -> None:
        """Store the member's availability and the message: both, or neither.

        The link of their latest request lives on until `link_expires_at`.

        Raises:
            AvailabilityChanged: The stored version is not the one before.
        """
        ...

    def remove(self, member: ExternalMember) -> None:
        """Store the deleted member, and free their address to be invited again.

        Whom `list` returns, they are no longer among; `get` returns them still.

        Raises:
            ExternalMemberNotFound: They are gone already.
        """
        ...

    def get(self, organization_id: str, external_member_id: str) -> ExternalMember:
        """Return an external member, a deleted one too.

        Raises:
            ExternalMemberNotFound: There never was one.
        """
        ...

    def list(
        self, organization_id: str, *, cursor: str | None, limit: int
    ) -> ListPage[ExternalMember]:
        """Return external members, the newest first."""
        ...


class WorkingHoursStore(Protocol):
    def get(self, member: Member) -> WorkingHours:
        """Return a member's hours; the usual ones, with version 0, until they were saved."""
        ...

    def replace(self, hours: WorkingHours) -> None:
        """Store a member's hours.

        Raises:
            WorkingHoursChanged: The stored version is not the one before.
        """
        ...


class Hosts(Protocol):
    def get_all(self, organization_id: str, keys: Sequence[HostKey]) -> Sequence[Host]:
        """Return hosts, deleted ones too, in the order of their keys, in one request.

        At most 10, all different.

        Raises:
            HostNotFound: One of them there never was.
        """
        ...


class BookingPages(Protocol):
    def add(self, page: BookingPage) -> None:
        """Raises SlugTaken."""
        ...

    def replace(self, page: BookingPage) -> None:
        """Store the page as it is now.

        Raises:
            BookingPageChanged: The stored version is not the one before.
        """
        ...

    def get(self, slug: str) -> BookingPage:
        """Raises BookingPageNotFound."""
        ...

    def list(
        self, organization_id: str, *, host_id: str | None = None, cursor: str | None, limit: int
    ) -> ListPage[BookingPage]:
        """Return pages, or those of one host, the newest first.

        A part may be shorter than `limit`, or empty, and yet have a next one.
        """
        ...


@dataclass(frozen=True, slots=True)
class BookingFilter:
    """Which bookings of an organization are meant."""

    after: datetime
    """They start at this instant or later."""
    before: datetime | None = None
    """They start sooner than this."""
    host_id: str | None = None
    person_in_charge_id: str | None = None
    states: tuple[BookingState, ...] = ()
    """All where empty."""
    text: str = ""
    """In the title, or in the name or address of a guest, in lower case."""
    latest_first: bool = False


class Bookings(Protocol):
    """Bookings, and holds, which become bookings.

    Each change claims and releases time in the same step: all of it, or nothing.
    """

    def hold(self, hold: Hold, *, counts: Sequence[Count] = ()) -> Hold:
        """Store the hold and claim its time.

        Return the hold as it is stored: holding once more changes nothing.

        Raises:
            SlotTaken: A part of the time is claimed.
            CountsChanged: One of `counts` is no longer so.
            BusyTryAgain: Nothing could be decided in time.
        """
        ...

    def get_hold(self, hold_id: str) -> Hold:
        """Return the hold, expired or not.

        Raises:
            HoldNotFound: There is none, or no longer.
        """
        ...

    def release(self, hold: Hold) -> None:
        """Remove the hold and free its time; one that is gone stays gone."""
        ...

    def add(
        self,
        booking: Booking,
        link: Link,
        messages: Sequence[Message],
        *,
        hold: Hold | None = None,
        counts: Sequence[Count] = (),
    ) -> Booking:
        """Store the booking, its link and its messages and claim its time.

        Return the booking as it is stored: adding one again changes nothing and
        returns what has become of it.

        Args:
            hold: What the booking is made of: its time passes on, and it ends.
            counts: What has been counted for the limits that the booking keeps.

        Raises:
            SlotTaken: Somebody else has claimed a part of the time, or the hold is gone.
            CountsChanged: One of `counts` is no longer so.
            IdempotencyKeyReused: A booking with this id was made of other contents.
            BusyTryAgain: Nothing could be decided in time.
        """
        ...

    def change(
        self,
        before: Booking,
        after: Booking,
        messages: Sequence[Message],
        *,
        link_expires_at: datetime | None = None,
        counts: Sequence[Count] = (),
    ) -> None:
        """Store what has become of a booking, with its messages.

        Time that it no longer takes is released, time that it takes now is claimed.

        Args:
            before: As it was read; its version is the one before that of `after`.
            link_expires_at: How long the guest's link lives now; as before where None.

        Raises:
            BookingChanged: The stored version is not that of `before`.
            SlotTaken: Somebody else has claimed a part of the time.
            CountsChanged: One of `counts` is no longer so.
            BusyTryAgain: Nothing could be decided in time.
        """
        ...

    def get(self, organization_id: str, booking_id: str) -> Booking:
        """Raises BookingNotFound."""
        ...

    def of_guest(self, organization_id: str, email: str) -> Sequence[Booking]:
        """Return the bookings of somebody who booked, or is brought along, in any order.

        One that was stored a moment ago is among them; those from before this was kept
        are not.
        """
        ...

    def taken(
        self, organization_id: str, host_id: str, within: TimeRange, *, fresh: bool = False
    ) -> Sequence[Taken]:
        """Return what takes a host's time, with its buffers, within a range, in one request.

        What has expired is among it until it is released.

        Args:
            fresh: Whether what was stored a moment ago has to be among it.
        """
        ...

    def counted(self, counts: Sequence[Count]) -> Sequence[Count]:
        """Return the counts as they are now, in one request, or in none where there are none."""
        ...

    def list(
        self, organization_id: str, which: BookingFilter, *, cursor: str | None, limit: int
    ) -> ListPage[Booking]:
        """Return bookings by start, in at most 3 requests.

        A part may be shorter than `limit`, or empty, and yet have a next one.
        """
        ...

    def overdue(self, *, now: datetime, limit: int) -> Sequence[Hold | Booking]:
        """Return holds that have expired, and requests nobody decided about in time."""
        ...


class Links(Protocol):
    def get(self, link_id: str) -> Link:
        """Raises LinkNotFound."""
        ...

    def add(self, link: Link, message: Message | None = None) -> None:
        """Store the link and the message that carries it: both, or neither."""
        ...

    def use(self, link: Link, *, now: datetime) -> None:
        """Mark the link as used, once.

        Raises:
            LinkUsed: It was used, replaced or is over.
        """
        ...

    def count_code_attempt(self, link: Link) -> None:
        """Count that a code was typed for this link.

        Raises:
            LinkUsed: As many as are allowed were typed before.
        """
        ...


class LinkKeys(Protocol):
    def current(self) -> LinkKey:
        """Return the key that new links are signed with."""
        ...

    def named(self, key_id: str) -> LinkKey:
        """Raises LinkNotFound."""
        ...


class Sessions(Protocol):
    def add(self, session: Session) -> None: ...

    def get(self, session_hash: str) -> Session | None:
        """Return the session, ended or not; None where there never was one."""
        ...

    def end(self, session_hash: str) -> None:
        """End the session; ending one that is over changes nothing."""
        ...


class RateLimits(Protocol):
    def allows(self, limit: RateLimit, value: str, *, now: datetime) -> bool:
        """Count one use by a value and tell whether it is within the limit.

        Raises:
            LimiterUnavailable: It could not be counted; what is asked for must not be done.
        """
        ...

    def is_used_up(self, limit: RateLimit, value: str, *, now: datetime) -> bool:
        """Tell whether one more use by a value would pass the limit; counts nothing.

        Raises:
            LimiterUnavailable: It could not be found out; what is asked for must not be done.
        """
        ...


class Outbox(Protocol):
    def get(self, message: Message) -> Delivery:
        """Return how far the message has come."""
        ...

    def get_all(self, messages: Sequence[Message]) -> Sequence[Delivery]:
        """Return the deliveries of at most 100 messages, in their order, in one request."""
        ...

    def claim(self, message: Message, *, now: datetime) -> Delivery | None:
        """Take the message for `LEASE`, or return None where there is nothing to do now.

        A message whose former lease ran out may be taken again: its worker
        died between "sent" and "recorded", or before.
        """
        ...

    def record(self, message: Message, delivery: Delivery) -> None:
        """Store how a try ended, if this claim is still the latest."""
        ...

    def due(self, *, now: datetime, limit: int) -> Sequence[Message]:
        """Return messages whose next attempt is due, in any order."""
        ...


class MailTemplates(Protocol):
    def render(self, facts: MailFacts, locale: str) -> RenderedMail: ...


class CalendarFiles(Protocol):
    def render(self, entry: CalendarEntry) -> bytes:
        """Return an iCalendar object (RFC 5545) with one event."""
        ...


class MailNotAccepted(Exception):
    """The mail service did not take the mail; another try may succeed."""


class Mailer(Protocol):
    @property
    def address(self) -> str:
        """The address mails come from, at the sending domain."""
        ...

    def send(self, mail: OutgoingMail) -> None:
        """Hand the mail over.

        Raises:
            MailNotAccepted: The mail service answered with an error, or not at all.
        """
        ...
