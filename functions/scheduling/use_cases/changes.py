"""Changing a booking, whoever does it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, Actor, ActorKind, Entry
from scheduling.domain.booking import Booking, BookingState
from scheduling.domain.checks import Checks
from scheduling.domain.links import GUEST_LIFE_AFTER_END
from scheduling.domain.messages import MessageKind
from scheduling.domain.refusals import BookingChanged, CalendarsUnverified
from scheduling.use_cases.announcements import announcements
from scheduling.use_cases.live_look import looked_at
from scheduling.use_cases.slots import Choice, checked_live, offer_of, take

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.messages import Recipient


def checked_reason(reason: str) -> str:
    """Return what somebody says about a change, as it is kept.

    Raises:
        InvalidInput: It is too long.
    """
    checks = Checks()
    reason = checks.note("reason", reason)
    checks.done()
    return reason


def cancel(
    booking: Booking,
    by: Recipient,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
    bookings: ports.Bookings,
) -> Booking:
    """Call a meeting off; one that is cancelled already stays as it is.

    Args:
        by: The role in which `actor` does it.

    Raises:
        BookingOver: The meeting has begun.
        BookingCancelled: It was declined, or nobody decided about it in time.
        BookingChanged: Somebody else changed it a moment earlier.
    """
    if booking.state is BookingState.CANCELLED:
        return booking
    cancelled = booking.cancelled(by, reason, now=now)
    entry = _entry(booking, Activity.BOOKING_CANCELLED, actor, now=now)
    return change(
        booking, cancelled, MessageKind.BOOKING_CANCELLED, entry, now=now, bookings=bookings
    )


def move(
    booking: Booking,
    start: datetime,
    *,
    actor: Actor,
    now: datetime,
    booking_pages: ports.BookingPages,
    hosts: ports.Hosts,
    bookings: ports.Bookings,
    live_look: ports.LiveLook,
) -> Booking:
    """Move a meeting to another slot of its page, with the same hosts if they can.

    Where nobody knows whether they are busy elsewhere, staff decide for themselves. For a guest
    other hosts come first, and a confirmed meeting stays while their calendar may answer soon: not
    once the page says that times cannot be verified, since then it may take somebody to sign in.

    Args:
        start: In UTC; where it is the present one, nothing changes.

    Raises:
        BookingOver, BookingCancelled: It can no longer be moved.
        BookingChanged: Somebody else changed it a moment earlier.
        BookingPageGone, BookingPageInactive: There is nothing to move to.
        SlotTaken, SlotNotOffered: The slot cannot be had; carries alternatives.
        CalendarsUnverified: A guest asks, and a host's calendar does not answer just now.
        BusyTryAgain: Nothing could be decided in time.
    """
    booking.check_changeable(now)
    if start == booking.time.start:
        return booking
    page = booking_pages.get(booking.booking_page_slug)
    offer = offer_of(page, booking.time.length, hosts=hosts)
    offer.check_active(now)
    look = partial(looked_at, now=now, bookings=bookings, live_look=live_look)
    offer = checked_live(
        offer, start, look, apart_from=booking.booking_id, now=now, bookings=bookings
    )
    unknown = offer.unknown_hosts(now) if actor.kind is ActorKind.GUEST else frozenset[str]()
    unverified = {host.host_id for host in offer.unverified_hosts(now)}
    entry = _entry(
        booking,
        Activity.BOOKING_MOVED,
        actor,
        now=now,
        start=start.isoformat(),
        former_start=booking.time.start.isoformat(),
    )

    def store(choice: Choice) -> Booking:
        may_be_known_soon = unknown.intersection(choice.claim.host_ids) - unverified
        if may_be_known_soon and booking.state is BookingState.CONFIRMED:
            raise CalendarsUnverified
        moved = booking.moved(choice.claim, choice.hosts, now=now)
        bookings.change(
            booking,
            moved,
            announcements(
                MessageKind.BOOKING_MOVED,
                moved,
                now=now,
                was_confirmed=booking.state is BookingState.CONFIRMED,
            ),
            entry,
            link_expires_at=moved.time.end + GUEST_LIFE_AFTER_END,
            counts=choice.counts,
        )
        return moved

    return take(
        offer,
        start,
        store,
        owner_id=booking.booking_id,
        apart_from=booking.booking_id,
        preferred=booking.host_ids,
        unsure=unknown,
        now=now,
        bookings=bookings,
    )


def change(
    before: Booking,
    after: Booking,
    kind: MessageKind,
    entry: Entry,
    *,
    now: datetime,
    bookings: ports.Bookings,
) -> Booking:
    """Store a new state of a booking, and tell of it; somebody may have done the same just now.

    Return the booking as it is stored.

    Raises:
        BookingChanged: Somebody else changed it to another state a moment earlier.
    """
    was_confirmed = before.state is not BookingState.PENDING
    messages = announcements(
        kind, after, now=now, was_confirmed=was_confirmed or after.state is BookingState.CONFIRMED
    )
    try:
        bookings.change(before, after, messages, entry)
    except BookingChanged:
        stored = bookings.get(before.organization_id, before.booking_id)
        if stored.state is not after.state:
            raise
        return stored
    return after


def _entry(
    booking: Booking, activity: Activity, actor: Actor, *, now: datetime, **facts: str
) -> Entry:
    return Entry(
        booking.organization_id,
        now,
        actor,
        activity,
        subject_id=booking.booking_id,
        facts=facts,
    )
