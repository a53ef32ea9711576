"""Sends what the stream did not get done: failed tries, dead workers, lost records."""

from __future__ import annotations

from collections import Counter
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers.mail_room import mail_room
from handlers.wiring import adapters
from scheduling.domain.messages import DeliveryState
from scheduling.use_cases.mails import deliver_message

AT_ONCE = 50
"""More than this waits for the next minute, so that one run fits into its time."""

logger = Logger()
metrics = Metrics()


class MailsFailed(Exception):
    """Sending some mails ended in errors that nobody foresaw; the log has each."""


@metrics.log_metrics
@logger.inject_lambda_context
def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, int]:
    """Return how many messages came to which state.

    Raises:
        MailsFailed: After all others were handled.
    """
    counts: Counter[str] = Counter()
    unforeseen = 0
    for message in adapters().outbox.due(now=adapters().now(), limit=AT_ONCE):
        try:
            delivery = deliver_message(message, now=adapters().now(), room=mail_room())
        except Exception:  # one poisonous message must not hold up the others
            logger.exception("mail failed", message_id=message.message_id)
            unforeseen += 1
            continue
        if delivery is not None:
            counts[delivery.state] += 1
            logger.info("mail handled", message_id=message.message_id, state=delivery.state)
    metrics.add_metric("DeadMessages", MetricUnit.Count, counts[DeliveryState.DEAD])
    if unforeseen:
        raise MailsFailed(unforeseen)
    return dict(counts)
