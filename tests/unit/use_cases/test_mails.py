"""Promise R7: no mail is lost, whenever a worker dies, and few are sent twice."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.availability_request import usual_terms
from scheduling.domain.mails import CalendarMethod
from scheduling.domain.messages import LEASE, MAX_ATTEMPTS, DeliveryState
from scheduling.use_cases.availability import confirm_availability
from scheduling.use_cases.availability_requests import ask_again
from scheduling.use_cases.guest import cancel_guest_booking
from scheduling.use_cases.mails import deliver_message
from scheduling.use_cases.sign_in import request_sign_in
from tests.support.builders import AIKO, STAFF, at, between
from tests.support.mail_room import mail_room, sweep, swept
from tests.support.road import book, do, enter, invite, token


class Killed(BaseException):
    """The worker's process ends here."""


@pytest.fixture
def room(parley):
    return mail_room(parley)


def state(parley, message):
    return parley.store.messages[message].state


def test_an_invitation_is_mailed_to_the_invited_with_their_link(parley, room):
    member = invite(parley)

    deliver_message(member.request_mail, now=parley.now(), room=room)

    [mail] = room.mailer.sent
    link = f"https://parley.example/l/{token(parley, member.request.link_id)}"
    assert mail.recipient.email == "kenji@example.org"
    assert mail.reply_to.email == AIKO.email
    assert link in mail.rendered.text
    assert link in mail.rendered.html
    assert state(parley, member.request_mail) is DeliveryState.SENT


@pytest.mark.parametrize(
    ("title", "subject"),
    [
        ("Garden tour", "When could you meet? Garden tour, 30 minutes, with Hanami Studio"),
        ("", "When could you meet? 30 minutes, with Hanami Studio"),
    ],
)
def test_nobody_is_asked_for_a_meeting_with_no_title_but_their_own_name(
    parley, room, title, subject
):
    member = invite(parley, title=title)

    deliver_message(member.request_mail, now=parley.now(), room=room)

    [mail] = room.mailer.sent
    assert mail.rendered.subject == subject


def test_a_message_is_sent_once_however_often_it_is_announced(parley, room):
    member = invite(parley)

    for _ in range(3):
        deliver_message(member.request_mail, now=parley.now(), room=room)

    assert len(room.mailer.sent) == 1


def test_a_sign_in_link_is_mailed_to_members_only(parley, room):
    for address in (AIKO.email, "nobody@elsewhere.example"):
        do(parley, request_sign_in, address, network_address="192.0.2.1")

    sweep(parley, room)

    assert [mail.recipient.email for mail in room.mailer.sent] == [AIKO.email]
    assert {delivery.state for delivery in parley.store.messages.values()} == {
        DeliveryState.SENT,
        DeliveryState.SUPERSEDED,
    }


def test_the_person_in_charge_reads_what_was_entered(parley, room):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))

    sweep(parley, room)

    entered = room.mailer.sent[-1]
    assert entered.recipient.email == AIKO.email
    assert entered.reply_to.email == member.email
    assert "Tue 1 December 2026: 19:00–21:00" in entered.rendered.text
    assert "Tokyo, GMT+9" in entered.rendered.text


def test_only_the_latest_entry_and_the_latest_request_are_told(parley, room):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))
    enter(parley, member, between("14:00", "15:00"), version=1)
    do(parley, ask_again, STAFF, member.external_member_id, usual_terms(parley.now()))

    sweep(parley, room)

    assert len(room.mailer.sent) == 2


def test_a27_an_entry_that_was_confirmed_before_it_was_told_is_told(parley, room):
    member = invite(parley)
    sweep(parley, room)
    enter(parley, member, between("10:00", "12:00"))
    do(
        parley,
        confirm_availability,
        token(parley, member.request.link_id),
        version=1,
        network=STAFF.network,
    )

    [entered] = swept(parley, room)

    assert entered.recipient.email == AIKO.email
    assert "Tue 1 December 2026: 19:00–21:00" in entered.rendered.text


def test_a_booking_and_its_cancellation_reach_three_people_with_one_calendar_entry_each(
    parley, room
):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))
    sweep(parley, room)
    room.mailer.sent.clear()
    booked = book(parley, member, at("10:30"))
    sweep(parley, room)
    do(parley, cancel_guest_booking, token(parley, booked.booking.guest_link_id), reason="Ill")
    sweep(parley, room)

    told = [(mail.recipient.email, mail.calendar_method) for mail in room.mailer.sent]
    everybody = ["kenji@example.org", "mia@guest.example", AIKO.email]
    assert sorted(told[:3]) == sorted((who, CalendarMethod.REQUEST) for who in everybody)
    assert sorted(told[3:]) == sorted((who, CalendarMethod.CANCEL) for who in everybody)
    files = [mail.calendar_file.decode() for mail in room.mailer.sent]
    uid = f"UID:{booked.booking.booking_id}@mail.example"
    assert all(uid in file for file in files)
    assert all("SEQUENCE:0" in file for file in files[:3])
    assert all("SEQUENCE:1" in file for file in files[3:])


