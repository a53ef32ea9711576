"""The ports in memory: one store, so that what belongs together changes together.

`tests/integration/test_ports.py` runs the same promises against these and the real adapters.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb.table import (
    SLUG,
    cursor_for,
    sort_key_of,
    timed_sort_key_of,
)
from scheduling.domain.availability import GRID
from scheduling.domain.booking import Booking, Hold, Taken
from scheduling.domain.counts import Count, CountsChanged
from scheduling.domain.hosts import Host, HostKey, HostKind
from scheduling.domain.links import SIGN_IN_CODE_ATTEMPTS, Link, LinkKey
from scheduling.domain.lists import ListPage
from scheduling.domain.messages import LEASE, Delivery, DeliveryState, Message
from scheduling.domain.refusals import (
    AvailabilityChanged,
    BookingChanged,
    BookingNotFound,
    BookingPageChanged,
    BookingPageNotFound,
    EmailAlreadyInvited,
    ExternalMemberNotFound,
    HoldNotFound,
    HostNotFound,
    IdempotencyKeyReused,
    LimiterUnavailable,
    LinkNotFound,
    LinkUsed,
    MemberChanged,
    MemberNotFound,
    SlotTaken,
    SlugTaken,
    WorkingHoursChanged,
)
from scheduling.domain.sign_ups import SignUpPolicy
from scheduling.domain.slots import BufferRule, span_of
from scheduling.domain.working_hours import WorkingHours, usual_hours
from scheduling.ports import MailNotAccepted
from tests.support.builders import host_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scheduling.domain.audit import Entry
    from scheduling.domain.booking import Claim
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.mails import OutgoingMail
    from scheduling.domain.people import ExternalMember, Member, Organization
    from scheduling.domain.rate_limits import RateLimit
    from scheduling.domain.sessions import Session
    from scheduling.domain.time_range import TimeRange
    from scheduling.ports import BookingFilter, EntryFilter

KEY = LinkKey("1", b"k" * 32)


@dataclass
class Store:
    """Everything that is stored, and how often something was written."""

    organizations: dict[str, Organization] = field(default_factory=dict)
    members: dict[tuple[str, str], Member] = field(default_factory=dict)
    working_hours: dict[tuple[str, str], WorkingHours] = field(default_factory=dict)
    external_members: dict[tuple[str, str], ExternalMember] = field(default_factory=dict)
    booking_pages: dict[str, BookingPage] = field(default_factory=dict)
    bookings: dict[tuple[str, str], Booking] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    links: dict[str, Link] = field(default_factory=dict)
    code_attempts: Counter[str] = field(default_factory=Counter)
    sessions: dict[str, Session] = field(default_factory=dict)
    counters: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    messages: dict[Message, Delivery] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    writes: int = 0

    def queue(self, *messages: Message) -> None:
        for message in messages:
            self.messages[message] = (
                Delivery(DeliveryState.QUEUED)
                if message.due_at is None
                else Delivery(DeliveryState.SCHEDULED, next_attempt_at=message.due_at)
            )

    def taken(self, organization_id: str) -> list[tuple[Claim, Taken]]:
        """Return what takes time, of whichever host of the organization, by start."""
        found = [(hold.claim, _taken_by_hold(hold)) for hold in self.holds.values()] + [
            (booking.claim, _taken_by_booking(booking))
            for booking in self.bookings.values()
            if booking.state.takes_time
        ]
        mine = [pair for pair in found if pair[0].organization_id == organization_id]
        return sorted(mine, key=lambda pair: (pair[0].whole.start, pair[0].owner_id))


def _taken_by_hold(hold: Hold) -> Taken:
    return Taken(
        owner_id=hold.hold_id,
        time=hold.claim.time,
        before=hold.claim.before,
        after=hold.claim.after,
        booking_page_slug=hold.booking_page_slug,
        taken_at=hold.held_at,
        is_hold=True,
        expires_at=hold.expires_at,
    )


def _taken_by_booking(booking: Booking) -> Taken:
    return Taken(
        owner_id=booking.booking_id,
        time=booking.time,
        before=booking.claim.before,
        after=booking.claim.after,
        booking_page_slug=booking.booking_page_slug,
        taken_at=booking.booked_at,
        expires_at=booking.expires_at,
    )


def _timed(instant: datetime, identifier: str) -> str:
    return f"{int(instant.timestamp()):010d}#{identifier}"


def _listed[Item](
    items: list[tuple[str, Item]],
    cursor: str | None,
    limit: int,
    *,
    latest_first: bool = False,
    sort_key: Callable[[str], str] = lambda cursor: timed_sort_key_of(cursor)[0],
) -> ListPage[Item]:
    ordered = sorted(items, key=lambda pair: pair[0], reverse=latest_first)
    if cursor is not None:
        after = sort_key(cursor)
        ordered = [
            pair for pair in ordered if (pair[0] < after if latest_first else pair[0] > after)
        ]
    part = ordered[:limit]
    more = len(ordered) > limit
    return ListPage(tuple(item for _, item in part), cursor_for(part[-1][0]) if more else None)


class InMemory:
    def __init__(self, store: Store | None = None) -> None:
        self.store = store or Store()


class InMemoryOrganizations(InMemory):
    def add(self, organization: Organization, admin: Member, entry: Entry) -> None:
        self.store.writes += 1
        self.store.organizations[organization.organization_id] = organization
        self.store.members[admin.organization_id, admin.member_id] = admin
        self.store.entries.append(entry)

    def replace(self, organization: Organization, entry: Entry) -> None:
        self.store.writes += 1
        self.store.organizations[organization.organization_id] = organization
        self.store.entries.append(entry)

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
        return _listed(mine, cursor, limit, sort_key=sort_key_of)

    def with_email(self, email: str) -> Sequence[Member]:
        return [member for member in self.store.members.values() if member.email == email]

    def replace(self, member: Member, entry: Entry) -> None:
        if self.get(member.organization_id, member.member_id).version != member.version - 1:
            raise MemberChanged
        self.store.writes += 1
        self.store.members[member.organization_id, member.member_id] = member
        self.store.entries.append(entry)


class InMemoryAuditLog(InMemory):
    def add(self, entry: Entry) -> None:
        self.store.writes += 1
        self.store.entries.append(entry)

    def list(
        self, organization_id: str, which: EntryFilter, *, cursor: str | None, limit: int
    ) -> ListPage[Entry]:
        mine = [
            (_timed(entry.at, entry.entry_id), entry)
            for entry in self.store.entries
            if entry.organization_id == organization_id
            and (which.after is None or entry.at >= which.after)
            and (which.before is None or entry.at < which.before)
            and which.actor_id in {None, entry.actor.actor_id}
            and which.activity in {None, entry.activity}
            and which.subject_id in {None, entry.subject_id}
        ]
        return _listed(mine, cursor, limit, latest_first=True)


class InMemoryExternalMembers(InMemory):
    def add(self, member: ExternalMember, page: BookingPage, link: Link, message: Message) -> None:
        invited = {
            (other.organization_id, other.email)
            for other in self.store.external_members.values()
            if other.deleted_at is None
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
        if stored is None or stored.deleted_at or stored.request_link_id != replaces:
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

    def remove(self, member: ExternalMember) -> None:
        key = member.organization_id, member.external_member_id
        stored = self.store.external_members.get(key)
        if stored is None or stored.deleted_at:
            raise ExternalMemberNotFound
        self.store.writes += 1
        self.store.external_members[key] = replace(stored, deleted_at=member.deleted_at)

    def get(self, organization_id: str, external_member_id: str) -> ExternalMember:
        try:
            return self.store.external_members[organization_id, external_member_id]
        except KeyError:
            raise ExternalMemberNotFound from None

    def list(
        self, organization_id: str, *, cursor: str | None, limit: int
    ) -> ListPage[ExternalMember]:
        mine = [
            (_timed(member.created_at, member.external_member_id), member)
            for (owner, _), member in self.store.external_members.items()
            if owner == organization_id and member.deleted_at is None
        ]
        return _listed(mine, cursor, limit, latest_first=True)


class InMemoryWorkingHours(InMemory):
    def get(self, member: Member) -> WorkingHours:
        key = member.organization_id, member.member_id
        return self.store.working_hours.get(key) or usual_hours(member)

    def replace(self, hours: WorkingHours) -> None:
        key = hours.organization_id, hours.member_id
        stored = self.store.working_hours.get(key)
        if (stored.version if stored else 0) != hours.version - 1:
            raise WorkingHoursChanged
        self.store.writes += 1
        self.store.working_hours[key] = hours


class InMemoryHosts(InMemory):
    def get_all(self, organization_id: str, keys: Sequence[HostKey]) -> Sequence[Host]:
        return [self._host(organization_id, key) for key in keys]

    def _host(self, organization_id: str, key: HostKey) -> Host:
        try:
            if key.kind is HostKind.MEMBER:
                return self._member(self.store.members[organization_id, key.host_id])
            return host_of(self.store.external_members[organization_id, key.host_id])
        except KeyError:
            raise HostNotFound from None

    def _member(self, member: Member) -> Host:
        working = InMemoryWorkingHours(self.store).get(member)
        return Host(
            key=HostKey(HostKind.MEMBER, member.member_id),
            organization_id=member.organization_id,
            name=member.name,
            email=member.email,
            time_zone=working.hours.time_zone,
            hours=working.hours,
            limits=working.limits,
        )


class InMemoryBookingPages(InMemory):
    def add(self, page: BookingPage) -> None:
        if page.slug in self.store.booking_pages:
            raise SlugTaken
        self.store.writes += 1
        self.store.booking_pages[page.slug] = page

    def replace(self, page: BookingPage) -> None:
        if self.get(page.slug).version != page.version - 1:
            raise BookingPageChanged
        self.store.writes += 1
        self.store.booking_pages[page.slug] = page

    def get(self, slug: str) -> BookingPage:
        try:
            return self.store.booking_pages[slug]
        except KeyError:
            raise BookingPageNotFound from None

    def list(
        self, organization_id: str, *, host_id: str | None = None, cursor: str | None, limit: int
    ) -> ListPage[BookingPage]:
        mine = [
            (_timed(page.created_at, page.slug), page)
            for page in self.store.booking_pages.values()
            if page.organization_id == organization_id
            and (host_id is None or host_id in {host.host_id for host in page.hosts})
        ]
        return _listed(
            mine,
            cursor,
            limit,
            latest_first=True,
            sort_key=lambda cursor: timed_sort_key_of(cursor, SLUG)[0],
        )


class InMemoryBookings(InMemory):
    def hold(self, hold: Hold, *, counts: Sequence[Count] = ()) -> Hold:
        stored = self.store.holds.get(hold.hold_id)
        if stored is not None:
            return stored
        if (hold.claim.organization_id, hold.hold_id) in self.store.bookings:
            raise SlotTaken
        self._check_free(None, hold.claim)
        self._count(counts)
        self.store.writes += 1
        self.store.holds[hold.hold_id] = hold
        return hold

    def get_hold(self, hold_id: str) -> Hold:
        try:
            return self.store.holds[hold_id]
        except KeyError:
            raise HoldNotFound from None

    def release(self, hold: Hold) -> None:
        if self.store.holds.get(hold.hold_id) == hold:
            self.store.writes += 1
            del self.store.holds[hold.hold_id]

    def add(
        self,
        booking: Booking,
        link: Link,
        messages: Sequence[Message],
        *,
        hold: Hold | None = None,
        counts: Sequence[Count] = (),
    ) -> Booking:
        key = booking.organization_id, booking.booking_id
        stored = self.store.bookings.get(key)
        if stored is not None:
            if stored.fingerprint != booking.fingerprint:
                raise IdempotencyKeyReused
            return stored
        if self.store.holds.get(booking.booking_id) != hold:
            raise SlotTaken
        self._check_free(hold.claim if hold else None, booking.claim)
        self._count(counts)
        self.store.writes += 1
        self.store.holds.pop(booking.booking_id, None)
        self.store.bookings[key] = booking
        self.store.links[link.link_id] = link
        self.store.queue(*messages)
        return booking

    def change(
        self,
        before: Booking,
        after: Booking,
        messages: Sequence[Message],
        *,
        link_expires_at: datetime | None = None,
        counts: Sequence[Count] = (),
    ) -> None:
        stored = self.get(after.organization_id, after.booking_id)
        if stored == after:
            return
        if stored.version != before.version:
            raise BookingChanged
        if after.state.takes_time:
            self._check_free(before.claim if before.state.takes_time else None, after.claim)
        self._count(counts)
        self.store.writes += 1
        self.store.bookings[after.organization_id, after.booking_id] = after
        self.store.queue(*messages)
        if link_expires_at is not None:
            link = self.store.links[after.guest_link_id]
            self.store.links[link.link_id] = replace(link, expires_at=link_expires_at)

    def get(self, organization_id: str, booking_id: str) -> Booking:
        try:
            return self.store.bookings[organization_id, booking_id]
        except KeyError:
            raise BookingNotFound from None

    def of_guest(self, organization_id: str, email: str) -> Sequence[Booking]:
        return [
            booking
            for booking in self.store.bookings.values()
            if booking.organization_id == organization_id
            and email in {booking.guest.email, *booking.other_guests}
        ]

    def taken(
        self, organization_id: str, host_id: str, within: TimeRange, *, fresh: bool = False
    ) -> Sequence[Taken]:
        return [
            taken
            for claim, taken in self.store.taken(organization_id)
            if host_id in claim.host_ids and claim.whole.overlaps(within)
        ]

    def counted(self, counts: Sequence[Count]) -> Sequence[Count]:
        return [
            replace(count, number=self.store.counts[count.organization_id, count.host_id])
            for count in counts
        ]

    def list(
        self, organization_id: str, which: BookingFilter, *, cursor: str | None, limit: int
    ) -> ListPage[Booking]:
        mine = [
            (_timed(booking.time.start, booking.booking_id), booking)
            for booking in self.store.bookings.values()
            if booking.organization_id == organization_id and _is_meant(booking, which)
        ]
        return _listed(mine, cursor, limit, latest_first=which.latest_first)

    def overdue(self, *, now: datetime, limit: int) -> Sequence[Hold | Booking]:
        holds: list[Hold | Booking] = [
            hold for hold in self.store.holds.values() if hold.expires_at <= now
        ]
        requests: list[Hold | Booking] = [
            booking for booking in self.store.bookings.values() if booking.is_overdue(now)
        ]
        return (holds + requests)[:limit]

    def _check_free(self, release: Claim | None, claim: Claim) -> None:
        """Judge a claim cell by cell; cells that the owner keeps are theirs already.

        Raises:
            SlotTaken: Somebody else has claimed a part of the time.
        """
        meeting, buffers = _cells(claim)
        for host_id in claim.host_ids:
            kept = release if release and host_id in release.host_ids else None
            own_meeting, own_buffers = _cells(kept) if kept else (set[int](), set[int]())
            for other, _ in self.store.taken(claim.organization_id):
                if other.owner_id == claim.owner_id or host_id not in other.host_ids:
                    continue
                other_meeting, other_buffers = _cells(other)
                new_meeting = meeting - own_meeting
                new_buffers = buffers - own_buffers - own_meeting
                if (
                    new_meeting & (other_meeting | other_buffers)
                    or new_buffers & other_meeting
                    or (claim.buffer_rule is BufferRule.SUM and new_buffers & other_buffers)
                ):
                    raise SlotTaken

    def _count(self, counts: Sequence[Count]) -> None:
        if list(self.counted(counts)) != list(counts):
            raise CountsChanged
        self.store.counts.update((count.organization_id, count.host_id) for count in counts)


def _cells(claim: Claim) -> tuple[set[int], set[int]]:
    """Return the starts of the cells of a meeting, and of its buffers."""
    length = int(GRID.total_seconds())
    meeting = set(range(*span_of(claim.time), length))
    return meeting, set(range(*span_of(claim.whole), length)) - meeting


def _is_meant(booking: Booking, which: BookingFilter) -> bool:
    searched = [booking.title, booking.guest.name, booking.guest.email, *booking.other_guests]
    return (
        which.after <= booking.time.start
        and (which.before is None or booking.time.start < which.before)
        and (which.host_id is None or which.host_id in booking.host_ids)
        and which.person_in_charge_id in {None, booking.person_in_charge_id}
        and (not which.states or booking.state in which.states)
        and which.text in "\n".join(searched).lower()
    )


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
    """Counts; while `broken`, as if its table were gone."""

    factor = 1
    broken = False

    def allows(self, limit: RateLimit, value: str, *, now: datetime) -> bool:
        if self.is_used_up(limit, value, now=now):
            return False
        self.store.writes += 1
        self.store.counters[self._key(limit, value, now)] += 1
        return True

    def is_used_up(self, limit: RateLimit, value: str, *, now: datetime) -> bool:
        if self.broken:
            raise LimiterUnavailable
        return self.store.counters[self._key(limit, value, now)] >= limit.most * self.factor

    @staticmethod
    def _key(limit: RateLimit, value: str, now: datetime) -> tuple[str, str, int]:
        return limit.scope, value, int(now.timestamp()) // int(limit.window.total_seconds())


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
            or (delivery.next_attempt_at is not None and delivery.next_attempt_at <= now)
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

    def __init__(self, now: datetime = datetime(2026, 12, 1, 9, tzinfo=UTC)) -> None:
        self.store = store = Store()
        self.clock = now
        self.sign_up_policy = SignUpPolicy(is_open=False)
        self.organizations = InMemoryOrganizations(store)
        self.members = InMemoryMembers(store)
        self.external_members = InMemoryExternalMembers(store)
        self.working_hours = InMemoryWorkingHours(store)
        self.hosts = InMemoryHosts(store)
        self.booking_pages = InMemoryBookingPages(store)
        self.bookings = InMemoryBookings(store)
        self.links = InMemoryLinks(store)
        self.link_keys = InMemoryLinkKeys()
        self.sessions = InMemorySessions(store)
        self.rate_limits = InMemoryRateLimits(store)
        self.outbox = InMemoryOutbox(store)
        self.audit_log = InMemoryAuditLog(store)

    def now(self) -> datetime:
        return self.clock
