"""Check slots against cases in JSON: `python -m scheduling.conformance FILE…`, from `functions/`.

Parley's own cases are in `tests/conformance/`, with a description of their form.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import reduce
from itertools import chain
from math import ceil, floor
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveInt,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from scheduling.domain.hours import (
    ClockSpan,
    DateOverride,
    DateSpan,
    Travel,
    WeeklyHours,
    intersection,
    merged,
)
from scheduling.domain.slots import (
    BufferRule,
    BusyBlock,
    HostTimes,
    Limit,
    LimitPeriod,
    SlotRules,
    Span,
    merged_windows,
    open_slots,
)
from scheduling.domain.zones import time_zone


def _known_zone(name: str) -> str:
    if time_zone(name) is None:
        raise PydanticCustomError("unknown_time_zone", "There is no time zone of this name")
    return name


type ZoneName = Annotated[str, AfterValidator(_known_zone)]
type ClockStart = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
type ClockEnd = Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]


class Form(BaseModel):
    """A part of a case's input."""

    # A misspelled setting would otherwise pass unnoticed.
    model_config = ConfigDict(extra="forbid", frozen=True)


class ClockSpanForm(Form):
    start: ClockStart
    end: ClockEnd

    def clock_span(self) -> ClockSpan:
        return ClockSpan(_minutes(self.start), _minutes(self.end))


class WeekdayForm(ClockSpanForm):
    weekday: Annotated[int, Field(ge=1, le=7)]


class OverrideForm(Form):
    day: Annotated[date, Field(alias="date")]
    intervals: tuple[ClockSpanForm, ...]


class DatesForm(Form):
    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]

    def dates(self) -> DateSpan:
        return DateSpan(self.first, self.last)


class TravelForm(DatesForm):
    time_zone: ZoneName


class SpanForm(Form):
    start: AwareDatetime
    end: AwareDatetime

    def span(self) -> Span:
        return floor(self.start.timestamp()), ceil(self.end.timestamp())


class BusyForm(SpanForm):
    buffer_before_minutes: NonNegativeInt = 0
    buffer_after_minutes: NonNegativeInt = 0

    def busy_block(self) -> BusyBlock:
        return BusyBlock(
            *self.span(), 60 * self.buffer_before_minutes, 60 * self.buffer_after_minutes
        )


class LimitForm(Form):
    per: LimitPeriod
    count: NonNegativeInt

    def limit(self) -> Limit:
        return Limit(self.per, self.count)


class HostForm(Form):
    """One host."""

    time_zone: ZoneName | None = None
    """That of the case where None."""
    weekly_hours: tuple[WeekdayForm, ...] = ()
    date_overrides: tuple[OverrideForm, ...] = ()
    out_of_office: tuple[date, ...] = ()
    travel: tuple[TravelForm, ...] = ()
    windows: tuple[SpanForm, ...] | None = None
    """Of an external member, who has no weekly hours."""
    busy: tuple[BusyForm, ...] = ()
    bookings: tuple[SpanForm, ...] = ()
    """What limits count; the time that they take is in `busy`."""
    limits: tuple[LimitForm, ...] = ()
    """The host's own; at the top of a case, those of the page."""

    def hours(self, zone: str) -> WeeklyHours | tuple[Span, ...]:
        if self.windows is not None:
            return tuple(window.span() for window in self.windows)
        return WeeklyHours(
            time_zone=zone,
            weekdays={
                weekday: tuple(
                    each.clock_span() for each in self.weekly_hours if each.weekday == weekday
                )
                for weekday in range(1, 8)
            },
            overrides=tuple(
                DateOverride(each.day, tuple(span.clock_span() for span in each.intervals))
                for each in self.date_overrides
            ),
            out_of_office=tuple(DateSpan(day, day) for day in self.out_of_office),
            travel=tuple(Travel(each.dates(), each.time_zone) for each in self.travel),
        )

    def host_times(self, page_zone: str, page_bookings: Sequence[int]) -> HostTimes:
        zone = self.time_zone or page_zone
        return HostTimes(
            host_id="",
            time_zone=zone,
            hours=self.hours(zone),
            busy=tuple(each.busy_block() for each in self.busy),
            page_bookings=(*page_bookings, *self.starts()),
            bookings=self.starts(),
            limits=tuple(each.limit() for each in self.limits),
        )

    def starts(self) -> tuple[int, ...]:
        return tuple(booking.span()[0] for booking in self.bookings)


class AnyForm(Form):
    any: PositiveInt
    """How many of the participants have to be free."""


