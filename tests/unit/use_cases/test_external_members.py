from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.domain.availability_request import usual_terms
from scheduling.domain.booking import BookingState
from scheduling.domain.booking_page import BookingRules
from scheduling.domain.messages import DeliveryState, MessageKind, Recipient
from scheduling.domain.refusals import (
    AvailabilityChanged,
    BookingPageGone,
    BusyTryAgain,
    EmailAlreadyInvited,
    ExternalMemberGone,
    ExternalMemberNotFound,
    IdempotencyKeyReused,
    InvalidInput,
    LinkExpired,
    LinkNotFound,
    LinkReplaced,
    UpcomingBookings,
)
from scheduling.domain.time_range import TimeRange
from scheduling.ports import ExternalMemberFilter
from scheduling.use_cases.availability import availability_for_link, availability_for_staff
from scheduling.use_cases.availability_requests import ask_again
from scheduling.use_cases.booking_pages import list_booking_pages, view_booking_page
from scheduling.use_cases.external_members import (
    BookingsToCome,
    delete_external_member,
    external_member_overview,
    list_external_members,
)
from scheduling.use_cases.slots import slots_of_page
from tests.support.builders import AIKO, DAY, ORGANIZATION, STAFF, an_entry, between
from tests.support.in_memory import InMemoryAdapters
from tests.support.road import HALF_HOUR, book, do, enter, external, invite, make_page, slots, token


def refused_fields(refused):
    return [(problem.field, problem.code) for problem in refused.value.problems]


def page_for(parley, link_id):
    return do(parley, availability_for_link, token(parley, link_id))


def is_active(parley, member):
    return do(parley, view_booking_page, member.booking_page_slug).is_active


def delete(parley, member, bookings_to_come=None):
    do(
        parley,
        delete_external_member,
        STAFF,
        member.external_member_id,
        bookings_to_come=bookings_to_come,
    )


def test_an_invitation_queues_one_request_and_makes_a_page_that_is_not_open(parley):
    member = invite(parley, name="  Kenji Tanaka ", email="Kenji@Example.org")

    assert (member.name, member.email) == ("Kenji Tanaka", "kenji@example.org")
    assert next(iter(parley.store.messages)) == member.request_mail
    assert member.booking_page_slug.startswith("kenji-tanaka-")
    assert not is_active(parley, member)


def test_a_name_in_any_script_makes_an_address(parley):
    assert invite(parley, name="佐藤花").booking_page_slug.isalnum()


def test_each_wrong_field_of_an_invitation_is_named(parley):
    rules = replace(
        HALF_HOUR,
        durations=(timedelta(minutes=32),),
        interval=timedelta(minutes=0),
        minimum_notice=timedelta(days=61),
        buffer_before=timedelta(minutes=3),
        buffer_after=timedelta(hours=13),
    )

    with pytest.raises(InvalidInput) as refused:
        invite(
            parley, name="", email="", person_in_charge_id="nobody", title="x" * 101, rules=rules
        )

    assert refused_fields(refused) == [
        ("name", "missing"),
        ("email", "missing"),
        ("title", "too_long"),
        ("duration_minutes", "off_grid"),
        ("interval_minutes", "out_of_range"),
        ("buffer_before_minutes", "out_of_range"),
        ("buffer_after_minutes", "out_of_range"),
        ("minimum_notice_minutes", "out_of_range"),
        ("person_in_charge_id", "not_a_member"),
    ]
    assert parley.store.writes == 0


def test_the_same_address_is_invited_once(parley):
    invite(parley)

    with pytest.raises(EmailAlreadyInvited):
        invite(parley, name="Somebody Else", email="KENJI@example.org")


def test_a12_the_same_key_invites_one_person_however_often_it_is_sent(parley):
    member = invite(parley, key="form")

    assert invite(parley, key="form") == member
    assert invite(parley, key="other", email="lena@example.org") != member
    asked = [m for m in parley.store.messages if m.kind is MessageKind.AVAILABILITY_REQUEST]
    assert len(asked) == 2


def test_a12_a_key_that_invited_somebody_else_is_refused(parley):
    invite(parley, key="form")

    with pytest.raises(IdempotencyKeyReused):
        invite(parley, key="form", email="lena@example.org")


def test_a12_a_person_in_charge_who_was_removed_is_none(parley):
    parley.store.members[AIKO.organization_id, "ben"] = replace(
        AIKO, member_id="ben", removed_at=parley.now()
    )

    with pytest.raises(InvalidInput) as refused:
        invite(parley, person_in_charge_id="ben")

    assert refused_fields(refused) == [("person_in_charge_id", "not_a_member")]


