from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from sys import maxunicode
from typing import TYPE_CHECKING, Any

import pytest
import vobject
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scheduling.adapters.ics.calendar_files import ICalendarFiles
from scheduling.adapters.jinja.mail_templates import JinjaMailTemplates
from scheduling.adapters.ses.mailer import mime_message
from scheduling.domain.mails import (
    BookingMail,
    BookingNews,
    CalendarEntry,
    CalendarMethod,
    Mailbox,
    OutgoingMail,
    Reader,
    RenderedMail,
)
from scheduling.domain.people import normalized_email
from scheduling.domain.typed_text import on_one_line
from tests.unit.mails.samples import (
    AIKO,
    CANCELLED,
    CONFIRMED,
    ENTRY,
    KENJI,
    MARIA,
    MOVED,
    for_host,
    for_other_guest,
    for_person_in_charge,
)
from tests.unit.pages.test_injection import CORPUS

if TYPE_CHECKING:
    from email.message import EmailMessage

ADDRESS = "bookings@parley.example"
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
CONTROL_CHARACTERS = [
    character
    for character in map(chr, range(maxunicode + 1))
    if unicodedata.category(character) in ("Cc", "Zl", "Zp")
]
A_MAIL = OutgoingMail(
    message_id="01JDXQ.1.availability_request.host",
    sender_name="Hanami Studio",
    recipient=KENJI,
    reply_to=AIKO,
    rendered=RenderedMail(subject="When could you meet?", text="Hello\n", html="<p>Hello</p>\n"),
)
printable_text = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=120
).map(str.strip)

patient = settings(deadline=None)
"""A busy machine is no failure."""


def parsed(mail: OutgoingMail) -> EmailMessage:
    raw = mime_message(mail, sender_address=ADDRESS, now=NOW).as_bytes()
    return message_from_bytes(raw, policy=default)  # type: ignore[return-value]


def booking_mail(facts: BookingMail, recipient: Mailbox, sequence: int) -> OutgoingMail:
    is_over = facts.news in {BookingNews.CANCELLED, BookingNews.PASSED_ON}
    entry = CalendarEntry(
        method=CalendarMethod.CANCEL if is_over else CalendarMethod.REQUEST,
        uid=ENTRY.uid,
        sequence=sequence,
        changed_at=NOW,
        time=facts.time,
        summary=ENTRY.summary,
        description=facts.guest_note,
        location=facts.location,
        organizer=Mailbox(facts.organization_name, ADDRESS),
        attendee=recipient,
        takes_part=facts.reader is not Reader.PERSON_IN_CHARGE,
        url=facts.link or facts.booking_page_url,
    )
    return OutgoingMail(
        message_id=f"01JDXR.{sequence + 1}.{facts.news}.{facts.reader}",
        sender_name=facts.organization_name,
        recipient=recipient,
        reply_to=AIKO,
        rendered=JinjaMailTemplates().render(facts, "en"),
        calendar_method=entry.method,
        calendar_file=ICalendarFiles().render(entry),
    )


def calendar_parts(message: EmailMessage) -> list[EmailMessage]:
    return [part for part in message.walk() if part.get_content_type() == "text/calendar"]


def calendar_of(message: EmailMessage) -> Any:
    """Parse the one calendar of a mail with other code than wrote it."""
    (part,) = calendar_parts(message)
    return vobject.readOne(part.get_payload(decode=True).decode())  # type: ignore[union-attr]


