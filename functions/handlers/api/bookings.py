"""The bookings of the organization, for staff."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from handlers import bookings_csv, csv_tables
from handlers.api.deliveries import DeliveriesResponse
from handlers.api.fields import HostResponse, IdempotencyKey, Instant
from handlers.api.guests import AnswerResponse, GuestRequest
from handlers.api.ranges import EARLIEST
from handlers.api.windows import WindowResponse
from handlers.requests import refuse_foreign_origin
from handlers.sessions import staff
from handlers.validation import answer_problems
from handlers.wiring import adapters
from scheduling.domain.booking import Booking, BookingState
from scheduling.domain.identifiers import new_id
from scheduling.domain.messages import Recipient
from scheduling.ports import BookingFilter
from scheduling.use_cases.booking import book_for_guest
from scheduling.use_cases.bookings import (
    approve_booking,
    cancel_booking,
    decline_booking,
    export_bookings,
    list_bookings,
    mark_no_show,
    move_booking,
    view_booking,
)
from scheduling.use_cases.deliveries import deliveries_of_booking

app = APIGatewayHttpResolver(enable_validation=True)
logger = Logger()
answer_problems(app)


class BookForGuestRequest(GuestRequest):
    booking_page_slug: str


class GuestResponse(BaseModel):
    name: str
    email: str
    note: str
    time_zone: str


class StaffBookingResponse(BaseModel):
    booking_id: str
    state: BookingState
    version: int
    booking_page_slug: str
    title: str
    location: str
    hosts: list[HostResponse]
    person_in_charge_id: str
    guest: GuestResponse
    other_guests: list[str]
    answers: list[AnswerResponse]
    start: datetime
    end: datetime
    former_time: WindowResponse | None
    """When it was before the latest move."""
    booked_at: datetime
    changed_at: datetime
    expires_at: datetime | None
    """When a request that nobody has decided about ends."""
    ended_by: Recipient | None
    """In which role somebody cancelled or declined it."""
    reason: str

    @classmethod
    def of(cls, booking: Booking, **more: Any) -> Self:
        guest = booking.guest
        return cls(
            booking_id=booking.booking_id,
            state=booking.state,
            version=booking.version,
            booking_page_slug=booking.booking_page_slug,
            title=booking.title,
            location=booking.location,
            hosts=[HostResponse.of(host) for host in booking.hosts],
            person_in_charge_id=booking.person_in_charge_id,
            guest=GuestResponse(
                name=guest.name, email=guest.email, note=guest.note, time_zone=guest.time_zone
            ),
            other_guests=list(booking.other_guests),
            answers=[AnswerResponse.of(answer) for answer in booking.answers],
            start=booking.time.start,
            end=booking.time.end,
            former_time=booking.former_time and WindowResponse.of(booking.former_time),
            booked_at=booking.booked_at,
            changed_at=booking.changed_at,
            expires_at=booking.expires_at,
            ended_by=booking.ended_by,
            reason=booking.reason,
            **more,
        )


class BookedForGuestResponse(StaffBookingResponse):
    manage_url: str
    """The guest's link: it is in their mail, and this is to hand it over in another way."""


class BookingsResponse(BaseModel):
    items: list[StaffBookingResponse]
    next_cursor: str | None


class ReasonRequest(BaseModel):
    reason: str = ""


class NewStartRequest(BaseModel):
    start: Instant


class Order(StrEnum):
    SOONEST = "soonest"
    LATEST = "latest"


After = Annotated[Instant | None, Query(description="Now where absent, unless `before` is given.")]
Before = Annotated[Instant | None, Query()]
HostId = Annotated[str | None, Query()]
PersonInChargeId = Annotated[str | None, Query()]
States = Annotated[
    list[BookingState] | None, Query(description="Separated by commas, or repeated.")
]
Text = Annotated[
    str, Query(max_length=100, description="In the title, or in a guest's name or address.")
]
InOrder = Annotated[Order, Query()]