def test_a_confirmation_that_was_overtaken_by_a_cancellation_is_not_sent(parley, room):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))
    sweep(parley, room)
    room.mailer.sent.clear()
    booked = book(parley, member, at("10:30"))
    do(parley, cancel_guest_booking, token(parley, booked.booking.guest_link_id), reason="")

    sweep(parley, room)

    assert [mail.calendar_method for mail in room.mailer.sent] == [CalendarMethod.CANCEL] * 3


def test_a_failing_mail_service_leaves_everything_intact_and_the_mail_comes_later(parley, room):
    room.mailer.broken = True
    member = invite(parley)

    deliver_message(member.request_mail, now=parley.now(), room=room)

    stored = parley.external_members.get(member.organization_id, member.external_member_id)
    assert stored.request.has_failed
    failed = parley.store.messages[member.request_mail]
    assert (failed.state, failed.attempts) == (DeliveryState.SEND_FAILED, 1)
    assert failed.last_error == "ServiceUnavailable"

    room.mailer.broken = False
    assert not sweep(parley, room)
    parley.clock += timedelta(seconds=31)
    sweep(parley, room)

    assert len(room.mailer.sent) == 1
    assert state(parley, member.request_mail) is DeliveryState.SENT


def test_pauses_grow_and_the_eighth_failure_is_the_last(parley, room):
    room.mailer.broken = True
    member = invite(parley)
    pauses = []
    while state(parley, member.request_mail) is not DeliveryState.DEAD:
        before = parley.store.messages[member.request_mail].attempts
        deliver_message(member.request_mail, now=parley.now(), room=room)
        delivery = parley.store.messages[member.request_mail]
        assert delivery.attempts == before + 1
        if delivery.next_attempt_at:
            pauses.append(delivery.next_attempt_at - parley.clock)
            parley.clock = delivery.next_attempt_at

    assert [pause.total_seconds() for pause in pauses] == [30, 60, 120, 240, 480, 960, 1920]
    assert parley.store.messages[member.request_mail].attempts == MAX_ATTEMPTS
    parley.clock += timedelta(days=1)
    assert not sweep(parley, room)


def test_a_mail_that_cannot_be_written_is_given_up_like_one_that_cannot_be_sent(parley, room):
    member = invite(parley)
    parley.store.links.clear()

    deliver_message(member.request_mail, now=parley.now(), room=room)

    failed = parley.store.messages[member.request_mail]
    assert (failed.state, failed.last_error) == (DeliveryState.SEND_FAILED, "link_not_found")


def test_a_mail_at_which_every_worker_dies_is_given_up(parley, room):
    member = invite(parley)
    dying = replace(room, mail_templates=Fragile(room.mail_templates, "render", after=False))
    for _ in range(MAX_ATTEMPTS):
        with pytest.raises(Killed):
            deliver_message(member.request_mail, now=parley.now(), room=dying)
        parley.clock += LEASE

    deliver_message(member.request_mail, now=parley.now(), room=dying)

    dead = parley.store.messages[member.request_mail]
    assert (dead.state, dead.last_error) == (DeliveryState.DEAD, "never_finished")
    stored = parley.external_members.get(member.organization_id, member.external_member_id)
    assert stored.request.has_failed


STEPS = ["claim", "render", "send", "sent", "record"]


class Fragile:
    """Wraps a collaborator; the process dies at one of its calls."""

    def __init__(self, wrapped, method, *, after):
        self._wrapped, self._method, self._after = wrapped, method, after

    def __getattr__(self, name):
        found = getattr(self._wrapped, name)
        if name != self._method:
            return found

        def dying(*args, **kwargs):
            if self._after:
                found(*args, **kwargs)
            raise Killed

        return dying


def dying_at(step, room):
    match step:
        case "claim":
            return replace(room, outbox=Fragile(room.outbox, "claim", after=True))
        case "render":
            return replace(room, mail_templates=Fragile(room.mail_templates, "render", after=False))
        case "send":
            return replace(room, mailer=Fragile(room.mailer, "send", after=False))
        case "sent":
            return replace(room, mailer=Fragile(room.mailer, "send", after=True))
        case "record":
            return replace(room, outbox=Fragile(room.outbox, "record", after=True))
    raise AssertionError(step)


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_that_dies_anywhere_loses_no_mail(parley, room, step):
    member = invite(parley)
    with pytest.raises(Killed):
        deliver_message(member.request_mail, now=parley.now(), room=dying_at(step, room))

    assert not sweep(parley, room)
    parley.clock += LEASE + timedelta(seconds=1)
    sweep(parley, room)

    assert state(parley, member.request_mail) is DeliveryState.SENT
    copies = room.mailer.sent
    assert len(copies) == (2 if step == "sent" else 1)
    assert len({(mail.message_id, mail.rendered.text) for mail in copies}) == 1
