"""Things for examples: on one fixed Tuesday, 1 December 2026, in UTC unless said otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from scheduling.domain.availability import Availability
from scheduling.domain.booking import Booking, BookingState
from scheduling.domain.booking_page import BookingPage, BookingRules
from scheduling.domain.identifiers import derived_id, new_id
from scheduling.domain.links import Link, LinkPurpose, new_link_id
from scheduling.domain.messages import Message, MessageKind, Recipient, Subject
from scheduling.domain.people import ExternalMember, Guest, Member, Organization, Role
from scheduling.domain.sessions import SignedIn
from scheduling.domain.time_range import TimeRange

DAY = datetime(2026, 12, 1, tzinfo=UTC)
EARLY = DAY - timedelta(days=3)
"""A moment that is too soon for nothing."""

ORGANIZATION = Organization(derived_id("organization"), "Hanami Studio", "Asia/Tokyo")
AIKO = Member(
    derived_id("aiko"),
    ORGANIZATION.organization_id,
    "Aiko Mori",
    "aiko@hanami.example",
    Role.ADMIN,
    "Asia/Tokyo",
)
STAFF = SignedIn(AIKO, ORGANIZATION)


def at(clock: str) -> datetime:
    """Return the instant at which clocks show `clock` on the day; "24:00" is its end."""
    if clock == "24:00":
        return DAY + timedelta(days=1)
    return datetime.combine(DAY.date(), time.fromisoformat(clock), UTC)


def between(start: str, end: str) -> TimeRange:
    return TimeRange(at(start), at(end))


def an_external_member(*windows: TimeRange, email: str = "kenji@example.org") -> ExternalMember:
    return ExternalMember(
        external_member_id=new_id(),
        organization_id=ORGANIZATION.organization_id,
        name="Kenji Tanaka",
        email=email,
        person_in_charge_id=AIKO.member_id,
        booking_page_slug=f"kenji-{new_id()}",
        request_number=1,
        request_link_id=new_link_id(),
        requested_at=EARLY,
        created_at=EARLY,
        availability=Availability(
            version=1 if windows else 0,
            time_zone="Asia/Tokyo",
            windows=windows,
            saved_at=EARLY if windows else None,
        ),
    )


def a_page(host: ExternalMember, rules: BookingRules | None = None) -> BookingPage:
    return BookingPage(
        slug=host.booking_page_slug,
        organization_id=host.organization_id,
        external_member_id=host.external_member_id,
        host_name=host.name,
        person_in_charge_id=host.person_in_charge_id,
        title="Portfolio review",
        location="Studio 2",
        time_zone="Asia/Tokyo",
        rules=rules or BookingRules(),
    )


def a_link(host: ExternalMember) -> Link:
    """Return the link in the host's latest availability request."""
    return Link(
        link_id=host.request_link_id,
        purpose=LinkPurpose.AVAILABILITY,
        organization_id=host.organization_id,
        subject_id=host.external_member_id,
        created_at=EARLY,
        expires_at=EARLY + timedelta(days=30),
    )


def a_guest(name: str = "Mia Weber") -> Guest:
    email = f"{name.split(maxsplit=1)[0].lower()}@guest.example"
    return Guest(name=name, email=email, note="", time_zone="Europe/Berlin")


def a_booking(host: ExternalMember, time: TimeRange, guest: Guest | None = None) -> Booking:
    return Booking(
        booking_id=new_id(),
        organization_id=host.organization_id,
        booking_page_slug=host.booking_page_slug,
        title="Portfolio review",
        location="Studio 2",
        host_id=host.external_member_id,
        host_name=host.name,
        person_in_charge_id=host.person_in_charge_id,
        guest=guest or a_guest(),
        time=time,
        claimed=time,
        state=BookingState.CONFIRMED,
        version=1,
        guest_link_id=new_link_id(),
        booked_at=EARLY,
        changed_at=EARLY,
    )


def a_guest_link(booking: Booking) -> Link:
    return Link(
        link_id=booking.guest_link_id,
        purpose=LinkPurpose.GUEST,
        organization_id=booking.organization_id,
        subject_id=booking.booking_id,
        created_at=EARLY,
        expires_at=booking.time.end + timedelta(days=7),
    )


def a_message(booking: Booking, kind: MessageKind = MessageKind.BOOKING_CONFIRMED) -> Message:
    return Message(
        organization_id=booking.organization_id,
        subject=Subject.BOOKING,
        subject_id=booking.booking_id,
        version=booking.version,
        kind=kind,
        recipient=Recipient.GUEST,
    )
