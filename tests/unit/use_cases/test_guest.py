from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.booking import BookingState
from scheduling.domain.messages import DeliveryState, MessageKind, Recipient
from scheduling.domain.refusals import (
    BookingCancelled,
    BookingChanged,
    BookingOver,
    InvalidInput,
    LinkNotFound,
    SlotNotOffered,
    SlotTaken,
)
from scheduling.domain.slots import Limit, LimitPeriod
from scheduling.domain.time_range import TimeRange
from scheduling.use_cases.changes import move
from scheduling.use_cases.guest import (
    cancel_guest_booking,
    guest_booking,
    move_guest_booking,
    slots_to_move_to,
)
from tests.support.builders import AIKO, ORGANIZATION, at, between
from tests.support.road import (
    HALF_HOUR,
    WHOLE_DAY,
    book,
    do,
    enter,
    external,
    invite,
    make_page,
    slots,
    token,
)


@pytest.fixture
def host(parley):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))
    return member


@pytest.fixture
def slug(host):
    return host.booking_page_slug


@pytest.fixture
def booked(parley, slug):
    return book(parley, slug, at("10:30")).booking


def link(parley, booking):
    return token(parley, booking.guest_link_id)


def cancel(parley, booking, reason="Ill"):
    return do(parley, cancel_guest_booking, link(parley, booking), reason=reason)


def moved(parley, booking, clock):
    return do(parley, move_guest_booking, link(parley, booking), at(clock))


def test_the_guest_sees_the_booking_behind_the_link(parley, booked):
    seen = do(parley, guest_booking, link(parley, booked))

    assert (seen.booking, seen.organization, seen.person_in_charge) == (booked, ORGANIZATION, AIKO)


def test_a_cancelled_booking_frees_the_slot_and_everybody_is_told(parley, slug, booked):
    before = set(parley.store.messages)

    gone = cancel(parley, booked, reason="  Ill today ")

    assert (gone.state, gone.sequence, gone.reason) == (BookingState.CANCELLED, 1, "Ill today")
    assert slots(parley, slug) == ["10:00", "10:30", "11:00", "11:30"]
    told = set(parley.store.messages) - before
    assert {(message.kind, message.version) for message in told} == {
        (MessageKind.BOOKING_CANCELLED, 2)
    }
    assert len(told) == 3


def test_cancelling_twice_changes_nothing_more(parley, booked):
    first = cancel(parley, booked)
    messages = len(parley.store.messages)

    assert cancel(parley, booked, reason="Again") == first
    assert len(parley.store.messages) == messages


def test_a_reason_that_is_too_long_is_named(parley, booked):
    with pytest.raises(InvalidInput) as refused:
        cancel(parley, booked, reason="x" * 501)

    assert [problem.field for problem in refused.value.problems] == ["reason"]


def test_the_external_members_link_neither_cancels_nor_moves(parley, host, booked):
    wrong = token(parley, host.request.link_id)

    with pytest.raises(LinkNotFound):
        do(parley, cancel_guest_booking, wrong, reason="")
    with pytest.raises(LinkNotFound):
        do(parley, move_guest_booking, wrong, at("11:00"))


def test_the_slots_to_move_to_are_offered_as_if_the_booking_were_not_there(parley, slug, booked):
    book(parley, slug, at("11:30"), key="another form")

    found = do(parley, slots_to_move_to, link(parley, booked), WHOLE_DAY)

    assert [f"{start:%H:%M}" for start in found.starts] == ["10:00", "10:30", "11:00"]


def test_a_booking_is_moved_and_never_made_anew(parley, slug, booked):
    first_link = link(parley, booked)

    for clock in ("11:00", "11:30", "10:00"):
        do(parley, move_guest_booking, first_link, at(clock))
    seen = do(parley, guest_booking, first_link).booking

    assert (seen.booking_id, seen.time, seen.former_time, seen.sequence) == (
        booked.booking_id,
        between("10:00", "10:30"),
        between("11:30", "12:00"),
        3,
    )
    assert slots(parley, slug) == ["10:30", "11:00", "11:30"]


