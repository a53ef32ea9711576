"""Events in a provider's calendar: what we read of them, and what we write."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduling.domain.identifiers import derived_id

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling.domain.hours import Span
    from scheduling.domain.time_range import TimeRange


@dataclass(frozen=True, slots=True)
class ChangedEvent:
    """An event as a pull reports it."""

    event_id: str
    """Of an instance of a series, the instance's own."""
    busy: Span | None
    """When it makes its owner busy, in seconds since 1970; None where it does not, or is gone."""
    is_gone: bool = False
    """Cancelled or deleted, or declined by the owner."""
    time: Span | None = None
    """When it takes place, whether or not it makes anybody busy."""
    booking_id: str = ""
    """Of the booking that it mirrors on this calendar."""
    content_hash: str = ""
    """What we last wrote into it says."""
    shared_mark: str = ""
    """Of the booking that it mirrors on whosever calendar."""
    etag: str = ""


@dataclass(frozen=True, slots=True)
class ChangePage:
    """A part of what has changed in a calendar."""

    events: tuple[ChangedEvent, ...]
    next_page: str | None
    """What to ask for the next part with; None after the last."""
    cursor: str | None
    """What to ask for later changes with; only after the last part."""


@dataclass(frozen=True, slots=True)
class WantedEvent:
    """The event of a booking in one host's calendar, as it shall be."""

    event_id: str
    booking_id: str
    shared_mark: str
    title: str
    description: str
    location: str
    time: TimeRange
    time_zone: str
    wants_meet: bool = False

    @property
    def content_hash(self) -> str:
        """Tells whether what a calendar has is what it shall have."""
        parts = [
            self.title,
            self.description,
            self.location,
            self.time.start.isoformat(),
            self.time.end.isoformat(),
            str(self.wants_meet),
        ]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class WrittenEvent:
    """An event of ours, as the provider has it."""

    event_id: str
    etag: str
    content_hash: str
    time: Span
    is_gone: bool = False
    join_url: str = ""
    """Of the Meet meeting; empty where there is none, or none yet."""
    meet_failed: bool = False
    """The provider has said that it makes none."""


@dataclass(frozen=True, slots=True)
class Channel:
    """Where a provider rings when something in a calendar has changed."""

    channel_id: str
    resource_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class WantedMeeting:
    """The online meeting of a booking, as it shall be."""

    mark: str
    """Written into it, to find it again by: the provider has no idempotency key."""
    topic: str
    time: TimeRange
    time_zone: str

    @property
    def content_hash(self) -> str:
        """Tells whether what a meeting was told is what it shall be told."""
        parts = [self.topic, self.time.start.isoformat(), self.time.end.isoformat()]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class MadeMeeting:
    """An online meeting that a provider has."""

    meeting_id: str
    """Digits, more than 32 bits of them."""
    join_url: str
    time: TimeRange


def event_id_of(booking_id: str, host_id: str, generation: int) -> str:
    """Return the id an event of ours has in a calendar: the same at each try.

    A provider never takes an id twice, not even of a deleted event, so a new generation begins
    where one was deleted. Base32hex in lower case is what Google accepts.
    """
    digest = hashlib.sha256(f"{booking_id}|{host_id}|{generation}".encode()).digest()
    return base64.b32hexencode(digest).decode().rstrip("=").lower()


def may_be_ours(event_id: str) -> bool:
    """Tell whether an id is as long as `event_id_of` makes them; those of others seldom are."""
    return len(event_id) == _ID_LENGTH


_ID_LENGTH = len(event_id_of("", "", 1))


def shared_mark_of(booking_id: str) -> str:
    """Return what every copy of a booking's event carries; nobody learns the booking from it."""
    return derived_id("calendar event", booking_id)
