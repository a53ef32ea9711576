"""What is true after every commit, whoever did what at the same time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

from scheduling.adapters.dynamodb.keys import digest
from scheduling.domain.booking import BookingState, Hold
from scheduling.domain.slots import BufferRule
from tests.simulation.ledger import ACCESS, PromiseBroken, is_booking

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from scheduling.domain.booking import Claim
    from scheduling.domain.booking_page import BookingPage
    from tests.simulation.expressions import Item
    from tests.simulation.ledger import Owner, State
    from tests.simulation.store import Partitions, Written

CELL = timedelta(minutes=5)

type _Cell = tuple[str, str, int]
"""`m` for a meeting, `b` for buffers; a host; when five of their minutes begin, since 1970."""

type _Cells = dict[_Cell, Any]
"""Who owns which cells: one for their meeting, a set of those who have their buffers there."""

_NEVER = datetime.max.replace(tzinfo=UTC)

_OF_TIME = ("#B#", "#C#", "#HB")
"""Where, in the key of a partition, stands what is compared."""


def check(
    written: Sequence[Written],
    items: Partitions,
    state: State,
    pages: Mapping[str, BookingPage],
    now: datetime,
) -> None:
    """Compare what is stored after a commit with what is promised.

    Raises:
        PromiseBroken: They contradict each other.
    """
    for one in written:
        if is_booking(one):
            _check_announced(one, written)
    if any(one.key[0].startswith("HO#") or one.key[0][28:31] in _OF_TIME for one in written):
        owners = list(state.owners)
        _check_cells(owners, items)
        _check_host_rows(owners, items)
        _check_expiries(state, items)
        _check_apart(owners)
        _check_limits(owners, pages, now)


def _check_announced(one: Written, written: Sequence[Written]) -> None:
    """Check that a new version of a booking comes with its messages and, at first, its link."""
    before = 0 if one.before is None else int(one.before["version"]["N"])
    if one.after is None:
        raise PromiseBroken(f"deleted: {one.key}")
    version = int(one.after["version"]["N"])
    if version != before + 1:
        raise PromiseBroken(f"version {version} comes after {before}: {one.key}")
    prefix = f"OB#{version:06d}#"
    told = any(
        other.key[0] == one.key[0] and other.key[1].startswith(prefix) and other.before is None
        for other in written
    )
    if not told and one.after["state"]["S"] != BookingState.NO_SHOW:
        raise PromiseBroken(f"nobody is told of version {version}: {one.key}")
    if not before and not any(_leads_from_guest(other, one.after) for other in written):
        raise PromiseBroken(f"a booking that its guest's address does not lead to: {one.key}")
    link = "TOK#" + one.after["guest_link_id"]["S"]
    if not before and not any(other.table == ACCESS and other.key[0] == link for other in written):
        raise PromiseBroken(f"a booking without its link: {one.key}")


def _leads_from_guest(written: Written, booking: Item) -> bool:
    address = booking["guest"]["M"]["email"]["S"]
    guest = f"T#{booking['organization_id']['S']}#G#{digest(address)}"
    return written.key == (guest, f"B#{booking['booking_id']['S']}")


def _check_cells(owners: Iterable[Owner], items: Partitions) -> None:
    """Check that each owner has exactly their cells, and that no cell is anybody else's."""
    owned, stored = _owned_cells(owners), _stored_cells(items)
    if stored != owned:
        raise PromiseBroken(f"cells: {_difference(owned, stored)}")


def _owned_cells(owners: Iterable[Owner]) -> _Cells:
    """Return the cells that bookings and holds speak of."""
    cells: _Cells = {}
    for owner in owners:
        claim = owner.claim
        meeting, buffers = _cells(claim)
        for cell in meeting:
            if cell in cells:
                raise PromiseBroken(f"two meetings at once: {cell}")
            cells[cell] = claim.owner_id
        for cell in buffers:
            cells[cell] = cells.get(cell, frozenset()) | {claim.owner_id}
    return cells


def _stored_cells(items: Partitions) -> _Cells:
    """Return the cells that are stored."""
    cells: _Cells = {}
    for partition, hours in items.items():
        if partition[28:31] != "#C#":
            continue
        for sort, item in hours.items():
            host_id, start = _hour(partition, sort)
            for name, value in item.items():
                if name[0] in "mb":
                    owner = value["S"] if name[0] == "m" else frozenset(value["SS"])
                    cells[name[0], host_id, start + 60 * int(name[1:])] = owner
    return cells


