"""Sends what the stream did not get done: failed tries, dead workers, lost records."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers.mail_room import mail_room
from handlers.wiring import adapters
from scheduling.domain.messages import DeliveryState
from scheduling.use_cases.mails import deliver_due_messages

AT_ONCE = 50
"""More than this waits for the next minute, so that one run fits into its time."""

logger = Logger()
metrics = Metrics(namespace="Parley")


@metrics.log_metrics
@logger.inject_lambda_context
def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, int]:
    """Return how many messages came to which state."""
    counts: dict[str, int] = {}
    for message, delivery in deliver_due_messages(
        now=adapters().now(), limit=AT_ONCE, room=mail_room()
    ):
        counts[delivery.state] = counts.get(delivery.state, 0) + 1
        logger.info("mail handled", message_id=message.message_id, state=delivery.state)
    dead = counts.get(DeliveryState.DEAD, 0)
    metrics.add_metric(name="DeadMessages", unit=MetricUnit.Count, value=dead)
    return counts
