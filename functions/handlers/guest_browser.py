"""The cookies by which a browser is known to be that of a booking's guest."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from handlers.wiring import adapters
from scheduling.use_cases.guest import mark_for

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.booking import Booking

_PREFIX = "__Host-guest-"
"""The rest of the name is the booking's id."""

_LIFE = timedelta(days=180)
"""Bookings are at most 90 days ahead, and may be moved."""

_MOST = 50


def guest_cookie(booking: Booking) -> Cookie:
    """Return what makes a browser known for a booking; only an answer to a POST may carry it."""
    return Cookie(
        name=f"{_PREFIX}{booking.booking_id}",
        value=mark_for(booking, link_keys=adapters().link_keys),
        path="/",
        secure=True,
        http_only=True,
        same_site=SameSite.LAX_MODE,
        max_age=int(_LIFE.total_seconds()),
    )


def browser_marks(event: APIGatewayProxyEventV2) -> list[str]:
    """Return what the browser keeps of bookings, at most 50; nobody has vouched for any of it."""
    kept = [header for header in event.cookies if header.startswith(_PREFIX)][:_MOST]
    return [header.partition("=")[2] for header in kept]
