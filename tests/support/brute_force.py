"""What the slot engine is judged by: the rules for slots, instant by instant, at any cost in time.

It shares nothing with the engine but the values that both are given, and never
turns wall clock into an instant: it walks the instants and reads what clocks show.
Hours, windows, durations and starts have to be multiples of `STEP`, which is
what booking pages allow; busy blocks and `now` may be anything.
"""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from scheduling.domain.hours import ClockSpan, WeeklyHours
from scheduling.domain.slots import BufferRule, LimitPeriod

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scheduling.domain.slots import BusyBlock, HostTimes, Limit, SlotRules, Span

STEP = 300
"""Seconds from one instant looked at to the next: clocks change by multiples of it, and at them."""

ONE_DAY = timedelta(days=1)

EASTERNMOST = timedelta(hours=15)
"""More than any zone is ahead of UTC; the most is 14 hours, Pacific/Kiritimati."""


def open_starts(
    rules: SlotRules, hosts: Sequence[HostTimes], needed: int, within: Span, now: datetime
) -> list[int]:
    """Return the starts within a span that the rules leave open, soonest first."""
    judged = [(host, open_steps(host, within)) for host in hosts]
    if needed == len(hosts):
        grid = grid_times(shared_windows(hosts, within), rules.interval)
        candidates = [(start, judged) for start in grid]
    else:
        grids = [
            grid_times(shared_windows([host], within), rules.interval) for host, _steps in judged
        ]
        candidates = [
            (start, [one for one, grid in zip(judged, grids, strict=True) if start in grid])
            for start in set().union(*grids)
        ]
    return sorted(
        start
        for start, asked in candidates
        if within[0] <= start < within[1]
        and sum(is_open(rules, host, steps, start, now) for host, steps in asked) >= needed
    )


def open_windows(hosts: Sequence[HostTimes], within: Span) -> list[Span]:
    """Return when every host is open within a span: sorted, apart from each other."""
    shared = set.intersection(*(open_steps(host, within) for host in hosts))
    return runs(step for step in shared if within[0] <= step < within[1])


def is_open(rules: SlotRules, host: HostTimes, steps: set[int], start: int, now: datetime) -> bool:
    """Tell whether a host who is open at `steps` can take the slot at a time of the grid."""
    return (
        all(step in steps for step in range(start, start + rules.duration, STEP))
        and datetime.fromtimestamp(start, UTC) >= now + timedelta(seconds=rules.minimum_notice)
        and is_within_horizon(rules, host, start, now)
        and all(keeps_apart(rules, block, start) for block in host.busy)
        and all(leaves_room(limit, host, host.page_bookings, start) for limit in rules.limits)
        and all(leaves_room(limit, host, host.bookings, start) for limit in host.limits)
    )


def is_within_horizon(rules: SlotRules, host: HostTimes, start: int, now: datetime) -> bool:
    day = host_date(host, start)
    if rules.horizon_days is not None:
        today = host_date(host, now.timestamp())
        if not today <= day <= today + rules.horizon_days * ONE_DAY:
            return False
    dates = rules.horizon_dates
    return dates is None or dates.first <= day <= dates.last


def keeps_apart(rules: SlotRules, block: BusyBlock, start: int) -> bool:
    """Tell whether the slot at `start` is far enough from a busy block, before or after it."""
    if block.start == block.end:
        return True  # It holds no instant.
    gap_after_block = start - block.end
    gap_before_block = block.start - (start + rules.duration)
    if rules.buffer_rule is BufferRule.SUM:
        return (
            gap_after_block >= block.after + rules.buffer_before
            or gap_before_block >= rules.buffer_after + block.before
        )
    return gap_after_block >= max(block.after, rules.buffer_before) or gap_before_block >= max(
        rules.buffer_after, block.before
    )


def leaves_room(limit: Limit, host: HostTimes, bookings: Iterable[int], start: int) -> bool:
    """Tell whether fewer bookings than the limit are in the period in which `start` is."""
    period = period_of(limit.per, host_date(host, start))
    same = [one for one in bookings if period_of(limit.per, host_date(host, one)) == period]
    return len(same) < limit.count


def period_of(per: LimitPeriod, day: date) -> date:
    """Return the first date of the day, week or month in which a date is."""
    while (per is LimitPeriod.WEEK and day.isoweekday() != 1) or (
        per is LimitPeriod.MONTH and day.day != 1
    ):
        day -= ONE_DAY
    return day


def host_date(host: HostTimes, instant: float) -> date:
    """Return a host's date: the last one that has begun in the zone in which they spend it."""
    day = datetime.fromtimestamp(instant, UTC).date() + 2 * ONE_DAY
    while datetime.fromtimestamp(instant, zone_of(host, day)).date() < day:
        day -= ONE_DAY
    return day