def test_everybody_hears_of_a_move_and_old_reminders_are_superseded(parley, booked):
    moved(parley, booked, "11:00")

    news = {
        (message.recipient, message.version)
        for message in parley.store.messages
        if message.kind is MessageKind.BOOKING_MOVED
    }
    assert news == {(Recipient.HOST, 2), (Recipient.GUEST, 2), (Recipient.PERSON_IN_CHARGE, 2)}


def test_reminders_wait_for_the_time_that_the_page_says(parley, host):
    far = at("10:00") + timedelta(days=3)
    enter(parley, host, between("10:00", "12:00"), _days_later("10:00", "12:00", 3), version=1)
    day, hour = timedelta(hours=24), timedelta(hours=1)
    page = make_page(parley, external(host), reminders=(hour, day))

    booked = book(parley, page.slug, far).booking

    reminders = {
        (message.which.partition(".")[0], message.due_at): delivery.state
        for message, delivery in parley.store.messages.items()
        if message.kind is MessageKind.BOOKING_REMINDER
    }
    assert booked.reminders == (day, hour)
    assert reminders == {
        ("1440", far - day): DeliveryState.SCHEDULED,
        ("60", far - hour): DeliveryState.SCHEDULED,
    }


def _days_later(start, end, days):
    span = between(start, end)
    return TimeRange(span.start + timedelta(days=days), span.end + timedelta(days=days))


def test_moving_to_the_time_it_is_at_changes_nothing(parley, booked):
    writes = parley.store.writes

    assert moved(parley, booked, "10:30") == booked
    assert parley.store.writes == writes


def test_a_move_to_a_taken_slot_leaves_the_booking_where_it_is(parley, slug, booked):
    book(parley, slug, at("11:00"), key="another form")

    with pytest.raises(SlotTaken) as refused:
        moved(parley, booked, "11:00")
    with pytest.raises(SlotNotOffered):
        moved(parley, booked, "10:15")

    assert refused.value.alternatives == (at("10:00"), at("10:30"), at("11:30"))
    assert do(parley, guest_booking, link(parley, booked)).booking == booked


def test_of_two_moves_at_once_one_wins(parley, booked):
    moved(parley, booked, "11:00")

    with pytest.raises(BookingChanged):
        do(parley, move, booked, at("11:30"))


def test_a_meeting_that_has_begun_is_neither_cancelled_nor_moved(parley, slug, booked):
    parley.clock = at("10:30")

    for change in (lambda: cancel(parley, booked), lambda: moved(parley, booked, "11:00")):
        with pytest.raises(BookingOver) as refused:
            change()
        assert refused.value.booking_page_slug == slug


def test_a_cancelled_booking_is_not_moved(parley, slug, booked):
    cancel(parley, booked)

    with pytest.raises(BookingCancelled) as refused:
        moved(parley, booked, "11:00")

    assert refused.value.booking_page_slug == slug


def test_a_move_stays_with_the_same_host_if_they_can(parley, host):
    other = invite(parley, name="Hana Sato", email="hana@example.org")
    enter(parley, other, between("10:00", "12:00"))
    page = make_page(parley, external(host), external(other), needed_hosts=1)
    booked = book(parley, page.slug, at("10:00"), key="any").booking
    same = next(each for each in (host, other) if each.name == booked.host_names[0])
    for clock in ("10:30", "11:00"):
        book(parley, same, at(clock), key=clock)

    stays = moved(parley, booked, "11:30")
    changes = moved(parley, stays, "10:30")

    assert stays.host_names == booked.host_names
    assert changes.host_names != booked.host_names
    assert changes.former_host_ids == booked.host_ids


def test_a_move_counts_for_no_limit_twice(parley, host):
    page = make_page(
        parley, external(host), rules=replace(HALF_HOUR, limits=(Limit(LimitPeriod.DAY, 1),))
    )
    booked = book(parley, page.slug, at("10:00")).booking

    assert moved(parley, booked, "11:00").time.start == at("11:00")


def test_the_link_lives_on_after_a_move_to_a_later_day(parley, host):
    enter(parley, host, between("10:00", "12:00"), _days_later("10:00", "12:00", 20), version=1)
    booked = book(parley, host, at("10:30")).booking
    later = at("10:30") + timedelta(days=20)

    do(parley, move_guest_booking, link(parley, booked), later)
    parley.clock = later - timedelta(hours=1)

    assert do(parley, guest_booking, link(parley, booked)).booking.time.start == later
