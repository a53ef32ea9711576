"""The time zones a person can choose from without script, which offers all of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from scheduling.domain.refusals import marked
from scheduling.domain.zones import time_zone
from translations import times

if TYPE_CHECKING:
    from datetime import datetime

PRINCIPAL_ZONES = {
    marked("Americas"): (
        "America/Anchorage America/Argentina/Buenos_Aires America/Bogota America/Caracas "
        "America/Chicago America/Denver America/Halifax America/Havana America/Lima "
        "America/Los_Angeles America/Mexico_City America/Montevideo America/New_York "
        "America/Panama America/Phoenix America/Santiago America/Sao_Paulo America/St_Johns "
        "America/Toronto America/Vancouver"
    ),
    marked("Europe"): (
        "Europe/Amsterdam Europe/Athens Europe/Berlin Europe/Brussels Europe/Bucharest "
        "Europe/Dublin Europe/Helsinki Europe/Istanbul Europe/Kyiv Europe/Lisbon Europe/London "
        "Europe/Madrid Europe/Moscow Europe/Oslo Europe/Paris Europe/Prague Europe/Rome "
        "Europe/Stockholm Europe/Vienna Europe/Warsaw Europe/Zurich"
    ),
    marked("Asia"): (
        "Asia/Almaty Asia/Baghdad Asia/Bangkok Asia/Beirut Asia/Dhaka Asia/Dubai "
        "Asia/Ho_Chi_Minh Asia/Hong_Kong Asia/Jakarta Asia/Jerusalem Asia/Karachi "
        "Asia/Kathmandu Asia/Kolkata Asia/Manila Asia/Riyadh Asia/Seoul Asia/Shanghai "
        "Asia/Singapore Asia/Taipei Asia/Tashkent Asia/Tehran Asia/Tokyo"
    ),
    marked("Africa"): (
        "Africa/Accra Africa/Algiers Africa/Cairo Africa/Casablanca Africa/Johannesburg "
        "Africa/Lagos Africa/Nairobi"
    ),
    marked("Australia and the Pacific"): (
        "Australia/Adelaide Australia/Brisbane Australia/Perth Australia/Sydney "
        "Pacific/Auckland Pacific/Honolulu"
    ),
}
"""IANA names by region."""


@dataclass(frozen=True, slots=True)
class ZoneGroup:
    """Time zones that stand together in a list."""

    region: str
    """In English, in the catalogues; empty for the one that no region holds."""
    zones: tuple[tuple[str, str], ...]
    """IANA name and label of each, by label."""


def zone_groups(chosen: str, at: datetime, locale: str) -> tuple[ZoneGroup, ...]:
    """Return the zones to choose from, with their offsets at an instant; `chosen` is one of them.

    A zone that does not exist is not offered.
    """
    groups = _principal_groups(at.replace(minute=0, second=0, microsecond=0), locale)
    offered = {name for group in groups for name, _ in group.zones}
    if chosen in offered or time_zone(chosen) is None:
        return groups
    return (ZoneGroup("", ((chosen, times.zone_label(chosen, at, locale)),)), *groups)


@lru_cache(maxsize=8)
def _principal_groups(at: datetime, locale: str) -> tuple[ZoneGroup, ...]:
    return tuple(
        ZoneGroup(
            region,
            tuple(
                sorted(
                    ((name, times.zone_label(name, at, locale)) for name in names.split()),
                    key=lambda zone: zone[1],
                )
            ),
        )
        for region, names in PRINCIPAL_ZONES.items()
    )
