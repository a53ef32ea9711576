"""Inviting external members and seeing how far they are, for staff."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field

from handlers import csv_tables, external_members_csv
from handlers.api import external_member_imports
from handlers.api.deliveries import DeliveriesResponse
from handlers.api.fields import Day, IdempotencyKey, Instant, Minutes, Words, length_of, minutes
from handlers.api.linked_calendars import CalendarResponse
from handlers.api.windows import WindowResponse
from handlers.requests import refuse_foreign_origin
from handlers.sessions import staff
from handlers.validation import answer_problems
from handlers.wiring import adapters
from scheduling.domain.availability_request import (
    RequestFact,
    RequestState,
    RequestTerms,
    usual_terms,
)
from scheduling.domain.booking_page import BookingRules
from scheduling.domain.hours import DateSpan
from scheduling.domain.messages import DeliveryState
from scheduling.domain.standing import Standing, standing_of
from scheduling.ports import ExternalMemberFilter
from scheduling.use_cases.availability import availability_for_staff
from scheduling.use_cases.availability_requests import ask_again
from scheduling.use_cases.deliveries import copy_availability_link, deliveries_of_external_member
from scheduling.use_cases.external_member_edits import edit_external_member
from scheduling.use_cases.external_members import (
    BookingsToCome,
    ExternalMemberOverview,
    delete_external_member,
    export_external_members,
    external_member_overview,
    invite_external_member,
    list_external_members,
)
from scheduling.use_cases.suppressions import trust_mailbox_again

app = APIGatewayHttpResolver(enable_validation=True)
logger = Logger()
app.include_router(external_member_imports.router)
answer_problems(app)

_HOUR = timedelta(hours=1)


class RequestTermsFields(BaseModel):
    """What an external member is asked for."""

    deadline: Instant | None = None
    """A week from now where absent."""
    wished_first: Day | None = None
    """With `wished_last`, the dates that matter, on the clocks of the external member."""
    wished_last: Day | None = None
    minimum_windows: int = Field(default=1, ge=1, le=200)
    minimum_minutes: Minutes = 0
    """Of all windows together."""
    message: str = ""
    reminders_hours: list[Annotated[int, Field(ge=1, le=24 * 30)]] = [72, 24]
    """How long before the deadline somebody is reminded."""

    def terms(self) -> RequestTerms:
        usual = usual_terms(adapters().now())
        first, last = self.wished_first or self.wished_last, self.wished_last or self.wished_first
        return RequestTerms(
            deadline=self.deadline or usual.deadline,
            wished=DateSpan(first, last) if first and last else None,
            minimum_windows=self.minimum_windows,
            minimum_length=timedelta(minutes=self.minimum_minutes),
            message=self.message,
            reminders=tuple(hours * _HOUR for hours in self.reminders_hours),
        )


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
    request: RequestTermsFields = RequestTermsFields()

    def rules(self) -> BookingRules:
        return BookingRules(
            durations=tuple(timedelta(minutes=length) for length in self.durations_minutes),
            interval=length_of(self.interval_minutes),
            minimum_notice=timedelta(minutes=self.minimum_notice_minutes),
            buffer_before=timedelta(minutes=self.buffer_before_minutes),
            buffer_after=timedelta(minutes=self.buffer_after_minutes),
        )


class EditRequest(BaseModel):
    version: int
    """The one that was read before editing."""
    name: str | None = None
    """Stays as it is where absent, like the others."""
    email: str | None = None
    person_in_charge_id: str | None = None


class RequestResponse(BaseModel):
    """The latest availability request, what it asks for, and how it fares."""

    number: int
    state: RequestState
    is_void: bool
    """Whether it went to an address they no longer have; then ask again."""
    requested_at: datetime
    deadline: datetime
    wished_first: date | None
    wished_last: date | None
    minimum_windows: int
    minimum_minutes: int
    message: str
    reminders_hours: list[int]
    opened_at: datetime | None
    fulfilled_at: datetime | None
    link_expires_at: datetime
    delivery: DeliveryState
    attempts: int
    last_error: str
    sent_at: datetime | None

    @classmethod
    def of(cls, overview: ExternalMemberOverview) -> RequestResponse:
        request, delivery = overview.member.request, overview.delivery
        terms = request.terms
        return cls(
            number=request.number,
            is_void=overview.member.request_is_void,
            state=request.state(overview.member.availability, adapters().now()),
            requested_at=request.asked_at,
            deadline=terms.deadline,
            wished_first=terms.wished.first if terms.wished else None,
            wished_last=terms.wished.last if terms.wished else None,
            minimum_windows=terms.minimum_windows,
            minimum_minutes=minutes(terms.minimum_length),
            message=terms.message,
            reminders_hours=[int(before / _HOUR) for before in terms.reminders],
            opened_at=request.facts.get(RequestFact.OPENED),
            fulfilled_at=request.fulfilled_at,
            link_expires_at=request.link_expires_at,
            delivery=delivery.state,
            attempts=delivery.attempts,
            last_error=delivery.last_error,
            sent_at=delivery.sent_at,
        )


class BookingPageReference(BaseModel):
    slug: str
    url: str


class ExternalMemberResponse(BaseModel):
    external_member_id: str
    version: int
    name: str
    email: str
    person_in_charge_id: str
    person_in_charge_name: str
    standing: Standing
    """The state of the request until it is answered; after that, of the times."""
    answered: bool
    """Whether times were ever saved."""
    valid_until: datetime | None
    """Until when the times count as right without a word."""
    open_windows: int
    """How many of them are not over."""
    request: RequestResponse
    booking_page: BookingPageReference

    @classmethod
    def of(cls, overview: ExternalMemberOverview) -> ExternalMemberResponse:
        member, now = overview.member, adapters().now()
        return cls(
            external_member_id=member.external_member_id,
            version=member.version,
            name=member.name,
            email=member.email,
            person_in_charge_id=member.person_in_charge_id,
            person_in_charge_name=overview.person_in_charge.name,
            standing=standing_of(member, now),
            answered=member.availability.version > 0,
            valid_until=member.availability.valid_until,
            open_windows=len(member.availability.windows_after(now)),
            request=RequestResponse.of(overview),
            booking_page=BookingPageReference(
                slug=member.booking_page_slug,
                url=f"{adapters().base_url}/book/{member.booking_page_slug}",
            ),
        )


class ExternalMembersResponse(BaseModel):
    items: list[ExternalMemberResponse]
    next_cursor: str | None


class AvailabilityLinkResponse(BaseModel):
    url: str
    """Opens the availability page to whoever has it."""
    expires_at: datetime


class EnteredTimesResponse(BaseModel):
    version: int
    time_zone: str
    windows: list[WindowResponse]
    taken: list[WindowResponse]
    calendar: CalendarResponse | None
    """The one they linked."""


@app.get("/api/external-members", summary="List external members")
def get_external_members(
    q: Words = "",
    person_in_charge_id: Annotated[str | None, Query()] = None,
    standing: Annotated[list[Standing] | None, Query()] = None,
    cursor: Annotated[str | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> ExternalMembersResponse:
    page = list_external_members(
        staff(app.current_event),
        ExternalMemberFilter(q.strip().lower(), person_in_charge_id, tuple(standing or ())),
        cursor=cursor,
        limit=limit,
        now=adapters().now(),
        members=adapters().members,
        external_members=adapters().external_members,
        outbox=adapters().outbox,
    )
    return ExternalMembersResponse(
        items=[ExternalMemberResponse.of(item) for item in page.items],
        next_cursor=page.next_cursor,
    )


@app.get(
    "/api/external-members.csv",
    summary="Export external members as a table, the newest 5,000",
    responses={
        200: {"description": "A table", "content": {"text/csv": {"schema": {"type": "string"}}}}
    },
)
def get_external_members_csv(
    q: Words = "",
    person_in_charge_id: Annotated[str | None, Query()] = None,
    standing: Annotated[list[Standing] | None, Query()] = None,
) -> Response[str]:
    now = adapters().now()
    found = export_external_members(
        staff(app.current_event),
        ExternalMemberFilter(q.strip().lower(), person_in_charge_id, tuple(standing or ())),
        now=now,
        members=adapters().members,
        external_members=adapters().external_members,
        outbox=adapters().outbox,
    )
    table = external_members_csv.csv_of(found, now=now, base_url=adapters().base_url)
    logger.info("external members exported")
    return Response(200, csv_tables.CONTENT_TYPE, table, headers=external_members_csv.HEADERS)


@app.post("/api/external-members", summary="Invite an external member", status_code=201)
def post_external_member(
    request: InviteRequest, idempotency_key: IdempotencyKey = None
) -> ExternalMemberResponse:
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
        terms=request.request.terms(),
        key=idempotency_key or "",
        now=adapters().now(),
        members=adapters().members,
        external_members=adapters().external_members,
        rate_limits=adapters().rate_limits,
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


@app.patch("/api/external-members/<external_member_id>", summary="Edit an external member")
def patch_external_member(external_member_id: str, request: EditRequest) -> ExternalMemberResponse:
    refuse_foreign_origin(app.current_event)
    edit_external_member(
        staff(app.current_event),
        external_member_id,
        version=request.version,
        name=request.name,
        email=request.email,
        person_in_charge_id=request.person_in_charge_id,
        now=adapters().now(),
        members=adapters().members,
        external_members=adapters().external_members,
        booking_pages=adapters().booking_pages,
    )
    logger.info("external member edited", external_member_id=external_member_id)
    return get_external_member(external_member_id)


@app.get(
    "/api/external-members/<external_member_id>/availability",
    summary="See the times an external member entered",
)
def get_availability(external_member_id: str) -> EnteredTimesResponse:
    now = adapters().now()
    page = availability_for_staff(
        staff(app.current_event),
        external_member_id,
        now=now,
        links=adapters().links,
        members=adapters().members,
        external_members=adapters().external_members,
        booking_pages=adapters().booking_pages,
        bookings=adapters().bookings,
        calendar_feeds=adapters().calendar_feeds,
    )
    availability = page.external_member.availability
    logger.info("availability page seen by staff", external_member_id=external_member_id)
    return EnteredTimesResponse(
        version=availability.version,
        time_zone=availability.time_zone,
        windows=[WindowResponse.of(window) for window in page.windows],
        taken=[WindowResponse.of(window) for window in page.taken],
        calendar=page.calendar and CalendarResponse.of(page.calendar, now),
    )


@app.post(
    "/api/external-members/<external_member_id>/availability-requests",
    summary="Ask an external member again",
    status_code=202,
)
def post_availability_request(
    external_member_id: str, request: Annotated[RequestTermsFields | None, Body()] = None
) -> ExternalMemberResponse:
    refuse_foreign_origin(app.current_event)
    ask_again(
        staff(app.current_event),
        external_member_id,
        (request or RequestTermsFields()).terms(),
        now=adapters().now(),
        external_members=adapters().external_members,
        rate_limits=adapters().rate_limits,
        reputation=adapters().reputation,
    )
    logger.info("external member asked again", external_member_id=external_member_id)
    return get_external_member(external_member_id)


@app.post(
    "/api/external-members/<external_member_id>/link",
    summary="Have the link to an external member's availability page, to pass it on",
)
def post_link(external_member_id: str) -> AvailabilityLinkResponse:
    refuse_foreign_origin(app.current_event)
    link = copy_availability_link(
        staff(app.current_event),
        external_member_id,
        base_url=adapters().base_url,
        now=adapters().now(),
        external_members=adapters().external_members,
        links=adapters().links,
        link_keys=adapters().link_keys,
        audit_log=adapters().audit_log,
    )
    logger.info("availability link copied", external_member_id=external_member_id)
    return AvailabilityLinkResponse(url=link.url, expires_at=link.expires_at)


@app.get(
    "/api/external-members/<external_member_id>/deliveries",
    summary="See what became of the mails about an external member",
)
def get_deliveries(external_member_id: str) -> DeliveriesResponse:
    return DeliveriesResponse.of(
        deliveries_of_external_member(
            staff(app.current_event),
            external_member_id,
            external_members=adapters().external_members,
            outbox=adapters().outbox,
        )
    )


@app.delete(
    "/api/external-members/<external_member_id>/suppression",
    summary="Say that an external member's mailbox works again",
)
def delete_suppression(external_member_id: str) -> Response[str]:
    refuse_foreign_origin(app.current_event)
    trust_mailbox_again(
        staff(app.current_event),
        external_member_id,
        now=adapters().now(),
        external_members=adapters().external_members,
        reputation=adapters().reputation,
    )
    logger.info("mailbox trusted again", external_member_id=external_member_id)
    return Response(status_code=204, body="")


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
