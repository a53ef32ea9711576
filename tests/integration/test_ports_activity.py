"""Promises about the log, kept by every adapter: no change without its entry, and no other."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from scheduling.adapters.dynamodb.access import DynamoDbLinks, DynamoDbSessions
from scheduling.adapters.dynamodb.audit_log import DynamoDbAuditLog
from scheduling.adapters.dynamodb.booking_pages import DynamoDbBookingPages
from scheduling.adapters.dynamodb.bookings import DynamoDbBookings
from scheduling.adapters.dynamodb.calendar_feeds import DynamoDbCalendarFeeds
from scheduling.adapters.dynamodb.external_members import DynamoDbExternalMembers
from scheduling.adapters.dynamodb.invitations import DynamoDbInvitations
from scheduling.adapters.dynamodb.names import DynamoDbNames
from scheduling.adapters.dynamodb.organizations import DynamoDbMembers, DynamoDbOrganizations
from scheduling.adapters.dynamodb.reputation import DynamoDbReputation
from scheduling.adapters.dynamodb.working_hours import DynamoDbWorkingHours
from scheduling.domain.audit import Activity, Name, Thing, ThingKind
from scheduling.domain.feeds import CalendarFeed, FeedAddress, FeedTurn
from scheduling.domain.identifiers import new_id
from scheduling.domain.messages import Recipient
from scheduling.domain.refusals import (
    BookingChanged,
    BookingPageChanged,
    ExternalMemberGone,
    LinkUsed,
    SlotTaken,
    SlugTaken,
    WorkingHoursChanged,
)
from scheduling.domain.reputation import PauseReason
from scheduling.domain.sessions import Session
from scheduling.domain.working_hours import usual_hours
from scheduling.ports import EntryFilter
from tests.support.builders import (
    AIKO,
    EARLY,
    ORGANIZATION,
    a_booking,
    a_guest_link,
    a_link,
    a_member_host,
    a_page,
    an_entry,
    an_external_member,
    an_invitation,
    an_invitation_link,
    at,
    between,
)
from tests.support.in_memory import InMemoryAdapters

ORG = ORGANIZATION.organization_id
TIME = between("10:00", "10:30")


@pytest.fixture(params=["in memory", "dynamodb"])
def ports(request):
    if request.param == "in memory":
        found = InMemoryAdapters()
    else:
        scheduling, access = request.getfixturevalue("tables")
        found = SimpleNamespace(
            organizations=DynamoDbOrganizations(scheduling),
            members=DynamoDbMembers(scheduling),
            external_members=DynamoDbExternalMembers(scheduling, access),
            invitations=DynamoDbInvitations(scheduling, access),
            calendar_feeds=DynamoDbCalendarFeeds(scheduling, access),
            working_hours=DynamoDbWorkingHours(scheduling),
            booking_pages=DynamoDbBookingPages(scheduling),
            bookings=DynamoDbBookings(scheduling, access),
            links=DynamoDbLinks(scheduling, access),
            sessions=DynamoDbSessions(scheduling, access),
            reputation=DynamoDbReputation(scheduling),
            audit_log=DynamoDbAuditLog(scheduling),
            names=DynamoDbNames(scheduling),
        )
    found.organizations.add(ORGANIZATION, AIKO, an_entry(Activity.ORGANIZATION_CREATED))
    return found


@pytest.fixture
def kenji(ports):
    member = an_external_member()
    ports.external_members.add(
        member,
        a_page(member),
        a_link(member),
        [member.request_mail],
        an_entry(Activity.EXTERNAL_MEMBER_INVITED),
    )
    return member


@pytest.fixture
def booking(ports, kenji):
    found = a_booking(kenji, TIME)
    return ports.bookings.add(found, a_guest_link(found), ())


def times(ports, activity):
    """Return how often the log has an activity."""
    part = ports.audit_log.list(ORG, EntryFilter(activity=activity), cursor=None, limit=99)
    return len(part.items)


def test_what_a_guest_books_has_no_entry_and_what_staff_books_for_them_has_one(
    ports, kenji, booking
):
    assert times(ports, Activity.BOOKED_FOR_GUEST) == 0

    theirs = a_booking(kenji, between("11:00", "11:30"))
    entry = an_entry(Activity.BOOKED_FOR_GUEST)
    for _ in range(2):
        ports.bookings.add(theirs, a_guest_link(theirs), (), entry=entry)
    assert times(ports, Activity.BOOKED_FOR_GUEST) == 1


def test_what_is_not_booked_leaves_no_entry(ports, kenji, booking):
    second = a_booking(kenji, TIME)

    with pytest.raises(SlotTaken):
        ports.bookings.add(
            second, a_guest_link(second), (), entry=an_entry(Activity.BOOKED_FOR_GUEST)
        )

    assert times(ports, Activity.BOOKED_FOR_GUEST) == 0


def test_of_two_changes_to_a_booking_one_is_made_and_one_entry_stored(ports, booking):
    cancelled = booking.cancelled(Recipient.GUEST, "Ill", now=EARLY)
    ports.bookings.change(booking, cancelled, (), an_entry(Activity.BOOKING_CANCELLED))

    late = booking.cancelled(Recipient.HOST, "Away", now=EARLY)
    with pytest.raises(BookingChanged):
        ports.bookings.change(booking, late, (), an_entry(Activity.BOOKING_CANCELLED))

    assert times(ports, Activity.BOOKING_CANCELLED) == 1


def test_a_page_is_made_and_changed_with_an_entry_and_refused_without(ports):
    page = a_page(a_member_host())
    ports.booking_pages.add(page, an_entry(Activity.BOOKING_PAGE_MADE))
    with pytest.raises(SlugTaken):
        ports.booking_pages.add(page, an_entry(Activity.BOOKING_PAGE_MADE))
    after = replace(page, title="Interview", version=2)
    ports.booking_pages.replace(after, an_entry(Activity.BOOKING_PAGE_EDITED))
    with pytest.raises(BookingPageChanged):
        ports.booking_pages.replace(after, an_entry(Activity.BOOKING_PAGE_EDITED))

    assert times(ports, Activity.BOOKING_PAGE_MADE) == 1
    assert times(ports, Activity.BOOKING_PAGE_EDITED) == 1


def test_hours_are_saved_with_an_entry_and_refused_without(ports):
    hours = replace(usual_hours(AIKO), version=1)
    ports.working_hours.replace(hours, an_entry(Activity.WORKING_HOURS_SAVED))

    with pytest.raises(WorkingHoursChanged):
        ports.working_hours.replace(hours, an_entry(Activity.WORKING_HOURS_SAVED))

    assert times(ports, Activity.WORKING_HOURS_SAVED) == 1


def test_a_link_is_used_with_one_entry(ports, kenji):
    link = replace(a_link(kenji), link_id="another")
    ports.links.add(link)
    ports.links.use(link, an_entry(Activity.SIGNED_IN), now=at("09:00"))

    with pytest.raises(LinkUsed):
        ports.links.use(link, an_entry(Activity.SIGNED_IN), now=at("09:00"))

    assert times(ports, Activity.SIGNED_IN) == 1


def test_a_session_ends_with_one_entry(ports):
    ends = EARLY + timedelta(hours=1)
    ports.sessions.add(Session("hash", ORG, AIKO.member_id, ends, EARLY))

    for _ in range(2):
        ports.sessions.end("hash", an_entry(Activity.SIGNED_OUT))

    assert times(ports, Activity.SIGNED_OUT) == 1


def test_an_organization_is_paused_with_one_entry(ports):
    for _ in range(2):
        ports.reputation.pause(
            ORG, PauseReason.BOUNCES, an_entry(Activity.SENDING_PAUSED), now=EARLY
        )

    assert times(ports, Activity.SENDING_PAUSED) == 1


def test_what_was_never_suppressed_is_not_lifted(ports):
    ports.reputation.lift(ORG, "k" * 26, an_entry(Activity.MAILBOX_TRUSTED_AGAIN))

    assert times(ports, Activity.MAILBOX_TRUSTED_AGAIN) == 0


def test_a_calendar_is_linked_and_unlinked_with_an_entry_each(ports, kenji):
    whose = ORG, kenji.external_member_id
    feed = CalendarFeed(*whose, new_id(), "calendar.example", linked_at=EARLY)
    ports.calendar_feeds.link(
        feed,
        FeedAddress("calendar.example", "/basic.ics"),
        FeedTurn(*whose, feed.feed_id, due_at=EARLY),
        an_entry(Activity.CALENDAR_LINKED),
    )
    for _ in range(2):
        ports.calendar_feeds.unlink(*whose, an_entry(Activity.CALENDAR_UNLINKED))

    assert times(ports, Activity.CALENDAR_LINKED) == 1
    assert times(ports, Activity.CALENDAR_UNLINKED) == 1
    assert ports.calendar_feeds.get(*whose) is None


def test_nobody_who_is_gone_links_a_calendar_and_no_entry_says_so(ports, kenji):
    ports.external_members.remove(replace(kenji, deleted_at=EARLY), an_entry())
    whose = ORG, kenji.external_member_id
    feed = CalendarFeed(*whose, new_id(), "calendar.example", linked_at=EARLY)

    with pytest.raises(ExternalMemberGone):
        ports.calendar_feeds.link(
            feed,
            FeedAddress("calendar.example", "/basic.ics"),
            FeedTurn(*whose, feed.feed_id, due_at=EARLY),
            an_entry(Activity.CALENDAR_LINKED),
        )

    assert times(ports, Activity.CALENDAR_LINKED) == 0


def test_people_invitations_and_bookings_have_names(ports, kenji, booking):
    invitation = an_invitation()
    ports.invitations.add(invitation, an_invitation_link(invitation), an_entry())
    aiko = Thing(ThingKind.MEMBER, AIKO.member_id)
    invited = Thing(ThingKind.INVITATION, invitation.invitation_id)
    external = Thing(ThingKind.EXTERNAL_MEMBER, kenji.external_member_id)
    meeting = Thing(ThingKind.BOOKING, booking.booking_id)
    nobody = Thing(ThingKind.MEMBER, new_id())
    listed = Thing(ThingKind.LISTED, new_id())

    found = ports.names.of(ORG, {aiko, invited, external, meeting, nobody, listed})

    assert found == {
        aiko: Name(AIKO.name),
        invited: Name(invitation.email),
        external: Name(kenji.name),
        meeting: Name(booking.title),
    }
    assert ports.names.of(new_id(), {aiko, external}) == {}
    assert ports.names.of(ORG, ()) == {}


def test_whoever_left_has_a_name_and_is_gone(ports, kenji):
    ports.external_members.remove(replace(kenji, deleted_at=EARLY), an_entry())
    external = Thing(ThingKind.EXTERNAL_MEMBER, kenji.external_member_id)

    assert ports.names.of(ORG, {external}) == {external: Name(kenji.name, is_gone=True)}


def test_an_entry_is_put_where_nothing_is(tables):
    log, entry = DynamoDbAuditLog(tables[0]), an_entry(Activity.SIGNED_IN)
    log.add(entry)

    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        log.add(replace(entry, activity=Activity.SIGNED_OUT))

    [kept] = log.list(ORG, EntryFilter(), cursor=None, limit=9).items
    assert kept.activity is Activity.SIGNED_IN
