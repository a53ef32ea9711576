"""What members were asked to connect, in memory: run against the same promises as the adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.domain.refusals import ConnectionChanged

if TYPE_CHECKING:
    from scheduling.domain.audit import Entry
    from scheduling.domain.connect_requests import ConnectRequest
    from scheduling.domain.connections import Platform
    from tests.support.in_memory import Store


class InMemoryConnectRequests:
    def __init__(self, store: Store) -> None:
        self.store = store

    def get(
        self, organization_id: str, member_id: str, platform: Platform
    ) -> ConnectRequest | None:
        return self.store.connect_requests.get((organization_id, member_id, platform))

    def add(self, request: ConnectRequest, entry: Entry) -> None:
        key = request.organization_id, request.member_id, request.platform
        before = self.store.connect_requests.get(key)
        if request.number - 1 != (0 if before is None else before.number):
            raise ConnectionChanged
        self.store.writes += 1
        self.store.connect_requests[key] = request
        self.store.queue(request.message, at=request.asked_at)
        self.store.entries.append(entry)
