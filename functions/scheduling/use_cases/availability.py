"""Entering the times somebody can do, by the link in their mail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, Actor, ActorKind, Entry, entry_by
from scheduling.domain.availability import CONFIRM_BEFORE, Availability, checked_windows
from scheduling.domain.availability_request import RequestFact
from scheduling.domain.links import AVAILABILITY_LIFE, AVAILABILITY_LONGEST_LIFE, LinkPurpose
from scheduling.domain.messages import MessageKind, Recipient
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
    from scheduling.domain.feeds import CalendarFeed
    from scheduling.domain.links import Link
    from scheduling.domain.messages import Message
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
    calendar: CalendarFeed | None
    """The one they linked."""


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
    calendar_feeds: ports.CalendarFeeds,
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
        calendar_feeds=calendar_feeds,
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
    calendar_feeds: ports.CalendarFeeds,
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
        links.get(member.request.link_id),
        now=now,
        members=members,
        booking_pages=booking_pages,
        bookings=bookings,
        calendar_feeds=calendar_feeds,
    )


def show_availability_to_staff(
    by: SignedIn,
    external_member_id: str,
    *,
    now: datetime,
    links: ports.Links,
    members: ports.Members,
    external_members: ports.ExternalMembers,
    booking_pages: ports.BookingPages,
    bookings: ports.Bookings,
    calendar_feeds: ports.CalendarFeeds,
    audit_log: ports.AuditLog,
) -> AvailabilityPage:
    """Return the page as the external member sees it, and write down who looked at it.

    Raises:
        ExternalMemberNotFound: There is none.
        ExternalMemberGone: They were deleted.
    """
    page = availability_for_staff(
        by,
        external_member_id,
        now=now,
        links=links,
        members=members,
        external_members=external_members,
        booking_pages=booking_pages,
        bookings=bookings,
        calendar_feeds=calendar_feeds,
    )
    audit_log.add(entry_by(by, Activity.AVAILABILITY_SEEN, now=now, subject_id=external_member_id))
    return page


def save_availability(
    token: str,
    *,
    version: int,
    time_zone: str,
    entries: Sequence[tuple[datetime, datetime]],
    now: datetime,
    network: str,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    external_members: ports.ExternalMembers,
) -> Availability:
    """Replace all times the external member offers; the person in charge is told.

    A booking that now lies outside stays.

    Args:
        version: The one that was read before editing.
        entries: Start and end of each window, in UTC.
        network: Where the request comes from, as `domain.audit.masked_network` writes it.

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
    availability = Availability(
        version + 1, time_zone, windows, saved_at=now, windows_version=version + 1
    )
    entered = member.message(
        MessageKind.AVAILABILITY_ENTERED,
        availability.version,
        recipient=Recipient.PERSON_IN_CHARGE,
    )
    _store(
        member,
        availability,
        link,
        [entered],
        Activity.AVAILABILITY_SAVED,
        now=now,
        network=network,
        external_members=external_members,
    )
    return availability


def confirm_availability(
    token: str,
    *,
    version: int,
    now: datetime,
    network: str,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    external_members: ports.ExternalMembers,
) -> Availability:
    """Say that the saved times are still right.

    Args:
        version: The one that was looked at.
        network: Where the request comes from, as `domain.audit.masked_network` writes it.

    Raises:
        LinkNotFound, LinkExpired, LinkReplaced: The link does not work.
        ExternalMemberGone: They are no longer invited.
        AvailabilityChanged: Somebody saved since `version` was read.
    """
    link = read_link_for(LinkPurpose.AVAILABILITY, token, now=now, links=links, link_keys=link_keys)
    member = external_members.get(link.organization_id, link.subject_id)
    before = member.availability
    if before.version != version:
        raise AvailabilityChanged(before.version)
    if member.deleted_at is not None:
        raise ExternalMemberGone
    confirmed = replace(before, version=version + 1, confirmed_at=now)
    _store(
        member,
        confirmed,
        link,
        [],
        Activity.AVAILABILITY_CONFIRMED,
        now=now,
        network=network,
        external_members=external_members,
    )
    return confirmed


def note_opened(
    token: str,
    *,
    now: datetime,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    external_members: ports.ExternalMembers,
) -> None:
    """Remember that a person, and no mail scanner, has the page before them.

    Raises:
        LinkNotFound, LinkExpired, LinkReplaced: The link does not work.
    """
    link = read_link_for(LinkPurpose.AVAILABILITY, token, now=now, links=links, link_keys=link_keys)
    member = external_members.get(link.organization_id, link.subject_id)
    if RequestFact.OPENED not in member.request.facts:
        external_members.note(member, RequestFact.OPENED, at=now)


def _store(
    member: ExternalMember,
    availability: Availability,
    link: Link,
    messages: Sequence[Message],
    activity: Activity,
    *,
    now: datetime,
    network: str,
    external_members: ports.ExternalMembers,
) -> None:
    """Store times with what follows from them: the link lives on, and they will be asked about."""
    expires_at = min(now + AVAILABILITY_LIFE, link.created_at + AVAILABILITY_LONGEST_LIFE)
    request = member.request.answered(availability, now=now, link_expires_at=expires_at)
    member = replace(member, availability=availability, request=request)
    if availability.valid_until is not None and availability.windows_after(now):
        still_right = member.message(
            MessageKind.AVAILABILITY_STILL_RIGHT,
            availability.version,
            due_at=availability.valid_until - CONFIRM_BEFORE,
        )
        messages = [*messages, still_right]
    entry = Entry(
        organization_id=member.organization_id,
        at=now,
        actor=Actor(ActorKind.EXTERNAL_MEMBER, member.external_member_id, network),
        activity=activity,
        subject_id=member.external_member_id,
    )
    external_members.replace_availability(member, messages, entry, now=now)


def _page(
    organization: Organization,
    member: ExternalMember,
    link: Link,
    *,
    now: datetime,
    members: ports.Members,
    booking_pages: ports.BookingPages,
    bookings: ports.Bookings,
    calendar_feeds: ports.CalendarFeeds,
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
        calendar=calendar_feeds.get(member.organization_id, member.external_member_id),
    )
