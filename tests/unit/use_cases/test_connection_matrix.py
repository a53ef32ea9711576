"""C14, C24, C25, C40: who has connected what, as admins see it; C35: as everybody else does."""

from collections import Counter
from dataclasses import fields, replace
from datetime import timedelta

import pytest

from scheduling.domain.connections import ConnectionState, Platform, Provider
from scheduling.domain.identifiers import derived_id
from scheduling.domain.people import Role
from scheduling.domain.refusals import InvalidInput, NotAllowed
from scheduling.use_cases.connection_matrix import (
    MatrixFilter,
    broken_connections,
    connection_matrix,
    export_matrix,
    own_connections,
)
from tests.support.builders import AIKO, EARLY, STAFF, a_member_host, an_entry
from tests.support.connecting import a_connection
from tests.support.road import do, make_page

CALENDAR, MEET, ZOOM = Platform
EXPIRED = ConnectionState.RECONNECT_REQUIRED
BEN = replace(
    AIKO, member_id=derived_id("ben"), name="Ben Ode", email="ben@ode.example", role=Role.MEMBER
)
CHIARA = replace(BEN, member_id=derived_id("chiara"), name="Chiara Rossi", email="c@rossi.example")
BY_BEN = replace(STAFF, member=BEN)


@pytest.fixture(autouse=True)
def team(parley):
    """Aiko has Google, all of it; Ben a sign-in that has expired, and Zoom; Chiara has nothing."""
    for member in (BEN, CHIARA):
        parley.store.members[member.organization_id, member.member_id] = member
    for connection in (
        a_connection(),
        a_connection(member_id=BEN.member_id, state=EXPIRED, platforms=frozenset({CALENDAR})),
        a_connection(Provider.ZOOM, member_id=BEN.member_id),
    ):
        parley.connections.put(connection, an_entry())


def matrix(parley, *, by=STAFF, cursor=None, limit=50, **which):
    return do(parley, connection_matrix, by, MatrixFilter(**which), cursor=cursor, limit=limit)


def states(found):
    return [(cell.member.name, cell.platform, cell.state) for cell in found.cells.items]


def test_c14_every_member_has_a_cell_for_every_platform(parley):
    assert states(matrix(parley)) == [
        ("Aiko Mori", CALENDAR, "ok"),
        ("Aiko Mori", MEET, "ok"),
        ("Aiko Mori", ZOOM, "not_connected"),
        ("Ben Ode", CALENDAR, "reconnect_required"),
        ("Ben Ode", MEET, "not_connected"),
        ("Ben Ode", ZOOM, "ok"),
        ("Chiara Rossi", CALENDAR, "not_connected"),
        ("Chiara Rossi", MEET, "not_connected"),
        ("Chiara Rossi", ZOOM, "not_connected"),
    ]


def test_c24_members_platforms_and_states_are_filters(parley):
    assert {cell[0] for cell in states(matrix(parley, text="ben"))} == {"Ben Ode"}
    assert {cell[1] for cell in states(matrix(parley, platform=ZOOM))} == {ZOOM}
    assert states(matrix(parley, state=EXPIRED)) == [("Ben Ode", CALENDAR, EXPIRED)]
    assert states(matrix(parley, text="ode", platform=ZOOM, state="ok")) == [
        ("Ben Ode", ZOOM, "ok")
    ]


@pytest.mark.parametrize("text", ["", "ben", "nobody"])
def test_c25_the_counts_are_those_of_the_rows(parley, text):
    counts = matrix(parley, text=text).counts

    for platform in Platform:
        for state in ("not_connected", *ConnectionState):
            found = matrix(parley, text=text, platform=platform, state=state)
            assert counts[platform, state] == found.found == len(found.cells.items)
    whole = matrix(parley, text=text).cells.items
    assert counts == Counter((cell.platform, cell.state) for cell in whole)


def test_a_part_of_the_matrix_keeps_the_cells_of_a_member_together(parley):
    first = matrix(parley, limit=2)
    second = matrix(parley, limit=2, cursor=first.cells.next_cursor)

    assert [len(part.cells.items) for part in (first, second)] == [6, 3]
    assert states(first) + states(second) == states(matrix(parley))
    assert second.cells.next_cursor is None
    with pytest.raises(InvalidInput):
        matrix(parley, cursor="nobody")


def test_c40_a_cell_tells_how_many_booking_pages_are_concerned(parley):
    make_page(parley, a_member_host(BEN).key)
    make_page(parley, a_member_host(BEN).key, a_member_host().key)

    pages = {cell.member.name: cell.booking_pages for cell in matrix(parley).cells.items}

    assert pages == {"Aiko Mori": 1, "Ben Ode": 2, "Chiara Rossi": 0}


def test_c40_the_matrix_knows_no_events_and_no_tokens(parley):
    connection = matrix(parley).cells.items[0].connection

    assert not {"tokens", "events", "busy"} & {field.name for field in fields(connection)}


def test_c29_the_export_is_the_whole_list(parley):
    which = MatrixFilter(platform=ZOOM)

    exported = do(parley, export_matrix, STAFF, which)

    assert exported == list(matrix(parley, platform=ZOOM).cells.items)


def test_c35_only_admins_see_what_others_have_connected(parley):
    for look in (matrix, lambda *_, by: do(parley, export_matrix, by, MatrixFilter())):
        with pytest.raises(NotAllowed):
            look(parley, by=BY_BEN)


def test_c7_c12_a_member_sees_their_own_and_the_pages_they_host(parley):
    page = make_page(parley, a_member_host(BEN).key)
    make_page(parley, a_member_host().key)

    cells, pages = do(parley, own_connections, BY_BEN)

    assert {cell.member for cell in cells} == {BEN}
    assert [(cell.platform, cell.state) for cell in cells] == [
        (CALENDAR, EXPIRED),
        (MEET, "not_connected"),
        (ZOOM, "ok"),
    ]
    assert [each.slug for each in pages] == [page.slug]


def test_e6_what_needs_a_human_is_told_with_the_pages_it_concerns(parley):
    make_page(parley, a_member_host(BEN).key)

    [found] = do(parley, broken_connections, STAFF, limit=50)

    assert (found.member, found.platforms, found.booking_pages) == (BEN, (CALENDAR,), 1)
    assert found.connection.state is EXPIRED


def test_e6_members_are_told_only_of_theirs(parley):
    broken = replace(a_connection(), state=EXPIRED, state_since=EARLY - timedelta(days=1))
    parley.store.connections[broken.key] = broken

    of_ben = do(parley, broken_connections, BY_BEN, limit=50)
    of_all = do(parley, broken_connections, STAFF, limit=50)

    assert [each.member for each in of_ben] == [BEN]
    assert [each.member for each in of_all] == [AIKO, BEN], "the longest wait first"


def test_e6_what_passes_by_itself_and_who_is_gone_need_nobody(parley):
    gone = replace(BEN, removed_at=parley.now())
    parley.store.members[BEN.organization_id, BEN.member_id] = gone
    slow = replace(a_connection(), state=ConnectionState.DELAYED)
    parley.store.connections[slow.key] = slow

    assert do(parley, broken_connections, STAFF, limit=50) == []
