"""Entering times, with the link from the availability request. No account."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field

from handlers.api.fields import Instant, minutes
from handlers.api.windows import WindowResponse
from handlers.requests import link_token
from handlers.token_misses import count_token_misses, has_bearer_token
from handlers.validation import answer_problems
from handlers.wiring import adapters
from scheduling.use_cases.availability import availability_for_link, save_availability

app = APIGatewayHttpResolver(enable_validation=True)
logger = Logger()
answer_problems(app)
count_token_misses(app, has_bearer_token)


class Window(BaseModel):
    start: Instant
    end: Instant


class SaveRequest(BaseModel):
    version: int = Field(ge=0)
    """The one that was read before editing; 0 before the first time."""
    time_zone: str
    windows: list[Window]


class AvailabilityResponse(BaseModel):
    organization_name: str
    external_member_name: str
    person_in_charge_name: str
    title: str
    durations_minutes: list[int]
    version: int
    time_zone: str
    windows: list[WindowResponse]
    taken: list[WindowResponse]
    link_expires_at: datetime


class SavedResponse(BaseModel):
    version: int
    time_zone: str
    windows: list[WindowResponse]


@app.get("/api/availability", summary="See the times entered so far")
def get_availability() -> AvailabilityResponse:
    page = availability_for_link(
        link_token(app.current_event),
        now=adapters().now(),
        links=adapters().links,
        link_keys=adapters().link_keys,
        organizations=adapters().organizations,
        members=adapters().members,
        external_members=adapters().external_members,
        booking_pages=adapters().booking_pages,
        bookings=adapters().bookings,
    )
    availability = page.external_member.availability
    return AvailabilityResponse(
        organization_name=page.organization.name,
        external_member_name=page.external_member.name,
        person_in_charge_name=page.person_in_charge.name,
        title=page.booking_page.title,
        durations_minutes=[minutes(length) for length in page.booking_page.rules.durations],
        version=availability.version,
        time_zone=availability.time_zone,
        windows=[WindowResponse.of(window) for window in page.windows],
        taken=[WindowResponse.of(window) for window in page.taken],
        link_expires_at=page.link.expires_at,
    )


@app.put("/api/availability", summary="Replace the times entered")
def put_availability(request: SaveRequest) -> SavedResponse:
    availability = save_availability(
        link_token(app.current_event),
        version=request.version,
        time_zone=request.time_zone,
        entries=[(window.start, window.end) for window in request.windows],
        now=adapters().now(),
        links=adapters().links,
        link_keys=adapters().link_keys,
        external_members=adapters().external_members,
    )
    logger.info("availability saved", windows=len(availability.windows))
    return SavedResponse(
        version=availability.version,
        time_zone=availability.time_zone,
        windows=[WindowResponse.of(window) for window in availability.windows],
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
