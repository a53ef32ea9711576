"""What members' connected calendars say counts, and once more at the moment of booking."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.booking import BookingState
from scheduling.domain.connections import ConnectedBusy, ConnectionKey, Provider
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.identifiers import derived_id
from scheduling.domain.refusals import CalendarsUnverified, SlotTaken
from scheduling.domain.slots import span_of
from scheduling.use_cases.booking import BookingRequest, book_for_guest
from scheduling.use_cases.bookings import move_booking
from scheduling.use_cases.changes import move
from scheduling.use_cases.slots import explain_day, slots_of_page
from tests.support.builders import AIKO, ORGANIZATION, STAFF, at, between
from tests.support.road import HALF_HOUR, book, do, hold, make_page, slots

BEN = replace(AIKO, member_id=derived_id("ben"), name="Ben Ito", email="ben@hanami.example")
MORNING = between("00:00", "02:00")
"""9 to 11 in the morning of the members, who are in Tokyo."""


def host(member):
    return HostKey(HostKind.MEMBER, member.member_id)


def connect(parley, member, *busy, read_ago=timedelta(0)):
    """Connect a calendar that was read some time ago and said when its owner is busy."""
    key = ConnectionKey(ORGANIZATION.organization_id, member.member_id, Provider.GOOGLE)
    read_at = parley.now() - read_ago
    parley.store.connected_busy[key] = ConnectedBusy(
        key,
        "connection",
        busy=tuple(map(span_of, busy)),
        read_at=read_at,
        trusted_until=read_at + timedelta(minutes=30),
    )


def sees(parley, member, *busy):
    """Let a look into a member's calendar find out that they are busy."""
    parley.live_look.seen[member.member_id] = [span_of(time) for time in busy]


@pytest.fixture
def parley(parley):
    parley.clock = at("00:00") - timedelta(hours=1)
    return parley


@pytest.fixture
def slug(parley):
    return make_page(parley, host(AIKO), rules=HALF_HOUR).slug


@pytest.fixture
def shared(parley):
    """Return the page of two members, of whom one comes."""
    parley.store.members[BEN.organization_id, BEN.member_id] = BEN
    return make_page(parley, host(AIKO), host(BEN), rules=HALF_HOUR, needed_hosts=1).slug


def test_a_time_that_is_taken_in_a_connected_calendar_is_not_offered(parley, slug):
    connect(parley, AIKO, between("00:30", "01:00"))

    assert slots(parley, slug, MORNING) == ["00:00", "01:00", "01:30"]
    assert not do(parley, slots_of_page, slug, MORNING).is_unverified


def test_explaining_says_that_a_calendar_is_in_the_way(parley, slug):
    connect(parley, AIKO, between("00:30", "01:00"))

    day = do(parley, explain_day, STAFF, slug, at("00:00").date())

    (taken,) = (each for each in day.explanations if each.start == int(at("00:30").timestamp()))
    assert taken.verdict == "busy"
    assert taken.source == "calendar"


def test_a_connected_calendar_that_was_read_long_ago_makes_the_page_say_so(parley, slug):
    connect(parley, AIKO, between("00:30", "01:00"), read_ago=timedelta(hours=1))

    assert do(parley, slots_of_page, slug, MORNING).is_unverified
    assert slots(parley, slug, MORNING) == ["00:00", "01:00", "01:30"]


def test_nobody_is_asked_where_nothing_is_connected(parley, slug):
    book(parley, slug, at("00:30"))

    assert parley.live_look.looks == 0


def test_nobody_is_asked_within_a_minute_of_the_last_reading(parley, slug):
    connect(parley, AIKO, read_ago=timedelta(seconds=60))

    book(parley, slug, at("00:30"))

    assert parley.live_look.looks == 0


