"""What the team has connected, for admins: facts of connections, requests, and what is allowed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field

from handlers import connections_csv, csv_tables
from handlers.api.fields import Words
from handlers.requests import refuse_foreign_origin
from handlers.sessions import staff
from handlers.validation import answer_problems
from handlers.wiring import adapters
from scheduling.domain.connection_words import STATE_WORDS
from scheduling.domain.connections import ConnectionState, Platform, Provider
from scheduling.domain.people import Organization, comparable
from scheduling.domain.platform_states import NOT_CONNECTED, needs_human
from scheduling.use_cases.connect_requests import ask_to_connect
from scheduling.use_cases.connecting import remove_connection
from scheduling.use_cases.connection_matrix import (
    Cell,
    Matrix,
    MatrixFilter,
    connection_matrix,
    export_matrix,
)
from scheduling.use_cases.platform_policy import (
    PlatformPolicy,
    StillConnected,
    edit_platform_policy,
    still_connected,
)

app = APIGatewayHttpResolver(enable_validation=True)
logger = Logger()
answer_problems(app)

State = ConnectionState | Literal["not_connected"]


class ConnectionErrorResponse(BaseModel):
    """Why a platform does not do all of its work, or not yet."""

    code: ConnectionState
    reason: str
    fix: str
    needs_human: bool
    """Whether it stays so until somebody does something."""
    since: datetime


class MatrixCellResponse(BaseModel):
    """One platform of one member."""

    member_id: str
    member_name: str
    member_email: str
    platform: Platform
    provider: Provider
    connected: bool
    state: State
    account: str
    """The address or name of the account; empty where none is connected."""
    connected_at: datetime | None
    verified_at: datetime | None
    """When the provider last answered as it should."""
    error: ConnectionErrorResponse | None
    """Null where all is well."""
    booking_pages: int
    """Of how many booking pages the member is a host."""

    @classmethod
    def of(cls, cell: Cell) -> Self:
        connection = cell.connection
        return cls(
            member_id=cell.member.member_id,
            member_name=cell.member.name,
            member_email=cell.member.email,
            platform=cell.platform,
            provider=cell.platform.provider,
            connected=connection is not None,
            state=cell.state,
            account="" if connection is None else connection.account,
            connected_at=None if connection is None else connection.connected_at,
            verified_at=None if connection is None else connection.verified_at,
            error=_error(cell),
            booking_pages=cell.booking_pages,
        )


class MatrixCountResponse(BaseModel):
    platform: Platform
    state: State
    count: int


class MatrixResponse(BaseModel):
    items: list[MatrixCellResponse]
    """Of so many members as `limit` says, by name; each has one for each platform."""
    counts: list[MatrixCountResponse]
    """Of all members whom `q` fits, whatever platform or state is asked for; none that is 0."""
    total: int
    """How many items all parts of the list have together."""
    next_cursor: str | None

    @classmethod
    def of(cls, matrix: Matrix) -> Self:
        return cls(
            items=[MatrixCellResponse.of(cell) for cell in matrix.cells.items],
            counts=[
                MatrixCountResponse(platform=platform, state=state, count=count)
                for (platform, state), count in sorted(matrix.counts.items())
            ],
            total=matrix.found,
            next_cursor=matrix.cells.next_cursor,
        )


class ConnectRequestRequest(BaseModel):
    member_id: str
    platform: Platform


class ConnectRequestResponse(BaseModel):
    member_id: str
    platform: Platform
    asked_for: Literal["connect", "reconnect"]
    asked_at: datetime


class PolicyRequest(BaseModel):
    version: int | None = None
    """The one that was read before editing; null to change whatever there is."""
    blocked_platforms: list[Platform] = Field(max_length=len(Platform))
    account_domains: list[str] = Field(max_length=100)
    """To which members' accounts belong; empty for any account."""
    other_accounts: Literal["warned_of", "refused"]
    """What becomes of accounts outside of these domains."""


class StillConnectedResponse(BaseModel):
    member_id: str
    member_name: str
    platform: Platform
    account: str


class PolicyResponse(BaseModel):
    version: int
    blocked_platforms: list[Platform]
    account_domains: list[str]
    other_accounts: Literal["warned_of", "refused"]
    still_connected: list[StillConnectedResponse]
    """What is connected of the platforms that are blocked: it stays until somebody removes it."""

    @classmethod
    def of(cls, organization: Organization, connected: Iterable[StillConnected]) -> Self:
        return cls(
            version=organization.version,
            blocked_platforms=sorted(organization.blocked_platforms),
            account_domains=list(organization.account_domains),
            other_accounts="refused" if organization.refuses_other_accounts else "warned_of",
            still_connected=[
                StillConnectedResponse(
                    member_id=each.member.member_id,
                    member_name=each.member.name,
                    platform=each.platform,
                    account=each.connection.account,
                )
                for each in connected
            ],
        )


