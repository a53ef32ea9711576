"""How long slots take to compute, beside the least that plain integers need.

The floor is what nobody gets around: merge what is busy and walk the grid, in windows that are
instants already. Ours begins with weekly hours, which it has to turn into instants, and with busy
blocks that have buffers and sources. It is warm: it remembers how far dates are ahead of UTC.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from itertools import chain
from statistics import median
from time import process_time
from typing import TYPE_CHECKING

from scheduling.domain.hours import ClockSpan, WeeklyHours
from scheduling.domain.slots import BusyBlock, HostTimes, SlotRules, merged_windows, open_slots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from scheduling.domain.slots import Span

ROUNDS = 15
ROUND_SECONDS = 0.01
BUDGET = 3.0
"""The most that slots may take, as a multiple of the floor."""

MAX_GROWTH = 2.5
"""The most that twice the days and busy blocks may take, as a multiple: 2, and some noise."""

DAY = 24 * 60 * 60
HALF_HOUR = 30 * 60
NOW = datetime(2026, 9, 28, tzinfo=UTC)
"""A Monday. The clocks change in the sixty days from here."""

RULES = SlotRules(duration=HALF_HOUR, interval=HALF_HOUR)
HOURS = WeeklyHours(
    "America/New_York", {weekday: (ClockSpan(9 * 60, 17 * 60),) for weekday in range(1, 8)}
)


@dataclass(frozen=True, slots=True)
class Case:
    """A page, and for how long it is asked."""

    hosts: int
    needed: int
    days: int
    busy: int
    """Blocks of all hosts together."""

    @property
    def name(self) -> str:
        who = "1 host" if self.hosts == 1 else f"{self.hosts} hosts, {self.asked}"
        return f"{who}, {self.days} days, {self.busy:,} busy"

    @property
    def asked(self) -> str:
        return "all" if self.needed == self.hosts else "any"

    @property
    def within(self) -> Span:
        start = int(NOW.timestamp())
        return start, start + self.days * DAY

    def doubled(self) -> Case:
        return Case(self.hosts, self.needed, 2 * self.days, 2 * self.busy)

    def host_times(self) -> list[HostTimes]:
        return [
            HostTimes(str(host), HOURS.time_zone, HOURS, self._busy_of(host))
            for host in range(self.hosts)
        ]

    def _busy_of(self, host: int) -> list[BusyBlock]:
        """Return 20-minute blocks at all times of day, sorted, as a table keeps them."""
        count = self.busy // self.hosts
        step = self.days * DAY // max(count, 1)
        first = self.within[0] + host * HALF_HOUR
        return [
            BusyBlock(first + number * step, first + number * step + 20 * 60)
            for number in range(count)
        ]


CASES = (
    Case(hosts=1, needed=1, days=7, busy=0),
    Case(hosts=1, needed=1, days=60, busy=400),
    Case(hosts=10, needed=1, days=60, busy=4_000),
    Case(hosts=10, needed=10, days=60, busy=400),
)


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds."""

    case: Case
    ours: float
    floor: float
    doubled: float
    """Ours, for twice the days and busy blocks."""

    @property
    def ratio(self) -> float:
        return self.ours / self.floor

    @property
    def growth(self) -> float:
        return self.doubled / self.ours

    @property
    def is_within_budget(self) -> bool:
        return self.ratio <= BUDGET and self.growth <= MAX_GROWTH


def measure() -> list[Timing]:
    """Time each case, its floor, and twice the case, as the medians of several rounds in turns."""
    return [measured(case) for case in CASES]


def measured(case: Case) -> Timing:
    """Time one case.

    Raises:
        SystemExit: The floor finds other slots than we do, so that the two cannot be compared.
    """
    hosts, twice, twice_hosts = case.host_times(), case.doubled(), case.doubled().host_times()
    windows = [merged_windows(host, case.within) for host in hosts]
    busy = [[(block.start, block.end) for block in host.busy] for host in hosts]

    def ours() -> list[int]:
        return open_slots(RULES, hosts, case.needed, case.within, NOW)

    def floor() -> list[int]:
        return floor_any(windows, busy) if case.asked == "any" else floor_all(windows, busy)

    def doubled() -> list[int]:
        return open_slots(RULES, twice_hosts, twice.needed, twice.within, NOW)

    if ours() != floor():
        raise SystemExit(f"The floor finds other slots: {case.name}")
    rounds = [[milliseconds(each) for each in (ours, floor, doubled)] for _ in range(ROUNDS)]
    return Timing(case, *(median(times) for times in zip(*rounds, strict=True)))


def milliseconds(call: Callable[[], object]) -> float:
    """Return how long a call takes, as the mean of as many as fit into a round."""
    calls, start = 0, process_time()
    while (elapsed := process_time() - start) < ROUND_SECONDS:
        call()
        calls += 1
    return 1000 * elapsed / calls


def floor_any(windows: Sequence[Sequence[Span]], busy: Sequence[Iterable[Span]]) -> list[int]:
    """Return the starts at which at least one host is free."""
    free = Counter(chain.from_iterable(map(sweep, windows, busy)))
    return sorted(free)


def floor_all(windows: Sequence[Sequence[Span]], busy: Sequence[Iterable[Span]]) -> list[int]:
    """Return the starts at which all hosts are free."""
    windows_of_all = reduce(shared, windows)
    return sweep(windows_of_all, chain.from_iterable(busy))


def shared(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """Return what two hosts' windows have in common."""
    found = []
    ours = theirs = 0
    while ours < len(one) and theirs < len(other):
        start, end = one[ours]
        other_start, other_end = other[theirs]
        if max(start, other_start) < min(end, other_end):
            found.append((max(start, other_start), min(end, other_end)))
        if end < other_end:
            ours += 1
        else:
            theirs += 1
    return found


def sweep(windows: Iterable[Span], busy: Iterable[Span]) -> list[int]:
    """Return the starts on the grid of each window at which nothing is busy."""
    taken: list[Span] = []
    latest = 0
    for start, end in sorted(busy):
        if start > latest:
            taken.append((start, end))
            latest = end
        elif end > latest:
            taken[-1] = taken[-1][0], end
            latest = end
    blocks = iter(taken)
    never = 2**62, 2**62
    block_start, block_end = next(blocks, never)
    starts = []
    for opens, closes in windows:
        for start in range(opens, closes - RULES.duration + 1, RULES.interval):
            while block_end <= start:
                block_start, block_end = next(blocks, never)
            if start + RULES.duration <= block_start:
                starts.append(start)
    return starts


def table(timings: Sequence[Timing]) -> str:
    """Lay out the timings for a terminal."""
    head = (
        f"{'slots':<36} {'ours ms':>8} {'floor ms':>9} {'ratio':>6} {'budget':>7} {'x 2 days':>9}"
    )
    body = [
        f"{timing.case.name:<36} {timing.ours:>8.3f} {timing.floor:>9.3f} {timing.ratio:>6.2f} "
        f"{BUDGET:>7.2f} {timing.growth:>9.2f}  {'within' if timing.is_within_budget else 'OVER'}"
        for timing in timings
    ]
    return "\n".join([head, *body])
