"""Files with a row for each person: read, or refused in words that help."""

import json
import time

import pytest

from handlers.batch_files import MOST_BYTES, MOST_ROWS, Column, read_batch
from scheduling.domain.refusals import BatchTooLarge, InvalidInput

COLUMNS = (Column("email", is_required=True), Column("person_in_charge"))
CSV, JSON = "text/csv", "application/json"


def cells(body, content_type=CSV):
    return [list(row.cells.values()) for row in read_batch(body, content_type, COLUMNS)]


def refused(body, content_type=CSV):
    with pytest.raises(InvalidInput) as found:
        read_batch(body, content_type, COLUMNS)
    return [(problem.field, problem.code) for problem in found.value.problems]


def a_file(rows):
    return b"email\n" + b"a@b.example\n" * rows


@pytest.mark.parametrize(
    "body",
    [
        b"email,person_in_charge\na@b.example,c@d.example\n",
        b"E-mail;Person in charge\r\na@b.example;c@d.example\r\n",
        b"person_in_charge\temail\nc@d.example\ta@b.example",
        b'\xef\xbb\xbf"Email","PERSON IN CHARGE"\n\n" a@b.example ","c@d.example"\n\n',
    ],
)
def test_a_table_is_read_however_a_spreadsheet_writes_it(body):
    assert cells(body) == [["a@b.example", "c@d.example"]]


def test_a_column_that_is_not_needed_may_be_missing():
    assert cells(b"email\na@b.example\n") == [["a@b.example", ""]]


def test_json_is_read_like_a_table():
    people = [{"e-mail": "a@b.example"}, {"email": 7, "person_in_charge": None}]
    with pytest.raises(InvalidInput):
        cells(json.dumps(people).encode(), JSON)

    people[0] = {"email": "a@b.example"}
    assert cells(json.dumps(people).encode(), f"{JSON}; charset=utf-8") == [
        ["a@b.example", ""],
        ["7", ""],
    ]


def test_rows_are_counted_from_the_first_below_the_header():
    rows = read_batch(b"email\n\na@b.example\n,\nc@d.example\n", CSV, COLUMNS)

    assert [row.number for row in rows] == [1, 2]


@pytest.mark.parametrize(
    ("body", "content_type", "problem"),
    [
        (b"email\n\xff\xfe", CSV, ("file", "not_utf8")),
        (b"email\na@b.example", "application/pdf", ("file", "unknown_format")),
        (b'email\n"a@b.example', CSV, ("file", "not_csv")),
        (b"email\n", CSV, ("file", "no_rows")),
        (b"", CSV, ("columns.email", "missing_column")),
        (b"email,salary\na@b.example,1", CSV, ("columns.salary", "unknown_column")),
        (b"email,E-Mail\na@b.example,1", CSV, ("columns.email", "repeated_column")),
        (b"person_in_charge\nx", CSV, ("columns.email", "missing_column")),
        (b"{", JSON, ("file", "not_json")),
        (b"[" * 100_000, JSON, ("file", "not_json")),
        (b"{}", JSON, ("file", "not_a_list")),
        (b"[1]", JSON, ("file", "not_a_list")),
        (b"[]", JSON, ("columns.email", "missing_column")),
    ],
)
def test_a_file_that_cannot_be_read_says_why(body, content_type, problem):
    assert refused(body, content_type) == [problem]


@pytest.mark.parametrize(
    ("body", "content_type", "problem"),
    [
        (b"email,person_in_charge\nx", CSV, ("row", "wrong_length")),
        (b"email\nx,y", CSV, ("row", "wrong_length")),
        (b"email\n" + b"x" * 321, CSV, ("email", "too_long")),
        (b'[{"email": ["x"]}]', JSON, ("email", "not_text")),
        (b'[{"email": true}]', JSON, ("email", "not_text")),
    ],
)
def test_what_is_wrong_with_a_row_stands_with_it_and_stops_no_other(body, content_type, problem):
    [row] = read_batch(body, content_type, COLUMNS)

    assert [(found.field, found.code) for found in row.problems] == [problem]


def test_t24_a_file_has_at_most_500_rows():
    assert len(read_batch(a_file(MOST_ROWS - 1), CSV, COLUMNS)) == MOST_ROWS - 1
    assert len(read_batch(a_file(MOST_ROWS), CSV, COLUMNS)) == MOST_ROWS
    with pytest.raises(BatchTooLarge):
        read_batch(a_file(MOST_ROWS + 1), CSV, COLUMNS)
    with pytest.raises(BatchTooLarge):
        read_batch(json.dumps([{"email": "x"}] * (MOST_ROWS + 1)).encode(), JSON, COLUMNS)


def test_t24_a_file_has_at_most_a_million_bytes():
    header = b"email\na@b.example\n"
    full = header + b"\n" * (MOST_BYTES - len(header))

    assert len(read_batch(full, CSV, COLUMNS)) == 1
    with pytest.raises(BatchTooLarge):
        read_batch(full + b"\n", CSV, COLUMNS)


def test_t24_a_huge_file_is_refused_at_once():
    huge = a_file(100_000)
    start = time.perf_counter()

    with pytest.raises(BatchTooLarge):
        read_batch(huge, CSV, COLUMNS)

    assert time.perf_counter() - start < 0.2
