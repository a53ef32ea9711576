"""Counting how often something is asked for, before it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.domain.refusals import TooManyRequests

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.rate_limits import RateLimit


def require_within(
    *uses: tuple[RateLimit, str], now: datetime, rate_limits: ports.RateLimits
) -> None:
    """Count a use by each value, in their order, as long as all are within their limits.

    Raises:
        TooManyRequests: One is not; those after it were not counted.
        LimiterUnavailable: It could not be counted.
    """
    for limit, value in uses:
        if not rate_limits.allows(limit, value, now=now):
            raise TooManyRequests
