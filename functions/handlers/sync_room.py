"""What looking at connections needs, for the function that does."""

from __future__ import annotations

from handlers.provider_room import provider_room
from handlers.wiring import adapters
from scheduling.use_cases.calendar_changes import BookingDesk
from scheduling.use_cases.calendar_sync import SyncRoom
from scheduling.use_cases.probing import OwnLook


def sync_room() -> SyncRoom:
    found = adapters()
    providers = provider_room()
    return SyncRoom(
        base_url=found.base_url,
        providers=providers,
        turns=found.sync_turns,
        calendars=found.synced_calendars,
        channel_secrets=found.channel_secrets,
        desk=BookingDesk(
            bookings=found.bookings,
            booking_pages=found.booking_pages,
            hosts=found.hosts,
            calendar_events=found.calendar_events,
            live_look=OwnLook(providers, found.now),
        ),
    )
