"""All that is held about one e-mail address: handed out as a file, and erased."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, entry_by
from scheduling.domain.booking import BookingState
from scheduling.domain.checks import Checks
from scheduling.domain.connections import Platform
from scheduling.domain.erasure import (
    Person,
    booking_without,
    external_member_without_identity,
    known_as,
    member_without_identity,
    page_without,
)
from scheduling.domain.lists import every
from scheduling.domain.message_tags import address_hash
from scheduling.domain.messages import MessageKind, Recipient, Subject
from scheduling.domain.policy import Act, require
from scheduling.domain.refusals import (
    BookingChanged,
    HoldNotFound,
    LinkNotFound,
    StillConnected,
    StillMember,
    UpcomingBookings,
    marked,
)
from scheduling.domain.reputation import MailCategory
from scheduling.domain.time_range import TimeRange
from scheduling.ports import BookingFilter, EntryFilter
from scheduling.use_cases.bookings import every_booking
from scheduling.use_cases.connecting import remove_all_connections
from scheduling.use_cases.external_members import LISTED_BOOKINGS, BookingsToCome, cancel_all
from scheduling.use_cases.removal import check_not_last_admin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from scheduling import ports
    from scheduling.domain.audit import Entry
    from scheduling.domain.booking import Booking
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.connect_requests import ConnectRequest
    from scheduling.domain.connections import Connection
    from scheduling.domain.invitations import Invitation
    from scheduling.domain.links import Link
    from scheduling.domain.member_imports import ImportRow
    from scheduling.domain.messages import Message, Posted
    from scheduling.domain.people import ExternalMember, Member
    from scheduling.domain.reputation import SuppressionReason
    from scheduling.domain.sessions import SignedIn
    from scheduling.provider_ports import Connections, ConnectRequests

_PART = 100
_EVER = datetime.fromtimestamp(0, UTC)
_LONGEST_HELD = timedelta(days=800)
"""Nothing is held for a time further ahead than pages offer any."""
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Holdings:
    """Everything in which something may be held about a person."""

    members: ports.Members
    external_members: ports.ExternalMembers
    invitations: ports.Invitations
    booking_pages: ports.BookingPages
    bookings: ports.Bookings
    calendar_feeds: ports.CalendarFeeds
    connections: Connections
    connect_requests: ConnectRequests
    links: ports.Links
    outbox: ports.Outbox
    reputation: ports.Reputation
    audit_log: ports.AuditLog
    personal_records: ports.PersonalRecords


@dataclass(frozen=True, slots=True)
class LinkedCalendar:
    """That an external member has linked a calendar."""

    external_member_id: str
    host_name: str
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class PersonalRecord:
    """What an organization holds about whoever has an address; of others, nothing."""

    person: Person
    members: tuple[Member, ...]
    external_members: tuple[ExternalMember, ...]
    calendars: tuple[LinkedCalendar, ...]
    """Their addresses are secrets, and stay where they are."""
    connections: tuple[Connection, ...]
    """What they connected, and what has ended until its provider was told."""
    connect_requests: tuple[ConnectRequest, ...]
    """The latest for each platform."""
    invitations: tuple[Invitation, ...]
    import_rows: tuple[ImportRow, ...]
    booking_pages: tuple[BookingPage, ...]
    bookings: tuple[Booking, ...]
    """As a guest, brought along, or as a host; by start."""
    links: tuple[Link, ...]
    messages: tuple[Posted, ...]
    """Those that were for them."""
    suppressions: tuple[SuppressionReason, ...]
    """Why mails to the address are not sent, all or some of them."""
    entries: tuple[Entry, ...]
    """What they did, and what was done to them."""


@dataclass(frozen=True, slots=True)
class _Found:
    """Who and what bears an address."""

    person: Person
    as_host: Person
    """What they are called by the team. A guest may bear the name of a colleague's page."""
    members: Sequence[Member]
    external_members: Sequence[ExternalMember]
    invitations: Sequence[Invitation]
    typed_links: Sequence[Link]
    """To sign in or up; none while the address belongs to another organization's member."""
    guest_bookings: Sequence[Booking]


