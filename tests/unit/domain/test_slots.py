from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from scheduling.domain.hours import ClockSpan, DateOverride, DateSpan, Travel, WeeklyHours
from scheduling.domain.slots import (
    BufferRule,
    BusyBlock,
    BusySource,
    HostTimes,
    Limit,
    LimitPeriod,
    SlotRules,
    Verdict,
    explain,
    free_hosts,
    merged_windows,
    open_slots,
    span_of,
)
from scheduling.domain.time_range import TimeRange

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MONDAY = datetime(2026, 10, 5, tzinfo=UTC)
EARLY = MONDAY - timedelta(days=3)
"""A moment that is too soon for nothing."""

HALF_HOURS = SlotRules(duration=30 * MINUTE, interval=30 * MINUTE)
HOURLY = SlotRules(duration=HOUR, interval=HOUR)


def at(clock, day=MONDAY):
    """Return the instant at which clocks in UTC show `clock`, on Monday unless said otherwise."""
    hours, minutes = clock.split(":")
    return int(day.timestamp()) + int(hours) * HOUR + int(minutes) * MINUTE


def spans(text):
    """Return the spans on Monday of a text such as "09:00-12:00 13:00-17:00"."""
    return tuple(tuple(at(end) for end in span.split("-")) for span in text.split())


def busy(text, before=0, after=0, source=BusySource.CALENDAR, reference=""):
    """Return a block on Monday; its buffers are in minutes."""
    ((start, end),) = spans(text)
    return BusyBlock(start, end, before * MINUTE, after * MINUTE, source, reference)


def a_host(windows="09:00-12:00", *blocks, host_id="host", zone="UTC", **fields):
    """Return a host with windows on Monday."""
    return HostTimes(host_id, zone, spans(windows), busy=blocks, **fields)


def weekly_host(zone, clocks, *, overrides=(), away=(), travel=(), **fields):
    """Return a host with the same hours each day, as in "09:00-17:00"."""
    clock_spans = tuple(
        ClockSpan(*(60 * int(end[:2]) + int(end[3:]) for end in span.split("-")))
        for span in clocks.split()
    )
    hours = WeeklyHours(
        zone, dict.fromkeys(range(1, 8), clock_spans), tuple(overrides), tuple(away), tuple(travel)
    )
    return HostTimes("host", zone, hours, **fields)


def a_day(day="2026-10-05"):
    """Return the span of a date in UTC."""
    start = int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())
    return start, start + DAY


def clocks_of(starts):
    return " ".join(datetime.fromtimestamp(start, UTC).strftime("%H:%M") for start in starts)


def slots(*hosts, rules=HALF_HOURS, needed=None, within=None, now=EARLY):
    """Return the starts of Monday's open slots in UTC, as in "09:00 09:30"."""
    found = open_slots(rules, hosts, needed or len(hosts), within or a_day(), now)
    return clocks_of(found)


def verdicts(*hosts, rules=HOURLY, needed=None, within=None, now=EARLY):
    """Return the explanations of Monday's grid times by their clocks in UTC."""
    found = explain(rules, hosts, needed or len(hosts), within or a_day(), now)
    return {clocks_of([each.start]): each for each in found}


def test_slots_fill_the_window_and_end_within_it():
    assert slots(a_host("09:00-10:45")) == "09:00 09:30 10:00"


def test_slots_overlap_each_other_when_the_interval_is_shorter_than_the_meeting():
    rules = replace(HALF_HOURS, duration=HOUR)

    assert slots(a_host("09:00-12:00"), rules=rules) == "09:00 09:30 10:00 10:30 11:00"


def test_an_interval_longer_than_the_meeting_leaves_gaps_on_the_clock_of_the_host():
    rules = SlotRules(duration=30 * MINUTE, interval=120 * MINUTE)

    found = slots(weekly_host("Asia/Kolkata", "09:30-18:00"), rules=rules)

    assert found == "04:00 06:00 08:00 10:00 12:00"


