"""Files with a row for each person: CSV as spreadsheets write it, or JSON.

What is wrong with the file as a whole is refused; what is wrong with one row stands with that row.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scheduling.domain.refusals import BatchTooLarge, FieldProblem, InvalidInput, marked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_BYTES = 1_000_000
MOST_ROWS = 500
CELL_MAX_LENGTH = 320
"""Source: the longest e-mail address there can be, RFC 3696 section 3."""

_DELIMITERS = ",;\t"
"""The second is what spreadsheets write where a comma stands in numbers."""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    """In small letters with underscores; headers may be written in any way: `E-mail`."""
    is_required: bool = False
    """Whether a file without it is refused."""


@dataclass(frozen=True, slots=True)
class BatchRow:
    number: int
    """From 1; the header is not counted, nor are empty lines."""
    cells: Mapping[str, str]
    """One for each column that was asked for, trimmed; empty where the file has none."""
    problems: tuple[FieldProblem, ...] = ()
    """Why it could not be read; its cells are then not to be relied on."""


def read_batch(body: bytes, content_type: str, columns: Sequence[Column]) -> list[BatchRow]:
    """Return the rows of a file.

    Args:
        content_type: `text/csv`, or `application/json` for a list of objects.
        columns: What the file may have; others are refused by their names.

    Raises:
        BatchTooLarge: It has more than a million bytes or 500 rows.
        InvalidInput: It is no such file, or has other columns.
    """
    if len(body) > MOST_BYTES:
        raise BatchTooLarge
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = marked("This file is not in UTF-8. Please save it as “CSV UTF-8”.")
        raise _refused("file", "not_utf8", message) from error
    match content_type.partition(";")[0].strip().lower():
        case "text/csv":
            return _csv_rows(text, columns)
        case "application/json":
            return _json_rows(text, columns)
        case _:
            message = marked("Please send CSV or JSON.")
            raise _refused("file", "unknown_format", message)


def _csv_rows(text: str, columns: Sequence[Column]) -> list[BatchRow]:
    first_line = text.strip().partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first_line.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    filled = (line for line in lines if any(cell.strip() for cell in line))
    try:
        header = next(filled, [])
        names = _known(header, columns)
        rows = list(itertools.islice(filled, MOST_ROWS + 1))
    except csv.Error as error:
        message = marked("This is no CSV: a quotation mark is not closed, or a cell has no end.")
        raise _refused("file", "not_csv", message) from error
    return _checked(
        [
            _row(
                number,
                dict(zip(names, line, strict=False)),
                columns,
                is_ragged=len(line) != len(names),
            )
            for number, line in enumerate(rows, start=1)
        ]
    )


def _json_rows(text: str, columns: Sequence[Column]) -> list[BatchRow]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refused("file", "not_json", marked("This is no JSON.")) from error
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        message = marked("Please send a list of objects, one for each person.")
        raise _refused("file", "not_a_list", message)
    if len(found) > MOST_ROWS:
        raise BatchTooLarge
    titles = list(dict.fromkeys(itertools.chain.from_iterable(found)))
    names = dict(zip(titles, _known(titles, columns), strict=True))
    return _checked(
        [
            _row(number, {names[title]: value for title, value in row.items()}, columns)
            for number, row in enumerate(found, start=1)
        ]
    )


def _known(header: Sequence[str], columns: Sequence[Column]) -> list[str]:
    """Return the columns that a header means.

    Raises:
        InvalidInput: Names each that is unknown, there twice, or missing.
    """
    by_letters = {_letters(column.name): column.name for column in columns}
    problems = []
    names: list[str] = []
    for title in header:
        name = by_letters.get(_letters(title))
        if name is None:
            message = marked("This column is not known.")
            problems.append(FieldProblem(f"columns.{title.strip()}", "unknown_column", message))
        elif name in names:
            message = marked("This column is there twice.")
            problems.append(FieldProblem(f"columns.{name}", "repeated_column", message))
        else:
            names.append(name)
    problems += [
        FieldProblem(f"columns.{column.name}", "missing_column", marked("This column is missing."))
        for column in columns
        if column.is_required and column.name not in names
    ]
    if problems:
        raise InvalidInput(problems)
    return names


def _row(
    number: int, read: Mapping[str, Any], columns: Sequence[Column], *, is_ragged: bool = False
) -> BatchRow:
    problems = []
    if is_ragged:
        message = marked("This row has more or fewer cells than the header.")
        problems.append(FieldProblem("row", "wrong_length", message))
    cells = {}
    for column in columns:
        value = read.get(column.name)
        # A list or an object is no cell, and `True` is a number for Python only.
        if value is not None and (isinstance(value, bool) or not isinstance(value, str | int)):
            message = marked("Please enter text or a whole number here.")
            problems.append(FieldProblem(column.name, "not_text", message))
        cell = "" if value is None else str(value).strip()
        if len(cell) > CELL_MAX_LENGTH:
            message = marked("Please keep this under 320 characters.")
            problems.append(FieldProblem(column.name, "too_long", message))
        cells[column.name] = cell
    return BatchRow(number, cells, tuple(problems))


def _checked(rows: list[BatchRow]) -> list[BatchRow]:
    if len(rows) > MOST_ROWS:
        raise BatchTooLarge
    if not rows:
        raise _refused("file", "no_rows", marked("There are no rows in this file."))
    return rows


def _letters(name: str) -> str:
    """Return what is left of a header when only its letters and digits count."""
    return re.sub(r"[\W_]", "", name).lower()


def _refused(field: str, code: str, message: str) -> InvalidInput:
    return InvalidInput([FieldProblem(field, code, message)])
