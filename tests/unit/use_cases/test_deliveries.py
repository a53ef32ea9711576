"""E7: what became of each mail, and the link where no mail gets through."""

from dataclasses import replace

import pytest

from scheduling.domain.audit import Activity
from scheduling.domain.feedback import Bounced, BounceKind, Delivered
from scheduling.domain.links import AVAILABILITY_LIFE
from scheduling.domain.message_tags import address_hash
from scheduling.domain.messages import DeliveryState, MessageKind
from scheduling.domain.refusals import (
    BookingNotFound,
    ExternalMemberGone,
    ExternalMemberNotFound,
)
from scheduling.use_cases.availability import availability_for_link
from scheduling.use_cases.deliveries import (
    copy_availability_link,
    deliveries_of_booking,
    deliveries_of_external_member,
)
from scheduling.use_cases.external_member_edits import edit_external_member
from scheduling.use_cases.external_members import (
    delete_external_member,
    external_member_overview,
)
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


def copied(parley, member, by=STAFF):
    return do(parley, copy_availability_link, by, member.external_member_id)


def test_e7_staff_copy_the_very_link_that_was_mailed_and_that_is_written_down(parley):
    member = invite(parley)

    links = [copied(parley, member) for _ in range(2)]

    assert {link.url for link in links} == {
        f"https://parley.example/l/{token(parley, member.request.link_id)}"
    }
    assert links[0].expires_at == parley.now() + AVAILABILITY_LIFE
    assert len(parley.store.links) == 1
    for entry in parley.store.entries[-2:]:
        assert entry.activity is Activity.AVAILABILITY_LINK_COPIED
        assert entry.subject_id == member.external_member_id
        assert entry.facts == {}


def expire(parley, member):
    parley.clock += AVAILABILITY_LIFE


def correct_the_address(parley, member):
    do(
        parley,
        edit_external_member,
        STAFF,
        member.external_member_id,
        version=1,
        email="kenji@elsewhere.example",
    )


@pytest.mark.parametrize("end", [expire, correct_the_address])
def test_e7_a_link_that_has_ended_is_replaced_by_one_that_works_and_nothing_is_mailed(parley, end):
    member = invite(parley)
    end(parley, member)
    messages = dict(parley.store.messages)

    copy, again = copied(parley, member), copied(parley, member)

    after = do(parley, external_member_overview, STAFF, member.external_member_id).member
    link = parley.store.links[after.request.link_id]
    former = parley.store.links[member.request.link_id]
    assert copy.url == again.url == f"https://parley.example/l/{token(parley, link.link_id)}"
    assert (link.generation, link.expires_at) == (2, parley.now() + AVAILABILITY_LIFE)
    assert former.replaced_at == parley.now()
    assert after.request.number == member.request.number
    assert parley.store.messages == messages
    assert parley.store.entries[-2].activity is Activity.AVAILABILITY_LINK_COPIED
    assert do(parley, availability_for_link, token(parley, link.link_id))


def test_nobody_copies_the_link_of_somebody_who_is_gone_or_not_theirs(parley):
    member = invite(parley)
    with pytest.raises(ExternalMemberNotFound):
        copied(parley, member, FOREIGN)
    do(
        parley,
        delete_external_member,
        STAFF,
        member.external_member_id,
        bookings_to_come=None,
    )
    writes = parley.store.writes

    with pytest.raises(ExternalMemberGone):
        copied(parley, member)
    assert parley.store.writes == writes
