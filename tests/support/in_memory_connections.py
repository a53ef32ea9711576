"""What members have connected, in memory: run against the same promises as the adapters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scheduling.domain.connections import ConnectedBusy, Platform
from scheduling.domain.refusals import ConnectionChanged
from scheduling.domain.sync_turns import SyncTurn

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from scheduling.domain.audit import Entry
    from scheduling.domain.connections import Connection, ConnectionKey, Provider
    from scheduling.domain.messages import Message
    from scheduling.provider_ports import ConnectAttempt
    from tests.support.in_memory import Store


class InMemoryConnections:
    def __init__(self, store: Store) -> None:
        self.store = store

    def get(self, key: ConnectionKey) -> Connection | None:
        return self.store.connections.get(key)

    def of_member(self, organization_id: str, member_id: str) -> Sequence[Connection]:
        return self.of_members(organization_id, [member_id])

    def of_members(self, organization_id: str, member_ids: Sequence[str]) -> Sequence[Connection]:
        if len(member_ids) > 50:
            raise ValueError("DynamoDB hands out at most 100 at once")
        mine = self.of_organization(organization_id)
        return [connection for connection in mine if connection.key.member_id in member_ids]

    def of_organization(self, organization_id: str) -> Sequence[Connection]:
        mine = [
            connection
            for key, connection in self.store.connections.items()
            if key.organization_id == organization_id
        ]
        return sorted(
            mine, key=lambda connection: (connection.key.member_id, connection.key.provider)
        )

    def put(self, connection: Connection, entry: Entry) -> None:
        whose = connection.key
        member = self.store.members.get((whose.organization_id, whose.member_id))
        if member is not None and not member.is_active:
            raise ConnectionChanged
        self._keep(connection)
        self._look(connection, entry.at)
        known = self.store.connected_busy.get(connection.key)
        is_known = known is not None and known.connection_id == connection.connection_id
        if connection.has(Platform.GOOGLE_CALENDAR) and not is_known:
            unread = ConnectedBusy(connection.key, connection.connection_id)
            self.store.connected_busy[connection.key] = unread
        self.store.entries.append(entry)

    def change(
        self, connection: Connection, entry: Entry | None, messages: Sequence[Message] = ()
    ) -> None:
        self._keep(connection)
        if connection.ended_at is not None:
            self._look(connection, connection.ended_at)
        self.store.queue(*messages, at=connection.state_since if entry is None else entry.at)
        if entry is not None:
            self.store.entries.append(entry)

    def verified(self, connection: Connection, *, at: datetime) -> None:
        if self._is_stored(connection):
            self.store.writes += 1
            stored = self.store.connections[connection.key]
            self.store.connections[connection.key] = replace(stored, verified_at=at)

    def with_account(self, provider: Provider, account_id: str) -> Sequence[ConnectionKey]:
        return [
            key
            for key, connection in self.store.connections.items()
            if (key.provider, connection.account_id) == (provider, account_id) and connection.is_on
        ]

    def everywhere(self, provider: Provider) -> Iterable[ConnectionKey]:
        return [key for key in self.store.connections if key.provider is provider]

    def forget(self, connection: Connection) -> None:
        if self._is_stored(connection):
            self.store.writes += 1
            key = connection.key
            for part in (
                self.store.connections,
                self.store.sync_turns,
                self.store.connected_busy,
            ):
                part.pop(key, None)
            for each in [each for each in self.store.synced_calendars if each[0] == key]:
                del self.store.synced_calendars[each]

    def _keep(self, connection: Connection) -> None:
        before = self.store.connections.get(connection.key)
        if connection.version - 1 != (0 if before is None else before.version):
            raise ConnectionChanged
        self.store.writes += 1
        self.store.connections[connection.key] = connection

    def _look(self, connection: Connection, due_at: datetime) -> None:
        turn = SyncTurn(connection.key, connection.connection_id, due_at)
        self.store.sync_turns[connection.key] = turn

    def _is_stored(self, connection: Connection) -> bool:
        stored = self.store.connections.get(connection.key)
        return stored is not None and (stored.connection_id, stored.version) == (
            connection.connection_id,
            connection.version,
        )


class InMemoryConnectAttempts:
    def __init__(self, store: Store) -> None:
        self.store = store

    def add(self, attempt: ConnectAttempt) -> None:
        self.store.writes += 1
        self.store.connect_attempts[attempt.state_hash] = attempt

    def take(
        self, state_hash: str, *, session_hash: str, provider: Provider, now: datetime
    ) -> ConnectAttempt | None:
        attempt = self.store.connect_attempts.get(state_hash)
        if attempt is None or now >= attempt.expires_at:
            return None
        if (attempt.session_hash, attempt.key.provider) != (session_hash, provider):
            return None
        self.store.writes += 1
        return self.store.connect_attempts.pop(state_hash)
