"""The availability request as something that is followed up, and the freshness of the answer."""

from collections import Counter
from datetime import date, timedelta

import pytest

from scheduling.domain.audit import Activity, ActorKind
from scheduling.domain.availability import CONFIRM_BEFORE, FRESH_FOR
from scheduling.domain.availability_request import RequestFact, RequestTerms, usual_terms
from scheduling.domain.feedback import Bounced, BounceKind
from scheduling.domain.hours import DateSpan
from scheduling.domain.message_tags import address_hash
from scheduling.domain.messages import MessageKind
from scheduling.domain.refusals import (
    AddressSuppressed,
    AvailabilityChanged,
    ExternalMemberGone,
    InvalidInput,
    LinkReplaced,
)
from scheduling.domain.standing import Standing, standing_of
from scheduling.domain.time_range import TimeRange
from scheduling.use_cases.availability import (
    availability_for_link,
    confirm_availability,
    note_opened,
    show_availability_to_staff,
)
from scheduling.use_cases.availability_requests import ask_again
from scheduling.use_cases.external_members import (
    BookingsToCome,
    delete_external_member,
    external_members_to_look_at,
)
from scheduling.use_cases.mails import deliver_message
from scheduling.use_cases.reputation import note_feedback
from tests.support.builders import AIKO, STAFF, between
from tests.support.mail_room import mail_room, swept
from tests.support.road import do, enter, invite, token

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KENJI = "kenji@example.org"


@pytest.fixture
def room(parley):
    return mail_room(parley)


def stored(parley, member):
    return parley.external_members.get(member.organization_id, member.external_member_id)


def standing(parley, member):
    return standing_of(stored(parley, member), parley.now())


def kind_of(mail):
    return mail.message_id.split(".")[2]


def lived_through(parley, room, days):
    """Let days pass hour by hour; return each mail with the instant it was sent at."""
    sent = []
    for _ in range(days * 24):
        sent += [(parley.now(), mail) for mail in swept(parley, room)]
        parley.clock += HOUR
    return sent


def kinds(sent):
    return Counter(kind_of(mail) for _, mail in sent)


def terms(parley, **changes):
    return RequestTerms(**({"deadline": parley.now() + 7 * DAY} | changes))


def days_ahead(parley, days, hours=2):
    start = parley.now() + days * DAY
    return TimeRange(start, start + hours * HOUR)


def confirm(parley, member, version):
    return do(
        parley,
        confirm_availability,
        token(parley, stored(parley, member).request.link_id),
        version=version,
        network="192.0.2.0/24",
    )


def ask(parley, member, given=None):
    given = given or usual_terms(parley.now())
    return do(parley, ask_again, STAFF, member.external_member_id, given)


def test_e1_an_unanswered_request_gives_its_reminders_then_one_notice_and_nothing_more(
    parley, room
):
    begin = parley.now()
    member = invite(parley)

    sent = lived_through(parley, room, 60)

    assert [(kind_of(mail), mail.recipient.email, at - begin) for at, mail in sent] == [
        (MessageKind.AVAILABILITY_REQUEST, KENJI, 0 * DAY),
        (MessageKind.AVAILABILITY_REMINDER, KENJI, 4 * DAY),
        (MessageKind.AVAILABILITY_REMINDER, KENJI, 6 * DAY),
        (MessageKind.AVAILABILITY_OVERDUE, AIKO.email, 7 * DAY),
    ]
    assert standing(parley, member) is Standing.EXPIRED


def test_e1_a_request_passes_through_its_states(parley, room):
    member = invite(parley)
    assert standing(parley, member) is Standing.QUEUED
    swept(parley, room)
    assert standing(parley, member) is Standing.SENT
    parley.external_members.note(stored(parley, member), RequestFact.DELIVERED, at=parley.now())
    assert standing(parley, member) is Standing.DELIVERED
    do(parley, note_opened, token(parley, member.request.link_id))
    assert standing(parley, member) is Standing.OPENED
    parley.clock += 7 * DAY
    assert standing(parley, member) is Standing.OVERDUE
    enter(parley, member, days_ahead(parley, 1))
    assert standing(parley, member) is Standing.ANSWERED


def test_e1_nobody_is_reminded_of_what_they_answered(parley, room):
    member = invite(parley)
    swept(parley, room)
    enter(parley, member, days_ahead(parley, 30))

    sent = lived_through(parley, room, 20)

    assert kinds(sent) == {MessageKind.AVAILABILITY_ENTERED: 1}


