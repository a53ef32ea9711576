"""How each platform of a connection does."""

from dataclasses import replace

import pytest

from scheduling.domain.connection_words import STATE_WORDS
from scheduling.domain.connections import ConnectionState, Platform, Provider
from scheduling.domain.platform_states import NOT_CONNECTED, needs_human, state_of
from tests.support.builders import EARLY
from tests.support.connecting import a_connection

CALENDAR, MEET, ZOOM = Platform


@pytest.mark.parametrize(
    ("state", "calendar", "meet"),
    [
        ("reconnect_required", "reconnect_required", "reconnect_required"),
        ("syncing", "syncing", "ok"),
        ("calendar_gone", "calendar_gone", "ok"),
        ("no_meet", "ok", "no_meet"),
    ],
)
def test_trouble_with_one_platform_is_not_the_others(state, calendar, meet):
    connection = a_connection(state=ConnectionState(state))

    states = [state_of(connection, platform) for platform in (CALENDAR, MEET)]
    served = [connection.serves(platform) for platform in (CALENDAR, MEET)]
    assert states == [calendar, meet]
    assert served == [not each.needs_human for each in states]
    assert connection.works is any(served)


def test_a_permission_is_missing_only_where_it_is_needed():
    connection = a_connection(state=ConnectionState.INSUFFICIENT_SCOPE, missing=(CALENDAR,))

    assert state_of(connection, CALENDAR) is ConnectionState.INSUFFICIENT_SCOPE
    assert state_of(connection, MEET) is ConnectionState.OK


def test_what_lacks_a_permission_is_not_used_whatever_else_is_wrong():
    connection = a_connection(state=ConnectionState.CALENDAR_GONE, missing=(MEET,))

    assert not connection.works


def test_what_is_off_or_was_never_on_is_not_connected():
    only_meet = a_connection(platforms=frozenset({MEET}))
    over = a_connection(Provider.ZOOM).ended(EARLY)

    assert state_of(only_meet, CALENDAR) == NOT_CONNECTED
    assert state_of(over, ZOOM) == NOT_CONNECTED
    assert state_of(replace(over, platforms=frozenset({ZOOM})), ZOOM) == NOT_CONNECTED
    assert state_of(None, ZOOM) == NOT_CONNECTED
    assert not needs_human(NOT_CONNECTED)


@pytest.mark.parametrize("state", ConnectionState)
def test_whatever_is_not_well_has_a_reason_and_a_fix(state):
    words = STATE_WORDS[state]

    is_told = bool(words.reason and words.fix)
    assert is_told == (state is not ConnectionState.OK)
