"""What members have connected as a table that spreadsheets open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.csv_tables import attachment, csv_table
from scheduling.domain.connection_words import PLATFORM_NAMES, STATE_WORDS
from scheduling.domain.platform_states import NOT_CONNECTED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from scheduling.use_cases.connection_matrix import Cell

HEADERS = attachment("connections.csv")

_HEADINGS = (
    "Member",
    "E-mail",
    "Name",
    "Platform",
    "State",
    "Account",
    "Connected since (UTC)",
    "Last verified (UTC)",
    "In this state since (UTC)",
    "Reason",
    "What to do",
    "Booking pages",
)


def csv_of(cells: Iterable[Cell]) -> str:
    """Return a table (RFC 4180) of what is connected, and of what is not."""
    return csv_table(_HEADINGS, map(_row, cells))


def _row(cell: Cell) -> list[str]:
    member, connection = cell.member, cell.connection
    row = [member.member_id, member.email, member.name, PLATFORM_NAMES[cell.platform], cell.state]
    if cell.state == NOT_CONNECTED or connection is None:
        return [*row, "", "", "", "", "", "", str(cell.booking_pages)]
    words = STATE_WORDS[cell.state]
    return [
        *row,
        connection.account,
        _written(connection.connected_at),
        _written(connection.verified_at),
        _written(connection.state_since),
        words.reason,
        words.fix,
        str(cell.booking_pages),
    ]


def _written(instant: datetime | None) -> str:
    return "" if instant is None else f"{instant:%Y-%m-%d %H:%M}"
