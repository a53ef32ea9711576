"""The people of the team, for staff."""

from __future__ import annotations

from typing import Annotated, Any, Self

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from handlers.api.hours import WorkingHoursFields
from handlers.requests import refuse_foreign_origin
from handlers.sessions import staff
from handlers.validation import answer_problems
from handlers.wiring import adapters
from scheduling.domain.people import Role
from scheduling.domain.sessions import SignedIn
from scheduling.use_cases.bookings import HandOver, hand_over
from scheduling.use_cases.members import list_members
from scheduling.use_cases.security import end_sessions
from scheduling.use_cases.working_hours import save_working_hours, view_working_hours

app = APIGatewayHttpResolver(enable_validation=True)
logger = Logger()
answer_problems(app)

ME = "me"
"""In a path, whoever is signed in."""


class MemberResponse(BaseModel):
    member_id: str
    name: str
    email: str
    role: Role
    time_zone: str


class MembersResponse(BaseModel):
    items: list[MemberResponse]
    next_cursor: str | None


class HandOverRequest(BaseModel):
    to_member_id: str


class HandOverResponse(BaseModel):
    booking_page_slugs: list[str]
    handed_over: list[str]
    """Ids of bookings."""
    refused: list[str]
    """Ids of bookings that stay: the other is not free then, or they changed just now."""
    is_complete: bool
    """False where there is more: then do it again."""

    @classmethod
    def of(cls, done: HandOver) -> Self:
        return cls(
            booking_page_slugs=[page.slug for page in done.pages],
            handed_over=[booking.booking_id for booking in done.handed_over],
            refused=[booking.booking_id for booking in done.refused],
            is_complete=done.is_complete,
        )


@app.get("/api/members", summary="List the members of the team")
def get_members(
    cursor: Annotated[str | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> MembersResponse:
    page = list_members(
        staff(app.current_event), cursor=cursor, limit=limit, members=adapters().members
    )
    return MembersResponse(
        items=[
            MemberResponse(
                member_id=member.member_id,
                name=member.name,
                email=member.email,
                role=member.role,
                time_zone=member.time_zone,
            )
            for member in page.items
        ],
        next_cursor=page.next_cursor,
    )


@app.get("/api/members/<member_id>/working-hours", summary="See when a member can be booked")
def get_working_hours(member_id: str) -> WorkingHoursFields:
    by = staff(app.current_event)
    return WorkingHoursFields.of(
        view_working_hours(
            by,
            _meant(member_id, by),
            members=adapters().members,
            working_hours=adapters().working_hours,
        )
    )


@app.put("/api/members/<member_id>/working-hours", summary="Replace a member's hours")
def put_working_hours(member_id: str, request: WorkingHoursFields) -> WorkingHoursFields:
    refuse_foreign_origin(app.current_event)
    by = staff(app.current_event)
    saved = save_working_hours(
        by,
        _meant(member_id, by),
        request.hours(),
        tuple(limit.limit() for limit in request.limits),
        version=request.version,
        now=adapters().now(),
        members=adapters().members,
        working_hours=adapters().working_hours,
    )
    logger.info("working hours saved", member_id=saved.member_id, version=saved.version)
    return WorkingHoursFields.of(saved)


@app.post(
    "/api/members/<member_id>/hand-over",
    summary="Give another member what a member is host of, or in charge of",
)
def post_hand_over(member_id: str, request: HandOverRequest) -> HandOverResponse:
    refuse_foreign_origin(app.current_event)
    by = staff(app.current_event)
    done = hand_over(
        by,
        _meant(member_id, by),
        _meant(request.to_member_id, by),
        now=adapters().now(),
        members=adapters().members,
        booking_pages=adapters().booking_pages,
        bookings=adapters().bookings,
    )
    logger.info(
        "member handed over",
        pages=len(done.pages),
        bookings=len(done.handed_over),
        refused=len(done.refused),
    )
    return HandOverResponse.of(done)


@app.delete("/api/members/<member_id>/sessions", summary="Sign a member out everywhere")
def delete_sessions(member_id: str) -> Response[str]:
    refuse_foreign_origin(app.current_event)
    by = staff(app.current_event)
    end_sessions(by, _meant(member_id, by), now=adapters().now(), members=adapters().members)
    logger.info("sessions ended", member_id=_meant(member_id, by))
    return Response(status_code=204, body="")


def _meant(member_id: str, by: SignedIn) -> str:
    return by.member.member_id if member_id == ME else member_id


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
