"""Grants in DynamoDB, in a table of their own, their tokens encrypted for the very row they are in.

Whoever moves a row, or brings an older one back under another version, has tokens that nobody can
decrypt.
"""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.table import (
    encoded,
    from_optional_seconds,
    from_seconds,
    to_seconds,
)
from scheduling.domain.grants import REFRESH_LEASE, Grant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from scheduling.adapters.dynamodb.table import Item, Table
    from scheduling.domain.connections import ConnectionKey
    from scheduling.provider_ports import Vault

_SAME = "sign_in_id = :sign_in AND version = :before"


class DynamoDbGrants:
    """Whoever only puts grants needs neither to read the table nor to decrypt."""

    def __init__(self, connections: Table, vault: Vault) -> None:
        self._table = connections
        self._vault = vault

    def put(self, grant: Grant) -> None:
        item = {
            **keys.grant(grant.key),
            "connection_id": grant.connection_id,
            "sign_in_id": grant.sign_in_id,
            "version": grant.version,
            **self._tokens(grant),
        }
        self._table.client.put_item(TableName=self._table.name, Item=encoded(item))

    def get(self, key: ConnectionKey) -> Grant | None:
        item = self._table.get(keys.grant(key))
        return None if item is None else self._stored(key, item)

    def lease(self, grant: Grant, *, now: datetime) -> Grant | None:
        leased = self._table.update(
            keys.grant(grant.key),
            "SET leased_until = :until, leased_by = :me",
            # Sent again after a lost answer, it is one's own lease that stands there.
            condition="version = :before AND"
            " (attribute_not_exists(leased_until) OR leased_until <= :now OR leased_by = :me)",
            values={
                ":before": grant.version,
                ":until": to_seconds(now + REFRESH_LEASE),
                ":now": to_seconds(now),
                ":me": secrets.token_hex(8),
            },
        )
        return None if leased is None else self._stored(grant.key, leased)

    def save(self, grant: Grant) -> bool:
        saved = self._table.update(
            keys.grant(grant.key),
            "SET version = :version, tokens = :tokens, access_expires_at = :access_expires_at"
            " REMOVE leased_until, leased_by",
            condition=_SAME,
            values={
                ":sign_in": grant.sign_in_id,
                ":before": grant.version - 1,
                ":version": grant.version,
                **{f":{name}": value for name, value in self._tokens(grant).items()},
            },
        )
        return saved is not None or self.get(grant.key) == grant

    def release(self, grant: Grant) -> None:
        if grant.leased_until is None:
            return
        self._table.update(
            keys.grant(grant.key),
            "REMOVE leased_until, leased_by",
            condition=f"{_SAME} AND leased_until = :until",
            values={
                ":sign_in": grant.sign_in_id,
                ":before": grant.version,
                ":until": to_seconds(grant.leased_until),
            },
        )

    def forget(self, key: ConnectionKey, sign_in_id: str) -> None:
        client = self._table.client
        with suppress(client.exceptions.ConditionalCheckFailedException):
            client.delete_item(
                TableName=self._table.name,
                Key=encoded(keys.grant(key)),
                ConditionExpression="sign_in_id = :sign_in",
                ExpressionAttributeValues=encoded({":sign_in": sign_in_id}),
            )

    def _tokens(self, grant: Grant) -> Item:
        text = json.dumps({"refresh": grant.refresh_token, "access": grant.access_token})
        context = _context(grant.key, grant.connection_id, grant.version)
        return {
            "tokens": self._vault.encrypted(text, context),
            "access_expires_at": to_seconds(grant.access_expires_at),
        }

    def _stored(self, key: ConnectionKey, item: Item) -> Grant:
        version = int(item["version"])
        context = _context(key, item["connection_id"], version)
        tokens = json.loads(self._vault.decrypted(item["tokens"].value, context))
        return Grant(
            key=key,
            connection_id=item["connection_id"],
            refresh_token=tokens["refresh"],
            access_token=tokens["access"],
            access_expires_at=from_seconds(item["access_expires_at"]),
            sign_in_id=item["sign_in_id"],
            version=version,
            leased_until=from_optional_seconds(item.get("leased_until")),
        )


def _context(key: ConnectionKey, connection_id: str, version: int) -> Mapping[str, str]:
    """Return where tokens belong: as it is asked for, not as the row says."""
    return {
        "organization": key.organization_id,
        "member": key.member_id,
        "provider": key.provider.value,
        "connection": connection_id,
        "what": "tokens",
        "version": str(version),
    }