def test_e1_fewer_times_than_asked_for_are_a_part_and_reminders_go_on(parley, room):
    member = invite(parley, terms=terms(parley, minimum_windows=2, minimum_length=5 * HOUR))
    enter(parley, member, days_ahead(parley, 9, hours=6))
    assert standing(parley, member) is Standing.PARTLY_ANSWERED

    sent = lived_through(parley, room, 8)
    assert kinds(sent)[MessageKind.AVAILABILITY_REMINDER] == 2
    assert kinds(sent)[MessageKind.AVAILABILITY_OVERDUE] == 1

    enter(parley, member, days_ahead(parley, 1), days_ahead(parley, 2, hours=3), version=1)
    assert standing(parley, member) is Standing.ANSWERED


def test_e1_only_times_in_the_wished_range_count(parley):
    wished = DateSpan(date(2026, 12, 10), date(2026, 12, 11))
    member = invite(parley, terms=terms(parley, wished=wished))

    enter(parley, member, days_ahead(parley, 2))
    assert standing(parley, member) is Standing.PARTLY_ANSWERED

    enter(parley, member, days_ahead(parley, 9), version=1)
    assert standing(parley, member) is Standing.ANSWERED


def test_e1_taking_times_away_later_does_not_bring_the_reminders_back(parley, room):
    member = invite(parley)
    enter(parley, member, days_ahead(parley, 9))
    enter(parley, member, version=1)

    sent = lived_through(parley, room, 8)

    assert kinds(sent)[MessageKind.AVAILABILITY_REMINDER] == 0
    assert standing(parley, member) is Standing.NO_OPEN_TIMES


def test_e1_each_wrong_term_is_named(parley):
    wrong = terms(
        parley,
        deadline=parley.now(),
        wished=DateSpan(date(2026, 12, 11), date(2026, 12, 10)),
        minimum_windows=0,
        minimum_length=timedelta(days=32),
        message="x" * 501,
        reminders=(timedelta(0),),
    )

    with pytest.raises(InvalidInput) as refused:
        invite(parley, terms=wrong)

    assert [problem.field for problem in refused.value.problems] == [
        "request.deadline",
        "request.wished_last",
        "request.minimum_windows",
        "request.minimum_minutes",
        "request.reminders_hours",
        "request.message",
    ]
    assert parley.store.writes == 0


def test_e1_the_words_of_whoever_asks_stand_in_the_mail(parley, room):
    invite(parley, terms=terms(parley, message="Mornings would be best."))

    [mail] = swept(parley, room)

    assert "Mornings would be best." in mail.rendered.text


def test_e1_asking_again_begins_anew(parley, room):
    member = invite(parley)
    lived_through(parley, room, 5)

    again = ask(parley, member)
    sent = lived_through(parley, room, 10)

    assert again.request.number == 2
    assert kinds(sent) == {
        MessageKind.AVAILABILITY_REQUEST: 1,
        MessageKind.AVAILABILITY_REMINDER: 2,
        MessageKind.AVAILABILITY_OVERDUE: 1,
    }


def test_e1_the_person_in_charge_hears_nothing_of_somebody_deleted(parley, room):
    member = invite(parley)
    swept(parley, room)
    do(
        parley,
        delete_external_member,
        STAFF,
        member.external_member_id,
        bookings_to_come=BookingsToCome.KEEP,
    )

    assert lived_through(parley, room, 10) == []
    with pytest.raises(ExternalMemberGone):
        ask(parley, member)


def test_e1_a_failed_mail_shows_until_a_later_one_goes_out(parley, room):
    room.mailer.broken = True
    member = invite(parley)
    swept(parley, room)
    assert standing(parley, member) is Standing.SEND_FAILED

    room.mailer.broken = False
    parley.clock += timedelta(minutes=1)
    swept(parley, room)

    assert standing(parley, member) is Standing.SENT


def test_e7_an_address_that_bounced_is_not_asked_again_before_it_is_corrected(parley, room):
    member = invite(parley)
    swept(parley, room)
    bounced = Bounced(parley.now(), BounceKind.PERMANENT)
    do(parley, note_feedback, member.request_mail, address_hash(KENJI), bounced)

    assert standing(parley, member) is Standing.BOUNCED
    with pytest.raises(AddressSuppressed):
        ask(parley, member)


def test_e8_opening_counts_when_a_person_touches_the_page_not_when_it_is_loaded(parley, room):
    member = invite(parley)
    swept(parley, room)
    before = parley.store.writes

    do(parley, availability_for_link, token(parley, member.request.link_id))
    assert parley.store.writes == before

    for _ in range(2):
        do(parley, note_opened, token(parley, member.request.link_id))
    assert stored(parley, member).request.facts[RequestFact.OPENED] == parley.now()
    assert parley.store.writes == before + 1


