"""Counters in DynamoDB, in a table of their own: without it doors stay shut, reading goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.table import to_seconds
from scheduling.domain.refusals import LimiterUnavailable

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling.adapters.dynamodb.table import Table
    from scheduling.domain.rate_limits import RateLimit


class DynamoDbRateLimits:
    def __init__(self, limits: Table, factor: int = 1) -> None:
        """Count in a table.

        Args:
            factor: How many times as much as usual is allowed, where everybody who tries
                things out comes from one place.
        """
        self._limits = limits
        self._factor = factor

    def allows(self, limit: RateLimit, value: str, *, now: datetime) -> bool:
        length = int(limit.window.total_seconds())
        number = to_seconds(now) // length
        try:
            counted = self._limits.update(
                keys.counter(limit.scope, value, number),
                "ADD uses :one SET #ttl = :ttl",
                condition="attribute_not_exists(uses) OR uses < :limit",
                names={"#ttl": "ttl"},
                values={
                    ":one": 1,
                    ":limit": limit.most * self._factor,
                    ":ttl": (number + 2) * length,
                },
            )
        except (ClientError, BotoCoreError) as failure:
            raise LimiterUnavailable from failure
        return counted is not None

    def is_used_up(self, limit: RateLimit, value: str, *, now: datetime) -> bool:
        number = to_seconds(now) // int(limit.window.total_seconds())
        try:
            counter = self._limits.get(keys.counter(limit.scope, value, number))
        except (ClientError, BotoCoreError) as failure:
            raise LimiterUnavailable from failure
        return counter is not None and counter["uses"] >= limit.most * self._factor
