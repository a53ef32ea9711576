"""Which slots a booking page offers. Anonymous, reads only.

This function starts often and must start fast: no pydantic, no templates. It
reads its parameters by hand.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from handlers.api.ranges import EARLIEST, LATEST, asked_range
from handlers.problems import answer_refusals
from handlers.wiring import adapters
from scheduling.domain.refusals import FieldProblem, InvalidInput, marked
from scheduling.domain.zones import time_zone
from scheduling.use_cases.booking_pages import view_booking_page
from scheduling.use_cases.slots import slots_of_page

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from scheduling.domain.booking_page import Question

app = APIGatewayHttpResolver()
logger = Logger()
answer_refusals(app)

_MINUTE = timedelta(minutes=1)
_MOST_DIGITS = 6


@app.get("/api/booking-pages/<slug>", summary="Look at a booking page")
def get_booking_page(slug: str) -> dict[str, Any]:
    view = view_booking_page(
        slug,
        now=adapters().now(),
        organizations=adapters().organizations,
        booking_pages=adapters().booking_pages,
        hosts=adapters().hosts,
    )
    page = view.page
    return {
        "slug": page.slug,
        "title": page.title,
        "description": page.description,
        "host_names": list(view.host_names),
        "needed_hosts": page.needed,
        "organization_name": view.organization.name,
        "durations_minutes": [duration // _MINUTE for duration in page.rules.durations],
        "location": page.location,
        "online_meeting": page.online_meeting,
        "time_zone": page.time_zone,
        "zone_is_locked": page.zone_is_locked,
        "locale": page.locale or view.organization.locale,
        "questions": [_question(question) for question in page.questions],
        "needs_approval": page.needs_approval,
        "active": view.is_active,
        "calendar_unverified": view.is_unverified,
        "availability_stale": bool(view.stale_hosts),
    }


@app.get("/api/booking-pages/<slug>/slots", summary="List the open slots of a booking page")
def get_slots(slug: str) -> dict[str, Any]:
    now = adapters().now()
    parameters = app.current_event.query_string_parameters
    within = asked_range(_instant("from"), _instant("to"), now=now)
    zone = _zone()
    slots = slots_of_page(
        slug,
        within,
        duration=_duration(),
        apart_from=parameters.get("hold_id", ""),
        now=now,
        booking_pages=adapters().booking_pages,
        hosts=adapters().hosts,
        bookings=adapters().bookings,
    )
    if slots.page.zone_is_locked:
        zone = ZoneInfo(slots.page.time_zone)
    return {
        "time_zone": zone.key,
        "duration_minutes": slots.duration // _MINUTE,
        "calendar_unverified": slots.is_unverified,
        "availability_stale": slots.is_stale,
        "items": [
            {
                "start": _written(start),
                "end": _written(start + slots.duration),
                "local_start": start.astimezone(zone).isoformat(),
            }
            for start in slots.starts
        ],
    }


def _question(question: Question) -> dict[str, Any]:
    return {
        "question_id": question.question_id,
        "label": question.label,
        "kind": question.kind.value,
        "is_required": question.is_required,
        "choices": list(question.choices),
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
    if instant is None or instant.tzinfo is None or not EARLIEST <= instant < LATEST:
        message = marked("Please give a date and time with its offset, like 2026-12-01T00:00:00Z.")
        raise InvalidInput([FieldProblem(parameter, "invalid_instant", message)])
    return instant.astimezone(UTC)


def _duration() -> timedelta | None:
    text = app.current_event.query_string_parameters.get("duration_minutes")
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        message = marked("Please give the length in minutes, like 30.")
        raise InvalidInput([FieldProblem("duration_minutes", "invalid_minutes", message)])
    return timedelta(minutes=int(text))


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
