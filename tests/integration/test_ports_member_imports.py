"""Promises about imports of members, kept by every adapter."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.adapters.dynamodb.member_imports import DynamoDbMemberImports
from scheduling.domain.identifiers import derived_id, new_id
from scheduling.domain.member_imports import (
    LEASE,
    ROWS_AT_ONCE,
    ImportRow,
    ImportState,
    MemberImport,
    RowOutcome,
)
from scheduling.domain.refusals import IdempotencyKeyReused, ImportNotFound, ImportStarted
from tests.support.builders import AIKO, EARLY, ORGANIZATION, an_entry
from tests.support.in_memory import InMemoryAdapters

ORG = ORGANIZATION.organization_id
ROWS = [ImportRow(number, {"email": f"m{number}@x.example"}) for number in range(2, 62)]
IMPORT = MemberImport(
    import_id=derived_id("import"),
    organization_id=ORG,
    member_id=AIKO.member_id,
    network="192.0.2.0/24",
    proven_at=EARLY,
    created_at=EARLY,
    started_at=EARLY + timedelta(minutes=2),
    state=ImportState.RUNNING,
    rows=len(ROWS),
    fingerprint="f",
    due_at=EARLY,
)
CHECKED = replace(IMPORT, state=ImportState.CHECKED, due_at=None)


@pytest.fixture(params=["in memory", "dynamodb"])
def imports(request):
    if request.param == "in memory":
        return InMemoryAdapters().member_imports
    scheduling, _ = request.getfixturevalue("tables")
    return DynamoDbMemberImports(scheduling)


def done(rows, outcome=RowOutcome.CREATED):
    return [replace(row, outcome=outcome) for row in rows]


def after(claimed, count):
    return replace(claimed, counts={RowOutcome.CREATED: count})


def test_an_import_is_stored_with_its_rows_in_their_order(imports):
    rows = [replace(ROWS[0], outcome=RowOutcome.ERROR, column="email", code="c", message="m")]

    imports.add(IMPORT, rows + ROWS[1:], an_entry())

    assert imports.get(ORG, IMPORT.import_id) == IMPORT
    assert imports.rows(IMPORT) == rows + ROWS[1:]


def test_an_import_is_stored_once(imports):
    imports.add(IMPORT, ROWS, None)

    with pytest.raises(IdempotencyKeyReused):
        imports.add(replace(IMPORT, rows=1), ROWS[:1], None)

    assert imports.get(ORG, IMPORT.import_id) == IMPORT


def test_another_organization_has_no_such_import(imports):
    imports.add(IMPORT, ROWS, None)

    with pytest.raises(ImportNotFound):
        imports.get(new_id(), IMPORT.import_id)


def test_what_was_tried_out_is_started_once(imports):
    imports.add(CHECKED, done(ROWS), None)

    imports.start(IMPORT, ROWS, an_entry())

    assert imports.get(ORG, IMPORT.import_id) == IMPORT
    assert imports.rows(IMPORT) == ROWS
    with pytest.raises(ImportStarted):
        imports.start(IMPORT, ROWS, an_entry(entry_id=new_id()))


def test_only_what_is_running_is_due_and_only_when_its_time_has_come(imports):
    imports.add(replace(CHECKED, import_id=new_id()), ROWS, None)
    imports.add(IMPORT, ROWS, None)

    assert imports.due(now=EARLY - timedelta(seconds=1), limit=9) == []
    assert imports.due(now=EARLY, limit=9) == [IMPORT]


def test_of_two_workers_one_takes_an_import_up_until_its_lease_ends(imports):
    imports.add(IMPORT, ROWS, None)

    claimed = imports.claim(IMPORT, now=EARLY)

    assert claimed == replace(IMPORT, attempts=1, due_at=EARLY + LEASE)
    assert imports.claim(IMPORT, now=EARLY) is None
    assert imports.due(now=EARLY, limit=9) == []
    assert imports.claim(IMPORT, now=EARLY + LEASE).attempts == 2


def test_rows_are_recorded_part_by_part(imports):
    imports.add(IMPORT, ROWS, None)
    claimed = imports.claim(IMPORT, now=EARLY)

    first = imports.next_rows(claimed)
    one = after(claimed, ROWS_AT_ONCE)
    assert imports.record(claimed, one, done(first))
    second = imports.next_rows(one)
    two = after(claimed, ROWS_AT_ONCE + 1)
    assert imports.record(one, two, [*done(second[:1]), *second[1:]])

    assert [*first, *second] == ROWS[: 2 * ROWS_AT_ONCE]
    assert imports.next_rows(two) == [*done(second[:1]), *second[1:]]
    assert imports.rows(two) == done(ROWS[: ROWS_AT_ONCE + 1]) + ROWS[ROWS_AT_ONCE + 1 :]
    assert imports.get(ORG, IMPORT.import_id) == two


def test_whoever_lost_the_lease_records_nothing(imports):
    imports.add(IMPORT, ROWS, None)
    slow = imports.claim(IMPORT, now=EARLY)
    imports.claim(IMPORT, now=EARLY + LEASE)

    stored = imports.record(slow, after(slow, ROWS_AT_ONCE), done(ROWS[:ROWS_AT_ONCE]))

    assert not stored
    assert imports.rows(slow) == ROWS


def test_an_import_that_is_done_is_due_no_more(imports):
    imports.add(IMPORT, ROWS, None)
    claimed = imports.claim(IMPORT, now=EARLY)
    ended = replace(after(claimed, len(ROWS)), state=ImportState.DONE, due_at=None)

    imports.record(replace(claimed, counts={RowOutcome.CREATED: 50}), ended, done(ROWS[50:]))

    assert imports.due(now=EARLY + timedelta(days=9), limit=9) == []
    assert imports.claim(ended, now=EARLY + timedelta(days=9)) is None