def test_t13_asking_again_mails_a_new_link_and_ends_the_old_one(parley):
    member = invite(parley)
    parley.clock += timedelta(hours=1)

    again = do(parley, ask_again, STAFF, member.external_member_id, usual_terms(parley.now()))

    assert again.request_mail in parley.store.messages
    with pytest.raises(LinkReplaced) as refused:
        page_for(parley, member.request.link_id)
    assert refused.value.replaced_at == parley.now()
    assert page_for(parley, again.request.link_id).external_member == again


def test_the_list_shows_who_was_asked_who_answered_and_how_the_mail_fares(parley):
    first = invite(parley)
    parley.clock += timedelta(minutes=1)
    second = invite(parley, name="Lena Fischer", email="lena@example.org")
    enter(parley, first, between("10:00", "12:00"))

    page = do(parley, list_external_members, STAFF, ExternalMemberFilter(), cursor=None, limit=10)

    assert [overview.member.name for overview in page.items] == [second.name, first.name]
    assert [overview.member.availability.version for overview in page.items] == [0, 1]
    assert {overview.delivery.state for overview in page.items} == {DeliveryState.QUEUED}
    assert {overview.person_in_charge for overview in page.items} == {AIKO}


def test_an_external_member_of_another_organization_is_none(parley):
    member = invite(parley)
    other = replace(STAFF, organization=replace(ORGANIZATION, organization_id="another"))

    with pytest.raises(ExternalMemberNotFound):
        do(parley, external_member_overview, other, member.external_member_id)


def test_entered_times_open_the_page_and_are_shown_to_both_sides(parley):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"), between("14:00", "15:00"))

    seen = page_for(parley, member.request.link_id)
    staff = do(parley, availability_for_staff, STAFF, member.external_member_id)

    assert is_active(parley, member)
    assert seen.windows == (between("10:00", "12:00"), between("14:00", "15:00"))
    assert seen.person_in_charge == AIKO
    assert staff == seen


def test_a26_a_page_is_open_as_long_as_a_window_is_to_come(parley):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))
    assert is_active(parley, member)

    parley.clock = between("10:00", "12:00").end
    assert not is_active(parley, member)


def test_a26_clearing_all_windows_closes_the_page(parley):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))

    enter(parley, member, version=1)

    assert not is_active(parley, member)


def test_of_two_tabs_the_later_save_is_told(parley):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))

    with pytest.raises(AvailabilityChanged) as refused:
        enter(parley, member, between("14:00", "15:00"))

    assert refused.value.current_version == 1
    assert page_for(parley, member.request.link_id).windows == (between("10:00", "12:00"),)


def test_each_save_tells_the_person_in_charge_once_and_prolongs_the_link(parley):
    member = invite(parley)
    parley.clock += timedelta(minutes=30)

    enter(parley, member, between("10:00", "12:00"))

    [told] = [m for m in parley.store.messages if m.kind is MessageKind.AVAILABILITY_ENTERED]
    assert told.recipient is Recipient.PERSON_IN_CHARGE
    link = parley.store.links[member.request.link_id]
    assert link.expires_at == parley.now() + timedelta(days=30)


def test_a_link_is_not_prolonged_beyond_90_days(parley):
    member = invite(parley)
    link = parley.store.links[member.request.link_id]
    parley.store.links[link.link_id] = replace(
        link, created_at=parley.now() - timedelta(days=80), expires_at=parley.now() + timedelta(1)
    )

    enter(parley, member, between("10:00", "12:00"))

    assert parley.store.links[link.link_id].expires_at == parley.now() + timedelta(days=10)


def test_t13_nothing_is_saved_through_a_link_that_ended(parley):
    member = invite(parley)
    parley.clock += timedelta(days=30)

    with pytest.raises(LinkExpired):
        enter(parley, member, between("10:00", "12:00"))


def test_a_guests_link_does_not_open_the_availability_page(parley):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))
    booked = book(parley, member, between("10:00", "12:00").start)

    with pytest.raises(LinkNotFound):
        page_for(parley, booked.booking.guest_link_id)


def test_what_is_booked_shows_as_taken(parley):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))
    book(parley, member, between("10:30", "12:00").start)

    assert page_for(parley, member.request.link_id).taken == (between("10:30", "11:00"),)


def test_staff_sees_which_pages_are_open(parley):
    open_one = invite(parley)
    invite(parley, name="Lena Fischer", email="lena@example.org", rules=BookingRules())
    enter(parley, open_one, between("10:00", "12:00"))

    page = do(parley, list_booking_pages, STAFF, cursor=None, limit=10)

    assert {view.host_names[0]: view.is_active for view in page.items} == {
        "Kenji Tanaka": True,
        "Lena Fischer": False,
    }


