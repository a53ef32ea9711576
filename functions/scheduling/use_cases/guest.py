"""What guests do with their booking, by the link in their mail."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduling.domain.audit import Actor, ActorKind
from scheduling.domain.links import (
    FRESH_FOR,
    Link,
    LinkPurpose,
    browser_mark,
    key_of_mark,
    new_link_id,
)
from scheduling.domain.messages import Message, MessageKind, Recipient, Subject
from scheduling.domain.rate_limits import GUEST_LINKS_PER_BOOKING
from scheduling.domain.refusals import FreshLinkRequired, LinkNotFound
from scheduling.use_cases.changes import cancel, checked_reason, move
from scheduling.use_cases.limits import require_within
from scheduling.use_cases.links import read_link_for
from scheduling.use_cases.slots import offer_of, open_slots_of, open_starts

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.booking import Booking
    from scheduling.domain.people import Member, Organization
    from scheduling.domain.time_range import TimeRange
    from scheduling.use_cases.slots import OpenSlots


@dataclass(frozen=True, slots=True)
class GuestBooking:
    """What the page behind a guest's link shows."""

    booking: Booking
    organization: Organization
    person_in_charge: Member
    is_known: bool
    """Whether somebody has proved in this browser that the booking is theirs."""
    needs_fresh_link: bool
    """Whether it cannot be changed by this link in this browser."""

    @property
    def reason(self) -> str:
        """What somebody said about its end; what the guest said only to themselves."""
        is_own = self.booking.ended_by is Recipient.GUEST
        return "" if is_own and not self.is_known else self.booking.reason


def guest_booking(
    token: str,
    *,
    browser_marks: Collection[str] = (),
    now: datetime,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    organizations: ports.Organizations,
    members: ports.Members,
    bookings: ports.Bookings,
) -> GuestBooking:
    """Return the booking behind a guest's link, in its present state.

    Args:
        browser_marks: What the browser keeps of bookings, as `mark_for` returned it.

    Raises:
        LinkNotFound, LinkExpired: The link does not work.
    """
    link = read_link_for(LinkPurpose.GUEST, token, now=now, links=links, link_keys=link_keys)
    booking = bookings.get(link.organization_id, link.subject_id)
    is_known = _is_known(link, browser_marks, link_keys)
    return GuestBooking(
        booking,
        organizations.get(booking.organization_id),
        members.get(booking.organization_id, booking.person_in_charge_id),
        is_known=is_known,
        needs_fresh_link=not is_known and _is_old(link, now),
    )


def send_fresh_link(
    token: str,
    *,
    now: datetime,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    bookings: ports.Bookings,
    rate_limits: ports.RateLimits,
) -> Booking:
    """Mail the guest a link with which they can change their booking for a while.

    It goes to the address they booked with, whoever asks. The link they have goes on working.

    Raises:
        LinkNotFound, LinkExpired: The link does not work.
        BookingOver, BookingCancelled: There is nothing left to change.
        TooManyRequests: It was asked for too often.
        LimiterUnavailable: It could not be counted how often.
    """
    link = read_link_for(LinkPurpose.GUEST, token, now=now, links=links, link_keys=link_keys)
    booking = bookings.get(link.organization_id, link.subject_id)
    booking.check_changeable(now)
    require_within((GUEST_LINKS_PER_BOOKING, booking.booking_id), now=now, rate_limits=rate_limits)
    fresh = Link(
        link_id=new_link_id(),
        purpose=LinkPurpose.GUEST,
        organization_id=booking.organization_id,
        subject_id=booking.booking_id,
        created_at=now,
        expires_at=now + FRESH_FOR,
    )
    message = Message(
        organization_id=booking.organization_id,
        subject=Subject.BOOKING,
        subject_id=booking.booking_id,
        version=booking.version,
        kind=MessageKind.GUEST_LINK,
        recipient=Recipient.GUEST,
        which=fresh.link_id,
    )
    links.add(fresh, message)
    return booking


def mark_for(booking: Booking, *, link_keys: ports.LinkKeys) -> str:
    """Return what makes a browser known in which somebody made a booking, or changed it."""
    return browser_mark(booking.organization_id, booking.booking_id, link_keys.current())


