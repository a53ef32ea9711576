"""How messages are stored, by the outbox and by whoever stores a change with its messages."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.table import (
    to_seconds,
)
from scheduling.domain.messages import DeliveryState

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from scheduling.adapters.dynamodb.table import Item, Table
    from scheduling.domain.messages import Message

STREAM_GRACE = timedelta(seconds=30)
"""How long the stream has to wake a worker before the sweeper takes the message."""


def message_put(table: Table, message: Message, *, now: datetime) -> TransactWriteItemTypeDef:
    """Return the part of a transaction that queues a message, or schedules it."""
    due_at = message.due_at
    when: Item = (
        {
            "state": DeliveryState.QUEUED.value,
            **queue_place(message, now + STREAM_GRACE),
        }
        if due_at is None
        else {
            "state": DeliveryState.SCHEDULED.value,
            "due_at": to_seconds(due_at),
            "next_attempt_at": to_seconds(due_at),
            **queue_place(message, due_at),
        }
    )
    item: Item = {
        **keys.message(message),
        "organization_id": message.organization_id,
        "subject": message.subject.value,
        "subject_id": message.subject_id,
        "version": message.version,
        "kind": message.kind.value,
        "recipient": message.recipient.value,
        "which": message.which,
        "attempts": 0,
        "queued_at": to_seconds(now),
        **when,
    }
    return table.to_put_new(item)


def queue_place(message: Message, due_at: datetime) -> dict[str, str]:
    """Return the index keys of a message that is due at an instant."""
    return {
        "GSI1PK": keys.queue_of(message),
        "GSI1SK": f"{keys.moment(due_at)}#{message.message_id}",
    }
