"""The page behind a guest's link: their booking, for its whole life."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

from handlers.guest_browser import browser_marks, guest_cookie
from handlers.online_meetings import join_url_of
from handlers.pages.forms import Form, by_field
from handlers.pages.rendering import TOKEN_PAGE_HEADERS, page, see_other
from handlers.problems import status_of
from handlers.requests import network
from handlers.wiring import adapters
from scheduling.domain.booking import BookingState
from scheduling.domain.refusals import (
    BookingChanged,
    BookingClosed,
    BookingPageNotFound,
    FreshLinkRequired,
    InvalidInput,
)
from scheduling.use_cases.guest import (
    GuestBooking,
    cancel_guest_booking,
    guest_booking,
    send_fresh_link,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.booking import Booking

type Stage = Literal["asked", "booked", "begun", "over", "cancelled", "declined", "expired"]


def cancel(event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of(event)
    token = form["token"]
    try:
        cancelled = cancel_guest_booking(
            token,
            reason=form["reason"],
            browser_marks=browser_marks(event),
            network=network(event),
            now=adapters().now(),
            links=adapters().links,
            link_keys=adapters().link_keys,
            bookings=adapters().bookings,
        )
    except InvalidInput as refusal:
        return booking_page(
            token,
            event,
            reason=form["reason"],
            problems=by_field(refusal.problems),
            status=status_of(refusal),
        )
    except (BookingClosed, BookingChanged, FreshLinkRequired) as refusal:
        return refused_page(token, event, refusal, reason=form["reason"])
    return see_other(f"/l/{token}", headers=TOKEN_PAGE_HEADERS, cookies=[guest_cookie(cancelled)])


def send_link(event: APIGatewayProxyEventV2) -> Response[str]:
    """Have a fresh link mailed to the guest, whoever presses the button."""
    token = Form.of(event)["token"]
    try:
        send_fresh_link(
            token,
            now=adapters().now(),
            links=adapters().links,
            link_keys=adapters().link_keys,
            bookings=adapters().bookings,
            rate_limits=adapters().rate_limits,
        )
    except BookingClosed as refusal:
        return refused_page(token, event, refusal)
    return see_other(f"/l/{token}?mailed=1", headers=TOKEN_PAGE_HEADERS)


def refused_page(
    token: str,
    event: APIGatewayProxyEventV2,
    refusal: BookingClosed | BookingChanged | FreshLinkRequired,
    *,
    reason: str = "",
) -> Response[str]:
    """Show what has become of a booking that could not be changed as the guest wanted."""
    # That it is closed, or that a fresh link is needed, the page says by itself.
    warning = refusal.message if isinstance(refusal, BookingChanged) else ""
    return booking_page(token, event, reason=reason, warning=warning, status=status_of(refusal))


def booking_page(
    token: str,
    event: APIGatewayProxyEventV2,
    *,
    reason: str = "",
    problems: Mapping[str, str] | None = None,
    warning: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> Response[str]:
    """Show the booking in its present state."""
    found = booking_of(token, event)
    booking = found.booking
    join_url = join_url_of(booking)
    return page(
        "guest.html",
        status=status,
        locale=language_of(found),
        headers=TOKEN_PAGE_HEADERS,
        organization=found.organization,
        person_in_charge=found.person_in_charge,
        booking=booking,
        is_known=found.is_known,
        told_reason=found.reason,
        needs_fresh_link=found.needs_fresh_link,
        is_link_mailed=bool(Form.of_query(event)["mailed"]),
        stage=_stage(booking, adapters().now()),
        now=adapters().now(),
        token=token,
        reason=reason,
        problems=problems or {},
        warning=warning,
        join_url=join_url,
        google_calendar=_google_calendar(booking, join_url),
        outlook_calendar=_outlook_calendar(booking, join_url),
    )


def booking_of(token: str, event: APIGatewayProxyEventV2) -> GuestBooking:
    """Raises LinkNotFound, LinkExpired."""
    return guest_booking(
        token,
        browser_marks=browser_marks(event),
        now=adapters().now(),
        links=adapters().links,
        link_keys=adapters().link_keys,
        organizations=adapters().organizations,
        members=adapters().members,
        bookings=adapters().bookings,
    )


def language_of(found: GuestBooking) -> str:
    """Return the language of the page that was booked on."""
    try:
        booked_on = adapters().booking_pages.get(found.booking.booking_page_slug)
    except BookingPageNotFound:
        # It ended with its host, who was erased.
        return found.organization.locale
    return booked_on.locale or found.organization.locale


def _stage(booking: Booking, now: datetime) -> Stage:
    """Return how far a booking is, as its guest sees it."""
    match booking.state:
        case BookingState.CANCELLED:
            return "cancelled"
        case BookingState.DECLINED:
            return "declined"
        case BookingState.EXPIRED:
            return "expired"
        case BookingState.PENDING:
            return "expired" if booking.is_overdue(now) else "asked"
        case BookingState.CONFIRMED | BookingState.NO_SHOW:
            if now >= booking.time.end:
                return "over"
            return "begun" if now >= booking.time.start else "booked"


def _google_calendar(booking: Booking, join_url: str) -> str:
    """Return the address at which Google Calendar offers to add the meeting."""
    time = booking.time
    query = {
        "action": "TEMPLATE",
        "text": booking.title,
        "dates": f"{time.start:%Y%m%dT%H%M%SZ}/{time.end:%Y%m%dT%H%M%SZ}",
        "location": join_url or booking.location,
    }
    return f"https://calendar.google.com/calendar/render?{urlencode(query)}"


def _outlook_calendar(booking: Booking, join_url: str) -> str:
    """Return the address at which Outlook on the web offers to add the meeting."""
    query = {
        "rru": "addevent",
        "subject": booking.title,
        "startdt": f"{booking.time.start:%Y-%m-%dT%H:%M:%SZ}",
        "enddt": f"{booking.time.end:%Y-%m-%dT%H:%M:%SZ}",
        "location": join_url or booking.location,
    }
    return f"https://outlook.office.com/calendar/0/action/compose?{urlencode(query)}"
