"""No mail is lost: not by a worker that dies, not by a mail service that refuses."""

import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
import vobject

from scheduling.domain.messages import LEASE, DeliveryState
from scheduling.use_cases.mails import deliver_message
from tests.stack.exercises import make_due
from tests.stack.grants import without
from tests.support.api_road import Road
from tests.support.deployed import (
    SECONDS_FOR_A_MAIL,
    an_address,
    link_in,
    rows_of,
    token_in,
)


@pytest.fixture
def road(stack):
    operator_link = stack.create_organization()["sign_in_url"]
    with stack.client() as admin, stack.client() as public:
        road = Road(admin, public, guest_email=an_address("mia"))
        road.sign_in(token_in(operator_link))
        yield road


class Killed(BaseException):
    """The worker is gone; no code of ours gets to handle it."""


@dataclass
class KilledAfterSending:
    """A mailer whose process dies once the mail service has the mail."""

    mailer: object

    @property
    def address(self):
        return self.mailer.address

    def send(self, mail):
        self.mailer.send(mail)
        raise Killed


def test_a_worker_that_dies_between_sent_and_recorded_loses_no_mail(stack, road, room):
    member = road.invite(email=an_address("kenji"))
    [request] = stack.wait_for_mails(member["email"])
    road.enter_times(token_in(link_in(request)))
    now = datetime.now(UTC)
    with stack.mails_held_back():
        booked = road.post_booking(member["booking_page"]["slug"], road.day).json()
        messages = [
            message
            for message in room.outbox.due(now=now + LEASE, limit=1000)
            if message.subject_id == booked["booking_id"]
        ]
        assert len(messages) == 3
        for message in messages:
            with pytest.raises(Killed):
                deliver_message(
                    message, now=now, room=replace(room, mailer=KilledAfterSending(room.mailer))
                )
            assert room.outbox.get(message).state is DeliveryState.SENDING
            assert deliver_message(message, now=now, room=room) is None

        later = now + 2 * LEASE
        for message in room.outbox.due(now=later, limit=1000):
            deliver_message(message, now=later, room=room)

    for message in messages:
        assert room.outbox.get(message).state in {DeliveryState.SENT, DeliveryState.DELIVERED}
    # Once SES has told of a mail, it is not sent again.
    first, *more = stack.mails_to(road.guest_email)
    assert len(more) <= 1
    for again in more:
        assert first["message-id"] == again["message-id"]
        assert event_in(first) == event_in(again)


def event_in(mail):
    [part] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    event = vobject.readOne(part.get_content()).vevent
    return event.uid.value, event.sequence.value


def test_while_mails_are_refused_all_else_goes_on_and_they_are_sent_later(stack, road):
    kenji = an_address("kenji")
    member = road.invite(email=an_address("host"))
    [request] = stack.wait_for_mails(member["email"])
    road.enter_times(token_in(link_in(request)))

    with ExitStack() as broken:
        for function in ("SendMailsFunction", "RetryMailsFunction"):
            broken.enter_context(without(stack, function, "SendMail", "ses:SendEmail"))
        invited = road.invite(email=kenji)
        booked = road.post_booking(member["booking_page"]["slug"], road.day)
        subjects = {invited["external_member_id"], booked.json()["booking_id"]}
        failed = wait_until_all_are(stack, "send_failed", subjects)
        seen = road.admin.get(f"/api/external-members/{invited['external_member_id']}").json()
        page = road.admin.get(f"/console/external-members/{invited['external_member_id']}")

    assert len(failed) == 1 + 3
    assert seen["request"]["delivery"] == "send_failed"
    assert "AccessDenied" in seen["request"]["last_error"]
    assert "Mail failed, trying again" in page.text
    mine = road.public.get("/api/guest/booking", headers=road.as_guest(booked.json()))
    assert mine.json()["state"] == "confirmed"
    assert stack.mails_to(kenji) == []

    for row in failed:
        make_due(stack, row)
    stack.invoke("RetryMailsFunction", {})

    # The schedule may have been faster with one of them, and be still at it.
    wait_until_all_are(stack, "sent", subjects)
    seen = road.admin.get(f"/api/external-members/{invited['external_member_id']}").json()
    assert seen["request"]["delivery"] in {"sent", "delivered"}
    assert len(stack.mails_to(kenji)) == 1
    assert len(stack.mails_to(road.guest_email)) == 1


def wait_until_all_are(stack, state, subjects):
    """Return the messages about these subjects as soon as all of them have come to a state."""
    deadline = time.monotonic() + SECONDS_FOR_A_MAIL
    while True:
        rows = [
            row
            for row in rows_of(stack.scheduling)
            # Reminders wait for their day.
            if row.get("subject_id") in subjects and row.get("state", "scheduled") != "scheduled"
        ]
        states = Counter(row["state"] for row in rows)
        if set(states) == {state}:
            return rows
        assert time.monotonic() < deadline, states
        time.sleep(0.1)
