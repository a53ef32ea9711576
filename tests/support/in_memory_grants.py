"""Grants and circuits in memory, held to the ports by `tests/integration/test_ports_grants.py`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from scheduling.domain.circuits import Circuit
from scheduling.domain.grants import REFRESH_LEASE

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling.domain.connections import ConnectionKey, Provider
    from scheduling.domain.grants import Grant


@dataclass
class InMemoryGrants:
    grants: dict[ConnectionKey, Grant] = field(default_factory=dict)

    def put(self, grant: Grant) -> None:
        self.grants[grant.key] = grant

    def get(self, key: ConnectionKey) -> Grant | None:
        return self.grants.get(key)

    def lease(self, grant: Grant, *, now: datetime) -> Grant | None:
        stored = self.grants.get(grant.key)
        if stored is None or stored.version != grant.version:
            return None
        if stored.leased_until is not None and stored.leased_until > now:
            return None
        self.grants[grant.key] = replace(stored, leased_until=now + REFRESH_LEASE)
        return self.grants[grant.key]

    def save(self, grant: Grant) -> bool:
        stored = self.grants.get(grant.key)
        if stored is None or stored.sign_in_id != grant.sign_in_id:
            return False
        if stored.version == grant.version - 1:
            self.grants[grant.key] = stored = replace(grant, leased_until=None)
        return replace(stored, leased_until=None) == replace(grant, leased_until=None)

    def release(self, grant: Grant) -> None:
        if self.grants.get(grant.key) == grant:
            self.grants[grant.key] = replace(grant, leased_until=None)

    def forget(self, key: ConnectionKey, sign_in_id: str) -> None:
        stored = self.grants.get(key)
        if stored is not None and stored.sign_in_id == sign_in_id:
            del self.grants[key]


@dataclass
class InMemoryCircuits:
    circuits: dict[tuple[str, Provider], Circuit] = field(default_factory=dict)

    def get(self, organization_id: str, provider: Provider) -> Circuit:
        return self.circuits.get((organization_id, provider), Circuit())

    def change(self, organization_id: str, provider: Provider, circuit: Circuit) -> bool:
        if self.get(organization_id, provider).version != circuit.version - 1:
            return False
        self.circuits[organization_id, provider] = circuit
        return True

    def close(self, organization_id: str, provider: Provider) -> None:
        self.circuits.pop((organization_id, provider), None)
