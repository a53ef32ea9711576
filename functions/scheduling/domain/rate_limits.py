"""How often something may be asked for; see `docs/operations.md` for all of them in one table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most so many uses by one value in each window; windows begin at multiples of it."""

    scope: str
    """What is counted, and by what: `sign_in.address`."""
    most: int
    window: timedelta


_QUARTER_HOUR = timedelta(minutes=15)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)

SIGN_IN_PER_ADDRESS = RateLimit("sign_in.address", 3, _QUARTER_HOUR)
SIGN_IN_PER_ADDRESS_AND_DAY = RateLimit("sign_in.address.day", 10, _DAY)
SIGN_IN_PER_NETWORK_ADDRESS = RateLimit("sign_in.network_address", 20, _HOUR)
INVITATIONS_PER_ADDRESS = RateLimit("invitations.address", 3, _HOUR)
"""Over all organizations: whoever is behind the address gets all of them."""
INVITATIONS_PER_ORGANIZATION = RateLimit("invitations.organization", 200, _DAY)
HOLDS_PER_NETWORK_ADDRESS = RateLimit("holds.network_address", 20, timedelta(minutes=5))
