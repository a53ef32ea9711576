"""What is free of some windows, day by day."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.availability import merged
from scheduling.domain.availability_grid import day_cells, remaining
from scheduling.domain.time_range import TimeRange
from scheduling.domain.zones import day_span
from tests.support.builders import DAY, EARLY, at, between

TODAY = between("00:00", "24:00")


def cell(windows, taken, *, now=EARLY, day=TODAY):
    [found] = day_cells(windows, taken, [day], now=now)
    return found


def test_a5_what_is_booked_is_not_free():
    found = cell(
        [between("09:00", "12:00"), between("14:00", "15:00")],
        [between("10:00", "10:30"), between("14:00", "15:00")],
    )

    assert found.free == (between("09:00", "10:00"), between("10:30", "12:00"))
    assert found.taken == (between("10:00", "10:30"), between("14:00", "15:00"))


def test_a5_a_buffer_that_reaches_over_the_edge_of_a_window_takes_what_is_inside():
    taken = [between("08:30", "09:15"), between("11:45", "13:00")]

    found = cell([between("09:00", "12:00")], taken)

    assert found.free == (between("09:15", "11:45"),)


def test_e3_what_a_linked_calendar_takes_is_not_free_and_not_booked_either():
    [found] = day_cells(
        [between("09:00", "12:00")],
        [between("10:00", "10:30")],
        [TODAY],
        busy=[between("10:15", "11:00"), between("11:30", "13:00")],
        now=EARLY,
    )

    assert found.free == (between("09:00", "10:00"), between("11:00", "11:30"))
    assert found.taken == (between("10:00", "10:30"),)


def test_a5_what_is_over_is_not_free():
    found = cell([between("09:00", "12:00")], [], now=at("10:02"))

    assert found.free == (between("10:05", "12:00"),)
    assert cell([between("09:00", "12:00")], [], now=at("12:00")).free == ()


def test_a5_what_reaches_over_midnight_is_on_both_days():
    night = TimeRange(at("22:00"), at("24:00") + timedelta(hours=2))
    tomorrow = TimeRange(at("24:00"), at("24:00") + timedelta(days=1))

    first, second = day_cells([night], [], [TODAY, tomorrow], now=EARLY)

    assert first.free == (between("22:00", "24:00"),)
    assert second.free == (TimeRange(at("24:00"), night.end),)


def test_a5_days_are_as_long_as_clocks_make_them():
    berlin = ZoneInfo("Europe/Berlin")
    days = [day_span(date(2026, 10, 25), berlin), day_span(date(2027, 3, 28), berlin)]
    always = TimeRange(DAY - timedelta(days=90), DAY + timedelta(days=200))

    cells = day_cells([always], [], days, now=DAY - timedelta(days=90))

    assert [cell.free[0].length for cell in cells] == [timedelta(hours=25), timedelta(hours=23)]


def test_a5_a_day_that_the_zone_skipped_is_empty():
    assert day_span(date(2011, 12, 30), ZoneInfo("Pacific/Apia")) is None

    assert cell([TODAY], [], day=None).free == ()


RANGES = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 10)).map(
        lambda pair: TimeRange(
            DAY + pair[0] * timedelta(minutes=5),
            DAY + sum(pair) * timedelta(minutes=5),
        )
    )
).map(merged)


@given(RANGES, RANGES)
def test_a5_each_five_minutes_are_free_where_they_are_offered_and_not_taken(windows, taken):
    left = remaining(windows, taken)

    for number in range(50):
        start = DAY + number * timedelta(minutes=5)
        step = TimeRange(start, start + timedelta(minutes=5))
        is_offered = any(window.overlaps(step) for window in windows)
        is_taken = any(each.overlaps(step) for each in taken)
        assert any(each.overlaps(step) for each in left) == (is_offered and not is_taken)
