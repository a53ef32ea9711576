"""Long forms: what their fields mean, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from handlers.pages.forms import parsed_day, parsed_number
from scheduling.domain.refusals import marked
from scheduling.domain.slots import Limit, LimitPeriod

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from handlers.pages.forms import Form
    from scheduling.domain.refusals import FieldProblem

UNITS: Mapping[str, timedelta] = {
    "days": timedelta(days=1),
    "hours": timedelta(hours=1),
    "minutes": timedelta(minutes=1),
}
"""The largest first."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something that cannot be accepted, and where it stands in the form."""

    field: str
    """The name of the form's field."""
    message: str
    """In English, in the catalogues."""
    line: int = 0
    """Of a field with several lines, from 1; 0 where the whole field is meant."""


class FormReading:
    """Reads fields one by one, remembers where each stands, and collects what cannot be read."""

    def __init__(self, form: Form) -> None:
        self.mistakes: list[Mistake] = []
        self._form = form
        self._lines: dict[str, Sequence[int]] = {}
        """Of each field that was read: the numbers of its lines, none where it has one only."""
        self._limits: tuple[Limit, ...] = ()
        self._rows: dict[str, list[int]] = {}
        """Of fields that are numbered: which of them were filled in."""

    def refuse(self, field: str, message: str, line: int = 0) -> None:
        self.mistakes.append(Mistake(field, message, line))

    def text(self, field: str) -> str:
        self._lines[field] = ()
        return self._form[field]

    def every(self, field: str) -> Sequence[str]:
        """Return the values of a field that stands in the form several times."""
        self._lines[field] = ()
        return self._form.every(field)

    def fill(self, field: str, position: int) -> None:
        """Remember that the numbered field at a position was filled in."""
        self._rows.setdefault(field, []).append(position)

    def lines(self, field: str) -> list[tuple[int, str]]:
        """Return the lines of a field with their numbers, from 1, without the blank ones."""
        lines = [
            (number, line.strip())
            for number, line in enumerate(self._form[field].splitlines(), start=1)
            if line.strip()
        ]
        self._lines[field] = [number for number, _ in lines]
        return lines

    def number(self, field: str, *, blank: int = 0) -> int:
        """Return a whole number; `blank` where nothing, or no number, was typed."""
        typed = self.text(field).strip()
        number = parsed_number(typed) if typed else blank
        if number is None:
            self.refuse(field, marked("Please enter a whole number."))
            return blank
        return number

    def minutes(self, field: str) -> timedelta:
        """Return a length typed in minutes; none where nothing was typed."""
        return timedelta(minutes=self.number(field))

    def length(self, field: str) -> timedelta:
        """Return a length typed as a number, with its unit in `<field>_unit`."""
        return self.number(field) * UNITS.get(self.text(f"{field}_unit"), UNITS["minutes"])

    def day(self, field: str) -> date | None:
        """Return a day, or None where none was typed, which is refused."""
        day = parsed_day(self.text(field))
        if day is None:
            self.refuse(field, marked("Please choose a day, like 2026-12-01."))
        return day

    def limits(self) -> tuple[Limit, ...]:
        """Return the limits typed into `limits.day`, `limits.week` and `limits.month`."""
        self._limits = tuple(
            Limit(per, self.number(f"limits.{per}"))
            for per in LimitPeriod
            if self._form[f"limits.{per}"].strip()
        )
        return self._limits

    def refuse_all(self, problems: Iterable[FieldProblem]) -> None:
        """Take over what a use case refused, at the fields that it was read from."""
        self.mistakes += map(self._mistake, problems)

    def _mistake(self, problem: FieldProblem) -> Mistake:
        match problem.field.split("."):
            case ["limits", position, "count"]:
                return Mistake(f"limits.{self._limits[int(position)].per}", problem.message)
            case [numbered, position, *rest] if numbered in self._rows:
                field = ".".join([numbered, str(self._rows[numbered][int(position)]), *rest])
            case _:
                field = problem.field
        inside = ""
        while field not in self._lines and "." in field:
            field, _, inside = field.rpartition(".")
        lines = self._lines.get(field, ())
        return Mistake(field, problem.message, lines[int(inside)] if lines and inside else 0)


def length_fields(field: str, length: timedelta) -> dict[str, Sequence[str]]:
    """Return what `FormReading.length` reads as `length`, in the largest unit that fits."""
    unit = next((name for name, unit in UNITS.items() if length and not length % unit), "minutes")
    return {field: [str(length // UNITS[unit])], f"{field}_unit": [unit]}


def limit_fields(limits: Iterable[Limit]) -> dict[str, Sequence[str]]:
    """Return what `FormReading.limits` reads as `limits`."""
    return {f"limits.{limit.per}": [str(limit.count)] for limit in limits}
