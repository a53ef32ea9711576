"""The ports in memory: one store, so that what belongs together changes together.

`tests/integration/test_ports.py` runs the same promises against these and the real adapters.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb.table import cursor_for, sort_key_of, timed_sort_key_of
from scheduling.domain.booking import Booking, BookingState
from scheduling.domain.links import SIGN_IN_CODE_ATTEMPTS, Link, LinkKey
from scheduling.domain.messages import LEASE, Delivery, DeliveryState, Message
from scheduling.domain.refusals import (
    AvailabilityChanged,
    BookingChanged,
    BookingNotFound,
    BookingPageNotFound,
    EmailAlreadyInvited,
    ExternalMemberNotFound,
    IdempotencyKeyReused,
    LinkNotFound,
    LinkUsed,
    MemberNotFound,
    SlotTaken,
)
from scheduling.ports import ListPage, MailNotAccepted

if TYPE_CHECKING:
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.mails import OutgoingMail
    from scheduling.domain.people import ExternalMember, Member, Organization
    from scheduling.domain.sessions import Session
    from scheduling.domain.time_range import TimeRange

KEY = LinkKey("1", b"k" * 32)


@dataclass
class Store:
    """Everything that is stored, and how often something was written."""

    organizations: dict[str, Organization] = field(default_factory=dict)
    members: dict[tuple[str, str], Member] = field(default_factory=dict)
    external_members: dict[tuple[str, str], ExternalMember] = field(default_factory=dict)
    booking_pages: dict[str, BookingPage] = field(default_factory=dict)
    bookings: dict[tuple[str, str], Booking] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    code_attempts: Counter[str] = field(default_factory=Counter)
    sessions: dict[str, Session] = field(default_factory=dict)
    counters: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    messages: dict[Message, Delivery] = field(default_factory=dict)
    writes: int = 0

    def queue(self, *messages: Message) -> None:
        for message in messages:
            self.messages[message] = Delivery(DeliveryState.QUEUED)


def _listed[Item](
    items: list[tuple[str, Item]], cursor: str | None, limit: int, *, newest_first: bool = False
) -> ListPage[Item]:
    ordered = sorted(items, key=lambda pair: pair[0], reverse=newest_first)
    if cursor is not None:
        after = timed_sort_key_of(cursor)[0] if newest_first else sort_key_of(cursor)
        ordered = [
            pair for pair in ordered if (pair[0] < after if newest_first else pair[0] > after)
        ]
    part = ordered[:limit]
    more = len(ordered) > limit
    return ListPage(tuple(item for _, item in part), cursor_for(part[-1][0]) if more else None)


class InMemory:
    def __init__(self, store: Store | None = None) -> None:
        self.store = store or Store()


class InMemoryOrganizations(InMemory):
    def add(self, organization: Organization, admin: Member) -> None:
        self.store.writes += 1
        self.store.organizations[organization.organization_id] = organization
        self.store.members[admin.organization_id, admin.member_id] = admin

    def get(self, organization_id: str) -> Organization:
        return self.store.organizations[organization_id]


class InMemoryMembers(InMemory):
    def get(self, organization_id: str, member_id: str) -> Member:
        try:
            return self.store.members[organization_id, member_id]
        except KeyError:
            raise MemberNotFound from None

    def list(self, organization_id: str, *, cursor: str | None, limit: int) -> ListPage[Member]:
        mine = [
            (f"M#{member.member_id}", member)
            for (owner, _), member in self.store.members.items()
            if owner == organization_id
        ]
        return _listed(mine, cursor, limit)

    def with_email(self, email: str) -> list[Member]:
        return [member for member in self.store.members.values() if member.email == email]


class InMemoryExternalMembers(InMemory):
    def add(self, member: ExternalMember, page: BookingPage, link: Link, message: Message) -> None:
        invited = {
            (other.organization_id, other.email) for other in self.store.external_members.values()
        }
        if (member.organization_id, member.email) in invited:
            raise EmailAlreadyInvited
        self.store.writes += 1
        self.store.external_members[member.organization_id, member.external_member_id] = member
        self.store.booking_pages[page.slug] = page
        self.store.links[link.link_id] = link
        self.store.queue(message)

    def ask_again(
        self, member: ExternalMember, link: Link, message: Message, *, replaces: str
    ) -> None:
        key = member.organization_id, member.external_member_id
        stored = self.store.external_members.get(key)
        if stored is None or stored.request_link_id != replaces:
            raise ExternalMemberNotFound
        self.store.writes += 1
        self.store.external_members[key] = replace(
            stored,
            request_number=member.request_number,
            request_link_id=member.request_link_id,
            requested_at=member.requested_at,
        )
        old = self.store.links[replaces]
        self.store.links[replaces] = replace(old, replaced_at=member.requested_at)
        self.store.links[link.link_id] = link
        self.store.queue(message)

    def replace_availability(
        self, member: ExternalMember, message: Message, *, link_expires_at: datetime
    ) -> None:
        key = member.organization_id, member.external_member_id
        stored = self.store.external_members[key]
        if stored.availability.version != member.availability.version - 1:
            raise AvailabilityChanged(stored.availability.version)
        self.store.writes += 1
        self.store.external_members[key] = replace(stored, availability=member.availability)
        link = self.store.links[stored.request_link_id]
        self.store.links[link.link_id] = replace(link, expires_at=link_expires_at)
        self.store.queue(message)

    def get(self, organization_id: str, external_member_id: str) -> ExternalMember:
        try:
            return self.store.external_members[organization_id, external_member_id]
        except KeyError:
            raise ExternalMemberNotFound from None

    def list(
        self, organization_id: str, *, cursor: str | None, limit: int
    ) -> ListPage[ExternalMember]:
        mine = [
            (f"{int(member.created_at.timestamp()):010d}#{member.external_member_id}", member)
            for (owner, _), member in self.store.external_members.items()
            if owner == organization_id
        ]
        return _listed(mine, cursor, limit, newest_first=True)


class InMemoryBookingPages(InMemory):
    def get(self, slug: str) -> BookingPage:
        try:
            return self.store.booking_pages[slug]
        except KeyError:
            raise BookingPageNotFound from None

    def get_all(self, slugs: list[str]) -> list[BookingPage]:
        return [self.store.booking_pages[slug] for slug in slugs]


class InMemoryBookings(InMemory):
    def add(self, booking: Booking, link: Link, messages: tuple[Message, ...]) -> Booking:
        key = booking.organization_id, booking.booking_id
        stored = self.store.bookings.get(key)
        if stored is not None:
            if (stored.time.start, stored.guest) != (booking.time.start, booking.guest):
                raise IdempotencyKeyReused
            return stored
        if any(
            claim.overlaps(booking.claimed)
            for claim in self._claims(booking.organization_id, booking.host_id)
        ):
            raise SlotTaken
        self.store.writes += 1
        self.store.bookings[key] = booking
        self.store.links[link.link_id] = link
        self.store.queue(*messages)
        return booking

    def cancel(self, booking: Booking, messages: tuple[Message, ...]) -> None:
        key = booking.organization_id, booking.booking_id
        stored = self.store.bookings[key]
        if stored.version != booking.version - 1 or stored.state is not BookingState.CONFIRMED:
            raise BookingChanged
        self.store.writes += 1
        self.store.bookings[key] = booking
        self.store.queue(*messages)

    def get(self, organization_id: str, booking_id: str) -> Booking:
        try:
            return self.store.bookings[organization_id, booking_id]
        except KeyError:
            raise BookingNotFound from None

    def claimed(self, organization_id: str, host_id: str, within: TimeRange) -> list[TimeRange]:
        return [claim for claim in self._claims(organization_id, host_id) if claim.overlaps(within)]

    def list(
        self, organization_id: str, *, after: datetime, cursor: str | None, limit: int
    ) -> ListPage[Booking]:
        mine = [
            (f"{int(booking.time.start.timestamp()):010d}#{booking.booking_id}", booking)
            for (owner, _), booking in self.store.bookings.items()
            if owner == organization_id and booking.time.start >= after
        ]
        return _listed(mine, cursor, limit)

    def _claims(self, organization_id: str, host_id: str) -> list[TimeRange]:
        return [
            booking.claimed
            for (owner, _), booking in self.store.bookings.items()
            if owner == organization_id
            and booking.host_id == host_id
            and booking.state is BookingState.CONFIRMED
        ]


class InMemoryLinks(InMemory):
    def get(self, link_id: str) -> Link:
        try:
            return self.store.links[link_id]
        except KeyError:
            raise LinkNotFound from None

    def add(self, link: Link, message: Message | None = None) -> None:
        self.store.writes += 1
        self.store.links[link.link_id] = link
        if message is not None:
            self.store.queue(message)

    def use(self, link: Link, *, now: datetime) -> None:
        stored = self.store.links[link.link_id]
        if stored.used_at or stored.replaced_at or stored.expires_at <= now:
            raise LinkUsed
        self.store.writes += 1
        self.store.links[link.link_id] = replace(stored, used_at=now)

    def count_code_attempt(self, link: Link) -> None:
        if self.store.code_attempts[link.link_id] >= SIGN_IN_CODE_ATTEMPTS:
            raise LinkUsed
        self.store.writes += 1
        self.store.code_attempts[link.link_id] += 1


class InMemoryLinkKeys:
    def current(self) -> LinkKey:
        return KEY

    def named(self, key_id: str) -> LinkKey:
        if key_id != KEY.key_id:
            raise LinkNotFound
        return KEY


class InMemorySessions(InMemory):
    def add(self, session: Session) -> None:
        self.store.writes += 1
        self.store.sessions[session.session_hash] = session

    def get(self, session_hash: str) -> Session | None:
        return self.store.sessions.get(session_hash)

    def end(self, session_hash: str) -> None:
        self.store.writes += 1
        self.store.sessions.pop(session_hash, None)


class InMemoryRateLimits(InMemory):
    def allows(
        self, scope: str, value: str, *, limit: int, window: timedelta, now: datetime
    ) -> bool:
        key = scope, value, int(now.timestamp()) // int(window.total_seconds())
        if self.store.counters[key] >= limit:
            return False
        self.store.writes += 1
        self.store.counters[key] += 1
        return True


class InMemoryOutbox(InMemory):
    def get(self, message: Message) -> Delivery:
        return self.store.messages[message]

    def get_all(self, messages: list[Message]) -> list[Delivery]:
        return [self.store.messages[message] for message in messages]

    def claim(self, message: Message, *, now: datetime) -> Delivery | None:
        stored = self.store.messages[message]
        is_due = stored.next_attempt_at is not None and stored.next_attempt_at <= now
        if stored.state is not DeliveryState.QUEUED and not is_due:
            return None
        self.store.writes += 1
        claimed = replace(
            stored,
            state=DeliveryState.SENDING,
            attempts=stored.attempts + 1,
            next_attempt_at=now + LEASE,
        )
        self.store.messages[message] = claimed
        return claimed

    def record(self, message: Message, delivery: Delivery) -> None:
        if self.store.messages[message].attempts == delivery.attempts:
            self.store.writes += 1
            self.store.messages[message] = delivery

    def due(self, *, now: datetime, limit: int) -> list[Message]:
        return [
            message
            for message, delivery in self.store.messages.items()
            if delivery.state is DeliveryState.QUEUED
            or (delivery.next_attempt_at is not None and delivery.next_attempt_at < now)
        ][:limit]


class InMemoryMailer:
    """Keeps what it is given; refuses while `broken`."""

    address = "bookings@mail.example"

    def __init__(self) -> None:
        self.sent: list[OutgoingMail] = []
        self.broken = False

    def send(self, mail: OutgoingMail) -> None:
        if self.broken:
            raise MailNotAccepted("ServiceUnavailable")
        self.sent.append(mail)


class InMemoryAdapters:
    """Has the shape of `handlers.wiring.Adapters`."""

    base_url = "https://parley.example"
    sign_in_mails_per_quarter_hour = 3

    def __init__(self, now: datetime = datetime(2026, 12, 1, 9, tzinfo=UTC)) -> None:
        self.store = store = Store()
        self.clock = now
        self.organizations = InMemoryOrganizations(store)
        self.members = InMemoryMembers(store)
        self.external_members = InMemoryExternalMembers(store)
        self.booking_pages = InMemoryBookingPages(store)
        self.bookings = InMemoryBookings(store)
        self.links = InMemoryLinks(store)
        self.link_keys = InMemoryLinkKeys()
        self.sessions = InMemorySessions(store)
        self.rate_limits = InMemoryRateLimits(store)
        self.outbox = InMemoryOutbox(store)

    def now(self) -> datetime:
        return self.clock
