"""A19: changing name, address and person in charge of an external member."""

from dataclasses import replace

import pytest

from scheduling.domain.audit import Activity
from scheduling.domain.availability import CONFIRM_BEFORE, FRESH_FOR
from scheduling.domain.availability_request import usual_terms
from scheduling.domain.identifiers import derived_id
from scheduling.domain.messages import DeliveryState
from scheduling.domain.people import Role
from scheduling.domain.refusals import (
    EmailAlreadyInvited,
    ExternalMemberChanged,
    ExternalMemberGone,
    InvalidInput,
    LinkRevoked,
)
from scheduling.domain.time_range import TimeRange
from scheduling.use_cases.availability import availability_for_link
from scheduling.use_cases.availability_requests import ask_again
from scheduling.use_cases.external_member_edits import edit_external_member
from scheduling.use_cases.external_members import delete_external_member
from scheduling.use_cases.mails import deliver_message
from tests.support.builders import AIKO, EARLY, STAFF, at, between
from tests.support.mail_room import mail_room, swept
from tests.support.road import book, do, enter, invite, token

BEN = replace(AIKO, member_id=derived_id("ben"), email="ben@hanami.example", role=Role.MEMBER)


@pytest.fixture
def ben(parley):
    parley.store.members[BEN.organization_id, BEN.member_id] = BEN
    return BEN


def edit(parley, member, *, version=1, **changes):
    return do(
        parley, edit_external_member, STAFF, member.external_member_id, version=version, **changes
    )


def page_for(parley, link_id):
    return do(parley, availability_for_link, token(parley, link_id))


def test_a19_a_new_name_is_stored_and_told_in_an_entry(parley):
    member = invite(parley)

    edited = edit(parley, member, name=" Kenji Ito ")

    entry = parley.store.entries[-1]
    assert edited.name == "Kenji Ito"
    assert page_for(parley, member.request.link_id).external_member == edited
    assert entry.activity is Activity.EXTERNAL_MEMBER_EDITED
    assert (entry.subject_id, entry.facts) == (member.external_member_id, {"changed": "name"})


def test_a19_a_new_address_ends_the_old_link_at_once(parley):
    member = invite(parley)

    edited = edit(parley, member, email="Kenji@Elsewhere.example")

    assert edited.email == "kenji@elsewhere.example"
    assert edited.request_is_void
    with pytest.raises(LinkRevoked):
        page_for(parley, member.request.link_id)
    with pytest.raises(LinkRevoked):
        enter(parley, member, between("10:00", "12:00"))


def test_a19_after_a_new_address_asking_again_works(parley):
    member = invite(parley)
    edit(parley, member, email="kenji@elsewhere.example")

    again = do(parley, ask_again, STAFF, member.external_member_id, usual_terms(parley.now()))

    assert not again.request_is_void
    assert page_for(parley, again.request.link_id).external_member == again


def test_a19_a_request_that_still_waits_is_not_mailed_to_the_new_address(parley):
    member = invite(parley)
    room = mail_room(parley)
    edit(parley, member, email="kenji@elsewhere.example")

    deliver_message(member.request_mail, now=parley.now(), room=room)

    assert room.mailer.sent == []
    assert parley.store.messages[member.request_mail].state is DeliveryState.SUPERSEDED


def test_a19_the_old_address_is_free_and_the_new_one_is_taken(parley):
    member = invite(parley)
    edit(parley, member, email="kenji@elsewhere.example")

    invite(parley, email="kenji@example.org")
    with pytest.raises(EmailAlreadyInvited):
        invite(parley, email="kenji@elsewhere.example")


def test_a19_an_address_that_somebody_else_has_is_refused_and_nothing_ends(parley):
    member = invite(parley)
    invite(parley, name="Lena Fischer", email="lena@example.org")

    with pytest.raises(EmailAlreadyInvited):
        edit(parley, member, email="lena@example.org")

    assert page_for(parley, member.request.link_id).external_member == member


def test_a19_a_new_person_in_charge_is_on_their_page_and_in_the_entry(parley, ben):
    member = invite(parley)

    edit(parley, member, person_in_charge_id=ben.member_id)

    assert parley.booking_pages.get(member.booking_page_slug).person_in_charge_id == ben.member_id
    assert parley.store.entries[-1].facts == {
        "changed": "person_in_charge_id",
        "person_in_charge_id": ben.member_id,
        "former_person_in_charge_id": AIKO.member_id,
    }


def test_a19_bookings_from_then_on_tell_the_new_person_in_charge(parley, ben):
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))
    edit(parley, member, person_in_charge_id=ben.member_id)

    booked = book(parley, member, between("10:00", "12:00").start)

    assert booked.booking.person_in_charge_id == ben.member_id


@pytest.mark.parametrize("title", ["", "Portfolio review"])
def test_a19_a_page_that_is_called_like_them_is_renamed_and_no_other(parley, title):
    member = invite(parley, title=title)

    edit(parley, member, name="Kenji Ito")

    page = parley.booking_pages.get(member.booking_page_slug)
    assert page.title == (title or "Kenji Ito")


def test_a19_whoever_is_no_active_member_cannot_be_in_charge(parley, ben):
    member = invite(parley)
    parley.store.members[ben.organization_id, ben.member_id] = replace(ben, removed_at=EARLY)

    for nobody in (ben.member_id, "nobody", ""):
        with pytest.raises(InvalidInput) as refused:
            edit(parley, member, name="", person_in_charge_id=nobody)
        assert [problem.field for problem in refused.value.problems] == [
            "name",
            "person_in_charge_id",
        ]


def test_a19_of_two_who_edit_the_later_one_is_told(parley):
    member = invite(parley)
    edit(parley, member, name="Kenji Ito")

    with pytest.raises(ExternalMemberChanged):
        edit(parley, member, name="Kenji Sato")


def test_a19_saving_what_is_stored_changes_nothing(parley):
    member = invite(parley)
    writes = parley.store.writes

    assert edit(parley, member, name=member.name, email=member.email) == member
    assert parley.store.writes == writes


def test_a19_whoever_was_deleted_is_not_edited(parley):
    member = invite(parley)
    do(
        parley,
        delete_external_member,
        STAFF,
        member.external_member_id,
        bookings_to_come=None,
    )

    with pytest.raises(ExternalMemberGone):
        edit(parley, member, name="Kenji Ito")


def test_a19_no_mail_carries_the_link_that_a_new_address_ended(parley):
    member = invite(parley)
    room = mail_room(parley)
    in_a_month = TimeRange(at("10:00") + FRESH_FOR, at("12:00") + FRESH_FOR)
    enter(parley, member, between("10:00", "12:00"), in_a_month)
    swept(parley, room)
    edit(parley, member, email="kenji@elsewhere.example")

    book(parley, member, at("10:00"))
    told = {mail.recipient.email: mail.rendered.text for mail in swept(parley, room)}
    parley.clock += FRESH_FOR - CONFIRM_BEFORE
    asked = swept(parley, room)

    assert "/l/" not in told["kenji@elsewhere.example"]
    assert asked == []
