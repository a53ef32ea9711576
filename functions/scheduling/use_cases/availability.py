"""Entering the times somebody can do, by the link in their mail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scheduling.domain.availability import Availability, checked_windows
from scheduling.domain.links import AVAILABILITY_LIFE, AVAILABILITY_LONGEST_LIFE, LinkPurpose
from scheduling.domain.messages import Message, MessageKind, Recipient, Subject
from scheduling.domain.people import Feature
from scheduling.domain.refusals import AvailabilityChanged, ExternalMemberGone
from scheduling.domain.time_range import TimeRange
from scheduling.use_cases.links import read_link_for
from scheduling.use_cases.organization_features import require_feature

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.links import Link
    from scheduling.domain.people import ExternalMember, Member, Organization
    from scheduling.domain.sessions import SignedIn


@dataclass(frozen=True, slots=True)
class AvailabilityPage:
    """What the page behind an external member's link shows."""

    organization: Organization
    external_member: ExternalMember
    person_in_charge: Member
    booking_page: BookingPage
    windows: tuple[TimeRange, ...]
    """The saved times that are not over, sorted."""
    taken: tuple[TimeRange, ...]
    """What is booked already, buffers included, sorted."""
    link: Link
    """The one in the latest request."""


def availability_for_link(
    token: str,
    *,
    now: datetime,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    organizations: ports.Organizations,
    members: ports.Members,
    external_members: ports.ExternalMembers,
    booking_pages: ports.BookingPages,
    bookings: ports.Bookings,
) -> AvailabilityPage:
    """Return the page for whoever follows the link.

    Raises:
        LinkNotFound, LinkExpired, LinkReplaced: The link does not work.
        ExternalMemberGone: They are no longer invited.
    """
    link = read_link_for(LinkPurpose.AVAILABILITY, token, now=now, links=links, link_keys=link_keys)
    return _page(
        organizations.get(link.organization_id),
        external_members.get(link.organization_id, link.subject_id),
        link,
        now=now,
        members=members,
        booking_pages=booking_pages,
        bookings=bookings,
    )


def availability_for_staff(
    by: SignedIn,
    external_member_id: str,
    *,
    now: datetime,
    links: ports.Links,
    members: ports.Members,
    external_members: ports.ExternalMembers,
    booking_pages: ports.BookingPages,
    bookings: ports.Bookings,
) -> AvailabilityPage:
    """Return the page as the external member sees it, to look at.

    Raises:
        FeatureDisabled: An admin has to switch it on first.
        ExternalMemberNotFound: There is none.
        ExternalMemberGone: They were deleted.
    """
    require_feature(by, Feature.EXTERNAL_MEMBERS)
    member = external_members.get(by.organization.organization_id, external_member_id)
    return _page(
        by.organization,
        member,
        links.get(member.request_link_id),
        now=now,
        members=members,
        booking_pages=booking_pages,
        bookings=bookings,
    )


def save_availability(
    token: str,
    *,
    version: int,
    time_zone: str,
    entries: Sequence[tuple[datetime, datetime]],
    now: datetime,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    external_members: ports.ExternalMembers,
) -> Availability:
    """Replace all times the external member offers; the person in charge is told.

    A booking that now lies outside stays.

    Args:
        version: The one that was read before editing.
        entries: Start and end of each window, in UTC.

    Raises:
        LinkNotFound, LinkExpired, LinkReplaced: The link does not work.
        InvalidInput: Names each field that cannot be accepted.
        ExternalMemberGone: They are no longer invited.
        AvailabilityChanged: Somebody saved since `version` was read.
    """
    link = read_link_for(LinkPurpose.AVAILABILITY, token, now=now, links=links, link_keys=link_keys)
    windows = checked_windows(entries, time_zone, now=now)
    member = external_members.get(link.organization_id, link.subject_id)
    if member.availability.version != version:
        raise AvailabilityChanged(member.availability.version)
    if member.deleted_at is not None:
        raise ExternalMemberGone
    availability = Availability(version + 1, time_zone, windows, saved_at=now)
    external_members.replace_availability(
        replace(member, availability=availability),
        Message(
            organization_id=member.organization_id,
            subject=Subject.EXTERNAL_MEMBER,
            subject_id=member.external_member_id,
            version=availability.version,
            kind=MessageKind.AVAILABILITY_ENTERED,
            recipient=Recipient.PERSON_IN_CHARGE,
        ),
        link_expires_at=min(now + AVAILABILITY_LIFE, link.created_at + AVAILABILITY_LONGEST_LIFE),
    )
    return availability


def _page(
    organization: Organization,
    member: ExternalMember,
    link: Link,
    *,
    now: datetime,
    members: ports.Members,
    booking_pages: ports.BookingPages,
    bookings: ports.Bookings,
) -> AvailabilityPage:
    if member.deleted_at is not None:
        raise ExternalMemberGone
    windows = member.availability.windows_after(now)
    taken: Sequence[TimeRange] = ()
    if windows:
        within = TimeRange(windows[0].start, windows[-1].end)
        taken = [
            TimeRange(each.time.start - each.before, each.time.end + each.after)
            for each in bookings.taken(member.organization_id, member.external_member_id, within)
            if not each.is_hold and not each.has_expired(now)
        ]
    return AvailabilityPage(
        organization=organization,
        external_member=member,
        person_in_charge=members.get(member.organization_id, member.person_in_charge_id),
        booking_page=booking_pages.get(member.booking_page_slug),
        windows=windows,
        taken=tuple(sorted(taken)),
        link=link,
    )
