"""Sending what the outbox holds: at least once, from what is true at that moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from scheduling.domain.availability_request import RequestFact
from scheduling.domain.booking import BookingState
from scheduling.domain.calendar_events import LINK_WAIT, link_of, waits_for_link
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.links import FRESH_FOR, SIGN_IN_LIFE
from scheduling.domain.mails import (
    AvailabilityEnteredMail,
    AvailabilityOverdueMail,
    AvailabilityRequestMail,
    AvailabilityStillRightMail,
    BookingMail,
    BookingNews,
    CalendarEntry,
    CalendarMethod,
    ConnectionBrokenMail,
    ConnectRequestMail,
    GuestLinkMail,
    Mailbox,
    MailFacts,
    MemberInvitationMail,
    OutgoingMail,
    Reader,
    SignInMail,
    SignUpMail,
)
from scheduling.domain.message_tags import address_hash, tags_of
from scheduling.domain.messages import (
    MAX_ATTEMPTS,
    Delivery,
    DeliveryState,
    Message,
    MessageKind,
    Recipient,
    Subject,
    retry_delay,
)
from scheduling.domain.people import Role
from scheduling.domain.rate_limits import SIGN_IN_PER_ORGANIZATION
from scheduling.domain.refusals import (
    BookingPageNotFound,
    HostNotFound,
    LinkNotFound,
    SchedulingError,
)
from scheduling.domain.reputation import CATEGORIES
from scheduling.domain.unsubscribing import Subscription
from scheduling.ports import MailNotAccepted
from scheduling.use_cases.availability_requests import note_mail
from scheduling.use_cases.connection_mails import broken_mail, request_mail
from scheduling.use_cases.limits import require_within
from scheduling.use_cases.links import link_address
from scheduling.use_cases.reputation import held_back, send_if_resumed
from scheduling.use_cases.sign_in import active_members
from scheduling.use_cases.suppressions import unsubscribe_address

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.booking import Booking
    from scheduling.domain.hosts import Host
    from scheduling.domain.links import Link
    from scheduling.domain.people import ExternalMember, Member, Organization
    from scheduling.domain.time_range import TimeRange
    from scheduling.provider_ports import Connections, ConnectRequests, OnlineMeetings

_PRODUCT = "Parley"
"""Who writes to people of no organization."""

_NEWS = {
    MessageKind.BOOKING_REQUESTED: BookingNews.REQUESTED,
    MessageKind.BOOKING_CONFIRMED: BookingNews.CONFIRMED,
    MessageKind.BOOKING_DECLINED: BookingNews.DECLINED,
    MessageKind.BOOKING_EXPIRED: BookingNews.EXPIRED,
    MessageKind.BOOKING_WITHDRAWN: BookingNews.WITHDRAWN,
    MessageKind.BOOKING_MOVED: BookingNews.MOVED,
    MessageKind.BOOKING_HANDED_OVER: BookingNews.HANDED_OVER,
    MessageKind.BOOKING_CANCELLED: BookingNews.CANCELLED,
    MessageKind.BOOKING_REMINDER: BookingNews.REMINDER,
}


@dataclass(frozen=True, slots=True)
class MailRoom:
    """Everything that sending a mail needs."""

    base_url: str
    organizations: ports.Organizations
    members: ports.Members
    external_members: ports.ExternalMembers
    directories: ports.Directories
    invitations: ports.Invitations
    connections: Connections
    connect_requests: ConnectRequests
    hosts: ports.Hosts
    booking_pages: ports.BookingPages
    bookings: ports.Bookings
    online_meetings: OnlineMeetings
    links: ports.Links
    link_keys: ports.LinkKeys
    outbox: ports.Outbox
    mail_templates: ports.MailTemplates
    calendar_files: ports.CalendarFiles
    mailer: ports.Mailer
    rate_limits: ports.RateLimits
    reputation: ports.Reputation
    mails_per_day: int
    """The most that one organization may send in a day, in UTC."""


class _LinkAwaited(Exception):
    """The link of the meeting may come any moment: the mail is worth more with it."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


