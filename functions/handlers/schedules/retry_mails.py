"""Sends what the stream did not get done: failed tries, dead workers, lost records."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers.mail_room import mail_room
from handlers.wiring import adapters
from scheduling.domain.messages import DeliveryState, Message
from scheduling.use_cases.mails import deliver_message

if TYPE_CHECKING:
    from collections.abc import Iterator

AT_ONCE = 50
"""How many are looked up at a time."""

RESERVE_MILLISECONDS = 15_000
"""What one mail takes at the very most, three tries of four seconds each with SES among it."""

logger = Logger()
metrics = Metrics()


class MailsFailed(Exception):
    """Sending some mails ended in errors that nobody foresaw; the log has each."""


@metrics.log_metrics
@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Return how many messages came to which state.

    Raises:
        MailsFailed: After all others were handled.
    """
    counts: Counter[str] = Counter()
    unforeseen = 0
    for message in _due(context):
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


def _due(context: LambdaContext) -> Iterator[Message]:
    """Yield what is due, each message once, until there is no more of it or no more time.

    The index may show a message for a moment longer that was just handled, and
    one that failed may be due again before long: both wait for the next run.
    """
    met: set[str] = set()
    while True:
        due = adapters().outbox.due(now=adapters().now(), limit=AT_ONCE)
        unmet = [message for message in due if message.message_id not in met]
        if not unmet:
            return
        for message in unmet:
            if context.get_remaining_time_in_millis() < RESERVE_MILLISECONDS:
                logger.warning("mails wait for the next run", handled=len(met))
                return
            met.add(message.message_id)
            yield message
