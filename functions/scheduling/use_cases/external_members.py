"""Inviting people without an account, and seeing how far they are."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, actor_of, entry_by
from scheduling.domain.availability import Availability
from scheduling.domain.booking import BookingState
from scheduling.domain.booking_page import BookingPage
from scheduling.domain.checks import Checks
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.identifiers import derived_id, new_id
from scheduling.domain.lists import ListPage, every
from scheduling.domain.messages import Recipient
from scheduling.domain.people import ExternalMember, Feature
from scheduling.domain.rate_limits import AVAILABILITY_REQUESTS_PER_ADDRESS
from scheduling.domain.refusals import (
    BookingChanged,
    BookingClosed,
    BusyTryAgain,
    EmailAlreadyInvited,
    ExternalMemberGone,
    ExternalMemberNotFound,
    UpcomingBookings,
)
from scheduling.ports import BookingFilter
from scheduling.use_cases.availability_requests import (
    checked_terms,
    new_request,
    request_messages,
)
from scheduling.use_cases.bookings import every_booking
from scheduling.use_cases.changes import cancel
from scheduling.use_cases.external_member_edits import check_person_in_charge
from scheduling.use_cases.limits import require_within
from scheduling.use_cases.organization_features import require_feature
from scheduling.use_cases.page_settings import check_rules, slug_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.availability_request import RequestTerms
    from scheduling.domain.booking import Booking
    from scheduling.domain.booking_page import BookingRules
    from scheduling.domain.messages import Delivery
    from scheduling.domain.people import Member
    from scheduling.domain.sessions import SignedIn
    from scheduling.ports import ExternalMemberFilter

LISTED_BOOKINGS = 100

EXPORTED = 5_000
"""The most external members that one export has."""

_PART = 100


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
    terms: RequestTerms,
    key: str = "",
    now: datetime,
    members: ports.Members,
    external_members: ports.ExternalMembers,
    rate_limits: ports.RateLimits,
) -> ExternalMember:
    """Invite somebody to enter their times; their booking page opens once they did.

    The request is mailed after this is stored, so a mail that fails loses nobody.

    Args:
        key: Chosen by the client; the same key invites one person, however often it is sent.

    Raises:
        FeatureDisabled: An admin has to switch it on first.
        InvalidInput: Names each field that cannot be accepted.
        EmailAlreadyInvited: The organization has invited this address.
        IdempotencyKeyReused: The key invited somebody at another address.
        TooManyRequests: The address was asked too often.
        LimiterUnavailable: It could not be counted how often.
    """
    require_feature(by, Feature.EXTERNAL_MEMBERS)
    organization_id = by.organization.organization_id
    checks = Checks()
    name = checks.name("name", name)
    email = checks.email("email", email)
    title = checks.optional_name("title", title)
    location = checks.optional_name("location", location)
    check_rules(checks, rules, duration_field="duration_minutes")
    terms = checked_terms(checks, terms, now=now)
    check_person_in_charge(checks, organization_id, person_in_charge_id, members=members)
    checks.done()

    external_member_id = derived_id("external member", organization_id, key) if key else new_id()
    earlier = _invited_before(external_member_id, organization_id, email, external_members)
    if earlier is not None:
        return earlier
    require_within((AVAILABILITY_REQUESTS_PER_ADDRESS, email), now=now, rate_limits=rate_limits)
    request, link = new_request(organization_id, external_member_id, terms, number=1, now=now)
    member = ExternalMember(
        external_member_id=external_member_id,
        organization_id=organization_id,
        name=name,
        email=email,
        person_in_charge_id=person_in_charge_id,
        booking_page_slug=slug_for(name),
        request=request,
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
    entry = entry_by(by, Activity.EXTERNAL_MEMBER_INVITED, now=now, subject_id=external_member_id)
    try:
        external_members.add(member, page, link, list(request_messages(member)), entry)
    except EmailAlreadyInvited:
        # The same form, sent twice at the same time.
        earlier = _invited_before(external_member_id, organization_id, email, external_members)
        if earlier is None:
            raise
        return earlier
    return member


def _invited_before(
    external_member_id: str,
    organization_id: str,
    email: str,
    external_members: ports.ExternalMembers,
) -> ExternalMember | None:
    """Return who is invited as they are about to be again; raise EmailAlreadyInvited for others."""
    earlier = external_members.with_email(organization_id, email)
    if earlier is not None and earlier.external_member_id != external_member_id:
        raise EmailAlreadyInvited
    return earlier


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
        FeatureDisabled: An admin has to switch it on first.
        ExternalMemberNotFound: There is none.
        UpcomingBookings: There are meetings to come, and nobody has said what becomes of them.
        BusyTryAgain: Not all were cancelled; doing it again goes on, though they are gone by then.
    """
    require_feature(by, Feature.EXTERNAL_MEMBERS)
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
        entry = entry_by(
            by, Activity.EXTERNAL_MEMBER_DELETED, now=now, subject_id=external_member_id
        )
        external_members.remove(replace(member, deleted_at=now), entry)
    elif bookings_to_come is not BookingsToCome.CANCEL:
        raise ExternalMemberNotFound
    if bookings_to_come is BookingsToCome.CANCEL:
        cancel_all(by, list(found), now=now, bookings=bookings)