@dataclass(frozen=True, slots=True)
class _Draft:
    """A mail before it is worded."""

    facts: MailFacts
    sender_name: str
    recipient: Mailbox
    reply_to: Mailbox
    locale: str
    calendar_entry: CalendarEntry | None = None
    is_optional: bool = False
    """Whether it offers whoever has no account to get no more of its kind."""


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
    if delivery.state is DeliveryState.SCHEDULED and _has_link(message, room):
        # It came while this was recorded, and found no mail that waits.
        room.outbox.requeue_waiting(message.organization_id, message.subject_id, now=now)
    send_if_resumed(message, delivery, now=now, reputation=room.reputation, outbox=room.outbox)
    return delivery


def _delivered(message: Message, claimed: Delivery, *, now: datetime, room: MailRoom) -> Delivery:
    if message.is_too_late(now):
        return Delivery(DeliveryState.TOO_LATE, claimed.attempts)
    if claimed.attempts > MAX_ATTEMPTS:
        # Every worker that took it died, so none has recorded why.
        return _failed(message, claimed, "never_finished", now=now, room=room)
    try:
        return _drafted_and_sent(message, claimed, now=now, room=room)
    except SchedulingError as missing:
        return _failed(message, claimed, missing.code, now=now, room=room)
    except MailNotAccepted as reason:
        return _failed(message, claimed, str(reason), now=now, room=room)


def _drafted_and_sent(
    message: Message, claimed: Delivery, *, now: datetime, room: MailRoom
) -> Delivery:
    """Send what is so now, if it is worth telling, and telling now.

    Raises:
        SchedulingError: Something is missing that the mail would tell of.
        MailNotAccepted: The mail service did not take it.
    """
    try:
        draft = _draft(message, now, room)
    except _LinkAwaited as awaited:
        # It is sent as soon as the link is there, or else then.
        until = awaited.until
        return Delivery(DeliveryState.SCHEDULED, claimed.attempts, next_attempt_at=until)
    if draft is None or not draft.recipient.email:
        # Whoever was erased is written to no more.
        return Delivery(DeliveryState.SUPERSEDED, claimed.attempts)
    return _sent(message, claimed, draft, now=now, room=room)


def _has_link(message: Message, room: MailRoom) -> bool:
    meeting = room.online_meetings.get(message.organization_id, message.subject_id)
    booking = room.bookings.get(message.organization_id, message.subject_id)
    return bool(link_of(booking, meeting))


def _sent(
    message: Message, claimed: Delivery, draft: _Draft, *, now: datetime, room: MailRoom
) -> Delivery:
    """Send a mail, unless it is held back.

    Raises:
        MailNotAccepted: The mail service did not take it.
    """
    held = held_back(
        message,
        draft.recipient.email,
        claimed,
        now=now,
        mails_per_day=room.mails_per_day,
        reputation=room.reputation,
    )
    if held is not None:
        note_mail(message, RequestFact.FAILED, at=now, external_members=room.external_members)
        return held
    mail_id = room.mailer.send(_worded(message, draft, now, room))
    note_mail(message, RequestFact.SENT, at=now, external_members=room.external_members)
    return Delivery(DeliveryState.SENT, claimed.attempts, sent_at=now, mail_id=mail_id)


def _failed(
    message: Message, claimed: Delivery, reason: str, *, now: datetime, room: MailRoom
) -> Delivery:
    note_mail(message, RequestFact.FAILED, at=now, external_members=room.external_members)
    if claimed.attempts >= MAX_ATTEMPTS:
        return Delivery(DeliveryState.DEAD, claimed.attempts, last_error=reason)
    return Delivery(
        DeliveryState.SEND_FAILED,
        claimed.attempts,
        next_attempt_at=now + retry_delay(claimed.attempts),
        last_error=reason,
    )


