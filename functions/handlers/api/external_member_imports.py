"""Inviting many external members at once, by a file."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Self

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import BaseModel

from handlers.batch_files import body_of
from handlers.external_member_files import import_rows
from handlers.requests import has_time, refuse_foreign_origin
from handlers.sessions import staff
from handlers.wiring import adapters
from scheduling.use_cases.external_member_imports import (
    Imported,
    RowOutcome,
    RowResult,
    import_external_members,
)

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call] # Powertools wrote no types here
logger = Logger()


class ProblemResponse(BaseModel):
    field: str
    """The column; empty where it is none of them."""
    code: str
    message: str


class RowResponse(BaseModel):
    row: int
    """As spreadsheets count: the headings are row 1. In JSON, the first is 1."""
    email: str
    outcome: RowOutcome
    external_member_id: str
    """Empty for errors, and for who would be invited by a dry run."""
    problems: list[ProblemResponse]

    @classmethod
    def of(cls, result: RowResult) -> Self:
        return cls(
            row=result.number,
            email=result.email,
            outcome=result.outcome,
            external_member_id=result.external_member_id,
            problems=[
                ProblemResponse(field=problem.field, code=problem.code, message=problem.message)
                for problem in result.problems
            ],
        )


class ExternalMembersImportResponse(BaseModel):
    dry_run: bool
    created: int
    updated: int
    unchanged: int
    error: int
    items: list[RowResponse]
    next_row: int | None
    """Where time was up: send the same file again with `from_row`, or without; null at the end."""

    @classmethod
    def of(cls, done: Imported, *, dry_run: bool) -> Self:
        counts = Counter(result.outcome for result in done.results)
        return cls(
            dry_run=dry_run,
            created=counts[RowOutcome.CREATED],
            updated=counts[RowOutcome.UPDATED],
            unchanged=counts[RowOutcome.UNCHANGED],
            error=counts[RowOutcome.ERROR],
            items=[RowResponse.of(result) for result in done.results],
            next_row=done.next_row,
        )


@router.post("/api/external-members/imports", summary="Invite external members by CSV or JSON")
def post_import(
    *,
    dry_run: Annotated[bool, Query(description="Tell what would become of each row.")] = False,
    from_row: Annotated[int, Query(ge=1, description="The row to go on with.")] = 1,
) -> ExternalMembersImportResponse:
    refuse_foreign_origin(router.current_event)
    by = staff(router.current_event)
    done = import_external_members(
        by,
        import_rows(
            body_of(router.current_event), router.current_event.headers.get("content-type", "")
        ),
        first_row=from_row,
        is_dry_run=dry_run,
        has_time=lambda: has_time(router.lambda_context),
        now=adapters().now(),
        members=adapters().members,
        external_members=adapters().external_members,
        booking_pages=adapters().booking_pages,
        rate_limits=adapters().rate_limits,
    )
    logger.info("external members imported", is_dry_run=dry_run, rows=len(done.results))
    return ExternalMembersImportResponse.of(done, dry_run=dry_run)
