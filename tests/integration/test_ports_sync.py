"""What is promised of turns and synced calendars, by the adapters and their stand-ins in memory."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from scheduling.adapters.dynamodb.connections import DynamoDbConnections
from scheduling.adapters.dynamodb.hosts import DynamoDbHosts
from scheduling.adapters.dynamodb.organizations import DynamoDbOrganizations
from scheduling.adapters.dynamodb.sync_turns import DynamoDbSyncTurns
from scheduling.adapters.dynamodb.synced_calendars import DynamoDbSyncedCalendars
from scheduling.domain.calendar_sync import (
    Mark,
    MirrorEvent,
    OpenChannel,
    SyncedCalendar,
    event_key,
)
from scheduling.domain.connections import ConnectedBusy, Platform
from scheduling.domain.identifiers import new_id
from scheduling.domain.provider_events import Channel
from scheduling.domain.sync_turns import LEASE, SyncTurn
from tests.support.builders import AIKO, EARLY, ORGANIZATION, a_member_host, an_entry
from tests.support.connecting import HOLIDAYS, PRIMARY, a_connection
from tests.support.in_memory import InMemoryAdapters
from tests.support.syncing import hour_from

MINUTE = timedelta(minutes=1)
NINE = hour_from(EARLY + timedelta(days=4, hours=9))
TEN = hour_from(EARLY + timedelta(days=4, hours=10))


@pytest.fixture(params=["in memory", "dynamodb"])
def ports(request):
    if request.param == "in memory":
        return InMemoryAdapters()
    scheduling, _ = request.getfixturevalue("tables")
    return SimpleNamespace(
        organizations=DynamoDbOrganizations(scheduling),
        connections=DynamoDbConnections(scheduling),
        hosts=DynamoDbHosts(scheduling),
        sync_turns=DynamoDbSyncTurns(scheduling),
        synced_calendars=DynamoDbSyncedCalendars(scheduling),
    )


@pytest.fixture
def connection(ports):
    """Aiko's, connected a moment ago."""
    connection = a_connection()
    ports.organizations.add(ORGANIZATION, AIKO, an_entry())
    ports.connections.put(connection, an_entry())
    return connection


@pytest.fixture
def turn(connection):
    return SyncTurn(connection.key, connection.connection_id, EARLY)


def test_the_turn_of_a_new_connection_is_due_at_once(ports, turn):
    assert ports.sync_turns.get(turn.key) == turn
    assert ports.sync_turns.due(now=EARLY, limit=10) == [turn]
    assert ports.sync_turns.due(now=EARLY - timedelta(seconds=1), limit=10) == []


def test_nobody_has_a_turn_without_a_connection(ports):
    assert ports.sync_turns.get(a_connection(member_id=new_id()).key) is None


def test_a_turn_is_taken_once(ports, turn):
    taken = ports.sync_turns.take(turn, now=EARLY)

    assert taken == turn.taken(EARLY)
    assert ports.sync_turns.take(turn, now=EARLY) is None
    assert ports.sync_turns.take(taken, now=EARLY + MINUTE) is None
    assert ports.sync_turns.due(now=EARLY + MINUTE, limit=10) == []


def test_a_turn_whose_worker_died_comes_again(ports, turn):
    taken = ports.sync_turns.take(turn, now=EARLY)

    later = taken.due_at
    assert later >= EARLY + LEASE
    assert ports.sync_turns.due(now=later, limit=10) == [taken]
    assert ports.sync_turns.take(taken, now=later) is not None


def test_a_turn_is_put_back_with_when_the_member_is_busy(ports, turn):
    taken = ports.sync_turns.take(turn, now=EARLY)
    after = taken.succeeded(EARLY + timedelta(hours=1))
    busy = ConnectedBusy(turn.key, turn.connection_id, (NINE,), EARLY, EARLY + timedelta(hours=2))

    assert ports.sync_turns.put_back(taken, after, busy=busy)

    assert ports.sync_turns.get(turn.key) == after
    [host] = ports.hosts.get_all(ORGANIZATION.organization_id, [a_member_host().key])
    assert host.connected == (busy,)


