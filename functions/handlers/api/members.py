"""The people of the team, for staff."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from handlers.requests import staff
from handlers.validation import answer_problems
from handlers.wiring import adapters
from scheduling.domain.people import Role
from scheduling.use_cases.members import list_members

app = APIGatewayHttpResolver(enable_validation=True)
logger = Logger()
answer_problems(app)


class MemberResponse(BaseModel):
    member_id: str
    name: str
    email: str
    role: Role
    time_zone: str


class MembersResponse(BaseModel):
    items: list[MemberResponse]
    next_cursor: str | None


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


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
