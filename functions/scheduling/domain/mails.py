"""The mails people get, as facts; how they look is the templates' business."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from scheduling.domain.booking import Answer
    from scheduling.domain.connections import ConnectionState, Platform, Provider
    from scheduling.domain.hours import DateSpan
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
class SignUpMail:
    """The link that starts an organization."""

    organization_name: str
    admin_name: str
    link: str
    valid_for: timedelta


@dataclass(frozen=True, slots=True)
class AvailabilityRequestMail:
    """Asks an external member for the times they can do."""

    organization_name: str
    external_member_name: str
    person_in_charge: Mailbox
    meeting_title: str
    """Empty where it is only their own name, which tells them nothing."""
    meeting_length: timedelta
    link: str
    link_expires_at: datetime
    time_zone: str
    """The zone the invited person is thought to read times in."""
    deadline: datetime
    wished: DateSpan | None = None
    """The dates that matter; all where None."""
    minimum_windows: int = 1
    minimum_length: timedelta = timedelta(0)
    message: str = ""
    is_reminder: bool = False


@dataclass(frozen=True, slots=True)
class AvailabilityOverdueMail:
    """Tells the person in charge that the times they wait for have not come."""

    organization_name: str
    person_in_charge_name: str
    external_member: Mailbox
    asked_at: datetime
    deadline: datetime
    time_zone: str
    """The zone the person in charge reads times in."""
    has_some: bool
    """Whether times came in, fewer than were asked for."""
    console_url: str


@dataclass(frozen=True, slots=True)
class AvailabilityStillRightMail:
    """Asks an external member whether the times they entered are still right."""

    organization_name: str
    external_member_name: str
    person_in_charge: Mailbox
    windows: tuple[TimeRange, ...]
    """What is still to come, sorted."""
    time_zone: str
    valid_until: datetime
    link: str


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


@dataclass(frozen=True, slots=True)
class GuestLinkMail:
    """A fresh link with which the guest can change their booking."""

    organization_name: str
    guest_name: str
    meeting_title: str
    time: TimeRange
    time_zone: str
    """The zone the guest reads times in."""
    person_in_charge: Mailbox
    link: str
    valid_for: timedelta


@dataclass(frozen=True, slots=True)
class MemberInvitationMail:
    """Asks somebody to join the team."""

    organization_name: str
    invited_by: Mailbox
    designation: str
    """Empty where it is no longer in the directory."""
    department: str
    """Empty where it is no longer in the directory."""
    manager_name: str
    is_admin: bool
    """Whether they are to be an admin."""
    link: str
    link_expires_at: datetime
    time_zone: str
    """The zone the invited person is thought to read times in."""
    console_url: str


@dataclass(frozen=True, slots=True)
class ConnectionBrokenMail:
    """Tells a member that what they connected works no more until they do something."""

    organization_name: str
    member_name: str
    provider: Provider
    platforms: tuple[Platform, ...]
    """Those that do not work."""
    account: str
    state: ConnectionState
    console_url: str
    support_contact: str
    """Empty where there is none."""


@dataclass(frozen=True, slots=True)
class ConnectRequestMail:
    """Asks a member to connect a platform, or to connect it again."""

    organization_name: str
    member_name: str
    asked_by: Mailbox
    platform: Platform
    account: str
    """The one to connect again; empty where none is connected."""
    state: ConnectionState | None
    """Why it is to be connected again; None where none is connected."""
    console_url: str
    support_contact: str
    """Empty where there is none."""


class BookingNews(StrEnum):
    """What there is to tell about a meeting; the mail's templates are named after it."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    """It was cancelled before anybody had decided about it."""
    MOVED = "moved"
    HANDED_OVER = "handed_over"
    PASSED_ON = "passed_on"
    """It goes on without the recipient, who was one of its hosts."""
    CANCELLED = "cancelled"
    REMINDER = "reminder"

    @property
    def takes_place(self) -> bool:
        """Whether it tells when and where people meet, if it is about no mere request."""
        return self in {
            BookingNews.CONFIRMED,
            BookingNews.MOVED,
            BookingNews.HANDED_OVER,
            BookingNews.REMINDER,
        }


class Reader(StrEnum):
    """As whom somebody reads of a meeting, which decides what they see and may do."""

    GUEST = "guest"
    OTHER_GUEST = "other_guest"
    """Brought along by the guest, who alone moves and cancels."""
    HOST = "host"
    """A host with an account."""
    EXTERNAL_HOST = "external_host"
    PERSON_IN_CHARGE = "person_in_charge"
    """Informed only, or asked to decide."""

    @property
    def has_account(self) -> bool:
        return self in {Reader.HOST, Reader.PERSON_IN_CHARGE}

    @property
    def is_host(self) -> bool:
        return self in {Reader.HOST, Reader.EXTERNAL_HOST}


@dataclass(frozen=True, slots=True)
class BookingMail:
    """Tells one of the people concerned what has become of a meeting."""

    news: BookingNews
    reader: Reader
    organization_name: str
    recipient_name: str
    """Empty where only their address is known."""
    meeting_title: str
    time: TimeRange
    time_zone: str
    """The zone this recipient reads times in."""
    host_names: tuple[str, ...]
    guest: Mailbox
    location: str
    person_in_charge: Mailbox
    link: str
    """Where this recipient sees the booking and what they can do; empty where there is nothing."""
    booking_page_url: str
    """Where another time can be booked."""
    written_at: datetime
    """A reminder says how many days that is before the meeting."""
    guest_note: str = ""
    answers: tuple[Answer, ...] = ()
    other_guests: tuple[str, ...] = ()
    """Addresses of whom the guest brings along."""
    former_time: TimeRange | None = None
    """When it was before it was moved."""
    decide_by: datetime | None = None
    """Until when somebody can decide about it; None where nobody has to."""
    online_meeting: Platform | None = None
    """On what it takes place; None where it is at `location`."""
    join_url: str = ""
    """What the recipient follows to take part; empty where there is none, or none yet."""
    ended_by: Recipient | None = None
    """In which role somebody cancelled or declined it."""
    reason: str = ""
    """What they said."""


type MailFacts = (
    SignInMail
    | SignUpMail
    | AvailabilityRequestMail
    | AvailabilityOverdueMail
    | AvailabilityStillRightMail
    | AvailabilityEnteredMail
    | MemberInvitationMail
    | ConnectionBrokenMail
    | ConnectRequestMail
    | GuestLinkMail
    | BookingMail
)


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
    join_url: str = ""
    """What the recipient follows to take part; empty where there is nothing to follow."""


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
    tags: Mapping[str, str] = field(default_factory=dict)
    """What the mail service repeats whenever it tells something about this mail."""
    unsubscribe_url: str = ""
    """Where a POST ends mails of this category; empty where there is no such thing."""
