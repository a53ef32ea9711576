"""Bookings as a table that spreadsheets open."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from scheduling.domain.booking import Booking

HEADERS: dict[str, str | list[str]] = {"Content-Disposition": 'attachment; filename="bookings.csv"'}
CONTENT_TYPE = "text/csv; charset=utf-8"

_BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel does not read UTF-8."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001
"""Source: OWASP ASVS 5.0, 1.2.10, and OWASP's page on CSV injection: in Japanese, wide ones too."""


def csv_of(bookings: Iterable[Booking], zone: ZoneInfo) -> str:
    """Return a table (RFC 4180) of bookings, with their times in UTC and in `zone`."""
    text = io.StringIO(_BYTE_ORDER_MARK)
    text.seek(0, io.SEEK_END)
    table = csv.writer(text)
    table.writerow(
        [
            "Booking",
            "State",
            "Title",
            "Start (UTC)",
            "End (UTC)",
            f"Start ({zone.key})",
            f"End ({zone.key})",
            "Hosts",
            "Location",
            "Guest",
            "E-mail",
            "Time zone of the guest",
            "Other guests",
            "Note",
            "Answers",
            "Booked at (UTC)",
            "Reason",
        ]
    )
    for booking in bookings:
        table.writerow([_harmless(cell) for cell in _row(booking, zone)])
    return text.getvalue()


def _row(booking: Booking, zone: ZoneInfo) -> list[str]:
    guest, time = booking.guest, booking.time
    return [
        booking.booking_id,
        booking.state.value,
        booking.title,
        _in_utc(time.start),
        _in_utc(time.end),
        f"{time.start.astimezone(zone):%Y-%m-%d %H:%M}",
        f"{time.end.astimezone(zone):%Y-%m-%d %H:%M}",
        ", ".join(booking.host_names),
        booking.location,
        guest.name,
        guest.email,
        guest.time_zone,
        ", ".join(booking.other_guests),
        guest.note,
        "\n".join(f"{answer.label}: {answer.text}" for answer in booking.answers),
        _in_utc(booking.booked_at),
        booking.reason,
    ]


def _in_utc(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def _harmless(cell: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
