"""Which slots a booking page offers. Anonymous, reads only.

This function starts often and must start fast: no pydantic, no templates. It
reads its three parameters by hand.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from handlers.problems import answer_refusals
from handlers.wiring import adapters
from scheduling.domain.refusals import FieldProblem, InvalidInput, marked
from scheduling.domain.time_range import TimeRange
from scheduling.domain.zones import time_zone
from scheduling.use_cases.booking_pages import view_booking_page
from scheduling.use_cases.slots import slots_of_page

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from aws_lambda_powertools.utilities.typing import LambdaContext

app = APIGatewayHttpResolver()
logger = Logger()
answer_refusals(app)

DEFAULT_RANGE = timedelta(days=14)


@app.get("/api/booking-pages/<slug>", summary="Look at a booking page")
def get_booking_page(slug: str) -> dict[str, Any]:
    view = view_booking_page(
        slug,
        now=adapters().now(),
        organizations=adapters().organizations,
        booking_pages=adapters().booking_pages,
        external_members=adapters().external_members,
    )
    page = view.page
    return {
        "slug": page.slug,
        "title": page.title,
        "host_name": page.host_name,
        "organization_name": view.organization.name,
        "duration_minutes": page.rules.duration // timedelta(minutes=1),
        "location": page.location,
        "time_zone": page.time_zone,
        "active": view.is_active,
    }


@app.get("/api/booking-pages/<slug>/slots", summary="List the open slots of a booking page")
def get_slots(slug: str) -> dict[str, Any]:
    now = adapters().now()
    start = _instant("from") or now
    end = _instant("to") or start + DEFAULT_RANGE
    if end <= start:
        message = marked("The end has to be after the start.")
        raise InvalidInput([FieldProblem("to", "end_before_start", message)])
    zone = _zone()
    slots = slots_of_page(
        slug,
        TimeRange(start, end),
        now=now,
        booking_pages=adapters().booking_pages,
        external_members=adapters().external_members,
        bookings=adapters().bookings,
    )
    length = slots.page.rules.duration
    return {
        "time_zone": zone.key,
        "items": [
            {
                "start": _written(start),
                "end": _written(start + length),
                "local_start": start.astimezone(zone).isoformat(),
            }
            for start in slots.starts
        ],
    }


def _instant(parameter: str) -> datetime | None:
    text = app.current_event.query_string_parameters.get(parameter)
    if text is None:
        return None
    # A plus sign in a query is a space once decoded: forgive those who did not encode it.
    try:
        instant = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        message = marked("Please give a date and time with its offset, like 2026-12-01T00:00:00Z.")
        raise InvalidInput([FieldProblem(parameter, "invalid_instant", message)])
    return instant.astimezone(UTC)


def _zone() -> ZoneInfo:
    zone = time_zone(app.current_event.query_string_parameters.get("time_zone", "UTC"))
    if zone is None:
        message = marked("There is no time zone of this name.")
        raise InvalidInput([FieldProblem("time_zone", "unknown_time_zone", message)])
    return zone


def _written(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
