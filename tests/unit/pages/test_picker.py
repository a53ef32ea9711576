from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from handlers.pages.picker import Days, Picker, picker
from scheduling.domain.booking_page import BookingRules
from scheduling.domain.hours import DateSpan
from scheduling.use_cases.slots import LONGEST_RANGE
from tests.support.builders import DAY, at

if TYPE_CHECKING:
    from scheduling.domain.time_range import TimeRange

TOKYO = ZoneInfo("Asia/Tokyo")
LATER = at("14:00") + timedelta(days=80)


def days(rules: BookingRules | None = None) -> Days:
    return Days.of(rules or BookingRules(), TOKYO, at("09:00"))


def pick(*starts: datetime, day: date | None = None, month: date | None = None) -> Picker:
    def within(asked: TimeRange) -> list[datetime]:
        assert asked.length <= LONGEST_RANGE
        return [start for start in starts if asked.start <= start < asked.end]

    kept = {"time_zone": "Asia/Tokyo"}
    return picker("/book/x", TOKYO, days(), within, day=day, month=month, kept=kept)


def test_the_first_free_day_is_open_however_far_it_is():
    assert pick(LATER).chosen_day == date(2027, 2, 19)
    assert pick(LATER).times == (LATER,)


def test_the_chosen_day_is_open_and_else_the_first_of_the_chosen_month():
    assert pick(at("14:00"), day=date(2026, 12, 24)).times == ()
    assert pick(at("14:00"), LATER, month=date(2027, 2, 1)).times == (LATER,)


def test_a_page_is_full_when_no_day_at_all_is_free():
    assert pick().is_full
    assert not pick(month=date(2027, 1, 1)).is_full
    assert not pick(LATER).is_full


def test_months_that_nobody_can_book_yet_are_beyond():
    assert pick(month=date(2027, 4, 1)).is_beyond
    assert not pick(month=date(2027, 3, 1)).is_beyond


def test_addresses_keep_what_was_chosen_before():
    assert pick().address(date="2026-12-01") == "/book/x?time_zone=Asia%2FTokyo&date=2026-12-01"


def test_the_last_day_may_begin_earlier_where_the_host_is():
    assert days() == Days(date(2026, 12, 1), date(2027, 3, 2))


@pytest.mark.parametrize("first", [date(2026, 12, 10), date(2026, 11, 1)])
def test_fixed_dates_are_the_only_ones_and_none_is_over(first: date):
    rules = BookingRules(dates=DateSpan(first, date(2026, 12, 20)))

    shown = days(rules)

    assert shown.first == max(DAY.date(), first - timedelta(days=1))
    assert shown.last == date(2026, 12, 20)
