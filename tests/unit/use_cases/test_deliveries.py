"""E7: what became of each mail, and the link where no mail gets through."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.availability_request import usual_terms
from scheduling.domain.feedback import Bounced, BounceKind, Delivered
from scheduling.domain.links import AVAILABILITY_LIFE
from scheduling.domain.message_tags import address_hash
from scheduling.domain.messages import DeliveryState, MessageKind
from scheduling.domain.refusals import (
    BookingNotFound,
    ExternalMemberGone,
    ExternalMemberNotFound,
    LinkExpired,
)
from scheduling.use_cases.availability_requests import ask_again
from scheduling.use_cases.deliveries import (
    availability_link,
    deliveries_of_booking,
    deliveries_of_external_member,
)
from scheduling.use_cases.external_members import delete_external_member
from scheduling.use_cases.reputation import note_feedback
from tests.support.builders import ORGANIZATION, STAFF, at, between
from tests.support.mail_room import mail_room, swept
from tests.support.road import book, do, enter, invite, token

FOREIGN = replace(STAFF, organization=replace(ORGANIZATION, organization_id="o" * 26))


@pytest.fixture
def room(parley):
    return mail_room(parley)


def test_e7_each_mail_is_queued_sent_and_delivered_or_comes_back(parley, room):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))

    def states():
        found = do(parley, deliveries_of_external_member, STAFF, member.external_member_id)
        return {each.message.kind: each.delivery.state for each in found}

    queued = states()
    swept(parley, room)
    sent = states()
    hashed = address_hash(member.email)
    do(parley, note_feedback, member.request_mail, hashed, Delivered(parley.now()))
    delivered = states()
    came_back = Bounced(parley.now(), BounceKind.PERMANENT, "General", "550 user unknown")
    do(parley, note_feedback, member.request_mail, hashed, came_back)

    kind = MessageKind.AVAILABILITY_REQUEST
    assert [found[kind] for found in (queued, sent, delivered, states())] == [
        DeliveryState.QUEUED,
        DeliveryState.SENT,
        DeliveryState.DELIVERED,
        DeliveryState.BOUNCED,
    ]
    assert states()[MessageKind.AVAILABILITY_ENTERED] is DeliveryState.SENT


def test_the_mails_about_a_booking_are_told_to_its_organization_only(parley, room):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))
    booking = book(parley, member, at("10:30")).booking

    found = do(parley, deliveries_of_booking, STAFF, booking.booking_id)

    assert len(found) == 3
    with pytest.raises(BookingNotFound):
        do(parley, deliveries_of_booking, FOREIGN, booking.booking_id)
    with pytest.raises(ExternalMemberNotFound):
        do(parley, deliveries_of_external_member, FOREIGN, member.external_member_id)


def test_e7_staff_see_the_very_link_that_was_mailed(parley):
    member = invite(parley)
    writes = parley.store.writes

    link = do(parley, availability_link, STAFF, member.external_member_id)

    assert link.url == f"https://parley.example/l/{token(parley, member.request.link_id)}"
    assert link.expires_at == parley.now() + AVAILABILITY_LIFE
    assert parley.store.writes == writes


def test_a_link_that_has_ended_is_not_passed_on(parley):
    member = invite(parley)
    parley.clock += AVAILABILITY_LIFE + timedelta(seconds=1)
    with pytest.raises(LinkExpired):
        do(parley, availability_link, STAFF, member.external_member_id)

    do(parley, ask_again, STAFF, member.external_member_id, usual_terms(parley.now()))

    assert do(parley, availability_link, STAFF, member.external_member_id)


def test_nobody_passes_on_the_link_of_somebody_who_is_gone_or_not_theirs(parley):
    member = invite(parley)
    with pytest.raises(ExternalMemberNotFound):
        do(parley, availability_link, FOREIGN, member.external_member_id)
    do(
        parley,
        delete_external_member,
        STAFF,
        member.external_member_id,
        bookings_to_come=None,
    )

    with pytest.raises(ExternalMemberGone):
        do(parley, availability_link, STAFF, member.external_member_id)