@pytest.mark.parametrize("is_held", [False, True])
def test_what_a_look_finds_in_the_way_was_just_taken(parley, slug, is_held):
    connect(parley, AIKO, read_ago=timedelta(seconds=61))
    held = hold(parley, slug, at("00:30")).hold_id if is_held else ""
    sees(parley, AIKO, between("00:45", "01:15"))

    with pytest.raises(SlotTaken) as refused:
        book(parley, slug, at("00:30"), hold_id=held)

    assert at("00:30") not in refused.value.alternatives
    assert not parley.store.bookings
    assert not parley.store.holds


def test_a_look_covers_the_buffers(parley):
    rules = replace(HALF_HOUR, buffer_after=timedelta(minutes=15))
    slug = make_page(parley, host(AIKO), rules=rules).slug
    connect(parley, AIKO, read_ago=timedelta(seconds=61))
    sees(parley, AIKO, between("01:10", "01:20"))

    with pytest.raises(SlotTaken):
        book(parley, slug, at("00:30"))


@pytest.mark.parametrize("is_held", [False, True])
def test_what_a_look_finds_free_is_booked(parley, slug, is_held):
    connect(parley, AIKO, read_ago=timedelta(hours=1))
    held = hold(parley, slug, at("00:30")).hold_id if is_held else ""
    sees(parley, AIKO, between("01:00", "01:15"))

    booked = book(parley, slug, at("00:30"), hold_id=held).booking

    assert booked.state is BookingState.CONFIRMED
    assert parley.live_look.looks == 1


@pytest.mark.parametrize("is_held", [False, True])
def test_where_a_look_finds_nothing_out_what_was_read_lately_is_relied_on(parley, slug, is_held):
    connect(parley, AIKO, read_ago=timedelta(minutes=15))
    held = hold(parley, slug, at("00:30")).hold_id if is_held else ""

    booked = book(parley, slug, at("00:30"), hold_id=held).booking

    assert booked.state is BookingState.CONFIRMED


@pytest.mark.parametrize("is_held", [False, True])
def test_where_nobody_knows_the_booking_has_to_be_approved(parley, slug, is_held):
    connect(parley, AIKO, read_ago=timedelta(minutes=15, seconds=1))
    held = hold(parley, slug, at("00:30")).hold_id if is_held else ""

    booked = book(parley, slug, at("00:30"), hold_id=held).booking

    assert booked.state is BookingState.PENDING
    assert booked.expires_at is not None
    assert slots(parley, slug, MORNING) == ["00:00", "01:00", "01:30"]


def test_staff_book_for_a_guest_without_being_asked_to_approve(parley, slug):
    connect(parley, AIKO, read_ago=timedelta(hours=1))
    request = BookingRequest(at("00:30"), "Mia Weber", "mia@guest.example")

    booked = do(parley, book_for_guest, STAFF, slug, request, key="form").booking

    assert booked.state is BookingState.CONFIRMED


def test_of_several_hosts_one_who_is_busy_is_passed_over(parley, shared):
    connect(parley, AIKO, read_ago=timedelta(minutes=5))
    sees(parley, AIKO, between("00:30", "01:00"))

    assert book(parley, shared, at("00:30")).booking.host_ids == (BEN.member_id,)


def test_of_several_hosts_another_takes_what_was_held_of_one_who_is_busy(parley, shared):
    for member in (AIKO, BEN):
        connect(parley, member, read_ago=timedelta(minutes=5))
        sees(parley, member)
    held = hold(parley, shared, at("00:30"))
    (first,) = held.claim.host_ids
    chosen, other = (AIKO, BEN) if first == AIKO.member_id else (BEN, AIKO)
    sees(parley, chosen, between("00:30", "01:00"))

    booked = book(parley, shared, at("00:30"), hold_id=held.hold_id).booking

    assert booked.host_ids == (other.member_id,)


