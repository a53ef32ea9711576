"""The outbox in DynamoDB."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.messages import queue_place
from scheduling.adapters.dynamodb.table import (
    decoded,
    encoded,
    from_seconds,
    to_seconds,
)
from scheduling.domain.messages import (
    LEASE,
    Delivery,
    DeliveryState,
    Message,
    MessageKind,
    Recipient,
    Subject,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from scheduling.adapters.dynamodb.table import Item, Table


class DynamoDbOutbox:
    """Messages beside what they are about; those that wait also stand in a queue by time."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, message: Message) -> Delivery:
        return self.get_all([message])[0]

    def get_all(self, messages: Sequence[Message]) -> Sequence[Delivery]:
        items = self._table.get_all([keys.message(message) for message in messages])
        return [_delivery(item) for item in items]

    def claim(self, message: Message, *, now: datetime) -> Delivery | None:
        claimed = self._table.update(
            keys.message(message),
            "SET #state = :sending, next_attempt_at = :lease, GSI1PK = :queue, GSI1SK = :place"
            " ADD attempts :one",
            condition="#state = :queued OR next_attempt_at <= :now",
            names={"#state": "state"},
            values={
                ":sending": DeliveryState.SENDING.value,
                ":queued": DeliveryState.QUEUED.value,
                ":lease": to_seconds(now + LEASE),
                ":now": to_seconds(now),
                ":queue": keys.queue_of(message),
                ":place": queue_place(message, now + LEASE)["GSI1SK"],
                ":one": 1,
            },
        )
        return None if claimed is None else _delivery(claimed)

    def record(self, message: Message, delivery: Delivery) -> None:
        values: Item = {
            ":state": delivery.state.value,
            ":attempts": delivery.attempts,
            ":error": delivery.last_error,
        }
        sets = ["#state = :state", "last_error = :error"]
        removes = []
        if delivery.sent_at is not None:
            sets.append("sent_at = :sent_at")
            values[":sent_at"] = to_seconds(delivery.sent_at)
        if delivery.next_attempt_at is None:
            removes = ["GSI1PK", "GSI1SK", "next_attempt_at"]
        else:
            sets += ["next_attempt_at = :next", "GSI1SK = :place"]
            values[":next"] = to_seconds(delivery.next_attempt_at)
            values[":place"] = queue_place(message, delivery.next_attempt_at)["GSI1SK"]
        update = "SET " + ", ".join(sets) + (" REMOVE " + ", ".join(removes) if removes else "")
        # Where the lease ran out and another worker has the message, their word counts.
        self._table.update(
            keys.message(message),
            update,
            condition="attempts = :attempts",
            names={"#state": "state"},
            values=values,
        )

    def due(self, *, now: datetime, limit: int) -> Sequence[Message]:
        found: list[Message] = []
        for number in range(keys.QUEUES):
            answer = self._table.client.query(
                TableName=self._table.name,
                IndexName=keys.BY_TIME,
                KeyConditionExpression="GSI1PK = :queue AND GSI1SK < :later",
                ExpressionAttributeValues=encoded(
                    {
                        ":queue": keys.message_queue(number),
                        ":later": keys.moment(now + timedelta(seconds=1)),
                    }
                ),
                Limit=limit,
            )
            found += [_message(decoded(item)) for item in answer["Items"]]
        return found[:limit]


def _message(item: Item) -> Message:
    return Message(
        organization_id=item["organization_id"],
        subject=Subject(item["subject"]),
        subject_id=item["subject_id"],
        version=int(item["version"]),
        kind=MessageKind(item["kind"]),
        recipient=Recipient(item["recipient"]),
        which=item.get("which", ""),
        due_at=_instant(item.get("due_at")),
    )


def _delivery(item: Item) -> Delivery:
    return Delivery(
        state=DeliveryState(item["state"]),
        attempts=int(item["attempts"]),
        next_attempt_at=_instant(item.get("next_attempt_at")),
        last_error=item.get("last_error", ""),
        sent_at=_instant(item.get("sent_at")),
    )


def _instant(seconds: int | None) -> datetime | None:
    return None if seconds is None else from_seconds(seconds)
