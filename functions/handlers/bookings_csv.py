"""Bookings as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.csv_tables import attachment, csv_table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from scheduling.domain.booking import Booking

HEADERS = attachment("bookings.csv")


def csv_of(bookings: Iterable[Booking], zone: ZoneInfo) -> str:
    """Return a table (RFC 4180) of bookings, with their times in UTC and in `zone`."""
    headings = [
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
    return csv_table(headings, (_row(booking, zone) for booking in bookings))


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
