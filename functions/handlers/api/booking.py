"""Booking a slot and, with the link from the mail, seeing, moving and cancelling the booking.

Anonymous.
"""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Self

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from handlers.api.fields import HoldId, IdempotencyKey, Instant, Minutes, length_of, minutes
from handlers.api.guests import AnswerResponse, GuestRequest
from handlers.api.ranges import asked_range
from handlers.api.windows import WindowResponse
from handlers.guest_browser import browser_marks, guest_cookie
from handlers.requests import link_token, network, network_address
from handlers.token_misses import count_token_misses, has_bearer_token
from handlers.validation import answer_problems
from handlers.wiring import adapters
from scheduling.domain.booking import Booking, BookingState, Hold
from scheduling.domain.identifiers import new_id
from scheduling.domain.messages import Recipient
from scheduling.domain.people import masked_email, masked_name
from scheduling.use_cases.booking import book_slot, hold_slot, release_hold
from scheduling.use_cases.guest import (
    GuestBooking,
    cancel_guest_booking,
    guest_booking,
    move_guest_booking,
    send_fresh_link,
    slots_to_move_to,
)

app = APIGatewayHttpResolver(enable_validation=True)
logger = Logger()
answer_problems(app)
count_token_misses(app, has_bearer_token)


class HoldRequest(BaseModel):
    start: Instant
    duration_minutes: Minutes | None = None
    """One of the page's; its first where null."""
    replaces: HoldId = ""
    """The guest's former hold, which ends."""


class HoldResponse(BaseModel):
    hold_id: str
    """To be sent along with the booking; who knows it owns the hold."""
    start: datetime
    end: datetime
    expires_at: datetime

    @classmethod
    def of(cls, hold: Hold) -> Self:
        time = hold.claim.time
        return cls(hold_id=hold.hold_id, start=time.start, end=time.end, expires_at=hold.expires_at)


class BookSlotRequest(GuestRequest):
    hold_id: HoldId = ""
    """The hold of the guest's form; it then stands for the idempotency key."""


class BookingResponse(BaseModel):
    booking_id: str
    state: BookingState
    title: str
    host_names: list[str]
    location: str
    start: datetime
    end: datetime
    time_zone: str
    expires_at: datetime | None
    """When a request that nobody has decided about ends."""

    @classmethod
    def of(cls, booking: Booking, **more: Any) -> Self:
        return cls(
            booking_id=booking.booking_id,
            state=booking.state,
            title=booking.title,
            host_names=list(booking.host_names),
            location=booking.location,
            start=booking.time.start,
            end=booking.time.end,
            time_zone=booking.guest.time_zone,
            expires_at=booking.expires_at,
            **more,
        )


class BookedResponse(BookingResponse):
    manage_url: str
    """Where the guest sees, moves and cancels the booking; the same for its whole life."""


class GuestBookingResponse(BookingResponse):
    organization_name: str
    person_in_charge_name: str
    guest_name: str
    """Masked, unless the guest has proved in this browser that the booking is theirs."""
    guest_email: str
    """Masked."""
    other_guests: list[str]
    """Masked."""
    answers: list[AnswerResponse]
    """None, unless the guest has proved in this browser that the booking is theirs."""
    booking_page_slug: str
    former_time: WindowResponse | None
    """When it was before the latest move."""
    ended_by: Recipient | None
    """In which role somebody cancelled or declined it."""
    reason: str
    """The guest's own words only where they have proved in this browser who they are."""
    can_be_changed: bool
    """Whether it can still be moved and cancelled."""
    needs_fresh_link: bool
    """Whether that takes a link that was mailed within the last day."""


class FreshLinkResponse(BaseModel):
    sent_to: str
    """Masked."""


class MoveSlotsResponse(BaseModel):
    duration_minutes: int
    calendar_unverified: bool
    """Whether a host's linked calendar has not been read for long."""
    availability_stale: bool
    """Whether nobody has confirmed the times of a host for long."""
    items: list[WindowResponse]


class CancelRequest(BaseModel):
    reason: str = ""


class MoveRequest(BaseModel):
    start: Instant


@app.post(
    "/api/booking-pages/<slug>/holds", summary="Keep a slot for a few minutes", status_code=201
)
def post_hold(
    slug: str, request: HoldRequest, idempotency_key: IdempotencyKey = None
) -> HoldResponse:
    hold = hold_slot(
        slug,
        request.start,
        duration=length_of(request.duration_minutes),
        key=idempotency_key or new_id(),
        replaces=request.replaces,
        network_address=network_address(app.current_event),
        now=adapters().now(),
        booking_pages=adapters().booking_pages,
        hosts=adapters().hosts,
        bookings=adapters().bookings,
        rate_limits=adapters().rate_limits,
    )
    logger.info("slot held", slug=slug)
    return HoldResponse.of(hold)


@app.delete("/api/holds/<hold_id>", summary="Let a slot go")
def delete_hold(hold_id: str) -> Response[str]:
    release_hold(hold_id, bookings=adapters().bookings)
    logger.info("hold released")
    return Response(status_code=204, body="")