def _worded(message: Message, draft: _Draft, now: datetime, room: MailRoom) -> OutgoingMail:
    entry = draft.calendar_entry
    return OutgoingMail(
        message_id=message.message_id,
        sender_name=draft.sender_name,
        recipient=draft.recipient,
        # Nobody reads the answers of whoever was erased.
        reply_to=draft.reply_to
        if draft.reply_to.email
        else Mailbox(draft.sender_name, room.mailer.address),
        rendered=room.mail_templates.render(draft.facts, draft.locale),
        calendar_method=entry.method if entry else None,
        calendar_file=room.calendar_files.render(entry) if entry else b"",
        tags=tags_of(message, draft.recipient.email),
        unsubscribe_url=_unsubscribe_url(message, draft, now, room) if draft.is_optional else "",
    )


def _unsubscribe_url(message: Message, draft: _Draft, now: datetime, room: MailRoom) -> str:
    subscription = Subscription(
        message.organization_id, address_hash(draft.recipient.email), CATEGORIES[message.kind]
    )
    return unsubscribe_address(room.base_url, subscription, now=now, link_keys=room.link_keys)


def _draft(message: Message, now: datetime, room: MailRoom) -> _Draft | None:
    """Return the mail that tells what is so now, or None where it is no longer worth telling."""
    match message.kind:
        case MessageKind.SIGN_IN_LINK:
            return _sign_in_link(message, now, room)
        case MessageKind.MEMBER_INVITATION:
            return _member_invitation(message, room)
        case MessageKind.GUEST_LINK:
            return _guest_link(message, now, room)
        case _ if message.subject is Subject.EXTERNAL_MEMBER:
            return _about_availability(message, now, room)
        case _ if message.subject is Subject.CONNECTION:
            return _about_connection(message, room)
        case _:
            return _booking_news(message, now, room)


def _about_availability(message: Message, now: datetime, room: MailRoom) -> _Draft | None:
    match message.kind:
        case MessageKind.AVAILABILITY_OVERDUE:
            return _availability_overdue(message, room)
        case MessageKind.AVAILABILITY_STILL_RIGHT:
            return _availability_still_right(message, now, room)
        case MessageKind.AVAILABILITY_ENTERED:
            return _availability_entered(message, room)
        case _:
            return _availability_request(message, room)


def _sign_in_link(message: Message, now: datetime, room: MailRoom) -> _Draft | None:
    try:
        link = room.links.get(message.subject_id)
    except LinkNotFound:
        # Whoever asked for it was erased.
        return None
    if now >= link.expires_at:
        return None
    found = active_members(link, members=room.members)
    if not found:
        return _sign_up_link(link, room)
    member = found[0]
    require_within(
        (SIGN_IN_PER_ORGANIZATION, member.organization_id), now=now, rate_limits=room.rate_limits
    )
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
        locale=member.locale or organization.locale,
    )


def _sign_up_link(link: Link, room: MailRoom) -> _Draft | None:
    wanted = link.sign_up
    if wanted is None:
        return None
    return _Draft(
        facts=SignUpMail(
            organization_name=wanted.organization_name,
            admin_name=wanted.admin_name,
            link=link_address(room.base_url, link, room.link_keys),
            valid_for=SIGN_IN_LIFE,
        ),
        sender_name=_PRODUCT,
        recipient=Mailbox(wanted.admin_name, link.subject_id),
        reply_to=Mailbox(_PRODUCT, room.mailer.address),
        locale=wanted.locale,
    )


def _availability_request(message: Message, room: MailRoom) -> _Draft | None:
    external_member = _waited_for(message, room)
    if external_member is None:
        return None
    organization = room.organizations.get(message.organization_id)
    in_charge = room.members.get(message.organization_id, external_member.person_in_charge_id)
    page = room.booking_pages.get(external_member.booking_page_slug)
    link = room.links.get(external_member.request.link_id)
    terms = external_member.request.terms
    reply_to = Mailbox(in_charge.name, in_charge.email)
    return _Draft(
        facts=AvailabilityRequestMail(
            organization_name=organization.name,
            external_member_name=external_member.name,
            person_in_charge=reply_to,
            meeting_title=external_member.told(page.title),
            meeting_length=page.rules.duration,
            link=link_address(room.base_url, link, room.link_keys),
            link_expires_at=link.expires_at,
            time_zone=external_member.availability.time_zone,
            deadline=terms.deadline,
            wished=terms.wished,
            minimum_windows=terms.minimum_windows,
            minimum_length=terms.minimum_length,
            message=terms.message,
            is_reminder=message.kind is MessageKind.AVAILABILITY_REMINDER,
        ),
        sender_name=organization.name,
        recipient=Mailbox(external_member.name, external_member.email),
        reply_to=reply_to,
        locale=organization.locale,
        is_optional=message.kind in CATEGORIES,
    )


