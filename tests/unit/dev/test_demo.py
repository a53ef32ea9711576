import datetime as dt

from dev.demo import working_hours

FRIDAY = dt.date(2026, 11, 20)


def test_the_demos_times_begin_tomorrow_and_leave_sundays_out():
    hours = working_hours(FRIDAY)

    assert hours[0] == {"start": "2026-11-21T10:00:00+09:00", "end": "2026-11-21T12:00:00+09:00"}
    assert hours[2]["start"] == "2026-11-23T10:00:00+09:00"
    assert len(hours) == 24
