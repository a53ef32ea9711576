from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.booking import BookingState
from scheduling.domain.booking_page import BookingRules
from scheduling.domain.messages import MessageKind, Recipient
from scheduling.domain.refusals import (
    BookingOver,
    BookingPageInactive,
    BookingPageNotFound,
    IdempotencyKeyReused,
    InvalidInput,
    LinkNotFound,
    SlotNotOffered,
    SlotTaken,
)
from scheduling.domain.time_range import TimeRange
from scheduling.use_cases.booking import (
    cancel_guest_booking,
    guest_booking,
    list_bookings,
    view_booking,
)
from scheduling.use_cases.slots import slots_of_page
from tests.support.builders import AIKO, ORGANIZATION, STAFF, at, between
from tests.support.in_memory import InMemoryAdapters
from tests.support.road import HALF_HOUR, book, enter, invite, token


@pytest.fixture
def host(parley):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))
    return member


WHOLE_DAY = between("00:00", "24:00")


def slots(parley, member, within=WHOLE_DAY):
    found = slots_of_page(
        member.booking_page_slug,
        within,
        now=parley.now(),
        booking_pages=parley.booking_pages,
        external_members=parley.external_members,
        bookings=parley.bookings,
    )
    return [f"{start:%H:%M}" for start in found.starts]


def cancel(parley, booked, reason="Ill"):
    return cancel_guest_booking(
        token(parley, booked.booking.guest_link_id),
        reason=reason,
        now=parley.now(),
        links=parley.links,
        link_keys=parley.link_keys,
        bookings=parley.bookings,
    )


def test_a_guest_books_a_listed_slot(parley, host):
    booked = book(parley, host, at("10:30"))

    assert booked.booking.time == between("10:30", "11:00")
    assert booked.guest_link.startswith("https://parley.example/l/s1.")
    assert slots(parley, host) == ["10:00", "11:00", "11:30"]


def test_everybody_concerned_is_told_once(parley, host):
    before = set(parley.store.messages)

    booked = book(parley, host, at("10:30"))

    told = set(parley.store.messages) - before
    assert {message.recipient for message in told} == {
        Recipient.HOST,
        Recipient.GUEST,
        Recipient.PERSON_IN_CHARGE,
    }
    assert {(message.kind, message.subject_id) for message in told} == {
        (MessageKind.BOOKING_CONFIRMED, booked.booking.booking_id)
    }


def test_a_slot_that_is_taken_comes_with_the_three_nearest_others(parley, host):
    book(parley, host, at("10:30"))

    with pytest.raises(SlotTaken) as refused:
        book(parley, host, at("10:30"), name="Noor Ali", key="another form")

    assert refused.value.alternatives == (at("10:00"), at("11:00"), at("11:30"))


@pytest.mark.parametrize("clock", ["09:30", "10:05", "11:45", "12:00"])
def test_a_start_that_is_not_listed_is_not_booked(parley, host, clock):
    with pytest.raises(SlotNotOffered) as refused:
        book(parley, host, at(clock))

    assert len(refused.value.alternatives) == 3


def test_a_start_between_two_seconds_is_not_booked(parley, host):
    with pytest.raises(SlotNotOffered):
        book(parley, host, at("10:30") + timedelta(microseconds=1))


def test_buffers_are_claimed_with_the_meeting(parley):
    rules = replace(HALF_HOUR, buffer_after=timedelta(minutes=30))
    host = invite(parley, rules=rules)
    enter(parley, host, between("10:00", "12:00"))

    booked = book(parley, host, at("10:30"))

    assert booked.booking.claimed == between("10:30", "11:30")
    assert slots(parley, host) == ["11:30"]


def test_before_any_entry_nothing_is_listed_or_booked(parley):
    host = invite(parley)

    with pytest.raises(BookingPageInactive):
        slots(parley, host)
    with pytest.raises(BookingPageInactive):
        book(parley, host, at("10:30"))


def test_nothing_is_booked_on_a_page_that_does_not_exist(parley, host):
    with pytest.raises(BookingPageNotFound):
        book(parley, replace(host, booking_page_slug="nobody"), at("10:30"))


def test_at_most_two_months_are_listed_at_once(parley, host):
    with pytest.raises(InvalidInput) as refused:
        slots(parley, host, TimeRange(at("00:00"), at("00:00") + timedelta(days=63)))

    assert [problem.field for problem in refused.value.problems] == ["to"]


def test_each_wrong_field_of_a_booking_is_named(parley, host):
    with pytest.raises(InvalidInput) as refused:
        book(
            parley,
            host,
            at("10:30"),
            name="\u202eMia",
            email="mia@",
            note="x" * 501,
            time_zone="Mars/Olympus",
        )

    assert [(problem.field, problem.code) for problem in refused.value.problems] == [
        ("name", "odd_characters"),
        ("email", "invalid_email"),
        ("note", "too_long"),
        ("time_zone", "unknown_time_zone"),
    ]


