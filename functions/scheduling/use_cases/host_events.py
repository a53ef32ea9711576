"""One host's calendar made to say what a booking says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scheduling.domain.calendar_events import EventState, HostEvent
from scheduling.domain.connections import Platform, Provider
from scheduling.domain.identifiers import derived_id
from scheduling.domain.provider_events import WantedEvent, event_id_of
from scheduling.domain.slots import span_of
from scheduling.provider_ports import EventIdUsed, ProviderUnavailable

if TYPE_CHECKING:
    from scheduling.domain.connections import Connection
    from scheduling.domain.provider_events import WrittenEvent
    from scheduling.use_cases.event_work import EventWork

GENERATIONS_AT_ONCE = 3
"""How many ids are tried in a row: each was used once, and its event deleted."""


def write_event(work: EventWork, connection: Connection) -> WrittenEvent | None:
    """Make the calendar of a host have the event as it shall be.

    What is about to be made is stored before: whatever happens then, somebody knows where to look.

    Return the event as the provider has it; None where nothing had to be asked.

    Raises:
        ClaimLost, ProviderUnavailable, ConnectionBroken, PermissionMissing, CalendarGone,
        EventChangedMeanwhile: It could not be done.
    """
    event = work.known.of_host(connection.key.member_id)
    if event is None:
        return None if work.has_ended else _inserted(work, connection, _first(work, connection))
    is_elsewhere = event.account_id != connection.account_id
    if work.task.is_check and not is_elsewhere:
        _delete_former(work, connection, event)
    is_gone = event.state in {EventState.REMOVING, EventState.REMOVED}
    if is_elsewhere or is_gone or _has_lost_calendar(event, connection):
        if work.has_ended:
            return None
        if event.state is EventState.REMOVING and not is_elsewhere:
            _delete(work, connection, event)
        return _inserted(work, connection, event.next_generation(connection))
    if event.state is EventState.PENDING:
        return _inserted(work, connection, event)
    return _updated(work, connection, event)


def remove_event(work: EventWork, event: HostEvent) -> None:
    """Take the event of a booking out of a host's calendar, as far as it can be reached.

    Raises:
        ClaimLost, ProviderUnavailable, ConnectionBroken, PermissionMissing, CalendarGone
    """
    connection = work.connection_to(event.host_id, Provider.GOOGLE, event.account_id)
    if connection is None:
        return
    if event.state is EventState.REMOVED:
        if work.task.is_check:
            _delete_former(work, connection, replace(event, generation=event.generation + 1))
        return
    if event.state is not EventState.REMOVING:
        work.keep(event.in_state(EventState.REMOVING))
    _delete(work, connection, event)
    work.keep(event.in_state(EventState.REMOVED))


def wanted_event(work: EventWork, event: HostEvent) -> WantedEvent:
    booking, meeting = work.booking, work.known.meeting
    is_its_host = meeting is not None and meeting.host_id == event.host_id
    return WantedEvent(
        event_id=_id_of(event),
        booking_id=booking.booking_id,
        shared_mark=derived_id("calendar event", booking.booking_id),
        title=work.title,
        description=work.description,
        location=work.location,
        time=booking.time,
        time_zone=work.time_zones.get(event.host_id, "UTC"),
        wants_meet=booking.online_meeting is Platform.GOOGLE_MEET and is_its_host,
    )


def _first(work: EventWork, connection: Connection) -> HostEvent:
    return HostEvent(
        work.booking.organization_id,
        work.booking.booking_id,
        connection.key.member_id,
        connection.account_id,
        connection.calendar_to_write,
        generation=1,
    )


def _inserted(work: EventWork, connection: Connection, event: HostEvent) -> WrittenEvent:
    """Make an event that the provider may have already."""
    for _ in range(GENERATIONS_AT_ONCE):
        work.keep(event)
        written = _insert(work, connection, event)
        if written is not None:
            work.keep(event.having(written))
            return written
        event = event.next_generation(connection)
    raise ProviderUnavailable("event_ids_used")


def _insert(work: EventWork, connection: Connection, event: HostEvent) -> WrittenEvent | None:
    """Return the event as the provider has it; None where it was there and was deleted."""
    calendars = work.room.providers.calendars[connection.key.provider]
    wanted = wanted_event(work, event)
    try:
        return work.ask(
            connection, lambda token: calendars.insert(token, event.calendar_id, wanted)
        )
    except EventIdUsed:
        found = _read(work, connection, event)
        if found is None or found.is_gone:
            return None
        return _as_wanted(work, connection, event, wanted, found)


def _updated(work: EventWork, connection: Connection, event: HostEvent) -> WrittenEvent | None:
    """Make an event that was written as it shall be now.

    What somebody did to it in the calendar stays while the booking is as it was written: that
    change may still become one of the booking.
    """
    wanted = wanted_event(work, event)
    is_as_written = wanted.content_hash == event.content_hash
    if is_as_written and not (work.task.is_check or _awaits_link(work, wanted)):
        return None
    found = _read(work, connection, event)
    if is_as_written and _has_diverged(event, found):
        work.keep(event.in_state(EventState.DIVERGED))
        return found
    if found is None or found.is_gone:
        if work.has_ended:
            return None
        return _inserted(work, connection, event.next_generation(connection))
    written = _as_wanted(work, connection, event, wanted, found)
    work.keep(event.having(written))
    return written


def _has_diverged(event: HostEvent, found: WrittenEvent | None) -> bool:
    """Tell whether somebody deleted or moved an event; what a slow worker wrote has other words."""
    if found is None or found.is_gone:
        return True
    return found.content_hash == event.content_hash and found.time != event.time


def _as_wanted(
    work: EventWork,
    connection: Connection,
    event: HostEvent,
    wanted: WantedEvent,
    found: WrittenEvent,
) -> WrittenEvent:
    """Change the event that there is, if it is not as it shall be."""
    if found.content_hash == wanted.content_hash and found.time == span_of(wanted.time):
        return found
    calendars = work.room.providers.calendars[connection.key.provider]
    return work.ask(
        connection,
        lambda token: calendars.update(token, event.calendar_id, wanted, etag=found.etag),
    )


def _awaits_link(work: EventWork, wanted: WantedEvent) -> bool:
    meeting = work.known.meeting
    return wanted.wants_meet and meeting is not None and meeting.is_awaited


def _delete_former(work: EventWork, connection: Connection, event: HostEvent) -> None:
    """Delete all generations before this one: a worker that was too slow may have made one."""
    for generation in range(1, event.generation):
        _delete(work, connection, replace(event, generation=generation))


def _read(work: EventWork, connection: Connection, event: HostEvent) -> WrittenEvent | None:
    calendars = work.room.providers.calendars[connection.key.provider]
    return work.ask(
        connection, lambda token: calendars.read(token, event.calendar_id, _id_of(event))
    )


def _delete(work: EventWork, connection: Connection, event: HostEvent) -> None:
    calendars = work.room.providers.calendars[connection.key.provider]
    work.ask(connection, lambda token: calendars.delete(token, event.calendar_id, _id_of(event)))


def _id_of(event: HostEvent) -> str:
    return event_id_of(event.booking_id, event.host_id, event.generation)


def _has_lost_calendar(event: HostEvent, connection: Connection) -> bool:
    """Tell whether the calendar that it was written into is no longer among those there are."""
    known = {calendar.calendar_id for calendar in connection.calendars}
    return bool(known) and event.calendar_id not in known | {"primary"}