def test_e2_after_four_weeks_without_a_word_times_are_stale(parley, room):
    begin = parley.now()
    member = invite(parley)
    enter(parley, member, days_ahead(parley, 50))
    swept(parley, room)

    sent = lived_through(parley, room, 29)

    [(at, mail)] = sent
    assert (kind_of(mail), mail.recipient.email) == ("availability_still_right", KENJI)
    assert at - begin == FRESH_FOR - CONFIRM_BEFORE
    assert standing(parley, member) is Standing.STALE


def test_e2_one_press_keeps_times_fresh_and_they_are_asked_about_again(parley, room):
    member = invite(parley)
    times = days_ahead(parley, 80)
    enter(parley, member, times)
    lived_through(parley, room, 26)

    confirmed = confirm(parley, member, version=1)
    sent = lived_through(parley, room, 27)

    assert confirmed.windows == (times,)
    assert confirmed.valid_until - confirmed.confirmed_at == FRESH_FOR
    assert kinds(sent) == {MessageKind.AVAILABILITY_STILL_RIGHT: 1}
    assert standing(parley, member) is Standing.ANSWERED


def test_e1_times_that_are_over_answer_no_new_request(parley):
    member = invite(parley)
    enter(parley, member, days_ahead(parley, 1))
    parley.clock += 2 * DAY
    ask(parley, member)

    confirm(parley, member, version=1)

    assert stored(parley, member).request.fulfilled_at is None


def test_e1_times_that_are_still_right_answer_a_new_request_when_that_is_said(parley):
    member = invite(parley)
    enter(parley, member, days_ahead(parley, 9))
    parley.clock += 2 * DAY
    ask(parley, member)

    confirm(parley, member, version=1)

    assert stored(parley, member).request.fulfilled_at == parley.now()


def test_e2_a_confirmation_of_times_that_were_changed_meanwhile_is_refused(parley):
    member = invite(parley)
    enter(parley, member, days_ahead(parley, 9))
    enter(parley, member, days_ahead(parley, 8), version=1)

    with pytest.raises(AvailabilityChanged):
        confirm(parley, member, version=1)


def test_e2_nobody_is_asked_about_times_that_are_over(parley, room):
    member = invite(parley)
    enter(parley, member, days_ahead(parley, 2))
    swept(parley, room)

    assert lived_through(parley, room, 40) == []
    assert standing(parley, member) is Standing.NO_OPEN_TIMES


def test_e2_a_replaced_link_confirms_nothing(parley):
    member = invite(parley)
    enter(parley, member, days_ahead(parley, 9))
    old = token(parley, member.request.link_id)
    ask(parley, member)

    with pytest.raises(LinkReplaced):
        do(parley, confirm_availability, old, version=1, network="192.0.2.0/24")


def test_what_needs_a_human_is_found_without_reading_everybody(parley):
    late = invite(parley, email="late@example.org")
    done = invite(parley, email="done@example.org")
    enter(parley, done, days_ahead(parley, 40))
    parley.clock += 8 * DAY

    found = do(parley, external_members_to_look_at, STAFF, limit=9)

    assert [overview.member.email for overview in found] == [late.email]


def test_a17_whoever_of_the_staff_looks_at_the_page_is_written_down(parley):
    member = invite(parley)

    page = do(parley, show_availability_to_staff, STAFF, member.external_member_id)

    entry = parley.store.entries[-1]
    assert page.external_member == stored(parley, member)
    assert (entry.activity, entry.subject_id) == (
        Activity.AVAILABILITY_SEEN,
        member.external_member_id,
    )
    assert entry.actor.actor_id == AIKO.member_id


def test_e9_each_step_is_written_down_with_who_took_it(parley):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))
    confirm(parley, member, version=1)
    ask(parley, member)

    log = [(entry.activity, entry.actor.kind) for entry in parley.store.entries[1:]]

    assert log == [
        (Activity.EXTERNAL_MEMBER_INVITED, ActorKind.MEMBER),
        (Activity.AVAILABILITY_SAVED, ActorKind.EXTERNAL_MEMBER),
        (Activity.AVAILABILITY_CONFIRMED, ActorKind.EXTERNAL_MEMBER),
        (Activity.AVAILABILITY_REQUESTED, ActorKind.MEMBER),
    ]


def test_a_reminder_that_is_half_a_day_late_is_dropped(parley, room):
    member = invite(parley)
    swept(parley, room)
    [reminder, *_] = [
        message
        for message in parley.store.messages
        if message.kind is MessageKind.AVAILABILITY_REMINDER
    ]
    parley.clock = reminder.due_at + 13 * HOUR

    delivery = deliver_message(reminder, now=parley.now(), room=room)

    assert delivery.state == "too_late"
    assert standing(parley, member) is Standing.SENT
