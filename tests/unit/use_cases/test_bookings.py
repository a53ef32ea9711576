from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.booking import BookingState
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.identifiers import derived_id
from scheduling.domain.messages import MessageKind, Recipient
from scheduling.domain.people import Role
from scheduling.domain.refusals import (
    BookingCancelled,
    BookingNotBegun,
    BookingUndecided,
    NotAllowed,
    RequestDecided,
)
from scheduling.ports import BookingFilter
from scheduling.use_cases.bookings import (
    approve_booking,
    cancel_booking,
    decline_booking,
    export_bookings,
    hand_over,
    list_bookings,
    mark_no_show,
    view_booking,
)
from scheduling.use_cases.overdue import end_overdue
from tests.support.builders import AIKO, STAFF, at, between
from tests.support.road import book, do, enter, external, hold, invite, make_page, slots

KENTA = replace(
    AIKO,
    member_id=derived_id("kenta"),
    name="Kenta Abe",
    email="kenta@hanami.example",
    role=Role.MEMBER,
)


@pytest.fixture
def host(parley):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))
    return member


@pytest.fixture
def asked_page(parley, host):
    return make_page(
        parley, external(host), needs_approval=True, approval_within=timedelta(hours=1)
    )


@pytest.fixture
def asked(parley, asked_page):
    return book(parley, asked_page.slug, at("10:30")).booking


def told(parley, kind):
    return {message.recipient for message in parley.store.messages if message.kind is kind}


def test_a_request_takes_its_time_and_only_who_decides_is_told(parley, asked_page, asked):
    assert (asked.state, asked.expires_at) == (
        BookingState.PENDING,
        parley.now() + timedelta(hours=1),
    )
    assert slots(parley, asked_page.slug) == ["10:00", "11:00", "11:30"]
    assert told(parley, MessageKind.BOOKING_REQUESTED) == {
        Recipient.GUEST,
        Recipient.PERSON_IN_CHARGE,
    }


def test_a_request_is_approved_once(parley, asked):
    approved = do(parley, approve_booking, STAFF, asked.booking_id)
    messages = len(parley.store.messages)

    again = do(parley, approve_booking, STAFF, asked.booking_id)

    assert (approved.state, approved.version, approved.expires_at) == (
        BookingState.CONFIRMED,
        2,
        None,
    )
    assert again == approved
    assert len(parley.store.messages) == messages
    assert told(parley, MessageKind.BOOKING_CONFIRMED) == {
        Recipient.HOST,
        Recipient.GUEST,
        Recipient.PERSON_IN_CHARGE,
    }


def test_a_declined_request_frees_its_time_and_the_guest_hears_why(parley, asked_page, asked):
    declined = do(parley, decline_booking, STAFF, asked.booking_id, reason="Too far")

    assert (declined.state, declined.reason, declined.ended_by) == (
        BookingState.DECLINED,
        "Too far",
        Recipient.PERSON_IN_CHARGE,
    )
    assert "10:30" in slots(parley, asked_page.slug)
    with pytest.raises(RequestDecided):
        do(parley, approve_booking, STAFF, asked.booking_id)
    with pytest.raises(BookingCancelled):
        do(parley, cancel_booking, STAFF, asked.booking_id, reason="")


def test_a_request_that_nobody_decides_about_ends(parley, asked_page, asked):
    hold(parley, asked_page.slug, at("11:00"))
    parley.clock += timedelta(hours=1)

    with pytest.raises(RequestDecided):
        do(parley, approve_booking, STAFF, asked.booking_id)
    ended = do(parley, end_overdue)

    assert ended == 2
    assert do(parley, end_overdue) == 0
    stored = do(parley, view_booking, STAFF, asked.booking_id)
    assert stored.state is BookingState.EXPIRED
    assert told(parley, MessageKind.BOOKING_EXPIRED) == {
        Recipient.GUEST,
        Recipient.PERSON_IN_CHARGE,
    }


def test_whoever_wants_the_time_of_an_overdue_request_need_not_wait(parley, asked_page, asked):
    parley.clock += timedelta(hours=1)

    booked = book(parley, asked_page.slug, at("10:30"), key="another form").booking

    assert booked.state is BookingState.PENDING
    stored = do(parley, view_booking, STAFF, asked.booking_id)
    assert stored.state is BookingState.EXPIRED


