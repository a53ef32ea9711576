"""What the team has connected, for admins: finding it, asking for it, removing it."""

from __future__ import annotations

from http import HTTPStatus
from itertools import groupby
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response

from handlers import connections_csv, csv_tables
from handlers.pages.console_connections import platform_at, provider_at
from handlers.pages.console_frame import address, console_page, query_of
from handlers.pages.forms import Form
from handlers.pages.rendering import HEADERS, see_other
from handlers.pages.wording import connection_badge
from handlers.wiring import adapters
from scheduling.domain.connection_words import PLATFORM_NAMES, PROVIDER_NAMES, STATE_WORDS
from scheduling.domain.connections import ConnectionKey, Platform
from scheduling.domain.people import comparable
from scheduling.domain.platform_states import PLATFORM_STATES
from scheduling.domain.policy import Act, require
from scheduling.domain.refusals import NotConnected
from scheduling.use_cases.connect_requests import ask_to_connect
from scheduling.use_cases.connecting import remove_connection
from scheduling.use_cases.connection_matrix import MatrixFilter, connection_matrix, export_matrix

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.sessions import SignedIn

LIST = "/console/integrations/members"

FILTERS = ("q", "platform", "state")

MEMBERS = 25
"""How many members a page of the list has: each has a cell for each platform."""

logger = Logger()


def list_page(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of_query(event)
    which = _filter(form)
    matrix = connection_matrix(
        by,
        which,
        cursor=form["cursor"] or None,
        limit=MEMBERS,
        now=adapters().now(),
        members=adapters().members,
        connections=adapters().connections,
        booking_pages=adapters().booking_pages,
    )
    query = query_of(form, FILTERS)
    following = matrix.cells.next_cursor
    rows = groupby(matrix.cells.items, key=lambda cell: cell.member)
    return console_page(
        "connection_matrix.html",
        by,
        rows=[(member, {cell.platform: cell for cell in cells}) for member, cells in rows],
        columns=[which.platform] if which.platform else [*Platform],
        counts=matrix.counts,
        found=matrix.found,
        following=following and address("", query | {"cursor": following}),
        members_at_once=MEMBERS,
        export=address(f"{LIST}.csv", query),
        form=form,
        is_filtered=bool(query),
        states={state: connection_badge(state) for state in PLATFORM_STATES},
        platform_names=PLATFORM_NAMES,
        provider_names=PROVIDER_NAMES,
        state_words=STATE_WORDS,
        blocked=by.organization.blocked_platforms,
        news=form["news"],
    )


def export(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    """Return the filtered list as a table to open elsewhere."""
    cells = export_matrix(
        by,
        _filter(Form.of_query(event)),
        now=adapters().now(),
        members=adapters().members,
        connections=adapters().connections,
        booking_pages=adapters().booking_pages,
    )
    logger.info("connections exported")
    return Response(
        status_code=HTTPStatus.OK.value,
        content_type=csv_tables.CONTENT_TYPE,
        body=connections_csv.csv_of(cells),
        headers={**HEADERS, **connections_csv.HEADERS},
    )


def ask(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of(event)
    asked = ask_to_connect(
        by,
        form["member_id"],
        platform_at(form["platform"]),
        now=adapters().now(),
        members=adapters().members,
        connections=adapters().connections,
        connect_requests=adapters().connect_requests,
        rate_limits=adapters().rate_limits,
    )
    logger.info("member asked to connect", platform=asked.platform.value, number=asked.number)
    return see_other(f"{LIST}?news=asked")


def removal_page(by: SignedIn, member_id: str, provider: str) -> Response[str]:
    """Ask before something of somebody else is disconnected."""
    require(by, Act.MANAGE_CONNECTIONS, now=adapters().now())
    which = provider_at(provider)
    member = adapters().members.get(by.organization.organization_id, member_id)
    connection = adapters().connections.get(ConnectionKey(member.organization_id, member_id, which))
    if connection is None or not connection.is_on:
        raise NotConnected
    return console_page(
        "connection_removal.html",
        by,
        member=member,
        connection=connection,
        name=PROVIDER_NAMES[which],
        platform_names=PLATFORM_NAMES,
    )


def remove(by: SignedIn, member_id: str, provider: str) -> Response[str]:
    which = provider_at(provider)
    remove_connection(
        by, member_id, which, now=adapters().now(), connections=adapters().connections
    )
    logger.info("connection removed", member_id=member_id, provider=which.value)
    return see_other(f"{LIST}?news=removed")


def _filter(form: Form) -> MatrixFilter:
    return MatrixFilter(
        text=comparable(form["q"].strip()),
        platform=next((each for each in Platform if each == form["platform"]), None),
        state=next((each for each in PLATFORM_STATES if each == form["state"]), None),
    )
