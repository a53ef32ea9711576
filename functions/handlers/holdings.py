"""Where something may be held about a person, for the two functions that look there."""

from __future__ import annotations

from handlers.wiring import adapters
from scheduling.use_cases.personal_records import Holdings


def holdings() -> Holdings:
    found = adapters()
    return Holdings(
        members=found.members,
        external_members=found.external_members,
        invitations=found.invitations,
        booking_pages=found.booking_pages,
        bookings=found.bookings,
        calendar_feeds=found.calendar_feeds,
        connections=found.connections,
        connect_requests=found.connect_requests,
        links=found.links,
        outbox=found.outbox,
        reputation=found.reputation,
        audit_log=found.audit_log,
        personal_records=found.personal_records,
    )
