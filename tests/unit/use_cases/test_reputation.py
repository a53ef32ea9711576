"""Threats T10, T41 and T42: what harms the sender is held back, and nothing else."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from scheduling.domain.availability_request import usual_terms
from scheduling.domain.feedback import Bounced, BounceKind, Complained, Delivered
from scheduling.domain.message_tags import address_hash
from scheduling.domain.messages import DeliveryState, MessageKind
from scheduling.domain.people import Role
from scheduling.domain.refusals import AddressSuppressed, NotAllowed
from scheduling.domain.reputation import PauseReason, SuppressionReason
from scheduling.use_cases.availability_requests import ask_again
from scheduling.use_cases.reputation import note_feedback, resume_sending, sending_health
from scheduling.use_cases.sign_in import request_sign_in
from scheduling.use_cases.suppressions import trust_mailbox_again, unsubscribe
from tests.support.builders import AIKO, ORGANIZATION, STAFF, an_entry, at, between
from tests.support.in_memory import InMemoryOutbox
from tests.support.mail_room import mail_room, swept
from tests.support.road import book, do, enter, external, invite, make_page

ORG = ORGANIZATION.organization_id
MIA, KENJI, LENA = "mia@guest.example", "kenji@example.org", "lena@example.org"
HOUR = timedelta(hours=1)


@pytest.fixture
def room(parley):
    return mail_room(parley)


def bounced(parley):
    return Bounced(parley.now(), BounceKind.PERMANENT, "General", "550 user unknown")


def told(parley, message, feedback, email=KENJI):
    return do(parley, note_feedback, message, address_hash(email), feedback)


def state(parley, message):
    return parley.store.messages[message].state


def send_many(parley, number):
    """Count mails as if the organization had sent them today."""
    for _ in range(number):
        parley.reputation.count_mail(ORG, parley.now().date(), limit=10_000)


def test_e7_a_bounced_address_is_not_asked_again_until_it_is_edited_or_said_to_work(parley, room):
    member = invite(parley)
    swept(parley, room)
    told(parley, member.request_mail, bounced(parley))
    writes = parley.store.writes

    with pytest.raises(AddressSuppressed) as refused:
        do(parley, ask_again, STAFF, member.external_member_id, usual_terms(parley.now()))

    assert refused.value.reason is SuppressionReason.BOUNCED
    assert parley.store.writes == writes
    do(parley, trust_mailbox_again, STAFF, member.external_member_id)
    again = do(parley, ask_again, STAFF, member.external_member_id, usual_terms(parley.now()))
    swept(parley, room)
    assert state(parley, again.request_mail) is DeliveryState.SENT


def test_an_edited_address_is_asked_at_once(parley, room):
    member = invite(parley)
    swept(parley, room)
    told(parley, member.request_mail, bounced(parley))
    key = ORG, member.external_member_id
    parley.store.external_members[key] = replace(member, email="kenji.tanaka@example.org")

    again = do(parley, ask_again, STAFF, member.external_member_id, usual_terms(parley.now()))
    [mail] = swept(parley, room)

    assert mail.recipient.email == "kenji.tanaka@example.org"
    assert state(parley, again.request_mail) is DeliveryState.SENT


def test_staff_cannot_take_a_complaint_back_for_somebody(parley, room):
    member = invite(parley)
    swept(parley, room)
    told(parley, member.request_mail, Complained(parley.now()))

    again = partial(ask_again, terms=usual_terms(parley.now()))
    for use_case in (trust_mailbox_again, again):
        with pytest.raises(AddressSuppressed):
            do(parley, use_case, STAFF, member.external_member_id)


def test_t10_nothing_more_is_sent_where_a_mail_came_back(parley, room):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))
    swept(parley, room)
    told(parley, member.request_mail, bounced(parley))

    booked = book(parley, member, at("10:30")).booking
    mails = swept(parley, room)

    assert sorted(mail.recipient.email for mail in mails) == [AIKO.email, MIA]
    [held] = [
        delivery
        for message, delivery in parley.store.messages.items()
        if message.subject_id == booked.booking_id and delivery.state is DeliveryState.SUPPRESSED
    ]
    assert held.last_error == "bounced"
    assert held.next_attempt_at is None


def come_back(parley, room, *addresses):
    """Invite people whose mails come back; return why the organization was paused by the last."""
    for address in addresses:
        member = invite(parley, email=address)
        swept(parley, room)
        reason = told(parley, member.request_mail, bounced(parley), address)
    return reason


def test_t41_an_organization_whose_mails_come_back_is_paused_and_the_next_is_not(parley, room):
    send_many(parley, 97)
    assert come_back(parley, room, "a@bought.example", "b@bought.example") is None
    assert come_back(parley, room, "c@bought.example") is PauseReason.BOUNCES

    waiting = invite(parley, email=LENA)
    assert swept(parley, room) == []
    assert state(parley, waiting.request_mail) is DeliveryState.PAUSED
    assert do(parley, sending_health, STAFF).pause_reason is PauseReason.BOUNCES
    assert not parley.reputation.standing("o" * 26, address_hash(LENA)).is_paused


def test_what_waited_is_sent_once_an_admin_lets_it_go_on(parley, room):
    parley.reputation.pause(ORG, PauseReason.BOUNCES, an_entry(), now=parley.now())
    waiting = [invite(parley, email=f"{name}@example.org") for name in ("a", "b")]
    swept(parley, room)
    parley.clock += timedelta(days=3)

    assert do(parley, resume_sending, STAFF) == 2
    mails = swept(parley, room)

    assert [mail.recipient.email for mail in mails] == [each.email for each in waiting]
    assert parley.store.messages[waiting[0].request_mail].attempts == 1


class ResumedMeanwhile(InMemoryOutbox):
    """Between a worker's look at the organization and its record, an admin lets mails go on."""

    def __init__(self, parley):
        super().__init__(parley.store)
        self._resume = partial(do, parley, resume_sending, STAFF)

    def record(self, message, delivery):
        self._resume()
        super().record(message, delivery)


