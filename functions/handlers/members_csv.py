"""Members as a table that spreadsheets open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.csv_tables import attachment, csv_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scheduling.use_cases.members import MemberOverview

HEADERS = attachment("members.csv")

_HEADINGS = (
    "Member",
    "E-mail",
    "Name",
    "Role",
    "Department",
    "Designation",
    "Manager",
    "Time zone",
    "Joined on (UTC)",
    "Removed on (UTC)",
)


def csv_of(overviews: Iterable[MemberOverview]) -> str:
    """Return a table (RFC 4180) of members."""
    return csv_table(_HEADINGS, map(_row, overviews))


def _row(overview: MemberOverview) -> list[str]:
    member = overview.member
    return [
        member.member_id,
        member.email,
        member.name,
        member.role.value,
        overview.department,
        overview.designation,
        overview.manager.email if overview.manager else "",
        member.time_zone,
        f"{member.joined_at:%Y-%m-%d}" if member.joined_at else "",
        f"{member.removed_at:%Y-%m-%d}" if member.removed_at else "",
    ]
