"""External members in a file: its columns, and what its rows mean."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from handlers.batch_files import read_batch
from scheduling.domain.booking_page import BookingRules
from scheduling.domain.refusals import FieldProblem, marked
from scheduling.use_cases.external_member_imports import ImportRow

if TYPE_CHECKING:
    from handlers.batch_files import BatchRow

REQUIRED = ("name", "email", "person_in_charge")
COLUMNS = (*REQUIRED, "title", "location", "duration_minutes")

_LONGEST_NUMBER = 6


def import_rows(body: bytes, content_type: str) -> list[ImportRow]:
    """Return the rows of a file, read and not yet checked.

    Raises:
        BatchTooLarge: It has more than a million bytes or 500 rows.
        InvalidInput: It is no CSV or JSON, or has other columns.
    """
    return [_import_row(row) for row in read_batch(body, content_type, COLUMNS, required=REQUIRED)]


def _import_row(row: BatchRow) -> ImportRow:
    cells = {column: row.cells.get(column, "").strip() for column in COLUMNS}
    problems = [] if row.problem is None else [row.problem]
    duration, minutes = BookingRules().duration, cells["duration_minutes"]
    if minutes.isascii() and minutes.isdecimal() and len(minutes) <= _LONGEST_NUMBER:
        duration = timedelta(minutes=int(minutes))
    elif minutes:
        message = marked("Please enter a whole number.")
        problems.append(FieldProblem("duration_minutes", "not_a_number", message))
    return ImportRow(
        number=row.number,
        name=cells["name"],
        email=cells["email"],
        person_in_charge=cells["person_in_charge"],
        title=cells["title"],
        location=cells["location"],
        duration=duration,
        problems=tuple(problems),
    )
