"""The online meeting of a booking: made once, by the first host who can."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scheduling.domain.calendar_events import (
    LAST_CHECK,
    EventProblem,
    FormerMeeting,
    OnlineMeeting,
    Trouble,
    takes_place,
)
from scheduling.domain.connections import ConnectionState, Platform
from scheduling.domain.hosts import HostKind
from scheduling.domain.provider_events import WantedMeeting
from scheduling.domain.typed_text import on_one_line
from scheduling.provider_ports import MeetingGone
from scheduling.use_cases.event_work import require_permission
from scheduling.use_cases.provider_calls import note_state

if TYPE_CHECKING:
    from scheduling.domain.connections import Connection
    from scheduling.domain.provider_events import MadeMeeting, WrittenEvent
    from scheduling.use_cases.event_work import EventWork

NOT_CONNECTED = "not_connected"
"""None of the hosts has the platform on."""


def settle_meeting(work: EventWork) -> None:
    """Make, move or delete the online meeting of a booking, as it shall be.

    A meeting that comes with a calendar event is only assigned to a host. What goes wrong is noted.

    Raises:
        ClaimLost
    """
    booking, meeting = work.booking, work.known.meeting
    if booking.online_meeting is None:
        return
    if takes_place(booking):
        if not work.has_ended:
            meeting = _assigned(work, booking.online_meeting)
            if not meeting.platform.comes_with_event:
                _make_or_move(work, meeting)
    elif meeting is not None and not meeting.is_over:
        former = meeting.given_up()
        over = replace(meeting, is_over=True, mark="", meeting_id="", join_url="", former=former)
        work.keep_meeting(over)
    _delete_former(work)


def note_link(work: EventWork, event: WrittenEvent) -> None:
    """Note what a calendar event says of the meeting that comes with it.

    Raises:
        ClaimLost
    """
    meeting = work.known.meeting
    if meeting is None:
        return
    if event.join_url and event.join_url != meeting.join_url:
        _keep_linked(work, replace(meeting, join_url=event.join_url, problem=""))
    elif event.meet_failed and not meeting.join_url:
        connection = work.connection(meeting.host_id, meeting.platform.provider)
        if connection is not None:
            _note_state(work, connection, ConnectionState.NO_MEET)
        _fail(work, meeting, ConnectionState.NO_MEET.value)


def note_hopeless(work: EventWork) -> None:
    """Note that nobody need wait for the meeting, where the latest trouble with it says so.

    Raises:
        ClaimLost
    """
    meeting = work.known.meeting
    reasons = [
        each.problem.reason
        for each in work.troubles
        if each.problem.is_meeting and each.needs_human
    ]
    if reasons and meeting is not None:
        work.keep_meeting(replace(meeting, problem=reasons[-1]))


def _assigned(work: EventWork, platform: Platform) -> OnlineMeeting:
    """Return the meeting, in the account of a host; of somebody else where its host has left."""
    booking, meeting = work.booking, work.known.meeting
    if meeting is not None and meeting.host_id in booking.host_ids:
        connection = work.connection_to(meeting.host_id, platform.provider, meeting.account_id)
        # A link that people have stays, even where its host has switched the platform off.
        if meeting.join_url or (connection is not None and connection.has(platform)):
            return meeting
    former = () if meeting is None else meeting.given_up()
    whose = booking.organization_id, booking.booking_id, platform
    connections = [
        connection
        for host in booking.hosts
        if host.key.kind is HostKind.MEMBER
        and (connection := work.connection(host.host_id, platform.provider)) is not None
        and connection.has(platform)
    ]
    if not connections:
        return _fail(work, OnlineMeeting(*whose, "", former=former), NOT_CONNECTED)
    organizer = next((each for each in connections if each.serves(platform)), connections[0])
    host_id, account_id = organizer.key.member_id, organizer.account_id
    return work.keep_meeting(OnlineMeeting(*whose, host_id, account_id, former=former))


def _make_or_move(work: EventWork, meeting: OnlineMeeting) -> None:
    connection = work.connection_to(meeting.host_id, meeting.platform.provider, meeting.account_id)
    if connection is None:
        return
    with work.attempt(connection, meeting.platform):
        require_permission(connection, meeting.platform)
        _tell(work, connection, meeting)
        if connection.state is ConnectionState.MEETING_LIMIT:
            _note_state(work, connection, ConnectionState.OK)
    note_hopeless(work)


def _tell(work: EventWork, connection: Connection, meeting: OnlineMeeting) -> None:
    """Have the provider know of a meeting as it shall be."""
    if not meeting.meeting_id:
        made = _found(work, connection, meeting.mark) if meeting.mark else None
        if made is None:
            _create(work, connection, meeting)
            return
        # The answer to a former try was lost. What it was told then may be old by now.
        meeting = replace(meeting, meeting_id=made.meeting_id, join_url=made.join_url)
        _keep_linked(work, meeting)
    wanted, meeting_id = _wanted(work, meeting), meeting.meeting_id
    if meeting.content_hash == wanted.content_hash and not _has_drifted(work, connection, meeting):
        return
    meetings = work.room.providers.meetings[connection.key.provider]
    try:
        work.ask(connection, lambda token: meetings.update(token, meeting_id, wanted))
    except MeetingGone:
        _create(work, connection, meeting)
    else:
        work.keep_meeting(replace(meeting, content_hash=wanted.content_hash, problem=""))


def _create(work: EventWork, connection: Connection, meeting: OnlineMeeting) -> None:
    """Make a meeting, with a mark of its own, which is known before the provider has it."""
    mark = f"parley-{meeting.booking_id}-{work.task.claims}"
    former = meeting.given_up()
    meeting = work.keep_meeting(
        replace(meeting, mark=mark, meeting_id="", join_url="", former=former)
    )
    wanted = _wanted(work, meeting)
    meetings = work.room.providers.meetings[connection.key.provider]
    made = work.ask(connection, lambda token: meetings.create(token, wanted))
    _keep_linked(work, meeting.having(made, wanted))


def _has_drifted(work: EventWork, connection: Connection, meeting: OnlineMeeting) -> bool:
    """Tell whether the provider has it at another time, or not at all; asked in checks only."""
    if not work.task.is_check:
        return False
    found = _found(work, connection, meeting.mark)
    return found is None or found.time != work.booking.time


def _found(work: EventWork, connection: Connection, mark: str) -> MadeMeeting | None:
    meetings = work.room.providers.meetings[connection.key.provider]
    return work.ask(connection, lambda token: meetings.find(token, mark))


def _delete_former(work: EventWork) -> None:
    """Delete what was made and is not the meeting; forget what was not found for long enough."""
    meeting = work.known.meeting
    if meeting is None:
        return
    left = list(meeting.former)
    for former in meeting.former:
        provider = meeting.platform.provider
        connection = work.connection_to(former.host_id, provider, former.account_id)
        if connection is None:
            # Out of reach, until its host connects the account again.
            continue
        with work.attempt(connection, meeting.platform):
            if _delete(work, connection, former):
                left.remove(former)
    work.keep_meeting(replace(meeting, former=tuple(left)))


def _delete(work: EventWork, connection: Connection, former: FormerMeeting) -> bool:
    """Delete a meeting; tell whether it is sure that there is none."""
    meetings, meeting_id = work.room.providers.meetings[connection.key.provider], former.meeting_id
    if not meeting_id:
        found = _found(work, connection, former.mark)
        if found is None:
            # Whoever tried to make it may be slower than this.
            return work.task.checks == LAST_CHECK
        meeting_id = found.meeting_id
    work.ask(connection, lambda token: meetings.delete(token, meeting_id))
    return True


def _wanted(work: EventWork, meeting: OnlineMeeting) -> WantedMeeting:
    return WantedMeeting(
        mark=meeting.mark,
        topic=on_one_line(work.booking.summary),
        time=work.booking.time,
        time_zone=work.time_zones.get(meeting.host_id, "UTC"),
    )


def _fail(work: EventWork, meeting: OnlineMeeting, reason: str) -> OnlineMeeting:
    problem = EventProblem(meeting.host_id, reason, is_meeting=True)
    work.troubles.append(Trouble(problem, needs_human=True))
    return work.keep_meeting(replace(meeting, problem=reason))


def _keep_linked(work: EventWork, meeting: OnlineMeeting) -> None:
    """Store a meeting that has its link now, and let the mails go that waited for it."""
    work.keep_meeting(meeting)
    work.room.outbox.requeue_waiting(meeting.organization_id, meeting.booking_id, now=work.now)


def _note_state(work: EventWork, connection: Connection, state: ConnectionState) -> None:
    note_state(connection, state, now=work.now, connections=work.room.providers.connections)
