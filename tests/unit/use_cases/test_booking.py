from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.booking import HOLD_LIFE, BookingState
from scheduling.domain.booking_page import Question, QuestionKind
from scheduling.domain.messages import MessageKind, Recipient
from scheduling.domain.refusals import (
    BookingPageInactive,
    BookingPageNotFound,
    IdempotencyKeyReused,
    InvalidInput,
    SlotNotOffered,
    SlotTaken,
    TooManyHolds,
)
from scheduling.domain.slots import BufferRule, Limit, LimitPeriod
from scheduling.domain.time_range import TimeRange
from scheduling.use_cases.booking import BookingRequest, book_for_guest, release_hold
from scheduling.use_cases.bookings import cancel_booking
from scheduling.use_cases.page_settings import switch_booking_page
from tests.support.builders import STAFF, at, between
from tests.support.road import HALF_HOUR, book, do, enter, external, hold, invite, make_page, slots


@pytest.fixture
def host(parley):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))
    return member


@pytest.fixture
def slug(host):
    return host.booking_page_slug


def test_a_guest_books_a_listed_slot(parley, slug):
    booked = book(parley, slug, at("10:30"))

    assert booked.booking.time == between("10:30", "11:00")
    assert booked.guest_link.startswith("https://parley.example/l/s1.")
    assert slots(parley, slug) == ["10:00", "11:00", "11:30"]


def test_everybody_concerned_is_told_once(parley, host):
    before = set(parley.store.messages)

    booked = book(parley, host, at("10:30"))

    told = set(parley.store.messages) - before
    news = [message for message in told if message.kind is MessageKind.BOOKING_CONFIRMED]
    assert {message.recipient for message in news} == {
        Recipient.HOST,
        Recipient.GUEST,
        Recipient.PERSON_IN_CHARGE,
    }
    assert {message.subject_id for message in told} == {booked.booking.booking_id}


def test_a_slot_that_is_taken_comes_with_the_three_nearest_others(parley, slug):
    book(parley, slug, at("10:30"))

    with pytest.raises(SlotTaken) as refused:
        book(parley, slug, at("10:30"), name="Noor Ali", key="another form")

    assert refused.value.alternatives == (at("10:00"), at("11:00"), at("11:30"))


@pytest.mark.parametrize("clock", ["09:30", "10:05", "11:45", "12:00"])
def test_a_start_that_is_not_listed_is_not_booked(parley, slug, clock):
    with pytest.raises(SlotNotOffered) as refused:
        book(parley, slug, at(clock))

    assert len(refused.value.alternatives) == 3


def test_a_start_between_two_seconds_is_not_booked(parley, slug):
    with pytest.raises(SlotNotOffered):
        book(parley, slug, at("10:30") + timedelta(microseconds=1))


def test_buffers_are_claimed_with_the_meeting(parley):
    host = invite(parley, rules=replace(HALF_HOUR, buffer_after=timedelta(minutes=30)))
    enter(parley, host, between("10:00", "12:00"))

    booked = book(parley, host, at("10:30"))

    assert booked.booking.claim.whole == between("10:30", "11:30")
    assert slots(parley, host.booking_page_slug) == ["11:30"]


def test_buffers_may_be_shared_where_the_page_says_so(parley, host):
    half_hour = timedelta(minutes=30)
    rules = replace(
        HALF_HOUR, buffer_before=half_hour, buffer_after=half_hour, buffer_rule=BufferRule.MAX
    )
    page = make_page(parley, external(host), rules=rules)

    book(parley, page.slug, at("10:00"), key="1")

    assert slots(parley, page.slug) == ["11:00", "11:30"]
    book(parley, page.slug, at("11:00"), key="2")
    assert slots(parley, page.slug) == []


def test_before_any_entry_nothing_is_listed_or_booked(parley):
    host = invite(parley)

    with pytest.raises(BookingPageInactive):
        slots(parley, host.booking_page_slug)
    with pytest.raises(BookingPageInactive):
        book(parley, host, at("10:30"))


def test_nothing_is_booked_on_a_page_that_is_switched_off(parley, slug):
    do(parley, switch_booking_page, STAFF, slug, is_on=False)

    with pytest.raises(BookingPageInactive):
        slots(parley, slug)
    with pytest.raises(BookingPageInactive):
        book(parley, slug, at("10:30"))


def test_nothing_is_booked_on_a_page_that_does_not_exist(parley):
    with pytest.raises(BookingPageNotFound):
        book(parley, "nobody", at("10:30"))


def test_at_most_two_months_are_listed_at_once(parley, slug):
    with pytest.raises(InvalidInput) as refused:
        slots(parley, slug, TimeRange(at("00:00"), at("00:00") + timedelta(days=63)))

    assert [problem.field for problem in refused.value.problems] == ["to"]


