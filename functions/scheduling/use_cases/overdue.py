"""Ending what waited too long: holds, and requests that nobody decided about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, Actor, ActorKind, Entry
from scheduling.domain.booking import Booking, Hold
from scheduling.domain.messages import MessageKind
from scheduling.domain.refusals import BookingChanged, HoldNotFound
from scheduling.use_cases.announcements import announcements

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.booking import Claim, Taken

AT_ONCE = 100


def end_overdue(*, now: datetime, bookings: ports.Bookings) -> int:
    """End at most 100 of what is overdue; return how many ended.

    Raises:
        BusyTryAgain: One could not be ended now; what was ended before stays so.
    """
    overdue = bookings.overdue(now=now, limit=AT_ONCE)
    for each in overdue:
        _end(each, now=now, bookings=bookings)
    return len(overdue)


def is_freed(claim: Claim, *, now: datetime, bookings: ports.Bookings) -> bool:
    """End what is overdue in the time of a claim; tell whether nobody is in its way then.

    Whoever wants that time need not wait for the schedule that ends it. Perhaps
    somebody else let it go a moment ago.
    """
    others = {
        each.owner_id: each
        for host_id in claim.host_ids
        for each in bookings.taken(claim.organization_id, host_id, claim.whole, fresh=True)
        if each.owner_id != claim.owner_id and claim.clashes_with(each)
    }
    expired = [each for each in others.values() if each.has_expired(now)]
    end_all(expired, claim.organization_id, now=now, bookings=bookings)
    return len(expired) == len(others)


def end_all(
    expired: Iterable[Taken], organization_id: str, *, now: datetime, bookings: ports.Bookings
) -> None:
    """End these holds and requests, unless somebody else ended or decided them meanwhile."""
    for each in expired:
        _end(_owner(each, organization_id, bookings), now=now, bookings=bookings)


def _owner(taken: Taken, organization_id: str, bookings: ports.Bookings) -> Hold | Booking | None:
    if not taken.is_hold:
        return bookings.get(organization_id, taken.owner_id)
    try:
        return bookings.get_hold(taken.owner_id)
    except HoldNotFound:
        return None


def _end(each: Hold | Booking | None, *, now: datetime, bookings: ports.Bookings) -> None:
    """End it, unless somebody else ended it, or decided about it, a moment earlier."""
    match each:
        case Hold():
            bookings.release(each)
        case Booking() if each.is_overdue(now):
            expired = each.expired(now=now)
            messages = announcements(
                MessageKind.BOOKING_EXPIRED, expired, now=now, was_confirmed=False
            )
            entry = Entry(
                each.organization_id,
                now,
                Actor(ActorKind.PARLEY),
                Activity.BOOKING_EXPIRED,
                subject_id=each.booking_id,
            )
            try:
                bookings.change(each, expired, messages, entry)
            except BookingChanged:
                return
