"""Ends what waited too long: holds, and requests that nobody decided about."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers.wiring import adapters
from scheduling.use_cases.overdue import AT_ONCE, end_overdue

MOST_ROUNDS = 10
"""More than this waits for the next minute, so that one run fits into its time."""

logger = Logger()


@logger.inject_lambda_context
def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, int]:
    """Return how many ended.

    Raises:
        BusyTryAgain: One could not be ended now; the next run finds it again.
    """
    total = 0
    for _ in range(MOST_ROUNDS):
        ended = end_overdue(now=adapters().now(), bookings=adapters().bookings)
        total += ended
        if ended < AT_ONCE:
            break
    logger.info("overdue ended", ended=total)
    return {"ended": total}