@app.post("/api/booking-pages/<slug>/bookings", summary="Book a slot", status_code=201)
def post_booking(
    slug: str, request: BookSlotRequest, idempotency_key: IdempotencyKey = None
) -> Response[BookedResponse]:
    booked = book_slot(
        slug,
        request.booking_request(),
        key=idempotency_key or new_id(),
        hold_id=request.hold_id,
        network_address=network_address(app.current_event),
        now=adapters().now(),
        base_url=adapters().base_url,
        booking_pages=adapters().booking_pages,
        hosts=adapters().hosts,
        bookings=adapters().bookings,
        live_look=adapters().live_look,
        links=adapters().links,
        link_keys=adapters().link_keys,
        rate_limits=adapters().rate_limits,
    )
    booking = booked.booking
    logger.info("slot booked", booking_id=booking.booking_id, state=booking.state)
    return _in_known_browser(
        booking, BookedResponse.of(booking, manage_url=booked.guest_link), HTTPStatus.CREATED
    )


@app.get("/api/guest/booking", summary="See the booking behind a guest's link")
def get_guest_booking() -> GuestBookingResponse:
    return _guest_response(
        guest_booking(
            link_token(app.current_event),
            browser_marks=browser_marks(app.current_event),
            now=adapters().now(),
            links=adapters().links,
            link_keys=adapters().link_keys,
            organizations=adapters().organizations,
            members=adapters().members,
            bookings=adapters().bookings,
        )
    )


@app.get(
    "/api/guest/booking/slots",
    summary="List the slots that the booking behind a guest's link can move to",
)
def get_slots_to_move_to(
    start: Annotated[Instant | None, Query(alias="from")] = None,
    end: Annotated[Instant | None, Query(alias="to")] = None,
) -> MoveSlotsResponse:
    """List slots from an instant, now where absent, for two weeks unless said otherwise."""
    slots = slots_to_move_to(
        link_token(app.current_event),
        asked_range(start, end, now=adapters().now()),
        now=adapters().now(),
        links=adapters().links,
        link_keys=adapters().link_keys,
        booking_pages=adapters().booking_pages,
        hosts=adapters().hosts,
        bookings=adapters().bookings,
    )
    return MoveSlotsResponse(
        duration_minutes=minutes(slots.duration),
        calendar_unverified=slots.is_unverified,
        availability_stale=slots.is_stale,
        items=[WindowResponse(start=start, end=start + slots.duration) for start in slots.starts],
    )


@app.post("/api/guest/booking/cancellation", summary="Cancel the booking behind a guest's link")
def post_cancellation(request: CancelRequest | None = None) -> Response[BookingResponse]:
    booking = cancel_guest_booking(
        link_token(app.current_event),
        reason=request.reason if request else "",
        browser_marks=browser_marks(app.current_event),
        network=network(app.current_event),
        now=adapters().now(),
        links=adapters().links,
        link_keys=adapters().link_keys,
        bookings=adapters().bookings,
    )
    logger.info("booking cancelled by guest", booking_id=booking.booking_id)
    return _in_known_browser(booking, BookingResponse.of(booking))


@app.post("/api/guest/booking/move", summary="Move the booking behind a guest's link")
def post_move(request: MoveRequest) -> Response[BookingResponse]:
    booking = move_guest_booking(
        link_token(app.current_event),
        request.start,
        browser_marks=browser_marks(app.current_event),
        network=network(app.current_event),
        now=adapters().now(),
        links=adapters().links,
        link_keys=adapters().link_keys,
        booking_pages=adapters().booking_pages,
        hosts=adapters().hosts,
        bookings=adapters().bookings,
        live_look=adapters().live_look,
    )
    logger.info("booking moved by guest", booking_id=booking.booking_id)
    return _in_known_browser(booking, BookingResponse.of(booking))


@app.post(
    "/api/guest/booking/link",
    summary="Mail the guest a link that can change the booking",
    status_code=202,
)
def post_link() -> FreshLinkResponse:
    booking = send_fresh_link(
        link_token(app.current_event),
        now=adapters().now(),
        links=adapters().links,
        link_keys=adapters().link_keys,
        bookings=adapters().bookings,
        rate_limits=adapters().rate_limits,
    )
    logger.info("fresh link asked for", booking_id=booking.booking_id)
    return FreshLinkResponse(sent_to=masked_email(booking.guest.email))


def _in_known_browser[Body: BookingResponse](
    booking: Booking, body: Body, status: HTTPStatus = HTTPStatus.OK
) -> Response[Body]:
    """Answer, and make the browser known for the booking, where it is a browser that asks."""
    return Response(
        status_code=status.value,
        content_type="application/json",
        body=body,
        cookies=[guest_cookie(booking)],
    )


def _guest_response(found: GuestBooking) -> GuestBookingResponse:
    booking = found.booking
    return GuestBookingResponse.of(
        booking,
        organization_name=found.organization.name,
        person_in_charge_name=found.person_in_charge.name,
        guest_name=booking.guest.name if found.is_known else masked_name(booking.guest.name),
        guest_email=masked_email(booking.guest.email),
        other_guests=[masked_email(address) for address in booking.other_guests],
        answers=[AnswerResponse.of(answer) for answer in booking.answers if found.is_known],
        booking_page_slug=booking.booking_page_slug,
        former_time=booking.former_time and WindowResponse.of(booking.former_time),
        ended_by=booking.ended_by,
        reason=found.reason,
        can_be_changed=booking.is_changeable(adapters().now()),
        needs_fresh_link=found.needs_fresh_link,
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
