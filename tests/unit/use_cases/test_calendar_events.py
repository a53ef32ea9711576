"""What a worker does, and leaves alone, in the calendars of hosts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.audit import Activity
from scheduling.domain.booking import BookedHost, Booking
from scheduling.domain.calendar_events import (
    LEASE,
    MAX_ATTEMPTS,
    EventState,
    EventTask,
    HostEvent,
    TaskState,
)
from scheduling.domain.connections import ConnectionKey, ConnectionState, Platform, Provider
from scheduling.domain.grants import Grant
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.identifiers import derived_id
from scheduling.domain.messages import MessageKind, Recipient
from scheduling.provider_ports import CalendarGone, ClaimLost, GrantRejected, MeetingRefused
from scheduling.use_cases.announcements import announcements
from scheduling.use_cases.calendar_events import requeue_of_host, write_calendar_events
from scheduling.use_cases.event_work import EventRoom
from scheduling.use_cases.provider_calls import Providers, call, note_state
from tests.support.builders import (
    AIKO,
    EARLY,
    ORGANIZATION,
    a_booking,
    a_guest_link,
    a_member_host,
    an_entry,
    between,
)
from tests.support.connecting import PRIMARY, a_connection
from tests.support.in_memory import InMemoryAdapters
from tests.support.in_memory_calendars import InMemoryCalendars
from tests.support.in_memory_connections import InMemoryConnections
from tests.support.in_memory_grants import InMemoryCircuits, InMemoryGrants
from tests.support.in_memory_meetings import InMemoryMeetings
from tests.support.mail_room import mail_room, swept

BEN = replace(AIKO, member_id=derived_id("ben"), name="Ben Ode", email="ben@hanami.example")
BENS = replace(PRIMARY, calendar_id=BEN.email)
UNFORESEEN = RuntimeError("nobody thought of this")
TOKENS = {Provider.GOOGLE: "google token", Provider.ZOOM: "zoom token"}


class Office:
    """Aiko, her calendar and her Zoom account, and a worker."""

    def __init__(self):
        self.parley = InMemoryAdapters()
        self.parley.organizations.add(ORGANIZATION, AIKO, an_entry())
        self.calendars, self.meetings = InMemoryCalendars(lambda: EARLY), InMemoryMeetings()
        self.calendars.add_calendar(TOKENS[Provider.GOOGLE], PRIMARY)
        self.meetings.add_account(TOKENS[Provider.ZOOM])
        self.connections = InMemoryConnections(self.parley.store)
        self.grants = InMemoryGrants()
        self.room = EventRoom(
            base_url=self.parley.base_url,
            bookings=self.parley.bookings,
            members=self.parley.members,
            outbox=self.parley.outbox,
            calendar_events=self.parley.calendar_events,
            providers=Providers(
                connections=self.connections,
                grants=self.grants,
                circuits=InMemoryCircuits(),
                oauth={},
                calendars={Provider.GOOGLE: self.calendars},
                meetings={Provider.ZOOM: self.meetings},
            ),
            chance=lambda: 0.5,
        )

    def connect(self, provider=Provider.GOOGLE, **changes):
        connection = a_connection(provider, **changes)
        self.connections.put(connection, an_entry())
        key = ConnectionKey(AIKO.organization_id, AIKO.member_id, provider)
        until = EARLY + timedelta(days=30)
        self.grants.put(Grant(key, connection.connection_id, "refresh", TOKENS[provider], until))
        return connection

    def connect_ben(self, provider=Provider.ZOOM):
        """Have a colleague there, with accounts of his own."""
        self.parley.store.members[BEN.organization_id, BEN.member_id] = BEN
        token = f"{TOKENS[provider]} of Ben"
        if provider is Provider.ZOOM:
            self.meetings.add_account(token)
        else:
            self.calendars.add_calendar(token, BENS)
        connection = a_connection(provider, member_id=BEN.member_id, account_id="ben")
        if provider is Provider.GOOGLE:
            connection = replace(connection, calendars=(BENS,), write_calendar_id=BENS.calendar_id)
        self.connections.put(connection, an_entry())
        until = EARLY + timedelta(days=30)
        self.grants.put(Grant(connection.key, connection.connection_id, "refresh", token, until))

    def booked(self, **changes):
        booking = replace(a_booking(a_member_host(), between("09:00", "09:30")), **changes)
        return self.parley.bookings.add(booking, a_guest_link(booking), [])

    def cancel(self, booking):
        after = booking.cancelled(Recipient.GUEST, "", now=EARLY)
        self.parley.bookings.change(booking, after, [], an_entry())

    def disconnect(self, connection):
        """Have a connection ended, and its provider told."""
        ended = connection.ended(EARLY)
        self.connections.change(ended, an_entry())
        self.connections.forget(ended)

    def requeue(self):
        return requeue_of_host(
            AIKO.organization_id,
            AIKO.member_id,
            now=EARLY,
            bookings=self.parley.bookings,
            calendar_events=self.parley.calendar_events,
        )

    def write(self, booking, *, now=EARLY):
        return write_calendar_events(
            booking.organization_id, booking.booking_id, clock=lambda: now, room=self.room
        )

    def known(self, booking):
        return self.parley.calendar_events.known(booking.organization_id, booking.booking_id)

    def events(self):
        return self.calendars.events(PRIMARY.calendar_id)


@pytest.fixture
def office():
    return Office()


def test_whoever_has_connected_nothing_costs_no_call_and_no_second_look(office):
    booking = office.booked()

    assert office.write(booking).state is TaskState.DONE
    assert office.known(booking).of_hosts == ()


def test_what_is_known_of_an_event_has_no_address_of_the_account_it_is_in(office):
    office.connect(write_calendar_id=PRIMARY.calendar_id)
    booking = office.booked()

    office.write(booking)

    [event] = office.known(booking).of_hosts
    assert (event.state, event.calendar_id) == (EventState.WRITTEN, "primary")
    assert len(office.events()) == 1


def test_a_calendar_that_is_switched_off_gets_no_event(office):
    office.connect(platforms=frozenset({Platform.GOOGLE_MEET}))

    office.write(office.booked())

    assert office.events() == []


def test_what_is_typed_into_an_event_is_no_markup_and_no_link(office):
    office.connect()
    guest = replace(office.booked().guest, note="<b>See</b> https://evil.example")

    office.write(
        office.booked(
            guest=guest, claim=a_booking(a_member_host(), between("10:00", "10:30")).claim
        )
    )

    [event] = office.events()
    assert "&lt;b&gt;See" in event.written.description
    assert "https://evil.example" not in event.written.description


def test_a_missing_permission_is_asked_for_and_nothing_is_called(office):
    office.connect(state=ConnectionState.INSUFFICIENT_SCOPE, missing=(Platform.GOOGLE_CALENDAR,))
    booking = office.booked()

    after = office.write(booking)

    assert after.state is TaskState.FAILED
    assert [problem.reason for problem in after.problems] == ["insufficient_scope"]
    assert office.calendars.calls.total() == 0


def test_a_calendar_that_is_gone_is_told_to_its_owner(office):
    connection = office.connect()
    office.calendars.fail(CalendarGone())
    booking = office.booked()

    assert office.write(booking).state is TaskState.FAILED
    assert office.connections.get(connection.key).state is ConnectionState.CALENDAR_GONE


def test_a_host_who_connects_something_has_all_meetings_to_come_written(office):
    booking = office.booked()
    office.write(booking)
    office.connect()

    assert office.requeue() == 1
    office.write(booking)

    assert len(office.events()) == 1


def test_c33_with_another_account_new_events_go_there_and_old_ones_stay(office):
    first = office.connect()
    booking = office.booked()
    office.write(booking)
    other = replace(PRIMARY, calendar_id="another@hanami.example")
    office.calendars.add_calendar("another token", other)
    office.connections.put(
        replace(
            first,
            connection_id="another",
            account_id="another",
            calendars=(other,),
            write_calendar_id=other.calendar_id,
            version=2,
        ),
        an_entry(),
    )
    until = EARLY + timedelta(days=30)
    office.grants.put(Grant(first.key, "another", "refresh", "another token", until))
    office.parley.calendar_events.ask(booking.organization_id, booking.booking_id, now=EARLY)

    office.write(booking)

    assert len(office.events()) == len(office.calendars.events(other.calendar_id)) == 1


def test_a_deleted_event_stays_deleted_while_the_booking_is_as_it_was(office):
    office.connect()
    booking = office.booked()
    first = office.write(booking)
    [event] = office.events()
    office.calendars.delete_event(PRIMARY.calendar_id, event.event_id)

    office.write(booking, now=first.due_at)

    assert office.events() == []
    [kept] = office.known(booking).of_hosts
    assert kept.state is EventState.DIVERGED


def test_where_nobody_has_the_platform_mails_need_not_wait(office):
    booking = office.booked(online_meeting=Platform.ZOOM)

    after = office.write(booking)

    assert after.state is TaskState.FAILED
    assert office.known(booking).meeting.problem == "not_connected"
    assert not office.known(booking).meeting.is_awaited


def test_an_account_that_may_make_no_more_meetings_today_is_asked_again_later(office):
    connection = office.connect(Provider.ZOOM)
    office.meetings.fail(MeetingRefused(ConnectionState.MEETING_LIMIT), call="create")
    booking = office.booked(online_meeting=Platform.ZOOM)

    after = office.write(booking)

    assert after.due_at >= EARLY + timedelta(hours=1)
    assert office.connections.get(connection.key).state is ConnectionState.MEETING_LIMIT
    office.write(booking, now=after.due_at)
    assert office.known(booking).meeting.join_url
    assert office.connections.get(connection.key).state is ConnectionState.OK


def test_c33_a_link_that_people_have_stays_when_its_host_switches_the_platform_off(office):
    connection = office.connect(Provider.ZOOM)
    booking = office.booked(online_meeting=Platform.ZOOM)
    office.write(booking)
    join_url = office.known(booking).meeting.join_url
    ended = replace(connection, platforms=frozenset(), ended_at=EARLY, version=2)
    office.connections.change(ended, an_entry())
    office.parley.calendar_events.ask(booking.organization_id, booking.booking_id, now=EARLY)

    office.write(booking)

    assert office.known(booking).meeting.join_url == join_url


def test_an_account_without_meet_is_told_and_the_event_is_written(office):
    connection = office.connect()
    office.calendars.makes_meet = False
    booking = office.booked(online_meeting=Platform.GOOGLE_MEET)

    after = office.write(booking)

    assert after.state is TaskState.FAILED
    assert office.connections.get(connection.key).state is ConnectionState.NO_MEET
    assert len(office.events()) == 1


def test_c3_mails_about_another_host_wait_for_that_hosts_link(office):
    office.connect(Provider.ZOOM)
    office.connect_ben()
    booking = office.booked(online_meeting=Platform.ZOOM, booked_at=EARLY, changed_at=EARLY)
    office.write(booking)
    office.parley.clock = EARLY + timedelta(hours=1)
    now = office.parley.now()
    after = booking.moved(
        replace(booking.claim, host_ids=(BEN.member_id,), time=between("10:00", "10:30")),
        (BookedHost(HostKey(HostKind.MEMBER, BEN.member_id), BEN.name),),
        now=now,
    )
    mails = announcements(MessageKind.BOOKING_MOVED, after, now=now, was_confirmed=True)
    office.parley.bookings.change(booking, after, mails, an_entry())
    room = mail_room(office.parley)

    too_early = swept(office.parley, room)
    first = office.known(booking).meeting.join_url
    office.write(after, now=now)
    second = office.known(booking).meeting.join_url
    texts = [mail.rendered.text for mail in swept(office.parley, room)]

    assert not any(first in text for text in (*texts, *(m.rendered.text for m in too_early)))
    assert len([text for text in texts if second in text]) == 3, "guest, host, person in charge"


def of_two_hosts(office: Office) -> tuple[Booking, Booking]:
    """Return a booking of two who connected their calendars: before and after the second came."""
    office.connect()
    office.connect_ben(Provider.GOOGLE)
    booking = office.booked()
    hosts = tuple(
        BookedHost(HostKey(HostKind.MEMBER, member.member_id), member.name)
        for member in (AIKO, BEN)
    )
    claim = replace(booking.claim, host_ids=tuple(host.host_id for host in hosts))
    after = booking.handed_over(claim, hosts, AIKO.member_id, now=EARLY)
    office.parley.bookings.change(booking, after, [], an_entry())
    return booking, after


def test_r10_what_nobody_foresaw_for_one_calendar_leaves_the_others_written(office):
    booking, after = of_two_hosts(office)
    office.calendars.fail(UNFORESEEN)

    with pytest.raises(ExceptionGroup) as raised:
        office.write(after)

    assert raised.value.exceptions == (UNFORESEEN,)
    assert sorted(map(len, (office.events(), office.calendars.events(BENS.calendar_id)))) == [0, 1]
    task = office.known(booking).task
    assert (task.state, len(task.problems)) == (TaskState.WAITING, 1)
    office.write(after, now=task.due_at)
    assert len(office.events()) == len(office.calendars.events(BENS.calendar_id)) == 1


def test_r10_what_nobody_foresaw_is_told_though_somebody_else_goes_on(office, monkeypatch):
    _, booking = of_two_hosts(office)
    office.calendars.fail(UNFORESEEN)
    keep = office.parley.calendar_events.keep

    def keep_but_bens(event: HostEvent, task: EventTask) -> None:
        if event.host_id == BEN.member_id:
            raise ClaimLost
        keep(event, task)

    monkeypatch.setattr(office.parley.calendar_events, "keep", keep_but_bens)

    with pytest.raises(ExceptionGroup) as raised:
        office.write(booking)

    assert raised.value.exceptions == (UNFORESEEN,)


def test_r10_what_no_worker_ever_finished_is_left_to_a_human(office):
    office.connect()
    booking = office.booked()
    whose = booking.organization_id, booking.booking_id
    now = EARLY
    for _ in range(MAX_ATTEMPTS):
        assert office.parley.calendar_events.claim(*whose, now=now)
        now += LEASE

    after = office.write(booking, now=now)

    assert (after.state, after.due_at) == (TaskState.FAILED, None)
    assert [problem.reason for problem in after.problems] == ["never_finished"]


def test_what_changes_while_a_worker_is_at_it_is_done_by_the_same_worker(office):
    office.connect()
    booking = office.booked()
    moments = iter(EARLY + timedelta(seconds=seconds) for seconds in range(9))

    def pause(moment):
        if moment == "insert done":
            after = booking.cancelled(Recipient.GUEST, "", now=EARLY + timedelta(seconds=2))
            office.parley.bookings.change(booking, after, [], an_entry())

    office.calendars.pause = pause
    write_calendar_events(
        booking.organization_id, booking.booking_id, clock=lambda: next(moments), room=office.room
    )

    assert office.events() == []


def test_c33_connecting_the_same_account_again_removes_what_was_cancelled_meanwhile(office):
    google, zoom = office.connect(), office.connect(Provider.ZOOM)
    booking = office.booked(online_meeting=Platform.ZOOM)
    office.write(booking)
    office.disconnect(google)
    office.disconnect(zoom)
    office.cancel(booking)
    while due_at := office.known(booking).task.due_at:
        office.write(booking, now=due_at)
    assert len(office.events()) == len(office.meetings.meetings(TOKENS[Provider.ZOOM])) == 1
    office.connect()
    office.connect(Provider.ZOOM)

    assert office.requeue() == 1
    office.write(booking)

    assert office.events() == []
    assert office.meetings.meetings(TOKENS[Provider.ZOOM]) == []


def test_c33_connecting_the_same_account_again_writes_no_second_event(office):
    work = replace(PRIMARY, calendar_id="work@group.calendar.google.com", is_primary=False)
    office.calendars.add_calendar(TOKENS[Provider.GOOGLE], work)
    calendars = (PRIMARY, work)
    first = office.connect(calendars=calendars, write_calendar_id=work.calendar_id)
    booking = office.booked()
    office.write(booking)
    office.disconnect(first)
    office.connect(calendars=calendars)

    office.requeue()
    office.write(booking)

    assert office.events() == []
    assert len(office.calendars.events(work.calendar_id)) == 1


@pytest.mark.parametrize(
    "state", [ConnectionState.APP_MISCONFIGURED, ConnectionState.ADMIN_BLOCKED]
)
def test_what_a_broken_connection_kept_away_is_written_when_it_is_mended(office, state):
    connection = office.connect()
    office.calendars.fail(GrantRejected(state))
    booking = office.booked()
    assert office.write(booking).state is TaskState.FAILED

    call(
        office.connections.get(connection.key),
        office.calendars.all,
        now=EARLY + timedelta(hours=6),
        providers=office.room.providers,
    )

    assert office.parley.store.entries[-1].activity is Activity.CONNECTION_MENDED, (
        "which wakes the worker"
    )
    office.requeue()
    office.write(booking)
    assert len(office.events()) == 1


def test_a_calendar_that_can_be_read_again_but_not_written_to_wakes_no_worker(office):
    connection = office.connect()
    office.calendars.fail(CalendarGone())
    office.write(office.booked())
    broken = office.connections.get(connection.key)

    note_state(broken, ConnectionState.OK, now=EARLY, connections=office.connections)

    assert office.connections.get(connection.key).state is ConnectionState.OK
    assert office.parley.store.entries[-1].activity is Activity.CONNECTION_BROKEN
