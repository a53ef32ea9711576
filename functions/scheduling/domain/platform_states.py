"""How each platform of a connection does: several share one, and not each trouble is theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from scheduling.domain.connections import ConnectionState

if TYPE_CHECKING:
    from scheduling.domain.connections import Connection, Platform

NOT_CONNECTED: Final = "not_connected"

type PlatformState = ConnectionState | Literal["not_connected"]

PLATFORM_STATES: tuple[PlatformState, ...] = (NOT_CONNECTED, *ConnectionState)


def state_of(connection: Connection | None, platform: Platform) -> PlatformState:
    """Return how a platform does, which may be better than its connection as a whole."""
    if connection is None or not connection.is_on or not connection.has(platform):
        return NOT_CONNECTED
    return connection.state if connection.is_about(platform) else ConnectionState.OK


def needs_human(state: PlatformState) -> bool:
    return state != NOT_CONNECTED and state.needs_human
