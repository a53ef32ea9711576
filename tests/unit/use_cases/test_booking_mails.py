"""What everybody concerned gets in each case, and what their calendars are told."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.booking_page import Question
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.mails import CalendarMethod
from scheduling.domain.people import Role
from scheduling.use_cases.bookings import (
    approve_booking,
    cancel_booking,
    decline_booking,
    hand_over,
    move_booking,
)
from scheduling.use_cases.external_members import BookingsToCome, delete_external_member
from scheduling.use_cases.guest import cancel_guest_booking, move_guest_booking
from scheduling.use_cases.overdue import end_overdue
from tests.support.builders import AIKO, STAFF, at, between
from tests.support.mail_room import mail_room, swept
from tests.support.road import book, do, enter, external, invite, make_page, token

NOAH = "noah@weber.example"
YUKI = replace(
    AIKO, member_id="yuki", name="Yuki Sato", email="yuki@hanami.example", role=Role.MEMBER
)
MIA = "mia@guest.example"
REQUEST, CANCEL = CalendarMethod.REQUEST, CalendarMethod.CANCEL


@pytest.fixture
def room(parley):
    return mail_room(parley)


@pytest.fixture
def kenji(parley):
    """An external member with times from 10:00 to 12:00."""
    member = invite(parley)
    enter(parley, member, between("10:00", "12:00"))
    return member


@pytest.fixture
def hana(parley):
    """An external member with times from 14:00 to 16:00."""
    member = invite(parley, name="Hana Ito", email="hana@example.org")
    enter(parley, member, between("14:00", "16:00"))
    return member


@pytest.fixture
def approval(parley, kenji):
    """A page of Kenji's that takes requests."""
    return make_page(parley, external(kenji), needs_approval=True, title="Review").slug


@pytest.fixture(autouse=True)
def _nothing_else(parley, room, kenji, hana):
    """Whatever came before a test's booking is sent."""
    swept(parley, room)


def told(mails):
    return {mail.recipient.email: mail.calendar_method for mail in mails}


def to(address, mails):
    [mail] = [mail for mail in mails if mail.recipient.email == address]
    return mail


def in_japanese(mails):
    return {mail.recipient.email for mail in mails if "2026年12月1日" in mail.rendered.text}


def property_of(mail, name):
    unfolded = mail.calendar_file.decode().replace("\r\n ", "")
    return re.search(rf"^{name}[:;](.*)\r$", unfolded, re.MULTILINE)[1]


def aiko():
    return HostKey(HostKind.MEMBER, AIKO.member_id)


def booking_of(parley, slug, clock="10:30", **more):
    return book(parley, slug, at(clock), **more).booking


def test_each_of_several_hosts_reads_it_in_their_own_way(parley, room, kenji):
    parley.clock -= timedelta(days=1)
    enter(parley, kenji, between("06:00", "12:00"), version=1)
    swept(parley, room)
    page = make_page(parley, external(kenji), aiko())

    booking = booking_of(parley, page.slug, "07:30")
    mails = swept(parley, room)

    assert told(mails) == {MIA: REQUEST, kenji.email: REQUEST, AIKO.email: REQUEST}
    of_kenji, of_aiko = to(kenji.email, mails), to(AIKO.email, mails)
    assert f"/l/{token(parley, kenji.request.link_id)}" in of_kenji.rendered.text
    assert of_kenji.reply_to.email == AIKO.email
    assert f"/console/bookings/{booking.booking_id}" in of_aiko.rendered.text
    assert of_aiko.reply_to.email == MIA
    assert "OPAQUE" in of_aiko.calendar_file.decode()
    for mail in mails:
        summary = property_of(mail, "SUMMARY").replace("\\,", ",")
        assert summary == "Portfolio review: Kenji Tanaka, Aiko Mori, Mia Weber"


def test_a_message_from_before_pages_had_several_hosts_reaches_the_only_one(parley, room, kenji):
    booking = booking_of(parley, kenji.booking_page_slug)
    [message] = [each for each in parley.store.messages if each.which and each.due_at is None]
    old = replace(message, which="")
    parley.store.messages = {old: parley.store.messages[message]}

    [mail] = swept(parley, room)

    assert mail.recipient.email == kenji.email
    assert property_of(mail, "UID").startswith(booking.booking_id)


def test_who_is_in_charge_and_no_host_is_informed_only(parley, room, kenji):
    booking_of(parley, kenji.booking_page_slug)

    of_aiko = to(AIKO.email, swept(parley, room))

    assert "TRANSPARENT" in of_aiko.calendar_file.decode()
    assert of_aiko.reply_to.email == MIA