def slots_to_move_to(
    token: str,
    within: TimeRange,
    *,
    now: datetime,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    booking_pages: ports.BookingPages,
    hosts: ports.Hosts,
    bookings: ports.Bookings,
) -> OpenSlots:
    """Return the slots that the booking can be moved to, its own time among them.

    Raises:
        LinkNotFound, LinkExpired: The link does not work.
        BookingOver, BookingCancelled: It can no longer be moved.
        BookingPageGone, BookingPageInactive: There is nothing to move to.
    """
    booking = _booking(token, now=now, links=links, link_keys=link_keys, bookings=bookings)
    booking.check_changeable(now)
    page = booking_pages.get(booking.booking_page_slug)
    offer = offer_of(page, booking.time.length, hosts=hosts)
    offer.check_active(now)
    starts = open_starts(offer, within, apart_from=booking.booking_id, now=now, bookings=bookings)
    return open_slots_of(offer, starts, now=now)


def cancel_guest_booking(
    token: str,
    *,
    reason: str,
    browser_marks: Collection[str] = (),
    network: str,
    now: datetime,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    bookings: ports.Bookings,
) -> Booking:
    """Call the meeting off for the guest; a second time changes nothing.

    Args:
        network: Where the request comes from, as `domain.audit.masked_network` writes it.

    Raises:
        LinkNotFound, LinkExpired: The link does not work.
        FreshLinkRequired: The link is old, and the browser unknown.
        InvalidInput: The reason is too long.
        BookingOver: The meeting has begun.
        BookingChanged: Somebody else changed it a moment earlier.
    """
    booking = _changeable_booking(
        token, browser_marks, now=now, links=links, link_keys=link_keys, bookings=bookings
    )
    return cancel(
        booking,
        Recipient.GUEST,
        checked_reason(reason),
        actor=Actor(ActorKind.GUEST, network=network),
        now=now,
        bookings=bookings,
    )


def move_guest_booking(
    token: str,
    start: datetime,
    *,
    browser_marks: Collection[str] = (),
    network: str,
    now: datetime,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    booking_pages: ports.BookingPages,
    hosts: ports.Hosts,
    bookings: ports.Bookings,
    live_look: ports.LiveLook,
) -> Booking:
    """Move the meeting to another slot of its page; the link stays the same.

    Args:
        start: In UTC.
        network: Where the request comes from, as `domain.audit.masked_network` writes it.

    Raises:
        LinkNotFound, LinkExpired: The link does not work.
        FreshLinkRequired: The link is old, and the browser unknown.
        BookingOver, BookingCancelled: It can no longer be moved.
        BookingChanged: Somebody else changed it a moment earlier.
        BookingPageGone, BookingPageInactive: There is nothing to move to.
        SlotTaken, SlotNotOffered: The slot cannot be had; carries alternatives.
        CalendarsUnverified: A host's calendar does not answer just now.
        BusyTryAgain: Nothing could be decided in time.
    """
    booking = _changeable_booking(
        token, browser_marks, now=now, links=links, link_keys=link_keys, bookings=bookings
    )
    return move(
        booking,
        start,
        actor=Actor(ActorKind.GUEST, network=network),
        now=now,
        booking_pages=booking_pages,
        hosts=hosts,
        bookings=bookings,
        live_look=live_look,
    )


def _changeable_booking(
    token: str,
    browser_marks: Collection[str],
    *,
    now: datetime,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    bookings: ports.Bookings,
) -> Booking:
    """Return the booking behind a link, where it may be changed by it."""
    link = read_link_for(LinkPurpose.GUEST, token, now=now, links=links, link_keys=link_keys)
    if _is_old(link, now) and not _is_known(link, browser_marks, link_keys):
        raise FreshLinkRequired
    return bookings.get(link.organization_id, link.subject_id)


def _is_old(link: Link, now: datetime) -> bool:
    return now - link.created_at > FRESH_FOR


def _is_known(link: Link, browser_marks: Collection[str], link_keys: ports.LinkKeys) -> bool:
    """Tell whether one of the marks was made for the booking that a link leads to."""
    return any(_is_mark_of(mark, link, link_keys) for mark in browser_marks)


def _is_mark_of(mark: str, link: Link, link_keys: ports.LinkKeys) -> bool:
    try:
        key = link_keys.named(key_of_mark(mark))
    except LinkNotFound:
        return False
    return hmac.compare_digest(mark, browser_mark(link.organization_id, link.subject_id, key))


def _booking(
    token: str,
    *,
    now: datetime,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    bookings: ports.Bookings,
) -> Booking:
    link = read_link_for(LinkPurpose.GUEST, token, now=now, links=links, link_keys=link_keys)
    return bookings.get(link.organization_id, link.subject_id)
