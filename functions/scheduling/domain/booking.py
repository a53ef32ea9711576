"""The meeting: one identity for life, however often it changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from scheduling.domain.refusals import BookingOver

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling.domain.messages import Recipient
    from scheduling.domain.people import Guest
    from scheduling.domain.time_range import TimeRange


class BookingState(StrEnum):
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Booking:
    booking_id: str
    organization_id: str
    booking_page_slug: str
    title: str
    location: str
    host_id: str
    host_name: str
    person_in_charge_id: str
    guest: Guest
    time: TimeRange
    claimed: TimeRange
    """What it takes of the host's time: the meeting with the buffers it was booked with."""
    state: BookingState
    version: int
    """1 when booked, one more with each change."""
    guest_link_id: str
    """The link in the guest's mails, the same for life."""
    booked_at: datetime
    changed_at: datetime
    cancelled_by: Recipient | None = None
    cancellation_reason: str = ""

    @property
    def sequence(self) -> int:
        """The revision a calendar knows it by; 0 when booked (RFC 5545 section 3.8.7.4)."""
        return self.version - 1

    def cancelled(self, by: Recipient, reason: str, *, now: datetime) -> Booking:
        """Return the booking as it is after it was called off.

        Raises:
            BookingOver: The meeting has begun.
        """
        if now >= self.time.start:
            raise BookingOver
        return replace(
            self,
            state=BookingState.CANCELLED,
            version=self.version + 1,
            changed_at=now,
            cancelled_by=by,
            cancellation_reason=reason,
        )
