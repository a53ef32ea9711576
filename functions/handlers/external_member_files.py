"""External members in a file: its columns, and what its rows mean."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from handlers.batch_files import BatchRow, Column, read_batch
from scheduling.domain.booking_page import BookingRules
from scheduling.domain.refusals import FieldProblem, marked
from scheduling.use_cases.external_member_imports import ImportRow

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS: Sequence[Column] = (
    Column("name", is_required=True),
    Column("email", is_required=True),
    Column("person_in_charge", is_required=True),
    Column("title"),
    Column("location"),
    Column("duration_minutes"),
)

_LONGEST_NUMBER = 6


def import_rows(body: bytes, content_type: str) -> list[ImportRow]:
    """Return the rows of a file, read and not yet checked.

    Raises:
        BatchTooLarge: It has more than a million bytes or 500 rows.
        InvalidInput: It is no CSV or JSON, or has other columns.
    """
    return [_import_row(row) for row in read_batch(body, content_type, COLUMNS)]


def _import_row(row: BatchRow) -> ImportRow:
    cells = row.cells
    read = ImportRow(
        number=row.number,
        name=cells["name"],
        email=cells["email"],
        person_in_charge=cells["person_in_charge"],
        title=cells["title"],
        location=cells["location"],
        duration=BookingRules().duration,
        problems=row.problems,
    )
    minutes = cells["duration_minutes"]
    if not minutes:
        return read
    if minutes.isascii() and minutes.isdecimal() and len(minutes) <= _LONGEST_NUMBER:
        return replace(read, duration=timedelta(minutes=int(minutes)))
    message = marked("Please enter a whole number.")
    problem = FieldProblem("duration_minutes", "not_a_number", message)
    return replace(read, problems=(*row.problems, problem))
