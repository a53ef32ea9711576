"""Keeping limits under contention.

A limit is checked by counting the host's bookings, and two guests may count at
once. Each host that a limit speaks of therefore has a number that rises with
every booking: who books states the number they saw before they counted, and is
refused when it has risen since.
"""

from __future__ import annotations

from dataclasses import dataclass


class CountsChanged(Exception):
    """Somebody booked the same host since the bookings were counted; count again."""


@dataclass(frozen=True, slots=True)
class Count:
    """How often a host was booked under a limit."""

    organization_id: str
    host_id: str
    number: int = 0
    """How often, ever: it never falls, so it is not the number of bookings."""