def export_person(by: SignedIn, email: str, *, now: datetime, holdings: Holdings) -> PersonalRecord:
    """Return all that is held about whoever has an address, and note that it was handed out.

    Raises:
        NotAllowed, ProofRequired: Only admins may, who proved a moment ago who they are.
        InvalidInput: It is no e-mail address.
    """
    require(by, Act.EXPORT_PERSON, now=now)
    checks = Checks()
    email = checks.email("email", email)
    checks.done()
    organization_id = by.organization.organization_id
    found = _found(organization_id, email, holdings)
    pages = _pages_of(organization_id, found.as_host, holdings)
    bookings = sorted(
        _bookings_of(organization_id, found, pages, holdings),
        key=lambda booking: (booking.time.start, booking.booking_id),
    )
    record = PersonalRecord(
        person=found.person,
        members=tuple(found.members),
        external_members=tuple(found.external_members),
        calendars=tuple(_calendars(found, holdings)),
        connections=tuple(_connections(found, holdings)),
        connect_requests=tuple(_connect_requests(found, holdings)),
        invitations=tuple(found.invitations),
        import_rows=tuple(holdings.personal_records.import_rows_of(organization_id, found.person)),
        booking_pages=tuple(pages),
        bookings=tuple(bookings),
        links=tuple(_links(found, bookings, holdings)),
        messages=tuple(_messages(found, bookings, holdings)),
        suppressions=tuple(_suppressions(organization_id, email, holdings)),
        entries=tuple(_entries(organization_id, found.person, holdings)),
    )
    subject_id = next(iter(sorted(found.person.host_ids)), "")
    entry = entry_by(by, Activity.PERSON_EXPORTED, now=now, subject_id=subject_id)
    holdings.audit_log.add(entry)
    return record


def erase_person(
    by: SignedIn,
    email: str,
    *,
    confirmation: str,
    bookings_to_come: BookingsToCome | None,
    has_time: Callable[[], bool],
    now: datetime,
    holdings: Holdings,
) -> bool:
    """Erase whoever has an address; tell whether nothing is left, or there was no time for all.

    What is done stays done. Where it stops, for whatever reason, the same again goes on.

    Args:
        confirmation: The address once more.
        bookings_to_come: What becomes of their meetings; None where nobody has said.
        has_time: Asked before each booking.

    Raises:
        NotAllowed, ProofRequired: Only admins may, who proved a moment ago who they are.
        InvalidInput: It is no e-mail address, or not the same one twice.
        LastAdmin, StillMember: It is a member's, who has to be removed first.
        UpcomingBookings: There are meetings to come, and nobody has said what becomes of them.
        StillConnected: A provider has not been told yet that what they connected has ended.
        ConnectionChanged: Something changed what they have connected a moment ago.
        BusyTryAgain: Somebody changes what is to be erased right now.
    """
    require(by, Act.ERASE_PERSON, now=now)
    checks = Checks()
    email = checks.email("email", email)
    if email and confirmation.strip().lower() != email:
        message = marked("Please type the same address here once more.")
        checks.refuse("confirm", "not_confirmed", message)
    checks.done()
    organization_id = by.organization.organization_id
    found = _found(organization_id, email, holdings)
    for member in found.members:
        if member.is_active:
            check_not_last_admin(member, holdings.members)
            raise StillMember(member.member_id)
    pages = _pages_of(organization_id, found.as_host, holdings)
    to_come = list(_to_come(organization_id, found, now, holdings))
    if to_come and bookings_to_come is None:
        raise UpcomingBookings([booking.booking_id for booking in to_come[:LISTED_BOOKINGS]])
    _check_disconnected(by, found, now, holdings)
    bookings = list(_bookings_of(organization_id, found, pages, holdings))
    rows = holdings.personal_records.import_rows_of(organization_id, found.person)
    if _is_anything(found) or pages or bookings or rows:
        # Before all else: should this be interrupted, it is known who began it.
        subject_id = next(iter(sorted(found.person.host_ids)), "")
        holdings.audit_log.add(entry_by(by, Activity.PERSON_ERASED, now=now, subject_id=subject_id))
    _end_what_opens_doors(by, found, now, holdings)
    if bookings_to_come is BookingsToCome.CANCEL:
        cancel_all(by, to_come, now=now, bookings=holdings.bookings)
    if not _erase_from_bookings(found.person, bookings, has_time, now, holdings):
        return False
    for page in pages:
        holdings.personal_records.erase_from_page(page, page_without(found.as_host, page))
    is_complete = holdings.personal_records.erase_from_imports(organization_id, found.person)
    _erase_identities(found, holdings)
    return is_complete


