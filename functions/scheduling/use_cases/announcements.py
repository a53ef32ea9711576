"""Who is told what about a booking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.domain.booking import BookingState
from scheduling.domain.hosts import HostKind
from scheduling.domain.messages import Message, MessageKind, Recipient, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from scheduling.domain.booking import Booking

_ABOUT_REQUESTS = {
    MessageKind.BOOKING_REQUESTED,
    MessageKind.BOOKING_DECLINED,
    MessageKind.BOOKING_EXPIRED,
}
"""They concern who asked and who decides: nobody else has heard of the meeting yet."""


def announcements(
    kind: MessageKind, booking: Booking, *, now: datetime, was_confirmed: bool = True
) -> tuple[Message, ...]:
    """Return the messages that tell of a change, and the reminders of the meeting as it is now.

    Reminders belong to one version of a booking: those of the version before
    find that they are superseded.

    Args:
        was_confirmed: False for a change of a request that was not decided about.
    """
    if kind is MessageKind.BOOKING_CANCELLED and not was_confirmed:
        kind = MessageKind.BOOKING_WITHDRAWN
    only_deciders = kind in _ABOUT_REQUESTS or not was_confirmed
    news = [
        *_guests(booking, main_only=only_deciders),
        *_hosts(booking, members_only=only_deciders),
    ]
    if booking.person_in_charge_id not in booking.host_ids:
        news.append((Recipient.PERSON_IN_CHARGE, ""))
    if not only_deciders:
        # Whoever is no longer a host takes the meeting out of their calendar.
        news += [(Recipient.HOST, host_id) for host_id in booking.former_host_ids]
    messages = [_message(booking, kind, *who) for who in news]
    if booking.state is BookingState.CONFIRMED:
        messages += _reminders(booking, now)
    return tuple(messages)


def _guests(booking: Booking, *, main_only: bool) -> Iterator[tuple[Recipient, str]]:
    yield Recipient.GUEST, ""
    if not main_only:
        for number in range(1, len(booking.other_guests) + 1):
            yield Recipient.GUEST, str(number)


def _hosts(booking: Booking, *, members_only: bool) -> Iterator[tuple[Recipient, str]]:
    for host in booking.hosts:
        if host.key.kind is HostKind.MEMBER or not members_only:
            yield Recipient.HOST, host.host_id


def _reminders(booking: Booking, now: datetime) -> Iterator[Message]:
    attendees = [*_guests(booking, main_only=False), *_hosts(booking, members_only=False)]
    for before in booking.reminders:
        due_at = booking.time.start - before
        if due_at <= now:
            continue
        minutes = str(int(before.total_seconds()) // 60)
        for recipient, which in attendees:
            yield _message(
                booking,
                MessageKind.BOOKING_REMINDER,
                recipient,
                f"{minutes}.{which}" if which else minutes,
                due_at=due_at,
            )


def _message(
    booking: Booking,
    kind: MessageKind,
    recipient: Recipient,
    which: str,
    *,
    due_at: datetime | None = None,
) -> Message:
    return Message(
        organization_id=booking.organization_id,
        subject=Subject.BOOKING,
        subject_id=booking.booking_id,
        version=booking.version,
        kind=kind,
        recipient=recipient,
        which=which,
        due_at=due_at,
    )
