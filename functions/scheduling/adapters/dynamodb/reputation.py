"""How mails fare, and what is not sent, in DynamoDB."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.audit_log import entry_put
from scheduling.adapters.dynamodb.table import (
    TransactionRefused,
    decoded,
    encoded,
    from_optional_seconds,
    to_seconds,
    transact,
)
from scheduling.domain.feedback import Bounced, BounceKind, Complained, Delayed, Delivered
from scheduling.domain.reputation import (
    WINDOW,
    MailCategory,
    MailStanding,
    PauseReason,
    SendingHealth,
    SuppressionReason,
)

if TYPE_CHECKING:
    from datetime import date

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from scheduling.adapters.dynamodb.table import Item, Table
    from scheduling.domain.audit import Entry
    from scheduling.domain.feedback import Feedback
    from scheduling.domain.messages import Message
    from scheduling.domain.unsubscribing import Subscription

_DAY_KEPT = timedelta(days=30)
"""Longer than `WINDOW`, so that an operator can look back."""

_FINAL = {":permanent": BounceKind.PERMANENT.value, ":rejected": BounceKind.REJECTED.value}
_NOT_FINAL = "(attribute_not_exists(bounce_kind) OR NOT bounce_kind IN (:permanent, :rejected))"


class DynamoDbReputation:
    """Counts by organization and day; suppressed addresses by their hash, never in clear."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def standing(
        self, organization_id: str, address_hash: str, category: MailCategory | None = None
    ) -> MailStanding:
        sending = keys.sending(organization_id)
        blocks = [keys.suppression(organization_id, address_hash)]
        if category is not None:
            blocks.append(keys.suppression(organization_id, address_hash, category))
        found = self._table.found([sending, *blocks])
        reasons = [
            SuppressionReason(found[key["PK"], key["SK"]]["reason"])
            for key in blocks
            if (key["PK"], key["SK"]) in found
        ]
        return MailStanding(
            is_paused="paused_at" in found.get((sending["PK"], sending["SK"]), {}),
            suppressed=reasons[0] if reasons else None,
        )

    def count_mail(self, organization_id: str, day: date, *, limit: int) -> bool:
        counted = self._table.update(
            keys.sending_day(organization_id, day),
            "ADD sent :one SET #ttl = :ttl",
            condition="attribute_not_exists(sent) OR sent < :limit",
            names={"#ttl": "ttl"},
            values={":one": 1, ":limit": limit, ":ttl": _end_of(day)},
        )
        return counted is not None

    def note(self, message: Message, address_hash: str, feedback: Feedback) -> bool:
        key = keys.message(message)
        update, condition, values = _told(feedback)
        match feedback:
            case Complained():
                reason, kept = SuppressionReason.COMPLAINED, ":reason"
            case Bounced(kind=BounceKind.PERMANENT):
                reason, kept = SuppressionReason.BOUNCED, "if_not_exists(reason, :reason)"
            case _:
                return (
                    self._table.update(key, update, condition=condition, values=values) is not None
                )
        organization_id, at = message.organization_id, to_seconds(feedback.at)
        day = feedback.at.date()
        counted = self._table.to_update(
            keys.sending_day(organization_id, day),
            "ADD #reason :one SET #ttl = :ttl",
            names={"#reason": reason.value, "#ttl": "ttl"},
            values={":one": 1, ":ttl": _end_of(day)},
        )
        suppressed = self._table.to_update(
            keys.suppression(organization_id, address_hash),
            f"SET reason = {kept}, since = :at",
            values={":reason": reason.value, ":at": at},
        )
        told = self._table.to_update(key, update, condition=condition, values=values)
        return self._is_done([told, counted, suppressed])

    def _is_done(self, writes: list[TransactWriteItemTypeDef]) -> bool:
        try:
            transact(self._table.client, writes)
        except TransactionRefused:
            return False
        return True

    def health(self, organization_id: str, today: date) -> SendingHealth:
        first = keys.sending(organization_id)
        last = keys.sending_day(organization_id, today)
        answer = self._table.client.query(
            TableName=self._table.name,
            KeyConditionExpression="PK = :sending AND SK BETWEEN :first AND :last",
            ExpressionAttributeValues=encoded(
                {":sending": first["PK"], ":first": first["SK"], ":last": last["SK"]}
            ),
            ConsistentRead=True,
        )
        rows = {item["SK"]: item for item in map(decoded, answer["Items"])}
        standing = rows.get(first["SK"], {})
        begin = keys.sending_day(organization_id, today - WINDOW + timedelta(days=1))["SK"]
        since = max(begin, standing.get("judged_from", begin))
        days = [row for place, row in rows.items() if place >= since and place != first["SK"]]
        paused_at = standing.get("paused_at")
        return SendingHealth(
            sent=_sum(days, "sent"),
            bounced=_sum(days, SuppressionReason.BOUNCED),
            complained=_sum(days, SuppressionReason.COMPLAINED),
            paused_at=from_optional_seconds(paused_at),
            pause_reason=None if paused_at is None else PauseReason(standing["pause_reason"]),
        )

    def pause(
        self, organization_id: str, reason: PauseReason, entry: Entry, *, now: datetime
    ) -> bool:
        paused = self._table.to_update(
            keys.sending(organization_id),
            "SET paused_at = :now, pause_reason = :reason",
            condition="attribute_not_exists(paused_at)",
            values={":now": to_seconds(now), ":reason": reason.value},
        )
        return self._is_done([paused, entry_put(self._table, entry)])

    def resume(self, organization_id: str, *, now: datetime) -> None:
        today = keys.sending_day(organization_id, now.astimezone(UTC).date())
        counts = ("sent", SuppressionReason.BOUNCED.value, SuppressionReason.COMPLAINED.value)
        forgiven = self._table.to_update(
            today,
            "SET "
            + ", ".join(f"{_forgiven(count)} = if_not_exists({count}, :zero)" for count in counts),
            values={":zero": 0},
        )
        resumed = self._table.to_update(
            keys.sending(organization_id),
            "SET judged_from = :today, resumed_at = :now REMOVE paused_at, pause_reason",
            condition="attribute_exists(paused_at)",
            values={":today": today["SK"], ":now": to_seconds(now)},
        )
        self._is_done([resumed, forgiven])

    def unsubscribe(self, subscription: Subscription, *, now: datetime) -> None:
        self._table.update(
            keys.suppression(
                subscription.organization_id, subscription.address_hash, subscription.category
            ),
            "SET reason = :reason, since = :now",
            condition="attribute_not_exists(PK)",
            values={":reason": SuppressionReason.UNSUBSCRIBED.value, ":now": to_seconds(now)},
        )

    def lift(self, organization_id: str, address_hash: str, entry: Entry) -> None:
        lifted = self._table.to_delete(
            keys.suppression(organization_id, address_hash),
            condition="reason = :bounced",
            values={":bounced": SuppressionReason.BOUNCED.value},
        )
        self._is_done([lifted, entry_put(self._table, entry)])


