"""Sending mails with adapters in memory: worded and written as they are for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.adapters.ics.calendar_files import ICalendarFiles
from scheduling.adapters.jinja.mail_templates import JinjaMailTemplates
from scheduling.use_cases.mails import MailRoom, deliver_message
from tests.support.in_memory import InMemoryMailer

if TYPE_CHECKING:
    from scheduling.domain.mails import OutgoingMail
    from scheduling.domain.messages import Message
    from tests.support.in_memory import InMemoryAdapters


def mail_room(parley: InMemoryAdapters) -> MailRoom:
    return MailRoom(
        base_url=parley.base_url,
        organizations=parley.organizations,
        members=parley.members,
        external_members=parley.external_members,
        directories=parley.directories,
        invitations=parley.invitations,
        connections=parley.connections,
        connect_requests=parley.connect_requests,
        hosts=parley.hosts,
        booking_pages=parley.booking_pages,
        bookings=parley.bookings,
        online_meetings=parley.online_meetings,
        links=parley.links,
        link_keys=parley.link_keys,
        outbox=parley.outbox,
        mail_templates=JinjaMailTemplates(),
        calendar_files=ICalendarFiles(),
        mailer=InMemoryMailer(),
        rate_limits=parley.rate_limits,
        reputation=parley.reputation,
        mails_per_day=parley.mails_per_day,
    )


def sweep(parley: InMemoryAdapters, room: MailRoom) -> list[Message]:
    """Send what is due, as the schedule does; return what was sent or tried."""
    due = parley.outbox.due(now=parley.now(), limit=50)
    return [message for message in due if deliver_message(message, now=parley.now(), room=room)]


def swept(parley: InMemoryAdapters, room: MailRoom) -> list[OutgoingMail]:
    """Send what is due; return the mails of this time only."""
    mailer = room.mailer
    assert isinstance(mailer, InMemoryMailer)
    before = len(mailer.sent)
    sweep(parley, room)
    return mailer.sent[before:]