def test_each_wrong_field_of_a_booking_is_named(parley, slug):
    with pytest.raises(InvalidInput) as refused:
        book(
            parley,
            slug,
            at("10:30"),
            name="\u202eMia",
            email="mia@",
            note="x" * 501,
            time_zone="Mars/Olympus",
            other_guests=["noor@guest.example", "nobody"],
        )

    assert [(problem.field, problem.code) for problem in refused.value.problems] == [
        ("name", "odd_characters"),
        ("email", "invalid_email"),
        ("note", "too_long"),
        ("time_zone", "unknown_time_zone"),
        ("other_guests.1", "invalid_email"),
    ]


def test_the_same_form_sent_twice_books_once(parley, slug):
    first = book(parley, slug, at("10:30"))
    messages = len(parley.store.messages)

    again = book(parley, slug, at("10:30"))

    assert again == first
    assert len(parley.store.messages) == messages


def test_the_same_form_sent_again_when_the_page_is_closed_is_still_that_booking(parley, slug):
    first = book(parley, slug, at("10:30"))
    do(parley, switch_booking_page, STAFF, slug, is_on=False)

    assert book(parley, slug, at("10:30")) == first


def test_a_form_is_not_reused_for_another_slot(parley, slug):
    book(parley, slug, at("10:30"))

    with pytest.raises(IdempotencyKeyReused):
        book(parley, slug, at("11:00"))


def test_a_guest_chooses_among_the_lengths_of_a_page(parley, host):
    lengths = timedelta(minutes=30), timedelta(minutes=60)
    page = make_page(parley, external(host), rules=replace(HALF_HOUR, durations=lengths))

    assert slots(parley, page.slug, duration=lengths[1]) == ["10:00", "11:00"]
    booked = book(parley, page.slug, at("11:00"), duration=lengths[1])

    assert booked.booking.time == between("11:00", "12:00")
    with pytest.raises(InvalidInput) as refused:
        book(parley, page.slug, at("10:00"), key="2", duration=timedelta(minutes=45))
    assert [problem.field for problem in refused.value.problems] == ["duration_minutes"]


def test_several_guests_are_all_told(parley, slug):
    others = ["noor@guest.example", "MIA@guest.example", "", "noor@guest.example"]

    booked = book(parley, slug, at("10:30"), other_guests=others).booking

    assert booked.other_guests == ("noor@guest.example",)
    guests = [
        message.name
        for message in parley.store.messages
        if message.kind is MessageKind.BOOKING_CONFIRMED and message.recipient is Recipient.GUEST
    ]
    assert guests == ["guest", "guest.1"]


def test_at_most_five_more_guests_are_invited(parley, slug):
    with pytest.raises(InvalidInput) as refused:
        book(parley, slug, at("10:30"), other_guests=[f"g{n}@guest.example" for n in range(6)])

    assert [problem.field for problem in refused.value.problems] == ["other_guests"]


def test_questions_are_answered_with_the_booking(parley, host):
    questions = (
        Question("topic", "What about?", is_required=True),
        Question("where", "Where?", QuestionKind.CHOICE, choices=("Here", "There")),
        Question("terms", "I have read the notes", QuestionKind.CHECK),
    )
    page = make_page(parley, external(host), questions=questions)

    with pytest.raises(InvalidInput) as refused:
        book(parley, page.slug, at("10:30"), answers={"where": "Nowhere"})
    booked = book(parley, page.slug, at("10:30"), answers={"topic": "Hats", "where": "Here"})

    assert [(problem.field, problem.code) for problem in refused.value.problems] == [
        ("answers.topic", "missing"),
        ("answers.where", "not_a_choice"),
    ]
    answers = [(answer.label, answer.text) for answer in booked.booking.answers]
    assert answers == [("What about?", "Hats"), ("Where?", "Here")]


def test_staff_books_for_a_guest_and_nobody_has_to_approve(parley, host):
    page = make_page(parley, external(host), needs_approval=True)
    request = BookingRequest(at("10:30"), "Mia Weber", "mia@guest.example")

    booked = do(parley, book_for_guest, STAFF, page.slug, request, key="form")

    assert booked.booking.state is BookingState.CONFIRMED


def test_a_hold_keeps_the_slot_from_everybody_but_its_owner(parley, slug):
    held = hold(parley, slug, at("10:30"))

    assert slots(parley, slug) == ["10:00", "11:00", "11:30"]
    assert "10:30" in slots(parley, slug, apart_from=held.hold_id)
    with pytest.raises(SlotTaken):
        book(parley, slug, at("10:30"), key="another form")
    with pytest.raises(SlotTaken):
        hold(parley, slug, at("10:30"), key="another form")


def test_a_hold_becomes_the_booking(parley, slug):
    held = hold(parley, slug, at("10:30"))

    booked = book(parley, slug, at("10:30"), hold_id=held.hold_id).booking

    assert booked.booking_id == held.hold_id
    assert parley.store.holds == {}
    assert slots(parley, slug) == ["10:00", "11:00", "11:30"]


def test_a_form_with_a_hold_sent_twice_books_once(parley, slug):
    held = hold(parley, slug, at("10:30"))

    first = book(parley, slug, at("10:30"), hold_id=held.hold_id)

    assert book(parley, slug, at("10:30"), hold_id=held.hold_id) == first