def _found(organization_id: str, email: str, holdings: Holdings) -> _Found:
    everywhere = holdings.members.with_email(email)
    members = [each for each in everywhere if each.organization_id == organization_id]
    external_members = holdings.personal_records.external_members_at(organization_id, email)
    bookings = holdings.bookings.of_guest(organization_id, email)
    # Links to sign in are nobody's. Where another organization has a member with the address,
    # nobody here learns of them, or ends them.
    is_elsewhere = any(
        each.is_active and each.organization_id != organization_id for each in everywhere
    )
    is_known = bool(members or external_members or bookings)
    typed_links = holdings.personal_records.typed_links_at(email)
    return _Found(
        person=known_as(email, members, external_members, bookings),
        as_host=known_as(email, members, external_members, ()),
        members=members,
        external_members=external_members,
        invitations=holdings.personal_records.invitations_at(organization_id, email),
        typed_links=typed_links if is_known and not is_elsewhere else (),
        guest_bookings=bookings,
    )


def _is_anything(found: _Found) -> bool:
    return bool(
        found.members or found.external_members or found.invitations or found.guest_bookings
    )


def _pages_of(organization_id: str, person: Person, holdings: Holdings) -> list[BookingPage]:
    """Return the pages on which somebody is a host, or which bear their name."""
    pages = every(
        lambda cursor: holdings.booking_pages.list(organization_id, cursor=cursor, limit=_PART)
    )
    return [page for page in pages if page_without(person, page) != page]


def _bookings_of(
    organization_id: str, found: _Found, pages: Sequence[BookingPage], holdings: Holdings
) -> Iterator[Booking]:
    """Yield each booking that has something of a person in it, once.

    First those that others made: it is from their own that we know what they are called.
    """
    filters = [BookingFilter(after=_EVER, host_id=each) for each in sorted(found.person.host_ids)]
    filters += [
        BookingFilter(after=_EVER, booking_page_slug=page.slug)
        for page in pages
        if page_without(found.as_host, page) is None
    ]
    listed = (every_booking(organization_id, each, bookings=holdings.bookings) for each in filters)
    as_guest = sorted(
        found.guest_bookings, key=lambda booking: booking.guest.email == found.person.email
    )
    seen: set[str] = set()
    for booking in (*itertools.chain.from_iterable(listed), *as_guest):
        if booking.booking_id not in seen and booking_without(found.person, booking) != booking:
            seen.add(booking.booking_id)
            yield booking


def _to_come(
    organization_id: str, found: _Found, now: datetime, holdings: Holdings
) -> Iterator[Booking]:
    """Yield the meetings that somebody takes part in, soonest first."""
    states = (BookingState.PENDING, BookingState.CONFIRMED)
    hosted = itertools.chain.from_iterable(
        every_booking(
            organization_id,
            BookingFilter(after=now, host_id=host_id, states=states),
            bookings=holdings.bookings,
        )
        for host_id in sorted(found.person.host_ids)
    )
    by_id = {booking.booking_id: booking for booking in (*hosted, *found.guest_bookings)}
    changeable = (booking for booking in by_id.values() if booking.is_changeable(now))
    return iter(sorted(changeable, key=lambda booking: booking.time.start))


