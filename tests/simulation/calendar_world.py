"""One booking, its hosts' calendars and meetings, and workers that are in each other's way.

Bookings change, and each change wakes workers: once, twice, late, in any order. Workers die at any
step, or outlive their lease; providers fail before or after they did what was asked.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from scheduling.domain.booking import BookedHost, Booking
from scheduling.domain.calendar_events import LEASE, TaskState, takes_place
from scheduling.domain.connections import ConnectionKey, Platform, Provider, ProviderCalendar
from scheduling.domain.grants import Grant
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.identifiers import derived_id
from scheduling.domain.messages import Recipient
from scheduling.domain.refusals import BookingChanged, BookingClosed
from scheduling.domain.slots import span_of
from scheduling.domain.time_range import TimeRange
from scheduling.provider_ports import ProviderUnavailable
from scheduling.use_cases.calendar_events import write_calendar_events
from scheduling.use_cases.event_work import EventRoom
from scheduling.use_cases.provider_calls import Providers
from tests.simulation.client import Crash
from tests.simulation.scheduler import Clock, Scheduler
from tests.support.builders import (
    AIKO,
    EARLY,
    ORGANIZATION,
    a_booking,
    a_guest_link,
    a_member_host,
    an_entry,
    at,
    between,
)
from tests.support.connecting import a_connection
from tests.support.in_memory import InMemoryAdapters
from tests.support.in_memory_calendars import InMemoryCalendars
from tests.support.in_memory_connections import InMemoryConnections
from tests.support.in_memory_grants import InMemoryCircuits, InMemoryGrants
from tests.support.in_memory_meetings import InMemoryMeetings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scheduling.domain.people import Member

BEN = replace(AIKO, member_id=derived_id("ben"), name="Ben Ode", email="ben@hanami.example")
MEMBERS = (AIKO, BEN)

OPENING = EARLY
"""When each history begins."""

CRASHES = 0.02
"""How likely a worker dies at a step."""

FAILS = 0.08
"""How likely a provider does not answer."""

ROUNDS = 60
"""After so many looks at what is due everything is done that ever is."""


class PromiseBroken(AssertionError):
    """Calendars or meetings do not say what the booking says."""


class _Pausing:
    """A port at each call of which others may come between, and workers die."""

    def __init__(self, port: object, pause: Callable[[str], None]) -> None:
        self._port = port
        self._pause = pause

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        def call(*arguments: Any, **more: Any) -> Any:
            self._pause(name)
            answer = method(*arguments, **more)
            self._pause(f"{name} done")
            return answer

        return call


class CalendarWorld:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - the same seed, the same history
        self.is_calm = self.random.random() < 0.3
        """Whether nothing fails: then all is as it shall be without any comparison."""
        self.clock = Clock(OPENING.timestamp())
        self.scheduler = Scheduler(
            self.clock, self.random, depth=self.random.randint(1, 4), length=60
        )
        self.seen: Counter[str] = Counter()
        """How often something happened that histories should not go without."""
        self.parley = InMemoryAdapters()
        self.calendars = InMemoryCalendars(self.now)
        self.meetings = InMemoryMeetings()
        self.calendars.pause = self.meetings.pause = self._ask_provider
        self.calendars.reads_until_meet = self.random.choice([0, 0, 1, 2])
        self.are_faults_over = False
        self.grants = InMemoryGrants()
        self.connections = InMemoryConnections(self.parley.store)
        self._make_people()
        self.booking = self._booked()
        self.past: dict[int, Booking] = {self.booking.version: self.booking}
        """What the booking was, by version."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.seconds, UTC).replace(microsecond=0)

    @property
    def stored(self) -> Booking:
        return self.parley.bookings.get(self.booking.organization_id, self.booking.booking_id)

    def room(self, version: int) -> EventRoom:
        """Return what a worker uses; which version of the booking woke it does not matter."""
        del version
        return EventRoom(
            base_url=self.parley.base_url,
            bookings=_pausing(self.parley.bookings, self._pause),
            members=self.parley.members,
            outbox=self.parley.outbox,
            calendar_events=_pausing(self.parley.calendar_events, self._pause),
            providers=Providers(
                connections=self.connections,
                grants=self.grants,
                circuits=InMemoryCircuits(),
                oauth={},
                calendars={Provider.GOOGLE: self.calendars},
                meetings={Provider.ZOOM: self.meetings},
            ),
            chance=self.random.random,
        )

    # What is done

    def play(self) -> None:
        random = self.random
        for number in range(random.randint(1, 4)):
            self.scheduler.add(f"change {number}", self._change)
        self._wake(self.booking.version)
        if not self.is_calm and random.random() < 0.5:
            self.scheduler.add("time passes", lambda: self._jump(LEASE + timedelta(seconds=1)))
            self.scheduler.add("sweep", self._sweep)
        self.scheduler.run()
        self.are_faults_over = True
        if self.is_calm:
            self._poll_links()
            self.check()
            self.seen["calm"] += 1
        self._settle()
        self.check()

    def _change(self) -> None:
        self.scheduler.pause()
        before = self.stored
        self.scheduler.pause()
        try:
            after = self._changed(before)
            self.parley.bookings.change(before, after, (), an_entry())
        except (BookingChanged, BookingClosed):
            return
        self.past[after.version] = after
        self._wake(after.version)

    def _changed(self, before: Booking) -> Booking:
        """Raises BookingClosed where nothing can be changed any more."""
        now = self.now()
        match self.random.choice(["move", "move", "hosts", "hosts", "cancel"]):
            case "cancel":
                self.seen["cancelled"] += 1
                return before.cancelled(Recipient.GUEST, "", now=now)
            case "hosts":
                self.seen["handed over"] += 1
                hosts = self._some_hosts()
                claim = replace(before.claim, host_ids=tuple(host.host_id for host in hosts))
                return before.handed_over(claim, hosts, AIKO.member_id, now=now)
            case _:
                self.seen["moved"] += 1
                start = self.random.choice([at("09:00"), at("10:00"), at("11:00")])
                time = TimeRange(start, start + before.time.length)
                return before.moved(replace(before.claim, time=time), before.hosts, now=now)

    def _wake(self, version: int) -> None:
        """Let a worker come, at some time, for a change that the stream tells of: perhaps twice."""
        for number in range(self.random.choice([1, 1, 2])):
            self.seen["woken twice"] += number
            self.scheduler.add(f"worker {version}", lambda: self._work(version))

    def _work(self, version: int) -> None:
        self.scheduler.pause()
        self.take_up(version)

    def take_up(self, version: int) -> None:
        """Do the work of a worker who was woken by a version of the booking."""
        booking, room = self.booking, self.room(version)
        try:
            write_calendar_events(
                booking.organization_id, booking.booking_id, clock=self.now, room=room
            )
        except Crash:
            self.seen["crash"] += 1

    def _sweep(self) -> None:
        self.scheduler.pause()
        for task in self.parley.calendar_events.due(now=self.now(), limit=10):
            self.seen["taken over"] += task.state is TaskState.WORKING
            self.take_up(self.stored.version)

    def _jump(self, length: timedelta) -> None:
        self.scheduler.pause()
        self.clock.seconds += length.total_seconds()

    def _poll_links(self) -> None:
        """Let the seconds pass in which providers make the links of meetings."""
        for _ in range(5):
            self.clock.seconds += 3
            self._sweep()

    def _settle(self) -> None:
        """Let time pass until nothing is due any more."""
        for _ in range(ROUNDS):
            task = self._task()
            if task.due_at is None:
                return
            self.clock.seconds = max(self.clock.seconds + 60, task.due_at.timestamp())
            self._sweep()
        raise PromiseBroken("it is never done")

    def _pause(self, moment: str) -> None:
        if not self.scheduler.is_running or self.is_calm:
            self.scheduler.pause()
            return
        if self.random.random() < CRASHES:
            raise Crash
        self.scheduler.pause()

    def _ask_provider(self, moment: str) -> None:
        """Let a provider fail before it does what was asked, or after."""
        self._pause(moment)
        if self.is_calm or self.are_faults_over or self.random.random() >= FAILS:
            return
        self.seen["answer lost" if moment.endswith("done") else "request lost"] += 1
        raise ProviderUnavailable("timeout")

    # What has to be so

    def check(self) -> None:
        booking, known = self.stored, self._known()
        shall_be = takes_place(booking)
        meeting = known.meeting
        for member in MEMBERS:
            events = self.calendars.events(member.email)
            is_wanted = shall_be and member.member_id in booking.host_ids
            if len(events) != is_wanted:
                raise PromiseBroken(f"{len(events)} events of {member.name}, {is_wanted=}")
            for event in events:
                written = event.written
                if event.time != span_of(booking.time) or written is None:
                    raise PromiseBroken(f"an event at another time: {event}")
                if meeting is not None and written.location != meeting.join_url:
                    raise PromiseBroken(f"another link: {written.location}, {meeting}")
        self._check_meeting()

    def _check_meeting(self) -> None:
        booking, meeting = self.stored, self._known().meeting
        is_wanted = booking.online_meeting is not None and takes_place(booking)
        if is_wanted and (meeting is None or not meeting.join_url):
            raise PromiseBroken(f"no link: {meeting}")
        made = [
            (member.member_id, each)
            for member in MEMBERS
            for each in self.meetings.meetings(_token(member, Provider.ZOOM))
        ]
        is_wanted = is_wanted and booking.online_meeting is Platform.ZOOM
        if len(made) != is_wanted:
            raise PromiseBroken(f"{len(made)} meetings, {is_wanted=}")
        for host_id, each in made:
            if each.time != booking.time or host_id not in booking.host_ids:
                raise PromiseBroken(f"a meeting at another time, or of somebody else: {each}")

    def _known(self) -> Any:
        booking = self.booking
        return self.parley.calendar_events.known(booking.organization_id, booking.booking_id)

    def _task(self) -> Any:
        return self._known().task

    # How it begins

    def _make_people(self) -> None:
        self.parley.organizations.add(ORGANIZATION, AIKO, an_entry())
        self.parley.store.members[BEN.organization_id, BEN.member_id] = BEN
        for member in MEMBERS:
            calendar = ProviderCalendar(
                member.email, member.name, "UTC", is_primary=True, can_write=True, offers_meet=True
            )
            self.calendars.add_calendar(_token(member, Provider.GOOGLE), calendar)
            self.meetings.add_account(_token(member, Provider.ZOOM))
            for provider in Provider:
                connection = a_connection(
                    provider,
                    member_id=member.member_id,
                    connection_id=f"{provider}-of-{member.name}",
                )
                if provider is Provider.GOOGLE:
                    connection = replace(
                        connection, calendars=(calendar,), write_calendar_id=member.email
                    )
                self.connections.put(connection, an_entry())
                key = ConnectionKey(member.organization_id, member.member_id, provider)
                token = _token(member, provider)
                forever = OPENING + timedelta(days=30)
                self.grants.put(Grant(key, connection.connection_id, "refresh", token, forever))

    def _booked(self) -> Booking:
        hosts = self._some_hosts()
        booking = a_booking(a_member_host(AIKO), between("09:00", "09:30"))
        booking = replace(
            booking,
            booking_id=derived_id("booking"),
            guest_link_id="guest-link",
            location="",
            hosts=hosts,
            claim=replace(
                booking.claim,
                owner_id=derived_id("booking"),
                host_ids=tuple(host.host_id for host in hosts),
            ),
            online_meeting=self.random.choice([None, Platform.GOOGLE_MEET, Platform.ZOOM]),
        )
        return self.parley.bookings.add(booking, a_guest_link(booking), [])

    def _some_hosts(self) -> tuple[BookedHost, ...]:
        members: Sequence[Member] = self.random.choice([(AIKO,), (BEN,), (AIKO, BEN), (BEN, AIKO)])
        return tuple(
            BookedHost(HostKey(HostKind.MEMBER, member.member_id), member.name)
            for member in members
        )


def _token(member: Member, provider: Provider) -> str:
    return f"{provider} token of {member.name}"


def _pausing(port: object, pause: Callable[[str], None]) -> Any:
    return _Pausing(port, pause)
