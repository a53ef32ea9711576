"""What guests do with their booking, by the link in their mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduling.domain.links import LinkPurpose
from scheduling.domain.messages import Recipient
from scheduling.use_cases.changes import cancel, checked_reason, move
from scheduling.use_cases.links import read_link_for
from scheduling.use_cases.slots import OpenSlots, offer_of, open_starts

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.booking import Booking
    from scheduling.domain.people import Member, Organization
    from scheduling.domain.time_range import TimeRange


@dataclass(frozen=True, slots=True)
class GuestBooking:
    """What the page behind a guest's link shows."""

    booking: Booking
    organization: Organization
    person_in_charge: Member


def guest_booking(
    token: str,
    *,
    now: datetime,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    organizations: ports.Organizations,
    members: ports.Members,
    bookings: ports.Bookings,
) -> GuestBooking:
    """Return the booking behind a guest's link, in its present state.

    Raises:
        LinkNotFound, LinkExpired: The link does not work.
    """
    booking = _booking(token, now=now, links=links, link_keys=link_keys, bookings=bookings)
    return GuestBooking(
        booking,
        organizations.get(booking.organization_id),
        members.get(booking.organization_id, booking.person_in_charge_id),
    )


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
    return OpenSlots(page, offer.duration, starts, offer.is_unverified(now))


def cancel_guest_booking(
    token: str,
    *,
    reason: str,
    now: datetime,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    bookings: ports.Bookings,
) -> Booking:
    """Call the meeting off for the guest; a second time changes nothing.

    Raises:
        LinkNotFound, LinkExpired: The link does not work.
        InvalidInput: The reason is too long.
        BookingOver: The meeting has begun.
        BookingChanged: Somebody else changed it a moment earlier.
    """
    booking = _booking(token, now=now, links=links, link_keys=link_keys, bookings=bookings)
    return cancel(booking, Recipient.GUEST, checked_reason(reason), now=now, bookings=bookings)


def move_guest_booking(
    token: str,
    start: datetime,
    *,
    now: datetime,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    booking_pages: ports.BookingPages,
    hosts: ports.Hosts,
    bookings: ports.Bookings,
) -> Booking:
    """Move the meeting to another slot of its page; the link stays the same.

    Args:
        start: In UTC.

    Raises:
        LinkNotFound, LinkExpired: The link does not work.
        BookingOver, BookingCancelled: It can no longer be moved.
        BookingChanged: Somebody else changed it a moment earlier.
        BookingPageGone, BookingPageInactive: There is nothing to move to.
        SlotTaken, SlotNotOffered: The slot cannot be had; carries alternatives.
        BusyTryAgain: Nothing could be decided in time.
    """
    booking = _booking(token, now=now, links=links, link_keys=link_keys, bookings=bookings)
    return move(
        booking, start, now=now, booking_pages=booking_pages, hosts=hosts, bookings=bookings
    )


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
