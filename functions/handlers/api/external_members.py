"""Inviting external members and seeing how far they are, for staff."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from handlers.api.fields import Minutes, length_of
from handlers.api.windows import WindowResponse
from handlers.requests import refuse_foreign_origin
from handlers.sessions import staff
from handlers.validation import answer_problems
from handlers.wiring import adapters
from scheduling.domain.booking_page import BookingRules
from scheduling.domain.messages import DeliveryState
from scheduling.use_cases.availability import availability_for_staff
from scheduling.use_cases.external_members import (
    BookingsToCome,
    ExternalMemberOverview,
    ask_again,
    delete_external_member,
    external_member_overview,
    invite_external_member,
    list_external_members,
)

app = APIGatewayHttpResolver(enable_validation=True)
logger = Logger()
answer_problems(app)


class InviteRequest(BaseModel):
    name: str
    email: str
    person_in_charge_id: str
    title: str = ""
    """What the meetings are about; the external member's name where empty."""
    location: str = ""
    durations_minutes: list[Minutes] = [30]
    """What guests may choose from; the first unless they choose."""
    interval_minutes: Minutes | None = None
    """From one start to the next; as long as the meeting where absent."""
    minimum_notice_minutes: Minutes = 240
    buffer_before_minutes: Minutes = 0
    buffer_after_minutes: Minutes = 0

    def rules(self) -> BookingRules:
        return BookingRules(
            durations=tuple(timedelta(minutes=length) for length in self.durations_minutes),
            interval=length_of(self.interval_minutes),
            minimum_notice=timedelta(minutes=self.minimum_notice_minutes),
            buffer_before=timedelta(minutes=self.buffer_before_minutes),
            buffer_after=timedelta(minutes=self.buffer_after_minutes),
        )


class RequestResponse(BaseModel):
    """The latest availability request and how its mail fares."""

    number: int
    requested_at: datetime
    delivery: DeliveryState
    attempts: int
    last_error: str
    sent_at: datetime | None


class BookingPageReference(BaseModel):
    slug: str
    url: str


class ExternalMemberResponse(BaseModel):
    external_member_id: str
    name: str
    email: str
    person_in_charge_id: str
    person_in_charge_name: str
    answered: bool
    """Whether times were ever saved."""
    open_windows: int
    """How many of them are not over."""
    request: RequestResponse
    booking_page: BookingPageReference

    @classmethod
    def of(cls, overview: ExternalMemberOverview) -> ExternalMemberResponse:
        member, delivery = overview.member, overview.delivery
        return cls(
            external_member_id=member.external_member_id,
            name=member.name,
            email=member.email,
            person_in_charge_id=member.person_in_charge_id,
            person_in_charge_name=overview.person_in_charge.name,
            answered=member.availability.version > 0,
            open_windows=len(member.availability.windows_after(adapters().now())),
            request=RequestResponse(
                number=member.request_number,
                requested_at=member.requested_at,
                delivery=delivery.state,
                attempts=delivery.attempts,
                last_error=delivery.last_error,
                sent_at=delivery.sent_at,
            ),
            booking_page=BookingPageReference(
                slug=member.booking_page_slug,
                url=f"{adapters().base_url}/book/{member.booking_page_slug}",
            ),
        )


class ExternalMembersResponse(BaseModel):
    items: list[ExternalMemberResponse]
    next_cursor: str | None


class EnteredTimesResponse(BaseModel):
    version: int
    time_zone: str
    windows: list[WindowResponse]
    taken: list[WindowResponse]


@app.get("/api/external-members", summary="List external members")
def get_external_members(
    cursor: Annotated[str | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> ExternalMembersResponse:
    page = list_external_members(
        staff(app.current_event),
        cursor=cursor,
        limit=limit,
        members=adapters().members,
        external_members=adapters().external_members,
        outbox=adapters().outbox,
    )
    return ExternalMembersResponse(
        items=[ExternalMemberResponse.of(item) for item in page.items],
        next_cursor=page.next_cursor,
    )


@app.post("/api/external-members", summary="Invite an external member", status_code=201)
def post_external_member(request: InviteRequest) -> ExternalMemberResponse:
    refuse_foreign_origin(app.current_event)
    by = staff(app.current_event)
    member = invite_external_member(
        by,
        name=request.name,
        email=request.email,
        person_in_charge_id=request.person_in_charge_id,
        title=request.title,
        location=request.location,
        rules=request.rules(),
        now=adapters().now(),
        members=adapters().members,
        external_members=adapters().external_members,
    )
    logger.info("external member invited", external_member_id=member.external_member_id)
    return get_external_member(member.external_member_id)


@app.get("/api/external-members/<external_member_id>", summary="See an external member")
def get_external_member(external_member_id: str) -> ExternalMemberResponse:
    overview = external_member_overview(
        staff(app.current_event),
        external_member_id,
        members=adapters().members,
        external_members=adapters().external_members,
        outbox=adapters().outbox,
    )
    return ExternalMemberResponse.of(overview)


@app.get(
    "/api/external-members/<external_member_id>/availability",
    summary="See the times an external member entered",
)
def get_availability(external_member_id: str) -> EnteredTimesResponse:
    page = availability_for_staff(
        staff(app.current_event),
        external_member_id,
        now=adapters().now(),
        links=adapters().links,
        members=adapters().members,
        external_members=adapters().external_members,
        booking_pages=adapters().booking_pages,
        bookings=adapters().bookings,
    )
    availability = page.external_member.availability
    logger.info("availability page seen by staff", external_member_id=external_member_id)
    return EnteredTimesResponse(
        version=availability.version,
        time_zone=availability.time_zone,
        windows=[WindowResponse.of(window) for window in page.windows],
        taken=[WindowResponse.of(window) for window in page.taken],
    )


@app.post(
    "/api/external-members/<external_member_id>/availability-requests",
    summary="Ask an external member again",
    status_code=202,
)
def post_availability_request(external_member_id: str) -> ExternalMemberResponse:
    refuse_foreign_origin(app.current_event)
    ask_again(
        staff(app.current_event),
        external_member_id,
        now=adapters().now(),
        external_members=adapters().external_members,
        rate_limits=adapters().rate_limits,
    )
    logger.info("external member asked again", external_member_id=external_member_id)
    return get_external_member(external_member_id)


@app.delete("/api/external-members/<external_member_id>", summary="Delete an external member")
def delete_member(
    external_member_id: str,
    bookings: Annotated[
        BookingsToCome | None, Query(description="What becomes of their meetings to come.")
    ] = None,
) -> Response[str]:
    refuse_foreign_origin(app.current_event)
    delete_external_member(
        staff(app.current_event),
        external_member_id,
        bookings_to_come=bookings,
        now=adapters().now(),
        external_members=adapters().external_members,
        bookings=adapters().bookings,
    )
    logger.info("external member deleted", external_member_id=external_member_id)
    return Response(status_code=204, body="")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