def cancel_all(
    by: SignedIn, meetings: Sequence[Booking], *, now: datetime, bookings: ports.Bookings
) -> None:
    """Raises BusyTryAgain where one is being changed by somebody else."""
    changed = 0
    for meeting in meetings:
        try:
            cancel(meeting, Recipient.MEMBER, "", actor=actor_of(by), now=now, bookings=bookings)
        except BookingClosed:
            # It ended by itself: a request whose time is up.
            continue
        except BookingChanged:
            changed += 1
    if changed:
        raise BusyTryAgain


def list_external_members(
    by: SignedIn,
    which: ExternalMemberFilter,
    *,
    cursor: str | None,
    limit: int,
    now: datetime,
    members: ports.Members,
    external_members: ports.ExternalMembers,
    outbox: ports.Outbox,
    known: Iterable[Member] = (),
) -> ListPage[ExternalMemberOverview]:
    """Return the organization's external members, the newest first.

    A part may be shorter than `limit`, or empty, and yet have a next one.

    Args:
        known: Members who need not be looked up once more where they are in charge.

    Raises:
        FeatureDisabled: An admin has to switch it on first.
    """
    require_feature(by, Feature.EXTERNAL_MEMBERS)
    page = external_members.list(
        by.organization.organization_id, which, now=now, cursor=cursor, limit=limit
    )
    found = _overviews(page.items, known, members=members, outbox=outbox)
    return ListPage(found, page.next_cursor)


def export_external_members(
    by: SignedIn,
    which: ExternalMemberFilter,
    *,
    now: datetime,
    members: ports.Members,
    external_members: ports.ExternalMembers,
    outbox: ports.Outbox,
) -> Iterator[ExternalMemberOverview]:
    """Return the organization's external members, the newest first, at most `EXPORTED`.

    Raises:
        FeatureDisabled: An admin has to switch it on first.
    """
    require_feature(by, Feature.EXTERNAL_MEMBERS)
    everybody = every(
        lambda cursor: list_external_members(
            by,
            which,
            cursor=cursor,
            limit=_PART,
            now=now,
            members=members,
            external_members=external_members,
            outbox=outbox,
        )
    )
    return itertools.islice(everybody, EXPORTED)


def external_members_to_look_at(
    by: SignedIn,
    *,
    limit: int,
    now: datetime,
    members: ports.Members,
    external_members: ports.ExternalMembers,
    outbox: ports.Outbox,
) -> Sequence[ExternalMemberOverview]:
    """Return external members that need a human, whoever waits longest first.

    Nobody does while the feature is switched off.
    """
    if Feature.EXTERNAL_MEMBERS not in by.organization.features:
        return ()
    found = external_members.to_look_at(by.organization.organization_id, now=now, limit=limit)
    return _overviews(found, (), members=members, outbox=outbox)


def _overviews(
    found: Sequence[ExternalMember],
    known: Iterable[Member],
    *,
    members: ports.Members,
    outbox: ports.Outbox,
) -> tuple[ExternalMemberOverview, ...]:
    if not found:
        return ()
    deliveries = outbox.get_all([member.request_mail for member in found])
    in_charge = {member.member_id: member for member in known}
    unknown = {member.person_in_charge_id for member in found} - in_charge.keys()
    if unknown:
        others = members.get_all(found[0].organization_id, sorted(unknown))
        in_charge |= {member.member_id: member for member in others}
    return tuple(
        ExternalMemberOverview(member, in_charge[member.person_in_charge_id], delivery)
        for member, delivery in zip(found, deliveries, strict=True)
    )


def external_member_overview(
    by: SignedIn,
    external_member_id: str,
    *,
    members: ports.Members,
    external_members: ports.ExternalMembers,
    outbox: ports.Outbox,
) -> ExternalMemberOverview:
    """Raises FeatureDisabled, ExternalMemberNotFound, ExternalMemberGone."""
    require_feature(by, Feature.EXTERNAL_MEMBERS)
    member = external_members.get(by.organization.organization_id, external_member_id)
    if member.deleted_at is not None:
        raise ExternalMemberGone
    return ExternalMemberOverview(
        member,
        members.get(member.organization_id, member.person_in_charge_id),
        outbox.get(member.request_mail),
    )
