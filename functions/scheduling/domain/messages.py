"""The outbox: what must be announced, stored with the change that causes it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from scheduling.domain.feedback import Bounced, Complained, Delayed, Delivered, Feedback


class Subject(StrEnum):
    """What a message is about."""

    SIGN_IN = "sign_in"
    EXTERNAL_MEMBER = "external_member"
    BOOKING = "booking"
    INVITATION = "invitation"
    CONNECTION = "connection"
    """Of a member, whose id is the subject's; `which` is `google`, or `google.<connection id>`."""


class MessageKind(StrEnum):
    SIGN_IN_LINK = "sign_in_link"
    AVAILABILITY_REQUEST = "availability_request"
    AVAILABILITY_REMINDER = "availability_reminder"
    AVAILABILITY_OVERDUE = "availability_overdue"
    AVAILABILITY_STILL_RIGHT = "availability_still_right"
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
    MEMBER_INVITATION = "member_invitation"
    CONNECTION_BROKEN = "connection_broken"
    CONNECT_REQUESTED = "connect_requested"
    RECONNECT_REQUESTED = "reconnect_requested"


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

    Of a reminder it also says how many minutes ahead it is: `1440.<host id>`.
    """
    due_at: datetime | None = field(default=None, compare=False)
    """Not to be sent sooner, nor much later; see `LATEST`. At once where None."""

    @property
    def message_id(self) -> str:
        """The same at each try, different for each message."""
        return f"{self.subject_id}.{self.version}.{self.kind}.{self.name}"

    @property
    def name(self) -> str:
        """Whom it goes to: `guest`, `guest.2`, `host.<id>`."""
        return f"{self.recipient}.{self.which}" if self.which else self.recipient.value

    def is_too_late(self, now: datetime) -> bool:
        latest = LATEST.get(self.kind)
        return self.due_at is not None and latest is not None and now > self.due_at + latest


class DeliveryState(StrEnum):
    SCHEDULED = "scheduled"
    """Waits for the instant it is due at."""
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    """The mail service has it."""
    DELIVERED = "delivered"
    """The recipient's server has it."""
    BOUNCED = "bounced"
    """It came back."""
    COMPLAINED = "complained"
    """The recipient marked it as spam."""
    SEND_FAILED = "send_failed"
    """The last try failed; another one follows."""
    SUPERSEDED = "superseded"
    """Never sent, because what it would have told is no longer so."""
    TOO_LATE = "too_late"
    """Never sent, because it was due long ago."""
    SUPPRESSED = "suppressed"
    """Never sent, because mails to this address came back or are not wanted."""
    PAUSED = "paused"
    """Waits until its organization may send again."""
    DEAD = "dead"
    """Given up after `MAX_ATTEMPTS`; a human has to look."""


LATEST = {
    MessageKind.BOOKING_REMINDER: timedelta(minutes=30),
    MessageKind.AVAILABILITY_REMINDER: timedelta(hours=12),
}
"""How late a reminder may be; later than this it confuses more than it helps."""

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
    mail_id: str = ""
    """The mail service's own name for the mail that it took."""
    delayed_at: datetime | None = None
    delivered_at: datetime | None = None
    bounce: Bounced | None = None
    complained_at: datetime | None = None

    def noting(self, feedback: Feedback) -> Delivery:
        """Return the delivery with one more thing that was told about it.

        What is told comes late, twice and in any order, and comes to the same: a complaint counts
        more than a bounce, one for good more than a delivery, a delivery more than one for now.
        """
        match feedback:
            case Complained(at=at):
                noted = replace(self, complained_at=self.complained_at or at)
            case Bounced():
                known = self.bounce is not None and self.bounce.kind.is_final
                noted = self if known else replace(self, bounce=feedback)
            case Delivered(at=at):
                noted = replace(self, delivered_at=self.delivered_at or at)
            case Delayed(at=at):
                noted = replace(self, delayed_at=self.delayed_at or at)
        # Whatever is told about a mail, it was sent.
        return replace(noted, next_attempt_at=None).as_told()

    def as_told(self) -> Delivery:
        """Return the delivery in the state that follows from what was told about it."""
        return replace(self, state=self._fate() or self.state)

    def _fate(self) -> DeliveryState | None:
        if self.complained_at is not None:
            return DeliveryState.COMPLAINED
        if self.bounce is not None and self.bounce.kind.is_final:
            return DeliveryState.BOUNCED
        if self.delivered_at is not None:
            return DeliveryState.DELIVERED
        return DeliveryState.BOUNCED if self.bounce is not None else None


@dataclass(frozen=True, slots=True)
class Posted:
    """A message, when it was stored, and how far it has come."""

    message: Message
    queued_at: datetime
    delivery: Delivery


def retry_delay(attempts: int) -> timedelta:
    """Return the pause after the `attempts`-th failure: 30 s, doubling, at most an hour."""
    return min(timedelta(seconds=30 << (attempts - 1)), timedelta(hours=1))
