"""Tables that spreadsheets open, and that do nothing there but show."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CONTENT_TYPE = "text/csv; charset=utf-8"

_BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel does not read UTF-8."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""Source: OWASP ASVS 5.0, 1.2.10."""


def headers_of(filename: str) -> dict[str, str | list[str]]:
    """Return the headers that make a browser save a table under a name."""
    return {"Content-Disposition": f'attachment; filename="{filename}"'}


def csv_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table (RFC 4180) in which no cell is taken for a formula."""
    text = io.StringIO(_BYTE_ORDER_MARK)
    text.seek(0, io.SEEK_END)
    table = csv.writer(text)
    table.writerow(headings)
    table.writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
