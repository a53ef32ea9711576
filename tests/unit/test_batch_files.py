"""Tables that people send in, as CSV and as JSON."""

import json
import time

import pytest

from handlers.batch_files import MOST_BYTES, MOST_ROWS, read_batch
from scheduling.domain.refusals import BatchTooLarge, InvalidInput

COLUMNS = ("email", "name")


def read(body, content_type="text/csv"):
    text = body.encode() if isinstance(body, str) else body
    return read_batch(text, content_type, COLUMNS, required=("email",))


def read_json(rows):
    return read(json.dumps({"rows": rows}), "application/json")


def refused(body, content_type="text/csv"):
    with pytest.raises(InvalidInput) as raised:
        read(body, content_type)
    return [problem.field for problem in raised.value.problems]


@pytest.mark.parametrize(
    "text",
    [
        "email,name\na@x.example,Ana\n",
        "\ufeffName;E-mail\r\nAna;a@x.example\r\n".replace("E-mail", "EMAIL"),
        'email,name\n"a@x.example","Ana"',
        "email,name\n\n , \na@x.example,Ana\n",
    ],
)
def test_rows_are_read_whatever_stands_between_and_around_their_cells(text):
    [row] = read(text)

    assert row.cells == {"email": "a@x.example", "name": "Ana"}
    assert row.problem is None


def test_rows_are_numbered_as_spreadsheets_do():
    assert [row.number for row in read("email\na@x.example\n\nb@x.example\n")] == [2, 4]


def test_rows_are_read_from_json():
    [row] = read_json([{"email": "a@x.example"}])

    assert (row.number, row.cells) == (1, {"email": "a@x.example"})


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("email,shoe size,boss\n", ["columns.shoe size", "columns.boss"]),
        ("email,microsoft_365_account\n", ["columns.microsoft_365_account"]),
        ("name\nAna", ["columns.email"]),
        ("", ["columns.email"]),
        ("email,email\n", ["columns.email"]),
        ('email,name\n"a@x.example" x,y\n', ["body"]),
        (b"email\n\xff\xfe", ["body"]),
    ],
)
def test_what_is_wrong_with_all_of_a_table_is_named(text, fields):
    assert refused(text) == fields


@pytest.mark.parametrize("text", ["[", "[]", '{"rows": {}}', "[" * 100_000])
def test_json_that_is_no_list_of_rows_is_refused(text):
    assert refused(text, "application/json; charset=utf-8") in (["body"], ["rows"])


def test_columns_are_called_what_they_are_in_any_case_in_json_too():
    [row] = read_json([{" EMail": "a@x.example", "NAME": "Ana"}])

    assert (row.cells, row.problem) == ({"email": "a@x.example", "name": "Ana"}, None)


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        ({"shoe size": "9"}, "unknown_column", "shoe size"),
        ({"\ud800" + "x" * 400: "9"}, "unknown_column", "\ufffd" + "x" * 319),
        ({"email": "a@x.example", "Email": "b@x.example"}, "repeated", "email"),
        ({"email": "a@x.example", "name": "Ana \ud83d"}, "odd_characters", "name"),
        ({"name": "x" * 321}, "too_long", "name"),
    ],
)
def test_a_json_row_that_cannot_be_read_says_why_and_stops_no_other(row, code, column):
    bad, good = read_json([row, {"email": "b@x.example", "name": "Ben \U0001f600"}])

    assert (bad.cells, bad.problem.code, bad.problem.field) == ({}, code, column)
    assert (good.problem, good.cells["name"]) == (None, "Ben \U0001f600")


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        ("a@x.example,Ana,more", "too_many_cells", ""),
        (f"a@x.example,{'x' * 321}", "too_long", "name"),
    ],
)
def test_a_row_that_cannot_be_read_says_why_and_stops_no_other(row, code, column):
    bad, good = read(f"email,name\n{row}\nb@x.example,Ben\n")

    assert (bad.cells, bad.problem.code, bad.problem.field) == ({}, code, column)
    assert good.problem is None


@pytest.mark.parametrize("row", [1, None, [], {"email": 1}, {"email": None}])
def test_a_json_row_of_something_else_says_so(row):
    [bad] = read_json([row])

    assert (bad.cells, bad.problem.code) == ({}, "not_a_row")


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_t24_the_number_of_rows_has_an_exact_limit(more):
    text = "email\n" + "a@x.example\n" * (MOST_ROWS + more)

    if more > 0:
        with pytest.raises(BatchTooLarge):
            read(text)
    else:
        assert len(read(text)) == MOST_ROWS + more


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_t24_the_size_has_an_exact_limit(more):
    text = "email\na@x.example\n"
    text += "\n" * (MOST_BYTES + more - len(text))

    if more > 0:
        with pytest.raises(BatchTooLarge):
            read(text)
    else:
        assert len(read(text)) == 1


@pytest.mark.parametrize("row", ["a\n", "somebody@example.org,Some Body\n"])
def test_t24_a_hundred_thousand_rows_are_refused_at_once(row):
    body = ("email,name\n" + row * 100_000).encode()
    start = time.process_time()

    with pytest.raises(BatchTooLarge):
        read(body)

    assert time.process_time() - start < 0.2
