"""The asking of an external member for their times, from the first mail to the answer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from scheduling.domain.zones import time_zone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scheduling.domain.availability import Availability
    from scheduling.domain.hours import DateSpan

ANSWER_WITHIN = timedelta(days=7)
"""When times are due unless somebody says otherwise."""

REMINDERS = (timedelta(days=3), timedelta(days=1))
"""How long before they are due somebody is reminded unless somebody says otherwise."""


class RequestState(StrEnum):
    """How far a request has come."""

    QUEUED = "queued"
    SEND_FAILED = "send_failed"
    SENT = "sent"
    BOUNCED = "bounced"
    """The mail came back: nobody has it."""
    DELIVERED = "delivered"
    OPENED = "opened"
    """Somebody did something on the page, which no mail scanner does."""
    PARTLY_ANSWERED = "partly_answered"
    """Times came in, fewer than were asked for."""
    FULFILLED = "fulfilled"
    OVERDUE = "overdue"
    EXPIRED = "expired"
    """Its link has ended unanswered."""


class RequestFact(StrEnum):
    """Something that happened to the latest request, besides an answer."""

    FAILED = "failed"
    SENT = "sent"
    BOUNCED = "bounced"
    DELIVERED = "delivered"
    OPENED = "opened"


@dataclass(frozen=True, slots=True)
class RequestTerms:
    """What somebody is asked for, and until when."""

    deadline: datetime
    wished: DateSpan | None = None
    """The dates that matter, on the clocks of the external member; all where None."""
    minimum_windows: int = 1
    minimum_length: timedelta = timedelta(0)
    """Of all windows together."""
    message: str = ""
    """Words of whoever asks."""
    reminders: tuple[timedelta, ...] = REMINDERS
    """How long before the deadline, the longest first."""

    def are_met_by(self, availability: Availability, now: datetime) -> bool:
        """Tell whether enough times are still to come."""
        windows = availability.windows_after(now)
        zone = time_zone(availability.time_zone)
        if self.wished is not None:
            windows = tuple(w for w in windows if w.start.astimezone(zone).date() in self.wished)
        length = sum((window.length for window in windows), timedelta(0))
        return len(windows) >= self.minimum_windows and length >= self.minimum_length


def usual_terms(now: datetime) -> RequestTerms:
    return RequestTerms(deadline=now + ANSWER_WITHIN)


@dataclass(frozen=True, slots=True)
class AvailabilityRequest:
    """The latest request to one external member, and what has become of it."""

    number: int
    """How often they were asked, this time included."""
    asked_at: datetime
    link_id: str
    link_expires_at: datetime
    terms: RequestTerms
    facts: Mapping[RequestFact, datetime] = field(default_factory=dict)
    """When each first happened."""
    fulfilled_at: datetime | None = None
    """When enough times were there; taking some away later changes nothing about that."""

    def state(self, availability: Availability, now: datetime) -> RequestState:
        """Tell how far it is; `availability` is what was entered, perhaps before it."""
        for applies, state in (
            (self.fulfilled_at is not None, RequestState.FULFILLED),
            (RequestFact.BOUNCED in self.facts, RequestState.BOUNCED),
            (self.has_failed, RequestState.SEND_FAILED),
            (now >= self.link_expires_at, RequestState.EXPIRED),
            (now >= self.terms.deadline, RequestState.OVERDUE),
            (self._is_answered_by(availability), RequestState.PARTLY_ANSWERED),
            (RequestFact.OPENED in self.facts, RequestState.OPENED),
            (RequestFact.DELIVERED in self.facts, RequestState.DELIVERED),
            (RequestFact.SENT in self.facts, RequestState.SENT),
        ):
            if applies:
                return state
        return RequestState.QUEUED

    @property
    def has_bounced(self) -> bool:
        return RequestFact.BOUNCED in self.facts

    @property
    def has_failed(self) -> bool:
        """Tell whether no mail has gone out, and at least one try has failed."""
        went_out = self.facts.keys() & {RequestFact.SENT, RequestFact.OPENED}
        return RequestFact.FAILED in self.facts and not went_out

    def noted(self, fact: RequestFact, at: datetime) -> AvailabilityRequest:
        """Return the request after something happened to it; only the first time counts."""
        return replace(self, facts={fact: at, **self.facts})

    def answered(
        self, availability: Availability, *, now: datetime, link_expires_at: datetime
    ) -> AvailabilityRequest:
        """Return the request after times were saved or confirmed."""
        fulfilled_at = self.fulfilled_at
        if fulfilled_at is None and self.terms.are_met_by(availability, now):
            fulfilled_at = now
        return replace(self, fulfilled_at=fulfilled_at, link_expires_at=link_expires_at)

    def _is_answered_by(self, availability: Availability) -> bool:
        saved_at = availability.saved_at
        return bool(availability.windows) and saved_at is not None and saved_at >= self.asked_at
