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


_MINUTE = timedelta(minutes=1)
_QUARTER_HOUR = timedelta(minutes=15)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)

SIGN_IN_PER_ADDRESS = RateLimit("sign_in.address", 3, _QUARTER_HOUR)
SIGN_IN_PER_ADDRESS_AND_DAY = RateLimit("sign_in.address.day", 10, _DAY)
SIGN_IN_PER_NETWORK_ADDRESS = RateLimit("sign_in.network_address", 20, _HOUR)
SIGN_IN_PER_ORGANIZATION = RateLimit("sign_in.organization", 200, _HOUR)
"""Counted when the mail is sent: nobody knows before whose member the address is."""
TOKEN_MISSES_PER_NETWORK_ADDRESS = RateLimit("token_misses.network_address", 20, 10 * _MINUTE)
"""A miss is a token that we did not make; whoever has used them up gets nowhere with any token."""
AVAILABILITY_REQUESTS_PER_ADDRESS = RateLimit("availability_requests.address", 3, _HOUR)
"""The first one, too: whoever invites, deletes and invites again sends no more. Over all
organizations, as invitations are."""
GUEST_LINKS_PER_BOOKING = RateLimit("guest_links", 3, _HOUR)
INVITATIONS_PER_ADDRESS = RateLimit("invitations.address", 3, _HOUR)
"""Over all organizations: whoever is behind the address gets all of them."""
INVITATIONS_PER_ORGANIZATION = RateLimit("invitations.organization", 200, _DAY)
CONNECT_REQUESTS_PER_MEMBER_AND_PLATFORM = RateLimit("connect_requests", 3, _DAY)
BOOKINGS_PER_NETWORK_ADDRESS = RateLimit("bookings.network_address", 10, _HOUR)
BOOKINGS_PER_PAGE = RateLimit("bookings.page", 30, _MINUTE)
HOLDS_PER_NETWORK_ADDRESS = RateLimit("holds.network_address", 20, 5 * _MINUTE)

OPEN_BOOKINGS_PER_GUEST_AND_HOST = 3
"""How many meetings to come somebody may have booked with one host; staff may book them more."""
