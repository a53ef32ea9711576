"""A member's working hours as the API reads and writes them."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from handlers.api.fields import Day
from scheduling.domain.hours import (
    ClockSpan,
    DateOverride,
    DateSpan,
    Travel,
    WeeklyHours,
    written_clock,
)
from scheduling.domain.refusals import marked
from scheduling.domain.slots import Limit, LimitPeriod
from scheduling.domain.working_hours import WorkingHours

_CLOCK = re.compile(r"(\d{2}):([0-5]\d)", re.ASCII)


def _minutes_of(clock: Any) -> int:
    """Return minutes since midnight for `09:30`."""
    found = _CLOCK.fullmatch(clock) if isinstance(clock, str) else None
    if found is None:
        raise PydanticCustomError("invalid_clock_time", marked("Please give a time like 09:30."))
    return 60 * int(found[1]) + int(found[2])


ClockTime = Annotated[
    int,
    BeforeValidator(_minutes_of),
    PlainSerializer(written_clock, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\d{2}:[0-5]\d$", "examples": ["09:30"]}),
]
"""From 00:00 to 24:00; minutes since midnight in here."""


class ClockSpanFields(BaseModel):
    start: ClockTime
    end: ClockTime
    """One that is not after `start` lies on the next date."""

    def span(self) -> ClockSpan:
        return ClockSpan(self.start, self.end)

    @classmethod
    def of(cls, span: ClockSpan) -> Self:
        # Validated like a request: the fields are read from text.
        return cls.model_validate(
            {"start": written_clock(span.start), "end": written_clock(span.end)}
        )


class DateSpanFields(BaseModel):
    first: Day
    last: Day
    """Included."""

    def dates(self) -> DateSpan:
        return DateSpan(self.first, self.last)

    @classmethod
    def of(cls, dates: DateSpan) -> Self:
        return cls(first=dates.first, last=dates.last)


class DateOverrideFields(BaseModel):
    day: Day
    spans: list[ClockSpanFields]
    """Empty where the day is closed."""


class TravelFields(DateSpanFields):
    time_zone: str


class LimitFields(BaseModel):
    """How many meetings may start in each day, week or month."""

    per: LimitPeriod
    count: int

    def limit(self) -> Limit:
        return Limit(self.per, self.count)

    @classmethod
    def of(cls, limit: Limit) -> Self:
        return cls(per=limit.per, count=limit.count)


class WorkingHoursFields(BaseModel):
    version: int = Field(ge=0)
    """The one that was read before editing; 0 before they were ever saved."""
    time_zone: str
    weekdays: dict[Annotated[int, Field(ge=1, le=7)], list[ClockSpanFields]]
    """By ISO weekday, Monday being 1; one that is missing is closed."""
    overrides: list[DateOverrideFields] = []
    """Dates with other hours than their weekday."""
    out_of_office: list[DateSpanFields] = []
    travel: list[TravelFields] = []
    """Dates on which the hours are meant in another zone."""
    limits: list[LimitFields] = []
    """How many meetings the member takes, over all their pages."""

    def hours(self) -> WeeklyHours:
        return WeeklyHours(
            time_zone=self.time_zone,
            weekdays={
                day: tuple(span.span() for span in spans) for day, spans in self.weekdays.items()
            },
            overrides=tuple(
                DateOverride(override.day, tuple(span.span() for span in override.spans))
                for override in self.overrides
            ),
            out_of_office=tuple(dates.dates() for dates in self.out_of_office),
            travel=tuple(Travel(trip.dates(), trip.time_zone) for trip in self.travel),
        )

    @classmethod
    def of(cls, saved: WorkingHours) -> Self:
        hours = saved.hours
        return cls(
            version=saved.version,
            time_zone=hours.time_zone,
            weekdays={
                day: [ClockSpanFields.of(span) for span in spans]
                for day, spans in hours.weekdays.items()
            },
            overrides=[
                DateOverrideFields(
                    day=override.day, spans=[ClockSpanFields.of(span) for span in override.spans]
                )
                for override in hours.overrides
            ],
            out_of_office=[DateSpanFields.of(dates) for dates in hours.out_of_office],
            travel=[
                TravelFields(first=trip.dates.first, last=trip.dates.last, time_zone=trip.time_zone)
                for trip in hours.travel
            ],
            limits=[LimitFields.of(limit) for limit in saved.limits],
        )
