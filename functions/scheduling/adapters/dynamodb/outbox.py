"""The outbox in DynamoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.messages import STREAM_GRACE, queue_place
from scheduling.adapters.dynamodb.table import (
    decoded,
    encoded,
    from_optional_seconds,
    from_seconds,
    to_seconds,
)
from scheduling.domain.feedback import Bounced, BounceKind
from scheduling.domain.messages import (
    LEASE,
    Delivery,
    DeliveryState,
    Message,
    MessageKind,
    Posted,
    Recipient,
    Subject,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from scheduling.adapters.dynamodb.table import Item, Table


LISTED_MESSAGES = 100


class DynamoDbOutbox:
    """Messages beside what they are about; those that wait also stand in a queue by time.

    `state` is what a worker recorded. What was told about the mail stands beside it, so that
    neither overwrites the other, whichever comes first.
    """

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
        is_paused = delivery.state is DeliveryState.PAUSED
        values: Item = {
            ":state": delivery.state.value,
            ":attempts": delivery.attempts,
            ":error": delivery.last_error,
        }
        sets = ["#state = :state", "last_error = :error"]
        removes = []
        if delivery.sent_at is not None:
            sets += ["sent_at = :sent_at", "mail_id = :mail_id"]
            values[":sent_at"] = to_seconds(delivery.sent_at)
            values[":mail_id"] = delivery.mail_id
        if is_paused or delivery.state is DeliveryState.SCHEDULED:
            sets.append("attempts = :unused")
            values[":unused"] = delivery.attempts - 1
        if delivery.next_attempt_at is not None:
            sets += ["next_attempt_at = :next", "GSI1SK = :place"]
            values[":next"] = to_seconds(delivery.next_attempt_at)
            values[":place"] = queue_place(message, delivery.next_attempt_at)["GSI1SK"]
        elif is_paused:
            sets.append("GSI1PK = :paused")
            values[":paused"] = keys.paused_messages(message.organization_id)
            removes = ["next_attempt_at"]
        else:
            removes = ["GSI1PK", "GSI1SK", "next_attempt_at"]
        update = "SET " + ", ".join(sets) + (" REMOVE " + ", ".join(removes) if removes else "")
        # Where the lease ran out and another worker has the message, their word counts.
        condition = "attempts = :attempts"
        if "GSI1PK" not in removes:
            # What the mail service tells about was sent, though its answer got lost.
            condition += " AND attribute_not_exists(told_at)"
        self._table.update(
            keys.message(message),
            update,
            condition=condition,
            names={"#state": "state"},
            values=values,
        )

    def of_subject(
        self, organization_id: str, subject: Subject, subject_id: str
    ) -> Sequence[Posted]:
        answer = self._table.client.query(
            TableName=self._table.name,
            KeyConditionExpression="PK = :subject AND begins_with(SK, :messages)",
            ExpressionAttributeValues=encoded(
                {
                    ":subject": keys.messages(organization_id, subject, subject_id),
                    ":messages": keys.MESSAGES,
                }
            ),
            ScanIndexForward=False,
            Limit=LISTED_MESSAGES,
        )
        posted = [_posted(decoded(item)) for item in answer["Items"]]
        return sorted(posted, key=lambda each: each.queued_at, reverse=True)

    def requeue(self, message: Message, *, now: datetime) -> bool:
        place = queue_place(message, now)
        requeued = self._table.update(
            keys.message(message),
            "SET #state = :queued, GSI1PK = :queue, GSI1SK = :place",
            condition="#state = :paused AND attribute_not_exists(next_attempt_at)",
            names={"#state": "state"},
            values={
                ":queued": DeliveryState.QUEUED.value,
                ":queue": place["GSI1PK"],
                ":place": place["GSI1SK"],
                ":paused": DeliveryState.PAUSED.value,
            },
        )
        return requeued is not None

    def requeue_paused(self, organization_id: str, *, now: datetime) -> int:
        paused = encoded({":paused": keys.paused_messages(organization_id)})
        waiting = self._table.each(
            {
                "IndexName": keys.BY_TIME,
                "KeyConditionExpression": "GSI1PK = :paused",
                "ExpressionAttributeValues": paused,
            }
        )
        return sum(self.requeue(_message(item), now=now) for item in waiting)

    def requeue_waiting(self, organization_id: str, booking_id: str, *, now: datetime) -> int:
        posted = self.of_subject(organization_id, Subject.BOOKING, booking_id)
        return sum(
            self._requeue_waiting(each.message, now)
            for each in posted
            if each.delivery.state is DeliveryState.SCHEDULED and each.message.due_at is None
        )

    def _requeue_waiting(self, message: Message, now: datetime) -> bool:
        requeued = self._table.update(
            keys.message(message),
            "SET #state = :queued, GSI1SK = :place REMOVE next_attempt_at",
            condition="#state = :scheduled AND attribute_not_exists(due_at)",
            names={"#state": "state"},
            values={
                ":queued": DeliveryState.QUEUED.value,
                ":scheduled": DeliveryState.SCHEDULED.value,
                ":place": queue_place(message, now + STREAM_GRACE)["GSI1SK"],
            },
        )
        return requeued is not None

    def due(self, *, now: datetime, limit: int) -> Sequence[Message]:
        queues = map(keys.message_queue, range(keys.QUEUES))
        found = self._table.due(queues, now=now, limit=limit)
        return [_message(item) for item in found[:limit]]


def _message(item: Item) -> Message:
    return Message(
        organization_id=item["organization_id"],
        subject=Subject(item["subject"]),
        subject_id=item["subject_id"],
        version=int(item["version"]),
        kind=MessageKind(item["kind"]),
        recipient=Recipient(item["recipient"]),
        which=item.get("which", ""),
        due_at=from_optional_seconds(item.get("due_at")),
    )


def _posted(item: Item) -> Posted:
    return Posted(_message(item), from_seconds(item["queued_at"]), _delivery(item))


def _delivery(item: Item) -> Delivery:
    return Delivery(
        state=DeliveryState(item["state"]),
        attempts=int(item["attempts"]),
        next_attempt_at=from_optional_seconds(item.get("next_attempt_at")),
        last_error=item.get("last_error", ""),
        sent_at=from_optional_seconds(item.get("sent_at")),
        mail_id=item.get("mail_id", ""),
        delayed_at=from_optional_seconds(item.get("delayed_at")),
        delivered_at=from_optional_seconds(item.get("delivered_at")),
        bounce=_bounce(item),
        complained_at=from_optional_seconds(item.get("complained_at")),
    ).as_told()


def _bounce(item: Item) -> Bounced | None:
    if "bounced_at" not in item:
        return None
    return Bounced(
        at=from_seconds(item["bounced_at"]),
        kind=BounceKind(item["bounce_kind"]),
        subtype=item["bounce_subtype"],
        diagnosis=item["diagnosis"],
    )
