"""What was done, in DynamoDB: entries are put once, and nothing here changes or removes one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.table import (
    encoded,
    from_seconds,
    timed_sort_key_of,
    to_seconds,
)
from scheduling.domain.audit import Activity, Actor, ActorKind, Entry
from scheduling.domain.lists import ListPage

if TYPE_CHECKING:
    from typing import Any

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from scheduling.adapters.dynamodb.table import Item, Table
    from scheduling.ports import EntryFilter

KEPT = timedelta(days=2 * 366)
"""After that the table's own time to live ends an entry."""


class DynamoDbAuditLog:
    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, entry: Entry) -> None:
        self._table.put_new(_item(entry))

    def list(
        self, organization_id: str, which: EntryFilter, *, cursor: str | None, limit: int
    ) -> ListPage[Entry]:
        partition, after = keys.entries(organization_id), None
        if cursor is not None:
            after = {"PK": partition, "SK": timed_sort_key_of(cursor)[0]}
        conditions, names, values = _filter(which)
        query: dict[str, Any] = {
            "KeyConditionExpression": "PK = :all AND SK BETWEEN :from AND :to",
            "ExpressionAttributeValues": encoded(
                {
                    ":all": partition,
                    ":from": "0" if which.after is None else keys.moment(which.after),
                    ":to": "~" if which.before is None else keys.moment(which.before),
                    **values,
                }
            ),
            "ScanIndexForward": False,
        }
        if conditions:
            query["FilterExpression"] = " AND ".join(conditions)
            query["ExpressionAttributeNames"] = names
        part = self._table.listed(query, after=after, limit=limit, sort="SK")
        return ListPage(tuple(map(_stored, part.items)), part.next_cursor)


def entry_put(table: Table, entry: Entry) -> TransactWriteItemTypeDef:
    """Return the part of a transaction that writes down what it does."""
    return table.to_put_new(_item(entry))


def _filter(which: EntryFilter) -> tuple[list[str], dict[str, str], dict[str, str]]:
    wanted = {
        "actor_id": which.actor_id,
        "activity": which.activity,
        "subject_id": which.subject_id,
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    return (
        [f"#{name} = :{name}" for name in given],
        {f"#{name}": name for name in given},
        {f":{name}": str(value) for name, value in given.items()},
    )


def _item(entry: Entry) -> Item:
    return {
        **keys.entry(entry.organization_id, entry.at, entry.entry_id),
        "organization_id": entry.organization_id,
        "entry_id": entry.entry_id,
        "at": to_seconds(entry.at),
        "actor_kind": entry.actor.kind.value,
        "actor_id": entry.actor.actor_id,
        "network": entry.actor.network,
        "activity": entry.activity.value,
        "subject_id": entry.subject_id,
        "facts": dict(entry.facts),
        "ttl": to_seconds(entry.at + KEPT),
    }


def _stored(item: Item) -> Entry:
    return Entry(
        organization_id=item["organization_id"],
        at=from_seconds(item["at"]),
        actor=Actor(ActorKind(item["actor_kind"]), item["actor_id"], item["network"]),
        activity=Activity(item["activity"]),
        subject_id=item["subject_id"],
        facts=item["facts"],
        entry_id=item["entry_id"],
    )
