"""Who of the external members is available, for staff."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Self
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from handlers import availability_csv
from handlers.api.fields import Day
from handlers.api.windows import WindowResponse
from handlers.csv_tables import CONTENT_TYPE
from handlers.sessions import staff
from handlers.validation import answer_problems
from handlers.wiring import adapters
from scheduling.domain.sessions import SignedIn
from scheduling.use_cases.availability_grid import (
    MOST_DAYS,
    MOST_ROWS,
    AvailabilityGrid,
    GridRow,
    availability_grid,
    whole_grid,
)

app = APIGatewayHttpResolver(enable_validation=True)
logger = Logger()
answer_problems(app)

FirstDay = Annotated[
    Day | None, Query(alias="from", description="The first day; today where absent.")
]
Days = Annotated[int, Query(ge=1, le=MOST_DAYS)]
Zone = Annotated[str, Query(description="Days are meant in it; that of whoever asks if absent.")]
PersonInChargeId = Annotated[str, Query(description="Only those they are in charge of.")]
Cursor = Annotated[str | None, Query()]
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS)]


class CellResponse(BaseModel):
    date: date
    free: list[WindowResponse]
    """What is offered, not booked, and free in their linked calendar; from now on."""
    taken: list[WindowResponse]
    """What is booked, buffers included."""


class GridRowResponse(BaseModel):
    external_member_id: str
    name: str
    email: str
    person_in_charge_id: str
    booking_page_slug: str
    availability_stale: bool
    """Whether nobody has confirmed their times for long."""
    calendar_unverified: bool
    """Whether their linked calendar has not been read for long."""
    days: list[CellResponse]

    @classmethod
    def of(cls, row: GridRow, days: tuple[date, ...]) -> Self:
        member = row.member
        return cls(
            external_member_id=member.external_member_id,
            name=member.name,
            email=member.email,
            person_in_charge_id=member.person_in_charge_id,
            booking_page_slug=member.booking_page_slug,
            availability_stale=row.is_stale,
            calendar_unverified=row.is_unverified,
            days=[
                CellResponse(
                    date=day,
                    free=[WindowResponse.of(window) for window in cell.free],
                    taken=[WindowResponse.of(window) for window in cell.taken],
                )
                for day, cell in zip(days, row.days, strict=True)
            ],
        )


class GridResponse(BaseModel):
    time_zone: str
    items: list[GridRowResponse]
    next_cursor: str | None


@app.get("/api/availability-grid", summary="See who of the external members is available when")
def get_grid(
    *,
    first_day: FirstDay = None,
    days: Days = 14,
    time_zone: Zone = "",
    person_in_charge_id: PersonInChargeId = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> GridResponse:
    grid = _grid(
        staff(app.current_event),
        first_day,
        days=days,
        zone=time_zone,
        person_in_charge_id=person_in_charge_id,
        cursor=cursor,
        limit=limit,
    )
    return GridResponse(
        time_zone=grid.zone,
        items=[GridRowResponse.of(row, grid.days) for row in grid.rows],
        next_cursor=grid.next_cursor,
    )


@app.get(
    "/api/availability-grid.csv",
    summary="Export who is available, at most 1,000 external members",
    responses={
        200: {
            "description": "A table; where there are more, the header Link leads to the rest",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    },
)
def get_grid_csv(
    *,
    first_day: FirstDay = None,
    days: Days = 14,
    time_zone: Zone = "",
    person_in_charge_id: PersonInChargeId = "",
    cursor: Cursor = None,
) -> Response[str]:
    by = staff(app.current_event)
    grid = whole_grid(
        lambda cursor: _grid(
            by,
            first_day,
            days=days,
            zone=time_zone,
            person_in_charge_id=person_in_charge_id,
            cursor=cursor,
            limit=MOST_ROWS,
        ),
        cursor,
    )
    table = availability_csv.csv_of(grid, adapters().base_url)
    logger.info("availability exported", member_id=by.member.member_id, rows=len(grid.rows))
    headers = availability_csv.HEADERS | _leading_on(grid.next_cursor)
    return Response(200, CONTENT_TYPE, table, headers=headers)


def _leading_on(cursor: str | None) -> dict[str, str | list[str]]:
    """Return the header that names where the rest is (RFC 8288); none where there is none."""
    if cursor is None:
        return {}
    event = app.current_event
    query = urlencode(event.query_string_parameters | {"cursor": cursor})
    return {"Link": f'<{adapters().base_url}{event.path}?{query}>; rel="next"'}


def _grid(
    by: SignedIn,
    first_day: date | None,
    *,
    days: int,
    zone: str,
    person_in_charge_id: str,
    cursor: str | None,
    limit: int,
) -> AvailabilityGrid:
    now, own_zone = adapters().now(), by.member.time_zone
    return availability_grid(
        by,
        first_day or now.astimezone(ZoneInfo(own_zone)).date(),
        days=days,
        zone_name=zone or own_zone,
        person_in_charge_id=person_in_charge_id,
        cursor=cursor,
        limit=limit,
        now=now,
        members=adapters().members,
        external_members=adapters().external_members,
        bookings=adapters().bookings,
        calendar_feeds=adapters().calendar_feeds,
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
