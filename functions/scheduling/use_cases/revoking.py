"""Ending connections of many members at once, by whoever operates the deployment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, Actor, ActorKind, Entry
from scheduling.domain.refusals import ConnectionChanged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from scheduling.domain.connections import Connection, Provider
    from scheduling.provider_ports import Connections

ROUNDS = 3
"""How often an organization is looked at again for what changed at the same moment."""


@dataclass(frozen=True, slots=True)
class Revoked:
    """How much has been ended."""

    organizations: int
    """How many had something to end."""
    connections: int
    left: int
    """How many were changed by others at each try."""


def revoke_grants(
    organization_id: str | None,
    provider: Provider | None,
    *,
    now: datetime,
    connections: Connections,
) -> Revoked:
    """End the connections of an organization, at a provider, or of one at the other.

    From this moment on nobody uses them; the worker that looks at connections tells providers and
    deletes the tokens. Bookings stay. What has ended already is left alone, so that this can be
    done again.

    Raises:
        ValueError: Neither an organization nor a provider is named: nobody means everything.
    """
    if organization_id is not None:
        organization_ids = [organization_id]
    elif provider is not None:
        found = connections.everywhere(provider)
        organization_ids = sorted({key.organization_id for key in found})
    else:
        raise ValueError("name an organization, a provider, or both")
    affected, ended, left = 0, 0, 0
    for each in organization_ids:
        done, undone = _end_all(each, provider, now=now, connections=connections)
        affected += bool(done)
        ended += done
        left += undone
    return Revoked(affected, ended, left)


def _end_all(
    organization_id: str, provider: Provider | None, *, now: datetime, connections: Connections
) -> tuple[int, int]:
    """Return how many connections were ended, and how many could not be."""
    ended = 0
    for _ in range(ROUNDS):
        found = _on(organization_id, provider, connections)
        if not found:
            return ended, 0
        for connection in found:
            # One entry tells it of all.
            entry = None if ended else _entry(organization_id, provider, now)
            try:
                connections.change(connection.ended(now), entry)
            except ConnectionChanged:
                continue
            ended += 1
    return ended, len(_on(organization_id, provider, connections))


def _on(
    organization_id: str, provider: Provider | None, connections: Connections
) -> Sequence[Connection]:
    return [
        connection
        for connection in connections.of_organization(organization_id)
        if connection.is_on and provider in (None, connection.key.provider)
    ]


def _entry(organization_id: str, provider: Provider | None, now: datetime) -> Entry:
    return Entry(
        organization_id=organization_id,
        at=now,
        actor=Actor(ActorKind.PARLEY),
        activity=Activity.GRANTS_REVOKED,
        facts={} if provider is None else {"provider": provider.value},
    )
