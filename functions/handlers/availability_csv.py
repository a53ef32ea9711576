"""Who is available, as a table: a line for each external member, a column for each day."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from handlers.csv_tables import attachment, csv_table

if TYPE_CHECKING:
    from scheduling.domain.time_range import TimeRange
    from scheduling.use_cases.availability_grid import AvailabilityGrid

HEADERS = attachment("availability.csv")


def csv_of(grid: AvailabilityGrid, base_url: str) -> str:
    """Return a table of what is free and what is booked, two columns for each day.

    On the clocks of the grid's zone: `10:00-12:00, 14:00-24:00`.

    Args:
        base_url: The origin that people use; booking pages are linked with it.
    """
    zone = ZoneInfo(grid.zone)
    days = [
        f"{day.isoformat()} ({grid.zone}){what}" for day in grid.days for what in ("", " booked")
    ]
    return csv_table(
        ["Name", "E-mail", "Person in charge", "Booking page", *days],
        (
            [
                row.member.name,
                row.member.email,
                row.person_in_charge_name,
                f"{base_url}/book/{row.member.booking_page_slug}",
                *(
                    ", ".join(_clocks(each, zone) for each in ranges)
                    for cell in row.days
                    for ranges in (cell.free, cell.taken)
                ),
            ]
            for row in grid.rows
        ),
    )


def _clocks(span: TimeRange, zone: ZoneInfo) -> str:
    start, end = (moment.astimezone(zone) for moment in (span.start, span.end))
    until = "24:00" if end.date() > start.date() else f"{end:%H:%M}"
    return f"{start:%H:%M}-{until}"
