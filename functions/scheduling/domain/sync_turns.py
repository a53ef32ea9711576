"""When the calendars of a connection are looked at next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling.domain.connections import ConnectionKey


@dataclass(frozen=True, slots=True)
class SyncTurn:
    """The next look at a connection, as it waits in the queue."""

    key: ConnectionKey
    connection_id: str
    due_at: datetime
    failures: int = 0
    """How many tries in a row have not succeeded."""
