"""Claiming hosts' time, so that two meetings cannot have the same minute.

A host's time is cut into cells of five minutes. The cells of an hour are
attributes of one item, two for each: `m05` holds the id of whoever owns the
cell for their meeting, `b05` the set of ids of those who keep it as a buffer.
A change is stored in one transaction with an update of each hour that it
touches, on the condition that every cell it needs is free: the rule lives in
the table, so no program can break it.

What an owner needs to be true of a cell, and what is then done to it:

| from / to | nothing | meeting | buffer |
| --- | --- | --- | --- |
| nothing | | no `m`, no `b`: set `m` | no `m`, under `sum` no `b`: join `b` |
| meeting | own `m`: remove it | own `m` | own `m`: remove it, join `b` |
| buffer | in `b`: leave it | alone in `b`, no `m`: leave it, set `m` | in `b` |

So a cell never has both, and a claim is judged by its own rule when it takes a
cell, not while it keeps one.

The size of a cell is fixed for ever; hours are UTC, so clock changes and
midnight are ordinary.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.table import to_seconds
from scheduling.domain.availability import GRID
from scheduling.domain.slots import BufferRule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from scheduling.adapters.dynamodb.table import Table
    from scheduling.domain.booking import Claim

KEPT_AFTER = timedelta(days=40)
"""How long an hour's item outlives the hour, for audits."""

_HOUR = timedelta(hours=1)


class _Role(Enum):
    MEETING = auto()
    BUFFER = auto()


type _Cells = Mapping[int, _Role]
"""What an owner keeps the cells of one hour for, by the minute at which each begins."""

type _HostHour = tuple[str, datetime]
"""The id of a host, and the start of the hour."""


def claim_changes(
    table: Table, *, release: Claim | None = None, claim: Claim | None = None
) -> list[TransactWriteItemTypeDef]:
    """Return the parts of a transaction that turn what somebody owns into something else.

    DynamoDB takes each item only once in a transaction, so each hour of a host
    gets one update, in which cells that are kept are conditions.

    Args:
        release: What they own before; on the grid.
        claim: What they own afterwards; of the same owner.
    """
    before, after = _cells_by_hour(release), _cells_by_hour(claim)
    one = claim or release
    if one is None:
        return []
    return [
        _hour_change(
            table,
            keys.host_hour(one.organization_id, host_id, hour),
            one.owner_id,
            before.get((host_id, hour), {}),
            after.get((host_id, hour), {}),
            rule=one.buffer_rule,
            ttl=to_seconds(hour + _HOUR + KEPT_AFTER),
        )
        for host_id, hour in sorted(before.keys() | after.keys())
    ]


def _hour_change(
    table: Table,
    key: keys.Key,
    owner_id: str,
    before: _Cells,
    after: _Cells,
    *,
    rule: BufferRule,
    ttl: int,
) -> TransactWriteItemTypeDef:
    conditions: list[str] = []
    updates: defaultdict[str, list[str]] = defaultdict(list)
    updates["SET"].append("#ttl = :ttl")
    for minute in sorted(before.keys() | after.keys()):
        meeting, buffers = f"m{minute:02d}", f"b{minute:02d}"
        was, becomes = before.get(minute), after.get(minute)
        conditions += _conditions(meeting, buffers, was, becomes, rule)
        if was is not becomes:
            if was is _Role.MEETING:
                updates["REMOVE"].append(meeting)
            elif was is _Role.BUFFER:
                updates["DELETE"].append(f"{buffers} :only_owner")
            if becomes is _Role.MEETING:
                updates["SET"].append(f"{meeting} = :owner")
            elif becomes is _Role.BUFFER:
                updates["ADD"].append(f"{buffers} :only_owner")
    update = " ".join(f"{verb} {', '.join(what)}" for verb, what in updates.items())
    condition = " AND ".join(conditions)
    values = {":owner": owner_id, ":only_owner": {owner_id}, ":ttl": ttl}
    return table.to_update(
        key,
        update,
        condition=condition,
        # DynamoDB refuses values that no expression uses.
        values={name: value for name, value in values.items() if name in update + condition},
        names={"#ttl": "ttl"},
    )


def _conditions(
    meeting: str, buffers: str, was: _Role | None, becomes: _Role | None, rule: BufferRule
) -> list[str]:
    """Return what has to be true of a cell before it changes; see the table above."""
    no_meeting, no_buffers = f"attribute_not_exists({meeting})", f"attribute_not_exists({buffers})"
    match was, becomes:
        case _Role.MEETING, _:
            return [f"{meeting} = :owner"]
        case _Role.BUFFER, _Role.MEETING:
            return [f"{buffers} = :only_owner", no_meeting]
        case _Role.BUFFER, _:
            return [f"contains({buffers}, :owner)"]
        case None, _Role.BUFFER if rule is BufferRule.MAX:
            return [no_meeting]
        case _:
            return [no_meeting, no_buffers]


def _cells_by_hour(claim: Claim | None) -> dict[_HostHour, _Cells]:
    if claim is None:
        return {}
    found: defaultdict[_HostHour, dict[int, _Role]] = defaultdict(dict)
    for start in _grid(claim):
        is_meeting = claim.time.start <= start < claim.time.end
        role = _Role.MEETING if is_meeting else _Role.BUFFER
        for host_id in claim.host_ids:
            found[host_id, start.replace(minute=0)][start.minute] = role
    return dict(found)


def _grid(claim: Claim) -> Iterator[datetime]:
    whole, time = claim.whole, claim.time
    for moment in (whole.start, time.start, time.end, whole.end):
        if moment.timestamp() % GRID.total_seconds():
            raise ValueError(f"claims lie on a grid of {GRID}: {moment}")
    start = whole.start
    while start < whole.end:
        yield start
        start += GRID