def test_the_grid_stays_anchored_at_the_window_after_a_busy_block():
    rules = SlotRules(duration=45 * MINUTE, interval=45 * MINUTE)
    host = weekly_host("Asia/Kolkata", "09:30-18:00", busy=[busy("04:00-04:15")])

    found = slots(host, rules=rules)

    assert found == "04:45 05:30 06:15 07:00 07:45 08:30 09:15 10:00 10:45 11:30"


def test_a_zone_with_quarter_hours_has_slots_on_its_own_clock():
    assert slots(weekly_host("Asia/Kathmandu", "08:00-11:00"), rules=HOURLY) == "02:15 03:15 04:15"


def test_each_window_has_its_own_grid():
    host = a_host("01:00-02:30 05:00-06:00", busy("01:30-02:00"))

    assert slots(host) == "01:00 02:00 05:00 05:30"


def test_windows_that_touch_share_one_grid():
    rules = SlotRules(duration=40 * MINUTE, interval=40 * MINUTE)

    assert slots(a_host("09:00-10:00 10:00-11:00"), rules=rules) == "09:00 09:40 10:20"


def test_a_slot_may_cross_midnight_where_windows_touch():
    rules = SlotRules(duration=90 * MINUTE, interval=90 * MINUTE)

    assert slots(weekly_host("UTC", "00:00-00:30 23:00-24:00"), rules=rules) == "23:00"


def test_the_grid_begins_anew_at_each_midnight():
    rules = SlotRules(duration=7 * HOUR, interval=7 * HOUR)

    found = slots(weekly_host("UTC", "00:00-24:00"), rules=rules)

    assert found == "00:00 07:00 14:00 21:00"


def test_a_window_that_crosses_midnight_keeps_its_grid_beside_that_of_the_next_date():
    rules = SlotRules(duration=HOUR, interval=45 * MINUTE)

    found = slots(weekly_host("UTC", "01:00-03:00 22:00-02:00"), rules=rules)

    assert found.startswith("00:15 01:00 01:45 22:00")


def test_hours_in_the_repeated_hour_are_offered_twice():
    host = weekly_host("America/New_York", "01:00-03:00")

    assert slots(host, rules=HOURLY, within=a_day("2026-11-01")) == "05:00 06:00 07:00"


def test_a_guest_who_asks_for_another_day_than_the_host_sees_the_same_instants():
    host = HostTimes(
        "host", "Asia/Tokyo", WeeklyHours("Asia/Tokyo", {1: (ClockSpan(9 * 60, 11 * 60),)})
    )
    sunday_in_los_angeles = at("-17:00"), at("7:00")

    assert slots(host, rules=HOURLY, within=sunday_in_los_angeles) == "00:00 01:00"


def test_only_slots_that_start_within_the_span_are_listed():
    assert slots(a_host(), within=(at("09:30"), at("10:30"))) == "09:30 10:00"
    assert slots(a_host(), within=(at("09:30"), at("09:30"))) == ""


def test_a_slot_is_offered_up_to_the_moment_its_notice_is_up():
    rules = replace(HOURLY, minimum_notice=HOUR)
    noon = MONDAY + timedelta(hours=12)

    on_time = slots(a_host("12:00-15:00"), rules=rules, now=noon)
    late = slots(a_host("12:00-15:00"), rules=rules, now=noon + timedelta(milliseconds=1))

    assert on_time == "13:00 14:00"
    assert late == "14:00"


def test_notice_is_elapsed_time_over_a_change_of_clocks():
    rules = replace(HOURLY, minimum_notice=DAY)
    host = weekly_host("America/New_York", "09:00-12:00")
    ten_the_day_before = datetime(2026, 3, 7, 15, tzinfo=UTC)

    found = slots(host, rules=rules, within=a_day("2026-03-08"), now=ten_the_day_before)

    assert found == "15:00"


