"""A linked calendar as the API writes it: never its address."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from scheduling.domain.feeds import CalendarFeed, FeedFailure, FeedState


class CalendarResponse(BaseModel):
    host_name: str
    """What is shown of its address."""
    state: FeedState
    checked_at: datetime | None
    """When it was last tried to read it."""
    verified_at: datetime | None
    """When that last succeeded."""
    failure: FeedFailure | None
    """Why it did not succeed the last time."""

    @classmethod
    def of(cls, feed: CalendarFeed, now: datetime) -> Self:
        return cls(
            host_name=feed.host_name,
            state=feed.state(now),
            checked_at=feed.checked_at,
            verified_at=feed.verified_at,
            failure=feed.failure,
        )