@app.get("/api/organization/connections", summary="See what the team has connected")
def get_connections(
    *,
    q: Words = "",
    platform: Annotated[Platform | None, Query()] = None,
    state: Annotated[State | None, Query()] = None,
    cursor: Annotated[str | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="The most members.")] = 50,
) -> MatrixResponse:
    matrix = connection_matrix(
        staff(app.current_event),
        MatrixFilter(comparable(q.strip()), platform, state),
        cursor=cursor,
        limit=limit,
        now=adapters().now(),
        members=adapters().members,
        connections=adapters().connections,
        booking_pages=adapters().booking_pages,
    )
    return MatrixResponse.of(matrix)


@app.get(
    "/api/organization/connections.csv",
    summary="Export what the team has connected as a table",
    responses={
        200: {"description": "A table", "content": {"text/csv": {"schema": {"type": "string"}}}}
    },
)
def get_connections_csv(
    *,
    q: Words = "",
    platform: Annotated[Platform | None, Query()] = None,
    state: Annotated[State | None, Query()] = None,
) -> Response[str]:
    cells = export_matrix(
        staff(app.current_event),
        MatrixFilter(comparable(q.strip()), platform, state),
        now=adapters().now(),
        members=adapters().members,
        connections=adapters().connections,
        booking_pages=adapters().booking_pages,
    )
    logger.info("connections exported")
    table = connections_csv.csv_of(cells)
    return Response(200, csv_tables.CONTENT_TYPE, table, headers=connections_csv.HEADERS)


@app.post(
    "/api/organization/connections/requests",
    summary="Ask a member by mail to connect a platform, or to connect it again",
    status_code=202,
)
def post_request(request: ConnectRequestRequest) -> ConnectRequestResponse:
    refuse_foreign_origin(app.current_event)
    asked = ask_to_connect(
        staff(app.current_event),
        request.member_id,
        request.platform,
        now=adapters().now(),
        members=adapters().members,
        connections=adapters().connections,
        connect_requests=adapters().connect_requests,
        rate_limits=adapters().rate_limits,
    )
    logger.info("member asked to connect", platform=asked.platform.value, number=asked.number)
    return ConnectRequestResponse(
        member_id=asked.member_id,
        platform=asked.platform,
        asked_for="reconnect" if asked.is_reconnect else "connect",
        asked_at=asked.asked_at,
    )


@app.delete(
    "/api/organization/connections/<member_id>/<provider>",
    summary="Remove what a member has connected at a provider",
)
def delete_connection(member_id: str, provider: Provider) -> Response[str]:
    refuse_foreign_origin(app.current_event)
    by = staff(app.current_event)
    remove_connection(
        by, member_id, provider, now=adapters().now(), connections=adapters().connections
    )
    logger.info("connection removed", member_id=member_id, provider=provider.value)
    return Response(status_code=204, body="")


@app.get("/api/organization/integrations", summary="See what members may connect")
def get_policy() -> PolicyResponse:
    by = staff(app.current_event)
    connected = still_connected(
        by,
        now=adapters().now(),
        members=adapters().members,
        connections=adapters().connections,
    )
    return PolicyResponse.of(by.organization, connected)


@app.put("/api/organization/integrations", summary="Say what members may connect")
def put_policy(request: PolicyRequest) -> PolicyResponse:
    refuse_foreign_origin(app.current_event)
    edit_platform_policy(
        staff(app.current_event),
        PlatformPolicy(
            blocked_platforms=frozenset(request.blocked_platforms),
            account_domains=tuple(request.account_domains),
            refuses_other_accounts=request.other_accounts == "refused",
        ),
        version=request.version,
        now=adapters().now(),
        organizations=adapters().organizations,
    )
    logger.info("platform policy edited", blocked=len(request.blocked_platforms))
    return get_policy()


def _error(cell: Cell) -> ConnectionErrorResponse | None:
    if cell.state in {NOT_CONNECTED, ConnectionState.OK} or cell.connection is None:
        return None
    code = ConnectionState(cell.state)
    return ConnectionErrorResponse(
        code=code,
        reason=STATE_WORDS[code].reason,
        fix=STATE_WORDS[code].fix,
        needs_human=needs_human(code),
        since=cell.connection.state_since,
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