def test_a_rolling_horizon_ends_with_the_last_date_of_the_host():
    rules = replace(HOURLY, horizon_days=1)
    host = weekly_host("Asia/Tokyo", "00:00-24:00")
    # Sunday in UTC, but Monday in Tokyo.
    now = MONDAY - timedelta(hours=1)

    starts = open_slots(rules, [host], 1, (at("0:00"), at("72:00")), now)

    assert starts[-1] == at("38:00")


def test_fixed_horizon_dates_are_both_included():
    rules = replace(HOURLY, horizon_dates=DateSpan(date(2026, 10, 6), date(2026, 10, 7)))
    host = weekly_host("UTC", "09:00-10:00")

    starts = open_slots(rules, [host], 1, (at("0:00"), at("96:00")), EARLY)

    assert starts == [at("33:00"), at("57:00")]


def test_a_slot_may_touch_a_busy_block():
    assert slots(a_host("09:00-11:00", busy("09:30-10:00"))) == "09:00 10:00 10:30"


def test_a_busy_block_inside_a_longer_one_hides_nothing():
    host = a_host("09:00-12:00", busy("09:30-10:00"), busy("09:00-11:00"))

    assert slots(host) == "11:00 11:30"


def test_a_busy_block_of_no_length_takes_no_time():
    assert slots(a_host("09:00-10:00", busy("09:15-09:15", before=30))) == "09:00 09:30"


def test_an_all_day_block_is_a_day_of_its_own_zone():
    host = weekly_host(
        "America/New_York",
        "00:00-24:00",
        busy=[BusyBlock(a_day("2026-07-01")[0] + 4 * HOUR, a_day("2026-07-02")[0] + 4 * HOUR)],
    )

    found = slots(
        host, rules=HOURLY, within=a_day("2026-07-01"), now=datetime(2026, 6, 1, tzinfo=UTC)
    )

    assert found == "00:00 01:00 02:00 03:00"


@pytest.mark.parametrize(("rule", "expected"), [(BufferRule.SUM, ""), (BufferRule.MAX, "13:30")])
def test_buffers_of_two_of_our_meetings_add_up_or_share(rule, expected):
    rules = SlotRules(
        duration=30 * MINUTE,
        interval=15 * MINUTE,
        buffer_before=15 * MINUTE,
        buffer_after=30 * MINUTE,
        buffer_rule=rule,
    )
    host = a_host("12:30-15:00", busy("12:30-13:00", 15, 30), busy("14:30-15:00", 15, 30))

    assert slots(host, rules=rules) == expected


def test_the_next_meeting_waits_for_both_buffers():
    rules = SlotRules(HOUR, 15 * MINUTE, buffer_before=30 * MINUTE, buffer_after=30 * MINUTE)
    host = a_host("10:00-13:30", busy("10:00-11:00", 30, 30))

    assert slots(host, rules=rules) == "12:00 12:15 12:30"


def test_a_block_from_outside_has_no_buffers_but_ours_hold():
    rules = SlotRules(30 * MINUTE, 15 * MINUTE, buffer_before=15 * MINUTE, buffer_after=45 * MINUTE)

    found = slots(a_host("10:00-14:00", busy("12:00-13:00")), rules=rules)

    assert found == "10:00 10:15 10:30 10:45 13:15 13:30"


def test_buffers_may_leave_the_hours():
    rules = replace(HOURLY, buffer_before=HOUR, buffer_after=HOUR)

    assert slots(a_host("09:00-10:00"), rules=rules) == "09:00"


def test_a_day_limit_closes_the_date_of_the_host():
    rules = replace(HOURLY, limits=(Limit(LimitPeriod.DAY, 1),))
    # At +06:00, 08:00Z is on Monday, which ends at 18:00Z.
    host = weekly_host("Asia/Dhaka", "00:00-24:00", page_bookings=[at("08:00")])

    assert slots(host, rules=rules) == "18:00 19:00 20:00 21:00 22:00 23:00"


