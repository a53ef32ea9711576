"""The mails people get, as facts; how they look is the templates' business."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from scheduling.domain.messages import Recipient
    from scheduling.domain.time_range import TimeRange


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A name and an address, as they stand in a mail's header."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class SignInMail:
    """The link that finishes signing in."""

    organization_name: str
    member_name: str
    link: str
    valid_for: timedelta


@dataclass(frozen=True, slots=True)
class AvailabilityRequestMail:
    """Asks an external member for the times they can do."""

    organization_name: str
    external_member_name: str
    person_in_charge: Mailbox
    meeting_title: str
    meeting_length: timedelta
    link: str
    link_expires_at: datetime
    time_zone: str
    """The zone the invited person is thought to read times in."""


@dataclass(frozen=True, slots=True)
class AvailabilityEnteredMail:
    """Tells the person in charge which times were entered."""

    organization_name: str
    person_in_charge_name: str
    external_member: Mailbox
    time_zone: str
    """The zone the times were entered in."""
    windows: tuple[TimeRange, ...]
    """What is open now, sorted; empty when all was cleared."""
    booking_page_url: str
    console_url: str


class BookingNews(StrEnum):
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class BookingMail:
    """Tells one of the people concerned that a meeting exists, or no longer does."""

    news: BookingNews
    recipient: Recipient
    organization_name: str
    recipient_name: str
    meeting_title: str
    time: TimeRange
    time_zone: str
    """The zone this recipient reads times in."""
    host_names: tuple[str, ...]
    guest: Mailbox
    guest_note: str
    location: str
    person_in_charge: Mailbox
    link: str
    """Where this recipient sees and changes the booking."""
    booking_page_url: str
    """Where a new time can be picked."""
    cancelled_by: Recipient | None = None
    cancellation_reason: str = ""


type MailFacts = SignInMail | AvailabilityRequestMail | AvailabilityEnteredMail | BookingMail


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """The words of a mail."""

    subject: str
    text: str
    html: str


class CalendarMethod(StrEnum):
    """Source: RFC 5546 section 3.2."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """What a recipient's calendar is told, for one recipient."""

    method: CalendarMethod
    uid: str
    """The same for the whole life of the booking."""
    sequence: int
    """Rises with each change of the booking (RFC 5545 section 3.8.7.4)."""
    changed_at: datetime
    time: TimeRange
    summary: str
    description: str
    location: str
    organizer: Mailbox
    attendee: Mailbox
    takes_part: bool
    """False for a person who is informed only: their calendar stays free."""
    url: str


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A mail as it leaves: one recipient, both texts, at most one calendar entry."""

    message_id: str
    """The same when the mail is sent again after a crash."""
    sender_name: str
    recipient: Mailbox
    reply_to: Mailbox
    rendered: RenderedMail
    calendar_method: CalendarMethod | None = None
    calendar_file: bytes = b""