@pytest.mark.parametrize("is_held", [False, True])
def test_of_several_hosts_one_of_whom_nobody_knows_comes_last(parley, shared, is_held):
    connect(parley, AIKO, read_ago=timedelta(days=40))
    connect(parley, BEN, read_ago=timedelta(minutes=5))
    sees(parley, BEN)
    booked = []
    for start in ("00:00", "00:30", "01:00"):
        held = hold(parley, shared, at(start), key=start).hold_id if is_held else ""
        booked.append(book(parley, shared, at(start), key=start, hold_id=held).booking)

    assert {(*each.host_ids, each.state) for each in booked} == {
        (BEN.member_id, BookingState.CONFIRMED)
    }
    assert book(parley, shared, at("01:00"), key="last").booking.host_ids == (AIKO.member_id,)


def test_a_host_whose_calendar_was_read_a_while_ago_is_held_as_often_as_others(parley, shared):
    connect(parley, AIKO, read_ago=timedelta(minutes=20))

    held = [hold(parley, shared, at(start), key=start) for start in ("00:00", "00:30")]

    assert {each.claim.host_ids for each in held} == {(AIKO.member_id,), (BEN.member_id,)}


def test_our_own_event_in_the_calendar_is_not_in_the_way_of_its_booking(parley, slug):
    connect(parley, AIKO, read_ago=timedelta(minutes=5))
    sees(parley, AIKO)
    booked = book(parley, slug, at("00:30")).booking
    sees(parley, AIKO, between("00:30", "01:00"))

    moved = do(parley, move, booked, at("00:00"))

    assert moved.time == between("00:00", "00:30")


def test_a_meeting_is_not_moved_to_where_a_look_finds_something(parley, slug):
    connect(parley, AIKO, read_ago=timedelta(minutes=5))
    sees(parley, AIKO)
    booked = book(parley, slug, at("00:30")).booking
    sees(parley, AIKO, between("00:30", "01:00"), between("01:15", "01:45"))

    with pytest.raises(SlotTaken):
        do(parley, move, booked, at("01:00"))


def test_a_guest_s_meeting_stays_where_it_is_while_a_calendar_does_not_answer(parley, slug):
    booked = book(parley, slug, at("00:30")).booking
    connect(parley, AIKO, read_ago=timedelta(minutes=20))

    with pytest.raises(CalendarsUnverified):
        do(parley, move, booked, at("01:00"))

    stored = parley.bookings.get(booked.organization_id, booked.booking_id)
    assert stored == booked


def test_a_guest_moves_a_meeting_where_the_page_says_that_times_cannot_be_verified(parley, slug):
    booked = book(parley, slug, at("00:30")).booking
    connect(parley, AIKO, read_ago=timedelta(days=40))

    moved = do(parley, move, booked, at("01:00"))

    assert do(parley, slots_of_page, slug, MORNING).is_unverified
    assert (moved.time, moved.state) == (between("01:00", "01:30"), BookingState.CONFIRMED)


def test_a_request_is_moved_though_nobody_knows_and_still_has_to_be_approved(parley, slug):
    connect(parley, AIKO, read_ago=timedelta(minutes=20))
    asked = book(parley, slug, at("00:30")).booking

    assert do(parley, move, asked, at("01:00")).state is BookingState.PENDING


def test_staff_move_a_meeting_though_nobody_knows(parley, shared):
    booked = book(parley, shared, at("00:30")).booking
    (host_id,) = booked.host_ids
    connect(parley, AIKO if host_id == AIKO.member_id else BEN, read_ago=timedelta(minutes=20))

    moved = do(parley, move_booking, STAFF, booked.booking_id, at("01:00"))

    assert moved.time == between("01:00", "01:30")
    assert moved.host_ids == (host_id,)


def test_a_guest_s_meeting_gets_another_host_rather_than_one_of_whom_nobody_knows(parley, shared):
    booked = book(parley, shared, at("00:30")).booking
    known, unknown = (BEN, AIKO) if booked.host_ids == (AIKO.member_id,) else (AIKO, BEN)
    connect(parley, unknown, read_ago=timedelta(days=40))
    connect(parley, known, read_ago=timedelta(minutes=5))
    sees(parley, known)

    assert do(parley, move, booked, at("01:00")).host_ids == (known.member_id,)
