"""Things for examples: on one fixed Tuesday, 1 December 2026, in UTC unless said otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from scheduling.domain.audit import Activity, Entry, entry_by
from scheduling.domain.availability import Availability
from scheduling.domain.availability_request import AvailabilityRequest, usual_terms
from scheduling.domain.booking import (
    HOLD_LIFE,
    BookedHost,
    Booking,
    BookingState,
    Claim,
    Hold,
)
from scheduling.domain.booking_page import BookingPage, BookingRules
from scheduling.domain.hosts import Host, HostKey, HostKind
from scheduling.domain.identifiers import derived_id, new_id
from scheduling.domain.invitations import Invitation, Placement
from scheduling.domain.links import (
    AVAILABILITY_LIFE,
    INVITATION_LIFE,
    Link,
    LinkPurpose,
    new_link_id,
)
from scheduling.domain.messages import Message, MessageKind, Recipient, Subject
from scheduling.domain.people import ExternalMember, Feature, Guest, Member, Organization, Role
from scheduling.domain.sessions import SignedIn
from scheduling.domain.slots import BufferRule
from scheduling.domain.time_range import TimeRange
from scheduling.domain.working_hours import usual_hours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scheduling.domain.hours import WeeklyHours

DAY = datetime(2026, 12, 1, tzinfo=UTC)
EARLY = DAY - timedelta(days=3)
"""A moment that is too soon for nothing."""
NOTHING = timedelta(0)

ORGANIZATION = Organization(
    derived_id("organization"), "Hanami Studio", "Asia/Tokyo", features=frozenset(Feature)
)
AIKO = Member(
    derived_id("aiko"),
    ORGANIZATION.organization_id,
    "Aiko Mori",
    "aiko@hanami.example",
    Role.ADMIN,
    "Asia/Tokyo",
)
STAFF = SignedIn(AIKO, ORGANIZATION, proven_at=EARLY, network="192.0.2.0/24")


def an_entry(activity: Activity = Activity.MEMBER_EDITED, **changes: Any) -> Entry:
    return replace(entry_by(STAFF, activity, now=EARLY, subject_id=AIKO.member_id), **changes)


def an_invitation(email: str = "ben@hanami.example", **changes: Any) -> Invitation:
    usual = Invitation(
        invitation_id=new_id(),
        organization_id=ORGANIZATION.organization_id,
        email=email,
        placement=Placement(derived_id("design"), derived_id("designer"), AIKO.member_id),
        invited_by_id=AIKO.member_id,
        invited_at=EARLY,
        number=1,
        link_id=new_link_id(),
        sent_at=EARLY,
        expires_at=EARLY + INVITATION_LIFE,
    )
    return replace(usual, **changes)


def an_invitation_link(invitation: Invitation) -> Link:
    """Return the link in the latest mail."""
    return Link(
        link_id=invitation.link_id,
        purpose=LinkPurpose.INVITATION,
        organization_id=invitation.organization_id,
        subject_id=invitation.invitation_id,
        created_at=invitation.sent_at,
        expires_at=invitation.expires_at,
        generation=invitation.number,
    )


def at(clock: str) -> datetime:
    """Return the instant at which clocks show `clock` on the day; "24:00" is its end."""
    if clock == "24:00":
        return DAY + timedelta(days=1)
    return datetime.combine(DAY.date(), time.fromisoformat(clock), UTC)


def between(start: str, end: str) -> TimeRange:
    return TimeRange(at(start), at(end))


def a_request(asked_at: datetime = EARLY, **changes: Any) -> AvailabilityRequest:
    """Return a first request, due after a week, its link alive for 30 days."""
    usual: dict[str, Any] = {
        "number": 1,
        "asked_at": asked_at,
        "link_id": new_link_id(),
        "link_expires_at": asked_at + AVAILABILITY_LIFE,
        "terms": usual_terms(asked_at),
    }
    return AvailabilityRequest(**(usual | changes))


def an_external_member(*windows: TimeRange, email: str = "kenji@example.org") -> ExternalMember:
    return ExternalMember(
        external_member_id=new_id(),
        organization_id=ORGANIZATION.organization_id,
        name="Kenji Tanaka",
        email=email,
        person_in_charge_id=AIKO.member_id,
        booking_page_slug=f"kenji-{new_id()}",
        request=a_request(fulfilled_at=EARLY if windows else None),
        created_at=EARLY,
        availability=Availability(
            version=1 if windows else 0,
            time_zone="Asia/Tokyo",
            windows=windows,
            saved_at=EARLY if windows else None,
            windows_version=1 if windows else 0,
        ),
    )


def host_of(member: ExternalMember) -> Host:
    return Host(
        key=HostKey(HostKind.EXTERNAL_MEMBER, member.external_member_id),
        organization_id=member.organization_id,
        name=member.name,
        email=member.email,
        time_zone=member.availability.time_zone,
        hours=member.availability.windows,
        person_in_charge_id=member.person_in_charge_id,
        request_link_id=member.request.link_id,
        is_gone=member.deleted_at is not None,
        valid_until=member.availability.valid_until,
    )


def a_member_host(member: Member = AIKO, hours: WeeklyHours | None = None) -> Host:
    """Return a member as a host; at their usual hours unless said otherwise."""
    hours = hours or usual_hours(member).hours
    return Host(
        key=HostKey(HostKind.MEMBER, member.member_id),
        organization_id=member.organization_id,
        name=member.name,
        email=member.email,
        time_zone=hours.time_zone,
        hours=hours,
        locale=member.locale,
    )


def a_page(host: ExternalMember | Host, rules: BookingRules | None = None) -> BookingPage:
    return BookingPage(
        slug=_slug_of(host),
        organization_id=host.organization_id,
        person_in_charge_id=host.person_in_charge_id or AIKO.member_id,
        hosts=(_key_of(host),),
        title="Portfolio review",
        location="Studio 2",
        time_zone="Asia/Tokyo",
        created_at=EARLY,
        rules=rules or BookingRules(),
    )


def a_link(host: ExternalMember) -> Link:
    """Return the link in the host's latest availability request."""
    return Link(
        link_id=host.request.link_id,
        purpose=LinkPurpose.AVAILABILITY,
        organization_id=host.organization_id,
        subject_id=host.external_member_id,
        created_at=EARLY,
        expires_at=EARLY + timedelta(days=30),
    )