def _check_disconnected(by: SignedIn, found: _Found, now: datetime, holdings: Holdings) -> None:
    """Raises StillConnected: who is known no longer could not be let go of at the provider."""
    for member in found.members:
        # Somebody may have come back from a provider in the moment in which they were removed.
        remove_all_connections(by, member.member_id, now=now, connections=holdings.connections)
    left = list(_connections(found, holdings))
    if left:
        raise StillConnected([connection.key.provider for connection in left])


def _end_what_opens_doors(by: SignedIn, found: _Found, now: datetime, holdings: Holdings) -> None:
    """Let nothing new come of what is about to be erased."""
    for link in found.typed_links:
        holdings.personal_records.erase_link(link)
    for external in found.external_members:
        if external.deleted_at is None:
            entry = entry_by(
                by,
                Activity.EXTERNAL_MEMBER_DELETED,
                now=now,
                subject_id=external.external_member_id,
            )
            holdings.external_members.remove(replace(external, deleted_at=now), entry)
    for invitation in found.invitations:
        if invitation.is_open:
            entry = entry_by(
                by, Activity.INVITATION_REVOKED, now=now, subject_id=invitation.invitation_id
            )
            holdings.invitations.revoke(replace(invitation, revoked_at=now), entry)
    for host_id in found.person.host_ids:
        _release_holds(by.organization.organization_id, host_id, now, holdings.bookings)


def _release_holds(
    organization_id: str, host_id: str, now: datetime, bookings: ports.Bookings
) -> None:
    within = TimeRange(now, now + _LONGEST_HELD)
    for taken in bookings.taken(organization_id, host_id, within, fresh=True):
        if taken.is_hold:
            try:
                bookings.release(bookings.get_hold(taken.owner_id))
            except HoldNotFound:
                # It became a booking, or ended by itself.
                continue


def _erase_from_bookings(
    person: Person,
    bookings: Sequence[Booking],
    has_time: Callable[[], bool],
    now: datetime,
    holdings: Holdings,
) -> bool:
    """Tell whether there was time for all."""
    for booking in bookings:
        if not has_time():
            return False
        whose = booking.organization_id, Subject.BOOKING, booking.booking_id
        holdings.personal_records.erase_mail_errors(*whose)
        _erase_from_booking(person, booking, now, holdings)
    return True


def _erase_from_booking(
    person: Person, booking: Booking, now: datetime, holdings: Holdings
) -> None:
    """Raises BookingChanged where somebody else changes it again and again."""
    for attempt in itertools.count(1):
        # What was listed may be older than what is stored, since it was cancelled, say.
        current = holdings.bookings.get(booking.organization_id, booking.booking_id)
        erased = booking_without(person, current)
        try:
            if erased != current:
                holdings.personal_records.erase_from_booking(current, erased, person.email, now=now)
        except BookingChanged:
            if attempt == _TRIES:
                raise
            continue
        return


def _erase_identities(found: _Found, holdings: Holdings) -> None:
    """Erase at last what leads to all the rest."""
    records = holdings.personal_records
    for invitation in found.invitations:
        whose = invitation.organization_id, Subject.INVITATION, invitation.invitation_id
        records.erase_mail_errors(*whose)
        records.erase_invitation(invitation)
    for external in found.external_members:
        whose = external.organization_id, Subject.EXTERNAL_MEMBER, external.external_member_id
        records.erase_mail_errors(*whose)
        current = holdings.external_members.get(
            external.organization_id, external.external_member_id
        )
        records.erase_external_member(current, external_member_without_identity(current))
    for member in found.members:
        whose = member.organization_id, Subject.CONNECTION, member.member_id
        records.erase_mail_errors(*whose)
        records.erase_connected(member.organization_id, member.member_id)
        records.erase_member(member, member_without_identity(member))


def _calendars(found: _Found, holdings: Holdings) -> Iterator[LinkedCalendar]:
    for external in found.external_members:
        feed = holdings.calendar_feeds.get(external.organization_id, external.external_member_id)
        if feed is not None:
            yield LinkedCalendar(external.external_member_id, feed.host_name, feed.linked_at)