def test_a_mail_that_came_to_wait_while_an_admin_let_all_go_on_is_sent(parley, room):
    parley.reputation.pause(ORG, PauseReason.BOUNCES, an_entry(), now=parley.now())
    member = invite(parley)
    assert swept(parley, replace(room, outbox=ResumedMeanwhile(parley))) == []

    [mail] = swept(parley, room)

    assert mail.recipient.email == member.email


def test_only_an_admin_lets_mails_go_on(parley):
    member = replace(STAFF, member=replace(AIKO, role=Role.MEMBER))
    parley.reputation.pause(ORG, PauseReason.BOUNCES, an_entry(), now=parley.now())
    writes = parley.store.writes

    with pytest.raises(NotAllowed):
        do(parley, resume_sending, member)

    assert parley.store.writes == writes


def test_whoever_noted_a_bounce_and_died_leaves_the_pause_to_the_next_telling(parley, room):
    send_many(parley, 97)
    come_back(parley, room, "a@bought.example", "b@bought.example")
    member = invite(parley)
    swept(parley, room)
    parley.reputation.note(member.request_mail, address_hash(KENJI), bounced(parley))

    assert told(parley, member.request_mail, bounced(parley)) is PauseReason.BOUNCES


def test_a_delivery_pauses_nobody(parley, room):
    member = invite(parley)
    swept(parley, room)

    assert told(parley, member.request_mail, Delivered(parley.now())) is None


def test_signing_in_stays_possible_while_mails_wait_and_after_a_complaint(parley, room):
    parley.reputation.pause(ORG, PauseReason.COMPLAINTS, an_entry(), now=parley.now())
    for _ in range(2):
        do(parley, request_sign_in, AIKO.email, network_address="192.0.2.1")
        [mail] = swept(parley, room)
        assert mail.recipient.email == AIKO.email
        [message, *_] = [
            message for message in parley.store.messages if message.kind is MessageKind.SIGN_IN_LINK
        ]
        told(parley, message, Complained(parley.now()), AIKO.email)


def test_t10_no_sign_in_mail_goes_to_a_mailbox_that_is_not_there(parley, room):
    do(parley, request_sign_in, AIKO.email, network_address="192.0.2.1")
    swept(parley, room)
    [message] = parley.store.messages
    told(parley, message, bounced(parley), AIKO.email)

    do(parley, request_sign_in, AIKO.email, network_address="192.0.2.1")

    assert swept(parley, room) == []
    assert not parley.reputation.standing(ORG, address_hash(AIKO.email)).suppressed


def test_t45_what_is_beyond_a_days_mails_is_sent_the_next_day(parley):
    room = replace(mail_room(parley), mails_per_day=2)
    for name in ("a", "b", "c"):
        invite(parley, email=f"{name}@example.org")

    assert len(swept(parley, room)) == 2
    assert swept(parley, room) == []
    parley.clock = parley.clock.replace(hour=0) + timedelta(days=1)
    assert len(swept(parley, room)) == 1


def test_a_mail_that_is_tried_again_counts_once(parley, room):
    room = replace(room, mails_per_day=1)
    invite(parley)
    room.mailer.broken = True
    swept(parley, room)
    room.mailer.broken = False
    parley.clock += timedelta(minutes=1)

    assert len(swept(parley, room)) == 1
    assert do(parley, sending_health, STAFF).sent == 1


@pytest.fixture
def reminded(parley, room):
    """The mails that remind of a meeting at 12:00, an hour before."""
    member = invite(parley)
    enter(parley, member, between("10:00", "16:00"))
    make_page(parley, external(member), slug="review", reminders=(HOUR,))
    book(parley, "review", at("12:00"))
    sent = swept(parley, room)
    assert not any(mail.unsubscribe_url for mail in sent)
    parley.clock = at("11:00")
    return swept(parley, room)


def test_t42_only_reminders_to_people_without_an_account_can_be_unsubscribed_from(parley, reminded):
    by_recipient = {mail.recipient.email: mail.unsubscribe_url for mail in reminded}

    assert set(by_recipient) == {MIA, KENJI}
    assert all(
        url.startswith("https://parley.example/unsubscribe/u1.") for url in by_recipient.values()
    )
    assert len(set(by_recipient.values())) == 2


def test_whoever_unsubscribed_gets_no_more_reminders_and_all_other_mails(parley, room, reminded):
    [to_mia] = [mail for mail in reminded if mail.recipient.email == MIA]
    do(parley, unsubscribe, to_mia.unsubscribe_url.rpartition("/")[2])
    parley.clock = at("08:00")

    book(parley, "review", at("14:00"), key="another form")
    confirmed = swept(parley, room)
    parley.clock = at("13:00")
    reminders = swept(parley, room)

    assert MIA in {mail.recipient.email for mail in confirmed}
    assert {mail.recipient.email for mail in reminders} == {KENJI}