def test_a_deleted_member_is_gone_with_their_links_and_pages(parley):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))
    page = make_page(parley, external(member))

    delete(parley, member)

    assert (
        do(
            parley, list_external_members, STAFF, ExternalMemberFilter(), cursor=None, limit=10
        ).items
        == ()
    )
    with pytest.raises(ExternalMemberGone):
        page_for(parley, member.request.link_id)
    with pytest.raises(ExternalMemberGone):
        enter(parley, member, between("14:00", "15:00"), version=1)
    for slug in (member.booking_page_slug, page.slug):
        with pytest.raises(BookingPageGone):
            slots(parley, slug)
    with pytest.raises(ExternalMemberNotFound):
        delete(parley, member)
    assert invite(parley).email == member.email


def test_nobody_is_deleted_by_accident_while_meetings_are_to_come(parley):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))
    booked = book(parley, member, between("10:00", "12:00").start).booking

    with pytest.raises(UpcomingBookings) as refused:
        delete(parley, member)

    assert refused.value.booking_ids == (booked.booking_id,)
    assert is_active(parley, member)


@pytest.mark.parametrize(
    ("said", "state"),
    [
        (BookingsToCome.CANCEL, BookingState.CANCELLED),
        (BookingsToCome.KEEP, BookingState.CONFIRMED),
    ],
)
def test_meetings_of_a_deleted_member_become_what_was_said(parley, said, state):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))
    booked = book(parley, member, between("10:00", "12:00").start).booking

    delete(parley, member, said)

    stored = parley.bookings.get(booked.organization_id, booked.booking_id)
    assert stored.state is state


def test_deleting_goes_on_where_it_was_interrupted(parley):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))
    times = between("10:00", "12:00").start, between("11:00", "12:00").start
    booked = [book(parley, member, time, key=str(time)).booking for time in times]
    said = {"bookings_to_come": BookingsToCome.CANCEL}
    busy = BusyOnTheSecond(parley.bookings)

    with pytest.raises(BusyTryAgain):
        do(parley, delete_external_member, STAFF, member.external_member_id, **said, bookings=busy)
    delete(parley, member, BookingsToCome.CANCEL)

    states = [parley.bookings.get(each.organization_id, each.booking_id).state for each in booked]
    assert states == [BookingState.CANCELLED] * 2


class BusyOnTheSecond:
    """Bookings of which the second cannot be changed right now."""

    def __init__(self, bookings):
        self.bookings = bookings
        self.changes = 0

    def __getattr__(self, name):
        return getattr(self.bookings, name)

    def change(self, *given, **named):
        self.changes += 1
        if self.changes == 2:
            raise BusyTryAgain
        self.bookings.change(*given, **named)


def test_a_request_whose_time_is_up_is_in_the_way_of_no_deletion(parley):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))
    soon = timedelta(hours=1)
    page = make_page(parley, external(member), needs_approval=True, approval_within=soon)
    book(parley, page.slug, between("10:00", "12:00").start)
    parley.clock += soon

    delete(parley, member, BookingsToCome.CANCEL)

    with pytest.raises(BookingPageGone):
        slots(parley, page.slug)


def test_a_page_of_any_host_goes_on_without_the_one_who_was_deleted(parley):
    one = invite(parley)
    other = invite(parley, name="Lena Fischer", email="lena@example.org")
    for member in (one, other):
        enter(parley, member, between("10:00", "11:00"))
    page = make_page(parley, external(one), external(other), needed_hosts=1)

    delete(parley, one)

    assert do(parley, view_booking_page, page.slug).host_names == ("Lena Fischer",)
    assert slots(parley, page.slug) == ["10:00", "10:30"]


@settings(max_examples=100, deadline=None)
@given(st.sets(st.integers(0, 40), min_size=2, max_size=12).filter(lambda e: len(e) % 2 == 0))
def test_a22_whatever_was_entered_all_slots_lie_inside_and_no_window_is_left_out(edges):
    parley = InMemoryAdapters()
    parley.organizations.add(ORGANIZATION, AIKO, an_entry())
    member = invite(parley)
    later = DAY + timedelta(days=2)
    quarters = [later + edge * timedelta(minutes=15) for edge in sorted(edges)]
    windows = list(map(TimeRange, quarters[::2], quarters[1::2]))
    enter(parley, member, *windows)

    within = TimeRange(later, later + timedelta(days=1))
    starts = do(parley, slots_of_page, member.booking_page_slug, within).starts

    half_hour = timedelta(minutes=30)
    inside = {
        window: [start for start in starts if window.start <= start <= window.end - half_hour]
        for window in windows
    }
    assert sum(map(len, inside.values())) == len(starts)
    assert all(bool(found) is (window.length >= half_hour) for window, found in inside.items())
