"""The bookings of the organization, for staff."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import AwareDatetime, BaseModel

from handlers.requests import staff
from handlers.validation import answer_problems
from handlers.wiring import adapters
from scheduling.domain.booking import Booking, BookingState
from scheduling.use_cases.booking import list_bookings, view_booking

app = APIGatewayHttpResolver(enable_validation=True)
logger = Logger()
answer_problems(app)


class GuestResponse(BaseModel):
    name: str
    email: str
    note: str
    time_zone: str


class StaffBookingResponse(BaseModel):
    booking_id: str
    state: BookingState
    title: str
    location: str
    host_id: str
    host_name: str
    person_in_charge_id: str
    guest: GuestResponse
    start: datetime
    end: datetime
    booked_at: datetime
    cancelled_by: str | None
    cancellation_reason: str

    @classmethod
    def of(cls, booking: Booking) -> StaffBookingResponse:
        guest = booking.guest
        return cls(
            booking_id=booking.booking_id,
            state=booking.state,
            title=booking.title,
            location=booking.location,
            host_id=booking.host_id,
            host_name=booking.host_name,
            person_in_charge_id=booking.person_in_charge_id,
            guest=GuestResponse(
                name=guest.name, email=guest.email, note=guest.note, time_zone=guest.time_zone
            ),
            start=booking.time.start,
            end=booking.time.end,
            booked_at=booking.booked_at,
            cancelled_by=booking.cancelled_by,
            cancellation_reason=booking.cancellation_reason,
        )


class BookingsResponse(BaseModel):
    items: list[StaffBookingResponse]
    next_cursor: str | None


@app.get("/api/bookings", summary="List bookings by start")
def get_bookings(
    after: Annotated[AwareDatetime | None, Query()] = None,
    cursor: Annotated[str | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> BookingsResponse:
    """List bookings that start after an instant, now where absent."""
    page = list_bookings(
        staff(app.current_event),
        after=after or adapters().now(),
        cursor=cursor,
        limit=limit,
        bookings=adapters().bookings,
    )
    return BookingsResponse(
        items=[StaffBookingResponse.of(booking) for booking in page.items],
        next_cursor=page.next_cursor,
    )


@app.get("/api/bookings/<booking_id>", summary="See a booking")
def get_booking(booking_id: str) -> StaffBookingResponse:
    return StaffBookingResponse.of(
        view_booking(staff(app.current_event), booking_id, bookings=adapters().bookings)
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
