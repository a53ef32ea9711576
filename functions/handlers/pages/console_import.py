"""Inviting many external members at once: the file, what would become of it, what has."""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from handlers.external_member_files import COLUMNS, import_rows
from handlers.pages.console_frame import ROWS, console_page
from handlers.pages.forms import Form, parsed_number
from handlers.pages.wording import Badge
from handlers.problems import status_of
from handlers.requests import has_time
from handlers.wiring import adapters
from scheduling.domain.people import Feature
from scheduling.domain.refusals import BatchTooLarge, FieldProblem, InvalidInput, marked
from scheduling.use_cases.external_member_imports import RowOutcome, import_external_members
from scheduling.use_cases.organization_features import require_feature

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from scheduling.domain.sessions import SignedIn
    from scheduling.use_cases.external_member_imports import Imported

OUTCOMES: Mapping[RowOutcome, Badge] = {
    RowOutcome.CREATED: Badge("good", "mail", marked("Invited")),
    RowOutcome.UPDATED: Badge("good", "check", marked("Corrected")),
    RowOutcome.UNCHANGED: Badge("neutral", "check", marked("Unchanged")),
    RowOutcome.ERROR: Badge("bad", "alert", marked("Not accepted")),
}

logger = Logger()


def import_page(
    by: SignedIn,
    content: str = "",
    *,
    problems: Sequence[FieldProblem] = (),
    done: Imported | None = None,
    is_dry_run: bool = False,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response[str]:
    """Show the form with what was pasted, and what has become of it."""
    require_feature(by, Feature.EXTERNAL_MEMBERS)
    results = sorted(
        done.results if done else (), key=lambda result: result.outcome is not RowOutcome.ERROR
    )
    return console_page(
        "external_members_import.html",
        by,
        status=status,
        columns=COLUMNS,
        content=content,
        problems=problems,
        done=done,
        counts=Counter(result.outcome for result in results),
        results=results[:ROWS],
        left_out=max(0, len(results) - ROWS),
        outcomes=OUTCOMES,
        is_dry_run=is_dry_run,
    )


def run_import(
    by: SignedIn, event: APIGatewayProxyEventV2, context: LambdaContext
) -> Response[str]:
    form = Form.of(event)
    content = form["content"]
    is_dry_run = form["action"] != "import"
    content_type = "application/json" if content.lstrip().startswith("{") else "text/csv"
    try:
        done = import_external_members(
            by,
            import_rows(content.encode(), content_type),
            first_row=parsed_number(form["from_row"]) or 1,
            is_dry_run=is_dry_run,
            has_time=lambda: has_time(context),
            now=adapters().now(),
            members=adapters().members,
            external_members=adapters().external_members,
            booking_pages=adapters().booking_pages,
            rate_limits=adapters().rate_limits,
        )
    except InvalidInput as refusal:
        return import_page(by, content, problems=refusal.problems, status=status_of(refusal))
    except BatchTooLarge as refusal:
        problem = FieldProblem("file", refusal.code, refusal.message)
        return import_page(by, content, problems=[problem], status=status_of(refusal))
    logger.info("external members imported", is_dry_run=is_dry_run, rows=len(done.results))
    return import_page(by, content, done=done, is_dry_run=is_dry_run)
