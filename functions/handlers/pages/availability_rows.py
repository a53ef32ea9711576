"""The availability form: lines of date, start and end on the clocks of one zone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import zip_longest
from typing import TYPE_CHECKING

from handlers.pages.forms import parsed_day, parsed_number
from scheduling.domain.refusals import FieldProblem, marked
from scheduling.domain.zones import instant, time_zone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handlers.pages.forms import Form
    from scheduling.domain.time_range import TimeRange

BLANK_ROWS = 3
"""How many empty lines somebody finds who has entered nothing yet."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the form, as typed."""

    date: str = ""
    """As `<input type=date>` sends it: `2026-12-01`."""
    start: str = ""
    """As `<input type=time>` sends it: `09:30`."""
    end: str = ""
    """`00:00` is the end of the day."""

    @property
    def is_blank(self) -> bool:
        return not (self.date or self.start or self.end)


@dataclass(frozen=True, slots=True)
class Entered:
    """What the lines mean."""

    windows: tuple[tuple[datetime, datetime], ...]
    """Start and end of each line that could be read, in UTC."""
    positions: tuple[int, ...]
    """The line that each of `windows` stands in."""
    problems: tuple[FieldProblem, ...]
    """What could not be read, as `rows.<line>.<date, start or end>`."""

    def at_rows(self, problems: Sequence[FieldProblem]) -> list[FieldProblem]:
        """Return problems that name a window as ones that name the line it stands in."""
        return [self._at_row(problem) for problem in problems]

    def _at_row(self, problem: FieldProblem) -> FieldProblem:
        match problem.field.split("."):
            case ["windows", position, end]:
                return replace(problem, field=f"rows.{self.positions[int(position)]}.{end}")
        return problem


def rows_of(form: Form) -> list[Row]:
    """Return the lines of a form, blank ones included."""
    columns = (form.every("date"), form.every("start"), form.every("end"))
    return [Row(*(typed.strip() for typed in line)) for line in zip_longest(*columns, fillvalue="")]


def rows_for(windows: Sequence[TimeRange], zone_name: str) -> list[Row]:
    """Return the lines that show `windows` on the clocks of a zone, one or more for each.

    A window over midnight is one line for each day; saving makes them one again.
    """
    zone = time_zone(zone_name) or UTC
    rows = []
    for window in windows:
        start, end = window.start.astimezone(zone), window.end.astimezone(zone)
        opens = start.replace(tzinfo=None)
        closes = end.replace(tzinfo=None)
        while opens < closes:
            midnight = datetime.combine(opens.date() + timedelta(days=1), time())
            until = min(closes, midnight)
            rows.append(Row(f"{opens:%Y-%m-%d}", f"{opens:%H:%M}", f"{until:%H:%M}"))
            opens = until
    return rows


def entered(rows: Sequence[Row], zone_name: str) -> Entered:
    """Return what the lines mean on the clocks of a zone; blank lines mean nothing.

    An unknown zone reads as UTC here: refusing it is the use case's business.
    """
    zone = time_zone(zone_name) or time_zone("UTC")
    windows, positions, problems = [], [], []
    for position, row in enumerate(rows):
        if row.is_blank:
            continue
        day, start, end = parsed_day(row.date), _clock(row.start), _clock(row.end)
        for name, read in (("date", day), ("start", start), ("end", end)):
            if read is None:
                message = (
                    marked("Please choose a day, like 2026-12-01.")
                    if name == "date"
                    else marked("Please enter a time, like 09:30.")
                )
                code = "unreadable" if getattr(row, name) else "missing"
                problems.append(FieldProblem(f"rows.{position}.{name}", code, message))
        if day is not None and start is not None and end is not None and zone is not None:
            closing_day = day + timedelta(days=1) if end == time() else day
            windows.append((instant(day, start, zone), instant(closing_day, end, zone)))
            positions.append(position)
    return Entered(tuple(windows), tuple(positions), tuple(problems))


def changed_rows(rows: Sequence[Row], action: str) -> list[Row]:
    """Return the lines after a press on `add`, `remove-<line>` or `copy-<line>`.

    A copy is the same time on the next day, below. Any other action changes nothing.
    """
    verb, _, line = action.partition("-")
    position = parsed_number(line)
    if verb == "add":
        return [*rows, Row()]
    if position is None or position >= len(rows):
        return list(rows)
    before, chosen, after = rows[:position], rows[position], rows[position + 1 :]
    if verb == "remove":
        return [*before, *after]
    if verb == "copy":
        return [*before, chosen, _on_next_day(chosen), *after]
    return list(rows)


def _on_next_day(row: Row) -> Row:
    day = parsed_day(row.date)
    return replace(row, date="" if day is None else f"{day + timedelta(days=1):%Y-%m-%d}")


def _clock(typed: str) -> time | None:
    try:
        return datetime.strptime(typed, "%H:%M").time()  # noqa: DTZ007 - a clock, no instant
    except ValueError:
        return None