def test_whom_the_guest_brings_gets_the_meeting_and_no_power_over_it(parley, room, kenji):
    booking = booking_of(
        parley, kenji.booking_page_slug, other_guests=[NOAH], note="My note", key="with Noah"
    )

    mails = swept(parley, room)

    of_noah = to(NOAH, mails)
    assert of_noah.calendar_method is REQUEST
    assert property_of(of_noah, "ATTENDEE").endswith(f"mailto:{NOAH}")
    assert property_of(of_noah, "URL").endswith(f"/book/{kenji.booking_page_slug}")
    contents = of_noah.rendered.text + of_noah.rendered.html + of_noah.calendar_file.decode()
    assert token(parley, booking.guest_link_id) not in contents
    assert "My note" not in contents
    assert "noah@" in to(kenji.email, mails).rendered.text


def test_answers_are_told_and_stand_in_the_calendar(parley, room, kenji):
    page = make_page(parley, external(kenji), questions=(Question("topic", "What is it about?"),))
    booking_of(parley, page.slug, note="A note", answers={"topic": "Typography"})

    mails = swept(parley, room)

    assert len(mails) == 3
    for mail in mails:
        assert "What is it about?\nTypography" in mail.rendered.text
        assert property_of(mail, "DESCRIPTION") == r"A note\nWhat is it about?: Typography"


def test_guests_read_the_language_of_the_page_and_hosts_that_of_the_organization(
    parley, room, kenji
):
    page = make_page(parley, external(kenji), locale="ja")
    booking_of(parley, page.slug, other_guests=[NOAH])

    mails = swept(parley, room)

    assert in_japanese(mails) == {MIA, NOAH}
    assert len(mails) == 4


def test_members_read_their_own_language_as_hosts_and_in_charge(parley, room, kenji):
    parley.store.members[AIKO.organization_id, AIKO.member_id] = replace(AIKO, locale="ja")
    parley.store.members[YUKI.organization_id, YUKI.member_id] = replace(YUKI, locale="ja")
    yuki = HostKey(HostKind.MEMBER, YUKI.member_id)
    page = make_page(parley, external(kenji), yuki)
    parley.clock -= timedelta(days=1)

    enter(parley, kenji, between("06:00", "08:00"), version=1)
    assert in_japanese(swept(parley, room)) == {AIKO.email}
    booking_of(parley, page.slug, "07:00")
    assert in_japanese(swept(parley, room)) == {AIKO.email, YUKI.email}


def test_a_move_moves_the_calendar_entry_and_keeps_the_link(parley, room, kenji):
    booking = booking_of(parley, kenji.booking_page_slug)
    first = to(MIA, swept(parley, room))
    link = token(parley, booking.guest_link_id)

    do(parley, move_guest_booking, link, at("11:00"))
    mails = swept(parley, room)

    assert told(mails) == {MIA: REQUEST, kenji.email: REQUEST, AIKO.email: REQUEST}
    moved = to(MIA, mails)
    assert property_of(moved, "UID") == property_of(first, "UID")
    assert [property_of(mail, "SEQUENCE") for mail in (first, moved)] == ["0", "1"]
    assert property_of(moved, "DTSTART") == "20261201T110000Z"
    assert "Was: Tue 1 December 2026, 11:30–12:00 (Berlin, GMT+1)" in moved.rendered.text
    assert all(link in mail.rendered.text for mail in (first, moved))


@pytest.fixture
def passed_on(parley, room, kenji, hana):
    """A booking that Kenji had at 10:30 and Hana has at 14:30."""
    page = make_page(parley, external(kenji), external(hana), needed_hosts=1)
    booking = booking_of(parley, page.slug)
    swept(parley, room)
    return do(parley, move_booking, STAFF, booking.booking_id, at("14:30"))


def test_a_former_host_hears_that_the_meeting_is_no_longer_theirs(
    parley, room, kenji, hana, passed_on
):
    mails = swept(parley, room)

    assert told(mails) == {
        MIA: REQUEST,
        kenji.email: CANCEL,
        hana.email: REQUEST,
        AIKO.email: REQUEST,
    }
    of_kenji = to(kenji.email, mails)
    assert of_kenji.rendered.subject == (
        "No longer yours: Portfolio review with Mia Weber, "
        "Tue 1 December 2026, 19:30–20:00 (Tokyo, GMT+9)"
    )
    assert property_of(of_kenji, "UID").startswith(passed_on.booking_id)
    assert property_of(of_kenji, "SEQUENCE") == "1"


def test_a_former_host_hears_of_it_even_when_more_has_happened_since(
    parley, room, kenji, passed_on
):
    do(parley, cancel_booking, STAFF, passed_on.booking_id, reason="")

    mails = swept(parley, room)

    of_kenji = to(kenji.email, mails)
    assert of_kenji.calendar_method is CANCEL
    assert of_kenji.rendered.subject.startswith("No longer yours")
    assert set(told(mails).values()) == {CANCEL}


