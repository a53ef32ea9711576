"""What use cases need from outside, in the words of the domain.

Each promise is tested once for every adapter, the in-memory one included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from scheduling.domain.booking import Booking
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.links import Link, LinkKey
    from scheduling.domain.mails import CalendarEntry, MailFacts, OutgoingMail, RenderedMail
    from scheduling.domain.messages import Delivery, Message
    from scheduling.domain.people import ExternalMember, Member, Organization
    from scheduling.domain.sessions import Session
    from scheduling.domain.time_range import TimeRange


@dataclass(frozen=True, slots=True)
class ListPage[Item]:
    """A part of a list, and where the next part begins."""

    items: tuple[Item, ...]
    next_cursor: str | None
    """Opaque; None at the end of the list."""


class Organizations(Protocol):
    def add(self, organization: Organization, admin: Member) -> None:
        """Store the organization and its first member: both, or neither."""
        ...

    def get(self, organization_id: str) -> Organization: ...


class Members(Protocol):
    def get(self, organization_id: str, member_id: str) -> Member:
        """Raises MemberNotFound."""
        ...

    def list(self, organization_id: str, *, cursor: str | None, limit: int) -> ListPage[Member]:
        """Return members by name."""
        ...

    def with_email(self, email: str) -> Sequence[Member]:
        """Return the members with this address, in whichever organization."""
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

    def get(self, organization_id: str, external_member_id: str) -> ExternalMember:
        """Raises ExternalMemberNotFound."""
        ...

    def list(
        self, organization_id: str, *, cursor: str | None, limit: int
    ) -> ListPage[ExternalMember]:
        """Return external members, the newest first."""
        ...


class BookingPages(Protocol):
    def get(self, slug: str) -> BookingPage:
        """Raises BookingPageNotFound."""
        ...

    def get_all(self, slugs: Sequence[str]) -> Sequence[BookingPage]:
        """Return at most 100 pages, in the order of their slugs, in one request."""
        ...


class Bookings(Protocol):
    def add(self, booking: Booking, link: Link, messages: Sequence[Message]) -> Booking:
        """Store the booking, its link and its messages and claim its time: all, or nothing.

        Return the booking as it is stored: adding one again changes nothing and
        returns what has become of it.

        Raises:
            SlotTaken: Another booking has claimed a part of the time.
            IdempotencyKeyReused: A booking with this id was made of other contents.
            BusyTryAgain: Nothing could be decided in time.
        """
        ...

    def cancel(self, booking: Booking, messages: Sequence[Message]) -> None:
        """Store the cancelled booking and its messages and free its time: all, or nothing.

        Raises:
            BookingChanged: The stored version is not the one before.
            BusyTryAgain: Nothing could be decided in time.
        """
        ...

    def get(self, organization_id: str, booking_id: str) -> Booking:
        """Raises BookingNotFound."""
        ...

    def claimed(self, organization_id: str, host_id: str, within: TimeRange) -> Sequence[TimeRange]:
        """Return what bookings take of a host's time, buffers included, around `within`."""
        ...

    def list(
        self, organization_id: str, *, after: datetime, cursor: str | None, limit: int
    ) -> ListPage[Booking]:
        """Return bookings that start after an instant, soonest first, cancelled ones included."""
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
    def allows(
        self, scope: str, value: str, *, limit: int, window: timedelta, now: datetime
    ) -> bool:
        """Count one use and tell whether it is among the first `limit` of this window."""
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
