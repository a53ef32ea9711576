"""Sends each message as soon as it is stored with its change.

The record only says that there is something to do: the use case reads what is
true now. A message that fails here is tried again by the schedule.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers.mail_room import mail_room
from handlers.wiring import adapters
from scheduling.domain.messages import Message, MessageKind, Recipient, Subject
from scheduling.use_cases.mails import deliver_message

logger = Logger()
processor = BatchProcessor(
    event_type=EventType.DynamoDBStreams,
    # Reported one by one, failures are retried one by one, also where all of a batch failed.
    raise_on_entire_batch_failure=False,
)


def send_mail(record: DynamoDBRecord) -> None:
    message = _message(record)
    delivery = deliver_message(message, now=adapters().now(), room=mail_room())
    if delivery is not None:
        logger.info("mail handled", message_id=message.message_id, state=delivery.state)


def _message(record: DynamoDBRecord) -> Message:
    row = record.dynamodb.new_image if record.dynamodb else {}
    due_at = row.get("due_at")
    return Message(
        organization_id=row["organization_id"],
        subject=Subject(row["subject"]),
        subject_id=row["subject_id"],
        version=int(row["version"]),
        kind=MessageKind(row["kind"]),
        recipient=Recipient(row["recipient"]),
        which=row.get("which", ""),
        due_at=None if due_at is None else datetime.fromtimestamp(int(due_at), UTC),
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    return process_partial_response(
        event=event, record_handler=send_mail, processor=processor, context=context
    )
