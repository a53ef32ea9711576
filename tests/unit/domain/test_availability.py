from datetime import timedelta

import pytest

from scheduling.domain.availability import checked_windows
from scheduling.domain.refusals import InvalidInput
from tests.support.builders import EARLY, at, between


def problems(entries, zone="Asia/Tokyo", now=EARLY):
    with pytest.raises(InvalidInput) as refused:
        checked_windows(entries, zone, now=now)
    return [(problem.field, problem.code) for problem in refused.value.problems]


def test_windows_are_kept_in_order_of_time():
    entries = [(at("14:00"), at("15:00")), (at("09:00"), at("10:00"))]

    windows = checked_windows(entries, "Asia/Tokyo", now=EARLY)

    assert windows == (between("09:00", "10:00"), between("14:00", "15:00"))


def test_windows_that_touch_are_one():
    entries = [(at("09:00"), at("10:00")), (at("10:00"), at("11:00"))]

    assert checked_windows(entries, "UTC", now=EARLY) == (between("09:00", "11:00"),)


def test_no_windows_at_all_clear_what_was_offered():
    assert checked_windows([], "UTC", now=EARLY) == ()


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (("10:00", "10:00"), ("windows.1.end", "end_before_start")),
        (("10:00", "09:00"), ("windows.1.end", "end_before_start")),
        (("10:03", "11:00"), ("windows.1.start", "off_grid")),
        (("10:00", "11:03"), ("windows.1.end", "off_grid")),
        (("12:30", "13:30"), ("windows.1.start", "overlapping")),
        (("12:00", "13:00"), ("windows.1.start", "overlapping")),
    ],
)
def test_what_cannot_be_offered_is_named_where_it_stands(entry, problem):
    entries = [(at("12:00"), at("13:00")), (at(entry[0]), at(entry[1]))]

    assert problems(entries) == [problem]


def test_what_is_over_cannot_be_offered():
    assert problems([(at("09:00"), at("10:00"))], now=at("10:00")) == [
        ("windows.0.start", "in_the_past")
    ]


def test_what_has_begun_can_still_be_offered():
    now = at("09:30")

    assert checked_windows([(at("09:00"), at("10:00"))], "UTC", now=now)


def test_nothing_is_offered_more_than_a_year_ahead():
    later = timedelta(days=400)

    assert problems([(at("09:00") + later, at("10:00") + later)]) == [
        ("windows.0.start", "too_far_ahead")
    ]


def test_an_unknown_zone_is_named_with_everything_else_that_is_wrong():
    assert problems([(at("10:00"), at("09:00"))], zone="Mars/Olympus") == [
        ("time_zone", "unknown_time_zone"),
        ("windows.0.end", "end_before_start"),
    ]


def test_more_windows_than_anybody_needs_are_refused_at_once():
    entries = [(at("09:00"), at("10:00"))] * 201

    assert problems(entries) == [("windows", "too_many")]
