"""List, book and explain agree with each other and with brute force, whatever the schedule."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from scheduling.domain.hours import ClockSpan, DateOverride, DateSpan, Travel, WeeklyHours
from scheduling.domain.slots import (
    BufferRule,
    BusyBlock,
    BusySource,
    HostTimes,
    Limit,
    LimitPeriod,
    SlotRules,
    Span,
    Verdict,
    explain,
    free_hosts,
    open_slots,
)
from tests.support import brute_force

ZONES = [
    "UTC",
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Havana",
    "America/New_York",
    "America/Nuuk",
    "America/Santiago",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
]
ONE_DAY = 24 * 3600
OTHER_DAYS = [date(2026, 1, 14), date(2026, 7, 31), date(2026, 12, 31), date(2011, 12, 30)]
"""On the last one there was no day in Samoa; elsewhere they are ordinary."""
DAYS = {
    name: OTHER_DAYS
    + [
        datetime.fromtimestamp(change, UTC).date()
        for change in brute_force.clock_changes(ZoneInfo(name), date(2026, 1, 1), date(2028, 1, 1))
    ]
    for name in ZONES
}
"""Those on which the clocks of each zone change, and others."""

EPOCH = datetime.fromtimestamp(0, UTC)

type Question = tuple[SlotRules, list[HostTimes], int, Span, datetime]

buffers = st.sampled_from([60 * minutes for minutes in (0, 5, 10, 15, 30, 60, 90)])
near_days = st.integers(-2, 3).map(lambda days: timedelta(days=days))
lengths_of_days = st.integers(0, 2).map(lambda days: timedelta(days=days))
zones = st.sampled_from(ZONES)


@st.composite
def questions(draw: DrawFn) -> Question:
    """Draw what the engine is asked: rules, hosts, how many are needed, a span, and now."""
    time_zone = draw(zones)
    day = draw(st.sampled_from(DAYS[time_zone]))
    # With coarse steps hosts share times of their grids.
    step = draw(st.sampled_from([300, 3600]))
    hosts = [
        host_around(draw, day, name, step)
        for name in [time_zone, *some(draw, lambda: draw(zones), 0, 2)]
    ]
    begin = brute_force.midnight_utc(day) + 300 * draw(st.integers(-288, 288))
    rules = SlotRules(
        duration=300 * draw(st.sampled_from([1, 3, 6, 9, 12, 12, 18, 24, 144])),
        interval=step * draw(st.integers(1, 3) if step == 3600 else st.integers(4, 36)),
        minimum_notice=draw(st.sampled_from([0, 0, 3600, ONE_DAY])),
        buffer_before=draw(buffers),
        buffer_after=draw(buffers),
        buffer_rule=draw(st.sampled_from(BufferRule)),
        horizon_days=draw(st.sampled_from([None, None, 0, 1, 2])),
        horizon_dates=draw(st.sampled_from([None, None, DateSpan(day, day + timedelta(days=1))])),
        limits=tuple(some(draw, lambda: limit(draw), 0, 1)),
    )
    needed = draw(st.integers(1, len(hosts)))
    within = begin, begin + ONE_DAY * draw(st.integers(1, 2))
    now = timedelta(
        seconds=begin + step * draw(st.integers(-3 * ONE_DAY // step, 6 * 3600 // step))
    )
    late = timedelta(microseconds=draw(st.integers(0, 1)))
    return rules, hosts, needed, within, EPOCH + now + late


def host_around(draw: DrawFn, day: date, time_zone: str, step: int) -> HostTimes:
    """Draw a host with hours or windows, busy blocks, bookings and limits on dates near `day`."""
    midnight = brute_force.midnight_utc(day)

    def instant(step: int = 60) -> int:
        return midnight + step * draw(st.integers(-ONE_DAY // step, 3 * ONE_DAY // step))

    def busy_block() -> BusyBlock:
        start = instant(draw(st.sampled_from([60, 300])))
        end = start + draw(st.sampled_from([0, 1, 300, 900, 1800, 3600, 3 * 3600]))
        return BusyBlock(
            start, end, draw(buffers), draw(buffers), draw(st.sampled_from(BusySource))
        )

    def window() -> Span:
        start = instant(step)
        return start, start + step * draw(st.integers(1, 30 * 3600 // step))

    is_external = draw(st.integers(0, 3)) == 3
    return HostTimes(
        host_id="host",
        time_zone=time_zone,
        hours=tuple(some(draw, window, 1, 3))
        if is_external
        else hours_around(draw, day, time_zone, step),
        busy=some(draw, busy_block, 0, 3),
        page_bookings=some(draw, instant, 0, 3),
        bookings=some(draw, instant, 0, 3),
        limits=tuple(some(draw, lambda: limit(draw), 0, 1)),
    )


def hours_around(draw: DrawFn, day: date, time_zone: str, step: int) -> WeeklyHours:
    """Draw weekly hours with what makes dates near `day` different."""

    def spans(least: int = 0) -> tuple[ClockSpan, ...]:
        return tuple(some(draw, lambda: clock_span(draw, step // 60), least, 2))

    def dates() -> DateSpan:
        first = day + draw(near_days)
        return DateSpan(first, first + draw(lengths_of_days))

    usual, other, others = spans(1), spans(), draw(st.integers(0, 127))
    overrides = dict(some(draw, lambda: (day + draw(near_days), spans()), 0, 2))
    return WeeklyHours(
        time_zone,
        {weekday: other if others >> weekday - 1 & 1 else usual for weekday in range(1, 8)},
        tuple(DateOverride(date, spans) for date, spans in overrides.items()),
        tuple(some(draw, dates, 0, 1)),
        tuple(some(draw, lambda: Travel(dates(), draw(zones)), 0, 1)),
    )


def clock_span(draw: DrawFn, step: int) -> ClockSpan:
    """Draw a span of up to 24 hours, in steps of some minutes."""
    opens = step * draw(st.integers(0, 1440 // step - 1))
    closes = opens + step * draw(st.integers(1, 1440 // step))
    return ClockSpan(opens, (closes - 1) % 1440 + 1)


def limit(draw: DrawFn) -> Limit:
    return Limit(draw(st.sampled_from(LimitPeriod)), draw(st.integers(0, 3)))


def some[T](draw: DrawFn, one: Callable[[], T], least: int, most: int) -> list[T]:
    return [one() for _ in range(draw(st.integers(least, most)))]


@settings(max_examples=10_000, deadline=None, derandomize=True, database=None)
@given(questions(), st.integers(0, 1000))
def test_list_book_and_explain_agree_with_each_other_and_with_brute_force(question, sample):
    rules, hosts, needed, within, now = question

    listed = open_slots(rules, hosts, needed, within, now)
    explained = explain(rules, hosts, needed, within, now)

    assert listed == brute_force.open_starts(rules, hosts, needed, within, now)
    assert [one.start for one in explained if one.verdict is Verdict.OPEN] == listed
    times = [one.start for one in explained]
    assert times == sorted(set(times))
    for asked in neighbors([*sampled(listed, sample), *sampled(times, sample)], within):
        assert bool(free_hosts(rules, hosts, needed, asked, now)) == (asked in listed)


def sampled(times: list[int], sample: int) -> list[int]:
    """Return up to three times from all over a list."""
    stride = max(1, len(times) // 3)
    return times[sample % stride :: stride][:3]


def neighbors(times: list[int], within: Span) -> list[int]:
    """Return times, with those just before and after each, as far as they are within a span."""
    return [
        time + shift
        for time in times
        for shift in (-300, 0, 300)
        if within[0] <= time + shift < within[1]
    ]
