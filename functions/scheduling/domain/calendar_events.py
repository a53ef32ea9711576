"""What is written of bookings into calendars and meetings, and what there is still to do.

A booking has one task. Each change of the booking asks for it anew; a worker takes it for a while,
reads what is true then, and makes calendars and meetings say the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from scheduling.domain.booking import BookingState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scheduling.domain.booking import Booking
    from scheduling.domain.connections import Connection, Platform
    from scheduling.domain.hours import Span
    from scheduling.domain.provider_events import MadeMeeting, WantedMeeting, WrittenEvent

LEASE = timedelta(minutes=2)
"""How long a worker may take for one booking; longer than the function's timeout."""

MAX_ATTEMPTS = 8
"""How often it is tried after one change, the last time when `TRIED_FOR` is over."""

TRIED_FOR = timedelta(hours=24)
"""How long it is tried after one change; then a human has to look."""

LONGEST_PAUSE = timedelta(hours=8)

FIRST_CHECK = timedelta(minutes=5)
"""How soon after it was written it is compared with what the provider has."""

SECOND_CHECK = timedelta(hours=24)

LAST_CHECK = 2
"""How many such comparisons there are."""

LINK_PAUSE = timedelta(seconds=2)
"""How long a provider is given to make the link of a meeting before it is asked again."""

LINK_WAIT = timedelta(minutes=2)
"""How long mails about a change wait for the link of the meeting."""


class TaskState(StrEnum):
    NEW = "new"
    """The booking has changed, and nobody has looked yet."""
    WORKING = "working"
    """Somebody has it; it is due again when their lease runs out."""
    WAITING = "waiting"
    """It is looked at again when it is due: tried once more, or compared."""
    DONE = "done"
    FAILED = "failed"
    """It stays so until a human does something about what `problems` says."""


@dataclass(frozen=True, slots=True)
class EventProblem:
    """Why the calendar of a host, or the online meeting, is not as it shall be."""

    host_id: str
    """Empty where nobody can make the meeting."""
    reason: str
    """A `ConnectionState`, or what the provider did: `http_503`, `timeout`."""
    is_meeting: bool = False
    """Whether it is about the meeting and not about the calendar."""


@dataclass(frozen=True, slots=True)
class EventTask:
    """That a booking's calendar events, and its online meeting, are to be looked at."""

    organization_id: str
    booking_id: str
    starts_at: datetime
    """When the meeting starts, or would have."""
    state: TaskState
    asks: int
    """How often it was asked for: tells a worker whether something has changed meanwhile."""
    claims: int
    """How often a worker has taken it: whoever has a lower number has lost it."""
    attempts: int
    """How often it was taken since it last went well; this time included."""
    checks: int
    """How often it was compared with what the providers have since the booking changed."""
    since: datetime
    """When it was first due after it last went well."""
    due_at: datetime | None
    """None where nothing more is to be done."""
    problems: tuple[EventProblem, ...] = ()
    """Why not everything was as it shall be when it was looked at last."""

    @property
    def is_check(self) -> bool:
        """Whether it is not only written but compared."""
        return self.checks > 0

    @property
    def awaits_link(self) -> bool:
        """Whether everything went well, and only the link of the meeting is not there yet."""
        return self.state is TaskState.WAITING and not (self.checks or self.problems)

    def done(self) -> EventTask:
        """Return the task of a booking that nothing is written about anywhere."""
        return replace(self, state=TaskState.DONE, attempts=0, due_at=None, problems=())

    def succeeded(self, booking: Booking, *, now: datetime) -> EventTask:
        """Return the task after everything was as it shall be: compared twice, then done."""
        if self.checks == LAST_CHECK:
            return self.done()
        due_at = now + FIRST_CHECK
        if self.checks:
            due_at = max(due_at, booking.changed_at + SECOND_CHECK)
        return replace(
            self,
            state=TaskState.WAITING,
            attempts=0,
            checks=self.checks + 1,
            since=due_at,
            due_at=due_at,
            problems=(),
        )

    def waiting(self, *, now: datetime) -> EventTask:
        """Return the task while the provider makes the link of a meeting."""
        return replace(
            self, state=TaskState.WAITING, attempts=0, due_at=now + LINK_PAUSE, problems=()
        )

    def never_finished(self, host_ids: Sequence[str]) -> EventTask:
        """Return the task after each worker that took it died, so that none has recorded why."""
        problems = tuple(EventProblem(host_id, "never_finished") for host_id in host_ids)
        return replace(self, state=TaskState.FAILED, attempts=0, due_at=None, problems=problems)

    def put_off(self, troubles: Sequence[Trouble], *, now: datetime, chance: float) -> EventTask:
        """Return the task after something went wrong: due again, or failed.

        Args:
            troubles: At least one.
            chance: From 0 up to 1: full jitter, so that not all come again at once.
        """
        noted = replace(self, problems=tuple(trouble.problem for trouble in troubles))
        last = self.since + TRIED_FOR
        is_hopeless = all(trouble.needs_human for trouble in troubles)
        if is_hopeless or self.attempts >= MAX_ATTEMPTS or now >= last:
            return replace(noted, state=TaskState.FAILED, attempts=0, due_at=None)
        asked = max(trouble.pause for trouble in troubles)
        pause = min(LONGEST_PAUSE, timedelta(seconds=30) * 4**self.attempts) * chance
        due_at = min(now + max(pause, asked), last)
        if self.attempts == MAX_ATTEMPTS - 1:
            due_at = last
        return replace(noted, state=TaskState.WAITING, due_at=due_at)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong with one calendar, or with the meeting."""

    problem: EventProblem
    needs_human: bool = False
    """Whether trying again is of no use."""
    pause: timedelta = timedelta(seconds=1)
    """For how long, at least, the provider wants to be left alone."""


class EventState(StrEnum):
    PENDING = "pending"
    """About to be made: the provider may have it already."""
    WRITTEN = "written"
    DIVERGED = "diverged"
    """Somebody has moved or deleted it in the calendar since; the booking stayed as it is."""
    REMOVING = "removing"
    """About to be removed: the provider may have done so already."""
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class HostEvent:
    """What is known of a booking's event in the calendar of one of its hosts."""

    organization_id: str
    booking_id: str
    host_id: str
    account_id: str
    """Of the host's at the provider: whoever connects it again can reach the event again."""
    calendar_id: str
    generation: int
    """1 for the first; a provider takes the id of a deleted event never again."""
    state: EventState = EventState.PENDING
    content_hash: str = ""
    """Of what was written last; see `WantedEvent`."""
    etag: str = ""
    time: Span | None = None
    """When it was written to be, in seconds since 1970."""

    def having(self, written: WrittenEvent) -> HostEvent:
        """Return it after it was written."""
        return replace(
            self,
            state=EventState.WRITTEN,
            content_hash=written.content_hash,
            etag=written.etag,
            time=written.time,
        )

    def in_state(self, state: EventState) -> HostEvent:
        return replace(self, state=state)

    def next_generation(self, connection: Connection) -> HostEvent:
        """Return the event that takes its place, in the calendar that is written to now."""
        return HostEvent(
            self.organization_id,
            self.booking_id,
            self.host_id,
            connection.account_id,
            connection.calendar_to_write,
            self.generation + 1,
        )


