"""The people of the team, for staff."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict

from handlers import csv_tables, members_csv
from handlers.api.fields import IdempotencyKey, Words
from handlers.api.hours import WorkingHoursFields
from handlers.api.member_imports import ImportResponse
from handlers.batch_files import body_of
from handlers.member_batches import rows_of
from handlers.requests import refuse_foreign_origin
from handlers.sessions import staff
from handlers.validation import answer_problems
from handlers.wiring import adapters
from scheduling.domain.people import MemberFilter, Role, comparable
from scheduling.domain.sessions import SignedIn
from scheduling.use_cases.bookings import HandOver
from scheduling.use_cases.member_imports import import_members, view_import
from scheduling.use_cases.members import (
    MemberEdit,
    MemberOverview,
    edit_member,
    export_members,
    list_member_overviews,
    view_member,
)
from scheduling.use_cases.removal import hand_over_everything, remove_member
from scheduling.use_cases.security import end_sessions
from scheduling.use_cases.working_hours import save_working_hours, view_working_hours

app = APIGatewayHttpResolver(enable_validation=True)
logger = Logger()
answer_problems(app)

ME = "me"
"""In a path, whoever is signed in."""


class MemberState(StrEnum):
    ACTIVE = "active"
    REMOVED = "removed"


class MemberResponse(BaseModel):
    member_id: str
    name: str
    email: str
    role: Role
    time_zone: str
    locale: str
    """Empty for the organization's."""
    department_id: str
    department: str
    """Its name."""
    designation_id: str
    designation: str
    manager_id: str
    manager: str
    """Their name."""
    state: MemberState
    joined_at: datetime | None
    removed_at: datetime | None
    version: int
    """To be sent back with what is to be different."""

    @classmethod
    def of(cls, overview: MemberOverview) -> Self:
        member = overview.member
        return cls(
            member_id=member.member_id,
            name=member.name,
            email=member.email,
            role=member.role,
            time_zone=member.time_zone,
            locale=member.locale,
            department_id=member.department_id,
            department=overview.department,
            designation_id=member.designation_id,
            designation=overview.designation,
            manager_id=member.manager_id,
            manager=overview.manager.name if overview.manager else "",
            state=MemberState.ACTIVE if member.is_active else MemberState.REMOVED,
            joined_at=member.joined_at,
            removed_at=member.removed_at,
            version=member.version,
        )


class MyselfRequest(BaseModel):
    """What is to be different about oneself; what is absent stays as it is."""

    model_config = ConfigDict(extra="forbid")

    version: int
    name: str | None = None
    time_zone: str | None = None
    locale: str | None = None

    def edit(self) -> MemberEdit:
        return MemberEdit(**self.model_dump(exclude={"version"}))


