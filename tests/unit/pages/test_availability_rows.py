from __future__ import annotations

from datetime import UTC, datetime

import pytest

from handlers.pages.availability_rows import Row, changed_rows, entered, rows_for, rows_of
from handlers.pages.forms import Form
from scheduling.domain.refusals import FieldProblem
from tests.support.builders import at, between

ROW = Row("2026-12-01", "09:00", "12:00")


def test_lines_are_read_in_their_order_blank_ones_included():
    form = Form({"date": ["2026-12-01", ""], "start": ["09:00", ""], "end": ["12:00", ""]})

    assert rows_of(form) == [ROW, Row()]


def test_a_line_is_read_on_the_clocks_of_its_zone():
    meant = entered([ROW], "Asia/Tokyo")

    assert meant.windows == ((at("00:00"), at("03:00")),)


def test_midnight_as_an_end_is_the_end_of_the_day():
    meant = entered([Row("2026-12-01", "22:00", "00:00")], "UTC")

    assert meant.windows == ((at("22:00"), at("24:00")),)


def test_blank_lines_mean_nothing_and_problems_still_find_their_line():
    meant = entered([Row(), ROW, Row(), ROW], "UTC")

    [moved] = meant.at_rows([FieldProblem("windows.1.end", "overlapping", "")])

    assert meant.positions == (1, 3)
    assert moved.field == "rows.3.end"


def test_a_problem_that_names_no_window_stays_as_it_is():
    problem = FieldProblem("time_zone", "unknown_time_zone", "")

    assert entered([ROW], "UTC").at_rows([problem]) == [problem]


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        (Row("2026-12-01", "09:00", ""), ["rows.0.end"]),
        (Row("", "09:00", "10:00"), ["rows.0.date"]),
        (Row("2026-02-30", "25:00", "noon"), ["rows.0.date", "rows.0.start", "rows.0.end"]),
        (Row("9999-12-31", "09:00", "00:00"), ["rows.0.date"]),
    ],
)
def test_what_cannot_be_read_is_named(row: Row, fields: list[str]):
    meant = entered([row], "UTC")

    assert [problem.field for problem in meant.problems] == fields
    assert meant.windows == ()


def test_a_saved_time_over_midnight_is_one_line_for_each_day():
    rows = rows_for([between("14:00", "18:00")], "Asia/Tokyo")

    assert rows == [Row("2026-12-01", "23:00", "00:00"), Row("2026-12-02", "00:00", "03:00")]


def test_lines_of_saved_times_mean_these_times_again():
    windows = [between("01:00", "03:30"), between("14:00", "18:00")]

    meant = entered(rows_for(windows, "Asia/Tokyo"), "Asia/Tokyo")

    assert meant.windows == (
        (at("01:00"), at("03:30")),
        (at("14:00"), at("15:00")),
        (at("15:00"), at("18:00")),
    )


def test_a_time_that_the_spring_change_skips_begins_after_it():
    meant = entered([Row("2027-03-28", "02:30", "04:00")], "Europe/Berlin")

    hour = datetime(2027, 3, 28, 1, tzinfo=UTC)
    assert meant.windows == ((hour, hour.replace(hour=2)),)


@pytest.mark.parametrize(
    ("action", "rows"),
    [
        ("add", [ROW, Row(), Row()]),
        ("remove-0", [Row()]),
        ("copy-0", [ROW, Row("2026-12-02", "09:00", "12:00"), Row()]),
        ("copy-1", [ROW, Row(), Row()]),
        ("remove-9", [ROW, Row()]),
        ("remove-x", [ROW, Row()]),
        ("fly", [ROW, Row()]),
    ],
)
def test_buttons_change_the_lines(action: str, rows: list[Row]):
    assert changed_rows([ROW, Row()], action) == rows
