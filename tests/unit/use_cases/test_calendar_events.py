"""What a worker does, and leaves alone, in the calendars of hosts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.calendar_events import EventState, TaskState
from scheduling.domain.connections import ConnectionKey, ConnectionState, Platform, Provider
from scheduling.domain.grants import Grant
from scheduling.domain.messages import Recipient
from scheduling.provider_ports import CalendarGone, MeetingRefused
from scheduling.use_cases.calendar_events import requeue_of_host, write_calendar_events
from scheduling.use_cases.event_work import EventRoom
from scheduling.use_cases.provider_calls import Providers
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

    def booked(self, **changes):
        booking = replace(a_booking(a_member_host(), between("09:00", "09:30")), **changes)
        return self.parley.bookings.add(booking, a_guest_link(booking), [])

    def cancel(self, booking):
        after = booking.cancelled(Recipient.GUEST, "", now=EARLY)
        self.parley.bookings.change(booking, after, [], an_entry())

    def write(self, booking, *, now=EARLY):
        return write_calendar_events(
            booking.organization_id, booking.booking_id, now=now, room=self.room
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

    asked = requeue_of_host(
        AIKO.organization_id,
        AIKO.member_id,
        now=EARLY,
        bookings=office.parley.bookings,
        calendar_events=office.parley.calendar_events,
    )
    office.write(booking)

    assert asked == 1
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