def test_of_a_calendar_that_was_just_connected_it_is_known_that_nothing_is_known(ports, turn):
    [host] = ports.hosts.get_all(ORGANIZATION.organization_id, [a_member_host().key])

    assert host.connected == (ConnectedBusy(turn.key, turn.connection_id),)
    assert host.is_unverified(EARLY)


def test_what_was_read_stays_known_where_the_same_is_connected_again(ports, turn):
    busy = ConnectedBusy(turn.key, turn.connection_id, (NINE,), EARLY, EARLY)
    ports.sync_turns.put_back(ports.sync_turns.take(turn, now=EARLY), turn, busy=busy)

    ports.connections.put(replace(ports.connections.get(turn.key), version=2), an_entry())

    [host] = ports.hosts.get_all(ORGANIZATION.organization_id, [a_member_host().key])
    assert host.connected == (busy,)


def test_what_was_read_of_one_account_is_not_known_of_another(ports, turn):
    busy = ConnectedBusy(turn.key, turn.connection_id, (NINE,), EARLY, EARLY)
    ports.sync_turns.put_back(ports.sync_turns.take(turn, now=EARLY), turn, busy=busy)
    other = a_connection(version=2)

    ports.connections.put(other, an_entry())

    [host] = ports.hosts.get_all(ORGANIZATION.organization_id, [a_member_host().key])
    assert host.connected == (ConnectedBusy(other.key, other.connection_id),)


def test_nothing_is_to_be_known_where_only_meetings_are_connected(ports):
    ports.organizations.add(ORGANIZATION, AIKO, an_entry())
    ports.connections.put(a_connection(platforms=frozenset({Platform.GOOGLE_MEET})), an_entry())

    [host] = ports.hosts.get_all(ORGANIZATION.organization_id, [a_member_host().key])
    assert host.connected == ()


def test_a_worker_that_was_too_slow_puts_nothing_back(ports, turn):
    slow = ports.sync_turns.take(turn, now=EARLY)
    quick = ports.sync_turns.take(slow, now=slow.due_at)
    busy = ConnectedBusy(turn.key, turn.connection_id, (NINE,), EARLY, EARLY)

    assert not ports.sync_turns.put_back(slow, slow.succeeded(EARLY + LEASE), busy=busy)
    assert not ports.sync_turns.put_back(slow, slow.failed(EARLY, None))

    assert ports.sync_turns.get(turn.key) == quick
    [host] = ports.hosts.get_all(ORGANIZATION.organization_id, [a_member_host().key])
    assert host.connected == (ConnectedBusy(turn.key, turn.connection_id),)


def test_what_was_read_of_a_former_account_is_not_published(ports, connection, turn):
    taken = ports.sync_turns.take(turn, now=EARLY)
    other = replace(connection, connection_id=new_id(), account_id="7", version=2)
    ports.connections.put(other, an_entry())
    busy = ConnectedBusy(turn.key, turn.connection_id, (NINE,), EARLY, EARLY)

    assert not ports.sync_turns.put_back(taken, taken.succeeded(EARLY), busy=busy)

    [host] = ports.hosts.get_all(ORGANIZATION.organization_id, [a_member_host().key])
    assert host.connected == (ConnectedBusy(other.key, other.connection_id),)


def a_calendar(connection, **changes):
    """Return a calendar of which everything was read."""
    channel = Channel(new_id(), "resource", EARLY + timedelta(days=7))
    own = MirrorEvent("ours", new_id(), TEN, "hash", Mark.OPEN)
    gone = MirrorEvent("gone", new_id(), None, "hash")
    usual = SyncedCalendar(
        connection.connection_id,
        PRIMARY.calendar_id,
        cursor="cursor",
        cursor_at=EARLY,
        baseline_at=EARLY,
        read_until=EARLY + timedelta(days=400),
        events={event_key("one"): NINE, event_key("two"): TEN},
        mirrors={event_key(each.event_id): each for each in (own, gone)},
        channel=OpenChannel(channel, EARLY, last_ring=3, is_heard=True),
        watch_failures=2,
        watched_again_at=EARLY + MINUTE,
    )
    return replace(usual, **changes)