def test_the_same_form_sent_twice_books_once(parley, host):
    first = book(parley, host, at("10:30"))
    messages = len(parley.store.messages)

    again = book(parley, host, at("10:30"))

    assert again == first
    assert len(parley.store.messages) == messages


def test_the_same_form_sent_again_after_a_cancel_is_still_that_booking(parley, host):
    first = book(parley, host, at("10:30"))
    cancel(parley, first)

    again = book(parley, host, at("10:30"))

    assert again.booking.booking_id == first.booking.booking_id
    assert again.booking.state is BookingState.CANCELLED
    assert again.guest_link == first.guest_link


def test_a_form_is_not_reused_for_another_slot(parley, host):
    book(parley, host, at("10:30"))

    with pytest.raises(IdempotencyKeyReused):
        book(parley, host, at("11:00"))


def test_the_guest_sees_the_booking_behind_the_link(parley, host):
    booked = book(parley, host, at("10:30"), note="Bring the portfolio")

    seen = guest_booking(
        token(parley, booked.booking.guest_link_id),
        now=parley.now(),
        links=parley.links,
        link_keys=parley.link_keys,
        organizations=parley.organizations,
        members=parley.members,
        bookings=parley.bookings,
    )

    assert (seen.booking, seen.organization, seen.person_in_charge) == (
        booked.booking,
        ORGANIZATION,
        AIKO,
    )


def test_a_cancelled_booking_frees_the_slot_and_everybody_is_told(parley, host):
    booked = book(parley, host, at("10:30"))
    before = set(parley.store.messages)

    gone = cancel(parley, booked, reason="  Ill today ")

    assert (gone.state, gone.sequence, gone.cancellation_reason) == (
        BookingState.CANCELLED,
        1,
        "Ill today",
    )
    assert slots(parley, host) == ["10:00", "10:30", "11:00", "11:30"]
    told = set(parley.store.messages) - before
    assert {(message.kind, message.version) for message in told} == {
        (MessageKind.BOOKING_CANCELLED, 2)
    }
    assert len(told) == 3


def test_cancelling_twice_changes_nothing_more(parley, host):
    booked = book(parley, host, at("10:30"))
    first = cancel(parley, booked)
    messages = len(parley.store.messages)

    assert cancel(parley, booked, reason="Again") == first
    assert len(parley.store.messages) == messages


def test_a_meeting_that_has_begun_is_not_cancelled(parley, host):
    booked = book(parley, host, at("10:30"))
    parley.clock = at("10:30")

    with pytest.raises(BookingOver):
        cancel(parley, booked)


def test_the_external_members_link_does_not_cancel(parley, host):
    book(parley, host, at("10:30"))

    with pytest.raises(LinkNotFound):
        cancel_guest_booking(
            token(parley, host.request_link_id),
            reason="",
            now=parley.now(),
            links=parley.links,
            link_keys=parley.link_keys,
            bookings=parley.bookings,
        )


def test_staff_lists_bookings_by_start(parley, host):
    late = book(parley, host, at("11:30"), key="1").booking
    early = book(parley, host, at("10:00"), key="2").booking

    page = list_bookings(STAFF, after=at("09:00"), cursor=None, limit=10, bookings=parley.bookings)

    assert page.items == (early, late)
    assert view_booking(STAFF, late.booking_id, bookings=parley.bookings) == late


@given(
    starts=st.lists(st.integers(0, 287), max_size=4),
    lengths=st.lists(st.integers(1, 48), min_size=4, max_size=4),
    duration=st.sampled_from([5, 15, 30, 45, 60]),
    asked=st.integers(0, 288),
)
def test_slots_lie_inside_the_windows_and_exactly_they_are_booked(starts, lengths, duration, asked):
    parley = InMemoryAdapters(now=at("00:00") - timedelta(days=2))
    parley.organizations.add(ORGANIZATION, AIKO)
    rules = BookingRules(duration=timedelta(minutes=duration), minimum_notice=timedelta(0))
    host = invite(parley, rules=rules)
    cell = timedelta(minutes=5)
    windows: list[TimeRange] = []
    for first, length in zip(sorted(starts), lengths, strict=False):
        window = TimeRange(at("00:00") + first * cell, at("00:00") + (first + length) * cell)
        if not any(window.overlaps(other) for other in windows):
            windows.append(window)
    far_off = at("24:00") + timedelta(days=1)
    enter(parley, host, TimeRange(far_off, far_off + cell), *windows)

    listed = slots_of_page(
        host.booking_page_slug,
        TimeRange(at("00:00"), at("24:00") + timedelta(days=2)),
        now=parley.now(),
        booking_pages=parley.booking_pages,
        external_members=parley.external_members,
        bookings=parley.bookings,
    ).starts

    stored = parley.external_members.get(host.organization_id, host.external_member_id)
    assert all(
        any(
            window.start <= start and start + rules.duration <= window.end
            for window in stored.availability.windows
        )
        for start in listed
    )
    start = at("00:00") + asked * cell
    if start in listed:
        assert book(parley, host, start).booking.time.start == start
    else:
        with pytest.raises(SlotNotOffered):
            book(parley, host, start)
