"""What is promised of connections, by the adapters and by their stand-ins in memory."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.connect_attempts import DynamoDbConnectAttempts
from scheduling.adapters.dynamodb.connections import DynamoDbConnections
from scheduling.adapters.dynamodb.organizations import DynamoDbOrganizations
from scheduling.adapters.dynamodb.outbox import DynamoDbOutbox
from scheduling.adapters.dynamodb.sync_turns import stored_turn
from scheduling.domain.connections import ConnectionKey, ConnectionState, Platform, Provider
from scheduling.domain.identifiers import new_id
from scheduling.domain.messages import Message, MessageKind, Recipient, Subject
from scheduling.domain.refusals import ConnectionChanged
from scheduling.domain.sync_turns import SyncTurn
from scheduling.provider_ports import ConnectAttempt
from tests.support.builders import AIKO, EARLY, ORGANIZATION, an_entry
from tests.support.connecting import a_connection
from tests.support.in_memory import InMemoryAdapters
from tests.support.request_counter import counted_requests

ORG = ORGANIZATION.organization_id
LATER = EARLY + timedelta(hours=1)


@pytest.fixture(params=["in memory", "dynamodb"])
def ports(request):
    if request.param == "in memory":
        adapters = InMemoryAdapters()
        return SimpleNamespace(
            organizations=adapters.organizations,
            connections=adapters.connections,
            connect_attempts=adapters.connect_attempts,
            outbox=adapters.outbox,
            turn=adapters.store.sync_turns.get,
        )
    scheduling, access = request.getfixturevalue("tables")

    def turn(key):
        item = scheduling.get(keys.sync_turn(key))
        return item and stored_turn(item)

    return SimpleNamespace(
        organizations=DynamoDbOrganizations(scheduling),
        connections=DynamoDbConnections(scheduling),
        connect_attempts=DynamoDbConnectAttempts(access),
        outbox=DynamoDbOutbox(scheduling),
        turn=turn,
    )


@pytest.fixture
def connections(ports):
    return ports.connections


def connected(connections, *args, **changes):
    connection = a_connection(*args, **changes)
    connections.put(connection, an_entry())
    return connection


def ended(connection):
    return replace(
        connection, platforms=frozenset(), ended_at=LATER, version=connection.version + 1
    )


def a_message(version):
    return Message(
        organization_id=ORG,
        subject=Subject.EXTERNAL_MEMBER,
        subject_id=AIKO.member_id,
        version=version,
        kind=MessageKind.AVAILABILITY_REQUEST,
        recipient=Recipient.MEMBER,
    )


def test_nothing_is_connected_at_first(connections):
    connection = a_connection()

    assert connections.get(connection.key) is None
    assert connections.of_member(ORG, AIKO.member_id) == []
    assert connections.of_organization(ORG) == []
    assert connections.with_account(Provider.GOOGLE, connection.account_id) == []


@pytest.mark.parametrize("provider", Provider)
def test_what_was_connected_is_found_as_it_was_stored(connections, provider):
    connection = connected(
        connections,
        provider,
        state=ConnectionState.INSUFFICIENT_SCOPE,
        missing=(Platform.GOOGLE_MEET,),
    )

    assert connections.get(connection.key) == connection


def test_a_connection_that_no_provider_has_answered_yet_is_stored_so(connections):
    connection = connected(connections, verified_at=None)

    assert connections.get(connection.key) == connection


def test_what_is_connected_is_looked_at_at_once(ports):
    connection = connected(ports.connections)

    assert ports.turn(connection.key) == SyncTurn(
        connection.key, connection.connection_id, due_at=EARLY
    )


def test_c7_connections_are_found_of_one_member(connections):
    google, zoom = connected(connections), connected(connections, Provider.ZOOM)
    connected(connections, member_id=new_id())

    assert connections.of_member(ORG, AIKO.member_id) == [google, zoom]
    assert connections.of_member(new_id(), AIKO.member_id) == []


def test_connections_of_several_members_are_found_together(connections):
    ben, chie = new_id(), new_id()
    mine, bens = connected(connections), connected(connections, Provider.ZOOM, member_id=ben)
    connected(connections, member_id=chie)

    found = connections.of_members(ORG, [AIKO.member_id, ben, new_id()])

    assert {each.connection_id for each in found} == {mine.connection_id, bens.connection_id}
    assert connections.of_members(ORG, []) == []
    assert connections.of_members(new_id(), [AIKO.member_id, ben]) == []


def test_connections_of_an_organization_are_found_by_member_and_provider(connections):
    made = [
        connected(connections, provider, member_id=new_id())
        for provider in (Provider.ZOOM, Provider.GOOGLE, Provider.ZOOM)
    ]

    found = connections.of_organization(ORG)

    assert found == sorted(made, key=lambda each: (each.key.member_id, each.key.provider))
    assert connections.of_organization(new_id()) == []


def test_many_connections_are_few_requests(tables):
    connections = DynamoDbConnections(tables[0])
    members = [new_id() for _ in range(50)]
    for member_id in members:
        connected(connections, member_id=member_id)

    with counted_requests(tables[0].client) as counts:
        assert len(connections.of_organization(ORG)) == 50
        assert len(connections.of_members(ORG, members)) == 50
        assert len(connections.of_member(ORG, members[0])) == 1

    assert counts == {"Query": 2, "BatchGetItem": 1}


def test_of_two_who_connect_at_once_one_comes_first(connections):
    first = connected(connections)

    with pytest.raises(ConnectionChanged):
        connected(connections)

    assert connections.get(first.key) == first


def test_connecting_anew_takes_the_place_of_what_was_there(ports):
    before = connected(ports.connections)
    anew = replace(before, scopes=frozenset({"openid"}), version=2)

    ports.connections.put(anew, an_entry(at=LATER))

    assert ports.connections.get(before.key) == anew
    assert ports.turn(before.key) == SyncTurn(before.key, before.connection_id, due_at=LATER)
    with pytest.raises(ConnectionChanged):
        ports.connections.put(anew, an_entry())


def test_b21_whoever_was_removed_connects_nothing(ports):
    zoom = connected(ports.connections, Provider.ZOOM)
    ports.organizations.add(ORGANIZATION, replace(AIKO, removed_at=LATER), an_entry())

    with pytest.raises(ConnectionChanged):
        connected(ports.connections)
    ports.connections.change(ended(zoom), an_entry())

    assert ports.connections.of_organization(ORG) == [ended(zoom)]


def test_a_change_needs_the_version_before_it(connections):
    connection = connected(connections)
    delayed = connection.in_state(ConnectionState.DELAYED, now=LATER)

    connections.change(delayed, an_entry())

    assert connections.get(connection.key) == delayed
    for stale in (delayed, connection, replace(delayed, version=9)):
        with pytest.raises(ConnectionChanged):
            connections.change(stale, None)


def test_what_was_never_connected_is_not_changed(connections):
    with pytest.raises(ConnectionChanged):
        connections.change(a_connection(version=2), None)


def test_a_change_is_stored_with_its_messages_or_not_at_all(ports):
    connection = connected(ports.connections)
    broken = connection.in_state(ConnectionState.RECONNECT_REQUIRED, now=LATER)

    ports.connections.change(broken, an_entry(), [a_message(1)])
    with pytest.raises(ConnectionChanged):
        ports.connections.change(broken, an_entry(), [a_message(2)])

    sent = ports.outbox.of_subject(ORG, Subject.EXTERNAL_MEMBER, AIKO.member_id)
    assert [posted.message for posted in sent] == [a_message(1)]
    assert sent[0].queued_at == EARLY


def test_messages_of_a_change_without_an_entry_are_from_when_the_state_began(ports):
    connection = connected(ports.connections)
    broken = connection.in_state(ConnectionState.RECONNECT_REQUIRED, now=LATER)

    ports.connections.change(broken, None, [a_message(1)])

    [posted] = ports.outbox.of_subject(ORG, Subject.EXTERNAL_MEMBER, AIKO.member_id)
    assert posted.queued_at == LATER


def test_an_ended_connection_stays_until_its_provider_was_told_and_is_looked_at_at_once(ports):
    connection = connected(ports.connections)
    over = ended(connection)

    ports.connections.change(over, an_entry())

    assert ports.connections.get(connection.key) == over
    assert not over.is_on
    assert ports.turn(over.key) == SyncTurn(over.key, over.connection_id, due_at=LATER)


def test_that_the_provider_answered_is_no_new_version(connections):
    connection = connected(connections)

    connections.verified(connection, at=LATER)

    assert connections.get(connection.key) == replace(connection, verified_at=LATER)


def test_that_the_provider_answered_is_not_noted_of_what_has_changed_since(connections):
    connection = connected(connections)
    delayed = connection.in_state(ConnectionState.DELAYED, now=LATER)
    connections.change(delayed, None)

    connections.verified(connection, at=LATER)
    connections.verified(a_connection(member_id=new_id()), at=LATER)

    assert connections.get(connection.key) == delayed
    assert connections.of_organization(ORG) == [delayed]


def test_who_connected_one_account_is_found_in_all_organizations(connections):
    mine = connected(connections)
    elsewhere = connected(connections, key=ConnectionKey(new_id(), AIKO.member_id, Provider.GOOGLE))
    connected(connections, Provider.ZOOM)
    connected(connections, member_id=new_id(), account_id="7")

    found = connections.with_account(Provider.GOOGLE, mine.account_id)

    assert set(found) == {mine.key, elsewhere.key}


def test_whoever_ended_a_connection_does_not_hold_on_to_the_account(connections):
    connection = connected(connections)

    connections.change(ended(connection), an_entry())

    assert connections.with_account(Provider.GOOGLE, connection.account_id) == []


def test_whoever_connected_another_account_does_not_hold_on_to_the_first(connections):
    connection = connected(connections)

    connections.put(replace(connection, account_id="42", version=2), an_entry())

    assert connections.with_account(Provider.GOOGLE, connection.account_id) == []
    assert connections.with_account(Provider.GOOGLE, "42") == [connection.key]


def test_c33_nothing_is_left_of_a_forgotten_connection(ports):
    zoom = connected(ports.connections, Provider.ZOOM)
    over = ended(connected(ports.connections))
    ports.connections.change(over, an_entry())

    for _ in range(2):
        ports.connections.forget(over)

    assert ports.connections.get(over.key) is None
    assert ports.turn(over.key) is None
    assert ports.connections.of_organization(ORG) == [zoom]
    connected(ports.connections)


def test_what_was_read_through_a_forgotten_connection_is_forgotten_too(tables):
    scheduling, _ = tables
    connections = DynamoDbConnections(scheduling)
    zoom = connected(connections, Provider.ZOOM)
    over = ended(connected(connections))
    connections.change(over, an_entry())
    for calendar_id in map(str, range(200)):
        scheduling.put_new(keys.synced_calendar(over.key, calendar_id))
    scheduling.put_new(keys.synced_calendar(zoom.key, "1"))

    connections.forget(over)

    stored = scheduling.client.scan(TableName=scheduling.name)["Items"]
    left = {item["SK"]["S"] for item in stored if "#AU" not in item["PK"]["S"]}
    assert left == {
        f"{AIKO.member_id}#zoom",
        "TURN#zoom",
        keys.synced_calendar(zoom.key, "1")["SK"],
        f"T#{ORG}#{AIKO.member_id}",
    }


def test_what_was_connected_anew_is_not_forgotten(ports):
    over = ended(connected(ports.connections))
    ports.connections.change(over, an_entry())
    anew = a_connection(version=over.version + 1)
    ports.connections.put(anew, an_entry())

    ports.connections.forget(over)

    assert ports.connections.get(over.key) == anew
    assert ports.turn(over.key) is not None


STATE, SESSION = "5" * 64, "e" * 64


def an_attempt(**changes):
    usual = ConnectAttempt(
        state_hash=STATE,
        session_hash=SESSION,
        key=a_connection().key,
        platforms=frozenset({Platform.GOOGLE_CALENDAR, Platform.GOOGLE_MEET}),
        verifier="v" * 43,
        nonce="n" * 43,
        redirect_uri="https://parley.example/connections/google/callback",
        expires_at=LATER,
    )
    return replace(usual, **changes)


def taken(ports, state_hash=STATE, session_hash=SESSION, provider=Provider.GOOGLE, now=EARLY):
    return ports.connect_attempts.take(
        state_hash, session_hash=session_hash, provider=provider, now=now
    )


def test_an_attempt_is_taken_once(ports):
    ports.connect_attempts.add(an_attempt())

    assert taken(ports) == an_attempt()
    assert taken(ports) is None


@pytest.mark.parametrize(
    "how",
    [
        {"state_hash": "6" * 64},
        {"session_hash": "f" * 64},
        {"provider": Provider.ZOOM},
        {"now": LATER},
    ],
    ids=lambda how: next(iter(how)),
)
def test_s12_an_attempt_is_taken_by_nobody_else_and_stays(ports, how):
    ports.connect_attempts.add(an_attempt())

    assert taken(ports, **how) is None
    assert taken(ports, now=LATER - timedelta(seconds=1)) == an_attempt()


def test_c11_an_attempt_is_gone_when_its_time_is_up(tables):
    _, access = tables
    DynamoDbConnectAttempts(access).add(an_attempt())

    [item] = access.client.scan(TableName=access.name)["Items"]

    assert item["ttl"] == {"N": str(int(LATER.timestamp()))}


def test_everybody_who_is_connected_with_a_provider_is_found(connections):
    mine = connected(connections, Provider.ZOOM)
    elsewhere = replace(mine.key, organization_id=new_id())
    connected(connections, Provider.ZOOM, key=elsewhere)
    connected(connections, Provider.GOOGLE)

    assert set(connections.everywhere(Provider.ZOOM)) == {mine.key, elsewhere}