def test_a_withdrawn_request_concerns_only_who_had_heard_of_it(parley, asked):
    do(parley, cancel_booking, STAFF, asked.booking_id, reason="")

    assert Recipient.HOST not in told(parley, MessageKind.BOOKING_CANCELLED)


def test_who_did_not_come_is_noted_after_the_start(parley, host):
    booked = book(parley, host, at("10:30")).booking
    messages = len(parley.store.messages)

    with pytest.raises(BookingNotBegun):
        do(parley, mark_no_show, STAFF, booked.booking_id)
    parley.clock = at("10:40")
    missed = do(parley, mark_no_show, STAFF, booked.booking_id)

    assert missed.state is BookingState.NO_SHOW
    assert do(parley, mark_no_show, STAFF, booked.booking_id) == missed
    assert len(parley.store.messages) == messages


def test_nobody_misses_a_request(parley, asked):
    with pytest.raises(BookingUndecided):
        do(parley, mark_no_show, STAFF, asked.booking_id)


def test_staff_lists_and_exports_bookings_by_start(parley, host):
    late = book(parley, host, at("11:30"), key="1").booking
    early = book(parley, host, at("10:00"), key="2", name="Noor Ali").booking
    everything = BookingFilter(after=at("09:00"))

    page = do(parley, list_bookings, STAFF, everything, cursor=None, limit=10)
    noor = do(parley, list_bookings, STAFF, replace(everything, text="noor"), cursor=None, limit=9)

    assert page.items == (early, late)
    assert noor.items == (early,)
    latest_first = replace(everything, latest_first=True)
    assert list(do(parley, export_bookings, STAFF, latest_first)) == [late, early]


def test_a_member_who_leaves_hands_over_pages_and_bookings(parley):
    parley.store.members[KENTA.organization_id, KENTA.member_id] = KENTA
    kenta, aiko = (HostKey(HostKind.MEMBER, each.member_id) for each in (KENTA, AIKO))
    page = make_page(parley, kenta, person_in_charge_id=KENTA.member_id)
    both = make_page(parley, kenta, aiko, title="Both")
    first = book(parley, page.slug, at("01:00") + timedelta(days=1), key="1").booking
    clash = book(parley, page.slug, at("02:00") + timedelta(days=1), key="2").booking
    book(parley, make_page(parley, aiko).slug, clash.time.start, key="3")

    done = do(parley, hand_over, STAFF, KENTA.member_id, AIKO.member_id)

    assert done.is_complete
    assert {each.slug: each.hosts for each in done.pages} == {
        page.slug: (aiko,),
        both.slug: (aiko,),
    }
    assert [each.booking_id for each in done.handed_over] == [first.booking_id]
    assert [each.booking_id for each in done.refused] == [clash.booking_id]
    now = do(parley, view_booking, STAFF, first.booking_id)
    assert (now.host_ids, now.person_in_charge_id, now.former_host_ids) == (
        (AIKO.member_id,),
        AIKO.member_id,
        (KENTA.member_id,),
    )
    assert told(parley, MessageKind.BOOKING_HANDED_OVER) == {Recipient.GUEST, Recipient.HOST}


def test_a_request_whose_time_is_up_is_not_handed_over(parley):
    parley.store.members[KENTA.organization_id, KENTA.member_id] = KENTA
    kenta = HostKey(HostKind.MEMBER, KENTA.member_id)
    page = make_page(parley, kenta, needs_approval=True, approval_within=timedelta(hours=1))
    book(parley, page.slug, at("01:00") + timedelta(days=1))
    parley.clock += timedelta(hours=1)

    done = do(parley, hand_over, STAFF, KENTA.member_id, AIKO.member_id)

    assert (done.handed_over, done.refused, done.is_complete) == ((), (), True)


def test_only_admins_hand_over_what_is_not_theirs(parley):
    parley.store.members[KENTA.organization_id, KENTA.member_id] = KENTA
    by_kenta = replace(STAFF, member=KENTA)

    with pytest.raises(NotAllowed):
        do(parley, hand_over, by_kenta, AIKO.member_id, KENTA.member_id)
    assert do(parley, hand_over, by_kenta, KENTA.member_id, AIKO.member_id).is_complete
