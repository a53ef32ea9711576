"""Short texts in which hours, dates, limits and lengths of time are stored."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from scheduling.domain.hours import ClockSpan, DateSpan, written_clock
from scheduling.domain.slots import Limit, LimitPeriod

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal


def written_spans(spans: Iterable[ClockSpan]) -> str:
    """Return `09:00-12:00 22:00-02:00`."""
    return " ".join(f"{written_clock(span.start)}-{written_clock(span.end)}" for span in spans)


def read_spans(text: str) -> tuple[ClockSpan, ...]:
    pairs = (span.split("-") for span in text.split())
    return tuple(ClockSpan(_minutes(start), _minutes(end)) for start, end in pairs)


def written_dates(dates: DateSpan) -> str:
    """Return `2026-12-24/2027-01-02`."""
    return f"{dates.first}/{dates.last}"


def read_dates(text: str) -> DateSpan:
    first, last = map(date.fromisoformat, text.split("/"))
    return DateSpan(first, last)


def written_limits(limits: Iterable[Limit]) -> list[str]:
    """Return `["3 per day", "10 per week"]`."""
    return [f"{limit.count} per {limit.per}" for limit in limits]


def read_limits(texts: Iterable[str]) -> tuple[Limit, ...]:
    pairs = (text.split(" per ") for text in texts)
    return tuple(Limit(LimitPeriod(per), int(count)) for count, per in pairs)


def seconds(length: timedelta) -> int:
    return int(length.total_seconds())


def length(stored: Decimal | int) -> timedelta:
    return timedelta(seconds=int(stored))


def _minutes(clock: str) -> int:
    hours, minutes = map(int, clock.split(":"))
    return 60 * hours + minutes
