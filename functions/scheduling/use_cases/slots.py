"""Which slots a page offers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from scheduling.domain.refusals import BookingPageInactive, FieldProblem, InvalidInput, marked
from scheduling.domain.slots import SlotRules, open_slots, span_of
from scheduling.domain.time_range import TimeRange

if TYPE_CHECKING:
    from scheduling import ports
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.people import ExternalMember

LONGEST_RANGE = timedelta(days=62)
"""Two months: the most a calendar shows."""

ALTERNATIVES = 3


@dataclass(frozen=True, slots=True)
class OpenSlots:
    page: BookingPage
    starts: tuple[datetime, ...]
    """In UTC, soonest first."""


def slots_of_page(
    slug: str,
    within: TimeRange,
    *,
    now: datetime,
    booking_pages: ports.BookingPages,
    external_members: ports.ExternalMembers,
    bookings: ports.Bookings,
) -> OpenSlots:
    """Return the slots that start within a range of at most 62 days.

    Raises:
        BookingPageNotFound: No page is published at `slug`.
        BookingPageInactive: The host has no times to come.
        InvalidInput: The range is too long.
    """
    if within.length > LONGEST_RANGE:
        message = marked("Please ask for at most 62 days at once.")
        raise InvalidInput([FieldProblem("to", "range_too_long", message)])
    page = booking_pages.get(slug)
    host = external_members.get(page.organization_id, page.external_member_id)
    if not host.availability.windows_after(now):
        raise BookingPageInactive
    return OpenSlots(page, open_starts(page, host, within, now=now, bookings=bookings))


def open_starts(
    page: BookingPage,
    host: ExternalMember,
    within: TimeRange,
    *,
    now: datetime,
    bookings: ports.Bookings,
) -> tuple[datetime, ...]:
    """Return the open starts within a range, soonest first."""
    rules = page.rules
    around = TimeRange(
        within.start - rules.buffer_before, within.end + rules.duration + rules.buffer_after
    )
    busy = bookings.claimed(host.organization_id, host.external_member_id, around)
    starts = open_slots(
        [span_of(window) for window in host.availability.windows],
        map(span_of, busy),
        SlotRules.of(rules),
        span_of(within),
        now,
    )
    return tuple(datetime.fromtimestamp(start, UTC) for start in starts)


def nearest_open_starts(
    page: BookingPage,
    host: ExternalMember,
    wanted: datetime,
    *,
    now: datetime,
    bookings: ports.Bookings,
) -> tuple[datetime, ...]:
    """Return the open starts closest to `wanted`, at most three, soonest first."""
    within = TimeRange(now, now + page.rules.horizon)
    starts = open_starts(page, host, within, now=now, bookings=bookings)
    nearest = sorted(starts, key=lambda start: (abs(start - wanted), start))
    return tuple(sorted(nearest[:ALTERNATIVES]))