class MemberRequest(MyselfRequest):
    """What is to be different about a member; what is absent stays as it is."""

    department_id: str | None = None
    """Empty for none, as the two that follow."""
    designation_id: str | None = None
    manager_id: str | None = None
    role: Role | None = None


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
    *,
    q: Words = "",
    role: Annotated[Role | None, Query()] = None,
    state: Annotated[MemberState, Query()] = MemberState.ACTIVE,
    department_id: Annotated[str | None, Query()] = None,
    designation_id: Annotated[str | None, Query()] = None,
    manager_id: Annotated[str | None, Query()] = None,
    cursor: Annotated[str | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> MembersResponse:
    page = list_member_overviews(
        staff(app.current_event),
        _filter(
            q=q,
            role=role,
            state=state,
            department_id=department_id,
            designation_id=designation_id,
            manager_id=manager_id,
        ),
        cursor=cursor,
        limit=limit,
        members=adapters().members,
        directories=adapters().directories,
    )
    return MembersResponse(
        items=[MemberResponse.of(overview) for overview in page.items],
        next_cursor=page.next_cursor,
    )


@app.get(
    "/api/members.csv",
    summary="Export members as a table",
    responses={
        200: {"description": "A table", "content": {"text/csv": {"schema": {"type": "string"}}}}
    },
)
def get_members_csv(
    *,
    q: Words = "",
    role: Annotated[Role | None, Query()] = None,
    state: Annotated[MemberState, Query()] = MemberState.ACTIVE,
    department_id: Annotated[str | None, Query()] = None,
    designation_id: Annotated[str | None, Query()] = None,
    manager_id: Annotated[str | None, Query()] = None,
) -> Response[str]:
    found = export_members(
        staff(app.current_event),
        _filter(
            q=q,
            role=role,
            state=state,
            department_id=department_id,
            designation_id=designation_id,
            manager_id=manager_id,
        ),
        now=adapters().now(),
        members=adapters().members,
        directories=adapters().directories,
    )
    table = members_csv.csv_of(found)
    logger.info("members exported")
    return Response(200, csv_tables.CONTENT_TYPE, table, headers=members_csv.HEADERS)


@app.post(
    "/api/members/imports",
    summary="Invite and change up to 500 members from a file, or find out what would become of it",
    description=(
        "The body is CSV with the headings email, name, role, department, designation and manager"
        ' (an address), or JSON: {"rows": [{"email": …}]}. Members of today are changed as their'
        " row says, all others are invited."
    ),
    status_code=202,
)
def post_import(
    *,
    dry_run: Annotated[
        bool, Query(description="Only find out what would become of each row.")
    ] = False,
    idempotency_key: IdempotencyKey = None,
) -> ImportResponse:
    refuse_foreign_origin(app.current_event)
    by = staff(app.current_event)
    content_type = app.current_event.headers.get("content-type", "")
    started = import_members(
        by,
        rows_of(body_of(app.current_event), content_type),
        is_dry_run=dry_run,
        key=idempotency_key or "",
        now=adapters().now(),
        members=adapters().members,
        directories=adapters().directories,
        invitations=adapters().invitations,
        member_imports=adapters().member_imports,
    )
    logger.info("import of members taken in", import_id=started.import_id, rows=started.rows)
    return get_import(started.import_id)


@app.get("/api/members/imports/<import_id>", summary="See how far an import is, row by row")
def get_import(import_id: str) -> ImportResponse:
    by = staff(app.current_event)
    found, rows = view_import(
        by, import_id, now=adapters().now(), member_imports=adapters().member_imports
    )
    return ImportResponse.of(found, rows)


@app.get("/api/members/<member_id>", summary="See a member")
def get_member(member_id: str) -> MemberResponse:
    by = staff(app.current_event)
    return MemberResponse.of(
        view_member(
            by,
            _meant(member_id, by),
            members=adapters().members,
            directories=adapters().directories,
        )
    )


@app.patch("/api/members/<member_id>", summary="Change what is kept about a member")
def patch_member(member_id: str, request: MemberRequest) -> MemberResponse:
    refuse_foreign_origin(app.current_event)
    by = staff(app.current_event)
    return _edit(by, _meant(member_id, by), request)


@app.get("/api/me", summary="See what is kept about oneself")
def get_me() -> MemberResponse:
    return get_member(ME)


@app.patch("/api/me", summary="Change one's own name, time zone and language")
def patch_me(request: MyselfRequest) -> MemberResponse:
    refuse_foreign_origin(app.current_event)
    by = staff(app.current_event)
    return _edit(by, by.member.member_id, request)


@app.delete(
    "/api/members/<member_id>",
    summary="Remove a member, once somebody else has what is theirs",
)
def delete_member(
    member_id: str,
    hand_over_to: Annotated[
        str, Query(description="Who takes over their bookings, pages and external members.")
    ] = "",
    bookings: Annotated[
        Literal["cancel"] | None,
        Query(
            description="Cancel the bookings that they are a host of. Whoever sends this is in"
            " charge of the rest from then on, unless `hand_over_to` says otherwise."
        ),
    ] = None,
) -> Response[str]:
    refuse_foreign_origin(app.current_event)
    by = staff(app.current_event)
    removed = remove_member(
        by,
        _meant(member_id, by),
        hand_over_to=_meant(hand_over_to, by),
        cancels_bookings=bookings == "cancel",
        now=adapters().now(),
        members=adapters().members,
        booking_pages=adapters().booking_pages,
        bookings=adapters().bookings,
        external_members=adapters().external_members,
        connections=adapters().connections,
    )
    logger.info("member removed", member_id=removed.member_id)
    return Response(status_code=204, body="")


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
    done = hand_over_everything(
        by,
        _meant(member_id, by),
        _meant(request.to_member_id, by),
        now=adapters().now(),
        members=adapters().members,
        booking_pages=adapters().booking_pages,
        bookings=adapters().bookings,
        external_members=adapters().external_members,
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


def _edit(by: SignedIn, member_id: str, request: MyselfRequest) -> MemberResponse:
    member = edit_member(
        by,
        member_id,
        request.edit(),
        version=request.version,
        now=adapters().now(),
        members=adapters().members,
        directories=adapters().directories,
    )
    logger.info("member edited", member_id=member_id, version=member.version)
    return get_member(member_id)


def _filter(
    *,
    q: str,
    role: Role | None,
    state: MemberState,
    department_id: str | None,
    designation_id: str | None,
    manager_id: str | None,
) -> MemberFilter:
    return MemberFilter(
        is_active=state is MemberState.ACTIVE,
        text=comparable(q.strip()),
        role=role,
        department_id=department_id,
        designation_id=designation_id,
        manager_id=manager_id,
    )


def _meant(member_id: str, by: SignedIn) -> str:
    return by.member.member_id if member_id == ME else member_id


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
