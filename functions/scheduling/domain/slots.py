"""Which slots are open, and why one is not: the same judgement for list, book and explain.

Instants are whole seconds since 1970 in UTC, spans half-open. This module and what it imports
stay free of pydantic, so that the function which lists slots starts fast.
"""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import reduce
from itertools import chain, compress
from math import ceil, floor
from operator import itemgetter
from typing import TYPE_CHECKING, Literal, NamedTuple

from scheduling.domain.hours import (
    HostDates,
    Span,
    WeeklyHours,
    intersection,
    merged,
    windows_by_date,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date, datetime

    from scheduling.domain.hours import DateSpan
    from scheduling.domain.time_range import TimeRange

__all__ = [
    "BufferRule",
    "BusyBlock",
    "BusySource",
    "Explanation",
    "HostTimes",
    "Limit",
    "LimitPeriod",
    "SlotRules",
    "Span",
    "Verdict",
    "explain",
    "free_hosts",
    "merged_windows",
    "open_slots",
    "span_of",
]

_DAY = timedelta(days=1)
_PAST, _FUTURE = -(2**62), 2**62
"""Earlier and later than every instant."""


class BufferRule(StrEnum):
    """How the buffers of two neighbors combine."""

    SUM = "sum"
    """Both fit between the two meetings."""
    MAX = "max"
    """The larger one fits between the two meetings."""


class LimitPeriod(StrEnum):
    """A period in the host's local time."""

    DAY = "day"
    WEEK = "week"
    """From Monday."""
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Limit:
    """How many bookings may start in each period."""

    per: LimitPeriod
    count: int


class BusySource(StrEnum):
    """Where a busy block comes from."""

    BOOKING = "booking"
    """Ours, confirmed or waiting for approval."""
    HOLD = "hold"
    """Of a guest who is filling in the form."""
    CALENDAR = "calendar"


class BusyBlock(NamedTuple):
    """A time at which a host cannot be booked."""

    start: int
    end: int
    before: int = 0
    """The buffer that its own meeting needs before it, in seconds; `after` likewise."""
    after: int = 0
    source: BusySource = BusySource.CALENDAR
    reference: str = ""
    """What names it at its source, such as the id of a booking."""


@dataclass(frozen=True, slots=True)
class SlotRules:
    """How slots are cut out of the hosts' times; lengths of time in seconds."""

    duration: int
    interval: int
    """From one start to the next."""
    minimum_notice: int = 0
    buffer_before: int = 0
    buffer_after: int = 0
    buffer_rule: BufferRule = BufferRule.SUM
    horizon_days: int | None = None
    """The last host-local date on which a slot may start, counted from today, which is 0."""
    horizon_dates: DateSpan | None = None
    """The host-local dates on which a slot may start."""
    limits: tuple[Limit, ...] = ()
    """On the bookings of the page with each host."""


@dataclass(frozen=True, slots=True)
class HostTimes:
    """One host, as far as slots depend on them."""

    host_id: str
    time_zone: str
    """In which the host's dates begin, apart from travel."""
    hours: WeeklyHours | tuple[Span, ...]
    """Weekly hours, or the windows of an external member."""
    busy: Sequence[BusyBlock] = ()
    """In any order."""
    page_bookings: Sequence[int] = ()
    """The starts that count for the page's limits."""
    bookings: Sequence[int] = ()
    """The starts that count for the host's own limits."""
    limits: tuple[Limit, ...] = ()
    """The host's own."""

    @property
    def dates(self) -> HostDates:
        """What divides time into the host's days, weeks and months."""
        travel = self.hours.travel if isinstance(self.hours, WeeklyHours) else ()
        return HostDates(self.time_zone, travel)


class Verdict(StrEnum):
    """What became of a grid time: the first rule that it fails, in this order, or open."""

    OUTSIDE_HOURS = "outside_hours"
    CLOSED_BY_OVERRIDE = "closed_by_override"
    OUT_OF_OFFICE = "out_of_office"
    TOO_SOON = "too_soon"
    BEYOND_HORIZON = "beyond_horizon"
    BUSY = "busy"
    HELD = "held"
    BUFFER = "buffer"
    LIMIT = "limit"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict on one grid time, with what failed it."""

    start: int
    verdict: Verdict
    host_id: str = ""
    """Who fails: the first who does where all are needed, otherwise who comes furthest."""
    source: BusySource | None = None
    """What kind of busy block is in the way, and its reference."""
    reference: str = ""
    limit: Limit | None = None
    """The limit that has been reached."""


def span_of(time: TimeRange) -> Span:
    return int(time.start.timestamp()), int(time.end.timestamp())


type _Cause = Literal[Verdict.TOO_SOON, Verdict.BEYOND_HORIZON] | BusyBlock | Limit

type _Ban = tuple[Span, _Cause]
"""A span of starts that a rule forbids, and what makes it do so.

`open_slots` leaves out what is in any ban, `explain` names the bans that a start is in: that is
why the two agree.
"""


def open_slots(
    rules: SlotRules, hosts: Sequence[HostTimes], needed: int, within: Span, now: datetime
) -> list[int]:
    """Return the starts of the open slots that start within a span, soonest first.

    Args:
        needed: How many hosts have to be free for the whole of a slot. Where all of them have to,
            slots are cut out of the windows that they share. Otherwise each host has slots of
            their own, and a start that enough of them have is open.
    """
    teams = _teams(hosts, needed)
    starts_of_teams = [_open_to(team, rules, within, now) for team in teams]
    if len(teams) == 1:
        return starts_of_teams[0]
    free = Counter(chain.from_iterable(starts_of_teams))
    return sorted(start for start, count in free.items() if count >= needed)


def free_hosts(
    rules: SlotRules, hosts: Sequence[HostTimes], needed: int, start: int, now: datetime
) -> tuple[int, ...]:
    """Return the positions of the hosts who can take the slot that starts at `start`.

    Returns:
        At least `needed` of them; none where `open_slots` does not list the slot.
    """
    free: list[bool] = []
    for team in _teams(hosts, needed):
        free += [bool(_open_to(team, rules, (start, start + 1), now))] * len(team)
    found = tuple(compress(range(len(free)), free))
    return found if len(found) >= needed else ()


def explain(
    rules: SlotRules, hosts: Sequence[HostTimes], needed: int, within: Span, now: datetime
) -> list[Explanation]:
    """Return the verdict on each grid time within a span, soonest first.

    Grid times are those of the hosts' windows; those that weekly hours would have if no date were
    different; and, where neither has room for a slot, those of a grid that begins at midnight.
    Where too few hosts are free, the verdict is on the one of the others who comes furthest.
    """
    teams = [_Team.of(team, rules, within, now) for team in _teams(hosts, needed)]
    enough = 1 if len(teams) == 1 else needed
    explanations = []
    for start in _times_to_explain(teams):
        verdicts = [team.explanation(start) for team in teams]
        failures = [each for each in verdicts if each.verdict is not Verdict.OPEN]
        is_open = len(verdicts) - len(failures) >= enough
        explanations.append(
            Explanation(start, Verdict.OPEN) if is_open else max(failures, key=_progress)
        )
    return explanations


def merged_windows(host: HostTimes, within: Span) -> list[Span]:
    """Return when a host can be booked within a span, sorted and apart from each other."""
    return intersection(merged(_windows(host.hours, within)), [within])


def _teams(hosts: Sequence[HostTimes], needed: int) -> list[Sequence[HostTimes]]:
    """Return who is judged together: everyone where all are needed, otherwise each alone."""
    if not hosts or needed > len(hosts):
        return []
    return [hosts] if needed == len(hosts) else [[host] for host in hosts]


def _open_to(team: Sequence[HostTimes], rules: SlotRules, within: Span, now: datetime) -> list[int]:
    """Return the starts within a span at which everyone in a team is free, soonest first."""
    grid = _grid([host.hours for host in team], rules, within)
    bans = (ban for host in team for ban, _ in _bans(host, rules, now))
    return _starts(grid, within, bans)


def _windows(hours: WeeklyHours | tuple[Span, ...], within: Span) -> list[Span]:
    """Return all windows that reach into a span, sorted by start, each with a grid of its own."""
    return windows_by_date(hours, within) if isinstance(hours, WeeklyHours) else merged(hours)


def _grid(
    hours: Iterable[WeeklyHours | tuple[Span, ...]], rules: SlotRules, within: Span
) -> list[range]:
    """Return the grid times of the windows that a team shares, within a span and around it."""
    reach = within[0], within[1] + rules.duration
    windows = reduce(intersection, (_windows(each, reach) for each in hours))
    grid = []
    # A slot may end in another window than the one it starts in, if the two touch.
    rooms = iter(merged(windows))
    room_end = _PAST
    for start, end in windows:
        while room_end <= start:
            room_end = next(rooms)[1]
        grid.append(range(start, min(end, room_end - rules.duration + 1), rules.interval))
    return grid


def _starts(grid: Iterable[range], within: Span, bans: Iterable[Span] = ()) -> list[int]:
    """Return the grid times within a span that are in no ban, sorted."""
    forbidden = merged([(_PAST, within[0]), *bans, (within[1], _FUTURE)])
    ends = [end for _, end in forbidden]
    starts: list[int] = []
    is_sorted = True
    for times in grid:
        time, interval = times.start, times.step
        if starts and time <= starts[-1]:
            # A window that crosses midnight reaches into the next date's.
            is_sorted = False
        position = bisect_right(ends, time)
        while time < times.stop:
            ban_start, ban_end = forbidden[position]
            if time < ban_start:
                free = range(time, min(ban_start, times.stop), interval)
                starts += free
                time += len(free) * interval
            if time < ban_end:
                time += -((time - ban_end) // interval) * interval
            position += 1
    return starts if is_sorted else sorted(set(starts))


def _bans(host: HostTimes, rules: SlotRules, now: datetime) -> list[_Ban]:
    """Return what the rules forbid a host, apart from hours."""
    earliest = ceil(now.timestamp()) + rules.minimum_notice
    bans: list[_Ban] = [((_PAST, earliest), Verdict.TOO_SOON)]
    bans += _beyond_horizon(host, rules, now)
    bans += _around_busy_blocks(host, rules)
    for limit in rules.limits:
        bans += _at_limit(limit, host.page_bookings, host.dates)
    for limit in host.limits:
        bans += _at_limit(limit, host.bookings, host.dates)
    return bans


def _beyond_horizon(host: HostTimes, rules: SlotRules, now: datetime) -> Iterator[_Ban]:
    dates = host.dates
    if rules.horizon_days is not None:
        last = dates.date_of(floor(now.timestamp())) + rules.horizon_days * _DAY
        yield (dates.start_of(last + _DAY), _FUTURE), Verdict.BEYOND_HORIZON
    if rules.horizon_dates is not None:
        first, last = rules.horizon_dates.first, rules.horizon_dates.last
        yield (_PAST, dates.start_of(first)), Verdict.BEYOND_HORIZON
        yield (dates.start_of(last + _DAY), _FUTURE), Verdict.BEYOND_HORIZON


def _around_busy_blocks(host: HostTimes, rules: SlotRules) -> Iterator[_Ban]:
    gap: Callable[[int, int], int] = max if rules.buffer_rule is BufferRule.MAX else operator.add
    buffer_before, buffer_after = rules.buffer_before, rules.buffer_after
    # A slot that starts a whole duration before a block, or before the gap to it, is apart from it.
    length = rules.duration - 1
    for block in host.busy:
        start, end, before, after, _source, _reference = block
        if start < end:
            earliest = start - gap(buffer_after, before) - length
            yield (earliest, end + gap(after, buffer_before)), block


def _at_limit(limit: Limit, bookings: Iterable[int], dates: HostDates) -> Iterator[_Ban]:
    """Yield the periods that have as many bookings as they may have."""
    if limit.count == 0:
        yield (_PAST, _FUTURE), limit
    counts = Counter(_period(limit.per, dates.date_of(start)) for start in bookings)
    for (first, next_first), count in counts.items():
        if count >= limit.count:
            yield (dates.start_of(first), dates.start_of(next_first)), limit


def _period(per: LimitPeriod, day: date) -> tuple[date, date]:
    """Return the first date of the period that `day` is in, and that of the next period."""
    match per:
        case LimitPeriod.DAY:
            return day, day + _DAY
        case LimitPeriod.WEEK:
            monday = day - day.weekday() * _DAY
            return monday, monday + 7 * _DAY
        case LimitPeriod.MONTH:
            first = day.replace(day=1)
            return first, (first + 31 * _DAY).replace(day=1)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A host, with what it takes to say why they cannot take a slot."""

    host: HostTimes
    rooms: Sequence[Span]
    """What the host's windows come to: a slot has to fit into one."""
    plain_rooms: Sequence[Span]
    """What they would come to if no date were different."""
    bans: Sequence[_Ban]

    @classmethod
    def of(cls, host: HostTimes, rules: SlotRules, within: Span, now: datetime) -> _Candidate:
        reach = within[0], within[1] + rules.duration
        return cls(
            host,
            merged(_windows(host.hours, reach)),
            merged(_windows(_plain(host.hours), reach)),
            sorted(_bans(host, rules, now), key=itemgetter(0)),
        )

    def failures(self, slot: Span) -> Iterator[Explanation]:
        """Yield each rule by which the host cannot take a slot."""
        start, host_id = slot[0], self.host.host_id
        if not _fits(slot, self.rooms):
            yield Explanation(start, self._hours_verdict(slot), host_id)
        for (ban_start, ban_end), cause in self.bans:
            if not ban_start <= start < ban_end:
                continue
            if isinstance(cause, BusyBlock):
                verdict = _busy_verdict(slot, cause)
                yield Explanation(start, verdict, host_id, cause.source, cause.reference)
            elif isinstance(cause, Limit):
                yield Explanation(start, Verdict.LIMIT, host_id, limit=cause)
            else:
                yield Explanation(start, cause, host_id)

    def _hours_verdict(self, slot: Span) -> Verdict:
        hours = self.host.hours
        if isinstance(hours, WeeklyHours) and _fits(slot, self.plain_rooms):
            dates = HostDates(hours.time_zone, hours.travel)
            first, last = dates.date_of(slot[0]), dates.date_of(slot[1] - 1)
            # What has crossed midnight belongs to the date before.
            for day in (first, last, first - _DAY):
                if hours.is_out_of_office(day):
                    return Verdict.OUT_OF_OFFICE
                if hours.is_overridden(day):
                    return Verdict.CLOSED_BY_OVERRIDE
        return Verdict.OUTSIDE_HOURS


@dataclass(frozen=True, slots=True)
class _Team:
    """Hosts who are judged together, with what it takes to explain the verdict."""

    candidates: Sequence[_Candidate]
    duration: int
    times: frozenset[int]
    """On the grid of the windows that they share."""
    plain_times: frozenset[int]
    """On the grid of those that they would share if no date were different."""
    midnight_times: frozenset[int]
    """On a grid that begins at each midnight of each host."""

    @classmethod
    def of(cls, hosts: Sequence[HostTimes], rules: SlotRules, within: Span, now: datetime) -> _Team:
        grid = _grid([host.hours for host in hosts], rules, within)
        plain_grid = _grid([_plain(host.hours) for host in hosts], rules, within)
        days = [day for host in hosts for day in _days(host.dates, within, rules.interval)]
        return cls(
            [_Candidate.of(host, rules, within, now) for host in hosts],
            rules.duration,
            times=frozenset(_starts(grid, within)),
            plain_times=frozenset(_starts(plain_grid, within)),
            midnight_times=frozenset(_starts(days, within)),
        )

    def has_room(self, start: int) -> bool:
        slot = start, start + self.duration
        return all(_fits(slot, candidate.rooms) for candidate in self.candidates)

    def has_plain_room(self, start: int) -> bool:
        slot = start, start + self.duration
        return all(_fits(slot, candidate.plain_rooms) for candidate in self.candidates)

    def explanation(self, start: int) -> Explanation:
        slot = start, start + self.duration
        failures = [each for candidate in self.candidates for each in candidate.failures(slot)]
        if start not in self.times and self.has_room(start):
            # Another team has this time on its grid.
            failures.append(
                Explanation(start, Verdict.OUTSIDE_HOURS, self.candidates[0].host.host_id)
            )
        return min(failures, key=_progress, default=Explanation(start, Verdict.OPEN))


def _times_to_explain(teams: Sequence[_Team]) -> list[int]:
    """Return all times that a staff member may wonder about, soonest first."""
    times = {start for team in teams for start in team.times}
    times.update(
        start
        for each in teams
        for start in each.plain_times
        if not any(team.has_room(start) for team in teams)
    )
    times.update(
        start
        for each in teams
        for start in each.midnight_times
        if not any(team.has_room(start) or team.has_plain_room(start) for team in teams)
    )
    return sorted(times)


def _days(dates: HostDates, within: Span, interval: int) -> Iterator[range]:
    """Yield a grid of times for each date of a host that reaches into a span."""
    day = dates.date_of(within[0])
    while (start := dates.start_of(day)) < within[1]:
        day += _DAY
        yield range(start, dates.start_of(day), interval)


def _plain(hours: WeeklyHours | tuple[Span, ...]) -> WeeklyHours | tuple[Span, ...]:
    return hours.without_exceptions() if isinstance(hours, WeeklyHours) else hours


def _fits(slot: Span, rooms: Sequence[Span]) -> bool:
    """Tell whether a slot lies in one of the rooms, which are sorted and apart from each other."""
    position = bisect_right(rooms, slot[0], key=itemgetter(0)) - 1
    return position >= 0 and slot[1] <= rooms[position][1]


def _busy_verdict(slot: Span, block: BusyBlock) -> Verdict:
    """Return how a block keeps a slot from being open: by its time, or by buffers alone."""
    if slot[1] <= block.start or block.end <= slot[0]:
        return Verdict.BUFFER
    return Verdict.HELD if block.source is BusySource.HOLD else Verdict.BUSY


_ORDER = {verdict: position for position, verdict in enumerate(Verdict)}


def _progress(explanation: Explanation) -> int:
    """Return how many rules come before the one that failed."""
    return _ORDER[explanation.verdict]