@dataclass(frozen=True, slots=True)
class FormerMeeting:
    """A meeting that was made, or may have been, and is not the booking's: to be deleted."""

    host_id: str
    account_id: str
    mark: str
    """Tells it from all others; see `WantedMeeting`."""
    meeting_id: str = ""
    """Empty where it is not known whether there is one."""


@dataclass(frozen=True, slots=True)
class OnlineMeeting:
    """Where a booking takes place online, as far as is known."""

    organization_id: str
    booking_id: str
    platform: Platform
    host_id: str
    """In whose account it is; empty where nobody can make it."""
    account_id: str = ""
    """The provider's key of that account."""
    mark: str = ""
    """Of the latest try to make it: a new one with each, so that no two meetings have the same."""
    meeting_id: str = ""
    """The provider's own; empty until it is made, and of what comes with a calendar event."""
    join_url: str = ""
    """What everybody follows to take part; empty until it is there."""
    content_hash: str = ""
    """Of what the meeting was last told."""
    is_over: bool = False
    """The booking does not take place: there shall be no meeting any more."""
    former: tuple[FormerMeeting, ...] = ()
    problem: str = ""
    """Why there is none, where that needs a human: a `ConnectionState`, or `not_connected`."""

    @property
    def is_awaited(self) -> bool:
        """Whether its link may come any moment."""
        return not self.join_url and not self.problem and not self.is_over

    def having(self, made: MadeMeeting, wanted: WantedMeeting) -> OnlineMeeting:
        """Return it after it was made."""
        return replace(
            self,
            mark=wanted.mark,
            meeting_id=made.meeting_id,
            join_url=made.join_url,
            content_hash=wanted.content_hash,
            problem="",
        )

    def given_up(self) -> tuple[FormerMeeting, ...]:
        """Return what is to be deleted once it is no longer the booking's meeting."""
        if not self.mark:
            return self.former
        own = FormerMeeting(self.host_id, self.account_id, self.mark, self.meeting_id)
        return (*self.former, own)


@dataclass(frozen=True, slots=True)
class KnownEvents:
    """All that is known of what was written of one booking."""

    task: EventTask | None = None
    """None where nothing was ever to be written."""
    of_hosts: tuple[HostEvent, ...] = ()
    meeting: OnlineMeeting | None = None

    def of_host(self, host_id: str) -> HostEvent | None:
        return next((event for event in self.of_hosts if event.host_id == host_id), None)

    def with_event(self, event: HostEvent) -> KnownEvents:
        others = (each for each in self.of_hosts if each.host_id != event.host_id)
        return replace(self, of_hosts=(*others, event))

    def with_meeting(self, meeting: OnlineMeeting) -> KnownEvents:
        return replace(self, meeting=meeting)


def takes_place(booking: Booking) -> bool:
    """Tell whether calendars shall show a booking; a mere request they do not."""
    return booking.state in {BookingState.CONFIRMED, BookingState.NO_SHOW}


def link_of(booking: Booking, meeting: OnlineMeeting | None) -> str:
    """Return the link into a booking's meeting; empty where there is none, or none yet."""
    return "" if meeting is None or _is_left(booking, meeting) else meeting.join_url


def waits_for_link(booking: Booking, meeting: OnlineMeeting | None, now: datetime) -> bool:
    """Tell whether the link of a booking's meeting is worth waiting for."""
    is_expected = booking.online_meeting is not None and booking.state is BookingState.CONFIRMED
    is_new = now < booking.changed_at + LINK_WAIT
    is_to_come = meeting is None or meeting.is_awaited or _is_left(booking, meeting)
    return is_expected and is_new and is_to_come


def _is_left(booking: Booking, meeting: OnlineMeeting) -> bool:
    """Tell whether a meeting is in the account of a former host: another one takes its place."""
    return bool(meeting.host_id) and meeting.host_id not in booking.host_ids