class InputForm(HostForm):
    """The page, the times asked for, and the host where there is only one."""

    time_zone: ZoneName
    hosts: Literal["all", "any"] | AnyForm = "all"
    participants: tuple[HostForm, ...] = ()
    duration_minutes: PositiveInt
    interval_minutes: PositiveInt | None = None
    """As long as the meeting where None."""
    minimum_notice_minutes: NonNegativeInt = 0
    buffer_before_minutes: NonNegativeInt = 0
    buffer_after_minutes: NonNegativeInt = 0
    buffer_rule: BufferRule = BufferRule.SUM
    horizon_days: NonNegativeInt | None = None
    horizon_dates: DatesForm | None = None
    range_start: AwareDatetime
    range_end: AwareDatetime
    now: AwareDatetime

    def rules(self) -> SlotRules:
        return SlotRules(
            duration=60 * self.duration_minutes,
            interval=60 * (self.interval_minutes or self.duration_minutes),
            minimum_notice=60 * self.minimum_notice_minutes,
            buffer_before=60 * self.buffer_before_minutes,
            buffer_after=60 * self.buffer_after_minutes,
            buffer_rule=self.buffer_rule,
            horizon_days=self.horizon_days,
            horizon_dates=self.horizon_dates.dates() if self.horizon_dates else None,
            limits=tuple(each.limit() for each in self.limits),
        )

    def times_of_hosts(self) -> list[HostTimes]:
        # Of limits and bookings, those at the top of a case are the page's.
        alone = self.model_copy(update={"limits": (), "bookings": ()})
        participants = self.participants or (alone,)
        return [
            host.host_times(self.time_zone, page_bookings=self.starts()) for host in participants
        ]

    def needed(self) -> int:
        match self.hosts:
            case AnyForm(any=needed):
                return needed
            case "any":
                return 1
            case "all":
                return max(1, len(self.participants))

    def within(self) -> Span:
        return ceil(self.range_start.timestamp()), ceil(self.range_end.timestamp())


class Case(BaseModel):
    """What anyone may write; what else it holds, such as a `note`, is for people."""

    id: str
    input: InputForm
    expected: tuple[AwareDatetime, ...] | None = None
    """The starts of the open slots in the range."""
    expected_windows: tuple[tuple[AwareDatetime, AwareDatetime], ...] | None = None
    """When the hosts can be booked, cut to the range."""

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        if self.expected is None and self.expected_windows is None:
            raise PydanticCustomError("expects_nothing", "It has no slots or windows to expect")
        return self

    def differences(self) -> Iterator[str]:
        """Yield what is expected and not so, in words."""
        hosts, needed, within = (
            self.input.times_of_hosts(),
            self.input.needed(),
            self.input.within(),
        )
        if self.expected is not None:
            starts = open_slots(self.input.rules(), hosts, needed, within, self.input.now)
            yield from _difference("slots", self.expected, starts)
        if self.expected_windows is not None:
            windows = _shared_windows(hosts, needed, within)
            yield from _difference(
                "windows",
                chain.from_iterable(self.expected_windows),
                chain.from_iterable(windows),
            )


def problems_of(case: object) -> list[str]:
    """Return what is wrong with a case, or differs from what it expects; nothing if it passes.

    Args:
        case: As read from JSON.
    """
    try:
        return list(Case.model_validate(case).differences())
    except ValidationError as malformed:
        return [
            ": ".join(["malformed", ".".join(map(str, problem["loc"])) or "case", problem["msg"]])
            for problem in malformed.errors()
        ]


def cases_in(path: Path) -> list[Any]:
    """Return the cases in a file, which holds a list of them or just one.

    Raises:
        OSError: The file cannot be read.
        ValueError: It does not hold JSON.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    return content if isinstance(content, list) else [content]


def main(paths: Sequence[Path]) -> int:
    """Check the cases in all files, print those that differ, and return the exit status."""
    passed = failed = 0
    for path in paths:
        try:
            cases = cases_in(path)
        except (OSError, ValueError) as unreadable:
            sys.stdout.write(f"{path}: {unreadable}\n")
            failed += 1
            continue
        for position, case in enumerate(cases, start=1):
            problems = problems_of(case)
            name = case.get("id", "") if isinstance(case, dict) else ""
            sys.stdout.writelines(
                f"{name or f'{path}, case {position}'}: {each}\n" for each in problems
            )
            passed, failed = (passed, failed + 1) if problems else (passed + 1, failed)
    sys.stdout.write(f"{passed} passed, {failed} failed\n")
    return 1 if failed else 0


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return 60 * int(hours) + int(minutes)


def _difference(what: str, expected: Iterable[datetime], found: Iterable[int]) -> Iterator[str]:
    is_expected = _listed(expected)
    is_found = _listed(datetime.fromtimestamp(seconds, UTC) for seconds in found)
    if is_found != is_expected:
        yield f"{what}: expected {is_expected}; got {is_found}"


def _listed(instants: Iterable[datetime]) -> str:
    in_utc = (instant.astimezone(UTC).isoformat() for instant in instants)
    return " ".join(text.replace("+00:00", "Z") for text in in_utc) or "none"


def _shared_windows(hosts: Sequence[HostTimes], needed: int, within: Span) -> list[Span]:
    """Return when all hosts can be booked where all are needed, otherwise when any can."""
    windows = [merged_windows(host, within) for host in hosts]
    if needed < len(hosts):
        return merged(chain.from_iterable(windows))
    return reduce(intersection, windows)


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m scheduling.conformance", description="Check slots.")
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="cases in JSON")
    sys.exit(main(parser.parse_args().files))
