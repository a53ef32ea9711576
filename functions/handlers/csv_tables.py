"""Tables that spreadsheets open (RFC 4180), and in which nothing is taken for a formula."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CONTENT_TYPE = "text/csv; charset=utf-8"

_BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel does not read UTF-8."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001
"""Source: OWASP ASVS 5.0, 1.2.10, and OWASP's page on CSV injection: in Japanese, wide ones too."""


def csv_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO(_BYTE_ORDER_MARK)
    text.seek(0, io.SEEK_END)
    table = csv.writer(text)
    table.writerow(map(_harmless, header))
    table.writerows(map(_harmless, row) for row in rows)
    return text.getvalue()


def attachment(name: str) -> dict[str, str | list[str]]:
    """Return the headers that have a browser keep a table under a name."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _harmless(cell: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
