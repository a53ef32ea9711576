"""What writing calendar events needs, put together once."""

from __future__ import annotations

import random

from handlers.provider_room import provider_room
from handlers.wiring import adapters
from scheduling.use_cases.event_work import EventRoom


def event_room() -> EventRoom:
    found = adapters()
    return EventRoom(
        base_url=found.base_url,
        bookings=found.bookings,
        members=found.members,
        outbox=found.outbox,
        calendar_events=found.calendar_events,
        providers=provider_room(),
        chance=random.random,
    )
