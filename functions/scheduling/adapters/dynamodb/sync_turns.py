"""The turns of connections: rows of their own, since an index holds whole rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.connected_busy import connected_busy_item
from scheduling.adapters.dynamodb.table import (
    TransactionRefused,
    from_optional_seconds,
    from_seconds,
    to_seconds,
    transact,
)
from scheduling.domain.connections import ConnectionKey, Provider
from scheduling.domain.sync_turns import SyncTurn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from scheduling.adapters.dynamodb.table import Item, Table
    from scheduling.domain.connections import ConnectedBusy


class DynamoDbSyncTurns:
    def __init__(self, table: Table) -> None:
        self._table = table

    def due(self, *, now: datetime, limit: int) -> Sequence[SyncTurn]:
        queues = map(keys.sync_queue, range(keys.QUEUES))
        return [stored_turn(item) for item in self._table.due(queues, now=now, limit=limit)]

    def get(self, key: ConnectionKey) -> SyncTurn | None:
        item = self._table.get(keys.sync_turn(key))
        return None if item is None else stored_turn(item)

    def take(self, turn: SyncTurn, *, now: datetime) -> SyncTurn | None:
        taken = turn.taken(now)
        if turn.is_leased(now) or not self._table.put(turn_item(taken), **_still(turn)):
            return None
        return taken

    def put_back(
        self, taken: SyncTurn, after: SyncTurn, *, busy: ConnectedBusy | None = None
    ) -> bool:
        if busy is None:
            return self._table.put(turn_item(after), **_still(taken))
        writes = [
            self._table.to_put(turn_item(after), **_still(taken)),
            self._table.to_put(connected_busy_item(busy)),
        ]
        try:
            transact(self._table.client, writes)
        except TransactionRefused:
            return False
        return True


class _Condition(TypedDict):
    condition: str
    values: Item


def _still(turn: SyncTurn) -> _Condition:
    """Return the condition that a turn is stored as it is."""
    return {
        "condition": "connection_id = :connection AND due_at = :due_at AND failures = :failures",
        "values": {
            ":connection": turn.connection_id,
            ":due_at": to_seconds(turn.due_at),
            ":failures": turn.failures,
        },
    }


def turn_item(turn: SyncTurn) -> Item:
    instants = {"failing_since": turn.failing_since, "leased_until": turn.leased_until}
    return {
        **keys.sync_turn(turn.key),
        **keys.sync_place(turn.key, turn.due_at),
        "organization_id": turn.key.organization_id,
        "member_id": turn.key.member_id,
        "provider": turn.key.provider.value,
        "connection_id": turn.connection_id,
        "due_at": to_seconds(turn.due_at),
        "failures": turn.failures,
        **{name: to_seconds(at) for name, at in instants.items() if at is not None},
    }


def stored_turn(item: Item) -> SyncTurn:
    return SyncTurn(
        key=ConnectionKey(item["organization_id"], item["member_id"], Provider(item["provider"])),
        connection_id=item["connection_id"],
        due_at=from_seconds(item["due_at"]),
        failures=int(item["failures"]),
        failing_since=from_optional_seconds(item.get("failing_since")),
        leased_until=from_optional_seconds(item.get("leased_until")),
    )
