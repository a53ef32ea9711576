"""Which instants a request may name, and the range of time that it asks about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from scheduling.domain.refusals import FieldProblem, InvalidInput, marked
from scheduling.domain.time_range import TimeRange

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""No instant from here on is understood, so that days and months around one can be counted."""

DEFAULT_RANGE = timedelta(days=14)


def asked_range(start: datetime | None, end: datetime | None, *, now: datetime) -> TimeRange:
    """Return the range from `start`, or from now, to `end`, or for two weeks; all in UTC.

    Raises:
        InvalidInput: It ends before it starts.
    """
    start = start or now
    end = end or start + DEFAULT_RANGE
    if end <= start:
        message = marked("The end has to be after the start.")
        raise InvalidInput([FieldProblem("to", "end_before_start", message)])
    return TimeRange(start, end)
