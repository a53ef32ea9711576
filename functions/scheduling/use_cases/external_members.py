"""Inviting people without an account, and seeing how far they are."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from scheduling.domain.availability import Availability
from scheduling.domain.booking import BookingState
from scheduling.domain.booking_page import BookingPage
from scheduling.domain.checks import Checks
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.identifiers import new_id
from scheduling.domain.links import AVAILABILITY_LIFE, Link, LinkPurpose, new_link_id
from scheduling.domain.lists import ListPage
from scheduling.domain.messages import Recipient
from scheduling.domain.people import ExternalMember
from scheduling.domain.rate_limits import AVAILABILITY_REQUESTS_PER_EXTERNAL_MEMBER
from scheduling.domain.refusals import (
    BookingChanged,
    BookingClosed,
    BusyTryAgain,
    ExternalMemberGone,
    ExternalMemberNotFound,
    MemberNotFound,
    UpcomingBookings,
    marked,
)
from scheduling.ports import BookingFilter
from scheduling.use_cases.bookings import every_booking
from scheduling.use_cases.changes import cancel
from scheduling.use_cases.limits import require_within
from scheduling.use_cases.page_settings import check_rules, slug_for

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.booking import Booking
    from scheduling.domain.booking_page import BookingRules
    from scheduling.domain.messages import Delivery
    from scheduling.domain.people import Member
    from scheduling.domain.sessions import SignedIn

LISTED_BOOKINGS = 100


class BookingsToCome(StrEnum):
    """What becomes of the meetings of somebody who is deleted."""

    CANCEL = "cancel"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class ExternalMemberOverview:
    """An external member as the team sees them."""

    member: ExternalMember
    person_in_charge: Member
    delivery: Delivery
    """Of the latest request."""


def invite_external_member(
    by: SignedIn,
    *,
    name: str,
    email: str,
    person_in_charge_id: str,
    title: str,
    location: str,
    rules: BookingRules,
    now: datetime,
    members: ports.Members,
    external_members: ports.ExternalMembers,
) -> ExternalMember:
    """Invite somebody to enter their times; their booking page opens once they did.

    The request is mailed after this is stored, so a mail that fails loses nobody.

    Raises:
        InvalidInput: Names each field that cannot be accepted.
        EmailAlreadyInvited: The organization has invited this address.
    """
    organization_id = by.organization.organization_id
    checks = Checks()
    name = checks.name("name", name)
    email = checks.email("email", email)
    title = checks.optional_name("title", title)
    location = checks.optional_name("location", location)
    check_rules(checks, rules, duration_field="duration_minutes")
    try:
        members.get(organization_id, person_in_charge_id)
    except MemberNotFound:
        message = marked("Please choose a member of the team.")
        checks.refuse(
            "person_in_charge_id", "not_a_member" if person_in_charge_id else "missing", message
        )
    checks.done()

    external_member_id = new_id()
    link = _availability_link(organization_id, external_member_id, generation=1, now=now)
    member = ExternalMember(
        external_member_id=external_member_id,
        organization_id=organization_id,
        name=name,
        email=email,
        person_in_charge_id=person_in_charge_id,
        booking_page_slug=slug_for(name),
        request_number=1,
        request_link_id=link.link_id,
        requested_at=now,
        created_at=now,
        availability=Availability(version=0, time_zone=by.organization.time_zone, windows=()),
    )
    page = BookingPage(
        slug=member.booking_page_slug,
        organization_id=organization_id,
        person_in_charge_id=person_in_charge_id,
        hosts=(HostKey(HostKind.EXTERNAL_MEMBER, external_member_id),),
        title=title or name,
        location=location,
        time_zone=by.organization.time_zone,
        created_at=now,
        rules=rules,
    )
    external_members.add(member, page, link, member.request)
    return member


def ask_again(
    by: SignedIn,
    external_member_id: str,
    *,
    now: datetime,
    external_members: ports.ExternalMembers,
    rate_limits: ports.RateLimits,
) -> ExternalMember:
    """Mail a new request to the stored address; the link of the old one ends.

    Raises:
        ExternalMemberNotFound: There is none, or they were asked again just now.
        ExternalMemberGone: They were deleted.
        TooManyRequests: They were asked again too often.
        LimiterUnavailable: It could not be counted how often.
    """
    before = external_members.get(by.organization.organization_id, external_member_id)
    if before.deleted_at is not None:
        raise ExternalMemberGone
    limit = AVAILABILITY_REQUESTS_PER_EXTERNAL_MEMBER
    require_within((limit, external_member_id), now=now, rate_limits=rate_limits)
    number = before.request_number + 1
    link = _availability_link(
        before.organization_id, external_member_id, generation=number, now=now
    )
    member = replace(before, request_number=number, request_link_id=link.link_id, requested_at=now)
    external_members.ask_again(member, link, member.request, replaces=before.request_link_id)
    return member


def delete_external_member(
    by: SignedIn,
    external_member_id: str,
    *,
    bookings_to_come: BookingsToCome | None,
    now: datetime,
    external_members: ports.ExternalMembers,
    bookings: ports.Bookings,
) -> None:
    """Delete an external member: their links and booking pages end. Once gone, they stay gone.

    Args:
        bookings_to_come: What becomes of their meetings; None where nobody has said.

    Raises:
        ExternalMemberNotFound: There is none.
        UpcomingBookings: There are meetings to come, and nobody has said what becomes of them.
        BusyTryAgain: Not all were cancelled; doing it again goes on, though they are gone by then.
    """
    member = external_members.get(by.organization.organization_id, external_member_id)
    to_come = BookingFilter(
        after=now,
        host_id=external_member_id,
        states=(BookingState.PENDING, BookingState.CONFIRMED),
    )
    found = every_booking(member.organization_id, to_come, bookings=bookings)
    if member.deleted_at is None:
        if bookings_to_come is None:
            listed = list(itertools.islice(found, LISTED_BOOKINGS))
            if listed:
                raise UpcomingBookings([booking.booking_id for booking in listed])
        # The member goes first, so nothing new is booked while the meetings are cancelled.
        external_members.remove(replace(member, deleted_at=now))
    elif bookings_to_come is not BookingsToCome.CANCEL:
        raise ExternalMemberNotFound
    if bookings_to_come is BookingsToCome.CANCEL:
        _cancel_all(list(found), now=now, bookings=bookings)


def _cancel_all(meetings: Sequence[Booking], *, now: datetime, bookings: ports.Bookings) -> None:
    """Raises BusyTryAgain where one is being changed by somebody else."""
    changed = 0
    for meeting in meetings:
        try:
            cancel(meeting, Recipient.MEMBER, "", now=now, bookings=bookings)
        except BookingClosed:
            # It ended by itself: a request whose time is up.
            continue
        except BookingChanged:
            changed += 1
    if changed:
        raise BusyTryAgain


def list_external_members(
    by: SignedIn,
    *,
    cursor: str | None,
    limit: int,
    members: ports.Members,
    external_members: ports.ExternalMembers,
    outbox: ports.Outbox,
) -> ListPage[ExternalMemberOverview]:
    """Return the organization's external members, the newest first."""
    organization_id = by.organization.organization_id
    page = external_members.list(organization_id, cursor=cursor, limit=limit)
    deliveries = outbox.get_all([member.request for member in page.items])
    in_charge = {
        member_id: members.get(organization_id, member_id)
        for member_id in {member.person_in_charge_id for member in page.items}
    }
    return ListPage(
        tuple(
            ExternalMemberOverview(member, in_charge[member.person_in_charge_id], delivery)
            for member, delivery in zip(page.items, deliveries, strict=True)
        ),
        page.next_cursor,
    )


def external_member_overview(
    by: SignedIn,
    external_member_id: str,
    *,
    members: ports.Members,
    external_members: ports.ExternalMembers,
    outbox: ports.Outbox,
) -> ExternalMemberOverview:
    """Raises ExternalMemberNotFound, ExternalMemberGone."""
    member = external_members.get(by.organization.organization_id, external_member_id)
    if member.deleted_at is not None:
        raise ExternalMemberGone
    return ExternalMemberOverview(
        member,
        members.get(member.organization_id, member.person_in_charge_id),
        outbox.get(member.request),
    )


def _availability_link(
    organization_id: str, external_member_id: str, *, generation: int, now: datetime
) -> Link:
    return Link(
        link_id=new_link_id(),
        purpose=LinkPurpose.AVAILABILITY,
        organization_id=organization_id,
        subject_id=external_member_id,
        created_at=now,
        expires_at=now + AVAILABILITY_LIFE,
        generation=generation,
    )
