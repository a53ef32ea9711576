"""Claiming a host's time, so that two bookings cannot have the same minute.

A host's time is cut into cells of five minutes. The twelve cells of an hour
are twelve attributes of one item, each holding the id of the booking that owns
it. A booking is stored in one transaction with an update of each hour that it
touches, on the condition that every cell it needs is empty: the rule lives in
the table, so no program can break it.

The size of a cell is fixed for ever; hours are UTC, so clock changes and
midnight are ordinary.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.table import to_seconds
from scheduling.domain.availability import GRID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from scheduling.adapters.dynamodb.table import Table
    from scheduling.domain.time_range import TimeRange

KEPT_AFTER = timedelta(days=40)
"""How long an hour's item outlives the hour, for audits."""

_HOUR = timedelta(hours=1)


def claim_changes(
    table: Table,
    organization_id: str,
    host_id: str,
    booking_id: str,
    *,
    release: TimeRange | None = None,
    claim: TimeRange | None = None,
) -> list[TransactWriteItemTypeDef]:
    """Return the parts of a transaction that move a booking's claim.

    Cells in both ranges stay as they are, on the condition that the booking
    owns them; DynamoDB takes each item only once in a transaction, so each
    hour gets one update.

    Args:
        release: What the booking owns before; on the grid, in UTC.
        claim: What it owns afterwards.
    """
    before, after = _cells(release), _cells(claim)
    return [
        _hour_change(
            table,
            keys.host_hour(organization_id, host_id, hour),
            booking_id,
            before=before.get(hour, frozenset()),
            after=after.get(hour, frozenset()),
            ttl=to_seconds(hour + _HOUR + KEPT_AFTER),
        )
        for hour in sorted(before.keys() | after.keys())
    ]


def _hour_change(
    table: Table,
    key: keys.Key,
    booking_id: str,
    *,
    before: frozenset[str],
    after: frozenset[str],
    ttl: int,
) -> TransactWriteItemTypeDef:
    gained, lost = sorted(after - before), sorted(before - after)
    update = "SET " + ", ".join([*(f"{cell} = :booking" for cell in gained), "#ttl = :ttl"])
    if lost:
        update += " REMOVE " + ", ".join(lost)
    conditions = [
        *(f"attribute_not_exists({cell})" for cell in gained),
        *(f"{cell} = :booking" for cell in sorted(before)),
    ]
    return table.to_update(
        key,
        update,
        condition=" AND ".join(conditions),
        values={":booking": booking_id, ":ttl": ttl},
        names={"#ttl": "ttl"},
    )


def _cells(time: TimeRange | None) -> dict[datetime, frozenset[str]]:
    """Return the names of the cells that `time` covers, by the hour they lie in."""
    if time is None:
        return {}
    by_hour: defaultdict[datetime, set[str]] = defaultdict(set)
    for start in _grid(time):
        by_hour[start.replace(minute=0)].add(f"m{start.minute:02d}")
    return {hour: frozenset(cells) for hour, cells in by_hour.items()}


def _grid(time: TimeRange) -> Iterator[datetime]:
    for moment in (time.start, time.end):
        if moment.timestamp() % GRID.total_seconds():
            raise ValueError(f"claims lie on a grid of {GRID}: {moment}")
    start = time.start
    while start < time.end:
        yield start
        start += GRID
