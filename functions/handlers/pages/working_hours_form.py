"""Working hours as people type them, and back."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from handlers.pages.form_reading import FormReading, limit_fields
from handlers.pages.forms import Form, parsed_day
from scheduling.domain.hours import (
    ClockSpan,
    DateOverride,
    DateSpan,
    Travel,
    WeeklyHours,
    written_clock,
)
from scheduling.domain.refusals import marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from scheduling.domain.working_hours import WorkingHours

WEEKDAYS = range(1, 8)
"""ISO: 1 is Monday."""

CLOSED = "closed"
"""What stands for a date without hours, whatever the language; so does "-"."""

_SPAN = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*[-–—~〜]\s*(\d{1,2})(?::(\d{2}))?")
_BETWEEN_SPANS = re.compile(r"\s*[,;、]\s*")
_BETWEEN_DATES = re.compile(r"\s+(?:[-–—]\s+)?|\s*[–—]\s*")
_DAY_MINUTES = 24 * 60


class UnreadableSpans(ValueError):
    """The text is no list of hours."""


class HoursReading(FormReading):
    """Reads the form of somebody's working hours."""

    def hours(self) -> WeeklyHours:
        """Return what was typed; what could not be read is among `mistakes`."""
        weekdays = {day: self._weekday(f"weekdays.{day}") for day in WEEKDAYS}
        return WeeklyHours(
            time_zone=self.text("time_zone"),
            weekdays={day: spans for day, spans in weekdays.items() if spans},
            overrides=tuple(self._overrides()),
            out_of_office=tuple(self._absences()),
            travel=tuple(self._trips()),
        )

    def _weekday(self, field: str) -> tuple[ClockSpan, ...]:
        try:
            return parsed_spans(self.text(field))
        except UnreadableSpans:
            self.refuse(field, marked("Please enter hours, like 09:00–12:00, 13:00–17:00."))
            return ()

    def _overrides(self) -> Iterable[DateOverride]:
        message = marked("Please enter a date and its hours, like 2026-12-24 10:00–14:00.")
        for number, line in self.lines("overrides"):
            day, _, hours = line.partition(" ")
            try:
                spans = parsed_spans(hours)
            except UnreadableSpans:
                self.refuse("overrides", message, number)
                continue
            parsed = parsed_day(day)
            if parsed is None or not hours:
                self.refuse("overrides", message, number)
            else:
                yield DateOverride(parsed, spans)

    def _absences(self) -> Iterable[DateSpan]:
        for number, line in self.lines("out_of_office"):
            dates = parsed_dates(line)
            if dates is None:
                message = marked("Please enter a first and a last day, like 2026-12-28 2027-01-03.")
                self.refuse("out_of_office", message, number)
            else:
                yield dates

    def _trips(self) -> Iterable[Travel]:
        for number, line in self.lines("travel"):
            typed_dates, _, zone = line.rpartition(" ")
            dates = parsed_dates(typed_dates)
            if dates is None:
                message = marked(
                    "Please enter two days and a zone, like 2027-02-01 2027-02-05 Europe/Berlin."
                )
                self.refuse("travel", message, number)
            else:
                yield Travel(dates, zone)


def parsed_spans(text: str) -> tuple[ClockSpan, ...]:
    """Return hours such as `9-12, 13:00–17:30`; none where there is no text, or it says closed.

    Until `0:00` is until midnight. What ends before it starts ends on the next day.

    Raises:
        UnreadableSpans: It is neither.
    """
    if text.strip().lower() in {"", "-", "–", CLOSED}:
        return ()
    return tuple(_parsed_span(part) for part in _BETWEEN_SPANS.split(text.strip()) if part)


def _parsed_span(text: str) -> ClockSpan:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise UnreadableSpans(text)
    start_hour, start_minute, end_hour, end_minute = (int(part or 0) for part in found.groups())
    if start_minute > 59 or end_minute > 59:  # noqa: PLR2004 - on any clock
        raise UnreadableSpans(text)
    start, end = 60 * start_hour + start_minute, 60 * end_hour + end_minute
    return ClockSpan(start, end or _DAY_MINUTES)


def parsed_dates(text: str) -> DateSpan | None:
    """Return the dates of `2026-12-28 2027-01-03`, or of one day; None where it is neither."""
    days = [parsed_day(part) for part in _BETWEEN_DATES.split(text.strip())]
    match days:
        case [date() as only]:
            return DateSpan(only, only)
        case [date() as first, date() as last]:
            return DateSpan(first, last)
    return None


def written_spans(spans: Iterable[ClockSpan]) -> str:
    """Return hours as they are typed: `09:00–12:00, 13:00–17:00`."""
    return ", ".join(f"{written_clock(span.start)}–{written_clock(span.end)}" for span in spans)


def form_of(saved: WorkingHours) -> Form:
    """Return the form that `HoursReading` reads as these hours."""
    hours = saved.hours
    fields: dict[str, Sequence[str]] = {
        "version": [str(saved.version)],
        "time_zone": [hours.time_zone],
        "overrides": [_lines(f"{each.day} {_written_day(each)}" for each in hours.overrides)],
        "out_of_office": [_lines(map(_written_dates, hours.out_of_office))],
        "travel": [
            _lines(f"{_written_dates(trip.dates)} {trip.time_zone}" for trip in hours.travel)
        ],
    }
    fields |= _weekday_fields(hours.weekdays)
    return Form(fields | limit_fields(saved.limits))


def _weekday_fields(
    weekdays: Mapping[int, Sequence[ClockSpan]],
) -> dict[str, Sequence[str]]:
    return {f"weekdays.{day}": [written_spans(weekdays.get(day, ()))] for day in WEEKDAYS}


def _written_day(override: DateOverride) -> str:
    return written_spans(override.spans) or CLOSED


def _written_dates(dates: DateSpan) -> str:
    return f"{dates.first} {dates.last}"


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines)
