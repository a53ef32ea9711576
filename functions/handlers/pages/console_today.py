"""What needs a human today, and what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.pages.console_frame import ROWS, console_page, every_external_member
from handlers.pages.console_setup import steps_to_do
from handlers.wiring import adapters
from scheduling.domain.booking import BookingState
from scheduling.domain.connection_words import PLATFORM_NAMES
from scheduling.domain.people import Feature
from scheduling.ports import BookingFilter
from scheduling.use_cases.bookings import list_bookings
from scheduling.use_cases.connection_matrix import broken_connections
from scheduling.use_cases.external_members import external_members_to_look_at
from scheduling.use_cases.reputation import sending_health

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response

    from scheduling.domain.booking import Booking
    from scheduling.domain.sessions import SignedIn

NEXT_BOOKINGS = 8

MOST_TO_LOOK_AT = 50


def today_page(by: SignedIn) -> Response[str]:
    now = adapters().now()
    waiting = external_members_to_look_at(
        by,
        limit=MOST_TO_LOOK_AT,
        now=now,
        members=adapters().members,
        external_members=adapters().external_members,
        outbox=adapters().outbox,
    )
    has_begun = bool(waiting) or next(every_external_member(by), None) is not None
    health = sending_health(by, now=now, reputation=adapters().reputation)
    broken = broken_connections(
        by,
        limit=MOST_TO_LOOK_AT,
        members=adapters().members,
        connections=adapters().connections,
        booking_pages=adapters().booking_pages,
    )
    requests = _bookings(by, BookingState.PENDING)
    bookings = _bookings(by, BookingState.CONFIRMED)
    return console_page(
        "today.html",
        by,
        has_begun=bool(has_begun or broken or requests or bookings),
        has_external_members=Feature.EXTERNAL_MEMBERS in by.organization.features,
        steps=steps_to_do(by),
        mails_wait=health.paused_at is not None,
        requests=[request for request in requests if not request.is_overdue(now)],
        waiting=waiting,
        broken=broken,
        platform_names=PLATFORM_NAMES,
        bookings=bookings[:NEXT_BOOKINGS],
    )


def _bookings(by: SignedIn, state: BookingState) -> tuple[Booking, ...]:
    """Return the next bookings that are in a state, the soonest first."""
    which = BookingFilter(after=adapters().now(), states=(state,))
    found = list_bookings(by, which, cursor=None, limit=ROWS, bookings=adapters().bookings)
    return found.items
