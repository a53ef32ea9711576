"""Booking a slot and, with the link from the mail, seeing and cancelling the booking. Anonymous."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Self

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Header
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import AwareDatetime, BaseModel

from handlers.requests import link_token
from handlers.validation import answer_problems
from handlers.wiring import adapters
from scheduling.domain.booking import Booking, BookingState
from scheduling.domain.identifiers import new_id
from scheduling.domain.people import masked_email
from scheduling.use_cases.booking import (
    GuestBooking,
    book_slot,
    cancel_guest_booking,
    guest_booking,
)

app = APIGatewayHttpResolver(enable_validation=True)
logger = Logger()
answer_problems(app)


class BookSlotRequest(BaseModel):
    start: AwareDatetime
    name: str
    email: str
    note: str = ""
    time_zone: str = "UTC"
    """The zone the guest saw the slot in; their mails print times in it."""


class BookingResponse(BaseModel):
    booking_id: str
    state: BookingState
    title: str
    host_name: str
    location: str
    start: datetime
    end: datetime
    time_zone: str

    @classmethod
    def of(cls, booking: Booking, **more: Any) -> Self:
        return cls(
            booking_id=booking.booking_id,
            state=booking.state,
            title=booking.title,
            host_name=booking.host_name,
            location=booking.location,
            start=booking.time.start,
            end=booking.time.end,
            time_zone=booking.guest.time_zone,
            **more,
        )


class BookedResponse(BookingResponse):
    manage_url: str
    """Where the guest sees and cancels the booking; the same for its whole life."""


class GuestBookingResponse(BookingResponse):
    organization_name: str
    person_in_charge_name: str
    guest_name: str
    guest_email: str
    """Masked."""
    booking_page_slug: str
    cancellation_reason: str


class CancelRequest(BaseModel):
    reason: str = ""


@app.post("/api/booking-pages/<slug>/bookings", summary="Book a slot", status_code=201)
def post_booking(
    slug: str,
    request: BookSlotRequest,
    idempotency_key: Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)] = None,
) -> BookedResponse:
    booked = book_slot(
        slug,
        request.start.astimezone(UTC),
        name=request.name,
        email=request.email,
        note=request.note,
        time_zone=request.time_zone,
        key=idempotency_key or new_id(),
        now=adapters().now(),
        base_url=adapters().base_url,
        booking_pages=adapters().booking_pages,
        external_members=adapters().external_members,
        bookings=adapters().bookings,
        links=adapters().links,
        link_keys=adapters().link_keys,
    )
    logger.info("slot booked", booking_id=booked.booking.booking_id)
    return BookedResponse.of(booked.booking, manage_url=booked.guest_link)


@app.get("/api/guest/booking", summary="See the booking behind a guest's link")
def get_guest_booking() -> GuestBookingResponse:
    return _guest_response(
        guest_booking(
            link_token(app.current_event),
            now=adapters().now(),
            links=adapters().links,
            link_keys=adapters().link_keys,
            organizations=adapters().organizations,
            members=adapters().members,
            bookings=adapters().bookings,
        )
    )


@app.post("/api/guest/booking/cancellation", summary="Cancel the booking behind a guest's link")
def post_cancellation(request: CancelRequest | None = None) -> BookingResponse:
    booking = cancel_guest_booking(
        link_token(app.current_event),
        reason=request.reason if request else "",
        now=adapters().now(),
        links=adapters().links,
        link_keys=adapters().link_keys,
        bookings=adapters().bookings,
    )
    logger.info("booking cancelled by guest", booking_id=booking.booking_id)
    return BookingResponse.of(booking)


def _guest_response(found: GuestBooking) -> GuestBookingResponse:
    return GuestBookingResponse.of(
        found.booking,
        organization_name=found.organization.name,
        person_in_charge_name=found.person_in_charge.name,
        guest_name=found.booking.guest.name,
        guest_email=masked_email(found.booking.guest.email),
        booking_page_slug=found.booking.booking_page_slug,
        cancellation_reason=found.booking.cancellation_reason,
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
