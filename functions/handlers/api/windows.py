"""A stretch of time as the API writes it."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from scheduling.domain.time_range import TimeRange


class WindowResponse(BaseModel):
    start: datetime
    end: datetime

    @classmethod
    def of(cls, window: TimeRange) -> Self:
        return cls(start=window.start, end=window.end)
