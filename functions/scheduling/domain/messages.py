"""The outbox: what must be announced, stored with the change that causes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Subject(StrEnum):
    """What a message is about."""

    SIGN_IN = "sign_in"
    EXTERNAL_MEMBER = "external_member"
    BOOKING = "booking"


class MessageKind(StrEnum):
    SIGN_IN_LINK = "sign_in_link"
    AVAILABILITY_REQUEST = "availability_request"
    AVAILABILITY_ENTERED = "availability_entered"
    BOOKING_CONFIRMED = "booking_confirmed"
    BOOKING_CANCELLED = "booking_cancelled"
    BOOKING_REQUESTED = "booking_requested"
    BOOKING_DECLINED = "booking_declined"
    BOOKING_EXPIRED = "booking_expired"
    BOOKING_WITHDRAWN = "booking_withdrawn"
    BOOKING_MOVED = "booking_moved"
    BOOKING_HANDED_OVER = "booking_handed_over"
    BOOKING_REMINDER = "booking_reminder"
    GUEST_LINK = "guest_link"
    """A fresh link to a booking; `which` is its id."""


class Recipient(StrEnum):
    """In which role somebody is written to."""

    MEMBER = "member"
    HOST = "host"
    GUEST = "guest"
    PERSON_IN_CHARGE = "person_in_charge"


@dataclass(frozen=True, slots=True)
class Message:
    """One mail to one recipient about one version of one thing."""

    organization_id: str
    subject: Subject
    subject_id: str
    version: int
    """Which state of the subject it announces; a later one makes it superfluous."""
    kind: MessageKind
    recipient: Recipient
    which: str = ""
    """Tells those apart who are written to in one role: a host's id, the number of a guest.

    Of a reminder it also says how many minutes before the meeting: `1440.<host id>`.
    """
    due_at: datetime | None = field(default=None, compare=False)
    """Not to be sent sooner; of no use `LATEST` after it. At once where None."""

    @property
    def message_id(self) -> str:
        """The same at each try, different for each message."""
        return f"{self.subject_id}.{self.version}.{self.kind}.{self.name}"

    @property
    def name(self) -> str:
        """Whom it goes to: `guest`, `guest.2`, `host.<id>`."""
        return f"{self.recipient}.{self.which}" if self.which else self.recipient.value

    def is_too_late(self, now: datetime) -> bool:
        return self.due_at is not None and now > self.due_at + LATEST


class DeliveryState(StrEnum):
    SCHEDULED = "scheduled"
    """Waits for the instant it is due at."""
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    SEND_FAILED = "send_failed"
    """The last try failed; another one follows."""
    SUPERSEDED = "superseded"
    """Never sent, because what it would have told is no longer so."""
    TOO_LATE = "too_late"
    """Never sent, because it was due long ago."""
    DEAD = "dead"
    """Given up after `MAX_ATTEMPTS`; a human has to look."""


LATEST = timedelta(minutes=30)
"""A reminder that is later than this confuses more than it helps."""

MAX_ATTEMPTS = 8

LEASE = timedelta(minutes=2)
"""How long one worker may take to send a message; longer than the function's timeout."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far a message has come."""

    state: DeliveryState
    attempts: int = 0
    next_attempt_at: datetime | None = None
    last_error: str = ""
    sent_at: datetime | None = None


def retry_delay(attempts: int) -> timedelta:
    """Return the pause after the `attempts`-th failure: 30 s, doubling, at most an hour."""
    return min(timedelta(seconds=30 << (attempts - 1)), timedelta(hours=1))
