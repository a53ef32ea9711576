"""Files with members, as both faces take them in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.batch_files import read_batch
from handlers.csv_tables import attachment, csv_table
from scheduling.domain.member_imports import COLUMNS, ImportRow

if TYPE_CHECKING:
    from handlers.batch_files import BatchRow

TEMPLATE_HEADERS = attachment("members-template.csv")


def rows_of(body: bytes, content_type: str) -> list[ImportRow]:
    """Return the rows of a file.

    Raises:
        BatchTooLarge, InvalidInput: As `handlers.batch_files.read_batch` says.
    """
    found = read_batch(body, content_type, COLUMNS, required=("email",))
    return [_import_row(row) for row in found]


def template() -> str:
    """Return a file to fill in, with one row as an example."""
    example = [
        "ana@example.com",
        "Ana Silva",
        "member",
        "Design",
        "Designer",
        "manager@example.com",
    ]
    return csv_table(COLUMNS, [example])


def _import_row(row: BatchRow) -> ImportRow:
    if row.problem is None:
        return ImportRow(row.number, row.cells)
    problem = row.problem
    return ImportRow(row.number, column=problem.field, code=problem.code, message=problem.message)
