"""What a worker knows of the booking that it writes about, and how providers are asked for it."""

from __future__ import annotations

import html
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from scheduling.domain.calendar_events import EventProblem, Trouble
from scheduling.domain.connections import ConnectionKey, ConnectionState
from scheduling.domain.typed_text import in_lines, on_one_line, place, unlinked
from scheduling.provider_ports import (
    CalendarGone,
    ClaimLost,
    EventChangedMeanwhile,
    MeetingRefused,
    PermissionMissing,
    ProviderUnavailable,
)
from scheduling.use_cases.provider_calls import ConnectionBroken, call, note_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.booking import Booking
    from scheduling.domain.calendar_events import EventTask, HostEvent, KnownEvents, OnlineMeeting
    from scheduling.domain.connections import Connection, Platform, Provider
    from scheduling.provider_ports import CalendarEvents
    from scheduling.use_cases.provider_calls import Providers

AT_THE_LIMIT = timedelta(hours=1)
"""How long an account that has made as many meetings as it may is left alone."""

AGAIN_SOON = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class EventRoom:
    """Everything that writing calendar events needs."""

    base_url: str
    bookings: ports.Bookings
    members: ports.Members
    outbox: ports.Outbox
    calendar_events: CalendarEvents
    providers: Providers
    chance: Callable[[], float]
    """From 0 up to 1, another one each time."""


@dataclass(slots=True)
class EventWork:
    """One booking, as its worker sees it; what they learn is stored and known at once."""

    task: EventTask
    booking: Booking
    known: KnownEvents
    connections: Mapping[ConnectionKey, Connection]
    time_zones: Mapping[str, str]
    """Of the hosts who are members."""
    now: datetime
    room: EventRoom
    troubles: list[Trouble] = field(default_factory=list)
    """What has gone wrong so far."""
    unforeseen: list[Exception] = field(default_factory=list)
    """Of that, what nobody has thought of."""

    @property
    def has_ended(self) -> bool:
        """Whether the meeting is over: nothing new is made of it any more."""
        return self.now >= self.booking.time.end

    def connection(self, host_id: str, provider: Provider) -> Connection | None:
        """Return what a member has connected, if it is on."""
        key = ConnectionKey(self.booking.organization_id, host_id, provider)
        connection = self.connections.get(key)
        return connection if connection is not None and connection.is_on else None

    def connection_to(self, host_id: str, provider: Provider, account_id: str) -> Connection | None:
        """Return the connection to the account that something was made in, if it is on.

        It may be another one than then: whoever disconnects may connect the same account again.
        """
        connection = self.connection(host_id, provider)
        is_same = connection is not None and connection.account_id == account_id
        return connection if is_same else None

    def keep(self, event: HostEvent) -> None:
        """Store what is known of one host's event, where that is news.

        Raises:
            ClaimLost
        """
        if event != self.known.of_host(event.host_id):
            self.room.calendar_events.keep(event, self.task)
            self.known = self.known.with_event(event)

    def keep_meeting(self, meeting: OnlineMeeting) -> OnlineMeeting:
        """Store what is known of the online meeting, where that is news, and return it.

        Raises:
            ClaimLost
        """
        if meeting != self.known.meeting:
            self.room.calendar_events.keep_meeting(meeting, self.task)
            self.known = self.known.with_meeting(meeting)
        return meeting

    def ask[Answer](self, connection: Connection, ask: Callable[[str], Answer]) -> Answer:
        return call(connection, ask, now=self.now, providers=self.room.providers)

    @contextmanager
    def attempt(self, connection: Connection, platform: Platform) -> Iterator[None]:
        """Note among the troubles what goes wrong meanwhile, and go on.

        What somebody else has to hear of brings the connection into its state. What nobody
        foresaw is noted too: it must not keep the calendars of others from being written.

        Raises:
            ClaimLost
        """
        whose, is_meeting = connection.key.member_id, platform.makes_meetings

        def note(reason: str, *, needs_human: bool = False, pause: timedelta = AGAIN_SOON) -> None:
            problem = EventProblem(whose, reason, is_meeting=is_meeting)
            self.troubles.append(Trouble(problem, needs_human=needs_human, pause=pause))

        try:
            yield
        except ProviderUnavailable as error:
            note(error.reason, pause=error.retry_after or AGAIN_SOON)
        except EventChangedMeanwhile:
            note("changed_meanwhile")
        except ConnectionBroken as error:
            note(error.state.value, needs_human=True)
        except PermissionMissing:
            note(ConnectionState.INSUFFICIENT_SCOPE.value, needs_human=True)
            self._note_state(connection, ConnectionState.INSUFFICIENT_SCOPE, platform)
        except CalendarGone:
            note(ConnectionState.CALENDAR_GONE.value, needs_human=True)
            self._note_state(connection, ConnectionState.CALENDAR_GONE)
        except MeetingRefused as error:
            note(error.state.value, needs_human=error.state.needs_human, pause=AT_THE_LIMIT)
            self._note_state(connection, error.state)
        except ClaimLost:
            raise
        except Exception as error:  # noqa: BLE001 - raised when the others are done
            note("unforeseen")
            self.unforeseen.append(error)

    def _note_state(
        self, connection: Connection, state: ConnectionState, *missing: Platform
    ) -> None:
        note_state(
            connection,
            state,
            now=self.now,
            connections=self.room.providers.connections,
            missing=tuple(dict.fromkeys((*connection.missing, *missing))),
        )

    @property
    def title(self) -> str:
        return unlinked(on_one_line(self.booking.summary))

    @property
    def join_url(self) -> str:
        return self.known.meeting.join_url if self.known.meeting else ""

    @property
    def location(self) -> str:
        return self.join_url or place(self.booking.location)

    @property
    def description(self) -> str:
        """What a host wants to know, one thing a line, as HTML, which calendars show."""
        booking, lines = self.booking, []
        if self.join_url:
            lines = [self.join_url, place(booking.location)]
        typed = [
            ", ".join(filter(None, (booking.guest.name, booking.guest.email))),
            *booking.other_guests,
            booking.guest.note,
            *(f"{answer.label}: {answer.text}" for answer in booking.answers),
        ]
        lines += [unlinked(in_lines(text)) for text in typed]
        lines.append(f"{self.room.base_url}/console/bookings/{booking.booking_id}")
        return "\n".join(html.escape(line, quote=False) for line in lines if line)


def require_permission(connection: Connection, platform: Platform) -> None:
    """Raises PermissionMissing where it is known that a platform may not be used."""
    if platform in connection.missing:
        raise PermissionMissing
