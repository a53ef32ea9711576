"""Cells against a model that knows nothing of cells: who wants a time, and who is in the way."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.claims import claim_changes
from scheduling.adapters.dynamodb.table import TransactionRefused, transact
from scheduling.domain.booking import Claim
from scheduling.domain.identifiers import derived_id, new_id
from scheduling.domain.slots import BufferRule
from scheduling.domain.time_range import TimeRange
from tests.support.builders import ORGANIZATION, at
from tests.support.deployed import rows_of
from tests.support.tables import create_tables

ORG = ORGANIZATION.organization_id
CELL = timedelta(minutes=5)
OWNERS = [derived_id("owner", str(number)) for number in range(4)]
HOSTS = [derived_id("host", str(number)) for number in range(2)]


@st.composite
def claims(draw):
    """Short claims around ten o'clock, so that they touch, overlap and cross the hour."""
    start = at("09:30") + CELL * draw(st.integers(0, 11))
    return Claim(
        owner_id=draw(st.sampled_from(OWNERS)),
        organization_id=ORG,
        host_ids=tuple(draw(st.lists(st.sampled_from(HOSTS), min_size=1, unique=True))),
        time=TimeRange(start, start + CELL * draw(st.integers(1, 4))),
        before=CELL * draw(st.integers(0, 3)),
        after=CELL * draw(st.integers(0, 3)),
        buffer_rule=draw(st.sampled_from(BufferRule)),
    )


releases = st.sampled_from(OWNERS)
steps = st.lists(claims() | claims() | claims() | releases, min_size=6, max_size=12)
"""Somebody claims, giving up what they had; or only gives up what they had."""


def covers(time, cell):
    return time.start <= cell < time.end


def cells_of(claim):
    start = claim.whole.start
    while start < claim.whole.end:
        yield start
        start += CELL


def is_in_the_way(other, claim, former):
    """Tell whether `other` keeps `claim` from being made of `former` by the same owner."""
    for host_id in set(other.host_ids) & set(claim.host_ids):
        for cell in cells_of(claim):
            if not covers(other.whole, cell):
                continue
            if covers(claim.time, cell) or covers(other.time, cell):
                return True
            kept = former and host_id in former.host_ids and covers(former.whole, cell)
            if claim.buffer_rule is BufferRule.SUM and not kept:
                return True
    return False


def expected_cells(owned):
    found = defaultdict(set)
    for claim in owned.values():
        for host_id in claim.host_ids:
            for cell in cells_of(claim):
                role = "m" if covers(claim.time, cell) else "b"
                hour = keys.host_hour(ORG, host_id, cell)
                found[hour["PK"], hour["SK"], f"{role}{cell:%M}"].add(claim.owner_id)
    return dict(found)


def stored_cells(table):
    return {
        (row["PK"], row["SK"], name): {value} if isinstance(value, str) else set(value)
        for row in rows_of(table)
        for name, value in row.items()
        if name not in {"PK", "SK", "ttl"}
    }


def test_exactly_what_overlaps_nobody_can_be_claimed(aws):
    client = boto3.client("dynamodb")
    outcomes = Counter()

    @settings(max_examples=100, deadline=None, derandomize=True, database=None)
    @given(steps)
    def check(steps):
        table, _ = create_tables(client, prefix=new_id())
        owned = {}
        for step in steps:
            claim = None if isinstance(step, str) else step
            owner = step if claim is None else claim.owner_id
            former = owned.get(owner)
            changes = claim_changes(table, release=former, claim=claim)
            if not changes:
                continue
            others = [other for other in owned.values() if other.owner_id != owner]
            is_free = claim is None or not any(
                is_in_the_way(other, claim, former) for other in others
            )
            if claim is not None:
                outcomes["moved" if former else "new", is_free] += 1
            if is_free:
                transact(client, changes)
                owned.pop(owner, None)
                if claim is not None:
                    owned[owner] = claim
            else:
                with pytest.raises(TransactionRefused):
                    transact(client, changes)
            assert stored_cells(table) == expected_cells(owned)

    check()

    assert len(outcomes) == 4
    assert min(outcomes.values()) > 30


@pytest.mark.parametrize("length", [timedelta(minutes=7), timedelta(seconds=299)])
@pytest.mark.parametrize("part", ["time", "before", "after"])
def test_a_claim_lies_on_the_grid(tables, length, part):
    claim = Claim(new_id(), ORG, (new_id(),), TimeRange(at("09:00"), at("10:00")))
    odd = TimeRange(at("09:00"), at("09:00") + length) if part == "time" else length

    with pytest.raises(ValueError, match="grid"):
        claim_changes(tables[0], claim=replace(claim, **{part: odd}))


def test_a_day_with_buffers_takes_one_item_for_each_hour(tables):
    hour = timedelta(hours=12)
    time = TimeRange(at("12:00"), at("24:00"))
    claim = Claim(new_id(), ORG, (new_id(),), time, before=hour, after=hour)

    changes = claim_changes(tables[0], claim=claim)

    assert len(changes) == 36
    transact(tables[0].client, changes)
    transact(tables[0].client, claim_changes(tables[0], release=claim))
    assert stored_cells(tables[0]) == {}
