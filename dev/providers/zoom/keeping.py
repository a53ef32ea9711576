"""What a Zoom remembers from one start of Parley to the next, so that connections stay good."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from dev.providers.zoom.grants import Token
from dev.providers.zoom.world import Meeting, User, ZoomWorld


@dataclass(frozen=True)
class _Kept:
    scopes: set[str]
    users: dict[str, User]
    meetings: dict[int, Meeting]
    access: dict[str, Token]
    refreshing: dict[str, Token]
    blocked: set[str]


_KEPT = TypeAdapter(_Kept)


def keep(world: ZoomWorld, file: Path) -> None:
    """Write what `world` knows; faults, limits and codes begin anew."""
    grants = world.grants
    kept = _Kept(
        scopes=world.scopes,
        users=world.users,
        meetings=world.meetings,
        access=grants.access,
        refreshing=grants.refreshing,
        blocked=grants.blocked,
    )
    file.write_bytes(_KEPT.dump_json(kept))


def remember(world: ZoomWorld, file: Path) -> None:
    """Let `world` know what was kept, and nothing else.

    Raises:
        FileNotFoundError: Nothing was kept.
        ValidationError: It was kept by another version.
    """
    kept = _KEPT.validate_json(file.read_bytes())
    world.scopes = kept.scopes
    world.users = kept.users
    world.meetings = kept.meetings
    world.grants.access = kept.access
    world.grants.refreshing = kept.refreshing
    world.grants.blocked = kept.blocked
