from __future__ import annotations

from datetime import date, timedelta

import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from handlers.pages.forms import (
    Form,
    FormRefused,
    by_field,
    parsed_day,
    parsed_identifier,
    parsed_instant,
    parsed_minutes,
    parsed_month,
    parsed_number,
    written_instant,
)
from scheduling.domain.identifiers import new_id
from scheduling.domain.refusals import FieldProblem
from tests.support.builders import at


def a_post(body: str, *, is_encoded: bool = False) -> APIGatewayProxyEventV2:
    return APIGatewayProxyEventV2({"body": body, "isBase64Encoded": is_encoded})


def test_fields_are_read_as_typed_and_absent_ones_are_empty():
    form = Form.of(a_post("name=Jo+%26+Mia&date=a&date=&date=b"))

    assert form["name"] == "Jo & Mia"
    assert form.every("date") == ["a", "", "b"]
    assert form["email"] == ""
    assert form.every("start") == []


@pytest.mark.parametrize("body", ["gIGC", "no base64!"])
def test_a_body_that_is_no_text_is_refused(body: str):
    with pytest.raises(FormRefused):
        Form.of(a_post(body, is_encoded=True))


def test_a_form_with_far_too_many_fields_is_refused():
    with pytest.raises(FormRefused):
        Form.of(a_post("&".join(["date="] * 1001)))


def test_a_field_with_several_problems_tells_the_first():
    problems = [FieldProblem("name", code, code) for code in ("first", "second")]

    assert by_field(problems) == {"name": "first"}


def test_days_instants_and_numbers_are_read():
    assert parsed_day("2026-12-01") == date(2026, 12, 1)
    assert parsed_instant("2026-12-01T10:00:00+09:00") == at("01:00")
    assert parsed_number("12") == 12
    assert parsed_month("2026-12") == date(2026, 12, 1)
    assert parsed_minutes("45") == timedelta(minutes=45)


@pytest.mark.parametrize(
    "text",
    ["", "x", "9999-12-31", "0001-01-01", "2026-02-30", pytest.param("9" * 5000, id="long")],
)
def test_nonsense_is_no_day_no_instant_and_no_number(text: str):
    assert parsed_day(text) is None
    assert parsed_instant(text) is None
    assert parsed_number(text) is None
    assert parsed_month(text) is None
    assert parsed_minutes(text) is None


def test_an_instant_names_its_offset():
    assert parsed_instant("2026-12-01T10:00:00") is None


def test_an_instant_is_read_as_it_was_written():
    assert parsed_instant(written_instant(at("01:00"))) == at("01:00")


def test_only_what_looks_like_an_identifier_is_taken_for_one():
    identifier = new_id()

    assert parsed_identifier(identifier) == identifier
    assert {parsed_identifier(text) for text in (None, "", f"{identifier}#", "x" * 600)} == {""}