def _availability_overdue(message: Message, room: MailRoom) -> _Draft | None:
    external_member = _waited_for(message, room)
    if external_member is None:
        return None
    organization = room.organizations.get(message.organization_id)
    in_charge = room.members.get(message.organization_id, external_member.person_in_charge_id)
    request = external_member.request
    who = Mailbox(external_member.name, external_member.email)
    return _Draft(
        facts=AvailabilityOverdueMail(
            organization_name=organization.name,
            person_in_charge_name=in_charge.name,
            external_member=who,
            asked_at=request.asked_at,
            deadline=request.terms.deadline,
            time_zone=in_charge.time_zone,
            has_some=bool(external_member.availability.windows),
            console_url=_console_url(external_member, room),
        ),
        sender_name=organization.name,
        recipient=Mailbox(in_charge.name, in_charge.email),
        reply_to=who,
        locale=in_charge.locale or organization.locale,
    )


def _waited_for(message: Message, room: MailRoom) -> ExternalMember | None:
    """Return whose request a message is about; None where it is over.

    Only what follows up on a request is over once it is answered.
    """
    member = room.external_members.get(message.organization_id, message.subject_id)
    request = member.request
    follows_up = message.kind is not MessageKind.AVAILABILITY_REQUEST
    is_answered = follows_up and request.fulfilled_at is not None
    is_over = member.deleted_at is not None or member.request_is_void
    is_replaced = request.number != message.version
    return None if is_answered or is_over or is_replaced else member


def _availability_still_right(message: Message, now: datetime, room: MailRoom) -> _Draft | None:
    external_member = room.external_members.get(message.organization_id, message.subject_id)
    availability = external_member.availability
    windows = availability.windows_after(now)
    link = room.links.get(external_member.request.link_id)
    is_over = external_member.deleted_at is not None or link.was_ended or now >= link.expires_at
    if is_over or availability.version != message.version or not windows:
        return None
    organization = room.organizations.get(message.organization_id)
    in_charge = room.members.get(message.organization_id, external_member.person_in_charge_id)
    reply_to = Mailbox(in_charge.name, in_charge.email)
    return _Draft(
        facts=AvailabilityStillRightMail(
            organization_name=organization.name,
            external_member_name=external_member.name,
            person_in_charge=reply_to,
            windows=windows,
            time_zone=availability.time_zone,
            valid_until=availability.valid_until or now,
            link=link_address(room.base_url, link, room.link_keys),
        ),
        sender_name=organization.name,
        recipient=Mailbox(external_member.name, external_member.email),
        reply_to=reply_to,
        locale=organization.locale,
    )


def _console_url(external_member: ExternalMember, room: MailRoom) -> str:
    return f"{room.base_url}/console/external-members/{external_member.external_member_id}"


def _availability_entered(message: Message, room: MailRoom) -> _Draft | None:
    external_member = room.external_members.get(message.organization_id, message.subject_id)
    # Whoever confirmed them since has entered nothing new.
    if external_member.availability.windows_version != message.version:
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
            console_url=_console_url(external_member, room),
        ),
        sender_name=organization.name,
        recipient=Mailbox(in_charge.name, in_charge.email),
        reply_to=who,
        locale=in_charge.locale or organization.locale,
    )


