"""Promises about what is held under somebody's address, kept by every adapter."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.access import DynamoDbLinks
from scheduling.adapters.dynamodb.booking_pages import DynamoDbBookingPages
from scheduling.adapters.dynamodb.bookings import DynamoDbBookings
from scheduling.adapters.dynamodb.connect_requests import DynamoDbConnectRequests
from scheduling.adapters.dynamodb.connections import DynamoDbConnections
from scheduling.adapters.dynamodb.external_members import DynamoDbExternalMembers
from scheduling.adapters.dynamodb.invitations import DynamoDbInvitations
from scheduling.adapters.dynamodb.member_imports import DynamoDbMemberImports
from scheduling.adapters.dynamodb.organizations import (
    DynamoDbMembers,
    DynamoDbOrganizations,
    new_member_puts,
)
from scheduling.adapters.dynamodb.outbox import DynamoDbOutbox
from scheduling.adapters.dynamodb.personal_records import DynamoDbPersonalRecords
from scheduling.adapters.dynamodb.sync_turns import DynamoDbSyncTurns
from scheduling.adapters.dynamodb.synced_calendars import DynamoDbSyncedCalendars
from scheduling.adapters.dynamodb.table import transact
from scheduling.domain.calendar_sync import SyncedCalendar
from scheduling.domain.connect_requests import ConnectRequest
from scheduling.domain.connections import Platform, Provider
from scheduling.domain.erasure import (
    Person,
    booking_without,
    external_member_without_identity,
    member_without_identity,
)
from scheduling.domain.identifiers import derived_id
from scheduling.domain.member_imports import ImportRow, ImportState, MemberImport
from scheduling.domain.messages import DeliveryState, Subject
from scheduling.domain.people import Member, MemberFilter, Role
from scheduling.domain.refusals import (
    BookingChanged,
    BookingPageChanged,
    BookingPageNotFound,
    ExternalMemberChanged,
    LinkNotFound,
    MemberChanged,
)
from scheduling.use_cases.sign_in import sign_in_link, sign_in_message
from tests.support.builders import (
    AIKO,
    EARLY,
    ORGANIZATION,
    a_booking,
    a_guest_link,
    a_link,
    a_message,
    a_page,
    an_entry,
    an_external_member,
    an_invitation,
    an_invitation_link,
    between,
)
from tests.support.connecting import PRIMARY, a_connection
from tests.support.in_memory import InMemoryAdapters
from tests.support.tables import create_connections_table

ORG = ORGANIZATION.organization_id
EMAIL = "kenji@example.org"
MIA = "mia@guest.example"
NOBODY = Person("nobody@example.org")
BEN = Member(derived_id("ben"), ORG, "Ben Ode", "ben@hanami.example", Role.MEMBER, "UTC")
TIME = between("10:00", "10:30")


@pytest.fixture
def tokens(tables):
    scheduling, _ = tables
    return create_connections_table(scheduling.client)


@pytest.fixture(params=["in memory", "dynamodb"])
def ports(request):
    if request.param == "in memory":
        parley = InMemoryAdapters()
        parley.organizations.add(ORGANIZATION, AIKO, an_entry())
        parley.store.members[ORG, BEN.member_id] = BEN
        return parley
    table, access = tables = request.getfixturevalue("tables")
    DynamoDbOrganizations(table).add(ORGANIZATION, AIKO, an_entry())
    transact(table.client, new_member_puts(table, BEN))
    return SimpleNamespace(
        members=DynamoDbMembers(table),
        external_members=DynamoDbExternalMembers(*tables),
        invitations=DynamoDbInvitations(*tables),
        member_imports=DynamoDbMemberImports(table),
        booking_pages=DynamoDbBookingPages(table),
        bookings=DynamoDbBookings(*tables),
        links=DynamoDbLinks(*tables),
        outbox=DynamoDbOutbox(table),
        connections=DynamoDbConnections(table),
        connect_requests=DynamoDbConnectRequests(table),
        sync_turns=DynamoDbSyncTurns(table),
        synced_calendars=DynamoDbSyncedCalendars(table),
        personal_records=DynamoDbPersonalRecords(table, access, request.getfixturevalue("tokens")),
    )


def invited(ports, email=EMAIL):
    member = an_external_member(email=email)
    ports.external_members.add(
        member, a_page(member), a_link(member), [member.request_mail], an_entry()
    )
    return member


def deleted(ports, member):
    gone = replace(member, deleted_at=EARLY)
    ports.external_members.remove(gone, an_entry(entry_id=derived_id(member.external_member_id)))
    return gone


def test_external_members_are_found_by_their_address_deleted_ones_too(ports):
    first = deleted(ports, invited(ports))
    second = invited(ports)
    invited(ports, "other@example.org")

    found = ports.personal_records.external_members_at(ORG, EMAIL)

    assert {each.external_member_id for each in found} == {
        first.external_member_id,
        second.external_member_id,
    }
    assert not ports.personal_records.external_members_at(derived_id("other"), EMAIL)


def test_nothing_leads_to_an_external_member_who_was_erased(ports):
    before = deleted(ports, invited(ports))
    after = external_member_without_identity(before)

    ports.personal_records.erase_external_member(before, after)

    assert ports.personal_records.external_members_at(ORG, EMAIL) == []
    assert ports.external_members.get(ORG, before.external_member_id) == after
    with pytest.raises(ExternalMemberChanged):
        ports.personal_records.erase_external_member(before, after)


def test_an_external_member_is_deleted_before_they_are_erased(ports):
    member = invited(ports)

    with pytest.raises(ValueError, match="deleted before"):
        ports.personal_records.erase_external_member(
            member, external_member_without_identity(member)
        )


def test_invitations_are_found_by_their_address_whatever_became_of_them(ports):
    invitation = an_invitation(EMAIL)
    ports.invitations.add(invitation, an_invitation_link(invitation), an_entry())
    assert ports.personal_records.invitations_at(ORG, EMAIL) == [invitation]
    revoked = replace(invitation, revoked_at=EARLY)
    ports.invitations.revoke(revoked, an_entry(entry_id=derived_id("revoked")))

    found = ports.personal_records.invitations_at(ORG, EMAIL)
    assert found == [revoked]

    ports.personal_records.erase_invitation(revoked)

    assert ports.personal_records.invitations_at(ORG, EMAIL) == []
    assert ports.invitations.get(ORG, invitation.invitation_id) == replace(revoked, email="")


def test_links_that_were_asked_for_with_an_address_are_forgotten_with_their_mails(ports):
    link = sign_in_link(EMAIL, now=EARLY, life=timedelta(minutes=10))
    ports.links.add(link, sign_in_message(link))
    other = sign_in_link("other@example.org", now=EARLY, life=timedelta(minutes=10))
    ports.links.add(other)
    assert ports.personal_records.typed_links_at(EMAIL) == [link]

    ports.personal_records.erase_link(link)

    assert ports.personal_records.typed_links_at(EMAIL) == []
    with pytest.raises(LinkNotFound):
        ports.links.get(link.link_id)
    assert not ports.outbox.of_subject(link.organization_id, Subject.SIGN_IN, link.link_id)
    assert ports.links.get(other.link_id) == other


def booked(ports):
    booking = a_booking(an_external_member(), TIME)
    ports.bookings.add(booking, a_guest_link(booking), [a_message(booking)])
    return booking


def test_a_guest_who_was_erased_leads_to_no_booking_and_their_link_has_ended(ports):
    before = booked(ports)
    after = booking_without(Person(MIA), before)

    ports.personal_records.erase_from_booking(before, after, MIA, now=EARLY)

    assert ports.bookings.get(ORG, before.booking_id) == after
    assert ports.bookings.of_guest(ORG, MIA) == []
    assert ports.links.get(before.guest_link_id).revoked_at is not None
    [taken] = ports.bookings.taken(ORG, before.host_ids[0], TIME)
    assert taken.time == TIME


def test_whoever_read_a_booking_before_an_erasure_can_no_longer_write_it_back(ports):
    before = booked(ports)
    after = booking_without(Person(MIA), before)
    ports.personal_records.erase_from_booking(before, after, MIA, now=EARLY)

    moved = replace(before, version=2, changed_at=EARLY + timedelta(hours=1))
    with pytest.raises(BookingChanged):
        ports.bookings.change(before, moved, [], an_entry(entry_id=derived_id("a")))
    with pytest.raises(BookingChanged):
        ports.personal_records.erase_from_booking(before, after, MIA, now=EARLY)
    ports.bookings.change(after, replace(after, version=2), [], an_entry(entry_id=derived_id("b")))

    assert ports.bookings.get(ORG, before.booking_id).guest.email == ""


def test_a_page_is_stored_without_a_host_or_not_at_all(ports):
    page = a_page(an_external_member())
    ports.booking_pages.add(page, an_entry(entry_id=derived_id("page")))
    changed = replace(page, title="Another", version=2)

    ports.personal_records.erase_from_page(page, changed)
    assert ports.booking_pages.get(page.slug) == changed
    with pytest.raises(BookingPageChanged):
        ports.personal_records.erase_from_page(page, None)

    ports.personal_records.erase_from_page(changed, None)
    with pytest.raises(BookingPageNotFound):
        ports.booking_pages.get(page.slug)


def import_of(ports, state):
    rows = [
        ImportRow(number, {"email": email})
        for number, email in enumerate([*(f"m{n}@x.example" for n in range(30)), EMAIL], 2)
    ]
    new = MemberImport(
        import_id=derived_id("import"),
        organization_id=ORG,
        member_id=AIKO.member_id,
        network="",
        proven_at=EARLY,
        created_at=EARLY,
        started_at=EARLY,
        state=state,
        rows=len(rows),
        fingerprint="of the rows",
        due_at=EARLY if state is ImportState.RUNNING else None,
    )
    ports.member_imports.add(new, rows, None)
    return new, rows


def test_rows_of_files_are_found_and_emptied_once_nobody_reads_the_file(ports):
    new, rows = import_of(ports, ImportState.CHECKED)
    person = Person(EMAIL)
    assert ports.personal_records.import_rows_of(ORG, person) == [rows[-1]]

    assert ports.personal_records.erase_from_imports(ORG, person)

    assert ports.personal_records.import_rows_of(ORG, person) == []
    after = ports.member_imports.get(ORG, new.import_id)
    assert after == replace(new, fingerprint="")
    assert ports.member_imports.rows(after) == [*rows[:-1], replace(rows[-1], cells={})]
    assert ports.personal_records.erase_from_imports(ORG, NOBODY)


def test_a_file_that_is_being_read_waits(ports):
    new, rows = import_of(ports, ImportState.RUNNING)

    assert not ports.personal_records.erase_from_imports(ORG, Person(EMAIL))

    assert ports.member_imports.rows(new) == rows


def test_what_mail_servers_said_is_forgotten_and_how_far_the_mail_came_stays(ports):
    booking = booked(ports)
    message = a_message(booking)
    claimed = ports.outbox.claim(message, now=EARLY)
    failed = replace(claimed, state=DeliveryState.DEAD, next_attempt_at=None, last_error=EMAIL)
    ports.outbox.record(message, failed)

    ports.personal_records.erase_mail_errors(ORG, Subject.BOOKING, booking.booking_id)

    assert ports.outbox.get(message) == replace(failed, last_error="")


def test_nothing_is_left_of_what_a_former_member_connected_or_was_asked_to(ports):
    connection = a_connection(member_id=BEN.member_id)
    ports.connections.put(connection, an_entry(entry_id=derived_id("connected")))
    colleagues = a_connection(Provider.ZOOM)
    ports.connections.put(colleagues, an_entry(entry_id=derived_id("of a colleague")))
    # As a worker leaves it that was slower than the end of the connection.
    ports.synced_calendars.save(
        connection.key, SyncedCalendar(connection.connection_id, PRIMARY.calendar_id)
    )
    request = ConnectRequest(
        organization_id=ORG,
        member_id=BEN.member_id,
        platform=Platform.ZOOM,
        number=1,
        is_reconnect=False,
        asked_by_id=AIKO.member_id,
        asked_at=EARLY,
    )
    ports.connect_requests.add(request, an_entry(entry_id=derived_id("asked")))

    ports.personal_records.erase_connected(ORG, BEN.member_id)
    ports.personal_records.erase_connected(ORG, BEN.member_id)

    assert ports.connect_requests.get(ORG, BEN.member_id, Platform.ZOOM) is None
    assert ports.sync_turns.get(connection.key) is None
    assert ports.synced_calendars.of(connection.key) == []
    [mail] = ports.outbox.of_subject(ORG, Subject.CONNECTION, BEN.member_id)
    assert mail.message == request.message
    assert ports.sync_turns.get(colleagues.key) is not None


def test_tokens_that_were_left_behind_are_deleted_and_those_of_others_are_not(tables, tokens):
    whose = [a_connection(provider, member_id=BEN.member_id).key for provider in Provider]
    others = a_connection().key
    for key in (*whose, others):
        tokens.put_new(keys.grant(key) | {"tokens": b"encrypted"})

    DynamoDbPersonalRecords(*tables, tokens).erase_connected(ORG, BEN.member_id)

    assert [tokens.get(keys.grant(key)) for key in whose] == [None, None]
    assert tokens.get(keys.grant(others)) is not None


def test_a_former_member_who_was_erased_is_in_no_list_and_their_address_is_free(ports):
    removed = replace(BEN, removed_at=EARLY, version=2)
    ports.members.replace(removed, an_entry(entry_id=derived_id("removed")))
    after = member_without_identity(removed)

    ports.personal_records.erase_member(removed, after)

    assert ports.members.get(ORG, BEN.member_id) == after
    assert ports.members.with_email(BEN.email) == []
    former = ports.members.list(ORG, MemberFilter(is_active=False), cursor=None, limit=9)
    assert former.items == ()
    with pytest.raises(MemberChanged):
        ports.personal_records.erase_member(removed, after)