def _connections(found: _Found, holdings: Holdings) -> Iterator[Connection]:
    for member in found.members:
        yield from holdings.connections.of_member(member.organization_id, member.member_id)


def _connect_requests(found: _Found, holdings: Holdings) -> Iterator[ConnectRequest]:
    for member in found.members:
        whose = member.organization_id, member.member_id
        asked = (holdings.connect_requests.get(*whose, platform) for platform in Platform)
        yield from filter(None, asked)


def _links(found: _Found, bookings: Sequence[Booking], holdings: Holdings) -> Iterator[Link]:
    """Yield the links that were mailed to somebody, as long as they are kept."""
    ids = [external.request.link_id for external in found.external_members]
    ids += [invitation.link_id for invitation in found.invitations]
    ids += [
        booking.guest_link_id for booking in bookings if booking.guest.email == found.person.email
    ]
    for link_id in ids:
        try:
            yield holdings.links.get(link_id)
        except LinkNotFound:
            continue
    yield from found.typed_links


def _messages(found: _Found, bookings: Sequence[Booking], holdings: Holdings) -> Iterator[Posted]:
    """Yield the latest messages to somebody about each thing, and how far they have come."""

    def posted(organization_id: str, subject: Subject, subject_id: str) -> Sequence[Posted]:
        return holdings.outbox.of_subject(organization_id, subject, subject_id)

    for external in found.external_members:
        whose = external.organization_id, Subject.EXTERNAL_MEMBER, external.external_member_id
        about = posted(*whose)
        yield from (each for each in about if each.message.recipient is Recipient.HOST)
    for member in found.members:
        yield from posted(member.organization_id, Subject.CONNECTION, member.member_id)
    for invitation in found.invitations:
        yield from posted(invitation.organization_id, Subject.INVITATION, invitation.invitation_id)
    for link in found.typed_links:
        yield from posted(link.organization_id, Subject.SIGN_IN, link.link_id)
    for booking in bookings:
        about = posted(booking.organization_id, Subject.BOOKING, booking.booking_id)
        yield from (each for each in about if _is_to(found.person, each.message, booking))


def _is_to(person: Person, message: Message, booking: Booking) -> bool:
    """Tell whether a message about a booking is for somebody, in whichever role."""
    which = message.which
    if message.kind is MessageKind.BOOKING_REMINDER:
        # First it says how long it is ahead.
        which = which.partition(".")[2]
    match message.recipient:
        case Recipient.HOST:
            return which in person.host_ids
        case Recipient.PERSON_IN_CHARGE:
            return booking.person_in_charge_id in person.host_ids
        case Recipient.GUEST if which and message.kind is not MessageKind.GUEST_LINK:
            return booking.other_guests[int(which) - 1] == person.email
        case Recipient.GUEST:
            return booking.guest.email == person.email
        case _:
            return False


def _suppressions(
    organization_id: str, email: str, holdings: Holdings
) -> Iterator[SuppressionReason]:
    address = address_hash(email)
    for category in MailCategory:
        standing = holdings.reputation.standing(organization_id, address, category)
        if standing.suppressed is not None:
            yield standing.suppressed


def _entries(organization_id: str, person: Person, holdings: Holdings) -> Iterator[Entry]:
    """Yield entries, each once."""
    seen: set[str] = set()
    for person_id in sorted(person.host_ids):
        for which in (EntryFilter(actor_id=person_id), EntryFilter(subject_id=person_id)):
            for entry in _listed_entries(organization_id, which, holdings):
                if entry.entry_id not in seen:
                    seen.add(entry.entry_id)
                    yield entry


def _listed_entries(
    organization_id: str, which: EntryFilter, holdings: Holdings
) -> Iterator[Entry]:
    return every(
        lambda cursor: holdings.audit_log.list(organization_id, which, cursor=cursor, limit=_PART)
    )
