"""What a member has connected at providers, and connecting it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from handlers import provider_sign_ins
from handlers.problems import problem
from handlers.requests import refuse_foreign_origin
from handlers.sessions import session_hash, staff
from handlers.validation import answer_problems
from handlers.wiring import adapters
from scheduling.domain.connections import (
    Connection,
    ConnectionState,
    Platform,
    Provider,
    ProviderCalendar,
)
from scheduling.domain.refusals import SchedulingError
from scheduling.use_cases.connecting import (
    choose_calendars,
    list_connections,
    start_connecting,
    switch_off,
    switch_on,
)

app = APIGatewayHttpResolver(enable_validation=True)
logger = Logger()
answer_problems(app)


class CalendarOfAccount(BaseModel):
    calendar_id: str
    name: str
    time_zone: str
    is_primary: bool
    can_write: bool
    """Whether it can be the one that bookings are written to."""
    offers_meet: bool

    @classmethod
    def of(cls, calendar: ProviderCalendar) -> Self:
        return cls(
            calendar_id=calendar.calendar_id,
            name=calendar.name,
            time_zone=calendar.time_zone,
            is_primary=calendar.is_primary,
            can_write=calendar.can_write,
            offers_meet=calendar.offers_meet,
        )


class ConnectionResponse(BaseModel):
    provider: Provider
    platforms: list[Platform]
    """Those that are on."""
    account: str
    """The address or name that people know the account by."""
    state: ConnectionState
    state_since: datetime
    missing: list[Platform]
    """Those that are on and cannot work, since not everything was allowed."""
    connected_at: datetime
    verified_at: datetime | None
    """When the provider last answered as it should."""
    calendars: list[CalendarOfAccount]
    conflict_calendar_ids: list[str]
    """Of those whose events make the member busy."""
    write_calendar_id: str
    """Of the one that bookings are written to; `primary` stands for the account's main one."""

    @classmethod
    def of(cls, connection: Connection) -> Self:
        return cls(
            provider=connection.key.provider,
            platforms=sorted(connection.platforms),
            account=connection.account,
            state=connection.state,
            state_since=connection.state_since,
            missing=list(connection.missing),
            connected_at=connection.connected_at,
            verified_at=connection.verified_at,
            calendars=[CalendarOfAccount.of(each) for each in connection.calendars],
            conflict_calendar_ids=list(connection.conflict_calendar_ids),
            write_calendar_id=connection.write_calendar_id,
        )


class ConnectionsResponse(BaseModel):
    connections: list[ConnectionResponse]


class StartResponse(BaseModel):
    url: str | None
    """Where to sign in, in the browser of this session; null where that is not needed: it is on."""


class CalendarsRequest(BaseModel):
    conflict_calendar_ids: list[str]
    write_calendar_id: str


@app.get("/api/connections", summary="See what you have connected")
def get_connections() -> ConnectionsResponse:
    found = list_connections(staff(app.current_event), connections=adapters().connections)
    return ConnectionsResponse(connections=[ConnectionResponse.of(each) for each in found])


@app.post("/api/connections/<platform>/start", summary="Begin to connect a platform")
def post_start(platform: Platform) -> StartResponse:
    refuse_foreign_origin(app.current_event)
    url = start_connecting(
        staff(app.current_event),
        platform,
        session_hash=session_hash(app.current_event),
        base_url=adapters().base_url,
        now=adapters().now(),
        connections=adapters().connections,
        connect_attempts=adapters().connect_attempts,
        oauth=adapters().oauth,
    )
    logger.info("connecting begun", platform=platform.value, is_granted=url is None)
    return StartResponse(url=url)


@app.put("/api/connections/<platform>", summary="Switch a platform on with what was granted")
def put_platform(platform: Platform) -> ConnectionResponse:
    refuse_foreign_origin(app.current_event)
    connection = switch_on(
        staff(app.current_event),
        platform,
        now=adapters().now(),
        connections=adapters().connections,
        oauth=adapters().oauth,
    )
    logger.info("platform switched on", platform=platform.value)
    return ConnectionResponse.of(connection)


@app.delete("/api/connections/<platform>", summary="Switch a platform off")
def delete_platform(platform: Platform) -> Response[str]:
    refuse_foreign_origin(app.current_event)
    by = staff(app.current_event)
    switch_off(by, platform, now=adapters().now(), connections=adapters().connections)
    logger.info("platform switched off", platform=platform.value)
    return Response(status_code=204, body="")


@app.put(
    "/api/connections/<provider>/calendars",
    summary="Choose the calendars that count, and the one to write to",
)
def put_calendars(provider: Provider, request: CalendarsRequest) -> ConnectionResponse:
    refuse_foreign_origin(app.current_event)
    connection = choose_calendars(
        staff(app.current_event),
        provider,
        conflict_calendar_ids=request.conflict_calendar_ids,
        write_calendar_id=request.write_calendar_id,
        now=adapters().now(),
        connections=adapters().connections,
    )
    logger.info("calendars chosen", provider=provider.value)
    return ConnectionResponse.of(connection)


@app.post("/connections/<platform>/start", include_in_schema=False)
def post_form(platform: str) -> Response[str]:
    return provider_sign_ins.start(app.current_event, platform)


@app.get("/connections/<provider>/callback", include_in_schema=False)
def get_callback(provider: str) -> Response[str]:
    return provider_sign_ins.come_back(app.current_event, provider)


def answer_refusal(refusal: SchedulingError) -> Response[str]:
    """Answer programs with a problem, and send browsers back."""
    path = app.current_event.path
    is_program = path.startswith("/api/")
    return problem(refusal) if is_program else provider_sign_ins.sent_back(refusal, path)


app.exception_handler(SchedulingError)(answer_refusal)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