@app.get("/api/bookings", summary="List bookings by start")
def get_bookings(
    *,
    after: After = None,
    before: Before = None,
    host_id: HostId = None,
    person_in_charge_id: PersonInChargeId = None,
    state: States = None,
    text: Text = "",
    order: InOrder = Order.SOONEST,
    cursor: Annotated[str | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> BookingsResponse:
    """List bookings; a part may be short, or empty, and yet have a `next_cursor`."""
    page = list_bookings(
        staff(app.current_event),
        _filter(
            after=after,
            before=before,
            host_id=host_id,
            person_in_charge_id=person_in_charge_id,
            states=state,
            text=text,
            order=order,
        ),
        cursor=cursor,
        limit=limit,
        bookings=adapters().bookings,
    )
    return BookingsResponse(
        items=[StaffBookingResponse.of(booking) for booking in page.items],
        next_cursor=page.next_cursor,
    )


@app.get(
    "/api/bookings.csv",
    summary="Export bookings by start, at most 5,000",
    responses={
        200: {"description": "A table", "content": {"text/csv": {"schema": {"type": "string"}}}}
    },
)
def get_bookings_csv(
    *,
    after: After = None,
    before: Before = None,
    host_id: HostId = None,
    person_in_charge_id: PersonInChargeId = None,
    state: States = None,
    text: Text = "",
    order: InOrder = Order.SOONEST,
) -> Response[str]:
    by = staff(app.current_event)
    which = _filter(
        after=after,
        before=before,
        host_id=host_id,
        person_in_charge_id=person_in_charge_id,
        states=state,
        text=text,
        order=order,
    )
    found = export_bookings(by, which, bookings=adapters().bookings)
    table = bookings_csv.csv_of(found, ZoneInfo(by.member.time_zone))
    logger.info("bookings exported", member_id=by.member.member_id)
    return Response(200, csv_tables.CONTENT_TYPE, table, headers=bookings_csv.HEADERS)


@app.post("/api/bookings", summary="Book a slot for a guest", status_code=201)
def post_booking(
    request: BookForGuestRequest, idempotency_key: IdempotencyKey = None
) -> BookedForGuestResponse:
    refuse_foreign_origin(app.current_event)
    booked = book_for_guest(
        staff(app.current_event),
        request.booking_page_slug,
        request.booking_request(),
        key=idempotency_key or new_id(),
        now=adapters().now(),
        base_url=adapters().base_url,
        booking_pages=adapters().booking_pages,
        hosts=adapters().hosts,
        bookings=adapters().bookings,
        live_look=adapters().live_look,
        links=adapters().links,
        link_keys=adapters().link_keys,
    )
    logger.info("slot booked by staff", booking_id=booked.booking.booking_id)
    return BookedForGuestResponse.of(booked.booking, manage_url=booked.guest_link)


@app.get("/api/bookings/<booking_id>", summary="See a booking")
def get_booking(booking_id: str) -> StaffBookingResponse:
    return StaffBookingResponse.of(
        view_booking(staff(app.current_event), booking_id, bookings=adapters().bookings)
    )


@app.get(
    "/api/bookings/<booking_id>/deliveries",
    summary="See what became of the mails about a booking",
)
def get_deliveries(booking_id: str) -> DeliveriesResponse:
    return DeliveriesResponse.of(
        deliveries_of_booking(
            staff(app.current_event),
            booking_id,
            bookings=adapters().bookings,
            outbox=adapters().outbox,
        )
    )


@app.post("/api/bookings/<booking_id>/approval", summary="Grant a request")
def post_approval(booking_id: str) -> StaffBookingResponse:
    refuse_foreign_origin(app.current_event)
    booking = approve_booking(
        staff(app.current_event), booking_id, now=adapters().now(), bookings=adapters().bookings
    )
    logger.info("request approved", booking_id=booking_id)
    return StaffBookingResponse.of(booking)


@app.post("/api/bookings/<booking_id>/decline", summary="Turn a request down")
def post_decline(booking_id: str, request: ReasonRequest | None = None) -> StaffBookingResponse:
    refuse_foreign_origin(app.current_event)
    booking = decline_booking(
        staff(app.current_event),
        booking_id,
        reason=request.reason if request else "",
        now=adapters().now(),
        bookings=adapters().bookings,
    )
    logger.info("request declined", booking_id=booking_id)
    return StaffBookingResponse.of(booking)


@app.post("/api/bookings/<booking_id>/cancellation", summary="Cancel a booking")
def post_cancellation(
    booking_id: str, request: ReasonRequest | None = None
) -> StaffBookingResponse:
    refuse_foreign_origin(app.current_event)
    booking = cancel_booking(
        staff(app.current_event),
        booking_id,
        reason=request.reason if request else "",
        now=adapters().now(),
        bookings=adapters().bookings,
    )
    logger.info("booking cancelled by staff", booking_id=booking_id)
    return StaffBookingResponse.of(booking)


@app.post("/api/bookings/<booking_id>/move", summary="Move a booking to another slot of its page")
def post_move(booking_id: str, request: NewStartRequest) -> StaffBookingResponse:
    refuse_foreign_origin(app.current_event)
    booking = move_booking(
        staff(app.current_event),
        booking_id,
        request.start,
        now=adapters().now(),
        booking_pages=adapters().booking_pages,
        hosts=adapters().hosts,
        bookings=adapters().bookings,
        live_look=adapters().live_look,
    )
    logger.info("booking moved by staff", booking_id=booking_id)
    return StaffBookingResponse.of(booking)


@app.post("/api/bookings/<booking_id>/no-show", summary="Note that the guest did not come")
def post_no_show(booking_id: str) -> StaffBookingResponse:
    refuse_foreign_origin(app.current_event)
    booking = mark_no_show(
        staff(app.current_event), booking_id, now=adapters().now(), bookings=adapters().bookings
    )
    logger.info("no-show noted", booking_id=booking_id)
    return StaffBookingResponse.of(booking)


def _filter(
    *,
    after: datetime | None,
    before: datetime | None,
    host_id: str | None,
    person_in_charge_id: str | None,
    states: list[BookingState] | None,
    text: str,
    order: Order,
) -> BookingFilter:
    return BookingFilter(
        after=after or (adapters().now() if before is None else EARLIEST),
        before=before,
        host_id=host_id,
        person_in_charge_id=person_in_charge_id,
        states=tuple(states or ()),
        text=text.strip().lower(),
        latest_first=order is Order.LATEST,
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