def zone_of(host: HostTimes, day: date) -> ZoneInfo:
    if isinstance(host.hours, WeeklyHours):
        return zone_on(host.hours, day)
    return ZoneInfo(host.time_zone)


def zone_on(hours: WeeklyHours, day: date) -> ZoneInfo:
    for travel in hours.travel:
        if travel.dates.first <= day <= travel.dates.last:
            return ZoneInfo(travel.time_zone)
    return ZoneInfo(hours.time_zone)


def grid_times(windows: Iterable[Span], interval: int) -> set[int]:
    """Return every start that windows have, each window with a grid of its own."""
    return {start for opens, closes in windows for start in range(opens, closes, interval)}


def shared_windows(hosts: Sequence[HostTimes], within: Span) -> list[Span]:
    """Return each stretch that one window of every host has in common.

    Those of different dates stay apart, even where they touch: each has its own grid.
    """
    shared, *others = (list(windows(host, within)) for host in hosts)
    for other in others:
        shared = [
            (max(one[0], two[0]), min(one[1], two[1]))
            for one in shared
            for two in other
            if max(one[0], two[0]) < min(one[1], two[1])
        ]
    return shared


def open_steps(host: HostTimes, within: Span) -> set[int]:
    """Return every instant looked at at which the host is open, from days before to days after."""
    return {step for opens, closes in windows(host, within) for step in range(opens, closes, STEP)}


def windows(host: HostTimes, within: Span) -> Iterator[Span]:
    """Yield the windows that can matter for a span, merged as far as they share one grid."""
    if not isinstance(host.hours, WeeklyHours):
        yield from runs(step for opens, closes in host.hours for step in range(opens, closes, STEP))
        return
    day = datetime.fromtimestamp(within[0], UTC).date() - 2 * ONE_DAY
    while day <= datetime.fromtimestamp(within[1], UTC).date() + 2 * ONE_DAY:
        yield from runs(
            step
            for clock_span in clock_spans_on(host.hours, day)
            for step in steps_of(host.hours, day, clock_span)
        )
        day += ONE_DAY


def clock_spans_on(hours: WeeklyHours, day: date) -> tuple[ClockSpan, ...]:
    """Return the spans that start on a date."""
    if is_out_of_office(hours, day):
        return ()
    for override in hours.overrides:
        if override.day == day:
            return override.spans
    return hours.weekdays.get(day.isoweekday(), ())


def steps_of(hours: WeeklyHours, day: date, clock_span: ClockSpan) -> range:
    """Return the instants of a span of wall clock that starts on a date."""
    midnight = datetime.combine(day, time())
    next_day = day + ONE_DAY
    opens = midnight + timedelta(minutes=clock_span.start)
    closes = midnight + timedelta(minutes=clock_span.end)
    if closes <= opens:
        closes += ONE_DAY
        if is_out_of_office(hours, next_day) or any(one.day == next_day for one in hours.overrides):
            closes = midnight + ONE_DAY
    zone = zone_on(hours, day)
    return range(first_showing(opens, zone), first_showing(closes, zone), STEP)


def is_out_of_office(hours: WeeklyHours, day: date) -> bool:
    return any(away.first <= day <= away.last for away in hours.out_of_office)


@cache
def first_showing(wall_clock: datetime, zone: ZoneInfo) -> int:
    """Return the first instant at which clocks in a zone show this time, or a later one."""
    instant = int((wall_clock - EASTERNMOST).replace(tzinfo=UTC).timestamp())
    while datetime.fromtimestamp(instant, zone).replace(tzinfo=None) < wall_clock:
        instant += STEP
    return instant


def clock_changes(zone: ZoneInfo, first: date, last: date) -> list[int]:
    """Return the instants at which clocks in a zone change, each for longer than six hours."""
    changes = []
    instants = range(midnight_utc(first), midnight_utc(last) + 1, 6 * 3600)
    for earlier, later in itertools.pairwise(instants):
        if offset_at(earlier, zone) != offset_at(later, zone):
            steps = itertools.pairwise(range(earlier, later + STEP, STEP))
            changes += [two for one, two in steps if offset_at(one, zone) != offset_at(two, zone)]
    return changes


def midnight_utc(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())


def offset_at(instant: int, zone: ZoneInfo) -> timedelta | None:
    """Return how far clocks in a zone are ahead of UTC."""
    return datetime.fromtimestamp(instant, zone).utcoffset()


def runs(steps: Iterable[int]) -> list[Span]:
    """Return the stretches of steps without a hole between them."""
    found: list[Span] = []
    for step in sorted(set(steps)):
        if found and found[-1][1] == step:
            found[-1] = (found[-1][0], step + STEP)
        else:
            found.append((step, step + STEP))
    return found
