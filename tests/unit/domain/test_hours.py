from datetime import UTC, date, datetime

import pytest

from scheduling.domain.hours import (
    ClockSpan,
    DateOverride,
    DateSpan,
    HostDates,
    Travel,
    WeeklyHours,
    intersection,
    merged,
    windows_by_date,
)

MONDAY = date(2026, 10, 5)
TUESDAY = date(2026, 10, 6)
WEDNESDAY = date(2026, 10, 7)


def clock(text):
    """Return the spans of a text such as "09:00-12:00 13:00-17:00"."""
    return tuple(
        ClockSpan(*(60 * int(end[:2]) + int(end[3:]) for end in span.split("-")))
        for span in text.split()
    )


def weekly(zone="UTC", *, every_day="", exceptions=(), away=(), travel=(), **by_weekday):
    """Return hours of every day, or those of `monday` and so on."""
    names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    weekdays = {
        weekday: clock(by_weekday.get(name, every_day)) for weekday, name in enumerate(names, 1)
    }
    overrides = tuple(DateOverride(day, clock(spans)) for day, spans in exceptions)
    absences = tuple(DateSpan(day, day) for day in away)
    return WeeklyHours(zone, weekdays, overrides, absences, tuple(travel))


def seconds(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def windows(hours, first, last=None):
    """Return what merges into one from `first` to the end of `last`, as in "05T09:00-05T17:00"."""
    start = seconds(first)
    end = seconds(last or first) + 24 * 60 * 60
    return [
        "-".join(datetime.fromtimestamp(each, UTC).strftime("%dT%H:%M") for each in window)
        for window in intersection(merged(windows_by_date(hours, (start, end))), [(start, end)])
    ]


@pytest.mark.parametrize(
    ("zone", "span", "day", "expected"),
    [
        ("America/New_York", "13:00-18:00", "2026-03-07", "07T18:00-07T23:00"),
        ("America/New_York", "13:00-18:00", "2026-03-08", "08T17:00-08T22:00"),
        ("America/New_York", "13:00-18:00", "2026-03-09", "09T17:00-09T22:00"),
        ("America/New_York", "02:30-04:00", "2026-03-08", "08T07:00-08T08:00"),
        ("America/New_York", "01:00-04:00", "2026-03-08", "08T06:00-08T08:00"),
        ("America/New_York", "01:00-03:00", "2026-11-01", "01T05:00-01T08:00"),
        ("America/New_York", "00:00-01:30", "2026-11-01", "01T04:00-01T05:30"),
        ("Europe/London", "08:00-17:00", "2026-10-24", "24T07:00-24T16:00"),
        ("Europe/London", "08:00-17:00", "2026-10-25", "25T08:00-25T17:00"),
        ("Europe/London", "08:00-17:00", "2026-10-26", "26T08:00-26T17:00"),
        ("Australia/Lord_Howe", "01:00-03:00", "2026-10-03", "03T14:30-03T16:00"),
        ("Asia/Kathmandu", "08:00-11:00", "2026-10-05", "05T02:15-05T05:15"),
    ],
)
def test_a_window_opens_and_closes_when_the_clocks_of_its_zone_say_so(zone, span, day, expected):
    assert windows(weekly(zone, every_day=span), day) == [expected]


def test_a_window_that_clocks_skip_is_none():
    hours = weekly("America/New_York", every_day="02:15-02:45")

    assert windows(hours, "2026-03-08") == []


def test_a_date_that_a_zone_skipped_has_no_windows():
    spans = "09:00-17:00"
    hours = weekly("Pacific/Apia", thursday=spans, friday=spans, saturday=spans)

    found = windows(hours, "2011-12-29", "2011-12-31")

    assert found == ["29T19:00-30T03:00", "30T19:00-31T03:00"]


def test_windows_that_touch_or_overlap_are_one():
    hours = weekly(monday="13:00-15:00 09:00-12:00 11:00-13:00 16:00-17:00")

    assert windows(hours, "2026-10-05") == ["05T09:00-05T15:00", "05T16:00-05T17:00"]


def test_windows_that_only_a_skipped_hour_parts_are_one():
    hours = weekly("America/New_York", every_day="01:00-02:00 03:00-05:00")

    assert windows(hours, "2026-03-08") == ["08T06:00-08T09:00"]


def test_windows_touch_across_midnight():
    hours = weekly(monday="23:00-24:00", tuesday="00:00-00:30")

    assert windows(hours, "2026-10-05", "2026-10-06") == ["05T23:00-06T00:30"]


def test_two_whole_days_are_one_window():
    hours = weekly(monday="00:00-24:00", tuesday="00:00-24:00")

    assert windows(hours, "2026-10-04", "2026-10-08") == ["05T00:00-07T00:00"]


def test_windows_of_different_dates_stay_apart_for_the_grid():
    hours = weekly(every_day="00:00-24:00")
    start, end = seconds("2026-10-05"), seconds("2026-10-06")

    assert (start, end) in windows_by_date(hours, (start, end))


@pytest.mark.parametrize(
    ("span", "expected"),
    [("22:00-02:00", "05T22:00-06T02:00"), ("09:00-09:00", "05T09:00-06T09:00")],
)
def test_a_window_whose_end_is_not_after_its_start_crosses_midnight(span, expected):
    assert windows(weekly(monday=span), "2026-10-05", "2026-10-06") == [expected]


def test_a_window_that_crosses_into_a_change_of_clocks_ends_when_they_say_so():
    hours = weekly("America/New_York", saturday="22:00-04:00")

    assert windows(hours, "2026-03-08") == ["08T03:00-08T08:00"]


def test_an_override_replaces_what_starts_on_its_date():
    hours = weekly(every_day="09:00-17:00", exceptions=[(TUESDAY, "12:00-14:00")])

    found = windows(hours, "2026-10-05", "2026-10-07")

    assert found == ["05T09:00-05T17:00", "06T12:00-06T14:00", "07T09:00-07T17:00"]


def test_an_override_that_reaches_into_the_next_utc_date_leaves_that_date_its_hours():
    hours = weekly(
        "America/New_York",
        every_day="09:00-10:00",
        exceptions=[(date(2023, 6, 13), "22:00-23:00")],
    )

    found = windows(hours, "2023-06-13", "2023-06-14")

    assert found == ["14T02:00-14T03:00", "14T13:00-14T14:00"]


def test_an_empty_override_closes_a_date():
    hours = weekly(every_day="09:00-17:00", exceptions=[(MONDAY, "")])

    assert windows(hours, "2026-10-05") == []


def test_an_override_opens_a_closed_date():
    hours = weekly(monday="", exceptions=[(MONDAY, "10:00-24:00")])

    assert windows(hours, "2026-10-05") == ["05T10:00-06T00:00"]


@pytest.mark.parametrize(
    "tuesday", [{"exceptions": [(TUESDAY, "12:00-13:00")]}, {"away": [TUESDAY]}]
)
def test_a_window_is_cut_at_midnight_if_the_next_date_is_different(tuesday):
    hours = weekly(monday="22:00-02:00", **tuesday)

    assert windows(hours, "2026-10-05", "2026-10-06")[0] == "05T22:00-06T00:00"


def test_an_override_that_crosses_midnight_is_cut_there_as_well():
    hours = weekly(exceptions=[(MONDAY, "22:00-02:00")], away=[TUESDAY])

    assert windows(hours, "2026-10-05", "2026-10-06") == ["05T22:00-06T00:00"]


def test_what_crosses_midnight_from_a_closed_date_is_closed():
    hours = weekly(monday="22:00-02:00", away=[MONDAY])

    assert windows(hours, "2026-10-05", "2026-10-06") == []


def test_out_of_office_closes_dates_that_an_override_opens():
    hours = weekly(exceptions=[(MONDAY, "10:00-11:00")], away=[MONDAY])

    assert windows(hours, "2026-10-05") == []


def test_out_of_office_lasts_through_its_last_date():
    hours = WeeklyHours(
        "UTC",
        {weekday: clock("09:00-17:00") for weekday in range(1, 8)},
        out_of_office=(DateSpan(date(2026, 10, 1), TUESDAY),),
    )

    assert windows(hours, "2026-10-04", "2026-10-07") == ["07T09:00-07T17:00"]


def test_a_trip_moves_the_hours_of_its_dates_to_another_zone():
    trip = Travel(DateSpan(TUESDAY, TUESDAY), "Europe/Berlin")
    hours = weekly("Asia/Tokyo", every_day="09:00-10:00", travel=[trip])

    found = windows(hours, "2026-10-05", "2026-10-07")

    assert found == ["05T00:00-05T01:00", "06T07:00-06T08:00", "07T00:00-07T01:00"]


def test_windows_around_a_span_are_whole():
    hours = weekly(monday="09:00-17:00")
    noon = seconds("2026-10-05T12:00")

    found = windows_by_date(hours, (noon, noon + 1))

    assert found == [(seconds("2026-10-05T09:00"), seconds("2026-10-05T17:00"))]


def test_two_hosts_share_what_is_in_the_windows_of_both():
    assert intersection([(0, 10), (20, 30)], [(5, 25), (30, 40)]) == [(5, 10), (20, 25)]


def test_a_window_inside_a_longer_one_hides_nothing():
    assert merged([(0, 10), (2, 3), (9, 12)]) == [(0, 12)]
    assert intersection([(0, 30), (10, 20)], [(15, 40)]) == [(15, 20), (15, 30)]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 7, 1), "2026-07-01T04:00"),
        (date(2026, 12, 1), "2026-12-01T05:00"),
    ],
)
def test_a_date_begins_at_midnight_of_its_zone(day, expected):
    assert HostDates("America/New_York").start_of(day) == seconds(expected)


def test_a_date_begins_with_the_change_that_skips_its_midnight():
    # São Paulo's clocks went from 00:00 to 01:00.
    dates = HostDates("America/Sao_Paulo")

    assert dates.start_of(date(2018, 11, 4)) == seconds("2018-11-04T03:00")


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        ("2026-10-05T14:59:59", MONDAY),
        ("2026-10-05T15:00:00", TUESDAY),
        # Wednesday begins in Berlin, at its own midnight.
        ("2026-10-06T21:59:59", TUESDAY),
        ("2026-10-06T22:00:00", WEDNESDAY),
    ],
)
def test_a_date_of_a_trip_begins_where_the_host_is(instant, expected):
    trip = Travel(DateSpan(WEDNESDAY, WEDNESDAY), "Europe/Berlin")
    dates = HostDates("Asia/Tokyo", (trip,))

    assert dates.date_of(seconds(instant)) == expected