@pytest.mark.parametrize(
    ("per", "first_open"),
    [(LimitPeriod.WEEK, "2026-10-12"), (LimitPeriod.MONTH, "2026-11-01")],
)
def test_a_limit_closes_a_week_from_monday_or_a_month(per, first_open):
    rules = replace(HOURLY, limits=(Limit(per, 2),))
    host = weekly_host("UTC", "09:00-10:00", page_bookings=[at("09:00"), at("33:00")])

    starts = open_slots(rules, [host], 1, (at("0:00"), at("0:00") + 40 * DAY), EARLY)

    assert starts[0] == a_day(first_open)[0] + 9 * HOUR


def test_a_period_below_its_limit_is_open():
    rules = replace(HOURLY, limits=(Limit(LimitPeriod.DAY, 2),))

    assert slots(a_host("09:00-10:00", page_bookings=[at("08:00")]), rules=rules) == "09:00"


def test_a_limit_of_none_closes_everything():
    rules = replace(HOURLY, limits=(Limit(LimitPeriod.MONTH, 0),))

    assert slots(a_host(), rules=rules) == ""


def test_limits_of_the_host_count_bookings_of_all_their_pages():
    host = a_host(bookings=[at("08:00")], limits=(Limit(LimitPeriod.DAY, 1),))

    assert slots(host) == ""


def test_where_all_are_needed_slots_are_cut_out_of_what_windows_share():
    hosts = a_host("09:00-12:00"), a_host("09:20-12:30", busy("11:00-11:30"))

    assert slots(*hosts, rules=HOURLY) == "09:20"


def test_where_all_are_needed_the_limit_of_each_holds():
    limited = a_host(bookings=[at("08:00")], limits=(Limit(LimitPeriod.DAY, 1),))

    assert slots(a_host(), limited) == ""


def test_where_any_will_do_one_has_to_be_free_for_the_whole_slot():
    hosts = a_host("09:00-11:00", busy("09:30-11:00")), a_host("09:00-11:00", busy("09:00-09:30"))

    assert slots(*hosts, rules=HOURLY, needed=1) == "10:00"


def test_where_any_will_do_each_host_has_a_grid_of_their_own():
    hosts = a_host("09:00-10:00"), a_host("09:15-10:15")

    assert slots(*hosts, needed=1) == "09:00 09:15 09:30 09:45"


def test_where_two_of_three_are_needed_two_have_to_be_free():
    hosts = a_host("09:00-10:00"), a_host("09:30-10:30"), a_host("09:30-10:00", busy("09:30-10:00"))

    assert slots(*hosts, needed=2) == "09:30"


def test_more_hosts_than_there_are_have_no_slots():
    assert slots(a_host(), needed=2) == ""
    assert open_slots(HALF_HOURS, [], 0, a_day(), EARLY) == []
    assert free_hosts(HALF_HOURS, [a_host()], 2, at("09:00"), EARLY) == ()
    assert explain(HALF_HOURS, [a_host()], 2, a_day(), EARLY) == []


def test_the_free_hosts_of_a_slot_are_those_who_can_take_it():
    hosts = a_host("09:00-10:00"), a_host("09:00-10:00", busy("09:00-09:30")), a_host("09:00-10:00")

    assert free_hosts(HALF_HOURS, hosts, 1, at("09:00"), EARLY) == (0, 2)
    assert free_hosts(HALF_HOURS, hosts, 2, at("09:30"), EARLY) == (0, 1, 2)
    assert free_hosts(HALF_HOURS, hosts, 3, at("09:30"), EARLY) == (0, 1, 2)


def test_a_slot_that_is_not_listed_has_no_free_hosts():
    hosts = a_host("09:00-10:00"), a_host("09:00-10:00", busy("09:00-09:30")), a_host("11:00-12:00")

    assert free_hosts(HALF_HOURS, hosts, 3, at("09:30"), EARLY) == ()
    assert free_hosts(HALF_HOURS, hosts, 2, at("09:00"), EARLY) == ()
    assert free_hosts(HALF_HOURS, hosts, 1, at("09:10"), EARLY) == ()


