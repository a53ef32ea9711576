"""What the team does with bookings."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, actor_of, entry_by
from scheduling.domain.booking import BookedHost, Booking, BookingState
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.lists import ListPage, every
from scheduling.domain.messages import MessageKind, Recipient
from scheduling.domain.policy import Act, require
from scheduling.domain.refusals import (
    BookingChanged,
    BookingClosed,
    BookingPageChanged,
    BusyTryAgain,
    MemberNotFound,
    SlotTaken,
)
from scheduling.ports import BookingFilter
from scheduling.use_cases.announcements import announcements
from scheduling.use_cases.changes import cancel, change, checked_reason, move
from scheduling.use_cases.page_settings import page_entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.people import Member
    from scheduling.domain.sessions import SignedIn

EXPORTED = 5_000
"""The most bookings one export has."""

HANDED_OVER_AT_ONCE = 50

_PART = 100


def list_bookings(
    by: SignedIn,
    which: BookingFilter,
    *,
    cursor: str | None,
    limit: int,
    bookings: ports.Bookings,
) -> ListPage[Booking]:
    """Return the organization's bookings by start."""
    return bookings.list(by.organization.organization_id, which, cursor=cursor, limit=limit)


def export_bookings(
    by: SignedIn, which: BookingFilter, *, bookings: ports.Bookings
) -> Iterator[Booking]:
    """Return the organization's bookings by start, at most `EXPORTED`."""
    found = every_booking(by.organization.organization_id, which, bookings=bookings)
    return itertools.islice(found, EXPORTED)


def every_booking(
    organization_id: str, which: BookingFilter, *, bookings: ports.Bookings
) -> Iterator[Booking]:
    return every(lambda cursor: bookings.list(organization_id, which, cursor=cursor, limit=_PART))


def view_booking(by: SignedIn, booking_id: str, *, bookings: ports.Bookings) -> Booking:
    """Raises BookingNotFound."""
    return bookings.get(by.organization.organization_id, booking_id)


def approve_booking(
    by: SignedIn, booking_id: str, *, now: datetime, bookings: ports.Bookings
) -> Booking:
    """Grant a request; once it is granted, doing so again changes nothing.

    Raises:
        BookingNotFound: There is none.
        RequestDecided: It waits for no decision, or no longer.
        BookingChanged: Somebody else changed it a moment earlier.
    """
    booking = view_booking(by, booking_id, bookings=bookings)
    if booking.state is BookingState.CONFIRMED:
        return booking
    approved = booking.approved(now=now)
    entry = entry_by(by, Activity.BOOKING_APPROVED, now=now, subject_id=booking_id)
    return change(
        booking, approved, MessageKind.BOOKING_CONFIRMED, entry, now=now, bookings=bookings
    )


def decline_booking(
    by: SignedIn, booking_id: str, *, reason: str, now: datetime, bookings: ports.Bookings
) -> Booking:
    """Turn a request down; once it is, doing so again changes nothing.

    Raises:
        BookingNotFound: There is none.
        InvalidInput: The reason is too long.
        RequestDecided: It waits for no decision, or no longer.
        BookingChanged: Somebody else changed it a moment earlier.
    """
    reason = checked_reason(reason)
    booking = view_booking(by, booking_id, bookings=bookings)
    if booking.state is BookingState.DECLINED:
        return booking
    declined = booking.declined(_role(by, booking), reason, now=now)
    entry = entry_by(by, Activity.BOOKING_DECLINED, now=now, subject_id=booking_id)
    return change(
        booking, declined, MessageKind.BOOKING_DECLINED, entry, now=now, bookings=bookings
    )


def cancel_booking(
    by: SignedIn, booking_id: str, *, reason: str, now: datetime, bookings: ports.Bookings
) -> Booking:
    """Call a meeting off; a second time changes nothing.

    Raises:
        BookingNotFound: There is none.
        InvalidInput: The reason is too long.
        BookingOver: The meeting has begun.
        BookingCancelled: It was declined, or nobody decided about it in time.
        BookingChanged: Somebody else changed it a moment earlier.
    """
    reason = checked_reason(reason)
    booking = view_booking(by, booking_id, bookings=bookings)
    role = _role(by, booking)
    return cancel(booking, role, reason, actor=actor_of(by), now=now, bookings=bookings)


def move_booking(
    by: SignedIn,
    booking_id: str,
    start: datetime,
    *,
    now: datetime,
    booking_pages: ports.BookingPages,
    hosts: ports.Hosts,
    bookings: ports.Bookings,
    live_look: ports.LiveLook,
) -> Booking:
    """Move a meeting to another slot of its page; see `changes.move` for what it raises."""
    booking = view_booking(by, booking_id, bookings=bookings)
    return move(
        booking,
        start,
        actor=actor_of(by),
        now=now,
        booking_pages=booking_pages,
        hosts=hosts,
        bookings=bookings,
        live_look=live_look,
    )


def mark_no_show(
    by: SignedIn, booking_id: str, *, now: datetime, bookings: ports.Bookings
) -> Booking:
    """Note that the guest did not come; a second time changes nothing. Nobody is told.

    Raises:
        BookingNotFound: There is none.
        BookingNotBegun: They may still come.
        BookingUndecided, BookingCancelled: Nobody was expected.
        BookingChanged: Somebody else changed it a moment earlier.
    """
    booking = view_booking(by, booking_id, bookings=bookings)
    if booking.state is BookingState.NO_SHOW:
        return booking
    missed = booking.missed(now=now)
    entry = entry_by(by, Activity.GUEST_MISSED, now=now, subject_id=booking_id)
    bookings.change(booking, missed, (), entry)
    return missed


