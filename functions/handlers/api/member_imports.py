"""What imports of members look like in the JSON API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from pydantic import BaseModel

from scheduling.domain.member_imports import ImportRow, ImportState, MemberImport, RowOutcome


class ImportProblem(BaseModel):
    column: str
    """Empty where it is none of the row's cells."""
    code: str
    message: str


class ImportRowResponse(BaseModel):
    row: int
    """As spreadsheets count: the headings are row 1. In JSON, the first is 1."""
    email: str
    outcome: RowOutcome | None
    """None until it is its turn."""
    problem: ImportProblem | None

    @classmethod
    def of(cls, row: ImportRow) -> Self:
        problem = ImportProblem(column=row.column, code=row.code, message=row.message)
        return cls(
            row=row.number,
            email=row["email"],
            outcome=row.outcome,
            problem=problem if row.outcome is RowOutcome.ERROR else None,
        )


class ImportResponse(BaseModel):
    import_id: str
    state: ImportState
    rows: int
    done: int
    """How many rows have had their turn."""
    counts: dict[RowOutcome, int]
    goes_on_at: datetime | None
    """When a worker takes it up again at the latest, while it is running."""
    results: list[ImportRowResponse]

    @classmethod
    def of(cls, found: MemberImport, rows: Sequence[ImportRow]) -> Self:
        return cls(
            import_id=found.import_id,
            state=found.state,
            rows=found.rows,
            done=found.done,
            counts={outcome: found.counts.get(outcome, 0) for outcome in RowOutcome},
            goes_on_at=found.due_at,
            results=[ImportRowResponse.of(row) for row in rows],
        )