def test_merged_windows_are_cut_to_the_span():
    host = weekly_host("UTC", "00:00-24:00")

    assert merged_windows(host, (at("12:00"), at("36:00"))) == [(at("12:00"), at("36:00"))]


def test_a_time_range_is_a_span_of_seconds():
    assert span_of(TimeRange(MONDAY, MONDAY + timedelta(hours=1))) == (at("0:00"), at("1:00"))


def test_what_is_explained_as_open_is_what_is_listed():
    host = a_host("09:00-17:00", busy("11:00-12:00"))

    opened = [clock for clock, each in verdicts(host).items() if each.verdict is Verdict.OPEN]

    assert " ".join(opened) == slots(host, rules=HOURLY)


def test_a_whole_day_is_explained_with_times_outside_of_hours_on_a_grid_from_midnight():
    found = verdicts(a_host("09:30-11:30"))

    assert found["08:00"].verdict is Verdict.OUTSIDE_HOURS
    assert found["09:00"].verdict is Verdict.OUTSIDE_HOURS
    assert found["09:30"].verdict is Verdict.OPEN
    assert found["11:00"].verdict is Verdict.OUTSIDE_HOURS
    # A slot fits there, but it is on no grid.
    assert "10:00" not in found


def test_a_closed_date_is_explained_on_the_grid_it_would_have_had():
    override = DateOverride(date(2026, 10, 5), (ClockSpan(14 * 60, 15 * 60),))
    host = weekly_host("UTC", "09:20-11:20 14:00-15:00", overrides=[override])

    found = verdicts(host)

    assert found["09:20"].verdict is Verdict.CLOSED_BY_OVERRIDE
    assert found["14:00"].verdict is Verdict.OPEN
    assert found["15:00"].verdict is Verdict.OUTSIDE_HOURS


def test_a_date_out_of_office_is_explained_as_such():
    monday = DateSpan(date(2026, 10, 5), date(2026, 10, 5))
    host = weekly_host("UTC", "09:00-11:00", away=[monday])

    found = verdicts(host)

    assert found["09:00"].verdict is Verdict.OUT_OF_OFFICE
    assert found["12:00"].verdict is Verdict.OUTSIDE_HOURS


def test_what_would_cross_midnight_is_closed_by_the_date_that_cuts_it():
    tuesday = DateSpan(date(2026, 10, 6), date(2026, 10, 6))
    host = weekly_host("UTC", "22:00-02:00", away=[tuesday])

    found = verdicts(host, within=(at("21:00"), at("26:00")))

    assert {clock: each.verdict for clock, each in found.items()} == {
        "21:00": Verdict.OUTSIDE_HOURS,
        "22:00": Verdict.OPEN,
        "23:00": Verdict.OPEN,
        "00:00": Verdict.OUT_OF_OFFICE,
        "01:00": Verdict.OUT_OF_OFFICE,
    }


def test_what_crosses_midnight_is_closed_by_the_date_it_belongs_to():
    monday = DateSpan(date(2026, 10, 5), date(2026, 10, 5))
    host = weekly_host("UTC", "22:00-02:00", away=[monday])

    found = verdicts(host, within=(at("24:00"), at("26:00")))

    assert [each.verdict for each in found.values()] == [Verdict.OUT_OF_OFFICE] * 2


def test_a_time_is_too_soon_until_its_notice():
    rules = replace(HOURLY, minimum_notice=HOUR)

    found = verdicts(a_host("09:00-12:00"), rules=rules, now=MONDAY + timedelta(hours=9))

    assert found["09:00"].verdict is Verdict.TOO_SOON
    assert found["10:00"].verdict is Verdict.OPEN


def test_a_time_is_beyond_the_horizon():
    rules = replace(HOURLY, horizon_days=2)

    assert verdicts(a_host(), rules=rules)["09:00"].verdict is Verdict.BEYOND_HORIZON


