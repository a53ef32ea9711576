"""What providers say at this moment about when members are busy."""

from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest

from scheduling.domain.connections import (
    Connection,
    ConnectionKey,
    ConnectionState,
    Platform,
    Provider,
    ProviderCalendar,
)
from scheduling.domain.grants import Grant
from scheduling.domain.identifiers import derived_id
from scheduling.domain.refusals import BusyTryAgain
from scheduling.domain.slots import span_of
from scheduling.provider_ports import ProviderUnavailable
from scheduling.use_cases.probing import busy_now
from scheduling.use_cases.provider_calls import Providers
from tests.support.builders import EARLY, ORGANIZATION, an_entry, between
from tests.support.in_memory_calendars import InMemoryCalendars
from tests.support.in_memory_connections import InMemoryConnections
from tests.support.in_memory_grants import InMemoryCircuits, InMemoryGrants

ORG = ORGANIZATION.organization_id
NOON = between("12:00", "13:00")
AIKO, BEN = derived_id("aiko"), derived_id("ben")


@pytest.fixture
def calendars():
    return InMemoryCalendars(lambda: EARLY)


@pytest.fixture
def providers(parley, calendars):
    return Providers(
        connections=InMemoryConnections(parley.store),
        grants=InMemoryGrants(),
        circuits=InMemoryCircuits(),
        oauth={},
        calendars={Provider.GOOGLE: calendars},
        meetings={},
    )


def connect(providers, calendars, member_id, *calendar_ids, **changes):
    """Connect an account with calendars that are looked into."""
    key = ConnectionKey(ORG, member_id, Provider.GOOGLE)
    connection = Connection(
        key=key,
        connection_id=derived_id("connection", member_id),
        platforms=frozenset({Platform.GOOGLE_CALENDAR}),
        account_id=f"sub of {member_id}",
        account="somebody@hanami.example",
        scopes=frozenset(),
        state=ConnectionState.OK,
        state_since=EARLY,
        connected_at=EARLY,
        conflict_calendar_ids=calendar_ids,
    )
    for calendar_id in calendar_ids:
        calendar = ProviderCalendar(
            calendar_id, "Work", "Asia/Tokyo", is_primary=True, can_write=True
        )
        calendars.add_calendar(f"token of {member_id}", calendar)
    providers.connections.put(replace(connection, **changes), an_entry())
    providers.grants.put(
        Grant(
            key,
            connection.connection_id,
            "refresh",
            f"token of {member_id}",
            EARLY + timedelta(hours=1),
        )
    )


def look(providers, *member_ids, **more):
    return busy_now(ORG, member_ids, NOON, now=EARLY, providers=providers, **more)


def test_somebody_is_busy_when_any_of_their_calendars_says_so(providers, calendars):
    connect(providers, calendars, AIKO, "work", "private")
    calendars.add_event("work", span_of(between("12:00", "12:30")))
    calendars.add_event("private", span_of(between("12:15", "12:45")))
    calendars.add_event("private", span_of(between("14:00", "15:00")))

    assert look(providers, AIKO) == {AIKO: [span_of(between("12:00", "12:45"))]}


def test_somebody_without_events_is_free(providers, calendars):
    connect(providers, calendars, AIKO, "work")

    assert look(providers, AIKO) == {AIKO: []}


def test_a_calendar_that_does_not_tell_is_not_free(providers, calendars):
    connect(providers, calendars, AIKO, "work", "private")
    calendars.calendars["private"].is_unknown = True

    assert look(providers, AIKO) == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"state": ConnectionState.RECONNECT_REQUIRED},
        {"state": ConnectionState.CALENDAR_GONE},
        {"ended_at": EARLY, "platforms": frozenset()},
        {
            "platforms": frozenset({Platform.GOOGLE_CALENDAR, Platform.GOOGLE_MEET}),
            "state": ConnectionState.INSUFFICIENT_SCOPE,
            "missing": (Platform.GOOGLE_CALENDAR,),
        },
    ],
    ids=["broken", "calendar gone", "ended", "calendar not allowed"],
)
def test_what_is_not_connected_as_it_should_be_says_nothing(providers, calendars, changes):
    connect(providers, calendars, AIKO, "work", **changes)

    assert look(providers, AIKO) == {}
    assert not calendars.calls


def test_where_no_calendar_is_looked_into_nobody_is_free(providers, calendars):
    connect(providers, calendars, AIKO)

    assert look(providers, AIKO) == {}


def test_an_account_without_meet_is_looked_into_all_the_same(providers, calendars):
    connect(providers, calendars, AIKO, "work", state=ConnectionState.NO_MEET)

    assert look(providers, AIKO) == {AIKO: []}


def test_a_provider_that_fails_for_one_hides_nobody_else(providers, calendars):
    connect(providers, calendars, AIKO, "work")
    connect(providers, calendars, BEN, "home")
    calendars.remove_calendar("work")

    assert look(providers, AIKO, BEN) == {BEN: []}


def test_a_store_that_is_busy_for_one_hides_nobody_else(providers, calendars):
    class Busy(InMemoryConnections):
        def verified(self, connection, *, at):
            if connection.key.member_id == AIKO:
                raise BusyTryAgain

    connect(providers, calendars, AIKO, "work")
    connect(providers, calendars, BEN, "home")
    providers = replace(providers, connections=Busy(providers.connections.store))

    assert look(providers, AIKO, BEN) == {BEN: []}


def test_a_provider_that_is_out_of_order_says_nothing(providers, calendars):
    connect(providers, calendars, AIKO, "work")
    calendars.fail(ProviderUnavailable("http_503"), call="busy")

    assert look(providers, AIKO) == {}


def test_whoever_is_too_slow_is_not_waited_for(providers, calendars):
    connect(providers, calendars, AIKO, "work")
    is_over = Event()
    calendars.pause = lambda _: is_over.wait()

    seen = look(providers, AIKO, patience_seconds=0.01)
    is_over.set()

    assert seen == {}


def test_nobody_is_asked_of_whom_nothing_is_connected(providers):
    assert look(providers, AIKO) == {}
