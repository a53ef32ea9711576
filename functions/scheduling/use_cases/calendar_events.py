"""Calendars and meetings made to say what bookings say, at least once, and compared later.

What a booking was when somebody was asked to write it does not matter: whoever takes it up reads
what it is now. A worker that dies, or is too slow, leaves traces from which the next one goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.domain.calendar_events import (
    LINK_WAIT,
    MAX_ATTEMPTS,
    EventProblem,
    Trouble,
    takes_place,
)
from scheduling.domain.connections import Platform, Provider
from scheduling.domain.hosts import HostKind
from scheduling.domain.lists import every
from scheduling.ports import BookingFilter
from scheduling.provider_ports import ClaimLost
from scheduling.use_cases.event_work import EventWork, require_permission
from scheduling.use_cases.feeds import in_turn
from scheduling.use_cases.host_events import remove_event, write_event
from scheduling.use_cases.meeting_making import note_hopeless, note_link, settle_meeting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.booking import Booking
    from scheduling.domain.calendar_events import EventTask, HostEvent, KnownEvents
    from scheduling.domain.connections import Connection
    from scheduling.domain.lists import ListPage
    from scheduling.provider_ports import CalendarEvents
    from scheduling.use_cases.event_work import EventRoom

AT_ONCE = 200
"""How many due bookings are looked up at a time."""

_PART = 100


def write_calendar_events(
    organization_id: str, booking_id: str, *, clock: Callable[[], datetime], room: EventRoom
) -> EventTask | None:
    """Make calendars and meetings say what a booking says now, as far as it is to be done.

    Return what is next; None where there was nothing to do, or another worker has it.

    Args:
        clock: Tells the time: what changes meanwhile is due later than when this began.

    Raises:
        ExceptionGroup: Of what nobody foresaw, after all else was done.
    """
    while task := room.calendar_events.claim(organization_id, booking_id, now=clock()):
        work = _work(task, clock(), room)
        after: EventTask | None
        try:
            after = _written(work)
        except ClaimLost:
            # Somebody else goes on from what is stored.
            after = None
        is_finished = after is None or room.calendar_events.finish(task, after)
        if work.unforeseen:
            raise ExceptionGroup("calendar events", work.unforeseen)
        if is_finished:
            return after
        # The booking was changed meanwhile.
    return None


def due_tasks(*, now: datetime, calendar_events: CalendarEvents) -> list[EventTask]:
    """Return what is due, of each organization in turn."""
    return in_turn(calendar_events.due(now=now, limit=AT_ONCE))


def requeue_of_host(
    organization_id: str,
    member_id: str,
    *,
    now: datetime,
    bookings: ports.Bookings,
    calendar_events: CalendarEvents,
) -> int:
    """Have all bookings to come of a host looked at: an account can be reached that could not.

    Also those that do not take place: what was made of them may be there still.

    Return how many there are.
    """
    to_come = BookingFilter(after=now, host_id=member_id)

    def part(cursor: str | None) -> ListPage[Booking]:
        return bookings.list(organization_id, to_come, cursor=cursor, limit=_PART)

    asked = 0
    for booking in every(part):
        calendar_events.ask(organization_id, booking.booking_id, now=now)
        asked += 1
    return asked


def _written(work: EventWork) -> EventTask:
    """Return what is next for a task, after all was done that could be.

    Raises:
        ClaimLost
    """
    booking = work.booking
    if work.task.attempts > MAX_ATTEMPTS:
        concerned = dict.fromkeys(key.member_id for key in work.connections)
        return work.task.never_finished(list(concerned))
    settle_meeting(work)
    if takes_place(booking):
        _write_events(work)
    for event in work.known.of_hosts:
        if not takes_place(booking) or event.host_id not in booking.host_ids:
            _remove(work, event)
    return _next(work)


def _work(task: EventTask, now: datetime, room: EventRoom) -> EventWork:
    booking = room.bookings.get(task.organization_id, task.booking_id)
    known = room.calendar_events.known(task.organization_id, task.booking_id)
    hosts = [host.host_id for host in booking.hosts if host.key.kind is HostKind.MEMBER]
    concerned = dict.fromkeys((*hosts, *_concerned(known)))
    organization_id = booking.organization_id
    connections = room.providers.connections.of_members(organization_id, list(concerned))
    members = room.members.get_all(organization_id, hosts if connections else [])
    return EventWork(
        task=task,
        booking=booking,
        known=known,
        connections={connection.key: connection for connection in connections},
        time_zones={member.member_id: member.time_zone for member in members},
        now=now,
        room=room,
    )


def _concerned(known: KnownEvents) -> Iterator[str]:
    """Yield in whose accounts something was written."""
    yield from (event.host_id for event in known.of_hosts)
    if known.meeting is not None:
        yield from filter(None, [known.meeting.host_id])
        yield from (former.host_id for former in known.meeting.former)


def _write_events(work: EventWork) -> None:
    """Write into the calendar of each host; first of whom the meeting comes from."""
    meeting = work.known.meeting
    comes_with_event = meeting is not None and meeting.platform.comes_with_event
    organizer_id = meeting.host_id if meeting is not None and comes_with_event else ""
    for host_id in sorted(work.booking.host_ids, key=lambda host_id: host_id != organizer_id):
        connection = work.connection(host_id, Provider.GOOGLE)
        if connection is None:
            continue
        if host_id == organizer_id:
            _write_with_meeting(work, connection)
        elif connection.has(Platform.GOOGLE_CALENDAR):
            with work.attempt(connection, Platform.GOOGLE_CALENDAR):
                require_permission(connection, Platform.GOOGLE_CALENDAR)
                write_event(work, connection)


def _write_with_meeting(work: EventWork, connection: Connection) -> None:
    """Write the event that the meeting comes with, and its link into it."""
    link = work.join_url
    with work.attempt(connection, Platform.GOOGLE_MEET):
        require_permission(connection, Platform.GOOGLE_MEET)
        written = write_event(work, connection)
        if written is not None:
            note_link(work, written)
        if work.join_url != link:
            write_event(work, connection)
    note_hopeless(work)


def _remove(work: EventWork, event: HostEvent) -> None:
    connection = work.connection(event.host_id, Provider.GOOGLE)
    if connection is not None:
        with work.attempt(connection, Platform.GOOGLE_CALENDAR):
            remove_event(work, event)


def _next(work: EventWork) -> EventTask:
    task, booking, now, meeting = work.task, work.booking, work.now, work.known.meeting
    if meeting is not None and meeting.is_awaited and not (work.has_ended or work.troubles):
        if now < booking.changed_at + LINK_WAIT:
            return task.waiting(now=now)
        problem = EventProblem(meeting.host_id, "meeting_pending", is_meeting=True)
        work.troubles.append(Trouble(problem))
    if work.troubles:
        return task.put_off(work.troubles, now=now, chance=work.room.chance())
    if not work.known.of_hosts and meeting is None:
        return task.done()
    return task.succeeded(booking, now=now)
