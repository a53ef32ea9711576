"""Entering times, with the link from the availability request. No account."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Self

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field

from handlers.api.fields import Instant, minutes
from handlers.api.linked_calendars import CalendarResponse
from handlers.api.windows import WindowResponse
from handlers.requests import link_token, network
from handlers.token_misses import count_token_misses, has_bearer_token
from handlers.validation import answer_problems
from handlers.wiring import adapters
from scheduling.domain.availability import Availability
from scheduling.use_cases.availability import (
    availability_for_link,
    confirm_availability,
    save_availability,
)
from scheduling.use_cases.feeds import link_calendar, unlink_calendar

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
    deadline: datetime
    wished_first: date | None
    wished_last: date | None
    minimum_windows: int
    minimum_minutes: int
    message: str
    fulfilled: bool
    """Whether enough times have been entered."""
    valid_until: datetime | None
    """Until when the times count as right without a word."""
    link_expires_at: datetime
    calendar: CalendarResponse | None
    """The one they linked."""


class LinkCalendarRequest(BaseModel):
    address: str
    """`https://` or `webcal://`. Whoever knows it can read the calendar: no answer repeats it."""


class ConfirmRequest(BaseModel):
    version: int = Field(ge=1)
    """The one that was read."""


class SavedResponse(BaseModel):
    version: int
    time_zone: str
    windows: list[WindowResponse]
    valid_until: datetime | None
    """Until when the times count as right without a word."""

    @classmethod
    def of(cls, availability: Availability) -> Self:
        return cls(
            version=availability.version,
            time_zone=availability.time_zone,
            windows=[WindowResponse.of(window) for window in availability.windows],
            valid_until=availability.valid_until,
        )


@app.get("/api/availability", summary="See the times entered so far")
def get_availability() -> AvailabilityResponse:
    now = adapters().now()
    page = availability_for_link(
        link_token(app.current_event),
        now=now,
        links=adapters().links,
        link_keys=adapters().link_keys,
        organizations=adapters().organizations,
        members=adapters().members,
        external_members=adapters().external_members,
        booking_pages=adapters().booking_pages,
        bookings=adapters().bookings,
        calendar_feeds=adapters().calendar_feeds,
    )
    availability = page.external_member.availability
    terms = page.external_member.request.terms
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
        deadline=terms.deadline,
        wished_first=terms.wished.first if terms.wished else None,
        wished_last=terms.wished.last if terms.wished else None,
        minimum_windows=terms.minimum_windows,
        minimum_minutes=minutes(terms.minimum_length),
        message=terms.message,
        fulfilled=page.external_member.request.fulfilled_at is not None,
        valid_until=availability.valid_until,
        link_expires_at=page.link.expires_at,
        calendar=page.calendar and CalendarResponse.of(page.calendar, now),
    )


@app.put("/api/availability", summary="Replace the times entered")
def put_availability(request: SaveRequest) -> SavedResponse:
    availability = save_availability(
        link_token(app.current_event),
        version=request.version,
        time_zone=request.time_zone,
        entries=[(window.start, window.end) for window in request.windows],
        now=adapters().now(),
        network=network(app.current_event),
        links=adapters().links,
        link_keys=adapters().link_keys,
        external_members=adapters().external_members,
    )
    logger.info("availability saved", windows=len(availability.windows))
    return SavedResponse.of(availability)


@app.post("/api/availability/confirmation", summary="Say that the times are still right")
def post_confirmation(request: ConfirmRequest) -> SavedResponse:
    availability = confirm_availability(
        link_token(app.current_event),
        version=request.version,
        now=adapters().now(),
        network=network(app.current_event),
        links=adapters().links,
        link_keys=adapters().link_keys,
        external_members=adapters().external_members,
    )
    logger.info("availability confirmed", windows=len(availability.windows))
    return SavedResponse.of(availability)


@app.put("/api/availability/calendar", summary="Link a calendar; times it is busy at are closed")
def put_calendar(request: LinkCalendarRequest) -> CalendarResponse:
    now = adapters().now()
    feed = link_calendar(
        link_token(app.current_event),
        request.address,
        network=network(app.current_event),
        now=now,
        links=adapters().links,
        link_keys=adapters().link_keys,
        external_members=adapters().external_members,
        calendar_feeds=adapters().calendar_feeds,
    )
    logger.info("calendar linked", external_member_id=feed.external_member_id)
    return CalendarResponse.of(feed, now)


@app.delete("/api/availability/calendar", summary="Forget the linked calendar")
def delete_calendar() -> Response[str]:
    unlink_calendar(
        link_token(app.current_event),
        network=network(app.current_event),
        now=adapters().now(),
        links=adapters().links,
        link_keys=adapters().link_keys,
        calendar_feeds=adapters().calendar_feeds,
    )
    logger.info("calendar unlinked")
    return Response(status_code=204, body="")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
