"""Asks, each minute, for looks at the connections whose turn has come."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers.wiring import adapters
from scheduling.use_cases.sync_dispatch import request_due_turns

logger = Logger()


@logger.inject_lambda_context
def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, int]:
    """Return how many were asked for.

    Raises:
        QueueUnavailable: Those that were not are due still in a minute.
    """
    requested = request_due_turns(
        now=adapters().now(), turns=adapters().sync_turns, queue=adapters().sync_queue
    )
    logger.info("syncs requested", requested=requested)
    return {"requested": requested}
