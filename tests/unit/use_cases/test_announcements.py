from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.booking import BookingState
from scheduling.domain.messages import MessageKind, Recipient
from scheduling.use_cases.announcements import announcements
from tests.support.builders import (
    AIKO,
    EARLY,
    a_booking,
    a_member_host,
    an_external_member,
    at,
    between,
)

HOUR = timedelta(hours=1)
KENJI = an_external_member(email="kenji@example.org")
HANA = an_external_member(email="hana@example.org")
MEETING = between("12:00", "12:30")


def meeting(**changes):
    """Return a meeting of Kenji, of whom Aiko is in charge, with Mia and somebody she brings."""
    booking = a_booking(KENJI, MEETING)
    return replace(booking, **({"other_guests": ("noah@weber.example",)} | changes))


def hosted_by_aiko(**changes):
    """Return a meeting that Aiko hosts, and is in charge of, together with Kenji."""
    return replace(a_booking(a_member_host(), MEETING, others=[KENJI]), **changes)


def a_request(booking):
    return replace(booking, state=BookingState.PENDING, expires_at=at("11:00"))


def told(messages):
    return [message.name for message in messages]


def test_a_booking_is_told_to_everybody_concerned():
    messages = announcements(MessageKind.BOOKING_CONFIRMED, meeting(), now=EARLY)

    kenji = f"host.{KENJI.external_member_id}"
    assert told(messages) == ["guest", "guest.1", kenji, "person_in_charge"]
    assert {message.kind for message in messages} == {MessageKind.BOOKING_CONFIRMED}
    assert {message.due_at for message in messages} == {None}


def test_who_is_a_host_and_in_charge_is_told_once():
    messages = announcements(MessageKind.BOOKING_CONFIRMED, hosted_by_aiko(), now=EARLY)

    hosts = [f"host.{AIKO.member_id}", f"host.{KENJI.external_member_id}"]
    assert told(messages) == ["guest", *hosts]


@pytest.mark.parametrize(
    "kind",
    [
        MessageKind.BOOKING_REQUESTED,
        MessageKind.BOOKING_DECLINED,
        MessageKind.BOOKING_EXPIRED,
    ],
)
def test_a_request_is_told_to_who_asked_and_who_decides(kind):
    of_kenji = announcements(kind, a_request(meeting(reminders=(HOUR,))), now=EARLY)
    of_aiko = announcements(kind, a_request(hosted_by_aiko()), now=EARLY)

    assert told(of_kenji) == ["guest", "person_in_charge"]
    assert told(of_aiko) == ["guest", f"host.{AIKO.member_id}"]


@pytest.mark.parametrize("kind", [MessageKind.BOOKING_MOVED, MessageKind.BOOKING_HANDED_OVER])
def test_a_change_of_a_request_is_told_to_nobody_who_never_heard_of_it(kind):
    request = a_request(meeting(former_host_ids=(HANA.external_member_id,)))

    messages = announcements(kind, request, now=EARLY, was_confirmed=False)

    assert told(messages) == ["guest", "person_in_charge"]


@pytest.mark.parametrize("kind", [MessageKind.BOOKING_MOVED, MessageKind.BOOKING_HANDED_OVER])
def test_a_former_host_is_told_too(kind):
    messages = announcements(kind, meeting(former_host_ids=(HANA.external_member_id,)), now=EARLY)

    assert told(messages)[-1] == f"host.{HANA.external_member_id}"


def test_a_request_that_is_cancelled_is_withdrawn():
    cancelled = meeting(state=BookingState.CANCELLED)

    messages = announcements(
        MessageKind.BOOKING_CANCELLED, cancelled, now=EARLY, was_confirmed=False
    )

    assert told(messages) == ["guest", "person_in_charge"]
    assert {message.kind for message in messages} == {MessageKind.BOOKING_WITHDRAWN}


def test_everybody_who_comes_is_reminded_at_each_of_the_times():
    booking = meeting(reminders=(24 * HOUR, HOUR))

    messages = announcements(MessageKind.BOOKING_CONFIRMED, booking, now=EARLY)

    kenji = KENJI.external_member_id
    reminders = [each for each in messages if each.kind is MessageKind.BOOKING_REMINDER]
    assert {(each.recipient, each.which, each.due_at) for each in reminders} == {
        (recipient, f"{minutes}{which}", MEETING.start - timedelta(minutes=minutes))
        for minutes in (1440, 60)
        for recipient, which in (
            (Recipient.GUEST, ""),
            (Recipient.GUEST, ".1"),
            (Recipient.HOST, f".{kenji}"),
        )
    }


def test_nobody_is_reminded_at_a_time_that_has_passed():
    booking = meeting(reminders=(24 * HOUR, HOUR))

    messages = announcements(MessageKind.BOOKING_CONFIRMED, booking, now=MEETING.start - HOUR)

    assert MessageKind.BOOKING_REMINDER not in {message.kind for message in messages}


@pytest.mark.parametrize(
    "state", [state for state in BookingState if state is not BookingState.CONFIRMED]
)
def test_only_of_meetings_that_take_place_people_are_reminded(state):
    booking = meeting(reminders=(HOUR,), state=state)

    messages = announcements(MessageKind.BOOKING_CANCELLED, booking, now=EARLY)

    assert MessageKind.BOOKING_REMINDER not in {message.kind for message in messages}


def test_no_two_messages_are_taken_for_one():
    booking = meeting(
        reminders=(24 * HOUR, HOUR),
        other_guests=("noah@weber.example", "lea@weber.example"),
        former_host_ids=(HANA.external_member_id,),
    )

    messages = announcements(MessageKind.BOOKING_MOVED, booking, now=EARLY)

    assert len({message.message_id for message in messages}) == len(messages) == 6 + 2 * 4
