"""A member with connected calendars, a provider that rings, a queue and a worker: all in memory.

The clock moves when it is told to. Each minute those are looked at whose turn has come; what rings
waits in the queue as long as it does behind `template.yaml`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from scheduling.domain.channels import claimed_owner, is_genuine
from scheduling.domain.connections import ConnectionState, Provider, ProviderCalendar
from scheduling.domain.grants import Tokens
from scheduling.domain.identifiers import derived_id
from scheduling.domain.sync_turns import BUCKET_SECONDS, Ring, SyncRequest
from scheduling.provider_ports import GrantRejected
from scheduling.use_cases.calendar_changes import BookingDesk
from scheduling.use_cases.calendar_events import write_calendar_events
from scheduling.use_cases.calendar_sync import SyncRoom, sync_connection
from scheduling.use_cases.event_work import EventRoom
from scheduling.use_cases.provider_calls import Providers
from scheduling.use_cases.sync_dispatch import request_due_turns
from tests.support.builders import AIKO, EARLY, ORGANIZATION, an_entry
from tests.support.connecting import PRIMARY, a_connection
from tests.support.grants import a_grant
from tests.support.in_memory import InMemoryAdapters
from tests.support.in_memory_calendars import InMemoryCalendars
from tests.support.in_memory_grants import InMemoryCircuits, InMemoryGrants
from tests.support.in_memory_sync import InMemoryChannelSecrets

if TYPE_CHECKING:
    from scheduling.domain.booking import Booking
    from scheduling.domain.connections import Connection, ConnectionKey
    from scheduling.domain.hours import Span
    from scheduling.provider_ports import Calendars
    from scheduling.use_cases.calendar_sync import SyncEnd

QUEUE_DELAY = timedelta(seconds=35)
"""As `template.yaml` has it; `tests/architecture/test_template.py` compares them."""

TOKEN = "access-1"
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@dataclass
class LastingOAuth:
    """Access tokens stay the same; `revoked` tells which were given back."""

    revoked: list[str] = field(default_factory=list)
    is_rejected: bool = False

    def refresh(self, _refresh_token: str, *, now: datetime) -> Tokens:
        if self.is_rejected:
            raise GrantRejected(ConnectionState.RECONNECT_REQUIRED)
        return Tokens(TOKEN, now + timedelta(hours=1), frozenset())

    def revoke(self, token: str) -> None:
        self.revoked.append(token)


class SyncWorld:
    """One member, Aiko, whose calendar is connected; more may be added."""

    def __init__(self, *, seed: int = 0, calendars: tuple[ProviderCalendar, ...] = (PRIMARY,)):
        self.adapters = InMemoryAdapters(EARLY)
        self.adapters.organizations.add(ORGANIZATION, AIKO, an_entry())
        self.random = Random(seed)  # noqa: S311 - chance that comes back
        self.provider = InMemoryCalendars(self.now)
        self.port: Calendars = self.provider
        """What is asked; a test may put another one behind it."""
        for calendar in calendars:
            self.provider.add_calendar(TOKEN, calendar)
        self.oauth = LastingOAuth()
        self.grants = InMemoryGrants()
        self.circuits = InMemoryCircuits()
        self.lost_rings = 0.0
        """Of all rings, how many do not arrive."""
        self.numbers: Counter[str] = Counter()
        """The last message of each channel."""
        self.greeted: set[str] = set()
        self.posted: list[tuple[datetime, SyncRequest]] = []
        self.ends: Counter[SyncEnd] = Counter()
        self.on_minute = 0
        self.seconds = 0.0
        """What the clock of a look shows: only a slow provider moves it."""
        self.connection = self.connect(
            a_connection(
                connection_id=derived_id("connection"),
                state=ConnectionState.SYNCING,
                calendars=calendars,
                conflict_calendar_ids=tuple(each.calendar_id for each in calendars),
            )
        )

    def now(self) -> datetime:
        return self.adapters.clock

    @property
    def key(self) -> ConnectionKey:
        return self.connection.key

    def connect(self, connection: Connection) -> Connection:
        self.grants.put(replace(a_grant(connection.key), connection_id=connection.connection_id))
        self.adapters.connections.put(connection, an_entry(at=self.now()))
        return connection

    def stored(self) -> Connection:
        found = self.adapters.connections.get(self.key)
        assert found is not None
        return found

    @property
    def room(self) -> SyncRoom:
        return SyncRoom(
            base_url="https://parley.example",
            providers=Providers(
                connections=self.adapters.connections,
                grants=self.grants,
                circuits=self.circuits,
                oauth={Provider.GOOGLE: self.oauth, Provider.ZOOM: self.oauth},
                calendars={Provider.GOOGLE: self.port},
                meetings={},
            ),
            turns=self.adapters.sync_turns,
            calendars=self.adapters.synced_calendars,
            channel_secrets=InMemoryChannelSecrets(),
            desk=BookingDesk(
                bookings=self.adapters.bookings,
                booking_pages=self.adapters.booking_pages,
                hosts=self.adapters.hosts,
                calendar_events=self.adapters.calendar_events,
                live_look=self.adapters.live_look,
            ),
            clock=lambda: self.seconds,
        )

    def busy(self) -> tuple[Span, ...]:
        """Return when Aiko is busy, as slots read it."""
        return self.adapters.store.connected_busy[self.key].busy

    def sync(self) -> SyncEnd:
        """Look at Aiko's connection now."""
        turn = self.adapters.sync_turns.get(self.key)
        assert turn is not None
        request = SyncRequest(self.key, due_at=int(turn.due_at.timestamp()))
        return sync_connection(request, now=self.now(), room=self.room)

    def write_events(self, booking: Booking) -> None:
        """Have the worker that writes calendar events see to a booking."""
        found = self.adapters
        room = EventRoom(
            base_url=found.base_url,
            bookings=found.bookings,
            members=found.members,
            outbox=found.outbox,
            calendar_events=found.calendar_events,
            providers=self.room.providers,
            chance=lambda: 1.0,
        )
        write_calendar_events(
            booking.organization_id, booking.booking_id, clock=self.now, room=room
        )

    def pass_time(self, length: timedelta, *, step: timedelta = MINUTE) -> None:
        """Let time go by: the provider rings, turns come, the worker works."""
        until = self.now() + length
        while self.now() < until:
            self.adapters.clock = min(self.now() + step, until)
            self.pass_on_rings()
            minute = int(self.now().timestamp()) // 60
            if minute != self.on_minute:
                self.on_minute = minute
                request_due_turns(
                    now=self.now(), turns=self.adapters.sync_turns, queue=self.adapters.sync_queue
                )
            self.work()

    def pass_on_rings(self) -> None:
        """Do what the receiver of notifications does with each ring that arrives."""
        rung, self.provider.rung = self.provider.rung, []
        new = [each for each in self.provider.channels if each not in self.greeted]
        self.greeted.update(new)
        for channel_id in [*new, *rung]:
            self.numbers[channel_id] += 1
            if self.random.random() < self.lost_rings or channel_id not in self.provider.channels:
                continue
            channel, _, token, address = self.provider.channels[channel_id]
            claimed = claimed_owner(Provider.GOOGLE, token)
            assert claimed is not None
            assert is_genuine(InMemoryChannelSecrets().secret, claimed, channel_id, token)
            assert address == "https://parley.example/notifications/google"
            bucket = int(self.now().timestamp()) // BUCKET_SECONDS
            number = self.numbers[channel_id]
            ring = Ring(channel_id, channel.resource_id, number, bucket)
            self.adapters.sync_queue.send([SyncRequest(claimed, ring=ring)])

    def work(self) -> None:
        """Work off what has waited in the queue for long enough."""
        queue = self.adapters.sync_queue
        while queue.waiting:
            self.posted.append((self.now() + QUEUE_DELAY, queue.waiting.popleft()))
        due = [each for each in self.posted if each[0] <= self.now()]
        self.posted = [each for each in self.posted if each[0] > self.now()]
        for _, request in due:
            self.ends[sync_connection(request, now=self.now(), room=self.room)] += 1

    def is_watched(self) -> bool:
        """Tell whether some channel is open that we would heed."""
        return any(
            calendar.channel is not None and calendar.channel.channel.expires_at > self.now()
            for calendar in self.adapters.synced_calendars.of(self.key)
        )


def hour_from(start: datetime, minutes: int = 60) -> Span:
    begins = int(start.timestamp())
    return begins, begins + 60 * minutes
