"""What members have connected, in DynamoDB: facts only; tokens are in another table.

Beside a connection there is its turn in the queue, and, while it is on, a row by which all who
connected the same account are found: ending the grant of one may end that of the others.
"""

from __future__ import annotations

from dataclasses import asdict
from itertools import batched
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.audit_log import entry_put
from scheduling.adapters.dynamodb.connected_busy import connected_busy_item
from scheduling.adapters.dynamodb.messages import message_put
from scheduling.adapters.dynamodb.sync_turns import stored_turn, turn_item
from scheduling.adapters.dynamodb.table import (
    TransactionRefused,
    encoded,
    from_optional_seconds,
    from_seconds,
    to_seconds,
    transact,
)
from scheduling.domain.connections import (
    ConnectedBusy,
    Connection,
    ConnectionKey,
    ConnectionState,
    Platform,
    Provider,
    ProviderCalendar,
)
from scheduling.domain.refusals import ConnectionChanged
from scheduling.domain.sync_turns import SyncTurn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from scheduling.adapters.dynamodb.table import Item, Table
    from scheduling.domain.audit import Entry
    from scheduling.domain.messages import Message

AT_ONCE = 90
"""Source: DynamoDB API reference, TransactWriteItems, at most 100 items; some are for the rest."""


class DynamoDbConnections:
    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, key: ConnectionKey) -> Connection | None:
        item = self._table.get(keys.connection(key))
        return None if item is None else stored_connection(item)

    def of_member(self, organization_id: str, member_id: str) -> Sequence[Connection]:
        values = {":all": keys.connections(organization_id), ":whose": f"{member_id}#"}
        return self._queried("PK = :all AND begins_with(SK, :whose)", values)

    def of_members(self, organization_id: str, member_ids: Sequence[str]) -> Sequence[Connection]:
        found = self._table.found(
            [
                keys.connection(ConnectionKey(organization_id, member_id, provider))
                for member_id in member_ids
                for provider in Provider
            ]
        )
        return [stored_connection(found[each]) for each in sorted(found)]

    def of_organization(self, organization_id: str) -> Sequence[Connection]:
        return self._queried("PK = :all", {":all": keys.connections(organization_id)})

    def put(self, connection: Connection, entry: Entry) -> None:
        before = None if connection.version == 1 else self.get(connection.key)
        turn = SyncTurn(connection.key, connection.connection_id, due_at=entry.at)
        writes = [
            self._next_version(connection),
            # Nobody would ever end what somebody connects while they are removed.
            self._table.to_check(
                keys.member(connection.key.organization_id, connection.key.member_id),
                condition="NOT attribute_type(removed_at, :moment)",
                values={":moment": "N"},
            ),
            self._table.to_put(turn_item(turn)),
            self._table.to_put(_account_item(connection)),
            entry_put(self._table, entry),
        ]
        if before is not None and before.account_id != connection.account_id:
            writes.append(self._table.to_delete(_account_key(before)))
        if connection.has(Platform.GOOGLE_CALENDAR) and not self._is_known(connection):
            unread = ConnectedBusy(connection.key, connection.connection_id)
            writes.append(self._table.to_put(connected_busy_item(unread)))
        self._write(writes)

    def change(
        self, connection: Connection, entry: Entry | None, messages: Sequence[Message] = ()
    ) -> None:
        at = connection.state_since if entry is None else entry.at
        writes = [
            self._next_version(connection),
            *(message_put(self._table, message, now=at) for message in messages),
        ]
        if connection.ended_at is not None:
            turn = SyncTurn(connection.key, connection.connection_id, due_at=connection.ended_at)
            writes += [
                self._table.to_put(turn_item(turn)),
                self._table.to_delete(_account_key(connection)),
            ]
        if entry is not None:
            writes.append(entry_put(self._table, entry))
        self._write(writes)

    def verified(self, connection: Connection, *, at: datetime) -> None:
        self._table.update(
            keys.connection(connection.key),
            "SET verified_at = :at",
            condition="connection_id = :connection AND version = :version",
            values={
                ":at": to_seconds(at),
                ":connection": connection.connection_id,
                ":version": connection.version,
            },
        )

    def with_account(self, provider: Provider, account_id: str) -> Sequence[ConnectionKey]:
        found = self._each("PK = :account", {":account": keys.accounts(provider, account_id)})
        return [
            ConnectionKey(item["organization_id"], item["member_id"], provider) for item in found
        ]

    def everywhere(self, provider: Provider) -> Iterator[ConnectionKey]:
        # Each connection has a turn, and turns are together whichever organization they belong to.
        for number in range(keys.QUEUES):
            queue = encoded({":queue": keys.sync_queue(number)})
            turns = self._table.each(
                {
                    "IndexName": keys.BY_TIME,
                    "KeyConditionExpression": "GSI1PK = :queue",
                    "ExpressionAttributeValues": queue,
                }
            )
            for item in turns:
                key = stored_turn(item).key
                if key.provider is provider:
                    yield key

    def forget(self, connection: Connection) -> None:
        condition = "connection_id = :connection AND version = :version"
        values = {":connection": connection.connection_id, ":version": connection.version}
        whose = connection.key
        read = self._each(
            "PK = :member AND begins_with(SK, :calendars)",
            {
                ":member": keys.connected(whose.organization_id, whose.member_id),
                ":calendars": keys.synced_calendars(whose.provider),
            },
        )
        calendars = [self._table.to_delete({"PK": item["PK"], "SK": item["SK"]}) for item in read]
        *parts, last = [*batched(calendars, AT_ONCE, strict=False)] or [()]
        unchanged = self._table.to_check(keys.connection(whose), condition=condition, values=values)
        forgotten = [
            self._table.to_delete(keys.connection(whose), condition=condition, values=values),
            self._table.to_delete(keys.sync_turn(whose)),
            self._table.to_delete(keys.connected_busy(whose)),
        ]
        try:
            for part in parts:
                transact(self._table.client, [unchanged, *part])
            transact(self._table.client, [*forgotten, *last])
        except TransactionRefused:
            # It was connected anew.
            return

    def _is_known(self, connection: Connection) -> bool:
        """Tell whether anything was read, or is to be read, of the calendars connected by it."""
        known = self._table.get(keys.connected_busy(connection.key))
        return known is not None and known["connection_id"] == connection.connection_id

    def _next_version(self, connection: Connection) -> TransactWriteItemTypeDef:
        if connection.version == 1:
            return self._table.to_put_new(_item(connection))
        return self._table.to_put(
            _item(connection),
            condition="version = :before",
            values={":before": connection.version - 1},
        )

    def _write(self, writes: Sequence[TransactWriteItemTypeDef]) -> None:
        try:
            transact(self._table.client, writes)
        except TransactionRefused as refused:
            raise ConnectionChanged from refused

    def _queried(self, condition: str, values: Item) -> list[Connection]:
        return [stored_connection(item) for item in self._each(condition, values)]

    def _each(self, condition: str, values: Item) -> Iterator[Item]:
        return self._table.each(
            {
                "KeyConditionExpression": condition,
                "ExpressionAttributeValues": encoded(values),
                "ConsistentRead": True,
            }
        )


