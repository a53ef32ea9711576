"""The state of the stand-in from one `make dev` to the next."""

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from dev.providers.google.demo import fill
from dev.providers.google.state import State
from dev.providers.google.world import GoogleWorld

_STATE = TypeAdapter(State)


def kept_google(file: Path) -> GoogleWorld:
    """Return the world that `file` holds, or a new one with demo accounts."""
    try:
        return GoogleWorld(state=_STATE.validate_json(file.read_bytes()))
    except (FileNotFoundError, ValidationError):
        # A file of an earlier version of the stand-in holds nothing that cannot be made again.
        world = GoogleWorld()
        fill(world)
        return world


def keep(world: GoogleWorld, file: Path) -> None:
    """Write everything but faults and requests to `file`."""
    unfinished = file.with_suffix(".tmp")
    with world.lock:
        unfinished.write_bytes(_STATE.dump_json(world.state))
    unfinished.replace(file)
