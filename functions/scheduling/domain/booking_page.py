"""Booking pages: what can be booked, with whom, by which rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class BookingRules:
    """How slots are cut out of the hosts' times; see `domain.slots`."""

    duration: timedelta = timedelta(minutes=30)
    interval: timedelta | None = None
    """From one start to the next; as long as the meeting where None."""
    minimum_notice: timedelta = timedelta(hours=4)
    """A slot that starts sooner than this from now is not offered."""
    buffer_before: timedelta = timedelta(0)
    buffer_after: timedelta = timedelta(0)
    horizon: timedelta = timedelta(days=90)
    """A slot that starts later than this from now is not offered."""


@dataclass(frozen=True, slots=True)
class BookingPage:
    """The public page on which guests book one host."""

    slug: str
    """Its address, unique in the whole deployment."""
    organization_id: str
    external_member_id: str
    """The host."""
    host_name: str
    person_in_charge_id: str
    title: str
    location: str
    time_zone: str
    """The zone a guest sees before choosing their own."""
    rules: BookingRules = field(default_factory=BookingRules)