def _told(feedback: Feedback) -> tuple[str, str, Item]:
    """Return what stores it on the message, unless as much is there: update, condition, values."""
    sets = ["told_at = :at"]
    values: Item = {":at": to_seconds(feedback.at)}
    match feedback:
        case Bounced():
            sets += [
                "bounced_at = :at",
                "bounce_kind = :kind",
                "bounce_subtype = :subtype",
                "diagnosis = :diagnosis",
            ]
            values |= {
                ":kind": feedback.kind.value,
                ":subtype": feedback.subtype,
                ":diagnosis": feedback.diagnosis,
                **_FINAL,
            }
            is_news = _NOT_FINAL
        case Delivered():
            sets.append("delivered_at = :at")
            is_news = "attribute_not_exists(delivered_at)"
        case Delayed():
            sets.append("delayed_at = :at")
            is_news = "attribute_not_exists(delayed_at)"
        case Complained():
            sets.append("complained_at = :at")
            is_news = "attribute_not_exists(complained_at)"
    return (
        f"SET {', '.join(sets)} REMOVE GSI1PK, GSI1SK, next_attempt_at",
        f"attribute_exists(PK) AND {is_news}",
        values,
    )


def _sum(days: list[Item], count: str) -> int:
    """Add up a count over days, without what was forgiven when sending went on."""
    return sum(int(day.get(count, 0)) - int(day.get(_forgiven(count), 0)) for day in days)


def _forgiven(count: str) -> str:
    return f"forgiven_{count}"


def _end_of(day: date) -> int:
    return to_seconds(datetime.combine(day, time.min, UTC) + _DAY_KEPT)