def stored_connection(item: Item) -> Connection:
    return Connection(
        key=ConnectionKey(item["organization_id"], item["member_id"], Provider(item["provider"])),
        connection_id=item["connection_id"],
        platforms=frozenset(map(Platform, item["platforms"])),
        account_id=item["account_id"],
        account=item["account"],
        scopes=frozenset(item["scopes"]),
        state=ConnectionState(item["state"]),
        state_since=from_seconds(item["state_since"]),
        connected_at=from_seconds(item["connected_at"]),
        verified_at=from_optional_seconds(item.get("verified_at")),
        missing=tuple(map(Platform, item["missing"])),
        calendars=tuple(ProviderCalendar(**each) for each in item["calendars"]),
        conflict_calendar_ids=tuple(item["conflict_calendar_ids"]),
        write_calendar_id=item["write_calendar_id"],
        ended_at=from_optional_seconds(item.get("ended_at")),
        version=int(item["version"]),
    )


def _item(connection: Connection) -> Item:
    whose = connection.key
    instants = {"verified_at": connection.verified_at, "ended_at": connection.ended_at}
    return {
        **keys.connection(whose),
        "organization_id": whose.organization_id,
        "member_id": whose.member_id,
        "provider": whose.provider.value,
        "connection_id": connection.connection_id,
        "platforms": sorted(connection.platforms),
        "account_id": connection.account_id,
        "account": connection.account,
        "scopes": sorted(connection.scopes),
        "state": connection.state.value,
        "state_since": to_seconds(connection.state_since),
        "connected_at": to_seconds(connection.connected_at),
        **{name: to_seconds(at) for name, at in instants.items() if at is not None},
        "missing": list(connection.missing),
        "calendars": [asdict(calendar) for calendar in connection.calendars],
        "conflict_calendar_ids": list(connection.conflict_calendar_ids),
        "write_calendar_id": connection.write_calendar_id,
        "version": connection.version,
    }


def _account_key(connection: Connection) -> keys.Key:
    whose = connection.key
    return keys.account(
        whose.provider, connection.account_id, whose.organization_id, whose.member_id
    )


def _account_item(connection: Connection) -> Item:
    return {
        **_account_key(connection),
        "organization_id": connection.key.organization_id,
        "member_id": connection.key.member_id,
    }
