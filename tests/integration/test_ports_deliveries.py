"""What the outbox and the reputation promise about mails that were sent, for both adapters."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from scheduling.adapters.dynamodb.bookings import DynamoDbBookings
from scheduling.adapters.dynamodb.external_members import DynamoDbExternalMembers
from scheduling.adapters.dynamodb.outbox import DynamoDbOutbox
from scheduling.adapters.dynamodb.reputation import DynamoDbReputation
from scheduling.domain.feedback import Bounced, BounceKind, Complained, Delayed, Delivered
from scheduling.domain.message_tags import address_hash
from scheduling.domain.messages import Delivery, DeliveryState, MessageKind, Recipient, Subject
from scheduling.domain.reputation import (
    MailCategory,
    MailStanding,
    PauseReason,
    SendingHealth,
    SuppressionReason,
)
from scheduling.domain.unsubscribing import Subscription
from tests.support.builders import (
    ORGANIZATION,
    a_booking,
    a_guest_link,
    a_link,
    a_message,
    a_page,
    a_request,
    an_entry,
    an_external_member,
    at,
    between,
)
from tests.support.in_memory import InMemoryAdapters
from tests.support.request_counter import counted_requests

ORG = ORGANIZATION.organization_id
NOW = at("09:00")
TODAY = NOW.date()
KENJI = address_hash("kenji@example.org")
DELIVERED, DELAYED, COMPLAINED = Delivered(NOW), Delayed(NOW), Complained(NOW)
FOR_GOOD = Bounced(NOW, BounceKind.PERMANENT, "General", "550 user unknown")
FOR_NOW = Bounced(NOW, BounceKind.TRANSIENT, "MailboxFull")
SENT = Delivery(DeliveryState.SENT, 1, sent_at=NOW, mail_id="mail-1")


@pytest.fixture(params=["in memory", "dynamodb"])
def ports(request):
    if request.param == "in memory":
        return InMemoryAdapters()
    scheduling, access = request.getfixturevalue("tables")
    return SimpleNamespace(
        external_members=DynamoDbExternalMembers(scheduling, access),
        bookings=DynamoDbBookings(scheduling, access),
        outbox=DynamoDbOutbox(scheduling),
        reputation=DynamoDbReputation(scheduling),
    )


def queued(ports, **details):
    host = an_external_member(**details)
    ports.external_members.add(host, a_page(host), a_link(host), [host.request_mail], an_entry())
    return host.request_mail


def claimed(ports, **details):
    message = queued(ports, **details)
    ports.outbox.claim(message, now=NOW)
    return message


def sent(ports, **details):
    message = claimed(ports, **details)
    ports.outbox.record(message, SENT)
    return message


def note(ports, message, feedback):
    return ports.reputation.note(message, KENJI, feedback)


# What is told about a mail


@pytest.mark.parametrize(
    ("feedback", "state"),
    [
        (DELIVERED, DeliveryState.DELIVERED),
        (FOR_NOW, DeliveryState.BOUNCED),
        (FOR_GOOD, DeliveryState.BOUNCED),
        (COMPLAINED, DeliveryState.COMPLAINED),
        (DELAYED, DeliveryState.SENT),
    ],
)
def test_what_is_told_about_a_mail_is_kept_once(ports, feedback, state):
    message = sent(ports)

    assert note(ports, message, feedback)

    told = ports.outbox.get(message)
    assert told == SENT.noting(feedback)
    assert told.state is state
    if feedback is not FOR_NOW:
        assert not note(ports, message, feedback)
        assert ports.outbox.get(message) == told


def test_what_is_told_sooner_than_it_is_recorded_stays(ports):
    message = claimed(ports)
    note(ports, message, DELIVERED)

    ports.outbox.record(message, SENT)

    assert ports.outbox.get(message) == SENT.noting(DELIVERED)
    assert ports.outbox.claim(message, now=at("23:00")) is None


def test_a_mail_that_is_told_of_is_not_sent_again_though_its_answer_got_lost(ports):
    message = claimed(ports)
    note(ports, message, DELIVERED)

    ports.outbox.record(message, Delivery(DeliveryState.SEND_FAILED, 1, at("09:10"), "ReadTimeout"))

    assert ports.outbox.get(message).state is DeliveryState.DELIVERED
    assert not ports.outbox.due(now=at("23:00"), limit=9)
    assert ports.outbox.claim(message, now=at("23:00")) is None


def test_a_delivery_that_is_told_late_hides_neither_bounce_nor_complaint(ports):
    message = sent(ports)

    for feedback in (FOR_GOOD, COMPLAINED, FOR_NOW, DELIVERED):
        note(ports, message, feedback)

    told = ports.outbox.get(message)
    assert told.state is DeliveryState.COMPLAINED
    assert told.bounce == FOR_GOOD


def test_nothing_is_kept_about_a_message_that_there_is_not(ports):
    unknown = replace(sent(ports), version=7)

    assert not note(ports, unknown, FOR_GOOD)

    assert ports.reputation.standing(ORG, KENJI) == MailStanding()
    assert ports.reputation.health(ORG, TODAY) == SendingHealth()


# Addresses that are not written to


@pytest.mark.parametrize(
    ("feedback", "reason"),
    [
        (DELIVERED, None),
        (FOR_NOW, None),
        (replace(FOR_NOW, kind=BounceKind.REJECTED), None),
        (FOR_GOOD, SuppressionReason.BOUNCED),
        (COMPLAINED, SuppressionReason.COMPLAINED),
    ],
)
def test_t10_an_address_is_suppressed_by_a_bounce_for_good_and_by_a_complaint(
    ports, feedback, reason
):
    note(ports, sent(ports), feedback)

    assert ports.reputation.standing(ORG, KENJI).suppressed is reason
    assert ports.reputation.standing(ORG, address_hash("x@y.example")).suppressed is None
    assert ports.reputation.standing("o" * 26, KENJI).suppressed is None


def test_a_complaint_counts_more_than_a_bounce_whichever_comes_first(ports):
    for first, second in ((COMPLAINED, FOR_GOOD), (FOR_GOOD, COMPLAINED)):
        message = sent(ports, email=f"{type(first).__name__}@example.org")
        note(ports, message, first)
        note(ports, message, second)

        assert ports.reputation.standing(ORG, KENJI).suppressed is SuppressionReason.COMPLAINED


def test_a_bounce_is_forgiven_and_a_complaint_is_not(ports):
    message = sent(ports)
    note(ports, message, FOR_GOOD)
    ports.reputation.lift(ORG, KENJI, an_entry())
    assert ports.reputation.standing(ORG, KENJI).suppressed is None

    note(ports, message, COMPLAINED)
    ports.reputation.lift(ORG, KENJI, an_entry())

    assert ports.reputation.standing(ORG, KENJI).suppressed is SuppressionReason.COMPLAINED


def test_whoever_unsubscribed_gets_no_more_of_that_category(ports):
    for _ in range(2):
        subscription = Subscription(ORG, KENJI, MailCategory.REMINDERS)
        ports.reputation.unsubscribe(subscription, now=NOW)

    reminders = ports.reputation.standing(ORG, KENJI, MailCategory.REMINDERS)
    assert reminders.suppressed is SuppressionReason.UNSUBSCRIBED
    assert ports.reputation.standing(ORG, KENJI).suppressed is None


# How an organization's mails fare


def test_mails_are_counted_up_to_the_days_limit(ports):
    counted = [ports.reputation.count_mail(ORG, TODAY, limit=3) for _ in range(4)]

    assert counted == [True, True, True, False]
    assert ports.reputation.count_mail(ORG, TODAY + timedelta(days=1), limit=3)
    assert ports.reputation.count_mail("o" * 26, TODAY, limit=3)


def test_a_mail_that_comes_back_counts_once(ports):
    message = sent(ports)

    for feedback in (FOR_NOW, FOR_GOOD, FOR_GOOD, COMPLAINED, COMPLAINED, DELIVERED):
        note(ports, message, feedback)

    assert ports.reputation.health(ORG, TODAY) == SendingHealth(bounced=1, complained=1)


@pytest.mark.parametrize(("days_later", "sent"), [(0, 1), (6, 1), (7, 0)])
def test_a_day_counts_for_a_week(ports, days_later, sent):
    ports.reputation.count_mail(ORG, TODAY, limit=9)

    assert ports.reputation.health(ORG, TODAY + timedelta(days=days_later)).sent == sent


def test_t41_one_organization_is_paused_and_no_other(ports):
    assert ports.reputation.pause(ORG, PauseReason.BOUNCES, an_entry(), now=NOW)
    assert not ports.reputation.pause(ORG, PauseReason.COMPLAINTS, an_entry(), now=at("10:00"))

    assert ports.reputation.standing(ORG, KENJI).is_paused
    assert not ports.reputation.standing("o" * 26, KENJI).is_paused
    health = ports.reputation.health(ORG, TODAY)
    assert (health.paused_at, health.pause_reason) == (NOW, PauseReason.BOUNCES)


def test_after_a_pause_an_organization_is_judged_anew(ports):
    note(ports, sent(ports), FOR_GOOD)
    yesterday = TODAY - timedelta(days=1)
    for day in (yesterday, TODAY):
        ports.reputation.count_mail(ORG, day, limit=9)
    ports.reputation.pause(ORG, PauseReason.BOUNCES, an_entry(), now=NOW)

    for _ in range(2):
        ports.reputation.resume(ORG, now=NOW)

    assert not ports.reputation.standing(ORG, KENJI).is_paused
    assert ports.reputation.health(ORG, TODAY) == SendingHealth()
    note(ports, sent(ports, email="lena@example.org"), FOR_GOOD)
    ports.reputation.count_mail(ORG, TODAY, limit=9)
    ports.reputation.resume(ORG, now=NOW)
    assert ports.reputation.health(ORG, TODAY) == SendingHealth(sent=1, bounced=1)


# Messages that wait for their organization


def test_a_pause_uses_up_no_try_and_ends_when_the_organization_goes_on(ports):
    message = claimed(ports)

    ports.outbox.record(message, Delivery(DeliveryState.PAUSED, 1))

    waiting = ports.outbox.get(message)
    assert (waiting.state, waiting.attempts) == (DeliveryState.PAUSED, 0)
    assert not ports.outbox.due(now=at("23:00"), limit=9)
    assert ports.outbox.claim(message, now=at("23:00")) is None
    assert ports.outbox.requeue_paused("o" * 26, now=at("10:00")) == 0
    assert ports.outbox.requeue_paused(ORG, now=at("10:00")) == 1
    assert ports.outbox.requeue_paused(ORG, now=at("10:00")) == 0
    assert list(ports.outbox.due(now=at("10:00"), limit=9)) == [message]
    assert ports.outbox.claim(message, now=at("10:00")).attempts == 1


def test_one_message_that_waited_is_sent_and_no_other(ports):
    message, other = claimed(ports), claimed(ports, email="lena@example.org")
    for each in (message, other):
        ports.outbox.record(each, Delivery(DeliveryState.PAUSED, 1))

    assert ports.outbox.requeue(message, now=at("10:00"))
    assert not ports.outbox.requeue(message, now=at("10:00"))

    assert list(ports.outbox.due(now=at("10:00"), limit=9)) == [message]
    assert ports.outbox.requeue_paused(ORG, now=at("10:00")) == 1


def test_what_is_beyond_the_days_limit_is_due_the_next_day(ports):
    message = claimed(ports)

    ports.outbox.record(message, Delivery(DeliveryState.PAUSED, 1, at("24:00"), "mails_per_day"))

    assert not ports.outbox.requeue(message, now=at("10:00"))
    assert ports.outbox.requeue_paused(ORG, now=at("10:00")) == 0
    assert not ports.outbox.due(now=at("23:59"), limit=9)
    assert list(ports.outbox.due(now=at("24:00"), limit=9)) == [message]
    assert ports.outbox.claim(message, now=at("24:00")).attempts == 1


# The ledger


def test_the_mails_about_one_thing_are_listed_the_newest_first(ports):
    queued(ports, email="lena@example.org")
    member = an_external_member()
    ports.external_members.add(
        member, a_page(member), a_link(member), [member.request_mail], an_entry()
    )
    again = replace(member, request=a_request(NOW, number=2, link_id="x" * 22))
    ports.external_members.ask_again(
        again,
        replace(a_link(again), created_at=NOW),
        [again.request_mail],
        an_entry(),
        replaces=a_link(member).link_id,
    )
    ports.outbox.claim(again.request_mail, now=NOW)
    ports.outbox.record(again.request_mail, SENT)

    listed = ports.outbox.of_subject(ORG, Subject.EXTERNAL_MEMBER, member.external_member_id)

    assert [(each.message, each.queued_at, each.delivery.state) for each in listed] == [
        (again.request_mail, NOW, DeliveryState.SENT),
        (member.request_mail, member.request.asked_at, DeliveryState.QUEUED),
    ]


def test_the_mails_about_a_booking_are_listed(ports):
    booking = a_booking(an_external_member(), between("10:00", "11:00"))
    messages = [
        replace(a_message(booking), recipient=Recipient.HOST, which="a"),
        a_message(booking),
        replace(a_message(booking, MessageKind.BOOKING_REMINDER), which="60", due_at=NOW),
    ]
    ports.bookings.add(booking, a_guest_link(booking), messages)

    listed = ports.outbox.of_subject(ORG, Subject.BOOKING, booking.booking_id)

    assert {each.message for each in listed} == set(messages)
    assert ports.outbox.of_subject("o" * 26, Subject.BOOKING, booking.booking_id) == []


def test_looking_at_the_ledger_and_at_an_address_is_one_request_each(tables):
    scheduling, _ = tables
    outbox, reputation = DynamoDbOutbox(scheduling), DynamoDbReputation(scheduling)

    with counted_requests(scheduling.client) as listing:
        outbox.of_subject(ORG, Subject.BOOKING, "b" * 26)
    with counted_requests(scheduling.client) as standing:
        reputation.standing(ORG, KENJI, MailCategory.REMINDERS)
    with counted_requests(scheduling.client) as health:
        reputation.health(ORG, TODAY)

    assert (listing, standing, health) == ({"Query": 1}, {"BatchGetItem": 1}, {"Query": 1})
