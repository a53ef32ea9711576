"""Promise R15: reminders come once, survive moves and never tell of an old time."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from scheduling.domain.messages import LATEST, LEASE, DeliveryState, MessageKind
from scheduling.use_cases.bookings import approve_booking, cancel_booking, move_booking
from scheduling.use_cases.mails import deliver_message
from tests.support.builders import STAFF, at, between
from tests.support.mail_room import mail_room, sweep, swept
from tests.support.road import book, do, enter, external, invite, make_page

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MIA, KENJI = "mia@guest.example", "kenji@example.org"
START, DUE = at("12:00"), at("11:00")
LATER = at("14:00")
"""Where the meeting is moved to."""


@pytest.fixture
def room(parley):
    return mail_room(parley)


@pytest.fixture
def kenji(parley):
    member = invite(parley)
    enter(parley, member, between("10:00", "16:00"))
    return member


@pytest.fixture
def booking(parley, room, kenji):
    """A meeting at 12:00 of which its guest and its host are reminded at 11:00."""
    page = make_page(parley, external(kenji), reminders=(HOUR,))
    booked = book(parley, page.slug, START).booking
    swept(parley, room)
    return booked


def cancel(parley, booking):
    do(parley, cancel_booking, STAFF, booking.booking_id, reason="")


def move(parley, booking):
    do(parley, move_booking, STAFF, booking.booking_id, LATER)


def reminded(mails):
    return sorted(
        mail.recipient.email for mail in mails if MessageKind.BOOKING_REMINDER in mail.message_id
    )


def reminders(parley, version=1):
    return [
        message
        for message in parley.store.messages
        if (message.kind, message.version) == (MessageKind.BOOKING_REMINDER, version)
    ]


def states(parley, version=1):
    return {parley.outbox.get(message).state for message in reminders(parley, version)}


@dataclass
class Meanwhile:
    """Wraps a collaborator; something else happens just before its first call."""

    wrapped: object
    method: str
    happens: object

    def __getattr__(self, name):
        found = getattr(self.wrapped, name)
        if name != self.method:
            return found

        def interrupted(*args, **kwargs):
            happens, self.happens = self.happens, lambda: None
            happens()
            return found(*args, **kwargs)

        return interrupted


def test_a_reminder_comes_when_it_is_due_and_not_sooner(parley, room, booking):
    parley.clock = DUE - MINUTE
    assert not swept(parley, room)

    parley.clock = DUE
    mails = swept(parley, room)

    assert reminded(mails) == [KENJI, MIA]
    assert "Your meeting with Kenji Tanaka is today." in mails[0].rendered.text
    assert "See, move or cancel your booking here:" in mails[0].rendered.text


def test_a_schedule_that_fires_twice_reminds_once(parley, room, booking):
    parley.clock = DUE
    mails = swept(parley, room) + swept(parley, room)
    for message in reminders(parley):
        deliver_message(message, now=parley.now(), room=room)

    assert reminded(mails) == [KENJI, MIA]
    assert len(reminded(room.mailer.sent)) == 2


def test_two_workers_at_once_remind_once(parley, room, booking):
    parley.clock = DUE
    other = replace(room, bookings=Meanwhile(room.bookings, "get", lambda: sweep(parley, room)))

    sweep(parley, other)

    assert reminded(room.mailer.sent) == [KENJI, MIA]


@pytest.mark.parametrize("late", [10 * MINUTE, LATEST[MessageKind.BOOKING_REMINDER]])
def test_a_reminder_that_is_a_little_late_still_comes(parley, room, booking, late):
    parley.clock = DUE + late

    assert reminded(swept(parley, room)) == [KENJI, MIA]


def test_a_reminder_that_is_very_late_never_comes(parley, room, booking):
    parley.clock = DUE + LATEST[MessageKind.BOOKING_REMINDER] + timedelta(seconds=1)

    assert not swept(parley, room)
    assert states(parley) == {DeliveryState.TOO_LATE}
    parley.clock += HOUR
    assert not sweep(parley, room)


def test_a_reminder_is_not_tried_for_ever(parley, room, booking):
    parley.clock = DUE
    room.mailer.broken = True
    while states(parley) != {DeliveryState.TOO_LATE}:
        sweep(parley, room)
        parley.clock += MINUTE
        assert parley.clock < START

    room.mailer.broken = False
    assert not swept(parley, room)


def test_nobody_is_reminded_of_a_meeting_that_has_begun(parley, room, kenji):
    page = make_page(parley, external(kenji), reminders=(10 * MINUTE,))
    book(parley, page.slug, START)
    swept(parley, room)
    parley.clock = START

    assert not swept(parley, room)
    assert states(parley) == {DeliveryState.SUPERSEDED}


def test_after_a_cancellation_nobody_is_reminded(parley, room, booking):
    cancel(parley, booking)
    swept(parley, room)
    parley.clock = DUE

    assert not swept(parley, room)
    assert states(parley) == {DeliveryState.SUPERSEDED}


def test_after_a_move_people_are_reminded_of_the_new_time_only(parley, room, booking):
    move(parley, booking)
    swept(parley, room)
    parley.clock = DUE
    assert not swept(parley, room)

    parley.clock = LATER - HOUR
    mails = swept(parley, room)

    assert reminded(mails) == [KENJI, MIA]
    assert all("15:00" in mail.rendered.text or "23:00" in mail.rendered.text for mail in mails)
    assert states(parley, version=1) == {DeliveryState.SUPERSEDED}


@pytest.mark.parametrize("change", [cancel, move])
def test_a_change_while_a_reminder_is_taken_up_stops_it(parley, room, booking, change):
    parley.clock = DUE
    changing = replace(
        room, bookings=Meanwhile(room.bookings, "get", lambda: change(parley, booking))
    )

    sweep(parley, changing)

    assert not reminded(room.mailer.sent)
    assert states(parley) == {DeliveryState.SUPERSEDED}


@pytest.mark.parametrize("change", [cancel, move])
def test_a_change_while_a_reminder_is_on_its_way_stops_all_others(parley, room, booking, change):
    parley.clock = DUE
    changing = replace(room, mailer=Meanwhile(room.mailer, "send", lambda: change(parley, booking)))

    sweep(parley, changing)
    news = swept(parley, room)

    assert len(reminded(room.mailer.sent)) == 1
    assert states(parley) == {DeliveryState.SENT, DeliveryState.SUPERSEDED}
    assert {MIA, KENJI} < {mail.recipient.email for mail in news}


def test_after_reminders_a_cancellation_still_takes_the_meeting_out_of_calendars(
    parley, room, booking
):
    parley.clock = DUE
    swept(parley, room)

    cancel(parley, booking)
    mails = swept(parley, room)

    assert not reminded(mails)
    assert len(mails) == 3
    assert all(mail.rendered.subject.startswith("Cancelled") for mail in mails)


def test_after_reminders_a_move_is_reminded_of_anew(parley, room, booking):
    parley.clock = DUE
    first = swept(parley, room)
    move(parley, booking)
    swept(parley, room)
    parley.clock = LATER - HOUR

    assert reminded(first) == reminded(swept(parley, room)) == [KENJI, MIA]


def test_a_failed_reminder_of_an_old_time_is_not_sent_after_a_move(parley, room, booking):
    parley.clock = DUE
    room.mailer.broken = True
    sweep(parley, room)
    room.mailer.broken = False
    move(parley, booking)
    parley.clock += MINUTE

    mails = swept(parley, room)

    assert not reminded(mails)
    assert states(parley) == {DeliveryState.SUPERSEDED}


def test_of_a_request_people_are_reminded_once_it_is_approved(parley, room, kenji):
    page = make_page(parley, external(kenji), reminders=(HOUR,), needs_approval=True)
    booking = book(parley, page.slug, START).booking
    assert not reminders(parley)

    do(parley, approve_booking, STAFF, booking.booking_id)
    swept(parley, room)
    parley.clock = DUE

    assert reminded(swept(parley, room)) == [KENJI, MIA]


def test_no_mail_comes_twice_whatever_happens_minute_by_minute(parley, room, booking):
    changes = {at("10:20"): at("14:00"), at("10:59"): at("13:00"), at("12:30"): at("15:00")}
    while parley.clock <= at("16:00"):
        if parley.clock in changes:
            do(parley, move_booking, STAFF, booking.booking_id, changes[parley.clock])
        for _ in range(2):
            sweep(parley, room)
        parley.clock += MINUTE

    sent = Counter(mail.message_id for mail in room.mailer.sent)
    assert set(sent.values()) == {1}
    assert reminded(room.mailer.sent) == [KENJI] * 2 + [MIA] * 2


def test_a_reminder_whose_worker_died_comes_when_its_lease_is_over(parley, room, booking):
    parley.clock = DUE
    for message in reminders(parley):
        parley.outbox.claim(message, now=DUE)
    assert not sweep(parley, room)

    parley.clock = DUE + LEASE

    assert reminded(swept(parley, room)) == [KENJI, MIA]
