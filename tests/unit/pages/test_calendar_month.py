from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from handlers.pages.calendar_month import calendar_month, span_of_month
from tests.support.builders import at

TOKYO = ZoneInfo("Asia/Tokyo")
DECEMBER = date(2026, 12, 1)


def a_month(first_day=DECEMBER, starts=(), last_day=date(2027, 3, 1)):
    return calendar_month(first_day, starts, TOKYO, today=DECEMBER, last_day=last_day)


def test_weeks_begin_on_monday_and_hold_the_month_alone():
    month = a_month()

    assert month.weeks[0] == (None, *(date(2026, 12, day) for day in range(1, 7)))
    assert sum(day is not None for week in month.weeks for day in week) == 31


def test_a_start_belongs_to_its_day_on_the_guests_clocks():
    month = a_month(starts=[at("14:00"), at("16:00")])

    assert month.starts == {date(2026, 12, 1): (at("14:00"),), date(2026, 12, 2): (at("16:00"),)}
    assert month.first_free_day == date(2026, 12, 1)


def test_months_that_are_over_are_not_offered():
    assert a_month().earlier is None
    assert a_month(date(2027, 1, 1)).earlier == DECEMBER


def test_months_beyond_the_last_day_that_can_be_booked_are_not_offered():
    assert a_month(last_day=date(2027, 1, 1)).later == date(2027, 1, 1)
    assert a_month(last_day=date(2026, 12, 31)).later is None


def test_a_month_spans_its_days_from_midnight_to_midnight():
    span = span_of_month(date(2027, 3, 1), ZoneInfo("Europe/Berlin"))

    assert span.start.isoformat() == "2027-02-28T23:00:00+00:00"
    assert span.end.isoformat() == "2027-03-31T22:00:00+00:00"