def test_a_calendar_is_stored_as_it_was_read(ports, connection):
    calendar = a_calendar(connection)

    saved = ports.synced_calendars.save(connection.key, calendar)

    assert saved == replace(calendar, version=1)
    assert [*ports.synced_calendars.of(connection.key)] == [saved]


def test_a_calendar_of_which_nothing_was_read_is_stored(ports, connection):
    empty = SyncedCalendar(connection.connection_id, PRIMARY.calendar_id)

    saved = ports.synced_calendars.save(connection.key, empty)

    assert [*ports.synced_calendars.of(connection.key)] == [saved]


def test_of_two_who_read_the_same_calendar_one_is_stored(ports, connection):
    first = ports.synced_calendars.save(connection.key, a_calendar(connection))
    second = ports.synced_calendars.save(connection.key, replace(first, cursor="second"))

    assert ports.synced_calendars.save(connection.key, replace(first, cursor="late")) is None
    assert ports.synced_calendars.save(connection.key, a_calendar(connection)) is None
    assert [*ports.synced_calendars.of(connection.key)] == [second]


def test_calendars_are_those_of_one_connection(ports, connection):
    both = [PRIMARY.calendar_id, HOLIDAYS.calendar_id]
    for calendar_id in both:
        ports.synced_calendars.save(connection.key, a_calendar(connection, calendar_id=calendar_id))

    found = ports.synced_calendars.of(connection.key)
    assert {each.calendar_id for each in found} == {*both}
    assert [*ports.synced_calendars.of(replace(connection.key, member_id=new_id()))] == []

    ports.synced_calendars.forget(connection.key, PRIMARY.calendar_id)
    [left] = ports.synced_calendars.of(connection.key)
    assert left.calendar_id == HOLIDAYS.calendar_id


def test_a_connection_is_forgotten_with_all_that_was_read_through_it(ports, connection, turn):
    ports.synced_calendars.save(connection.key, a_calendar(connection))
    taken = ports.sync_turns.take(turn, now=EARLY)
    busy = ConnectedBusy(turn.key, turn.connection_id, (NINE,), EARLY, EARLY)
    ports.sync_turns.put_back(taken, taken.succeeded(EARLY + MINUTE), busy=busy)
    ended = connection.ended(EARLY + MINUTE)
    ports.connections.change(ended, an_entry())

    ports.connections.forget(ended)

    assert [*ports.synced_calendars.of(connection.key)] == []
    assert ports.sync_turns.get(connection.key) is None
    [host] = ports.hosts.get_all(ORGANIZATION.organization_id, [a_member_host().key])
    assert host.connected == ()


def test_when_a_member_is_busy_is_forgotten_with_their_last_calendar(ports, turn):
    taken = ports.sync_turns.take(turn, now=EARLY)
    busy = ConnectedBusy(turn.key, turn.connection_id, (NINE,), EARLY, EARLY)
    ports.sync_turns.put_back(taken, taken.succeeded(EARLY + MINUTE), busy=busy)

    ports.synced_calendars.forget_busy(turn.key)

    [host] = ports.hosts.get_all(ORGANIZATION.organization_id, [a_member_host().key])
    assert host.connected == ()


def test_twenty_thousand_events_fit_into_one_item(tables):
    scheduling, _ = tables
    calendars, connection = DynamoDbSyncedCalendars(scheduling), a_connection()
    events = {event_key(str(number)): NINE for number in range(20_000)}

    saved = calendars.save(connection.key, a_calendar(connection, events=events))

    assert [*calendars.of(connection.key)] == [saved]
