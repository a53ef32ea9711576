"""How the turns of connections are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.table import from_seconds, to_seconds
from scheduling.domain.connections import ConnectionKey, Provider
from scheduling.domain.sync_turns import SyncTurn

if TYPE_CHECKING:
    from scheduling.adapters.dynamodb.table import Item


def turn_item(turn: SyncTurn) -> Item:
    return {
        **keys.sync_turn(turn.key),
        **keys.sync_place(turn.key, turn.due_at),
        "organization_id": turn.key.organization_id,
        "member_id": turn.key.member_id,
        "provider": turn.key.provider.value,
        "connection_id": turn.connection_id,
        "due_at": to_seconds(turn.due_at),
        "failures": turn.failures,
    }


def stored_turn(item: Item) -> SyncTurn:
    return SyncTurn(
        key=ConnectionKey(item["organization_id"], item["member_id"], Provider(item["provider"])),
        connection_id=item["connection_id"],
        due_at=from_seconds(item["due_at"]),
        failures=int(item["failures"]),
    )