def _check_host_rows(owners: Iterable[Owner], items: Partitions) -> None:
    """Check that each owner has one row in the time of each of its hosts, and that it is right."""
    rows = {
        (host_id, f"{int(owner.claim.whole.start.timestamp())}#{owner.claim.owner_id}"): _row(owner)
        for owner in owners
        for host_id in owner.claim.host_ids
    }
    stored = {
        (partition[32:], sort): (
            int(item["starts_at"]["N"]),
            int(item["ends_at"]["N"]),
            int(item["before"]["N"]),
            int(item["after"]["N"]),
            item["booking_page_slug"]["S"],
            item["is_hold"]["BOOL"],
            int(item["expires_at"].get("N", 0)),
        )
        for partition, of_host in items.items()
        if partition[28:32] == "#HB#"
        for sort, item in of_host.items()
    }
    if stored != rows:
        raise PromiseBroken(f"host rows: {_difference(rows, stored)}")


def _row(owner: Owner) -> tuple[int, int, int, int, str, bool, int]:
    claim, expires_at = owner.claim, owner.expires_at
    return (
        int(claim.time.start.timestamp()),
        int(claim.time.end.timestamp()),
        int(claim.before.total_seconds()),
        int(claim.after.total_seconds()),
        owner.booking_page_slug,
        isinstance(owner, Hold),
        0 if expires_at is None else int(expires_at.timestamp()),
    )


def _check_expiries(state: State, items: Partitions) -> None:
    """Check that what waits for a decision stands in the queue of what is overdue, once."""
    waiting = {
        booking.booking_id: int(booking.expires_at.timestamp())
        for _, booking in state.bookings.values()
        if booking.state is BookingState.PENDING and booking.expires_at is not None
    }
    stored = {
        partition.rpartition("#")[2]: int(of_booking["EXPIRES"]["GSI1SK"]["S"].partition("#")[0])
        for partition, of_booking in items.items()
        if "EXPIRES" in of_booking
    }
    if stored != waiting:
        raise PromiseBroken(f"queue of requests: {_difference(waiting, stored)}")


def _check_apart(owners: Iterable[Owner]) -> None:
    """Check that meetings of one host are apart, with their buffers."""
    for one, other in combinations([owner.claim for owner in owners], 2):
        if not set(one.host_ids).intersection(other.host_ids):
            continue
        are_apart = not (one.time.overlaps(other.whole) or one.whole.overlaps(other.time))
        if one.buffer_rule is other.buffer_rule is BufferRule.SUM:
            are_apart = not one.whole.overlaps(other.whole)
        if not are_apart:
            raise PromiseBroken(f"too near to each other: {one} and {other}")


def _check_limits(owners: Iterable[Owner], pages: Mapping[str, BookingPage], now: datetime) -> None:
    """Check that no page is booked more often on a day than it may be; pages limit only days."""
    counts = Counter(
        (owner.booking_page_slug, host_id, owner.claim.time.start.date())
        for owner in owners
        if (owner.expires_at or _NEVER) > now
        for host_id in owner.claim.host_ids
    )
    for (slug, host_id, day), count in counts.items():
        for limit in pages[slug].rules.limits:
            if count > limit.count:
                raise PromiseBroken(f"{count} instead of {limit.count}: {slug} {host_id} {day}")


@lru_cache(maxsize=1000)
def _cells(claim: Claim) -> tuple[frozenset[_Cell], frozenset[_Cell]]:
    """Return the cells of a meeting, and those of its buffers."""
    meeting: set[_Cell] = set()
    buffers: set[_Cell] = set()
    start = claim.whole.start
    while start < claim.whole.end:
        seconds = int(start.timestamp())
        if claim.time.start <= start < claim.time.end:
            meeting |= {("m", host_id, seconds) for host_id in claim.host_ids}
        else:
            buffers |= {("b", host_id, seconds) for host_id in claim.host_ids}
        start += CELL
    return frozenset(meeting), frozenset(buffers)


@lru_cache(maxsize=1000)
def _hour(partition: str, sort: str) -> tuple[str, int]:
    """Return which host's hour an item is about, and when it begins."""
    _, _, _, host_id, day = partition.split("#")
    start = datetime.strptime(f"{day}{sort[2:]}", "%Y%m%d%H").replace(tzinfo=UTC)
    return host_id, int(start.timestamp())


def _difference[Name, What](expected: Mapping[Name, What], stored: Mapping[Name, What]) -> str:
    missing = {key: value for key, value in expected.items() if stored.get(key) != value}
    surplus = {key: value for key, value in stored.items() if expected.get(key) != value}
    return f"missing {missing}, without reason {surplus}"
