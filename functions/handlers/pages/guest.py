"""The page behind a guest's link: their booking, for its whole life."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from handlers.pages.forms import Form, by_field
from handlers.pages.rendering import TOKEN_PAGE_HEADERS, page, see_other
from handlers.wiring import adapters
from scheduling.domain.booking import BookingState
from scheduling.domain.refusals import BookingOver, InvalidInput
from scheduling.use_cases.booking import cancel_guest_booking, guest_booking

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.booking import Booking


def cancel(event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of(event)
    token = form["token"]
    try:
        cancel_guest_booking(
            token,
            reason=form["reason"],
            now=adapters().now(),
            links=adapters().links,
            link_keys=adapters().link_keys,
            bookings=adapters().bookings,
        )
    except InvalidInput as refusal:
        return booking_page(
            token,
            reason=form["reason"],
            problems=by_field(refusal.problems),
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
        )
    except BookingOver:
        # The page says so itself.
        return booking_page(token, status=HTTPStatus.CONFLICT)
    return see_other(f"/l/{token}", headers=TOKEN_PAGE_HEADERS)


def booking_page(
    token: str,
    *,
    reason: str = "",
    problems: Mapping[str, str] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response[str]:
    """Show the booking in its present state."""
    found = guest_booking(
        token,
        now=adapters().now(),
        links=adapters().links,
        link_keys=adapters().link_keys,
        organizations=adapters().organizations,
        members=adapters().members,
        bookings=adapters().bookings,
    )
    booking = found.booking
    return page(
        "guest.html",
        status=status,
        locale=found.organization.locale,
        headers=TOKEN_PAGE_HEADERS,
        organization=found.organization,
        person_in_charge=found.person_in_charge,
        booking=booking,
        cancelled=booking.state is BookingState.CANCELLED,
        now=adapters().now(),
        token=token,
        reason=reason,
        problems=problems or {},
        google_calendar=_google_calendar(booking),
        outlook_calendar=_outlook_calendar(booking),
    )


def _google_calendar(booking: Booking) -> str:
    """Return the address at which Google Calendar offers to add the meeting."""
    time = booking.time
    query = {
        "action": "TEMPLATE",
        "text": booking.title,
        "dates": f"{time.start:%Y%m%dT%H%M%SZ}/{time.end:%Y%m%dT%H%M%SZ}",
        "location": booking.location,
    }
    return f"https://calendar.google.com/calendar/render?{urlencode(query)}"


def _outlook_calendar(booking: Booking) -> str:
    """Return the address at which Outlook on the web offers to add the meeting."""
    query = {
        "rru": "addevent",
        "subject": booking.title,
        "startdt": f"{booking.time.start:%Y-%m-%dT%H:%M:%SZ}",
        "enddt": f"{booking.time.end:%Y-%m-%dT%H:%M:%SZ}",
        "location": booking.location,
    }
    return f"https://outlook.office.com/calendar/0/action/compose?{urlencode(query)}"
