"""What sending mails needs, for the two functions that do."""

from __future__ import annotations

from handlers.wiring import adapters
from scheduling.use_cases.mails import MailRoom


def mail_room() -> MailRoom:
    found = adapters()
    return MailRoom(
        base_url=found.base_url,
        organizations=found.organizations,
        members=found.members,
        external_members=found.external_members,
        directories=found.directories,
        invitations=found.invitations,
        connections=found.connections,
        connect_requests=found.connect_requests,
        hosts=found.hosts,
        booking_pages=found.booking_pages,
        bookings=found.bookings,
        online_meetings=found.online_meetings,
        links=found.links,
        link_keys=found.link_keys,
        outbox=found.outbox,
        mail_templates=found.mail_templates,
        calendar_files=found.calendar_files,
        mailer=found.mailer,
        rate_limits=found.rate_limits,
        reputation=found.reputation,
        mails_per_day=found.mails_per_day,
    )
