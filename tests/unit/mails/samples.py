"""One sample of each mail that Parley sends, with the people of the demo."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from scheduling.domain.booking import Answer
from scheduling.domain.connections import ConnectionState, Platform, Provider
from scheduling.domain.hours import DateSpan
from scheduling.domain.mails import (
    AvailabilityEnteredMail,
    AvailabilityOverdueMail,
    AvailabilityRequestMail,
    AvailabilityStillRightMail,
    BookingMail,
    BookingNews,
    CalendarEntry,
    CalendarMethod,
    ConnectionBrokenMail,
    ConnectRequestMail,
    GuestLinkMail,
    Mailbox,
    MailFacts,
    MemberInvitationMail,
    Reader,
    SignInMail,
    SignUpMail,
)
from scheduling.domain.messages import Recipient
from scheduling.domain.time_range import TimeRange

ORIGIN = "https://parley.example"
CONSOLE = f"{ORIGIN}/console/bookings/01JDXR"
TOKEN = "s1.1.dGhpc2lzb25lbGlua2lkMQ.Y6dUuDtDA3RzyR0mnDoMcTtDTrcfjTBtLGxyRe2WzB0"

DAY = timedelta(days=1)

AIKO = Mailbox("Aiko Mori", "aiko@hanami.example")
YUKI = Mailbox("Yuki Sato", "yuki@hanami.example")
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

SIGN_UP = SignUpMail(
    organization_name="Hanami Studio",
    admin_name=AIKO.name,
    link=f"{ORIGIN}/l/{TOKEN}",
    valid_for=timedelta(minutes=10),
)

GUEST_LINK = GuestLinkMail(
    organization_name="Hanami Studio",
    guest_name=MARIA.name,
    meeting_title="Portfolio review",
    time=TimeRange(at(1, "01:30"), at(1, "02:00")),
    time_zone="Europe/Madrid",
    person_in_charge=AIKO,
    link=f"{ORIGIN}/l/{TOKEN}",
    valid_for=DAY,
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
    deadline=at(7, "15:00"),
)

WISHED = replace(
    REQUEST,
    wished=DateSpan(date(2026, 12, 14), date(2026, 12, 18)),
    minimum_windows=3,
    minimum_length=timedelta(hours=4),
    message="The exhibition opens in January.\nMornings would be best.",
)

OVERDUE = AvailabilityOverdueMail(
    organization_name="Hanami Studio",
    person_in_charge_name=AIKO.name,
    external_member=KENJI,
    asked_at=at(1, "09:00"),
    deadline=at(7, "15:00"),
    time_zone="Asia/Tokyo",
    has_some=False,
    console_url=f"{ORIGIN}/console/external-members/kenji",
)

STILL_RIGHT = AvailabilityStillRightMail(
    organization_name="Hanami Studio",
    external_member_name=KENJI.name,
    person_in_charge=AIKO,
    windows=(
        TimeRange(at(14, "01:00"), at(14, "03:00")),
        TimeRange(at(15, "05:00"), at(15, "06:00")),
    ),
    time_zone="Asia/Tokyo",
    valid_until=at(28, "09:00"),
    link=f"{ORIGIN}/l/{TOKEN}",
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

INVITATION = MemberInvitationMail(
    organization_name="Hanami Studio",
    invited_by=AIKO,
    designation="Designer",
    department="Brand design",
    manager_name=YUKI.name,
    is_admin=False,
    link=f"{ORIGIN}/l/{TOKEN}",
    link_expires_at=at(8, "09:00"),
    time_zone="Asia/Tokyo",
    console_url=f"{ORIGIN}/console",
)

BROKEN = ConnectionBrokenMail(
    organization_name="Hanami Studio",
    member_name=YUKI.name,
    provider=Provider.GOOGLE,
    platforms=(Platform.GOOGLE_CALENDAR, Platform.GOOGLE_MEET),
    account="yuki@hanami.example",
    state=ConnectionState.RECONNECT_REQUIRED,
    console_url=f"{ORIGIN}/console/integrations#google_calendar",
    support_contact="extension 204",
)

CONNECT = ConnectRequestMail(
    organization_name="Hanami Studio",
    member_name=YUKI.name,
    asked_by=AIKO,
    platform=Platform.GOOGLE_CALENDAR,
    account="",
    state=None,
    console_url=f"{ORIGIN}/console/integrations#google_calendar",
    support_contact="",
)

RECONNECT = replace(
    CONNECT,
    platform=Platform.ZOOM,
    account="yuki@hanami.example",
    state=ConnectionState.ADMIN_BLOCKED,
    console_url=f"{ORIGIN}/console/integrations#zoom",
    support_contact="extension 204",
)

CONFIRMED = BookingMail(
    news=BookingNews.CONFIRMED,
    reader=Reader.GUEST,
    organization_name="Hanami Studio",
    recipient_name=MARIA.name,
    meeting_title="Portfolio review",
    time=TimeRange(at(1, "01:30"), at(1, "02:00")),
    time_zone="Europe/Madrid",
    host_names=(KENJI.name,),
    guest=MARIA,
    location="https://meet.example/portfolio-review",
    person_in_charge=AIKO,
    link=f"{ORIGIN}/l/{TOKEN}",
    booking_page_url=f"{ORIGIN}/book/kenji-tanaka-7f3k",
    written_at=datetime(2026, 11, 21, 9, 0, tzinfo=UTC),
    guest_note="I would like to show three projects.\nTwo of them are in print.",
    answers=(
        Answer("Where can we see your work?", "In our studio.\nOr in the book."),
        Answer("Which language do you prefer?", "Spanish"),
    ),
    other_guests=("noah@weber.example", "lea@weber.example"),
)

REQUESTED = replace(CONFIRMED, news=BookingNews.REQUESTED, decide_by=at(1, "00:00"))

MOVED = replace(
    CONFIRMED,
    news=BookingNews.MOVED,
    time=TimeRange(at(2, "09:00"), at(2, "09:30")),
    former_time=CONFIRMED.time,
)

HANDED_OVER = replace(CONFIRMED, news=BookingNews.HANDED_OVER, host_names=(YUKI.name,))

REMINDER = replace(CONFIRMED, news=BookingNews.REMINDER, written_at=at(1, "01:30") - DAY)

CANCELLED = replace(
    CONFIRMED,
    news=BookingNews.CANCELLED,
    ended_by=Recipient.GUEST,
    reason="I am ill, sorry. May I come next week?",
)

WITHDRAWN = replace(CANCELLED, news=BookingNews.WITHDRAWN)

DECLINED = replace(
    CONFIRMED,
    news=BookingNews.DECLINED,
    ended_by=Recipient.PERSON_IN_CHARGE,
    reason="That week is full. The one after it is not.",
)

EXPIRED = replace(CONFIRMED, news=BookingNews.EXPIRED)


def for_other_guest(mail: BookingMail) -> BookingMail:
    return replace(
        mail,
        reader=Reader.OTHER_GUEST,
        recipient_name="",
        link="",
        guest_note="",
        answers=(),
        other_guests=(),
    )


def for_host(mail: BookingMail) -> BookingMail:
    """Return the mail as Kenji gets it, who has no account."""
    return replace(
        mail, reader=Reader.EXTERNAL_HOST, recipient_name=KENJI.name, time_zone="Asia/Tokyo"
    )


def for_member_host(mail: BookingMail) -> BookingMail:
    """Return the mail as Yuki gets it, who hosts together with Kenji."""
    return replace(
        mail,
        reader=Reader.HOST,
        recipient_name=YUKI.name,
        time_zone="Asia/Tokyo",
        host_names=(KENJI.name, YUKI.name),
        link=CONSOLE,
    )


def for_former_host(mail: BookingMail) -> BookingMail:
    return replace(
        for_host(mail), news=BookingNews.PASSED_ON, host_names=(YUKI.name,), former_time=None
    )


def for_person_in_charge(mail: BookingMail) -> BookingMail:
    return replace(
        mail,
        reader=Reader.PERSON_IN_CHARGE,
        recipient_name=mail.person_in_charge.name,
        time_zone="Asia/Tokyo",
        link=CONSOLE,
    )


MAILS: dict[str, MailFacts] = {
    "sign-in-link": SIGN_IN,
    "sign-up-link": SIGN_UP,
    "guest-link": GUEST_LINK,
    "availability-request": REQUEST,
    "availability-request-without-title": replace(REQUEST, meeting_title=""),
    "availability-request-with-wishes": WISHED,
    "availability-reminder": replace(WISHED, is_reminder=True),
    "availability-reminder-without-title": replace(WISHED, is_reminder=True, meeting_title=""),
    "availability-overdue": OVERDUE,
    "availability-overdue-partly": replace(OVERDUE, has_some=True),
    "availability-still-right": STILL_RIGHT,
    "availability-entered": ENTERED,
    "availability-cleared": replace(ENTERED, windows=()),
    "member-invitation": INVITATION,
    "member-invitation-admin": replace(INVITATION, is_admin=True, designation="", department=""),
    "connection-broken": BROKEN,
    "connection-broken-zoom": replace(BROKEN, provider=Provider.ZOOM, platforms=(Platform.ZOOM,)),
    "connect-requested": CONNECT,
    "reconnect-requested": RECONNECT,
    "booking-requested-guest": REQUESTED,
    "booking-requested-host": for_member_host(REQUESTED),
    "booking-requested-person-in-charge": for_person_in_charge(REQUESTED),
    "booking-confirmed-guest": CONFIRMED,
    "booking-confirmed-other-guest": for_other_guest(CONFIRMED),
    "booking-confirmed-host": for_host(CONFIRMED),
    "booking-confirmed-member-host": for_member_host(CONFIRMED),
    "booking-confirmed-person-in-charge": for_person_in_charge(CONFIRMED),
    "booking-declined-guest": DECLINED,
    "booking-declined-person-in-charge": for_person_in_charge(DECLINED),
    "booking-expired-guest": EXPIRED,
    "booking-expired-person-in-charge": for_person_in_charge(EXPIRED),
    "booking-withdrawn-guest": WITHDRAWN,
    "booking-withdrawn-person-in-charge": for_person_in_charge(WITHDRAWN),
    "booking-moved-guest": MOVED,
    "booking-moved-other-guest": for_other_guest(MOVED),
    "booking-moved-host": for_host(MOVED),
    "booking-moved-request": replace(MOVED, decide_by=at(1, "00:00")),
    "booking-handed-over-guest": HANDED_OVER,
    "booking-handed-over-person-in-charge": for_person_in_charge(HANDED_OVER),
    "booking-passed-on-host": for_former_host(HANDED_OVER),
    "booking-cancelled-guest": CANCELLED,
    "booking-cancelled-other-guest": for_other_guest(CANCELLED),
    "booking-cancelled-host": for_host(CANCELLED),
    "booking-cancelled-person-in-charge": for_person_in_charge(CANCELLED),
    "booking-reminder-guest": REMINDER,
    "booking-reminder-other-guest": for_other_guest(REMINDER),
    "booking-reminder-host": for_host(REMINDER),
}

ENTRY = CalendarEntry(
    method=CalendarMethod.REQUEST,
    uid="01JDXR@parley.example",
    sequence=0,
    changed_at=datetime(2026, 11, 21, 9, 0, tzinfo=UTC),
    time=CONFIRMED.time,
    summary="Portfolio review: Kenji Tanaka, María García",
    description=CONFIRMED.guest_note,
    location=CONFIRMED.location,
    organizer=Mailbox("Hanami Studio", "bookings@parley.example"),
    attendee=MARIA,
    takes_part=True,
    url=CONFIRMED.link,
)
