"""When members are busy in calendars they connected, as one item for each provider."""

from __future__ import annotations

import struct
from itertools import chain
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.table import from_optional_seconds, to_optional_seconds
from scheduling.domain.connections import ConnectedBusy, ConnectionKey, Provider

if TYPE_CHECKING:
    from scheduling.adapters.dynamodb.table import Item

_SPAN = struct.Struct(">II")
"""Start and end of a stretch, in seconds since 1970: 8 bytes."""


def connected_busy_item(known: ConnectedBusy) -> Item:
    return {
        **keys.connected_busy(known.key),
        "organization_id": known.key.organization_id,
        "member_id": known.key.member_id,
        "provider": known.key.provider.value,
        "connection_id": known.connection_id,
        "busy": struct.pack(f">{2 * len(known.busy)}I", *chain.from_iterable(known.busy)),
        "read_at": to_optional_seconds(known.read_at),
        "trusted_until": to_optional_seconds(known.trusted_until),
    }


def stored_connected_busy(item: Item) -> ConnectedBusy:
    return ConnectedBusy(
        ConnectionKey(item["organization_id"], item["member_id"], Provider(item["provider"])),
        connection_id=item["connection_id"],
        busy=tuple(_SPAN.iter_unpack(item["busy"].value)),
        read_at=from_optional_seconds(item["read_at"]),
        trusted_until=from_optional_seconds(item["trusted_until"]),
    )