def _guest_link(message: Message, now: datetime, room: MailRoom) -> _Draft | None:
    booking = room.bookings.get(message.organization_id, message.subject_id)
    link = room.links.get(message.which)
    if now >= link.expires_at:
        return None
    organization = room.organizations.get(booking.organization_id)
    in_charge = room.members.get(booking.organization_id, booking.person_in_charge_id)
    reply_to = Mailbox(in_charge.name, in_charge.email)
    return _Draft(
        facts=GuestLinkMail(
            organization_name=organization.name,
            guest_name=booking.guest.name,
            meeting_title=booking.title,
            time=booking.time,
            time_zone=booking.guest.time_zone,
            person_in_charge=reply_to,
            link=link_address(room.base_url, link, room.link_keys),
            valid_for=FRESH_FOR,
        ),
        sender_name=organization.name,
        recipient=_guest_mailbox(booking),
        reply_to=reply_to,
        locale=_page_language(booking, room) or organization.locale,
    )


def _member_invitation(message: Message, room: MailRoom) -> _Draft | None:
    organization_id = message.organization_id
    invitation = room.invitations.get(organization_id, message.subject_id)
    if invitation.number != message.version or not invitation.is_open:
        return None
    organization = room.organizations.get(organization_id)
    directory = room.directories.get(organization_id)
    placement = invitation.placement
    invited_by = room.members.get(organization_id, invitation.invited_by_id)
    reply_to = Mailbox(invited_by.name, invited_by.email)
    return _Draft(
        facts=MemberInvitationMail(
            organization_name=organization.name,
            invited_by=reply_to,
            designation=directory.designations.get(placement.designation_id, ""),
            department=directory.departments.get(placement.department_id, ""),
            manager_name=room.members.get(organization_id, placement.manager_id).name,
            is_admin=placement.role is Role.ADMIN,
            link=_link(invitation.link_id, room),
            link_expires_at=invitation.expires_at,
            time_zone=organization.time_zone,
            console_url=f"{room.base_url}/console",
        ),
        sender_name=organization.name,
        recipient=Mailbox("", invitation.email),
        reply_to=reply_to,
        locale=organization.locale,
    )


def _about_connection(message: Message, room: MailRoom) -> _Draft | None:
    organization = room.organizations.get(message.organization_id)
    member = room.members.get(message.organization_id, message.subject_id)
    if not member.is_active:
        return None
    facts: ConnectionBrokenMail | ConnectRequestMail | None
    if message.kind is MessageKind.CONNECTION_BROKEN:
        facts = broken_mail(
            message, member, organization, base_url=room.base_url, connections=room.connections
        )
    else:
        facts = request_mail(
            message,
            member,
            organization,
            base_url=room.base_url,
            members=room.members,
            connections=room.connections,
            connect_requests=room.connect_requests,
        )
    if facts is None:
        return None
    return _Draft(
        facts=facts,
        sender_name=organization.name,
        recipient=Mailbox(member.name, member.email),
        reply_to=facts.asked_by
        if isinstance(facts, ConnectRequestMail)
        else Mailbox(organization.name, room.mailer.address),
        locale=member.locale or organization.locale,
    )


@dataclass(frozen=True, slots=True)
class _Party:
    """One of the people a booking is told to."""

    reader: Reader
    mailbox: Mailbox
    time_zone: str
    reply_to: Mailbox
    link: str
    """Empty where there is nothing they could do."""
    locale: str = ""
    """The organization's where empty."""


