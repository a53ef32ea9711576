from dataclasses import replace

import pytest

from scheduling.domain.audit import Activity, ActorKind
from scheduling.domain.connections import Provider
from scheduling.domain.identifiers import new_id
from scheduling.domain.refusals import ConnectionChanged
from scheduling.use_cases.revoking import ROUNDS, Revoked, revoke_grants
from tests.support.builders import EARLY, ORGANIZATION, an_entry
from tests.support.connecting import a_connection

HANAMI = ORGANIZATION.organization_id
KITE = new_id()


@pytest.fixture
def connections(parley):
    """Ana and Ben of Hanami Studio are connected with Google, Ben and Kim of Kite Lab with Zoom."""
    for organization_id, provider, member_id in [
        (HANAMI, Provider.GOOGLE, "ana"),
        (HANAMI, Provider.GOOGLE, "ben"),
        (HANAMI, Provider.ZOOM, "ben"),
        (KITE, Provider.ZOOM, "kim"),
    ]:
        connection = a_connection(provider, member_id=member_id)
        key = replace(connection.key, organization_id=organization_id)
        parley.connections.put(replace(connection, key=key), an_entry())
    parley.store.entries.clear()
    return parley.connections


def revoked(connections, organization_id=None, provider=None):
    return revoke_grants(organization_id, provider, now=EARLY, connections=connections)


def on(connections):
    """Return who still has what."""
    return {
        (connection.key.member_id, connection.key.provider.value)
        for organization_id in (HANAMI, KITE)
        for connection in connections.of_organization(organization_id)
        if connection.is_on
    }


def test_connections_of_an_organization_end(connections):
    assert revoked(connections, HANAMI) == Revoked(organizations=1, connections=3, left=0)

    assert on(connections) == {("kim", "zoom")}


def test_connections_at_a_provider_end_in_every_organization(connections):
    assert revoked(connections, provider=Provider.ZOOM) == Revoked(2, 2, 0)

    assert on(connections) == {("ana", "google"), ("ben", "google")}


def test_connections_of_one_at_the_other_end(connections):
    assert revoked(connections, HANAMI, Provider.ZOOM) == Revoked(1, 1, 0)

    assert on(connections) == {("ana", "google"), ("ben", "google"), ("kim", "zoom")}


def test_what_ended_is_looked_at_at_once_so_that_its_provider_is_told(connections, parley):
    revoked(connections, HANAMI)

    turns = [turn for key, turn in parley.store.sync_turns.items() if key.organization_id == HANAMI]
    assert {turn.due_at for turn in turns} == {EARLY}


def test_the_log_of_each_organization_tells_it_once(connections, parley):
    revoked(connections, provider=Provider.ZOOM)
    revoked(connections, HANAMI)
    revoked(connections, HANAMI)

    entries = parley.store.entries
    assert {entry.activity for entry in entries} == {Activity.GRANTS_REVOKED}
    assert {entry.actor.kind for entry in entries} == {ActorKind.PARLEY}
    told = [(entry.organization_id, dict(entry.facts)) for entry in entries]
    assert sorted(told, key=str) == sorted(
        [(HANAMI, {"provider": "zoom"}), (KITE, {"provider": "zoom"}), (HANAMI, {})], key=str
    )


def test_what_changes_at_the_same_moment_is_tried_again_and_said_in_the_end(connections):
    change, tries = connections.change, []

    def change_others(connection, entry, messages=()):
        if connection.key.member_id == "ana":
            tries.append(connection)
            raise ConnectionChanged
        change(connection, entry, messages)

    connections.change = change_others

    assert revoked(connections, HANAMI) == Revoked(organizations=1, connections=2, left=1)

    assert len(tries) == ROUNDS


def test_nobody_means_everything(connections):
    with pytest.raises(ValueError, match="name an organization"):
        revoked(connections)

    assert len(on(connections)) == 4
