"""How much Zoom lets one do.

Source: https://developers.zoom.us/docs/api/rate-limits/
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from http import HTTPStatus

from dev.providers.zoom.refusals import ApiRefusal

WRITES_PER_DAY = 100
"""How often meetings of one host are created or updated in a day of UTC."""

_SECOND = timedelta(seconds=1)


class Category(StrEnum):
    """What a request weighs, in Zoom's word for it."""

    LIGHT = "Light"
    MEDIUM = "Medium"


BUSINESS: Mapping[Category, int] = {Category.LIGHT: 80, Category.MEDIUM: 60}
"""The most requests a second of an account with the plan Business or a larger one."""


@dataclass
class Limits:
    """What was done in the last second, and today."""

    now: Callable[[], datetime]
    per_second: Mapping[Category, int] | None = None
    """None for any number: where the clock stands still, a second never passes."""
    _moments: dict[Category, deque[datetime]] = field(
        default_factory=lambda: {category: deque() for category in Category}
    )
    _writes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By the host's address and the day."""

    def count(self, category: Category) -> None:
        """Count one request.

        Raises:
            ApiRefusal: There were too many in this second.
        """
        if self.per_second is None:
            return
        now, moments = self.now(), self._moments[category]
        while moments and moments[0] <= now - _SECOND:
            moments.popleft()
        limit = self.per_second[category]
        if len(moments) >= limit:
            raise ApiRefusal(
                HTTPStatus.TOO_MANY_REQUESTS,
                429,
                "You have reached the maximum per-second rate limit for this API. Try again later.",
                headers=_headers(category, "QPS", limit),
            )
        moments.append(now)

    def count_write(self, email: str) -> None:
        """Count one meeting of a host that is created or updated.

        Raises:
            ApiRefusal: There were too many today.
        """
        now = self.now().astimezone(UTC)
        day = (email, now.date().isoformat())
        if self._writes[day] >= WRITES_PER_DAY:
            tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
            retry_after = {"Retry-After": tomorrow.strftime("%Y-%m-%dT%H:%M:%SZ")}
            raise ApiRefusal(
                HTTPStatus.TOO_MANY_REQUESTS,
                429,
                f"You have exceeded the daily rate limit ({WRITES_PER_DAY}) of Meeting"
                " Create/Update API requests permitted for this particular user."
                " You may resume these requests at GMT 00:00:00.",
                headers=_headers(Category.LIGHT, "Daily-limit", WRITES_PER_DAY) | retry_after,
            )
        self._writes[day] += 1


def _headers(category: Category, kind: str, limit: int) -> dict[str, str]:
    return {
        "X-RateLimit-Category": category,
        "X-RateLimit-Type": kind,
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": "0",
    }