def a_guest(name: str = "Mia Weber") -> Guest:
    email = f"{name.split(maxsplit=1)[0].lower()}@guest.example"
    return Guest(name=name, email=email, note="", time_zone="Europe/Berlin")


def a_claim(
    *hosts: ExternalMember | Host,
    time: TimeRange,
    before: timedelta = NOTHING,
    after: timedelta = NOTHING,
    buffer_rule: BufferRule = BufferRule.SUM,
    owner_id: str | None = None,
) -> Claim:
    return Claim(
        owner_id=owner_id or new_id(),
        organization_id=hosts[0].organization_id,
        host_ids=tuple(_key_of(host).host_id for host in hosts),
        time=time,
        before=before,
        after=after,
        buffer_rule=buffer_rule,
    )


def a_booking(
    host: ExternalMember | Host,
    time: TimeRange,
    guest: Guest | None = None,
    *,
    others: Sequence[ExternalMember | Host] = (),
    before: timedelta = NOTHING,
    after: timedelta = NOTHING,
    buffer_rule: BufferRule = BufferRule.SUM,
) -> Booking:
    """Return a confirmed booking of the host, and of the others."""
    hosts = (host, *others)
    claim = a_claim(*hosts, time=time, before=before, after=after, buffer_rule=buffer_rule)
    return Booking(
        booking_id=claim.owner_id,
        organization_id=host.organization_id,
        booking_page_slug=_slug_of(host),
        title="Portfolio review",
        location="Studio 2",
        hosts=booked(*hosts),
        person_in_charge_id=host.person_in_charge_id or AIKO.member_id,
        guest=guest or a_guest(),
        claim=claim,
        state=BookingState.CONFIRMED,
        version=1,
        guest_link_id=new_link_id(),
        booked_at=EARLY,
        changed_at=EARLY,
        fingerprint=derived_id(repr((time, guest))),
    )


def a_hold(
    host: ExternalMember | Host,
    time: TimeRange,
    *,
    others: Sequence[ExternalMember | Host] = (),
    before: timedelta = NOTHING,
    after: timedelta = NOTHING,
    buffer_rule: BufferRule = BufferRule.SUM,
) -> Hold:
    hosts = (host, *others)
    claim = a_claim(*hosts, time=time, before=before, after=after, buffer_rule=buffer_rule)
    return Hold(
        hold_id=claim.owner_id,
        booking_page_slug=_slug_of(host),
        hosts=booked(*hosts),
        claim=claim,
        held_at=EARLY,
        expires_at=EARLY + HOLD_LIFE,
    )


def booked(*hosts: ExternalMember | Host) -> tuple[BookedHost, ...]:
    return tuple(BookedHost(_key_of(host), host.name) for host in hosts)


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


def _key_of(host: ExternalMember | Host) -> HostKey:
    return host.key if isinstance(host, Host) else host_of(host).key


def _slug_of(host: ExternalMember | Host) -> str:
    return f"page-{host.host_id}" if isinstance(host, Host) else host.booking_page_slug
