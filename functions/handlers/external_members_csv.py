"""External members as a table that spreadsheets open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.csv_tables import attachment, csv_table
from scheduling.domain.standing import standing_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from scheduling.use_cases.external_members import ExternalMemberOverview

HEADERS = attachment("external-members.csv")

_HEADINGS = (
    "External member",
    "E-mail",
    "Name",
    "Person in charge",
    "State",
    "Asked (UTC)",
    "Deadline (UTC)",
    "Mail",
    "Open times",
    "Valid until (UTC)",
    "Booking page",
)


def csv_of(overviews: Iterable[ExternalMemberOverview], *, now: datetime, base_url: str) -> str:
    """Return a table (RFC 4180) of external members, and how far their requests are."""
    return csv_table(_HEADINGS, (_row(overview, now, base_url) for overview in overviews))


def _row(overview: ExternalMemberOverview, now: datetime, base_url: str) -> list[str]:
    member = overview.member
    return [
        member.external_member_id,
        member.email,
        member.name,
        overview.person_in_charge.email,
        standing_of(member, now).value,
        _minute(member.request.asked_at),
        _minute(member.request.terms.deadline),
        overview.delivery.state.value,
        str(len(member.availability.windows_after(now))),
        _minute(member.availability.valid_until),
        f"{base_url}/book/{member.booking_page_slug}",
    ]


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%MZ}" if moment else ""
