"""Sending what the outbox holds: at least once, from what is true at that moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from scheduling.domain.booking import BookingState
from scheduling.domain.links import SIGN_IN_LIFE
from scheduling.domain.mails import (
    AvailabilityEnteredMail,
    AvailabilityRequestMail,
    BookingMail,
    BookingNews,
    CalendarEntry,
    CalendarMethod,
    Mailbox,
    MailFacts,
    OutgoingMail,
    SignInMail,
)
from scheduling.domain.messages import (
    MAX_ATTEMPTS,
    Delivery,
    DeliveryState,
    Message,
    MessageKind,
    Recipient,
    retry_delay,
)
from scheduling.domain.refusals import SchedulingError
from scheduling.ports import MailNotAccepted
from scheduling.use_cases.links import link_address

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.booking import Booking
    from scheduling.domain.people import Organization


@dataclass(frozen=True, slots=True)
class MailRoom:
    """Everything that sending a mail needs."""

    base_url: str
    organizations: ports.Organizations
    members: ports.Members
    external_members: ports.ExternalMembers
    booking_pages: ports.BookingPages
    bookings: ports.Bookings
    links: ports.Links
    link_keys: ports.LinkKeys
    outbox: ports.Outbox
    mail_templates: ports.MailTemplates
    calendar_files: ports.CalendarFiles
    mailer: ports.Mailer


@dataclass(frozen=True, slots=True)
class _Draft:
    """A mail before it is worded."""

    facts: MailFacts
    sender_name: str
    recipient: Mailbox
    reply_to: Mailbox
    locale: str
    calendar_entry: CalendarEntry | None = None


def deliver_message(message: Message, *, now: datetime, room: MailRoom) -> Delivery | None:
    """Send one message, if it is its turn, and record how it went.

    A worker that dies after sending and before recording loses nothing: the
    message is sent again when its lease has run out, under the same message
    id, calendar UID and SEQUENCE, so that calendars merge the two.

    Returns:
        How it went; None where there was nothing to do.
    """
    claimed = room.outbox.claim(message, now=now)
    if claimed is None:
        return None
    delivery = _delivered(message, claimed, now=now, room=room)
    room.outbox.record(message, delivery)
    return delivery


def _delivered(message: Message, claimed: Delivery, *, now: datetime, room: MailRoom) -> Delivery:
    if claimed.attempts > MAX_ATTEMPTS:
        # Every worker that took it died, so none has recorded why.
        return Delivery(DeliveryState.DEAD, claimed.attempts, last_error="never_finished")
    try:
        draft = _draft(message, room)
        if draft is None:
            return Delivery(DeliveryState.SUPERSEDED, claimed.attempts)
        room.mailer.send(_worded(message, draft, room))
    except SchedulingError as missing:
        return _failed(claimed, missing.code, now=now)
    except MailNotAccepted as reason:
        return _failed(claimed, str(reason), now=now)
    return Delivery(DeliveryState.SENT, claimed.attempts, sent_at=now)


def _failed(claimed: Delivery, reason: str, *, now: datetime) -> Delivery:
    if claimed.attempts >= MAX_ATTEMPTS:
        return Delivery(DeliveryState.DEAD, claimed.attempts, last_error=reason)
    return Delivery(
        DeliveryState.SEND_FAILED,
        claimed.attempts,
        next_attempt_at=now + retry_delay(claimed.attempts),
        last_error=reason,
    )


def _worded(message: Message, draft: _Draft, room: MailRoom) -> OutgoingMail:
    entry = draft.calendar_entry
    return OutgoingMail(
        message_id=message.message_id,
        sender_name=draft.sender_name,
        recipient=draft.recipient,
        reply_to=draft.reply_to,
        rendered=room.mail_templates.render(draft.facts, draft.locale),
        calendar_method=entry.method if entry else None,
        calendar_file=room.calendar_files.render(entry) if entry else b"",
    )


def _draft(message: Message, room: MailRoom) -> _Draft | None:
    """Return the mail that tells what is so now, or None where it is no longer worth telling."""
    match message.kind:
        case MessageKind.SIGN_IN_LINK:
            return _sign_in_link(message, room)
        case MessageKind.AVAILABILITY_REQUEST:
            return _availability_request(message, room)
        case MessageKind.AVAILABILITY_ENTERED:
            return _availability_entered(message, room)
        case MessageKind.BOOKING_CONFIRMED | MessageKind.BOOKING_CANCELLED:
            return _booking_news(message, room)
        case _:
            assert_never(message.kind)


def _sign_in_link(message: Message, room: MailRoom) -> _Draft | None:
    link = room.links.get(message.subject_id)
    found = room.members.with_email(link.subject_id)
    if not found:
        return None
    member = found[0]
    organization = room.organizations.get(member.organization_id)
    return _Draft(
        facts=SignInMail(
            organization_name=organization.name,
            member_name=member.name,
            link=link_address(room.base_url, link, room.link_keys),
            valid_for=SIGN_IN_LIFE,
        ),
        sender_name=organization.name,
        recipient=Mailbox(member.name, member.email),
        reply_to=Mailbox(organization.name, room.mailer.address),
        locale=organization.locale,
    )


def _availability_request(message: Message, room: MailRoom) -> _Draft | None:
    external_member = room.external_members.get(message.organization_id, message.subject_id)
    if external_member.request_number != message.version:
        return None
    organization = room.organizations.get(message.organization_id)
    in_charge = room.members.get(message.organization_id, external_member.person_in_charge_id)
    page = room.booking_pages.get(external_member.booking_page_slug)
    link = room.links.get(external_member.request_link_id)
    reply_to = Mailbox(in_charge.name, in_charge.email)
    return _Draft(
        facts=AvailabilityRequestMail(
            organization_name=organization.name,
            external_member_name=external_member.name,
            person_in_charge=reply_to,
            meeting_title=page.title,
            meeting_length=page.rules.duration,
            link=link_address(room.base_url, link, room.link_keys),
            link_expires_at=link.expires_at,
            time_zone=external_member.availability.time_zone,
        ),
        sender_name=organization.name,
        recipient=Mailbox(external_member.name, external_member.email),
        reply_to=reply_to,
        locale=organization.locale,
    )


def _availability_entered(message: Message, room: MailRoom) -> _Draft | None:
    external_member = room.external_members.get(message.organization_id, message.subject_id)
    if external_member.availability.version != message.version:
        return None
    organization = room.organizations.get(message.organization_id)
    in_charge = room.members.get(message.organization_id, external_member.person_in_charge_id)
    who = Mailbox(external_member.name, external_member.email)
    return _Draft(
        facts=AvailabilityEnteredMail(
            organization_name=organization.name,
            person_in_charge_name=in_charge.name,
            external_member=who,
            time_zone=external_member.availability.time_zone,
            windows=external_member.availability.windows,
            booking_page_url=f"{room.base_url}/book/{external_member.booking_page_slug}",
            console_url=(
                f"{room.base_url}/console/external-members/{external_member.external_member_id}"
            ),
        ),
        sender_name=organization.name,
        recipient=Mailbox(in_charge.name, in_charge.email),
        reply_to=who,
        locale=organization.locale,
    )


def _booking_news(message: Message, room: MailRoom) -> _Draft | None:
    booking = room.bookings.get(message.organization_id, message.subject_id)
    if booking.version != message.version:
        return None
    organization = room.organizations.get(booking.organization_id)
    host = room.external_members.get(booking.organization_id, booking.host_id)
    in_charge = room.members.get(booking.organization_id, booking.person_in_charge_id)
    guest_mailbox = Mailbox(booking.guest.name, booking.guest.email)
    host_mailbox = Mailbox(host.name, host.email)
    in_charge_mailbox = Mailbox(in_charge.name, in_charge.email)
    match message.recipient:
        case Recipient.GUEST:
            recipient, zone, reply_to = guest_mailbox, booking.guest.time_zone, in_charge_mailbox
            link = _link(booking.guest_link_id, room)
        case Recipient.HOST:
            recipient, zone, reply_to = host_mailbox, host.availability.time_zone, in_charge_mailbox
            link = _link(host.request_link_id, room)
        case Recipient.PERSON_IN_CHARGE:
            recipient, zone, reply_to = in_charge_mailbox, in_charge.time_zone, guest_mailbox
            link = f"{room.base_url}/console/bookings"
        case Recipient.MEMBER:
            raise ValueError(f"bookings are not told to {message.recipient}")
        case _:
            assert_never(message.recipient)
    is_cancelled = booking.state is BookingState.CANCELLED
    facts = BookingMail(
        news=BookingNews.CANCELLED if is_cancelled else BookingNews.CONFIRMED,
        recipient=message.recipient,
        organization_name=organization.name,
        recipient_name=recipient.name,
        meeting_title=booking.title,
        time=booking.time,
        time_zone=zone,
        host_names=(host.name,),
        guest=guest_mailbox,
        guest_note=booking.guest.note,
        location=booking.location,
        person_in_charge=in_charge_mailbox,
        link=link,
        booking_page_url=f"{room.base_url}/book/{booking.booking_page_slug}",
        cancelled_by=booking.cancelled_by,
        cancellation_reason=booking.cancellation_reason,
    )
    return _Draft(
        facts=facts,
        sender_name=organization.name,
        recipient=recipient,
        reply_to=reply_to,
        locale=organization.locale,
        calendar_entry=_calendar_entry(booking, facts, recipient, organization, room),
    )


def _calendar_entry(
    booking: Booking,
    facts: BookingMail,
    attendee: Mailbox,
    organization: Organization,
    room: MailRoom,
) -> CalendarEntry:
    domain = room.mailer.address.partition("@")[2]
    is_cancelled = facts.news is BookingNews.CANCELLED
    return CalendarEntry(
        method=CalendarMethod.CANCEL if is_cancelled else CalendarMethod.REQUEST,
        uid=f"{booking.booking_id}@{domain}",
        sequence=booking.sequence,
        changed_at=booking.changed_at,
        time=booking.time,
        summary=f"{booking.title}: {booking.host_name} and {booking.guest.name}",
        description=booking.guest.note,
        location=booking.location,
        organizer=Mailbox(organization.name, room.mailer.address),
        attendee=attendee,
        takes_part=facts.recipient is not Recipient.PERSON_IN_CHARGE,
        url=facts.link,
    )


def _link(link_id: str, room: MailRoom) -> str:
    return link_address(room.base_url, room.links.get(link_id), room.link_keys)
