"""The ports in memory: one store, so that what belongs together changes together.

`tests/integration/test_ports.py` runs the same promises against these and the real adapters.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb.table import SLUG, cursor_for, sort_key_of, timed_sort_key_of
from scheduling.domain.audit import Name, ThingKind
from scheduling.domain.availability import GRID
from scheduling.domain.booking import Booking, Hold, Taken
from scheduling.domain.connections import ConnectionKey, Platform, Provider
from scheduling.domain.counts import Count, CountsChanged
from scheduling.domain.directory import Directory
from scheduling.domain.erasure import Person, is_row_of, rows_without
from scheduling.domain.feedback import Bounced, BounceKind, Complained, Delayed, Delivered, Feedback
from scheduling.domain.hosts import Host, HostKey, HostKind
from scheduling.domain.links import SIGN_IN_CODE_ATTEMPTS, Link, LinkKey, LinkPurpose
from scheduling.domain.lists import ListPage
from scheduling.domain.member_imports import LEASE as IMPORT_LEASE
from scheduling.domain.member_imports import ROWS_AT_ONCE, ImportState
from scheduling.domain.messages import LEASE, Delivery, DeliveryState, Message, Posted, Subject
from scheduling.domain.people import ACTIVE_MEMBERS, comparable
from scheduling.domain.refusals import (
    AvailabilityChanged,
    BookingChanged,
    BookingNotFound,
    BookingPageChanged,
    BookingPageNotFound,
    DirectoryChanged,
    EmailAlreadyInvited,
    ExternalMemberChanged,
    ExternalMemberGone,
    ExternalMemberNotFound,
    HoldNotFound,
    HostNotFound,
    IdempotencyKeyReused,
    ImportNotFound,
    ImportStarted,
    InvitationChanged,
    InvitationNotFound,
    LastAdmin,
    LimiterUnavailable,
    LinkNotFound,
    LinkUsed,
    MemberChanged,
    MemberNotFound,
    OrganizationChanged,
    SlotTaken,
    SlugTaken,
    WorkingHoursChanged,
)
from scheduling.domain.reputation import (
    WINDOW,
    MailCategory,
    MailStanding,
    PauseReason,
    SendingHealth,
    SuppressionReason,
)
from scheduling.domain.sign_ups import SignUpPolicy
from scheduling.domain.slots import BufferRule, span_of
from scheduling.domain.standing import look_from, standing_of
from scheduling.domain.working_hours import WorkingHours, usual_hours
from scheduling.ports import MailNotAccepted
from tests.support.builders import host_of
from tests.support.in_memory_calendar_events import (
    InMemoryCalendarEvents,
    InMemoryOnlineMeetings,
    ask_for_events,
)
from tests.support.in_memory_connect_requests import InMemoryConnectRequests
from tests.support.in_memory_connections import InMemoryConnectAttempts, InMemoryConnections
from tests.support.in_memory_sync import (
    InMemorySyncedCalendars,
    InMemorySyncQueue,
    InMemorySyncTurns,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from scheduling.domain.audit import Entry, Thing
    from scheduling.domain.availability_request import RequestFact
    from scheduling.domain.booking import Claim
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.calendar_events import EventTask, HostEvent, OnlineMeeting
    from scheduling.domain.calendar_sync import SyncedCalendar
    from scheduling.domain.connect_requests import ConnectRequest
    from scheduling.domain.connections import ConnectedBusy, Connection
    from scheduling.domain.feeds import CalendarFeed, FeedAddress, FeedTurn
    from scheduling.domain.hours import Span
    from scheduling.domain.invitations import Invitation
    from scheduling.domain.mails import OutgoingMail
    from scheduling.domain.member_imports import ImportRow, MemberImport
    from scheduling.domain.people import ExternalMember, Member, MemberFilter, Organization
    from scheduling.domain.rate_limits import RateLimit
    from scheduling.domain.sessions import Session
    from scheduling.domain.sync_turns import SyncTurn
    from scheduling.domain.time_range import TimeRange
    from scheduling.domain.unsubscribing import Subscription
    from scheduling.ports import BookingFilter, EntryFilter, ExternalMemberFilter
    from scheduling.provider_ports import ConnectAttempt

KEY = LinkKey("1", b"k" * 32)

TOLD = ("delayed_at", "delivered_at", "bounce", "complained_at")
"""What the mail service tells about a mail."""


@dataclass
class Store:
    """Everything that is stored, and how often something was written."""

    organizations: dict[str, Organization] = field(default_factory=dict)
    members: dict[tuple[str, str], Member] = field(default_factory=dict)
    directories: dict[str, Directory] = field(default_factory=dict)
    invitations: dict[tuple[str, str], Invitation] = field(default_factory=dict)
    imports: dict[str, tuple[MemberImport, tuple[ImportRow, ...]]] = field(default_factory=dict)
    working_hours: dict[tuple[str, str], WorkingHours] = field(default_factory=dict)
    external_members: dict[tuple[str, str], ExternalMember] = field(default_factory=dict)
    calendar_feeds: dict[tuple[str, str], CalendarFeed] = field(default_factory=dict)
    feed_addresses: dict[tuple[str, str], FeedAddress] = field(default_factory=dict)
    feed_turns: dict[tuple[str, str], FeedTurn] = field(default_factory=dict)
    connections: dict[ConnectionKey, Connection] = field(default_factory=dict)
    sync_turns: dict[ConnectionKey, SyncTurn] = field(default_factory=dict)
    synced_calendars: dict[tuple[ConnectionKey, str], SyncedCalendar] = field(default_factory=dict)
    connect_attempts: dict[str, ConnectAttempt] = field(default_factory=dict)
    connected_busy: dict[ConnectionKey, ConnectedBusy] = field(default_factory=dict)
    connect_requests: dict[tuple[str, str, Platform], ConnectRequest] = field(default_factory=dict)
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
    queued_at: dict[Message, datetime] = field(default_factory=dict)
    suppressions: dict[tuple[str, str, str], SuppressionReason] = field(default_factory=dict)
    """By organization, hash of the address, and category or nothing."""
    pauses: dict[str, tuple[datetime, PauseReason]] = field(default_factory=dict)
    mail_counts: Counter[tuple[str, date, str]] = field(default_factory=Counter)
    """By organization, day and what is counted."""
    forgiven: Counter[tuple[str, date, str]] = field(default_factory=Counter)
    judged_from: dict[str, date] = field(default_factory=dict)
    event_tasks: dict[tuple[str, str], EventTask] = field(default_factory=dict)
    event_leases: dict[tuple[str, str], datetime] = field(default_factory=dict)
    host_events: dict[tuple[str, str, str], HostEvent] = field(default_factory=dict)
    online_meetings: dict[tuple[str, str], OnlineMeeting] = field(default_factory=dict)
    writes: int = 0

    def queue(self, *messages: Message, at: datetime) -> None:
        for message in messages:
            self.queued_at[message] = at
            self.messages[message] = (
                Delivery(DeliveryState.QUEUED)
                if message.due_at is None
                else Delivery(DeliveryState.SCHEDULED, next_attempt_at=message.due_at)
            )

    def forget_calendar(self, organization_id: str, external_member_id: str) -> None:
        for part in (self.calendar_feeds, self.feed_addresses, self.feed_turns):
            part.pop((organization_id, external_member_id), None)

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
        if self.get(organization.organization_id).version != organization.version - 1:
            raise OrganizationChanged
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

    def get_all(self, organization_id: str, member_ids: Sequence[str]) -> Sequence[Member]:
        if len(member_ids) > 100:
            raise ValueError("DynamoDB hands out at most 100 at once")
        wanted = [(organization_id, member_id) for member_id in member_ids]
        return [self.store.members[key] for key in wanted if key in self.store.members]

    def list(
        self,
        organization_id: str,
        which: MemberFilter = ACTIVE_MEMBERS,
        *,
        cursor: str | None,
        limit: int,
    ) -> ListPage[Member]:
        mine = [
            (f"{comparable(member.name)[:40]}#{member.member_id}", member)
            for (owner, _), member in self.store.members.items()
            if owner == organization_id
            # Who was erased is in no list.
            and member.email
            and member.is_active is which.is_active
            and which.role in {None, member.role}
            and which.department_id in {None, member.department_id}
            and which.designation_id in {None, member.designation_id}
            and which.manager_id in {None, member.manager_id}
            and which.text in comparable(f"{member.name}\n{member.email}")
        ]
        return _listed(mine, cursor, limit, sort_key=sort_key_of)

    def at_addresses(self, organization_id: str, emails: Sequence[str]) -> dict[str, Member]:
        return {
            member.email: member
            for email in emails
            for member in self.with_email(email)
            if member.organization_id == organization_id
        }

    def with_email(self, email: str) -> Sequence[Member]:
        return [member for member in self.store.members.values() if member.email == email]

    def replace(self, member: Member, entry: Entry) -> None:
        if self.get(member.organization_id, member.member_id).version != member.version - 1:
            raise MemberChanged
        admins = {
            other.member_id
            for other in self.store.members.values()
            if other.organization_id == member.organization_id
            and other.is_active
            and other.is_admin
        }
        is_admin = member.is_active and member.is_admin
        if admins == {member.member_id} and not is_admin:
            raise LastAdmin
        self.store.writes += 1
        self.store.members[member.organization_id, member.member_id] = member
        self.store.entries.append(entry)


class InMemoryDirectories(InMemory):
    def get(self, organization_id: str) -> Directory:
        return self.store.directories.get(organization_id, Directory(organization_id))

    def replace(self, directory: Directory, entry: Entry) -> None:
        if self.get(directory.organization_id).version != directory.version - 1:
            raise DirectoryChanged
        self.store.writes += 1
        self.store.directories[directory.organization_id] = directory
        self.store.entries.append(entry)


class InMemoryInvitations(InMemory):
    def add(self, invitation: Invitation, link: Link, entry: Entry) -> None:
        key = invitation.organization_id, invitation.invitation_id
        is_stored = key in self.store.invitations
        if is_stored or self.open_to(invitation.organization_id, [invitation.email]):
            raise EmailAlreadyInvited
        self._keep(invitation, entry)
        self.store.links[link.link_id] = link
        self.store.queue(invitation.message, at=invitation.sent_at)

    def send_again(
        self, invitation: Invitation, link: Link, entry: Entry, *, replaces: str
    ) -> None:
        if not self._is_open(invitation, replaces):
            raise InvitationChanged
        self._keep(invitation, entry)
        old = self.store.links[replaces]
        self.store.links[replaces] = replace(old, replaced_at=invitation.sent_at)
        self.store.links[link.link_id] = link
        self.store.queue(invitation.message, at=invitation.sent_at)

    def revoke(self, invitation: Invitation, entry: Entry) -> None:
        if not self._is_open(invitation, invitation.link_id):
            raise InvitationChanged
        self._keep(invitation, entry)

    def accept(self, invitation: Invitation, member: Member, entry: Entry) -> None:
        link, now = self.store.links[invitation.link_id], invitation.accepted_at
        is_over = link.used_at or link.replaced_at or not now or now >= link.expires_at
        if is_over or not self._is_open(invitation, invitation.link_id):
            raise LinkUsed
        members = self.store.members.values()
        same = [
            each.version
            for each in members
            if each.email == member.email and each.organization_id == member.organization_id
        ]
        if same != ([] if member.version == 1 else [member.version - 1]):
            raise MemberChanged
        self._keep(invitation, entry)
        self.store.links[link.link_id] = replace(link, used_at=now)
        self.store.members[member.organization_id, member.member_id] = member

    def get(self, organization_id: str, invitation_id: str) -> Invitation:
        try:
            return self.store.invitations[organization_id, invitation_id]
        except KeyError:
            raise InvitationNotFound from None

    def open_to(self, organization_id: str, emails: Sequence[str]) -> dict[str, Invitation]:
        return {
            invitation.email: invitation
            for (owner, _), invitation in self.store.invitations.items()
            if owner == organization_id and invitation.email in emails and invitation.is_open
        }

    def list(self, organization_id: str, *, cursor: str | None, limit: int) -> ListPage[Invitation]:
        mine = [
            (_timed(invitation.invited_at, invitation.invitation_id), invitation)
            for (owner, _), invitation in self.store.invitations.items()
            if owner == organization_id and invitation.is_open
        ]
        return _listed(mine, cursor, limit, latest_first=True)

    def _is_open(self, invitation: Invitation, link_id: str) -> bool:
        stored = self.get(invitation.organization_id, invitation.invitation_id)
        return stored.is_open and stored.link_id == link_id

    def _keep(self, invitation: Invitation, entry: Entry) -> None:
        self.store.writes += 1
        key = invitation.organization_id, invitation.invitation_id
        self.store.invitations[key] = invitation
        self.store.entries.append(entry)


class InMemoryMemberImports(InMemory):
    def add(self, new: MemberImport, rows: Sequence[ImportRow], entry: Entry | None) -> None:
        if new.import_id in self.store.imports:
            raise IdempotencyKeyReused
        self._keep(new, rows, entry)

    def start(self, started: MemberImport, rows: Sequence[ImportRow], entry: Entry) -> None:
        stored, _ = self.store.imports[started.import_id]
        if stored.state is not ImportState.CHECKED:
            raise ImportStarted
        self._keep(started, rows, entry)

    def get(self, organization_id: str, import_id: str) -> MemberImport:
        stored, _ = self.store.imports.get(import_id, (None, ()))
        if stored is None or stored.organization_id != organization_id:
            raise ImportNotFound
        return stored

    def rows(self, found: MemberImport) -> Sequence[ImportRow]:
        return list(self.store.imports[found.import_id][1])

    def next_rows(self, found: MemberImport) -> Sequence[ImportRow]:
        first = found.done // ROWS_AT_ONCE * ROWS_AT_ONCE
        return self.rows(found)[first : first + ROWS_AT_ONCE]

    def claim(self, found: MemberImport, *, now: datetime) -> MemberImport | None:
        stored, rows = self.store.imports[found.import_id]
        if stored.due_at is None or stored.due_at > now:
            return None
        claimed = replace(stored, due_at=now + IMPORT_LEASE, attempts=stored.attempts + 1)
        self._keep(claimed, rows)
        return claimed

    def record(self, before: MemberImport, after: MemberImport, rows: Sequence[ImportRow]) -> bool:
        stored, all_rows = self.store.imports[before.import_id]
        if stored.attempts != before.attempts:
            return False
        first = before.done // ROWS_AT_ONCE * ROWS_AT_ONCE
        rest = all_rows[first + ROWS_AT_ONCE :]
        self._keep(after, [*all_rows[:first], *rows, *rest])
        return True

    def due(self, *, now: datetime, limit: int) -> Sequence[MemberImport]:
        running = (stored for stored, _ in self.store.imports.values())
        return [each for each in running if each.due_at is not None and each.due_at <= now][:limit]

    def _keep(
        self, found: MemberImport, rows: Sequence[ImportRow], entry: Entry | None = None
    ) -> None:
        self.store.writes += 1
        self.store.imports[found.import_id] = found, tuple(rows)
        if entry is not None:
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


class InMemoryNames(InMemory):
    def of(self, organization_id: str, things: Collection[Thing]) -> Mapping[Thing, Name]:
        found = {thing: self._name(organization_id, thing) for thing in things}
        return {thing: name for thing, name in found.items() if name is not None and name.text}

    def _name(self, organization_id: str, thing: Thing) -> Name | None:
        key = organization_id, thing.thing_id
        match thing.kind:
            case ThingKind.MEMBER if member := self.store.members.get(key):
                return Name(member.name, is_gone=not member.is_active)
            case ThingKind.EXTERNAL_MEMBER if external := self.store.external_members.get(key):
                return Name(external.name, is_gone=external.deleted_at is not None)
            case ThingKind.INVITATION if invitation := self.store.invitations.get(key):
                return Name(invitation.email)
            case ThingKind.BOOKING if booking := self.store.bookings.get(key):
                return Name(booking.title)
        return None


class InMemoryExternalMembers(InMemory):
    def add(
        self,
        member: ExternalMember,
        page: BookingPage,
        link: Link,
        messages: Sequence[Message],
        entry: Entry,
    ) -> None:
        self._check_address(member)
        if self._stored(member) is not None:
            raise IdempotencyKeyReused
        self.store.booking_pages[page.slug] = page
        self.store.links[link.link_id] = link
        self._change(member, messages, entry, at=member.created_at)

    def ask_again(
        self,
        member: ExternalMember,
        link: Link,
        messages: Iterable[Message],
        entry: Entry,
        *,
        replaces: str,
    ) -> None:
        stored = self._stored(member)
        if stored is None or stored.deleted_at or stored.request.link_id != replaces:
            raise ExternalMemberNotFound
        old = self.store.links[replaces]
        self.store.links[replaces] = replace(old, replaced_at=link.created_at)
        self.store.links[link.link_id] = link
        self._change(replace(stored, request=member.request), messages, entry, at=link.created_at)

    def note(self, member: ExternalMember, fact: RequestFact, *, at: datetime) -> None:
        stored = self._stored(member)
        if stored is None or stored.deleted_at or stored.request.number != member.request.number:
            return
        self.store.writes += 1
        noted = replace(stored, request=stored.request.noted(fact, at))
        self.store.external_members[_key_of(noted)] = noted

    def replace_availability(
        self, member: ExternalMember, messages: Sequence[Message], entry: Entry, *, now: datetime
    ) -> None:
        stored = self.store.external_members[_key_of(member)]
        if stored.deleted_at is not None:
            raise ExternalMemberGone
        if (
            stored.availability.version != member.availability.version - 1
            or stored.request.number != member.request.number
        ):
            raise AvailabilityChanged(stored.availability.version)
        link = self.store.links[stored.request.link_id]
        self.store.links[link.link_id] = replace(link, expires_at=member.request.link_expires_at)
        after = replace(stored, availability=member.availability, request=member.request)
        self._change(after, messages, entry, at=now)

    def edit(
        self,
        before: ExternalMember,
        after: ExternalMember,
        page: BookingPage | None,
        entry: Entry,
    ) -> None:
        key = after.organization_id, after.external_member_id
        stored = self.store.external_members[key]
        if (stored.version, stored.request.link_id, stored.deleted_at) != (
            before.version,
            before.request.link_id,
            None,
        ) or (page and self.store.booking_pages[page.slug].version != page.version - 1):
            raise ExternalMemberChanged
        if after.email != before.email:
            self._check_address(after)
            link = self.store.links[before.request.link_id]
            self.store.links[link.link_id] = replace(link, revoked_at=entry.at)
        self.store.writes += 1
        self.store.external_members[key] = replace(
            stored,
            name=after.name,
            email=after.email,
            person_in_charge_id=after.person_in_charge_id,
            void_request=after.void_request,
            version=after.version,
        )
        if page is not None:
            self.store.booking_pages[page.slug] = page
        self.store.entries.append(entry)

    def _check_address(self, member: ExternalMember) -> None:
        """Raises EmailAlreadyInvited where another active external member has the address."""
        if self.with_email(member.organization_id, member.email) is not None:
            raise EmailAlreadyInvited

    def remove(self, member: ExternalMember, entry: Entry) -> None:
        stored = self._stored(member)
        if stored is None or stored.deleted_at:
            raise ExternalMemberNotFound
        after = replace(stored, deleted_at=member.deleted_at)
        self.store.forget_calendar(*_key_of(member))
        self._change(after, (), entry, at=entry.at)

    def with_email(self, organization_id: str, email: str) -> ExternalMember | None:
        wanted = organization_id, email, None
        for member in self.store.external_members.values():
            if (member.organization_id, member.email, member.deleted_at) == wanted:
                return member
        return None

    def get(self, organization_id: str, external_member_id: str) -> ExternalMember:
        try:
            return self.store.external_members[organization_id, external_member_id]
        except KeyError:
            raise ExternalMemberNotFound from None

    def list(
        self,
        organization_id: str,
        which: ExternalMemberFilter,
        *,
        now: datetime,
        cursor: str | None,
        limit: int,
    ) -> ListPage[ExternalMember]:
        mine = [
            (_timed(member.created_at, member.external_member_id), member)
            for member in self._active(organization_id)
            if which.text in f"{member.name}\n{member.email}".lower()
            and which.person_in_charge_id in {None, member.person_in_charge_id}
            and (not which.standings or standing_of(member, now) in which.standings)
        ]
        return _listed(mine, cursor, limit, latest_first=True)

    def to_look_at(
        self, organization_id: str, *, now: datetime, limit: int
    ) -> Sequence[ExternalMember]:
        looks = [(look_from(member), member) for member in self._active(organization_id)]
        due = [
            (when, member)
            for when, member in looks
            if when is not None and when <= now and standing_of(member, now).needs_a_look
        ]
        return [member for _, member in sorted(due, key=itemgetter(0))[:limit]]

    def _active(self, organization_id: str) -> Iterator[ExternalMember]:
        for (owner, _), member in self.store.external_members.items():
            if owner == organization_id and member.deleted_at is None:
                yield member

    def _stored(self, member: ExternalMember) -> ExternalMember | None:
        return self.store.external_members.get(_key_of(member))

    def _change(
        self, member: ExternalMember, messages: Iterable[Message], entry: Entry, *, at: datetime
    ) -> None:
        self.store.writes += 1
        self.store.external_members[_key_of(member)] = member
        self.store.queue(*messages, at=at)
        self.store.entries.append(entry)


def _key_of(member: ExternalMember) -> tuple[str, str]:
    return member.organization_id, member.external_member_id


class InMemoryCalendarFeeds(InMemory):
    def link(self, feed: CalendarFeed, address: FeedAddress, turn: FeedTurn, entry: Entry) -> None:
        key = feed.organization_id, feed.external_member_id
        member = self.store.external_members.get(key)
        if member is None or member.deleted_at:
            raise ExternalMemberGone
        self.store.writes += 1
        self.store.calendar_feeds[key] = feed
        self.store.feed_addresses[key] = address
        self.store.feed_turns[key] = turn
        self.store.entries.append(entry)

    def unlink(self, organization_id: str, external_member_id: str, entry: Entry) -> None:
        if (organization_id, external_member_id) not in self.store.calendar_feeds:
            return
        self.store.writes += 1
        self.store.forget_calendar(organization_id, external_member_id)
        self.store.entries.append(entry)

    def get(self, organization_id: str, external_member_id: str) -> CalendarFeed | None:
        return self.store.calendar_feeds.get((organization_id, external_member_id))

    def get_all(
        self, organization_id: str, external_member_ids: Sequence[str]
    ) -> Mapping[str, CalendarFeed]:
        found = {each: self.get(organization_id, each) for each in external_member_ids}
        return {each: feed for each, feed in found.items() if feed is not None}

    def address(self, organization_id: str, external_member_id: str) -> FeedAddress | None:
        return self.store.feed_addresses.get((organization_id, external_member_id))

    def record(self, feed: CalendarFeed) -> None:
        key = feed.organization_id, feed.external_member_id
        stored = self.store.calendar_feeds.get(key)
        if stored is not None and stored.feed_id == feed.feed_id:
            self.store.writes += 1
            self.store.calendar_feeds[key] = feed

    def due(self, *, now: datetime, limit: int) -> Sequence[FeedTurn]:
        return [turn for turn in self.store.feed_turns.values() if turn.due_at <= now]

    def take(self, turn: FeedTurn, *, now: datetime) -> FeedTurn | None:
        taken = turn.taken(now)
        return taken if self._replace(turn, taken) else None

    def put_back(self, taken: FeedTurn, turn: FeedTurn) -> None:
        self._replace(taken, turn)

    def _replace(self, before: FeedTurn, after: FeedTurn) -> bool:
        key = before.organization_id, before.external_member_id
        if self.store.feed_turns.get(key) != before:
            return False
        self.store.writes += 1
        self.store.feed_turns[key] = after
        return True


class InMemoryWorkingHours(InMemory):
    def get(self, member: Member) -> WorkingHours:
        key = member.organization_id, member.member_id
        return self.store.working_hours.get(key) or usual_hours(member)

    def replace(self, hours: WorkingHours, entry: Entry) -> None:
        key = hours.organization_id, hours.member_id
        stored = self.store.working_hours.get(key)
        if (stored.version if stored else 0) != hours.version - 1:
            raise WorkingHoursChanged
        self.store.writes += 1
        self.store.working_hours[key] = hours
        self.store.entries.append(entry)


class InMemoryHosts(InMemory):
    def get_all(self, organization_id: str, keys: Sequence[HostKey]) -> Sequence[Host]:
        return [self._host(organization_id, key) for key in keys]

    def _host(self, organization_id: str, key: HostKey) -> Host:
        try:
            if key.kind is HostKind.MEMBER:
                return self._member(self.store.members[organization_id, key.host_id])
            host = host_of(self.store.external_members[organization_id, key.host_id])
        except KeyError:
            raise HostNotFound from None
        calendar = self.store.calendar_feeds.get((organization_id, key.host_id))
        return replace(host, calendar=calendar)

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
            locale=member.locale,
            is_gone=not member.is_active,
            connected=tuple(
                known
                for key, known in self.store.connected_busy.items()
                if (key.organization_id, key.member_id)
                == (member.organization_id, member.member_id)
            ),
        )


class InMemoryBookingPages(InMemory):
    def add(self, page: BookingPage, entry: Entry) -> None:
        if page.slug in self.store.booking_pages:
            raise SlugTaken
        self._keep(page, entry)

    def replace(self, page: BookingPage, entry: Entry) -> None:
        if self.get(page.slug).version != page.version - 1:
            raise BookingPageChanged
        self._keep(page, entry)

    def _keep(self, page: BookingPage, entry: Entry) -> None:
        self.store.writes += 1
        self.store.booking_pages[page.slug] = page
        self.store.entries.append(entry)

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
        entry: Entry | None = None,
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
        self.store.queue(*messages, at=booking.changed_at)
        ask_for_events(self.store, None, booking, now=booking.changed_at)
        if entry is not None:
            self.store.entries.append(entry)
        return booking

    def change(
        self,
        before: Booking,
        after: Booking,
        messages: Sequence[Message],
        entry: Entry,
        *,
        link_expires_at: datetime | None = None,
        counts: Sequence[Count] = (),
    ) -> None:
        stored = self.get(after.organization_id, after.booking_id)
        if stored == after:
            return
        if (stored.version, stored.erasures) != (before.version, before.erasures):
            raise BookingChanged
        if after.state.takes_time:
            self._check_free(before.claim if before.state.takes_time else None, after.claim)
        self._count(counts)
        self.store.writes += 1
        self.store.bookings[after.organization_id, after.booking_id] = after
        self.store.queue(*messages, at=after.changed_at)
        ask_for_events(self.store, before, after, now=after.changed_at)
        self.store.entries.append(entry)
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
        and which.booking_page_slug in {None, booking.booking_page_slug}
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
            self.store.queue(message, at=link.created_at)

    def use(self, link: Link, entry: Entry | None, *, now: datetime) -> None:
        stored = self.store.links[link.link_id]
        if stored.used_at or stored.replaced_at or stored.expires_at <= now:
            raise LinkUsed
        self.store.writes += 1
        self.store.links[link.link_id] = replace(stored, used_at=now)
        if entry is not None:
            self.store.entries.append(entry)

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

    def end(self, session_hash: str, entry: Entry) -> None:
        if self.store.sessions.pop(session_hash, None) is not None:
            self.store.writes += 1
            self.store.entries.append(entry)


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
        stored = self.store.messages[message]
        told = {name: getattr(stored, name) for name in TOLD}
        is_free = delivery.state in {DeliveryState.PAUSED, DeliveryState.SCHEDULED}
        waits = is_free or delivery.next_attempt_at is not None
        if stored.attempts != delivery.attempts or (waits and any(told.values())):
            return
        self.store.writes += 1
        self.store.messages[message] = replace(
            delivery, attempts=delivery.attempts - is_free, **told
        ).as_told()

    def of_subject(self, organization_id: str, subject: Subject, subject_id: str) -> list[Posted]:
        posted = [
            Posted(message, self.store.queued_at[message], delivery)
            for message, delivery in self.store.messages.items()
            if (message.organization_id, message.subject, message.subject_id)
            == (organization_id, subject, subject_id)
        ]
        return sorted(posted, key=lambda each: each.queued_at, reverse=True)[:100]

    def requeue(self, message: Message, *, now: datetime) -> bool:
        paused = self.store.messages[message]
        if (paused.state, paused.next_attempt_at) != (DeliveryState.PAUSED, None):
            return False
        self.store.writes += 1
        self.store.messages[message] = replace(paused, state=DeliveryState.QUEUED)
        return True

    def requeue_paused(self, organization_id: str, *, now: datetime) -> int:
        mine = (each for each in self.store.messages if each.organization_id == organization_id)
        return sum(self.requeue(message, now=now) for message in mine)

    def requeue_waiting(self, organization_id: str, booking_id: str, *, now: datetime) -> int:
        waiting = [
            posted.message
            for posted in self.of_subject(organization_id, Subject.BOOKING, booking_id)
            if posted.delivery.state is DeliveryState.SCHEDULED and posted.message.due_at is None
        ]
        for message in waiting:
            self.store.writes += 1
            self.store.messages[message] = replace(
                self.store.messages[message], state=DeliveryState.QUEUED, next_attempt_at=None
            )
        return len(waiting)

    def due(self, *, now: datetime, limit: int) -> list[Message]:
        due_since = {
            message: delivery.next_attempt_at or datetime.min.replace(tzinfo=UTC)
            for message, delivery in self.store.messages.items()
            if delivery.state is DeliveryState.QUEUED
            or (delivery.next_attempt_at is not None and delivery.next_attempt_at <= now)
        }
        return sorted(due_since, key=lambda message: due_since[message])[:limit]


class InMemoryReputation(InMemory):
    def standing(
        self, organization_id: str, address_hash: str, category: MailCategory | None = None
    ) -> MailStanding:
        reasons = [
            self.store.suppressions.get((organization_id, address_hash, place))
            for place in ("", category or "")
        ]
        return MailStanding(
            is_paused=organization_id in self.store.pauses, suppressed=reasons[0] or reasons[1]
        )

    def count_mail(self, organization_id: str, day: date, *, limit: int) -> bool:
        key = organization_id, day, "sent"
        if self.store.mail_counts[key] >= limit:
            return False
        self.store.writes += 1
        self.store.mail_counts[key] += 1
        return True

    def note(self, message: Message, address_hash: str, feedback: Feedback) -> bool:
        stored = self.store.messages.get(message)
        if stored is None or not _is_news(stored, feedback):
            return False
        self.store.writes += 1
        self.store.messages[message] = stored.noting(feedback)
        key = message.organization_id, address_hash, ""
        match feedback:
            case Complained():
                self.store.suppressions[key] = reason = SuppressionReason.COMPLAINED
            case Bounced(kind=BounceKind.PERMANENT):
                reason = SuppressionReason.BOUNCED
                self.store.suppressions.setdefault(key, reason)
            case _:
                return True
        self.store.mail_counts[message.organization_id, feedback.at.date(), reason] += 1
        return True

    def health(self, organization_id: str, today: date) -> SendingHealth:
        first = today - WINDOW + timedelta(days=1)
        since = max(first, self.store.judged_from.get(organization_id, first))
        counts: Counter[str] = Counter()
        for (owner, day, what), number in self.store.mail_counts.items():
            if owner == organization_id and since <= day <= today:
                counts[what] += number - self.store.forgiven[owner, day, what]
        paused_at, reason = self.store.pauses.get(organization_id, (None, None))
        return SendingHealth(
            sent=counts["sent"],
            bounced=counts[SuppressionReason.BOUNCED],
            complained=counts[SuppressionReason.COMPLAINED],
            paused_at=paused_at,
            pause_reason=reason,
        )

    def pause(
        self, organization_id: str, reason: PauseReason, entry: Entry, *, now: datetime
    ) -> bool:
        if organization_id in self.store.pauses:
            return False
        self.store.writes += 1
        self.store.pauses[organization_id] = now, reason
        self.store.entries.append(entry)
        return True

    def resume(self, organization_id: str, *, now: datetime) -> None:
        if self.store.pauses.pop(organization_id, None) is None:
            return
        self.store.writes += 1
        today = now.date()
        self.store.judged_from[organization_id] = today
        for key, number in self.store.mail_counts.items():
            if key[:2] == (organization_id, today):
                self.store.forgiven[key] = number

    def unsubscribe(self, subscription: Subscription, *, now: datetime) -> None:
        key = subscription.organization_id, subscription.address_hash, subscription.category
        if key not in self.store.suppressions:
            self.store.writes += 1
            self.store.suppressions[key] = SuppressionReason.UNSUBSCRIBED

    def lift(self, organization_id: str, address_hash: str, entry: Entry) -> None:
        key = organization_id, address_hash, ""
        if self.store.suppressions.get(key) is SuppressionReason.BOUNCED:
            self.store.writes += 1
            del self.store.suppressions[key]
            self.store.entries.append(entry)


def _is_news(delivery: Delivery, feedback: Feedback) -> bool:
    match feedback:
        case Delivered():
            return delivery.delivered_at is None
        case Delayed():
            return delivery.delayed_at is None
        case Complained():
            return delivery.complained_at is None
        case Bounced():
            return delivery.bounce is None or not delivery.bounce.kind.is_final


class InMemoryPersonalRecords(InMemory):
    def external_members_at(self, organization_id: str, email: str) -> Sequence[ExternalMember]:
        return [
            member
            for member in self.store.external_members.values()
            if (member.organization_id, member.email) == (organization_id, email)
        ]

    def invitations_at(self, organization_id: str, email: str) -> Sequence[Invitation]:
        return [
            invitation
            for invitation in self.store.invitations.values()
            if (invitation.organization_id, invitation.email) == (organization_id, email)
        ]

    def typed_links_at(self, email: str) -> Sequence[Link]:
        typed = {LinkPurpose.SIGN_IN, LinkPurpose.SIGN_UP}
        return [
            link
            for link in self.store.links.values()
            if link.purpose in typed and link.subject_id == email
        ]

    def import_rows_of(self, organization_id: str, person: Person) -> Sequence[ImportRow]:
        return [
            row
            for found, rows in self.store.imports.values()
            for row in rows
            if found.organization_id == organization_id and is_row_of(person, row)
        ]

    def erase_from_booking(
        self, before: Booking, after: Booking, email: str, *, now: datetime
    ) -> None:
        key = after.organization_id, after.booking_id
        if self.store.bookings[key] != before:
            raise BookingChanged
        self.store.writes += 1
        self.store.bookings[key] = after
        ask_for_events(self.store, before, after, now=now)
        for host in before.hosts:
            if host not in after.hosts:
                self.store.host_events.pop((*key, host.host_id), None)
        link = self.store.links.get(after.guest_link_id)
        if after.guest != before.guest and link is not None:
            self.store.links[link.link_id] = replace(link, revoked_at=after.changed_at)

    def erase_from_page(self, before: BookingPage, after: BookingPage | None) -> None:
        stored = self.store.booking_pages.get(before.slug)
        if stored is not None and stored.version != before.version:
            raise BookingPageChanged
        self.store.writes += 1
        if after is None:
            self.store.booking_pages.pop(before.slug, None)
        else:
            self.store.booking_pages[before.slug] = after

    def erase_from_imports(self, organization_id: str, person: Person) -> bool:
        is_complete = True
        for found, rows in list(self.store.imports.values()):
            erased = tuple(rows_without(person, rows))
            if found.organization_id != organization_id or erased == rows:
                continue
            if found.state is ImportState.RUNNING:
                is_complete = False
                continue
            self.store.writes += 1
            self.store.imports[found.import_id] = replace(found, fingerprint=""), erased
        return is_complete

    def erase_mail_errors(self, organization_id: str, subject: Subject, subject_id: str) -> None:
        for message, delivery in self.store.messages.items():
            about = message.organization_id, message.subject, message.subject_id
            if about != (organization_id, subject, subject_id):
                continue
            bounce = delivery.bounce
            self.store.messages[message] = replace(
                delivery, last_error="", bounce=bounce and replace(bounce, diagnosis="")
            )

    def erase_invitation(self, invitation: Invitation) -> None:
        key = invitation.organization_id, invitation.invitation_id
        self.store.writes += 1
        self.store.invitations[key] = replace(self.store.invitations[key], email="")

    def erase_link(self, link: Link) -> None:
        self.store.writes += 1
        self.store.links.pop(link.link_id, None)
        for message in list(self.store.messages):
            if (message.subject, message.subject_id) == (Subject.SIGN_IN, link.link_id):
                del self.store.messages[message]

    def erase_external_member(self, before: ExternalMember, after: ExternalMember) -> None:
        if before.deleted_at is None:
            raise ValueError("an external member is deleted before they are erased")
        if self.store.external_members[_key_of(before)].version != before.version:
            raise ExternalMemberChanged
        self.store.writes += 1
        self.store.external_members[_key_of(after)] = after

    def erase_connected(self, organization_id: str, member_id: str) -> None:
        for platform in Platform:
            self.store.connect_requests.pop((organization_id, member_id, platform), None)
        for provider in Provider:
            whose = ConnectionKey(organization_id, member_id, provider)
            self.store.connected_busy.pop(whose, None)
            self.store.sync_turns.pop(whose, None)
            for of, calendar_id in list(self.store.synced_calendars):
                if of == whose:
                    del self.store.synced_calendars[of, calendar_id]

    def erase_member(self, before: Member, after: Member) -> None:
        key = before.organization_id, before.member_id
        if self.store.members[key].version != before.version:
            raise MemberChanged
        self.store.writes += 1
        self.store.members[key] = after
        self.store.working_hours.pop(key, None)


class InMemoryMailer:
    """Keeps what it is given; refuses while `broken`."""

    address = "bookings@mail.example"

    def __init__(self) -> None:
        self.sent: list[OutgoingMail] = []
        self.broken = False

    def send(self, mail: OutgoingMail) -> str:
        if self.broken:
            raise MailNotAccepted("ServiceUnavailable")
        self.sent.append(mail)
        return f"mail-{len(self.sent)}"


class InMemoryLiveLook:
    """What connected calendars say: nothing is found out of members who are not in `seen`."""

    def __init__(self) -> None:
        self.seen: dict[str, Sequence[Span]] = {}
        self.looks = 0

    def busy(
        self, organization_id: str, member_ids: Sequence[str], within: TimeRange
    ) -> Mapping[str, Sequence[Span]]:
        self.looks += 1
        start, end = span_of(within)
        return {
            who: [(first, last) for first, last in self.seen[who] if first < end and start < last]
            for who in member_ids
            if who in self.seen
        }


class InMemoryAdapters:
    """Has the shape of `handlers.wiring.Adapters`."""

    base_url = "https://parley.example"
    sign_in_origins = ("https://accounts.google.com", "https://zoom.us")
    mails_per_day = 2_000

    def __init__(self, now: datetime = datetime(2026, 12, 1, 9, tzinfo=UTC)) -> None:
        self.store = store = Store()
        self.clock = now
        self.sign_up_policy = SignUpPolicy(is_open=False)
        self.organizations = InMemoryOrganizations(store)
        self.members = InMemoryMembers(store)
        self.directories = InMemoryDirectories(store)
        self.member_imports = InMemoryMemberImports(store)
        self.invitations = InMemoryInvitations(store)
        self.external_members = InMemoryExternalMembers(store)
        self.calendar_feeds = InMemoryCalendarFeeds(store)
        self.connections = InMemoryConnections(store)
        self.connect_attempts = InMemoryConnectAttempts(store)
        self.sync_turns = InMemorySyncTurns(store)
        self.synced_calendars = InMemorySyncedCalendars(store)
        self.sync_queue = InMemorySyncQueue()
        self.connect_requests = InMemoryConnectRequests(store)
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
        self.names = InMemoryNames(store)
        self.personal_records = InMemoryPersonalRecords(store)
        self.reputation = InMemoryReputation(store)
        self.live_look = InMemoryLiveLook()
        self.calendar_events = InMemoryCalendarEvents(store)
        self.online_meetings = InMemoryOnlineMeetings(store)

    def now(self) -> datetime:
        return self.clock
