"""States in words, each with an icon: nothing is told by color alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from scheduling.domain.booking import BookingState
from scheduling.domain.connection_words import NOT_CONNECTED_WORDS, STATE_WORDS
from scheduling.domain.connections import ConnectionState
from scheduling.domain.feeds import FeedFailure, FeedState
from scheduling.domain.messages import DeliveryState
from scheduling.domain.platform_states import NOT_CONNECTED
from scheduling.domain.refusals import marked
from scheduling.domain.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from scheduling.domain.booking import Booking
    from scheduling.domain.feeds import CalendarFeed
    from scheduling.domain.messages import Delivery
    from scheduling.domain.platform_states import PlatformState

type Tone = Literal["neutral", "good", "warning", "bad"]


@dataclass(frozen=True, slots=True)
class Badge:
    """A state as it is shown: never by its color alone."""

    tone: Tone
    icon: str
    text: str
    """In English, in the catalogues."""


_REQUESTS = {
    DeliveryState.SCHEDULED: Badge("neutral", "clock", marked("Scheduled")),
    DeliveryState.QUEUED: Badge("neutral", "clock", marked("Being sent")),
    DeliveryState.SENDING: Badge("neutral", "clock", marked("Being sent")),
    DeliveryState.SENT: Badge("neutral", "mail", marked("Asked")),
    DeliveryState.DELIVERED: Badge("neutral", "mail", marked("Asked, mail delivered")),
    DeliveryState.BOUNCED: Badge("bad", "alert", marked("Mail came back")),
    DeliveryState.COMPLAINED: Badge("bad", "alert", marked("Marked as spam")),
    DeliveryState.SUPERSEDED: Badge("neutral", "mail", marked("Asked")),
    DeliveryState.TOO_LATE: Badge("neutral", "mail", marked("Not sent, too late")),
    DeliveryState.SEND_FAILED: Badge("warning", "alert", marked("Mail failed, trying again")),
    DeliveryState.SUPPRESSED: Badge("bad", "alert", marked("Not sent to this address")),
    DeliveryState.PAUSED: Badge("warning", "clock", marked("Waiting, mails are paused")),
    DeliveryState.DEAD: Badge("bad", "alert", marked("Mail not sent")),
}

STANDINGS = {
    Standing.QUEUED: Badge("neutral", "clock", marked("Being sent")),
    Standing.SENT: Badge("neutral", "mail", marked("Asked")),
    Standing.NOT_ASKED: Badge("warning", "mail", marked("Not asked at the new address")),
    Standing.DELIVERED: Badge("neutral", "mail", marked("Mail has arrived")),
    Standing.OPENED: Badge("neutral", "eye", marked("Opened")),
    Standing.PARTLY_ANSWERED: Badge("warning", "clock", marked("Partly answered")),
    Standing.ANSWERED: Badge("good", "check", marked("Answered")),
    Standing.STALE: Badge("warning", "clock", marked("May have changed")),
    Standing.NO_OPEN_TIMES: Badge("warning", "clock", marked("No open times")),
    Standing.OVERDUE: Badge("warning", "clock", marked("Overdue")),
    Standing.EXPIRED: Badge("neutral", "clock", marked("Link has ended")),
    Standing.SEND_FAILED: Badge("bad", "alert", marked("Mail failed")),
    Standing.BOUNCED: Badge("bad", "alert", marked("Mail came back")),
}

_ASKED = Badge("warning", "clock", marked("Waiting for approval"))
_ENDED = {
    BookingState.CANCELLED: Badge("bad", "cross", marked("Cancelled")),
    BookingState.DECLINED: Badge("bad", "cross", marked("Declined")),
    BookingState.EXPIRED: Badge("neutral", "clock", marked("Request expired")),
    BookingState.NO_SHOW: Badge("warning", "person", marked("Did not come")),
}


_CALENDARS = {
    FeedState.BEING_READ: Badge("neutral", "clock", marked("Being read")),
    FeedState.VERIFIED: Badge("good", "check", marked("Read")),
    FeedState.UNVERIFIED: Badge("warning", "alert", marked("Cannot be read")),
}

_CONNECTED: Mapping[ConnectionState, tuple[Tone, str]] = {
    ConnectionState.OK: ("good", "check"),
    ConnectionState.SYNCING: ("neutral", "clock"),
    ConnectionState.DELAYED: ("warning", "clock"),
    ConnectionState.MEETING_LIMIT: ("warning", "clock"),
}
"""Of states that need nobody: tone and icon. All others have a cross."""

_FAILED_READINGS = {
    FeedFailure.NOT_PUBLIC: marked("The address is not on the public internet."),
    FeedFailure.UNREACHABLE: marked("No secure connection to the address is possible."),
    FeedFailure.TOO_SLOW: marked("It did not answer within 5 seconds."),
    FeedFailure.REDIRECTED: marked("The address sends us on to another one. Please use that one."),
    FeedFailure.REFUSED: marked("There is no calendar at the address any more, or not for us."),
    FeedFailure.TOO_LARGE: marked("The calendar is larger than 1 MB."),
    FeedFailure.NOT_A_CALENDAR: marked("What is at the address is no calendar in iCal format."),
    FeedFailure.TOO_MUCH: marked("There is more in the calendar than can be read in time."),
}


def request_badge(delivery: Delivery) -> Badge:
    """Tell how the mail with the latest request is doing."""
    return _REQUESTS[delivery.state]


def standing_badge(standing: Standing) -> Badge:
    """Tell how far an external member is."""
    return STANDINGS[standing]


def calendar_badge(calendar: CalendarFeed, now: datetime) -> Badge:
    """Tell whether a linked calendar can be relied on."""
    return _CALENDARS[calendar.state(now)]


def connection_badge(state: PlatformState) -> Badge:
    """Tell whether a platform is connected, and does its work."""
    if state == NOT_CONNECTED:
        return Badge("neutral", "plug", NOT_CONNECTED_WORDS.name)
    tone, icon = _CONNECTED.get(state, ("bad", "cross"))
    return Badge(tone, icon, STATE_WORDS[state].name)


def failed_reading(failure: FeedFailure) -> str:
    """Return why a calendar could not be read, in English, in the catalogues."""
    return _FAILED_READINGS[failure]


def booking_badge(booking: Booking, now: datetime) -> Badge:
    """Tell staff where a booking stands."""
    if booking.state in _ENDED:
        return _ENDED[booking.state]
    if booking.state is BookingState.PENDING:
        return _ENDED[BookingState.EXPIRED] if booking.is_overdue(now) else _ASKED
    return _confirmed_badge(booking, now)


def guest_badge(booking: Booking, now: datetime) -> Badge:
    """Tell a guest where their booking stands; not that they were missed."""
    if booking.state is BookingState.NO_SHOW:
        return _confirmed_badge(booking, now)
    return booking_badge(booking, now)


def feature_badge(*, is_enabled: bool) -> Badge:
    if is_enabled:
        return Badge("good", "check", marked("On"))
    return Badge("neutral", "cross", marked("Off"))


def page_badge(*, is_active: bool) -> Badge:
    if is_active:
        return Badge("good", "check", marked("Open"))
    return Badge("warning", "clock", marked("Not open"))


def _confirmed_badge(booking: Booking, now: datetime) -> Badge:
    if now >= booking.time.end:
        return Badge("neutral", "check", marked("Over"))
    if now >= booking.time.start:
        return Badge("good", "clock", marked("Happening now"))
    return Badge("good", "check", marked("Confirmed"))
