"""How each platform of a connection does: several share one, and not each trouble is theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from scheduling.domain.connections import ConnectionState, Platform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scheduling.domain.connections import Connection

NOT_CONNECTED: Final = "not_connected"

type PlatformState = ConnectionState | Literal["not_connected"]

PLATFORM_STATES: tuple[PlatformState, ...] = (NOT_CONNECTED, *ConnectionState)

_ONLY_OF: Mapping[ConnectionState, frozenset[Platform]] = {
    ConnectionState.SYNCING: frozenset({Platform.GOOGLE_CALENDAR}),
    ConnectionState.CALENDAR_GONE: frozenset({Platform.GOOGLE_CALENDAR}),
    ConnectionState.NO_MEET: frozenset({Platform.GOOGLE_MEET}),
    ConnectionState.MEETING_LIMIT: frozenset({Platform.GOOGLE_MEET, Platform.ZOOM}),
}
"""Of states that do not concern all platforms: which they do."""


def state_of(connection: Connection | None, platform: Platform) -> PlatformState:
    """Return how a platform does, which may be better than its connection as a whole."""
    if connection is None or not connection.is_on or not connection.has(platform):
        return NOT_CONNECTED
    state = connection.state
    if state is ConnectionState.INSUFFICIENT_SCOPE:
        is_concerned = not connection.missing or platform in connection.missing
    else:
        is_concerned = state not in _ONLY_OF or platform in _ONLY_OF[state]
    return state if is_concerned else ConnectionState.OK


def needs_human(state: PlatformState) -> bool:
    return state != NOT_CONNECTED and state.needs_human
