"""Slots in every zone around each change of its clocks, beside those that brute force finds."""

from collections import defaultdict
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from itertools import combinations
from zoneinfo import ZoneInfo

from scheduling.domain.hours import ClockSpan, WeeklyHours
from scheduling.domain.slots import (
    HostTimes,
    Limit,
    LimitPeriod,
    SlotRules,
    merged_windows,
    open_slots,
)
from tests.support import brute_force

ZONES = (files("tzdata") / "zones").read_text().split()
FIRST, LAST = date(2026, 1, 1), date(2031, 1, 1)
ONE_DAY = 24 * 3600
QUIET = brute_force.midnight_utc(date(2026, 6, 15))
"""Looked at where clocks never change."""

LENGTHS = [
    SlotRules(duration=1800, interval=1800),
    SlotRules(duration=3600, interval=900),
    SlotRules(duration=6300, interval=3000),
]
ONE_A_DAY = SlotRules(
    duration=1800, interval=1800, horizon_days=1, limits=(Limit(LimitPeriod.DAY, 1),)
)


@cache
def zones_alike() -> list[tuple[list[str], list[int]]]:
    """Return zones whose clocks always agree, with the instants at which these change.

    Brute force has to judge only one of them.
    """
    groups: dict[object, list[str]] = defaultdict(list)
    instants: dict[object, list[int]] = {}
    for name in ZONES:
        zone = ZoneInfo(name)
        changes = brute_force.clock_changes(zone, FIRST, LAST)
        offsets = tuple(
            (instant, brute_force.offset_at(instant, zone))
            for instant in [brute_force.midnight_utc(FIRST), *changes]
        )
        groups[offsets].append(name)
        instants[offsets] = changes or [QUIET]
    return [(names, instants[offsets]) for offsets, names in groups.items()]


def spans_around(change: int, time_zone: str) -> list[ClockSpan]:
    """Return spans that begin or end before, at, in and after what clocks skip or repeat."""
    zone = ZoneInfo(time_zone)
    before = datetime.fromtimestamp(change - brute_force.STEP, zone)
    shift = brute_force.offset_at(change, zone) - before.utcoffset()
    length = abs(int(shift.total_seconds())) // 60
    first = before.hour * 60 + before.minute + 5 + min(0, int(shift.total_seconds()) // 60)
    points = [first - 65, first, first + length // 10 * 5, first + length, first + length + 115]
    return [
        ClockSpan(opens % 1440, closes % 1440 or 1440)
        for opens, closes in combinations(sorted(set(points)), 2)
    ]


def open_daily(time_zone: str, span: ClockSpan) -> HostTimes:
    hours = WeeklyHours(time_zone, dict.fromkeys(range(1, 8), (span,)))
    return HostTimes("host", time_zone, hours)


def open_always(time_zone: str, booking: int) -> HostTimes:
    hours = WeeklyHours(time_zone, dict.fromkeys(range(1, 8), (ClockSpan(0, 1440),)))
    return HostTimes("host", time_zone, hours, page_bookings=[booking])


def test_every_zone_has_the_slots_that_brute_force_finds_around_each_change_of_its_clocks():
    differences = []

    for names, changes in zones_alike():
        for change in changes:
            within, now = (change - ONE_DAY, change + ONE_DAY), datetime.fromtimestamp(0, UTC)
            for span in spans_around(change, names[0]):
                host = open_daily(names[0], span)
                expected = (
                    brute_force.open_windows([host], within),
                    [brute_force.open_starts(rules, [host], 1, within, now) for rules in LENGTHS],
                )
                for name in names:
                    host = open_daily(name, span)
                    found = (
                        merged_windows(host, within),
                        [open_slots(rules, [host], 1, within, now) for rules in LENGTHS],
                    )
                    if found != expected:
                        differences.append((name, change, span))

    assert differences == []


def test_in_every_zone_dates_begin_where_brute_force_says():
    differences = []

    for names, changes in zones_alike():
        for change in changes:
            within = change - 2 * ONE_DAY, change + 2 * ONE_DAY
            now = datetime.fromtimestamp(change - ONE_DAY, UTC)
            host = open_always(names[0], change)
            expected = brute_force.open_starts(ONE_A_DAY, [host], 1, within, now)
            differences += [
                (name, change)
                for name in names
                if open_slots(ONE_A_DAY, [open_always(name, change)], 1, within, now) != expected
            ]

    assert differences == []


def test_no_zone_is_left_out():
    judged = [name for names, _changes in zones_alike() for name in names]

    assert sorted(judged) == sorted(ZONES)
    assert len(judged) > 590