def test_an_expired_hold_is_in_nobodys_way(parley, slug):
    held = hold(parley, slug, at("10:30"))
    parley.clock += HOLD_LIFE

    assert "10:30" in slots(parley, slug)
    book(parley, slug, at("10:30"), key="another form")

    with pytest.raises(SlotTaken):
        book(parley, slug, at("10:30"), hold_id=held.hold_id)


def test_a_form_whose_hold_expired_books_the_slot_if_it_is_still_free(parley, slug):
    held = hold(parley, slug, at("10:30"))
    parley.clock += HOLD_LIFE

    booked = book(parley, slug, at("10:30"), hold_id=held.hold_id).booking

    assert booked.booking_id == held.hold_id
    assert parley.store.holds == {}


def test_choosing_another_time_lets_the_former_hold_go(parley, slug):
    former = hold(parley, slug, at("10:30"))

    hold(parley, slug, at("11:00"), key="2", replaces=former.hold_id)

    assert slots(parley, slug) == ["10:00", "10:30", "11:30"]


def test_a_hold_that_is_released_frees_the_slot_and_may_be_released_again(parley, slug):
    held = hold(parley, slug, at("10:30"))

    do(parley, release_hold, held.hold_id)
    do(parley, release_hold, held.hold_id)

    assert "10:30" in slots(parley, slug)


def test_one_network_address_keeps_only_so_many_slots(parley, slug):
    for number in range(20):
        hold(parley, slug, at("10:00"), key="one form", replaces=str(number))

    with pytest.raises(TooManyHolds):
        hold(parley, slug, at("10:30"))
    hold(parley, slug, at("11:00"), network_address="192.0.2.2")


def test_a_page_is_booked_as_often_as_its_limit_allows(parley, host):
    rules = replace(HALF_HOUR, limits=(Limit(LimitPeriod.DAY, 2),))
    page = make_page(parley, external(host), rules=rules)
    book(parley, host, at("11:30"), key="of another page")
    first = book(parley, page.slug, at("10:00"), key="1").booking
    hold(parley, page.slug, at("10:30"), key="2")

    assert slots(parley, page.slug) == []
    with pytest.raises(SlotTaken):
        book(parley, page.slug, at("11:00"), key="3")

    do(parley, cancel_booking, STAFF, first.booking_id, reason="")
    assert slots(parley, page.slug) == ["10:00", "11:00"]


def test_a_form_sent_as_its_hold_expires_does_not_pass_a_limit(parley, host):
    rules = replace(HALF_HOUR, limits=(Limit(LimitPeriod.DAY, 1),))
    page = make_page(parley, external(host), rules=rules)
    held = hold(parley, page.slug, at("10:00"))
    parley.clock += HOLD_LIFE
    book(parley, page.slug, at("11:00"), key="another form")

    parley.clock -= timedelta(seconds=1)
    with pytest.raises(SlotTaken):
        book(parley, page.slug, at("10:00"), hold_id=held.hold_id)


def test_of_several_hosts_the_one_with_the_fewest_meetings_is_chosen(parley, host):
    other = invite(parley, name="Hana Sato", email="hana@example.org")
    enter(parley, other, between("10:00", "11:00"))
    page = make_page(parley, external(host), external(other), needed_hosts=1)

    booked = [
        book(parley, page.slug, at(clock), key=clock).booking.host_names[0]
        for clock in ("10:00", "10:30", "11:00", "11:30")
    ]

    assert sorted(booked[:2]) == ["Hana Sato", "Kenji Tanaka"]
    assert booked[2:] == ["Kenji Tanaka", "Kenji Tanaka"]


def test_any_host_who_is_free_takes_a_slot_until_none_is(parley, host):
    other = invite(parley, name="Hana Sato", email="hana@example.org")
    enter(parley, other, between("10:00", "11:00"))
    page = make_page(parley, external(host), external(other), needed_hosts=1)

    names = {book(parley, page.slug, at("10:00"), key=key).booking.host_names for key in "12"}

    assert names == {("Hana Sato",), ("Kenji Tanaka",)}
    with pytest.raises(SlotTaken) as refused:
        book(parley, page.slug, at("10:00"), key="3")
    assert refused.value.alternatives == (at("10:30"), at("11:00"), at("11:30"))


def test_all_hosts_of_a_page_are_booked_or_none(parley, host):
    other = invite(parley, name="Hana Sato", email="hana@example.org")
    enter(parley, other, between("10:30", "12:00"))
    page = make_page(parley, external(host), external(other))
    book(parley, other, at("11:00"), key="alone")

    assert slots(parley, page.slug) == ["10:30", "11:30"]
    with pytest.raises(SlotTaken):
        book(parley, page.slug, at("11:00"), key="both")
    booked = book(parley, page.slug, at("10:30"), key="both").booking

    assert booked.host_names == ("Kenji Tanaka", "Hana Sato")
    assert slots(parley, host.booking_page_slug) == ["10:00", "11:00", "11:30"]
