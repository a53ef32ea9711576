"""How often what may be asked for, counted: in memory, and in DynamoDB (S8)."""

from datetime import timedelta

import boto3
import pytest

from scheduling.adapters.dynamodb.rate_limits import DynamoDbRateLimits
from scheduling.domain import rate_limits
from scheduling.domain.rate_limits import RateLimit
from tests.support.builders import DAY
from tests.support.in_memory import InMemoryAdapters
from tests.support.tables import create_limits_table

LIMITS = [limit for limit in vars(rate_limits).values() if isinstance(limit, RateLimit)]
SECOND = timedelta(seconds=1)


@pytest.fixture(params=["in memory", "dynamodb"])
def counters(request):
    if request.param == "in memory":
        return InMemoryAdapters().rate_limits
    request.getfixturevalue("aws")
    return DynamoDbRateLimits(create_limits_table(boto3.client("dynamodb")))


def test_s8_no_two_limits_are_counted_together():
    assert len({limit.scope for limit in LIMITS}) == len(LIMITS) > 10


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.scope)
def test_s8_a_limit_lets_just_so_many_through_until_its_window_ends(counters, limit):
    before_the_last = [counters.allows(limit, "a", now=DAY) for _ in range(limit.most - 1)]
    is_used_up = counters.is_used_up(limit, "a", now=DAY)
    last = counters.allows(limit, "a", now=DAY)
    one_more = counters.allows(limit, "a", now=DAY + limit.window - SECOND)

    assert all(before_the_last)
    assert (is_used_up, last, one_more) == (False, True, False)
    assert counters.is_used_up(limit, "a", now=DAY)
    assert counters.allows(limit, "b", now=DAY)
    assert counters.allows(limit, "a", now=DAY + limit.window)
