"""Who did what, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.csv_tables import attachment, csv_table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from scheduling.domain.audit import Name
    from scheduling.use_cases.activity import NamedEntry

HEADERS = attachment("activity.csv")


def csv_of(found: Iterable[NamedEntry], zone: ZoneInfo) -> str:
    """Return a table (RFC 4180) of entries, with their times in UTC and in `zone`."""
    headings = [
        "Entry",
        "At (UTC)",
        f"At ({zone.key})",
        "Actor",
        "Actor's id",
        "Name",
        "Activity",
        "About",
        "About (id)",
        "Details",
        "Network",
    ]
    return csv_table(headings, (_row(each, zone) for each in found))


def _row(named: NamedEntry, zone: ZoneInfo) -> list[str]:
    entry = named.entry
    return [
        entry.entry_id,
        entry.at.isoformat().replace("+00:00", "Z"),
        f"{entry.at.astimezone(zone):%Y-%m-%d %H:%M}",
        entry.actor.kind.value,
        entry.actor.actor_id,
        _text(named.actor),
        entry.activity.value,
        _text(named.subject),
        entry.subject_id,
        "; ".join(f"{name}: {fact}" for name, fact in sorted(entry.facts.items())),
        entry.actor.network,
    ]


def _text(name: Name | None) -> str:
    return name.text if name else ""