def _booking_news(message: Message, now: datetime, room: MailRoom) -> _Draft | None:
    booking = room.bookings.get(message.organization_id, message.subject_id)
    news = _news(message, booking, now)
    if news is None:
        return None
    join_url = _join_url(booking, now, room) if news.takes_place else ""
    organization = room.organizations.get(booking.organization_id)
    in_charge = room.members.get(booking.organization_id, booking.person_in_charge_id)
    party = _party(message, booking, in_charge, room)
    is_brought_along = party.reader is Reader.OTHER_GUEST
    facts = BookingMail(
        news=news,
        reader=party.reader,
        organization_name=organization.name,
        recipient_name=party.mailbox.name,
        meeting_title=booking.title,
        time=_told_time(message, news, booking),
        time_zone=party.time_zone,
        host_names=booking.host_names,
        guest=_guest_mailbox(booking),
        location=booking.location,
        online_meeting=booking.online_meeting,
        join_url=join_url,
        person_in_charge=Mailbox(in_charge.name, in_charge.email),
        link=party.link,
        booking_page_url=f"{room.base_url}/book/{booking.booking_page_slug}",
        written_at=now,
        # What the guest told the hosts is not for those the guest brings along.
        guest_note="" if is_brought_along else booking.guest.note,
        answers=() if is_brought_along else booking.answers,
        other_guests=() if is_brought_along else booking.other_guests,
        former_time=booking.former_time if news is BookingNews.MOVED else None,
        decide_by=booking.expires_at,
        ended_by=booking.ended_by,
        reason=booking.reason,
    )
    return _Draft(
        facts=facts,
        sender_name=organization.name,
        recipient=party.mailbox,
        reply_to=party.reply_to,
        locale=party.locale or organization.locale,
        calendar_entry=_calendar_entry(booking, facts, party, organization, room),
        is_optional=message.kind in CATEGORIES and not party.reader.has_account,
    )


def _news(message: Message, booking: Booking, now: datetime) -> BookingNews | None:
    """Return what a message tells, or None where it is no longer so."""
    if _is_to_former_host(message, booking):
        return BookingNews.PASSED_ON
    if booking.version != message.version:
        return None
    news = _NEWS[message.kind]
    is_to_come = booking.state is BookingState.CONFIRMED and now < booking.time.start
    return None if news is BookingNews.REMINDER and not is_to_come else news


def _join_url(booking: Booking, now: datetime, room: MailRoom) -> str:
    """Return the link of a meeting; empty where it has none, or none yet.

    Raises:
        _LinkAwaited: It may come any moment.
    """
    if booking.online_meeting is None:
        return ""
    meeting = room.online_meetings.get(booking.organization_id, booking.booking_id)
    if waits_for_link(booking, meeting, now):
        raise _LinkAwaited(booking.changed_at + LINK_WAIT)
    return link_of(booking, meeting)


def _is_to_former_host(message: Message, booking: Booking) -> bool:
    """Tell whether a message takes a meeting out of its recipient's calendar.

    That stays true whatever becomes of the meeting, and nobody else tells them,
    unless it was the latest change that made them a former host.
    """
    return (
        message.kind in {MessageKind.BOOKING_MOVED, MessageKind.BOOKING_HANDED_OVER}
        and message.recipient is Recipient.HOST
        and message.which not in booking.host_ids
        and (message.version == booking.version or message.which not in booking.former_host_ids)
    )


def _told_time(message: Message, news: BookingNews, booking: Booking) -> TimeRange:
    """Return when the meeting is; to a former host, when it was theirs."""
    if news is BookingNews.PASSED_ON and message.kind is MessageKind.BOOKING_MOVED:
        return booking.former_time or booking.time
    return booking.time


def _party(message: Message, booking: Booking, in_charge: Member, room: MailRoom) -> _Party:
    in_charge_mailbox = Mailbox(in_charge.name, in_charge.email)
    which = message.which
    if message.kind is MessageKind.BOOKING_REMINDER:
        which = which.partition(".")[2]
    console = f"{room.base_url}/console/bookings/{booking.booking_id}"
    match message.recipient:
        case Recipient.GUEST if which:
            return _Party(
                reader=Reader.OTHER_GUEST,
                mailbox=Mailbox("", booking.other_guests[int(which) - 1]),
                time_zone=booking.guest.time_zone,
                reply_to=in_charge_mailbox,
                link="",
                locale=_page_language(booking, room),
            )
        case Recipient.GUEST:
            return _Party(
                reader=Reader.GUEST,
                mailbox=_guest_mailbox(booking),
                time_zone=booking.guest.time_zone,
                reply_to=in_charge_mailbox,
                link=_link(booking.guest_link_id, room),
                locale=_page_language(booking, room),
            )
        case Recipient.HOST:
            host = _host(booking, which, room)
            is_member = host.key.kind is HostKind.MEMBER
            return _Party(
                reader=Reader.HOST if is_member else Reader.EXTERNAL_HOST,
                mailbox=Mailbox(host.name, host.email),
                time_zone=host.time_zone,
                reply_to=_guest_mailbox(booking) if is_member else in_charge_mailbox,
                link=console if is_member else _own_times(host, room),
                locale=host.locale,
            )
        case Recipient.PERSON_IN_CHARGE:
            return _Party(
                reader=Reader.PERSON_IN_CHARGE,
                mailbox=in_charge_mailbox,
                time_zone=in_charge.time_zone,
                reply_to=_guest_mailbox(booking),
                link=console,
                locale=in_charge.locale,
            )
        case Recipient.MEMBER:
            raise ValueError(f"bookings are not told to {message.recipient}")
        case _:
            assert_never(message.recipient)