def test_who_became_a_host_and_is_none_again_is_told_once(parley, room, kenji, hana, passed_on):
    do(parley, move_booking, STAFF, passed_on.booking_id, at("11:00"))

    mails = swept(parley, room)

    assert to(hana.email, mails).calendar_method is CANCEL
    assert to(kenji.email, mails).rendered.subject.startswith("Moved")


def test_a_request_is_in_no_calendar_and_says_who_decides(parley, room, approval):
    booking = booking_of(parley, approval)

    mails = swept(parley, room)

    assert told(mails) == {MIA: None, AIKO.email: None}
    assert "Decision by: Tue 1 December 2026, 11:30 (Berlin, GMT+1)" in to(MIA, mails).rendered.text
    of_aiko = to(AIKO.email, mails)
    assert "Approve or decline" in of_aiko.rendered.html
    assert f"/console/bookings/{booking.booking_id}" in of_aiko.rendered.html


def test_an_approved_request_comes_into_everybodys_calendar(parley, room, kenji, approval):
    booking = booking_of(parley, approval)
    swept(parley, room)

    do(parley, approve_booking, STAFF, booking.booking_id)
    mails = swept(parley, room)

    assert told(mails) == {MIA: REQUEST, kenji.email: REQUEST, AIKO.email: REQUEST}
    assert to(MIA, mails).rendered.subject.startswith("Confirmed")


def test_a_declined_request_leaves_calendars_alone_and_tells_why(parley, room, approval):
    booking = booking_of(parley, approval)
    swept(parley, room)

    do(parley, decline_booking, STAFF, booking.booking_id, reason="Too early for us")
    mails = swept(parley, room)

    assert told(mails) == {MIA: None, AIKO.email: None}
    of_mia = to(MIA, mails).rendered.text
    assert "Too early for us" in of_mia
    assert f"Book one here:\nhttps://parley.example/book/{approval}" in of_mia


def test_a_request_nobody_decided_about_ends_with_words(parley, room, approval):
    booking_of(parley, approval)
    swept(parley, room)
    parley.clock = at("10:30")

    do(parley, end_overdue)
    mails = swept(parley, room)

    assert told(mails) == {MIA: None, AIKO.email: None}
    assert all(mail.rendered.subject.startswith("Request expired") for mail in mails)


def test_a_request_that_moves_stays_a_request(parley, room, approval):
    booking = booking_of(parley, approval)
    swept(parley, room)

    do(parley, move_guest_booking, token(parley, booking.guest_link_id), at("11:00"))
    mails = swept(parley, room)

    assert told(mails) == {MIA: None, AIKO.email: None}
    assert "still waits for a decision" in to(MIA, mails).rendered.text
    assert "Approve or decline" in to(AIKO.email, mails).rendered.html


def test_a_request_that_is_cancelled_is_taken_out_of_no_calendar(parley, room, approval):
    booking = booking_of(parley, approval)
    swept(parley, room)

    do(parley, cancel_guest_booking, token(parley, booking.guest_link_id), reason="Ill")
    mails = swept(parley, room)

    assert told(mails) == {MIA: None, AIKO.email: None}
    assert "You cancelled this request" in to(MIA, mails).rendered.text
    assert "Ill" in to(AIKO.email, mails).rendered.text


def test_a_meeting_handed_over_tells_both_hosts(parley, room):
    parley.members.store.members[YUKI.organization_id, YUKI.member_id] = YUKI
    parley.clock -= timedelta(days=1)
    page = make_page(parley, aiko())
    booking = booking_of(parley, page.slug, "07:30")
    swept(parley, room)

    do(parley, hand_over, STAFF, AIKO.member_id, YUKI.member_id)
    mails = swept(parley, room)

    assert told(mails) == {MIA: REQUEST, YUKI.email: REQUEST, AIKO.email: CANCEL}
    of_mia = to(MIA, mails)
    assert "it is with Yuki Sato now" in of_mia.rendered.text
    assert of_mia.reply_to.email == YUKI.email
    assert property_of(of_mia, "UID").startswith(booking.booking_id)


def test_a_host_who_was_deleted_is_shown_no_way_to_their_times(parley, room, kenji):
    booking = booking_of(parley, kenji.booking_page_slug)
    swept(parley, room)
    do(
        parley,
        delete_external_member,
        STAFF,
        kenji.external_member_id,
        bookings_to_come=BookingsToCome.KEEP,
    )

    do(parley, cancel_booking, STAFF, booking.booking_id, reason="")
    of_kenji = to(kenji.email, swept(parley, room))

    assert of_kenji.calendar_method is CANCEL
    assert "/l/" not in of_kenji.rendered.text
