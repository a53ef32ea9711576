"""Members from a file: what it may have, and how far it has been worked off."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

COLUMNS = ("email", "name", "role", "department", "designation", "manager")
"""What a file may say of a member; the manager by their address. Only the first is required."""

ROWS_AT_ONCE = 25
"""So many rows are worked off, and then recorded, together."""

LEASE = timedelta(minutes=3)
"""Longer than one run works; whoever finds an older lease goes on in its place."""

KEPT = timedelta(days=30)
"""After that the table's own time to live ends an import with its rows."""


class ImportState(StrEnum):
    CHECKED = "checked"
    """It was only tried out: nothing was changed."""
    RUNNING = "running"
    DONE = "done"


class RowOutcome(StrEnum):
    CREATED = "created"
    """Invited; they are a member once they accept."""
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class ImportRow:
    """Somebody in a file, and what became of them."""

    number: int
    """As spreadsheets count: the headings are row 1."""
    cells: Mapping[str, str] = field(default_factory=dict)
    """By column; those that are absent are empty."""
    outcome: RowOutcome | None = None
    """None until it is its turn."""
    column: str = ""
    """Where the row is wrong; empty where it is none of its cells."""
    code: str = ""
    """Why the row is wrong; perhaps known before it is its turn."""
    message: str = ""

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "").strip()


@dataclass(frozen=True, slots=True)
class MemberImport:
    """A file with members; its rows are kept apart."""

    import_id: str
    organization_id: str
    member_id: str
    """Who imports."""
    network: str
    """Where they did so from, as `domain.audit.masked_network` writes it."""
    proven_at: datetime
    """When they had last proved who they are."""
    created_at: datetime
    started_at: datetime
    """When they had it worked off; when they tried it out, until they do."""
    state: ImportState
    rows: int
    """How many it has."""
    fingerprint: str
    """Of its rows: what is sent again under one key has to be the same."""
    counts: Mapping[RowOutcome, int] = field(default_factory=dict)
    """How many rows came to what."""
    attempts: int = 0
    """How often a worker has taken it up."""
    due_at: datetime | None = None
    """When a worker may take it up, while it is running."""

    @property
    def done(self) -> int:
        """How many rows have had their turn; they are the first ones."""
        return sum(self.counts.values())


def counted(rows: Iterable[ImportRow]) -> dict[RowOutcome, int]:
    """Return how many rows came to what."""
    return dict(Counter(row.outcome for row in rows if row.outcome is not None))
