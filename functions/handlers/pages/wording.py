"""States in words, each with an icon: nothing is told by color alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from scheduling.domain.booking import BookingState
from scheduling.domain.messages import DeliveryState
from scheduling.domain.refusals import marked

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling.domain.booking import Booking
    from scheduling.domain.messages import Delivery
    from scheduling.domain.people import ExternalMember

UNANSWERED_AFTER = timedelta(days=3)
"""A request without an answer for so long is worth a second look."""


@dataclass(frozen=True, slots=True)
class Badge:
    tone: Literal["neutral", "good", "warning", "bad"]
    icon: str
    text: str
    """In English, in the catalogues."""


_REQUESTS = {
    DeliveryState.SCHEDULED: Badge("neutral", "clock", marked("Scheduled")),
    DeliveryState.QUEUED: Badge("neutral", "clock", marked("Being sent")),
    DeliveryState.SENDING: Badge("neutral", "clock", marked("Being sent")),
    DeliveryState.SENT: Badge("neutral", "mail", marked("Asked")),
    DeliveryState.SUPERSEDED: Badge("neutral", "mail", marked("Asked")),
    DeliveryState.TOO_LATE: Badge("neutral", "mail", marked("Not sent, too late")),
    DeliveryState.SEND_FAILED: Badge("warning", "alert", marked("Mail failed, trying again")),
    DeliveryState.DEAD: Badge("bad", "alert", marked("Mail not sent")),
}

_ASKED = Badge("warning", "clock", marked("Waiting for approval"))
_ENDED = {
    BookingState.CANCELLED: Badge("bad", "cross", marked("Cancelled")),
    BookingState.DECLINED: Badge("bad", "cross", marked("Declined")),
    BookingState.EXPIRED: Badge("neutral", "clock", marked("Request expired")),
    BookingState.NO_SHOW: Badge("warning", "person", marked("Did not come")),
}


def request_badge(delivery: Delivery) -> Badge:
    """Tell how the mail with the latest request is doing."""
    return _REQUESTS[delivery.state]


def member_badge(member: ExternalMember, delivery: Delivery, now: datetime) -> Badge:
    """Tell how far an external member is."""
    if member.availability.windows_after(now):
        return Badge("good", "check", marked("Answered"))
    if member.request_is_void:
        return Badge("warning", "mail", marked("Not asked at the new address"))
    if has_failed(delivery):
        return request_badge(delivery)
    if member.availability.version:
        return Badge("warning", "clock", marked("No open times"))
    if is_overdue(member, now):
        return Badge("warning", "clock", marked("No answer yet"))
    return request_badge(delivery)


def has_failed(delivery: Delivery) -> bool:
    return delivery.state in {DeliveryState.SEND_FAILED, DeliveryState.DEAD}


def is_overdue(member: ExternalMember, now: datetime) -> bool:
    """Tell whether the latest request has waited long for its first answer."""
    return not member.availability.version and now - member.requested_at > UNANSWERED_AFTER


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
