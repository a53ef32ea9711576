"""The booking pages of the organization, for staff."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Self

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from handlers.api.fields import Day, HostResponse, IdempotencyKey, Minutes, length_of, minutes
from handlers.api.hours import LimitFields
from handlers.api.page_settings import EditPageRequest, NewPageRequest, PageSettingsResponse
from handlers.requests import refuse_foreign_origin
from handlers.sessions import staff
from handlers.validation import answer_problems
from handlers.wiring import adapters
from scheduling.domain.slots import BusySource, Explanation, Verdict
from scheduling.use_cases.booking_pages import BookingPageView, list_booking_pages
from scheduling.use_cases.page_settings import (
    add_booking_page,
    copy_booking_page,
    edit_booking_page,
    switch_booking_page,
)
from scheduling.use_cases.slots import explain_day, own_page

app = APIGatewayHttpResolver(enable_validation=True)
logger = Logger()
answer_problems(app)


class BookingPageResponse(BaseModel):
    slug: str
    url: str
    title: str
    hosts: list[HostResponse]
    """Those who can still be booked."""
    durations_minutes: list[int]
    is_on: bool
    active: bool
    """Whether guests can book: it is switched on, and enough hosts have times to come."""
    calendar_unverified: bool
    """Whether a host's linked calendar has not been read for long."""
    availability_stale: bool
    """Whether nobody has confirmed the times of a host for long."""

    @classmethod
    def of(cls, view: BookingPageView) -> Self:
        page = view.page
        return cls(
            slug=page.slug,
            url=f"{adapters().base_url}/book/{page.slug}",
            title=page.title,
            hosts=[HostResponse.of(host) for host in view.hosts],
            durations_minutes=[minutes(duration) for duration in page.rules.durations],
            is_on=page.is_on,
            active=view.is_active,
            calendar_unverified=view.is_unverified,
            availability_stale=bool(view.stale_hosts),
        )


class BookingPagesResponse(BaseModel):
    items: list[BookingPageResponse]
    next_cursor: str | None


class StateRequest(BaseModel):
    is_on: bool


class ExplanationResponse(BaseModel):
    start: datetime
    verdict: Verdict
    host_id: str
    """Who fails; empty where the time is open."""
    source: BusySource | None
    reference: str
    """The booking or hold that is in the way."""
    limit: LimitFields | None

    @classmethod
    def of(cls, explanation: Explanation) -> Self:
        limit = explanation.limit
        return cls(
            start=datetime.fromtimestamp(explanation.start, UTC),
            verdict=explanation.verdict,
            host_id=explanation.host_id,
            source=explanation.source,
            reference=explanation.reference,
            limit=limit and LimitFields.of(limit),
        )


class ExplanationsResponse(BaseModel):
    date: date
    time_zone: str
    """The page's: the date is meant in it."""
    duration_minutes: int
    active: bool
    calendar_unverified: bool
    """Whether a host's linked calendar has not been read for long; what it said still counts."""
    availability_stale: bool
    """Whether nobody has confirmed the times of a host for long; they still count."""
    items: list[ExplanationResponse]


@app.get("/api/booking-pages", summary="List booking pages")
def get_booking_pages(
    host_id: Annotated[str | None, Query()] = None,
    cursor: Annotated[str | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> BookingPagesResponse:
    page = list_booking_pages(
        staff(app.current_event),
        host_id=host_id,
        cursor=cursor,
        limit=limit,
        now=adapters().now(),
        booking_pages=adapters().booking_pages,
        hosts=adapters().hosts,
    )
    return BookingPagesResponse(
        items=[BookingPageResponse.of(view) for view in page.items],
        next_cursor=page.next_cursor,
    )


@app.post("/api/booking-pages", summary="Make a booking page", status_code=201)
def post_booking_page(
    request: NewPageRequest, idempotency_key: IdempotencyKey = None
) -> PageSettingsResponse:
    refuse_foreign_origin(app.current_event)
    page = add_booking_page(
        staff(app.current_event),
        request.settings(),
        slug=request.slug,
        key=idempotency_key or "",
        now=adapters().now(),
        members=adapters().members,
        hosts=adapters().hosts,
        connections=adapters().connections,
        booking_pages=adapters().booking_pages,
    )
    logger.info("booking page made", slug=page.slug)
    return PageSettingsResponse.of(page)


@app.get("/api/booking-pages/<slug>/settings", summary="See the settings of a booking page")
def get_settings(slug: str) -> PageSettingsResponse:
    return PageSettingsResponse.of(
        own_page(staff(app.current_event), slug, booking_pages=adapters().booking_pages)
    )


@app.put("/api/booking-pages/<slug>/settings", summary="Replace the settings of a booking page")
def put_settings(slug: str, request: EditPageRequest) -> PageSettingsResponse:
    refuse_foreign_origin(app.current_event)
    page = edit_booking_page(
        staff(app.current_event),
        slug,
        request.settings(),
        version=request.version,
        now=adapters().now(),
        members=adapters().members,
        hosts=adapters().hosts,
        connections=adapters().connections,
        booking_pages=adapters().booking_pages,
    )
    logger.info("booking page edited", slug=slug, version=page.version)
    return PageSettingsResponse.of(page)


@app.post("/api/booking-pages/<slug>/copies", summary="Copy a booking page", status_code=201)
def post_copy(slug: str, idempotency_key: IdempotencyKey = None) -> PageSettingsResponse:
    refuse_foreign_origin(app.current_event)
    page = copy_booking_page(
        staff(app.current_event),
        slug,
        key=idempotency_key or "",
        now=adapters().now(),
        booking_pages=adapters().booking_pages,
    )
    logger.info("booking page copied", slug=page.slug, original=slug)
    return PageSettingsResponse.of(page)


@app.put("/api/booking-pages/<slug>/state", summary="Open a booking page to guests, or close it")
def put_state(slug: str, request: StateRequest) -> PageSettingsResponse:
    refuse_foreign_origin(app.current_event)
    page = switch_booking_page(
        staff(app.current_event),
        slug,
        is_on=request.is_on,
        now=adapters().now(),
        booking_pages=adapters().booking_pages,
    )
    logger.info("booking page switched", slug=slug, is_on=page.is_on)
    return PageSettingsResponse.of(page)


@app.get(
    "/api/booking-pages/<slug>/explanations", summary="See why each time of a day is offered or not"
)
def get_explanations(
    slug: str,
    date: Annotated[Day, Query()],
    duration_minutes: Annotated[Minutes | None, Query()] = None,
) -> ExplanationsResponse:
    found = explain_day(
        staff(app.current_event),
        slug,
        date,
        duration=length_of(duration_minutes),
        now=adapters().now(),
        booking_pages=adapters().booking_pages,
        hosts=adapters().hosts,
        bookings=adapters().bookings,
    )
    return ExplanationsResponse(
        date=found.day,
        time_zone=found.offer.page.time_zone,
        duration_minutes=minutes(found.offer.duration),
        active=found.is_active,
        calendar_unverified=bool(found.unverified),
        availability_stale=bool(found.stale),
        items=[ExplanationResponse.of(explanation) for explanation in found.explanations],
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
