"""What is promised of tasks, events and meetings of bookings, by adapters and stand-ins alike."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from scheduling.adapters.dynamodb.bookings import DynamoDbBookings
from scheduling.adapters.dynamodb.calendar_events import DynamoDbCalendarEvents
from scheduling.adapters.dynamodb.online_meetings import DynamoDbOnlineMeetings
from scheduling.adapters.dynamodb.outbox import DynamoDbOutbox
from scheduling.adapters.dynamodb.personal_records import DynamoDbPersonalRecords
from scheduling.domain.booking import Booking
from scheduling.domain.calendar_events import (
    LEASE,
    EventProblem,
    EventState,
    FormerMeeting,
    HostEvent,
    KnownEvents,
    OnlineMeeting,
    TaskState,
    Trouble,
)
from scheduling.domain.connections import Platform
from scheduling.domain.erasure import Person, booking_without
from scheduling.domain.messages import DeliveryState, Recipient
from scheduling.provider_ports import ClaimLost
from tests.support.builders import (
    AIKO,
    EARLY,
    a_booking,
    a_guest_link,
    a_member_host,
    a_message,
    an_entry,
    an_external_member,
    between,
)
from tests.support.in_memory import InMemoryAdapters
from tests.support.tables import create_connections_table

LATER = EARLY + LEASE + timedelta(seconds=1)
TROUBLE = Trouble(EventProblem("host", "reconnect_required"), needs_human=True)


@pytest.fixture(params=["in memory", "dynamodb"])
def ports(request):
    if request.param == "in memory":
        return InMemoryAdapters()
    scheduling, access = request.getfixturevalue("tables")
    return SimpleNamespace(
        bookings=DynamoDbBookings(scheduling, access),
        calendar_events=DynamoDbCalendarEvents(scheduling),
        online_meetings=DynamoDbOnlineMeetings(scheduling),
        outbox=DynamoDbOutbox(scheduling),
        personal_records=DynamoDbPersonalRecords(
            scheduling, access, create_connections_table(scheduling.client)
        ),
    )


def booked(ports, host=None, time=None, **changes):
    booking = a_booking(host or a_member_host(), time or between("09:00", "09:30"))
    booking = replace(booking, **changes)
    return ports.bookings.add(booking, a_guest_link(booking), [a_message(booking)])


def cancelled(ports, booking):
    after = booking.cancelled(Recipient.GUEST, "", now=EARLY)
    ports.bookings.change(booking, after, [], an_entry())
    return after


def claim(ports, booking, now=EARLY):
    return ports.calendar_events.claim(booking.organization_id, booking.booking_id, now=now)


def known(ports, booking):
    return ports.calendar_events.known(booking.organization_id, booking.booking_id)


def due(ports, now=EARLY):
    return [each.booking_id for each in ports.calendar_events.due(now=now, limit=10)]


def an_event(booking: Booking, **changes):
    usual = HostEvent(
        booking.organization_id,
        booking.booking_id,
        booking.host_ids[0],
        "account",
        "aiko@hanami.example",
        generation=1,
        content_hash="hash",
        etag='"1"',
        time=(1, 2),
    )
    return replace(usual, **changes)


def a_meeting(booking: Booking, **changes):
    usual = OnlineMeeting(
        booking.organization_id,
        booking.booking_id,
        Platform.ZOOM,
        booking.host_ids[0],
        "account",
        "mark",
        "90000000001",
        "https://zoom.example/j/90000000001",
        "hash",
        former=(FormerMeeting("ben", "another account", "first mark"),),
    )
    return replace(usual, **changes)


def test_a_booking_keeps_where_it_takes_place_online(ports):
    booking = booked(ports, online_meeting=Platform.GOOGLE_MEET)

    stored = ports.bookings.get(booking.organization_id, booking.booking_id)

    assert stored.online_meeting is Platform.GOOGLE_MEET


def test_booking_a_member_asks_for_calendar_events(ports):
    booking = booked(ports)

    assert due(ports) == [booking.booking_id]
    assert known(ports, booking).task.state is TaskState.NEW
    assert known(ports, booking).task.starts_at == booking.time.start


def test_an_external_member_has_no_calendar_to_write_into(ports):
    booking = booked(ports, an_external_member(between("09:00", "12:00")))

    assert due(ports) == []
    assert known(ports, booking) == KnownEvents()
    ports.calendar_events.ask(booking.organization_id, booking.booking_id, now=EARLY)
    assert claim(ports, booking) is None


def test_one_worker_at_a_time_has_a_booking(ports):
    booking = booked(ports)

    task = claim(ports, booking)

    assert (task.state, task.claims, task.attempts) == (TaskState.WORKING, 1, 1)
    assert claim(ports, booking) is None
    assert due(ports) == []


def test_a_change_asks_anew_and_leaves_whoever_is_at_it_their_lease(ports):
    booking = booked(ports)
    claim(ports, booking)

    cancelled(ports, booking)

    assert claim(ports, booking) is None
    second = claim(ports, booking, LATER)
    assert (second.claims, second.asks, second.attempts) == (2, 2, 1)


def test_what_was_asked_meanwhile_is_due_when_a_worker_has_finished(ports):
    booking = booked(ports)
    task = claim(ports, booking)
    cancelled(ports, booking)

    assert not ports.calendar_events.finish(task, task.done())

    assert due(ports) == [booking.booking_id]
    assert claim(ports, booking).claims == 2


def test_a_finished_booking_is_due_when_its_task_says(ports):
    booking = booked(ports)
    task = claim(ports, booking)
    after = task.succeeded(booking, now=EARLY)

    assert ports.calendar_events.finish(task, after)

    assert known(ports, booking).task == after
    assert due(ports) == []
    assert due(ports, after.due_at) == [booking.booking_id]


def test_of_a_booking_that_is_done_nothing_is_due_until_it_is_asked_for(ports):
    booking = booked(ports)
    task = claim(ports, booking)
    ports.calendar_events.finish(task, task.done())
    assert due(ports, LATER) == []
    assert claim(ports, booking, LATER) is None

    ports.calendar_events.ask(booking.organization_id, booking.booking_id, now=LATER)

    assert due(ports, LATER) == [booking.booking_id]


def test_whoever_has_lost_a_booking_stores_nothing_of_it(ports):
    booking = booked(ports)
    slow = claim(ports, booking)
    quick = claim(ports, booking, LATER)

    with pytest.raises(ClaimLost):
        ports.calendar_events.keep(an_event(booking), slow)
    with pytest.raises(ClaimLost):
        ports.calendar_events.keep_meeting(a_meeting(booking), slow)
    assert not ports.calendar_events.finish(slow, slow.done())

    assert known(ports, booking) == KnownEvents(quick)


def test_what_is_known_of_a_booking_comes_back_as_it_was_kept(ports):
    booking = booked(ports)
    other = booked(ports, time=between("10:00", "10:30"))
    task = claim(ports, booking)
    event = an_event(booking, state=EventState.WRITTEN)
    pending = an_event(booking, host_id="ben", time=None)
    meeting = a_meeting(booking)

    ports.calendar_events.keep(event, task)
    ports.calendar_events.keep(pending, task)
    ports.calendar_events.keep_meeting(meeting, task)

    assert set(known(ports, booking).of_hosts) == {event, pending}
    assert known(ports, booking).meeting == meeting
    assert known(ports, other).of_hosts == ()
    of_bookings = ports.online_meetings.of_bookings(
        booking.organization_id, [booking.booking_id, other.booking_id]
    )
    assert of_bookings == {booking.booking_id: meeting}
    assert ports.online_meetings.get(booking.organization_id, booking.booking_id) == meeting
    assert ports.online_meetings.get(other.organization_id, other.booking_id) is None
    assert ports.online_meetings.of_bookings(booking.organization_id, []) == {}


def test_what_needs_a_human_is_listed_until_the_booking_is_asked_for_again(ports):
    booking = booked(ports)
    task = claim(ports, booking)
    failed = task.put_off([TROUBLE], now=EARLY, chance=0.5)
    ports.calendar_events.finish(task, failed)

    def listed(now=EARLY):
        return ports.calendar_events.failed(booking.organization_id, now=now, limit=5)

    assert listed() == [failed]
    assert listed(booking.time.start) == []

    ports.calendar_events.ask(booking.organization_id, booking.booking_id, now=LATER)

    assert listed() == []
    assert known(ports, booking).task.problems == ()


def test_an_event_is_flagged_unless_it_was_written_since(ports):
    booking = booked(ports)
    task = claim(ports, booking)
    event = an_event(booking, state=EventState.WRITTEN)
    ports.calendar_events.keep(event, task)

    ports.calendar_events.flag(replace(event, etag='"0"'))
    assert known(ports, booking).of_hosts == (event,)
    ports.calendar_events.flag(event)

    assert known(ports, booking).of_hosts == (event.in_state(EventState.DIVERGED),)


def test_erasing_somebody_asks_for_events_without_them(ports):
    booking = booked(ports)
    task = claim(ports, booking)
    ports.calendar_events.finish(task, task.done())
    erased = booking_without(Person(booking.guest.email), booking)

    ports.personal_records.erase_from_booking(booking, erased, booking.guest.email, now=LATER)

    assert due(ports, LATER) == [booking.booking_id]


def test_of_a_host_who_was_erased_nobody_knows_where_the_event_is(ports):
    booking = booked(ports)
    host = booking.hosts[0]
    ports.calendar_events.keep(an_event(booking), claim(ports, booking))
    person = Person(AIKO.email, frozenset({host.name}), frozenset({host.host_id}))
    erased = booking_without(person, booking)

    ports.personal_records.erase_from_booking(booking, erased, person.email, now=LATER)

    assert known(ports, booking).of_hosts == ()


def test_mails_that_wait_for_a_link_are_sent_when_it_is_there(ports):
    booking = booked(ports)
    message = a_message(booking)
    delivery = ports.outbox.claim(message, now=EARLY)
    waiting = replace(delivery, state=DeliveryState.SCHEDULED, next_attempt_at=LATER)
    ports.outbox.record(message, waiting)
    assert ports.outbox.get(message).attempts == 0
    assert ports.outbox.claim(message, now=EARLY) is None

    whose = booking.organization_id, booking.booking_id
    assert ports.outbox.requeue_waiting(*whose, now=EARLY) == 1
    assert ports.outbox.requeue_waiting(*whose, now=EARLY) == 0

    assert ports.outbox.claim(message, now=EARLY).attempts == 1
