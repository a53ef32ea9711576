"""Who is written down for what, and who may read it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.audit import Activity, Actor, ActorKind, Name
from scheduling.domain.identifiers import derived_id
from scheduling.domain.people import Role
from scheduling.domain.refusals import NotAllowed
from scheduling.ports import EntryFilter
from scheduling.use_cases.activity import export_activity, list_activity
from scheduling.use_cases.booking import BookingRequest, book_for_guest
from scheduling.use_cases.bookings import (
    approve_booking,
    cancel_booking,
    decline_booking,
    mark_no_show,
    move_booking,
)
from scheduling.use_cases.external_members import BookingsToCome, delete_external_member
from scheduling.use_cases.feeds import link_calendar, unlink_calendar
from scheduling.use_cases.guest import cancel_guest_booking, move_guest_booking
from scheduling.use_cases.overdue import end_overdue
from scheduling.use_cases.page_settings import (
    copy_booking_page,
    edit_booking_page,
    switch_booking_page,
)
from scheduling.use_cases.working_hours import save_working_hours
from tests.support.builders import AIKO, ORGANIZATION, STAFF, at, between
from tests.support.road import (
    GUEST,
    book,
    do,
    enter,
    external,
    invite,
    make_page,
    settings,
    token,
)

AIKO_FROM_HER_DESK = Actor(ActorKind.MEMBER, AIKO.member_id, STAFF.network)
EVERYTHING = EntryFilter()
REQUEST = BookingRequest(at("10:30"), "Mia Weber", "mia@guest.example")


@pytest.fixture
def host(parley):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))
    return member


@pytest.fixture
def booking(parley, host):
    return book(parley, host.booking_page_slug, at("10:30")).booking


@pytest.fixture
def asked(parley, host):
    page = make_page(
        parley, external(host), needs_approval=True, approval_within=timedelta(hours=1)
    )
    return book(parley, page.slug, at("10:30")).booking


def latest(parley):
    return parley.store.entries[-1]


def listed(parley, by=STAFF, which=EVERYTHING):
    return do(parley, list_activity, by, which, cursor=None, limit=50).items


def test_e9_what_staff_decides_about_a_request_is_written_down(parley, asked):
    do(parley, approve_booking, STAFF, asked.booking_id)
    do(parley, approve_booking, STAFF, asked.booking_id)

    entry = latest(parley)
    assert (entry.activity, entry.actor) == (Activity.BOOKING_APPROVED, AIKO_FROM_HER_DESK)
    assert entry.subject_id == asked.booking_id
    activities = [each.activity for each in parley.store.entries]
    assert activities.count(Activity.BOOKING_APPROVED) == 1


def test_e9_a_request_that_is_declined_is_written_down_without_the_reason(parley, asked):
    do(parley, decline_booking, STAFF, asked.booking_id, reason="Mia is ill")

    assert latest(parley).activity is Activity.BOOKING_DECLINED
    assert latest(parley).facts == {}


def test_e9_a_request_that_expires_was_ended_by_nobody(parley, asked):
    parley.clock += timedelta(hours=2)

    do(parley, end_overdue)

    assert latest(parley).activity is Activity.BOOKING_EXPIRED
    assert latest(parley).actor == Actor(ActorKind.PARLEY)


def test_e9_what_staff_does_with_a_booking_is_written_down(parley, booking):
    do(parley, move_booking, STAFF, booking.booking_id, at("11:00"))
    moved = latest(parley)
    do(parley, cancel_booking, STAFF, booking.booking_id, reason="")
    cancelled = latest(parley)

    assert (moved.activity, cancelled.activity) == (
        Activity.BOOKING_MOVED,
        Activity.BOOKING_CANCELLED,
    )
    assert moved.actor == cancelled.actor == AIKO_FROM_HER_DESK
    assert moved.facts == {
        "start": at("11:00").isoformat(),
        "former_start": at("10:30").isoformat(),
    }


def test_e9_that_a_guest_did_not_come_is_written_down_once(parley, booking):
    parley.clock = at("11:00")
    for _ in range(2):
        do(parley, mark_no_show, STAFF, booking.booking_id)

    activities = [entry.activity for entry in parley.store.entries]
    assert activities.count(Activity.GUEST_MISSED) == 1


def test_e9_what_guests_change_is_written_down_as_a_guests_and_what_they_book_is_not(parley, host):
    before = len(parley.store.entries)
    booking = book(parley, host.booking_page_slug, at("10:30")).booking
    assert len(parley.store.entries) == before

    link = token(parley, booking.guest_link_id)
    do(parley, move_guest_booking, link, at("11:00"))
    do(parley, cancel_guest_booking, link, reason="")

    assert [(entry.activity, entry.actor) for entry in parley.store.entries[before:]] == [
        (Activity.BOOKING_MOVED, GUEST),
        (Activity.BOOKING_CANCELLED, GUEST),
    ]


def test_e9_staff_who_book_for_a_guest_are_written_down_once(parley, host):
    for _ in range(2):
        booked = do(
            parley, book_for_guest, STAFF, host.booking_page_slug, REQUEST, key="form"
        ).booking

    entries = [
        entry for entry in parley.store.entries if entry.activity is Activity.BOOKED_FOR_GUEST
    ]
    assert [entry.subject_id for entry in entries] == [booked.booking_id]


def test_e9_whose_meetings_end_with_an_external_member_is_written_down(parley, host, booking):
    do(
        parley,
        delete_external_member,
        STAFF,
        host.external_member_id,
        bookings_to_come=BookingsToCome.CANCEL,
    )

    assert latest(parley).activity is Activity.BOOKING_CANCELLED
    assert latest(parley).actor == AIKO_FROM_HER_DESK


def test_e9_pages_are_made_edited_and_switched_under_one_id_without_their_address(parley, host):
    page = make_page(parley, external(host))
    do(
        parley,
        edit_booking_page,
        STAFF,
        page.slug,
        settings(external(host), title="Interview"),
        version=1,
    )
    do(parley, switch_booking_page, STAFF, page.slug, is_on=False)
    do(parley, switch_booking_page, STAFF, page.slug, is_on=False)

    entries = parley.store.entries[-3:]
    assert [entry.activity for entry in entries] == [
        Activity.BOOKING_PAGE_MADE,
        Activity.BOOKING_PAGE_EDITED,
        Activity.BOOKING_PAGE_SWITCHED,
    ]
    assert len({entry.subject_id for entry in entries}) == 1
    assert page.slug not in repr(entries)
    assert entries[-1].facts["to"] == "off"


def test_e9_a_copy_is_another_page(parley, host):
    page = make_page(parley, external(host))
    made = latest(parley)

    do(parley, copy_booking_page, STAFF, page.slug)

    assert latest(parley).activity is Activity.BOOKING_PAGE_MADE
    assert latest(parley).subject_id != made.subject_id


def test_e9_saved_hours_are_written_down(parley):
    hours = do(parley, save_working_hours, STAFF, AIKO.member_id, _hours(parley), (), version=0)

    assert hours.version == 1
    assert latest(parley).activity is Activity.WORKING_HOURS_SAVED
    assert latest(parley).subject_id == AIKO.member_id


def test_e9_calendars_are_linked_and_unlinked_by_their_owner(parley, host):
    link = token(parley, host.request.link_id)
    do(parley, link_calendar, link, "https://calendar.example.org/secret.ics")
    for _ in range(2):
        do(parley, unlink_calendar, link)

    linked, unlinked = parley.store.entries[-2:]
    assert (linked.activity, unlinked.activity) == (
        Activity.CALENDAR_LINKED,
        Activity.CALENDAR_UNLINKED,
    )
    owner = Actor(ActorKind.EXTERNAL_MEMBER, host.external_member_id, GUEST.network)
    assert linked.actor == unlinked.actor == owner
    assert "calendar.example.org" not in repr(linked)


def test_e9_the_log_names_who_did_what_to_whom(parley, host, booking):
    do(parley, cancel_booking, STAFF, booking.booking_id, reason="")
    make_page(parley, external(host))

    named = {each.entry.activity: each for each in listed(parley)}
    made, cancelled, saved = (
        named[activity]
        for activity in (
            Activity.BOOKING_PAGE_MADE,
            Activity.BOOKING_CANCELLED,
            Activity.AVAILABILITY_SAVED,
        )
    )

    assert (made.actor, made.subject) == (Name("Aiko Mori"), Name("Kenji Tanaka"))
    assert (cancelled.actor, cancelled.subject) == (Name("Aiko Mori"), Name("Portfolio review"))
    assert (saved.actor, saved.subject) == (Name("Kenji Tanaka"), Name("Kenji Tanaka"))


def test_e9_of_somebody_who_is_not_there_any_more_the_log_has_no_name(parley, host):
    del parley.store.external_members[ORGANIZATION.organization_id, host.external_member_id]

    saved = EntryFilter(activity=Activity.AVAILABILITY_SAVED)
    assert [each.actor for each in listed(parley, which=saved)] == [None]


def test_e9_an_export_has_what_the_list_has(parley, host, booking):
    exported = do(parley, export_activity, STAFF, EVERYTHING)

    assert tuple(exported) == listed(parley)


def test_e9_only_admins_read_the_log(parley):
    ben = replace(AIKO, member_id=derived_id("ben"), role=Role.MEMBER)
    member = replace(STAFF, member=ben)

    with pytest.raises(NotAllowed):
        listed(parley, by=member)
    with pytest.raises(NotAllowed):
        do(parley, export_activity, member, EVERYTHING)


def _hours(parley):
    return parley.working_hours.get(AIKO).hours