LOCAL_PARTS = st.text("az09.!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=64)


@patient
@given(LOCAL_PARTS)
def test_to_every_address_that_is_accepted_a_mail_can_be_written(local_part):
    email = normalized_email(f"{local_part}@example.org")
    assume(email is not None)

    mail = parsed(replace(A_MAIL, recipient=Mailbox("Kenji Tanaka", email)))

    assert [each.addr_spec for each in mail["To"].addresses] == [email]


NOAH = Mailbox("", "noah@weber.example")
"""Brought along: only their address is known."""

EVERYBODY = [
    (CONFIRMED, CANCELLED, MARIA),
    (for_other_guest(CONFIRMED), for_other_guest(CANCELLED), NOAH),
    (for_host(CONFIRMED), for_host(CANCELLED), KENJI),
    (for_person_in_charge(CONFIRMED), for_person_in_charge(CANCELLED), AIKO),
]
everybody = pytest.mark.parametrize(("confirmed", "cancelled", "recipient"), EVERYBODY)


@everybody
def test_a_booking_mail_has_both_texts_and_one_calendar(
    confirmed: BookingMail, cancelled: BookingMail, recipient: Mailbox
) -> None:
    for sequence, facts in enumerate((confirmed, cancelled)):
        message = parsed(booking_mail(facts, recipient, sequence))

        assert [part.get_content_type() for part in message.walk()] == [
            "multipart/mixed",
            "multipart/alternative",
            "text/plain",
            "text/html",
            "text/calendar",
        ]


@everybody
def test_method_stands_alike_in_the_part_and_in_the_calendar(
    confirmed: BookingMail, cancelled: BookingMail, recipient: Mailbox
) -> None:
    for sequence, (facts, method) in enumerate(((confirmed, "REQUEST"), (cancelled, "CANCEL"))):
        message = parsed(booking_mail(facts, recipient, sequence))
        (part,) = calendar_parts(message)

        assert part["Content-Type"].params["method"] == method
        assert part["Content-Type"].params["charset"] == "utf-8"
        assert part.get_filename() == "invite.ics"
        assert calendar_of(message).method.value == method


@everybody
def test_a_cancellation_has_the_same_uid_and_a_higher_sequence(
    confirmed: BookingMail, cancelled: BookingMail, recipient: Mailbox
) -> None:
    before = calendar_of(parsed(booking_mail(confirmed, recipient, 0))).vevent
    after = calendar_of(parsed(booking_mail(cancelled, recipient, 1))).vevent

    assert before.uid.value == after.uid.value
    assert int(before.sequence.value) < int(after.sequence.value)
    assert before.attendee.value == f"mailto:{recipient.email}"


def test_mails_about_two_guests_share_no_address() -> None:
    other = Mailbox("Noah Weber", "noah@weber.example")
    mails = {
        MARIA.email: booking_mail(CONFIRMED, MARIA, 0),
        other.email: booking_mail(
            replace(CONFIRMED, guest=other, recipient_name=other.name), other, 0
        ),
    }

    for own, mail in mails.items():
        (foreign,) = mails.keys() - {own}
        message = parsed(mail)
        contents = [str(message["To"]), str(message["Cc"]), str(message["Bcc"])]
        contents += [
            part.get_payload(decode=True).decode()  # type: ignore[union-attr]
            for part in message.walk()
            if not part.is_multipart()
        ]

        assert not any(foreign in content for content in contents)


def test_a_mail_goes_to_somebody_of_whom_only_the_address_is_known() -> None:
    message = parsed(booking_mail(for_other_guest(CONFIRMED), NOAH, 0))

    assert message["To"] == "noah@weber.example"
    assert calendar_of(message).vevent.attendee.value == "mailto:noah@weber.example"
    assert "CN" not in calendar_of(message).vevent.attendee.params


def test_a_move_has_the_same_uid_a_higher_sequence_and_the_new_time() -> None:
    before = calendar_of(parsed(booking_mail(CONFIRMED, MARIA, 0))).vevent
    after = calendar_of(parsed(booking_mail(MOVED, MARIA, 1))).vevent

    assert before.uid.value == after.uid.value
    assert int(before.sequence.value) < int(after.sequence.value)
    assert after.dtstart.value == MOVED.time.start
    assert after.status.value == "CONFIRMED"


def test_a_mail_without_calendar_is_its_two_texts() -> None:
    message = parsed(A_MAIL)

    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


def test_a_mail_comes_from_the_organization_and_is_answered_by_a_person() -> None:
    message = parsed(A_MAIL)

    assert message["From"] == "Hanami Studio <bookings@parley.example>"
    assert message["To"] == "Kenji Tanaka <kenji@tanaka.example>"
    assert message["Reply-To"] == "Aiko Mori <aiko@hanami.example>"
    assert message["Subject"] == "When could you meet?"
    assert message["Date"].datetime == NOW
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == "<01JDXQ.1.availability_request.host@parley.example>"


@patient
@given(name=printable_text, subject=printable_text)
def test_s16_t22_no_name_or_subject_adds_a_header_or_an_address(name: str, subject: str) -> None:
    mail = replace(
        A_MAIL,
        sender_name=name,
        recipient=Mailbox(name, KENJI.email),
        rendered=replace(A_MAIL.rendered, subject=subject),
    )

    message = parsed(mail)

    assert message["To"].addresses[0].addr_spec == KENJI.email
    assert message["From"].addresses[0].addr_spec == ADDRESS
    assert len(message["To"].addresses) == 1
    assert message.keys() == parsed(A_MAIL).keys()


def test_s16_t22_none_of_two_hundred_payloads_adds_a_header_or_an_address() -> None:
    for payload in CORPUS:
        words = on_one_line(f"{payload}\r\nBcc: eve@evil.example")
        message = parsed(
            replace(
                A_MAIL,
                sender_name=words,
                recipient=Mailbox(words, KENJI.email),
                reply_to=Mailbox(words, AIKO.email),
                rendered=replace(A_MAIL.rendered, subject=words),
            )
        )

        assert message.keys() == parsed(A_MAIL).keys(), payload
        for name, address in (("To", KENJI.email), ("Reply-To", AIKO.email), ("From", ADDRESS)):
            assert [each.addr_spec for each in message[name].addresses] == [address], payload


@pytest.mark.parametrize(
    "name",
    [
        "María García",
        "山田 太郎",
        'Ann "A" O\'Neil, Ltd.',
        "🎉 Party",
        f"Ann, eve@evil.example, {'x' * 80}",
    ],
)
def test_a_name_in_any_script_arrives_as_written(name: str) -> None:
    message = parsed(replace(A_MAIL, recipient=Mailbox(name, KENJI.email)))

    assert message["To"].addresses[0].display_name == name


@pytest.mark.parametrize("length", range(1, 40))
@pytest.mark.parametrize("name", ["Kenji", "María"])
def test_a_subject_arrives_as_written_wherever_its_lines_break(length: int, name: str) -> None:
    subject = f"New: {'x' * length} with {name}, Tue 1 December 2026, 10:30–11:00 (Tokyo, GMT+9)"
    mail = replace(A_MAIL, rendered=replace(A_MAIL.rendered, subject=subject))

    assert parsed(mail)["Subject"] == subject


def test_a_long_subject_in_any_script_arrives_as_written() -> None:
    subject = (
        "予約: ポートフォリオレビュー — María García, "
        "Tue 1 December 2026, 10:30\N{EN DASH}11:00 (Tokyo, GMT+9)"
    )
    mail = replace(A_MAIL, rendered=replace(A_MAIL.rendered, subject=subject))

    assert parsed(mail)["Subject"] == subject


@pytest.mark.parametrize("character", CONTROL_CHARACTERS, ids=ascii)
def test_s16_t22_no_header_takes_a_control_character(character: str) -> None:
    injected = f"x{character}Bcc: eve@evil.example"
    mails = [
        replace(A_MAIL, sender_name=injected),
        replace(A_MAIL, message_id=injected),
        replace(A_MAIL, recipient=Mailbox(injected, KENJI.email)),
        replace(A_MAIL, reply_to=Mailbox(injected, AIKO.email)),
        replace(A_MAIL, recipient=Mailbox(KENJI.name, injected)),
        replace(A_MAIL, rendered=replace(A_MAIL.rendered, subject=injected)),
    ]

    for mail in mails:
        with pytest.raises(ValueError, match="control"):
            mime_message(mail, sender_address=ADDRESS, now=NOW)


def test_t42_a_mail_program_can_unsubscribe_with_one_press() -> None:
    url = f"https://parley.example/unsubscribe/u1.1.{'a' * 180}"
    raw = mime_message(
        replace(A_MAIL, unsubscribe_url=url), sender_address=ADDRESS, now=NOW
    ).as_bytes()

    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw


def test_t42_mails_that_are_needed_offer_no_way_to_unsubscribe() -> None:
    assert not [name for name in parsed(A_MAIL).keys() if name.startswith("List-")]  # noqa: SIM118
