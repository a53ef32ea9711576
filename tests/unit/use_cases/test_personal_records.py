"""E9: what is mailed and what goes on while somebody is erased, and when it takes several runs."""

from dataclasses import fields, replace

import pytest

from scheduling.domain.audit import Activity
from scheduling.domain.booking import BookingState
from scheduling.domain.connections import Provider
from scheduling.domain.identifiers import derived_id
from scheduling.domain.links import SIGN_IN_LIFE
from scheduling.domain.messages import DeliveryState, MessageKind, Recipient
from scheduling.domain.people import Role
from scheduling.domain.refusals import NotAllowed, StillConnected
from scheduling.use_cases.external_members import BookingsToCome
from scheduling.use_cases.personal_records import Holdings, erase_person, export_person
from scheduling.use_cases.sign_in import sign_in_link, sign_in_message
from tests.support.builders import AIKO, EARLY, STAFF, an_entry, at, between
from tests.support.connecting import a_connection
from tests.support.mail_room import mail_room, swept
from tests.support.road import book, enter, external, invite, make_page

MIA = "mia@guest.example"


@pytest.fixture
def room(parley):
    return mail_room(parley)


@pytest.fixture
def kenji(parley):
    member = invite(parley, title="")
    enter(parley, member, between("10:00", "12:00"))
    return member


def holdings(parley):
    return Holdings(**{part.name: getattr(parley, part.name) for part in fields(Holdings)})


def erase(parley, email, becomes=BookingsToCome.KEEP, *, has_time=lambda: True, by=STAFF):
    return erase_person(
        replace(by, proven_at=parley.now()),
        email,
        confirmation=email,
        bookings_to_come=becomes,
        has_time=has_time,
        now=parley.now(),
        holdings=holdings(parley),
    )


def addresses(mails):
    return {mail.recipient.email for mail in mails}


def test_the_others_hear_that_a_meeting_was_cancelled_and_the_erased_guest_does_not(
    parley, room, kenji
):
    book(parley, kenji, at("10:00"))
    swept(parley, room)

    assert erase(parley, MIA, BookingsToCome.CANCEL)

    mails = swept(parley, room)
    assert addresses(mails) == {kenji.email, AIKO.email}
    assert all("Mia" not in mail.rendered.text for mail in mails)
    assert any("Erased person" in mail.rendered.text for mail in mails)
    [booking] = parley.store.bookings.values()
    assert booking.state is BookingState.CANCELLED


def test_a_meeting_that_is_kept_is_mailed_to_the_others_and_answers_go_to_the_organization(
    parley, room, kenji
):
    book(parley, kenji, at("10:00"))

    assert erase(parley, MIA)

    mails = swept(parley, room)
    assert addresses(mails) == {kenji.email, AIKO.email}
    assert all(mail.reply_to.email for mail in mails)
    dropped = {
        delivery.state
        for message, delivery in parley.store.messages.items()
        if message.recipient is Recipient.GUEST and message.kind is MessageKind.BOOKING_CONFIRMED
    }
    assert dropped == {DeliveryState.SUPERSEDED}


def test_a_guest_still_hears_of_a_meeting_whose_erased_host_had_the_page_named_after_them(
    parley, room, kenji
):
    book(parley, kenji, at("10:00"))

    assert erase(parley, kenji.email)

    mails = swept(parley, room)
    assert addresses(mails) == {MIA, AIKO.email}
    assert all("Kenji" not in mail.rendered.text for mail in mails)
    assert kenji.booking_page_slug not in parley.store.booking_pages


def test_a_sign_in_mail_is_not_sent_once_whoever_asked_was_erased(parley, room, kenji):
    link = sign_in_link(kenji.email, now=parley.now(), life=SIGN_IN_LIFE)
    parley.links.add(link, sign_in_message(link))

    assert erase(parley, kenji.email)

    assert kenji.email not in addresses(swept(parley, room))
    assert link.link_id not in parley.store.links


def test_where_there_is_no_time_for_all_the_same_again_goes_on(parley, kenji):
    for clock in ("10:00", "10:30", "11:00"):
        book(parley, kenji, at(clock), email=f"g{clock[:2]}{clock[3:]}@x.example", key=clock)
    left = iter([True, True, False])

    assert not erase(parley, kenji.email, has_time=lambda: next(left))
    named = [booking for booking in parley.store.bookings.values() if booking.host_names != ("",)]
    assert len(named) == 1
    assert erase(parley, kenji.email)

    assert {booking.host_names for booking in parley.store.bookings.values()} == {("",)}
    activities = [entry.activity for entry in parley.store.entries]
    assert activities.count(Activity.PERSON_ERASED) == 2


def test_a_page_with_other_hosts_goes_on_without_the_erased_one(parley, kenji):
    other = invite(parley, name="Lena Fischer", email="lena@people.example")
    page = make_page(parley, external(kenji), external(other))

    assert erase(parley, kenji.email)

    assert parley.store.booking_pages[page.slug].hosts == (external(other),)


def test_a_guest_who_is_called_like_a_colleague_leaves_the_colleagues_page_alone(parley, kenji):
    book(parley, kenji, at("10:00"), name=kenji.name)

    assert erase(parley, MIA)

    assert kenji.booking_page_slug in parley.store.booking_pages


def test_what_was_connected_in_the_moment_of_the_removal_ends_with_the_next_try(parley):
    left = replace(AIKO, member_id=derived_id("ben"), email="ben@x.example", removed_at=EARLY)
    connection = a_connection(member_id=left.member_id)
    parley.connections.put(connection, an_entry())
    parley.store.members[left.organization_id, left.member_id] = left

    with pytest.raises(StillConnected) as refusal:
        erase(parley, left.email)

    assert refusal.value.providers == [Provider.GOOGLE]
    ended = parley.connections.get(connection.key)
    assert not ended.is_on
    parley.connections.forget(ended)
    assert erase(parley, left.email)
    assert parley.store.members[left.organization_id, left.member_id].email == ""


def test_only_admins_export_and_erase(parley):
    member = replace(STAFF, member=replace(AIKO, role=Role.MEMBER))

    with pytest.raises(NotAllowed):
        erase(parley, MIA, by=member)
    with pytest.raises(NotAllowed):
        export_person(member, MIA, now=parley.now(), holdings=holdings(parley))
