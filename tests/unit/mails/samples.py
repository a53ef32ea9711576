"""One sample of each mail that Parley sends, with the people of the demo."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from scheduling.domain.mails import (
    AvailabilityEnteredMail,
    AvailabilityRequestMail,
    BookingMail,
    BookingNews,
    CalendarEntry,
    CalendarMethod,
    Mailbox,
    MailFacts,
    SignInMail,
)
from scheduling.domain.messages import Recipient
from scheduling.domain.time_range import TimeRange

ORIGIN = "https://parley.example"
TOKEN = "s1.1.dGhpc2lzb25lbGlua2lkMQ.Y6dUuDtDA3RzyR0mnDoMcTtDTrcfjTBtLGxyRe2WzB0"

AIKO = Mailbox("Aiko Mori", "aiko@hanami.example")
KENJI = Mailbox("Kenji Tanaka", "kenji@tanaka.example")
MARIA = Mailbox("María García", "maria@garcia.example")


def at(day: int, clock: str) -> datetime:
    """Return an instant in December 2026, the clock in UTC."""
    hour, minute = clock.split(":")
    return datetime(2026, 12, day, int(hour), int(minute), tzinfo=UTC)


SIGN_IN = SignInMail(
    organization_name="Hanami Studio",
    member_name=AIKO.name,
    link=f"{ORIGIN}/l/{TOKEN}",
    valid_for=timedelta(minutes=10),
)

REQUEST = AvailabilityRequestMail(
    organization_name="Hanami Studio",
    external_member_name=KENJI.name,
    person_in_charge=AIKO,
    meeting_title="Portfolio review",
    meeting_length=timedelta(minutes=30),
    link=f"{ORIGIN}/l/{TOKEN}",
    link_expires_at=at(21, "09:00"),
    time_zone="Asia/Tokyo",
)

ENTERED = AvailabilityEnteredMail(
    organization_name="Hanami Studio",
    person_in_charge_name=AIKO.name,
    external_member=KENJI,
    time_zone="Asia/Tokyo",
    windows=(
        TimeRange(at(1, "01:00"), at(1, "03:00")),
        TimeRange(at(1, "05:00"), at(1, "07:30")),
        TimeRange(at(2, "09:00"), at(2, "15:00")),
        TimeRange(at(4, "23:30"), at(5, "02:00")),
    ),
    booking_page_url=f"{ORIGIN}/book/kenji-tanaka-7f3k",
    console_url=f"{ORIGIN}/console/external-members/01JDXQ",
)

CONFIRMED = BookingMail(
    news=BookingNews.CONFIRMED,
    recipient=Recipient.GUEST,
    organization_name="Hanami Studio",
    recipient_name=MARIA.name,
    meeting_title="Portfolio review",
    time=TimeRange(at(1, "01:30"), at(1, "02:00")),
    time_zone="Europe/Madrid",
    host_names=(KENJI.name,),
    guest=MARIA,
    guest_note="I would like to show three projects.\nTwo of them are in print.",
    location="https://meet.example/portfolio-review",
    person_in_charge=AIKO,
    link=f"{ORIGIN}/l/{TOKEN}",
    booking_page_url=f"{ORIGIN}/book/kenji-tanaka-7f3k",
)

CANCELLED = replace(
    CONFIRMED,
    news=BookingNews.CANCELLED,
    cancelled_by=Recipient.GUEST,
    cancellation_reason="I am ill, sorry. May I come next week?",
)


def for_host(mail: BookingMail) -> BookingMail:
    return replace(
        mail, recipient=Recipient.HOST, recipient_name=KENJI.name, time_zone="Asia/Tokyo"
    )


def for_person_in_charge(mail: BookingMail) -> BookingMail:
    return replace(
        mail,
        recipient=Recipient.PERSON_IN_CHARGE,
        recipient_name=AIKO.name,
        time_zone="Asia/Tokyo",
        link=f"{ORIGIN}/console/bookings",
    )


MAILS: dict[str, MailFacts] = {
    "sign-in-link": SIGN_IN,
    "availability-request": REQUEST,
    "availability-entered": ENTERED,
    "availability-cleared": replace(ENTERED, windows=()),
    "booking-confirmed-guest": CONFIRMED,
    "booking-confirmed-host": for_host(CONFIRMED),
    "booking-confirmed-person-in-charge": for_person_in_charge(CONFIRMED),
    "booking-cancelled-guest": CANCELLED,
    "booking-cancelled-host": for_host(CANCELLED),
    "booking-cancelled-person-in-charge": for_person_in_charge(CANCELLED),
}

ENTRY = CalendarEntry(
    method=CalendarMethod.REQUEST,
    uid="01JDXR@parley.example",
    sequence=0,
    changed_at=datetime(2026, 11, 21, 9, 0, tzinfo=UTC),
    time=CONFIRMED.time,
    summary="Portfolio review: Kenji Tanaka and María García",
    description=CONFIRMED.guest_note,
    location=CONFIRMED.location,
    organizer=Mailbox("Hanami Studio", "bookings@parley.example"),
    attendee=MARIA,
    takes_part=True,
    url=CONFIRMED.link,
)
