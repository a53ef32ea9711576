"""Turns, what was read of calendars, and the queue, in memory.

`tests/integration/test_ports_sync.py` runs the same promises against these and the adapters.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from scheduling.provider_ports import QueueUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from scheduling.domain.calendar_sync import SyncedCalendar
    from scheduling.domain.connections import ConnectedBusy, ConnectionKey
    from scheduling.domain.sync_turns import SyncRequest, SyncTurn
    from tests.support.in_memory import Store


class InMemorySyncTurns:
    def __init__(self, store: Store) -> None:
        self.store = store

    def due(self, *, now: datetime, limit: int) -> Sequence[SyncTurn]:
        due = [turn for turn in self.store.sync_turns.values() if turn.due_at <= now]
        return sorted(due, key=lambda turn: turn.due_at)[: 4 * limit]

    def get(self, key: ConnectionKey) -> SyncTurn | None:
        return self.store.sync_turns.get(key)

    def take(self, turn: SyncTurn, *, now: datetime) -> SyncTurn | None:
        taken = turn.taken(now)
        return None if turn.is_leased(now) or not self._replace(turn, taken) else taken

    def put_back(
        self, taken: SyncTurn, after: SyncTurn, *, busy: ConnectedBusy | None = None
    ) -> bool:
        if not self._replace(taken, after):
            return False
        if busy is not None:
            self.store.connected_busy[busy.key] = busy
        return True

    def _replace(self, before: SyncTurn, after: SyncTurn) -> bool:
        if self.store.sync_turns.get(before.key) != before:
            return False
        self.store.writes += 1
        self.store.sync_turns[after.key] = after
        return True


class InMemorySyncedCalendars:
    def __init__(self, store: Store) -> None:
        self.store = store

    def of(self, key: ConnectionKey) -> Sequence[SyncedCalendar]:
        return [each for (of, _), each in self.store.synced_calendars.items() if of == key]

    def save(self, key: ConnectionKey, calendar: SyncedCalendar) -> SyncedCalendar | None:
        stored = self.store.synced_calendars.get((key, calendar.calendar_id))
        if calendar.version != (0 if stored is None else stored.version):
            return None
        self.store.writes += 1
        after = replace(calendar, version=calendar.version + 1)
        self.store.synced_calendars[key, calendar.calendar_id] = after
        return after

    def forget(self, key: ConnectionKey, calendar_id: str) -> None:
        self.store.synced_calendars.pop((key, calendar_id), None)

    def forget_busy(self, key: ConnectionKey) -> None:
        self.store.connected_busy.pop(key, None)


@dataclass
class InMemorySyncQueue:
    """A FIFO queue that remembers for ever what it has taken; SQS does for five minutes."""

    waiting: deque[SyncRequest] = field(default_factory=deque)
    taken: set[tuple[str, str]] = field(default_factory=set)
    is_down: bool = False

    def send(self, requests: Sequence[SyncRequest]) -> None:
        if self.is_down:
            raise QueueUnavailable
        for request in requests:
            known = request.group, request.deduplication_id
            if known not in self.taken:
                self.taken.add(known)
                self.waiting.append(request)


@dataclass
class InMemoryChannelSecrets:
    secret: bytes = b"s" * 32

    def current(self) -> bytes:
        return self.secret