def test_a_busy_time_is_explained_by_the_source_of_what_is_in_the_way():
    meeting = busy("09:30-10:00", source=BusySource.BOOKING, reference="meeting")

    found = verdicts(a_host("09:00-12:00", meeting))["09:00"]

    assert found.verdict is Verdict.BUSY
    assert (found.source, found.reference) == (BusySource.BOOKING, "meeting")
    assert found.host_id == "host"


def test_a_held_time_is_explained_as_held():
    hold = busy("09:30-10:00", source=BusySource.HOLD)

    assert verdicts(a_host("09:00-12:00", hold))["09:00"].verdict is Verdict.HELD


def test_a_time_that_only_a_buffer_keeps_is_explained_by_the_booking():
    meeting = busy("10:00-11:00", 15, 15, BusySource.BOOKING, "meeting")

    found = verdicts(a_host("09:00-12:00", meeting))

    assert found["09:00"].verdict is Verdict.BUFFER
    assert found["10:00"].verdict is Verdict.BUSY
    assert found["11:00"].reference == "meeting"


def test_a_full_day_is_explained_by_its_limit():
    limit = Limit(LimitPeriod.DAY, 1)
    rules = replace(HOURLY, limits=(limit,))

    found = verdicts(a_host(page_bookings=[at("08:00")]), rules=rules)["09:00"]

    assert (found.verdict, found.limit) == (Verdict.LIMIT, limit)


def test_the_first_rule_that_fails_is_the_verdict():
    rules = replace(HOURLY, horizon_days=0, limits=(Limit(LimitPeriod.DAY, 0),))
    host = a_host("09:00-12:00", busy("10:00-10:10"), busy("09:00-13:00", source=BusySource.HOLD))
    soon = MONDAY + timedelta(hours=9, minutes=30)

    found = verdicts(host, rules=rules, now=soon)

    assert found["08:00"].verdict is Verdict.OUTSIDE_HOURS
    assert found["09:00"].verdict is Verdict.TOO_SOON
    assert found["10:00"].verdict is Verdict.BUSY
    assert found["11:00"].verdict is Verdict.HELD


def test_where_all_are_needed_the_one_who_fails_first_is_named():
    first = a_host("09:00-12:00", busy("09:00-10:00"), host_id="busy")
    second = a_host("10:00-12:00", host_id="late")

    found = verdicts(first, second)

    assert (found["09:00"].verdict, found["09:00"].host_id) == (Verdict.OUTSIDE_HOURS, "late")


def test_where_any_will_do_the_one_who_comes_furthest_is_named():
    closed = a_host("13:00-14:00", host_id="closed")
    taken = a_host("09:00-10:00", busy("09:00-10:00"), host_id="taken")

    found = verdicts(closed, taken, needed=1)

    assert (found["09:00"].verdict, found["09:00"].host_id) == (Verdict.BUSY, "taken")
    assert found["13:00"].verdict is Verdict.OPEN


def test_where_two_of_three_are_needed_one_free_host_is_not_the_reason():
    free = a_host("09:00-10:00", host_id="free")
    taken = a_host("09:00-10:00", busy("09:00-10:00"), host_id="taken")
    closed = a_host("13:00-14:00", host_id="closed")

    found = verdicts(free, taken, closed, needed=2)["09:00"]

    assert (found.verdict, found.host_id) == (Verdict.BUSY, "taken")


def test_a_limit_counts_by_the_zone_in_force_on_a_trip():
    rules = replace(HOURLY, limits=(Limit(LimitPeriod.DAY, 1),))
    trip = Travel(DateSpan(date(2026, 10, 5), date(2026, 10, 5)), "America/New_York")
    # Monday begins in New York, at 04:00Z, and Tuesday in London, at 23:00Z.
    host = weekly_host("Europe/London", "00:00-24:00", travel=[trip], page_bookings=[at("05:00")])

    assert slots(host, rules=rules) == "23:00"
