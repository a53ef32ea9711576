"""Booking a slot, and what guests and the team do with bookings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduling.domain.booking import Booking, BookingState
from scheduling.domain.checks import Checks
from scheduling.domain.identifiers import derived_id
from scheduling.domain.links import GUEST_LIFE_AFTER_END, Link, LinkPurpose, new_link_id
from scheduling.domain.messages import Message, MessageKind, Recipient, Subject
from scheduling.domain.people import Guest
from scheduling.domain.refusals import (
    BookingChanged,
    BookingPageInactive,
    SlotNotOffered,
    SlotTaken,
)
from scheduling.domain.slots import SlotRules, is_open, span_of
from scheduling.domain.time_range import TimeRange
from scheduling.use_cases.booking_pages import is_active
from scheduling.use_cases.links import link_address, read_link_for
from scheduling.use_cases.slots import nearest_open_starts

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.people import ExternalMember, Member, Organization
    from scheduling.domain.sessions import SignedIn

TOLD_OF_BOOKINGS = (Recipient.HOST, Recipient.GUEST, Recipient.PERSON_IN_CHARGE)


@dataclass(frozen=True, slots=True)
class BookedSlot:
    booking: Booking
    guest_link: str
    """The address where the guest sees and cancels the booking."""


@dataclass(frozen=True, slots=True)
class GuestBooking:
    """What the page behind a guest's link shows."""

    booking: Booking
    organization: Organization
    person_in_charge: Member


def book_slot(
    slug: str,
    start: datetime,
    *,
    name: str,
    email: str,
    note: str,
    time_zone: str,
    key: str,
    now: datetime,
    base_url: str,
    booking_pages: ports.BookingPages,
    external_members: ports.ExternalMembers,
    bookings: ports.Bookings,
    links: ports.Links,
    link_keys: ports.LinkKeys,
) -> BookedSlot:
    """Book the slot that starts at `start` on the page at `slug`.

    When two guests ask for one slot at the same time, exactly one of them gets
    it: both may find it open, but only one can claim it.

    Args:
        start: In UTC.
        time_zone: The zone the guest saw the slot in.
        key: Chosen by the guest's client; the same key books once, however often it is sent.

    Raises:
        BookingPageNotFound: No page is published at `slug`.
        BookingPageInactive: The host has no times to come.
        InvalidInput: Names each field that cannot be accepted.
        SlotTaken: Somebody else has it; carries alternatives.
        SlotNotOffered: The page has no such slot; carries alternatives.
        IdempotencyKeyReused: The key was sent with other contents before.
        BusyTryAgain: Nothing could be decided in time.
    """
    guest = _checked_guest(name, email, note, time_zone)
    page = booking_pages.get(slug)
    host = external_members.get(page.organization_id, page.external_member_id)
    wanted = _booking(page, host, start, guest, key=key, now=now)
    if not is_active(host, now=now):
        raise BookingPageInactive
    if not _is_offered(page, host, start, now=now):
        raise SlotNotOffered(nearest_open_starts(page, host, start, now=now, bookings=bookings))
    link = Link(
        link_id=wanted.guest_link_id,
        purpose=LinkPurpose.GUEST,
        organization_id=wanted.organization_id,
        subject_id=wanted.booking_id,
        created_at=now,
        expires_at=wanted.time.end + GUEST_LIFE_AFTER_END,
    )
    try:
        booking = bookings.add(wanted, link, _messages(wanted, MessageKind.BOOKING_CONFIRMED))
    except SlotTaken:
        alternatives = nearest_open_starts(page, host, start, now=now, bookings=bookings)
        raise SlotTaken(alternatives) from None
    stored_link = (
        link if booking.guest_link_id == link.link_id else links.get(booking.guest_link_id)
    )
    return BookedSlot(booking, link_address(base_url, stored_link, link_keys))


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
    link = read_link_for(LinkPurpose.GUEST, token, now=now, links=links, link_keys=link_keys)
    booking = bookings.get(link.organization_id, link.subject_id)
    return GuestBooking(
        booking,
        organizations.get(booking.organization_id),
        members.get(booking.organization_id, booking.person_in_charge_id),
    )


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
    link = read_link_for(LinkPurpose.GUEST, token, now=now, links=links, link_keys=link_keys)
    checks = Checks()
    reason = checks.note("reason", reason)
    checks.done()
    booking = bookings.get(link.organization_id, link.subject_id)
    if booking.state is BookingState.CANCELLED:
        return booking
    cancelled = booking.cancelled(Recipient.GUEST, reason, now=now)
    try:
        bookings.cancel(cancelled, _messages(cancelled, MessageKind.BOOKING_CANCELLED))
    except BookingChanged:
        stored = bookings.get(link.organization_id, link.subject_id)
        if stored.state is not BookingState.CANCELLED:
            raise
        return stored
    return cancelled


def list_bookings(
    by: SignedIn,
    *,
    after: datetime,
    cursor: str | None,
    limit: int,
    bookings: ports.Bookings,
) -> ports.ListPage[Booking]:
    """Return the organization's bookings that start after an instant, soonest first."""
    return bookings.list(by.organization.organization_id, after=after, cursor=cursor, limit=limit)


def view_booking(by: SignedIn, booking_id: str, *, bookings: ports.Bookings) -> Booking:
    """Raises BookingNotFound."""
    return bookings.get(by.organization.organization_id, booking_id)


def _checked_guest(name: str, email: str, note: str, time_zone: str) -> Guest:
    checks = Checks()
    guest = Guest(
        name=checks.name("name", name),
        email=checks.email("email", email),
        note=checks.note("note", note),
        time_zone=checks.zone("time_zone", time_zone),
    )
    checks.done()
    return guest


def _booking(
    page: BookingPage,
    host: ExternalMember,
    start: datetime,
    guest: Guest,
    *,
    key: str,
    now: datetime,
) -> Booking:
    time = TimeRange(start, start + page.rules.duration)
    return Booking(
        booking_id=derived_id("booking", page.organization_id, page.slug, key),
        organization_id=page.organization_id,
        booking_page_slug=page.slug,
        title=page.title,
        location=page.location,
        host_id=host.external_member_id,
        host_name=host.name,
        person_in_charge_id=page.person_in_charge_id,
        guest=guest,
        time=time,
        claimed=TimeRange(
            time.start - page.rules.buffer_before, time.end + page.rules.buffer_after
        ),
        state=BookingState.CONFIRMED,
        version=1,
        guest_link_id=new_link_id(),
        booked_at=now,
        changed_at=now,
    )


def _is_offered(page: BookingPage, host: ExternalMember, start: datetime, *, now: datetime) -> bool:
    """Tell whether the page has this slot, taken or not; the claim decides about taken."""
    windows = [span_of(window) for window in host.availability.windows]
    seconds = start.timestamp()
    return seconds.is_integer() and is_open(
        int(seconds), windows, (), SlotRules.of(page.rules), now
    )


def _messages(booking: Booking, kind: MessageKind) -> tuple[Message, ...]:
    return tuple(
        Message(
            organization_id=booking.organization_id,
            subject=Subject.BOOKING,
            subject_id=booking.booking_id,
            version=booking.version,
            kind=kind,
            recipient=recipient,
        )
        for recipient in TOLD_OF_BOOKINGS
    )
