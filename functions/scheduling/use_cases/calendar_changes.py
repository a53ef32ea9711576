"""Events of ours that come back from a calendar: what somebody did to them there.

An event says what we last wrote into it, so our own writing is told from what its owner did:
their hand leaves that mark as it is. What we wrote and the owner did not touch changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scheduling.domain.audit import Actor, ActorKind
from scheduling.domain.booking import REMOVED_FROM_CALENDAR
from scheduling.domain.calendar_events import EventState
from scheduling.domain.calendar_sync import Mark, MirrorEvent, span_to_read
from scheduling.domain.messages import Recipient
from scheduling.domain.provider_events import event_id_of, may_be_ours, shared_mark_of
from scheduling.domain.refusals import (
    BookingChanged,
    BookingClosed,
    BookingNotFound,
    BookingPageGone,
    BookingPageInactive,
    BookingPageNotFound,
    BusyTryAgain,
    SlotUnavailable,
)
from scheduling.domain.slots import span_of
from scheduling.domain.time_range import TimeRange
from scheduling.use_cases.changes import cancel, move
from scheduling.use_cases.slots import choose, offer_of

if TYPE_CHECKING:
    from scheduling import ports
    from scheduling.domain.booking import Booking
    from scheduling.domain.calendar_events import HostEvent
    from scheduling.domain.connections import ConnectionKey
    from scheduling.domain.hours import Span
    from scheduling.domain.provider_events import ChangedEvent
    from scheduling.provider_ports import CalendarEvents


_AT_REST = {EventState.WRITTEN, EventState.DIVERGED}
"""Nobody is writing it."""

_GENERATIONS = 5
"""Of how many a removed event is looked for; each was written after the one before had gone."""

_PASSING = (BookingChanged, BusyTryAgain)

_NOT_POSSIBLE = (
    SlotUnavailable,
    BookingPageGone,
    BookingPageInactive,
    BookingPageNotFound,
)


@dataclass(frozen=True, slots=True)
class BookingDesk:
    """What following a calendar with bookings needs."""

    bookings: ports.Bookings
    booking_pages: ports.BookingPages
    hosts: ports.Hosts
    calendar_events: CalendarEvents
    live_look: ports.LiveLook


def mirror_of(
    change: ChangedEvent,
    whose: ConnectionKey,
    known: MirrorEvent | None,
    *,
    now: datetime,
    desk: BookingDesk,
) -> MirrorEvent | None:
    """Return what a changed event mirrors of a member's bookings; None for anybody's event.

    Args:
        known: What it mirrored when it was last seen: of what is deleted a provider tells no more
            than the id.
    """
    if known is not None and change.time is None:
        seen = replace(known, time=None)
        written = _written(seen, whose, desk=desk)
        return replace(seen, mark=_mark(seen, written)) if written else None
    booking = _mirrored(change, whose, now=now, bookings=desk.bookings)
    if booking is None:
        return None
    time = None if change.is_gone else change.time
    seen = MirrorEvent(change.event_id, booking.booking_id, time, change.content_hash)
    written = _written(seen, whose, desk=desk)
    if written is not None:
        return replace(seen, mark=_mark(seen, written))
    # A copy, on a calendar that the member has a look at as well.
    is_now_theirs = booking.state.takes_time and whose.member_id in booking.host_ids
    return seen if is_now_theirs and time == span_of(booking.time) else None


def follow(
    mirror: MirrorEvent,
    whose: ConnectionKey,
    *,
    is_alive: bool,
    now: datetime,
    desk: BookingDesk,
) -> Mark:
    """Have a booking follow what somebody did to its event, and return how far that went.

    Moved to where the same hosts can take it, it is moved; deleted or declined by the only host,
    it is cancelled; everybody is told. Otherwise the event is flagged, and the booking stays.

    Args:
        is_alive: Whether some calendar of the host has an event of the booking: where it is not
            the one we wrote, that was put elsewhere, and nobody meant to cancel.
    """
    written = _written(mirror, whose, desk=desk)
    if written is None:
        return Mark.SETTLED
    if _mark(mirror, written) is Mark.SETTLED:
        if written.state is EventState.DIVERGED:
            # It is back where it was, so calendar and booking agree again.
            desk.calendar_events.ask(whose.organization_id, mirror.booking_id, now=now)
        return Mark.SETTLED
    is_theirs = mirror.time is None or mirror.content_hash == written.content_hash
    if written.state not in _AT_REST or not is_theirs:
        return Mark.OPEN
    try:
        has_followed = _followed(mirror, whose, is_alive=is_alive, now=now, desk=desk)
    except _PASSING:
        return Mark.OPEN
    if not has_followed:
        desk.calendar_events.flag(written)
    return Mark.SETTLED if has_followed else Mark.DIVERGED


def _followed(
    mirror: MirrorEvent,
    whose: ConnectionKey,
    *,
    is_alive: bool,
    now: datetime,
    desk: BookingDesk,
) -> bool:
    """Tell whether the booking is as its event is now; one that is over need not be.

    Raises:
        BookingChanged, BusyTryAgain: It may be, another time.
    """
    booking = _found(mirror.booking_id, whose, desk.bookings)
    if booking is None or whose.member_id not in booking.host_ids:
        return True
    try:
        if mirror.time is None:
            return not is_alive and _cancelled(booking, whose, now=now, desk=desk)
        return _moved(booking, mirror.time, whose, now=now, desk=desk)
    except BookingClosed:
        return True


def _mirrored(
    change: ChangedEvent, whose: ConnectionKey, *, now: datetime, bookings: ports.Bookings
) -> Booking | None:
    """Return the member's booking that an event says it mirrors, or that its id was made for."""
    booking_id = change.booking_id
    if change.is_gone and not booking_id:
        booking_id = _of_unread(change.event_id, whose, now=now, bookings=bookings)
    elif not booking_id and change.shared_mark and change.busy is not None:
        taken = bookings.taken(whose.organization_id, whose.member_id, range_of(change.busy))
        marks = {shared_mark_of(each.owner_id): each.owner_id for each in taken}
        booking_id = marks.get(change.shared_mark, "")
    booking = _found(booking_id, whose, bookings) if booking_id else None
    if booking is None or whose.member_id not in (*booking.host_ids, *booking.former_host_ids):
        return None
    return booking


