"""Members from a file: trying it out, saying so, and seeing how far it is; for admins."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response

from handlers import csv_tables
from handlers.member_batches import TEMPLATE_HEADERS, rows_of, template
from handlers.pages.console_frame import ROWS, address, console_page
from handlers.pages.forms import Form, parsed_number
from handlers.pages.rendering import HEADERS, see_other
from handlers.pages.uploads import uploaded
from handlers.pages.wording import Badge
from handlers.problems import status_of
from handlers.wiring import adapters
from scheduling.domain.member_imports import COLUMNS, ImportState, RowOutcome
from scheduling.domain.policy import Act, require
from scheduling.domain.refusals import BatchTooLarge, InvalidInput, marked
from scheduling.use_cases.member_imports import import_members, start_import, view_import

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.refusals import FieldProblem
    from scheduling.domain.sessions import SignedIn

NEW = "/console/team/import"
IMPORTS = "/console/team/imports"

_OUTCOMES = {
    RowOutcome.CREATED: Badge("good", "mail", marked("Invited")),
    RowOutcome.UPDATED: Badge("good", "check", marked("Changed")),
    RowOutcome.UNCHANGED: Badge("neutral", "check", marked("As it was")),
    RowOutcome.ERROR: Badge("bad", "alert", marked("Wrong")),
}
_TO_BE = {
    RowOutcome.CREATED: Badge("good", "mail", marked("To be invited")),
    RowOutcome.UPDATED: Badge("good", "check", marked("To be changed")),
    RowOutcome.UNCHANGED: Badge("neutral", "check", marked("Stays as it is")),
    RowOutcome.ERROR: Badge("bad", "alert", marked("Wrong")),
}
_WAITING = Badge("neutral", "clock", marked("Waiting"))

logger = Logger()


def new_page(by: SignedIn) -> Response[str]:
    require(by, Act.IMPORT_MEMBERS, now=adapters().now())
    return _new_page(by)


def template_file(by: SignedIn) -> Response[str]:
    """Return a file to fill in."""
    require(by, Act.IMPORT_MEMBERS, now=adapters().now())
    return Response(
        status_code=HTTPStatus.OK.value,
        content_type=csv_tables.CONTENT_TYPE,
        body=template(),
        headers={**HEADERS, **TEMPLATE_HEADERS},
    )


def try_out(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    """Find out what would become of each row, and show it: nothing is done yet."""
    try:
        found = import_members(
            by,
            rows_of(uploaded(event, "file"), "text/csv"),
            is_dry_run=True,
            now=adapters().now(),
            members=adapters().members,
            directories=adapters().directories,
            invitations=adapters().invitations,
            member_imports=adapters().member_imports,
        )
    except InvalidInput as refusal:
        return _new_page(by, problems=refusal.problems, status=status_of(refusal))
    except BatchTooLarge as refusal:
        return _new_page(by, refusal=refusal.message, status=status_of(refusal))
    logger.info("import of members tried out", import_id=found.import_id, rows=found.rows)
    return see_other(f"{IMPORTS}/{found.import_id}")


def import_page(by: SignedIn, import_id: str, event: APIGatewayProxyEventV2) -> Response[str]:
    query = Form.of_query(event)
    found, rows = view_import(
        by, import_id, now=adapters().now(), member_imports=adapters().member_imports
    )
    outcome = next((each for each in RowOutcome if each == query["outcome"]), None)
    chosen = [row for row in rows if outcome is None or row.outcome is outcome]
    first = parsed_number(query["after"]) or 0
    shown = chosen[first : first + ROWS]
    is_more = len(chosen) > first + ROWS
    kept = {"outcome": outcome.value} if outcome else {}
    return console_page(
        "import.html",
        by,
        found=found,
        is_checked=found.state is ImportState.CHECKED,
        is_running=found.state is ImportState.RUNNING,
        rows=shown,
        outcome=outcome,
        badges=_TO_BE if found.state is ImportState.CHECKED else _OUTCOMES,
        waiting=_WAITING,
        following=address("", kept | {"after": str(first + ROWS)}) if is_more else "",
    )


def start(by: SignedIn, import_id: str) -> Response[str]:
    started = start_import(
        by, import_id, now=adapters().now(), member_imports=adapters().member_imports
    )
    logger.info("import of members started", import_id=import_id, rows=started.rows)
    return see_other(f"{IMPORTS}/{import_id}")


def _new_page(
    by: SignedIn,
    *,
    problems: Sequence[FieldProblem] = (),
    refusal: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> Response[str]:
    return console_page(
        "import_new.html",
        by,
        status=status,
        columns=COLUMNS,
        problems=[
            (problem.field.partition("columns.")[2], problem.message) for problem in problems
        ],
        refusal=refusal,
    )