def _own_times(host: Host, room: MailRoom) -> str:
    """Return where an external member sees their times; nothing where they no longer can."""
    if host.is_gone:
        return ""
    link = room.links.get(host.request_link_id)
    return "" if link.was_ended else link_address(room.base_url, link, room.link_keys)


def _page_language(booking: Booking, room: MailRoom) -> str:
    """Return what language those who booked read; empty for the organization's."""
    try:
        return room.booking_pages.get(booking.booking_page_slug).locale
    except BookingPageNotFound:
        # It bore the name of somebody who was erased.
        return ""


def _host(booking: Booking, host_id: str, room: MailRoom) -> Host:
    """Return one of the hosts, or one of the former ones.

    Args:
        host_id: Empty in messages from before pages had several hosts: then the only one.

    Raises:
        HostNotFound: There never was one with this id.
    """
    keys = {host.host_id: host.key for host in booking.hosts}
    if not host_id:
        host_id = booking.host_ids[0]
    if host_id in keys:
        return room.hosts.get_all(booking.organization_id, [keys[host_id]])[0]
    # Of a former host only the id is kept.
    try:
        key = HostKey(HostKind.MEMBER, host_id)
        return room.hosts.get_all(booking.organization_id, [key])[0]
    except HostNotFound:
        key = HostKey(HostKind.EXTERNAL_MEMBER, host_id)
        return room.hosts.get_all(booking.organization_id, [key])[0]


def _guest_mailbox(booking: Booking) -> Mailbox:
    return Mailbox(booking.guest.name, booking.guest.email)


def _calendar_entry(
    booking: Booking,
    facts: BookingMail,
    party: _Party,
    organization: Organization,
    room: MailRoom,
) -> CalendarEntry | None:
    method = _calendar_method(facts.news, booking)
    if method is None:
        return None
    domain = room.mailer.address.partition("@")[2]
    answers = (f"{answer.label}: {answer.text}" for answer in facts.answers)
    return CalendarEntry(
        method=method,
        uid=f"{booking.booking_id}@{domain}",
        sequence=booking.sequence,
        changed_at=booking.changed_at,
        time=facts.time,
        summary=booking.summary,
        description="\n".join((facts.guest_note, *answers)),
        location=booking.location,
        join_url=facts.join_url,
        organizer=Mailbox(organization.name, room.mailer.address),
        attendee=party.mailbox,
        takes_part=party.reader is not Reader.PERSON_IN_CHARGE,
        url=party.link or facts.booking_page_url,
    )


def _calendar_method(news: BookingNews, booking: Booking) -> CalendarMethod | None:
    """Return what the recipient's calendar has to do; nothing about a mere request."""
    match news:
        case BookingNews.CONFIRMED | BookingNews.MOVED | BookingNews.HANDED_OVER:
            is_confirmed = booking.state is BookingState.CONFIRMED
            return CalendarMethod.REQUEST if is_confirmed else None
        case BookingNews.CANCELLED | BookingNews.PASSED_ON:
            return CalendarMethod.CANCEL
        case _:
            return None


def _link(link_id: str, room: MailRoom) -> str:
    return link_address(room.base_url, room.links.get(link_id), room.link_keys)
