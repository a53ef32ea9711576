"""Tables that people send in, as CSV or JSON: read row by row, with what is wrong with each."""

from __future__ import annotations

import base64
import csv
import io
import itertools
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from scheduling.domain.refusals import BatchTooLarge, FieldProblem, InvalidInput, marked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

MOST_BYTES = 1_000_000
MOST_ROWS = 500
MOST_CHARACTERS = 320
"""In one cell. Source: the longest address there can be, RFC 3696 section 3."""

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
"""What JSON can escape and UTF-8 cannot write."""

_UNREADABLE = marked("This is no table in UTF-8 that can be read.")


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A row of a file, before anybody has looked what is in it."""

    number: int
    """As spreadsheets count: the headings are row 1. In JSON, the first is 1."""
    cells: Mapping[str, str]
    """By column; empty where the row cannot be read."""
    problem: FieldProblem | None = None
    """Why it cannot be read."""


def body_of(event: APIGatewayProxyEventV2) -> bytes:
    body = event.body or ""
    return base64.b64decode(body) if event.is_base64_encoded else body.encode()


def read_batch(
    body: bytes, content_type: str, columns: Sequence[str], *, required: Sequence[str]
) -> list[BatchRow]:
    """Return the rows of a table.

    CSV has commas or semicolons between its cells and headings in its first
    row; JSON is `{"rows": [{"<column>": "<text>"}]}`. Blank rows are left out.

    Args:
        columns: Those that a table may have, in any order and case.
        required: Those that it has to have.

    Raises:
        BatchTooLarge: It has more than `MOST_BYTES` or `MOST_ROWS`.
        InvalidInput: It is no table, or its headings name columns it should not have, or lack some.
    """
    if len(body) > MOST_BYTES:
        raise BatchTooLarge
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused("body", "unreadable", _UNREADABLE) from error
    is_json = content_type.partition(";")[0].strip().lower() == "application/json"
    rows = _json_rows(text, columns) if is_json else _csv_rows(text, columns, required)
    found = list(itertools.islice(rows, MOST_ROWS + 1))
    if len(found) > MOST_ROWS:
        raise BatchTooLarge
    return found


def _csv_rows(text: str, columns: Sequence[str], required: Sequence[str]) -> Iterator[BatchRow]:
    headings_line = text.partition("\n")[0]
    delimiter = ";" if headings_line.count(";") > headings_line.count(",") else ","
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        headings = [heading.strip().lower() for heading in next(table, [])]
        _check_headings(headings, columns, required)
        for number, cells in enumerate(table, start=2):
            if any(cell.strip() for cell in cells):
                yield _csv_row(number, headings, cells)
    except csv.Error as error:
        raise _refused("body", "unreadable", _UNREADABLE) from error


def _csv_row(number: int, headings: Sequence[str], cells: Sequence[str]) -> BatchRow:
    if len(cells) > len(headings):
        message = marked("This row has more cells than there are headings.")
        return BatchRow(number, {}, FieldProblem("", "too_many_cells", message))
    return _row(number, dict(zip(headings, cells, strict=False)))


def _check_headings(
    headings: Sequence[str], columns: Sequence[str], required: Sequence[str]
) -> None:
    """Raises InvalidInput naming each column that is unknown, missing, or there twice."""
    problems = _heading_problems(headings, columns, required)
    if problems:
        raise InvalidInput([replace(each, field=f"columns.{each.field}") for each in problems])


def _heading_problems(
    headings: Sequence[str], columns: Sequence[str], required: Sequence[str] = ()
) -> list[FieldProblem]:
    unknown = marked("There is no such column.")
    repeated = marked("This column is there twice.")
    missing = marked("This column is missing.")
    problems = [
        FieldProblem(heading, "unknown_column", unknown)
        for heading in headings
        if heading not in columns
    ]
    problems += [
        FieldProblem(heading, "repeated", repeated)
        for heading in columns
        if headings.count(heading) > 1
    ]
    return problems + [
        FieldProblem(heading, "missing", missing) for heading in required if heading not in headings
    ]


def _json_rows(text: str, columns: Sequence[str]) -> Iterator[BatchRow]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refused("body", "unreadable", _UNREADABLE) from error
    rows = found.get("rows") if isinstance(found, dict) else None
    if not isinstance(rows, list):
        raise _refused("rows", "missing", marked("Please send a list of rows."))
    for number, row in enumerate(rows, start=1):
        yield _json_row(number, row, columns)


def _json_row(number: int, row: Any, columns: Sequence[str]) -> BatchRow:
    if not isinstance(row, dict) or not all(isinstance(cell, str) for cell in row.values()):
        message = marked("A row has a text for each of its columns, and nothing else.")
        return BatchRow(number, {}, FieldProblem("", "not_a_row", message))
    headings = [_LONE_SURROGATE.sub("\ufffd", column).strip().lower() for column in row]
    for problem in _heading_problems(headings, columns):
        return BatchRow(number, {}, replace(problem, field=problem.field[:MOST_CHARACTERS]))
    return _row(number, dict(zip(headings, row.values(), strict=True)))


def _row(number: int, cells: Mapping[str, str]) -> BatchRow:
    for column, cell in cells.items():
        if len(cell) > MOST_CHARACTERS:
            message = marked("This is too long.")
            return BatchRow(number, {}, FieldProblem(column, "too_long", message))
        if _LONE_SURROGATE.search(cell):
            message = marked("This has characters that cannot be shown.")
            return BatchRow(number, {}, FieldProblem(column, "odd_characters", message))
    return BatchRow(number, cells)


def _refused(field: str, code: str, message: str) -> InvalidInput:
    return InvalidInput([FieldProblem(field, code, message)])
