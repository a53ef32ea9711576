"""Spans of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, order=True)
class TimeRange:
    """The instants from `start` up to, but not including, `end`; both in UTC.

    Half-open, so a meeting that ends at 10:00 does not clash with one that
    starts at 10:00 (the convention of DTEND in RFC 5545 section 3.6.1).
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if not self.start < self.end:
            raise ValueError(f"a time range ends after it starts: {self.start} to {self.end}")
        for instant in (self.start, self.end):
            if instant.utcoffset() != timedelta(0):
                raise ValueError(f"a time range is in UTC: {instant}")

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    def overlaps(self, other: TimeRange) -> bool:
        return self.start < other.end and other.start < self.end