@dataclass(frozen=True, slots=True)
class HandOver:
    """What became of a member's pages and meetings to come."""

    pages: tuple[BookingPage, ...]
    handed_over: tuple[Booking, ...]
    refused: tuple[Booking, ...]
    """Still theirs: the other is not free then, or somebody changed the booking just now."""
    is_complete: bool
    """False where there is more: then do it again."""


def hand_over(
    by: SignedIn,
    member_id: str,
    to_member_id: str,
    *,
    also_as_host: bool = True,
    now: datetime,
    members: ports.Members,
    booking_pages: ports.BookingPages,
    bookings: ports.Bookings,
) -> HandOver:
    """Give another member the pages and meetings a member who leaves is host of, or in charge of.

    Everybody concerned is told. Pages come first, so nothing new is booked meanwhile.

    Args:
        also_as_host: Whether the other takes their place on pages as a host, too.

    Raises:
        NotAllowed: Only admins may, except of what is their own.
        MemberNotFound: One of them is no member of the organization, or the other was removed.
    """
    require(by, Act.HAND_OVER, of=member_id, now=now)
    organization_id = by.organization.organization_id
    leaving = members.get(organization_id, member_id)
    to = members.get(organization_id, to_member_id)
    if not to.is_active:
        raise MemberNotFound
    pages = tuple(
        _handed_over_pages(
            by, leaving, to, also_as_host=also_as_host, now=now, booking_pages=booking_pages
        )
    )
    handed_over: list[Booking] = []
    refused: list[Booking] = []
    for booking in _to_hand_over(leaving, now, bookings):
        if len(handed_over) == HANDED_OVER_AT_ONCE:
            return HandOver(pages, tuple(handed_over), tuple(refused), is_complete=False)
        try:
            handed_over.append(_handed_over(by, booking, leaving, to, now=now, bookings=bookings))
        except (SlotTaken, BookingChanged, BusyTryAgain):
            refused.append(booking)
        except BookingClosed:
            # A request whose time is up: there is nothing to hand over.
            continue
    return HandOver(pages, tuple(handed_over), tuple(refused), is_complete=True)


def _handed_over_pages(
    by: SignedIn,
    leaving: Member,
    to: Member,
    *,
    also_as_host: bool,
    now: datetime,
    booking_pages: ports.BookingPages,
) -> Iterator[BookingPage]:
    def part(cursor: str | None) -> ListPage[BookingPage]:
        return booking_pages.list(leaving.organization_id, cursor=cursor, limit=_PART)

    for page in every(part):
        hosts = _replaced(page.hosts, leaving, to) if also_as_host else page.hosts
        is_in_charge = page.person_in_charge_id == leaving.member_id
        if hosts == page.hosts and not is_in_charge:
            continue
        new = replace(
            page,
            hosts=hosts,
            needed_hosts=page.needed_hosts and min(page.needed_hosts, len(hosts)),
            person_in_charge_id=to.member_id if is_in_charge else page.person_in_charge_id,
            version=page.version + 1,
        )
        try:
            booking_pages.replace(
                new,
                page_entry(
                    by,
                    Activity.BOOKING_PAGE_HANDED_OVER,
                    new,
                    now=now,
                    from_member_id=leaving.member_id,
                    to_member_id=to.member_id,
                ),
            )
        except BookingPageChanged:
            # Somebody edits it right now; doing this once more finds it again.
            continue
        yield new


def _replaced(hosts: tuple[HostKey, ...], leaving: Member, to: Member) -> tuple[HostKey, ...]:
    successor = HostKey(HostKind.MEMBER, to.member_id)
    return tuple(
        dict.fromkeys(successor if key.host_id == leaving.member_id else key for key in hosts)
    )


def _to_hand_over(leaving: Member, now: datetime, bookings: ports.Bookings) -> Iterator[Booking]:
    to_come = BookingFilter(after=now, states=(BookingState.PENDING, BookingState.CONFIRMED))
    for booking in every_booking(leaving.organization_id, to_come, bookings=bookings):
        if leaving.member_id in (*booking.host_ids, booking.person_in_charge_id):
            yield booking


def _handed_over(
    by: SignedIn,
    booking: Booking,
    leaving: Member,
    to: Member,
    *,
    now: datetime,
    bookings: ports.Bookings,
) -> Booking:
    """Raises SlotTaken, BookingChanged, BookingClosed, BusyTryAgain."""
    successor = BookedHost(HostKey(HostKind.MEMBER, to.member_id), to.name)
    hosts = tuple(
        {
            host.host_id: host
            for host in (
                successor if host.host_id == leaving.member_id else host for host in booking.hosts
            )
        }.values()
    )
    is_in_charge = booking.person_in_charge_id == leaving.member_id
    after = booking.handed_over(
        replace(booking.claim, host_ids=tuple(host.host_id for host in hosts)),
        hosts,
        to.member_id if is_in_charge else booking.person_in_charge_id,
        now=now,
    )
    messages = announcements(
        MessageKind.BOOKING_HANDED_OVER,
        after,
        now=now,
        was_confirmed=booking.state is BookingState.CONFIRMED,
    )
    entry = entry_by(
        by,
        Activity.BOOKING_HANDED_OVER,
        now=now,
        subject_id=booking.booking_id,
        from_member_id=leaving.member_id,
        to_member_id=to.member_id,
    )
    bookings.change(booking, after, messages, entry)
    return after


def _role(by: SignedIn, booking: Booking) -> Recipient:
    """Return in which role a member acts on a booking."""
    if by.member.member_id in booking.host_ids:
        return Recipient.HOST
    if by.member.member_id == booking.person_in_charge_id:
        return Recipient.PERSON_IN_CHARGE
    return Recipient.MEMBER
