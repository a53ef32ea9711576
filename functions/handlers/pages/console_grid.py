"""Who is available: external members by the days of a week."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from handlers.pages.console_frame import address, console_page, query_of, suggested_members
from handlers.pages.forms import Form, parsed_day
from handlers.pages.zones import zone_groups
from handlers.wiring import adapters
from scheduling.domain.zones import time_zone
from scheduling.use_cases.availability_grid import EXPORTED, availability_grid
from scheduling.use_cases.members import member_id_at

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.sessions import SignedIn

PAGE = "/console/external-members/grid"

DAYS = 7
ROWS = 10
"""As many as keep the page light: each is there twice, for wide screens and for phones."""


def grid_page(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    query = Form.of_query(event)
    now = adapters().now()
    zone = query["zone"] if time_zone(query["zone"]) else by.member.time_zone
    today = now.astimezone(ZoneInfo(zone)).date()
    first_day = parsed_day(query["from"]) or today
    person_in_charge_id = member_id_at(by, query["person"], members=adapters().members)
    grid = availability_grid(
        by,
        first_day,
        days=DAYS,
        zone_name=zone,
        person_in_charge_id=person_in_charge_id,
        cursor=query["cursor"] or None,
        limit=ROWS,
        now=now,
        members=adapters().members,
        external_members=adapters().external_members,
        bookings=adapters().bookings,
        calendar_feeds=adapters().calendar_feeds,
    )
    kept = query_of(query, ("zone", "person"))
    week = timedelta(days=DAYS)
    exported = {"from": first_day.isoformat(), "days": str(DAYS), "time_zone": zone}
    if person_in_charge_id:
        exported["person_in_charge_id"] = person_in_charge_id
    return console_page(
        "availability_grid.html",
        by,
        grid=grid,
        grid_zone=zone,
        zones=zone_groups(zone, now, by.locale),
        first_day=first_day,
        today=today,
        form=query,
        suggestions=suggested_members(by),
        previous_week=address("", kept | {"from": (first_day - week).isoformat()}),
        next_week=address("", kept | {"from": (first_day + week).isoformat()}),
        following=grid.next_cursor
        and address("", kept | {"from": first_day.isoformat(), "cursor": grid.next_cursor}),
        export=address("/api/availability-grid.csv", exported),
        exported=EXPORTED,
        rows=ROWS,
    )