def _of_unread(
    event_id: str, whose: ConnectionKey, *, now: datetime, bookings: ports.Bookings
) -> str:
    """Return the booking of an event that was removed before it was ever read; empty for none."""
    if not may_be_ours(event_id):
        return ""
    taken = bookings.taken(whose.organization_id, whose.member_id, span_to_read(now))
    booking_ids = {
        event_id_of(each.owner_id, whose.member_id, generation): each.owner_id
        for each in taken
        for generation in range(1, _GENERATIONS + 1)
    }
    return booking_ids.get(event_id, "")


def _found(booking_id: str, whose: ConnectionKey, bookings: ports.Bookings) -> Booking | None:
    try:
        return bookings.get(whose.organization_id, booking_id)
    except BookingNotFound:
        return None


def _written(seen: MirrorEvent, whose: ConnectionKey, *, desk: BookingDesk) -> HostEvent | None:
    """Return what is known of writing this very event; None where it is not, or no longer, ours."""
    known = desk.calendar_events.known(whose.organization_id, seen.booking_id)
    event = known.of_host(whose.member_id)
    if event is None or event.state is EventState.REMOVED:
        return None
    event_id = event_id_of(event.booking_id, event.host_id, event.generation)
    return event if event_id == seen.event_id else None


def _mark(seen: MirrorEvent, written: HostEvent) -> Mark:
    """Tell whether an event is as it was written.

    While a writing is under way nobody can tell: then it is looked at again later.
    """
    if seen.time is None:
        return Mark.OPEN
    as_written = (seen.time, seen.content_hash) == (written.time, written.content_hash)
    return Mark.SETTLED if as_written else Mark.OPEN


def _cancelled(booking: Booking, whose: ConnectionKey, *, now: datetime, desk: BookingDesk) -> bool:
    if len(booking.hosts) > 1:
        return False
    actor = _actor(whose)
    cancel(
        booking,
        Recipient.HOST,
        REMOVED_FROM_CALENDAR,
        actor=actor,
        now=now,
        bookings=desk.bookings,
    )
    return True


def _moved(
    booking: Booking, time: Span, whose: ConnectionKey, *, now: datetime, desk: BookingDesk
) -> bool:
    """Move a booking to where its event was put, with the same hosts; tell whether that is so."""
    wanted = range_of(time)
    if wanted.length != booking.time.length:
        return False
    booking.check_changeable(now)
    try:
        if not _same_hosts_can(booking, wanted.start, now=now, desk=desk):
            return False
        move(
            booking,
            wanted.start,
            actor=_actor(whose),
            now=now,
            booking_pages=desk.booking_pages,
            hosts=desk.hosts,
            bookings=desk.bookings,
            live_look=desk.live_look,
        )
    except _NOT_POSSIBLE:
        return False
    return True


def _same_hosts_can(booking: Booking, start: datetime, *, now: datetime, desk: BookingDesk) -> bool:
    """Raises SlotUnavailable, BookingPageNotFound or BookingPageGone where nobody can."""
    if start == booking.time.start:
        return True
    page = desk.booking_pages.get(booking.booking_page_slug)
    offer = offer_of(page, booking.time.length, hosts=desk.hosts)
    chosen = choose(
        offer,
        start,
        owner_id=booking.booking_id,
        apart_from=booking.booking_id,
        preferred=booking.host_ids,
        now=now,
        bookings=desk.bookings,
    )
    return {*chosen.claim.host_ids} == {*booking.host_ids}


def range_of(span: Span) -> TimeRange:
    start, end = (datetime.fromtimestamp(seconds, UTC) for seconds in span)
    return TimeRange(start, end)


def _actor(whose: ConnectionKey) -> Actor:
    return Actor(ActorKind.MEMBER, whose.member_id)
