"""How far an external member is, and whether a human has to look at it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from scheduling.domain.availability_request import RequestFact, RequestState

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling.domain.people import ExternalMember


class Standing(StrEnum):
    """The state of the latest request until it is answered; after that, of the times."""

    NOT_ASKED = "not_asked"
    """They have another address now, and the request went to the one before."""
    QUEUED = "queued"
    SEND_FAILED = "send_failed"
    SENT = "sent"
    BOUNCED = "bounced"
    DELIVERED = "delivered"
    OPENED = "opened"
    PARTLY_ANSWERED = "partly_answered"
    OVERDUE = "overdue"
    EXPIRED = "expired"
    ANSWERED = "answered"
    STALE = "stale"
    """Nobody has said for long that the times are still right."""
    NO_OPEN_TIMES = "no_open_times"
    """All times are over or were taken away."""

    @property
    def needs_a_look(self) -> bool:
        return self in _NEED_A_LOOK


_NEED_A_LOOK = {
    Standing.NOT_ASKED,
    Standing.SEND_FAILED,
    Standing.BOUNCED,
    Standing.OVERDUE,
    Standing.EXPIRED,
    Standing.STALE,
}


def standing_of(member: ExternalMember, now: datetime) -> Standing:
    state = member.request.state(member.availability, now)
    if state is not RequestState.FULFILLED:
        return Standing.NOT_ASKED if member.request_is_void else Standing(state.value)
    if not member.availability.windows_after(now):
        return Standing.NO_OPEN_TIMES
    return Standing.STALE if member.availability.is_stale(now) else Standing.ANSWERED


def look_from(member: ExternalMember) -> datetime | None:
    """Return the first instant at which a human has to look, unless something happens.

    None where nobody ever has to: all their times are over before anybody doubts them. The look
    itself passes too, once the times are over: `standing_of` says whether it has.
    """
    request, availability = member.request, member.availability
    if request.fulfilled_at is not None:
        until = availability.valid_until
        return until if until is not None and availability.windows_after(until) else None
    if member.request_is_void:
        return request.asked_at
    if request.has_bounced:
        return request.facts[RequestFact.BOUNCED]
    if request.has_failed:
        return request.facts[RequestFact.FAILED]
    return min(request.terms.deadline, request.link_expires_at)
