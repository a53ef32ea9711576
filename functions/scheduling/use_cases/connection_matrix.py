"""Who of the team has connected what, and how that does: facts only, no contents and no tokens."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduling.domain.connections import ConnectionKey, Platform
from scheduling.domain.hosts import HostKind
from scheduling.domain.lists import ListPage, every
from scheduling.domain.people import MemberFilter
from scheduling.domain.platform_states import NOT_CONNECTED, needs_human, state_of
from scheduling.domain.policy import Act, may, require
from scheduling.domain.refusals import FieldProblem, InvalidInput, marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.connections import Connection
    from scheduling.domain.people import Member
    from scheduling.domain.platform_states import PlatformState
    from scheduling.domain.sessions import SignedIn
    from scheduling.provider_ports import Connections

MOST_PAGES = 500
"""How many booking pages, the newest, are looked at for their hosts: one request."""

_MEMBERS_AT_ONCE = 1_000

_NAMED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Cell:
    """One platform of one member."""

    member: Member
    platform: Platform
    connection: Connection | None
    """None where the platform is not connected."""
    state: PlatformState
    booking_pages: int
    """Of how many of the newest `MOST_PAGES` the member is a host."""


@dataclass(frozen=True, slots=True)
class MatrixFilter:
    """Which cells are meant."""

    text: str = ""
    """In the member's name or address, as `domain.people.comparable` writes it."""
    platform: Platform | None = None
    state: PlatformState | None = None


@dataclass(frozen=True, slots=True)
class Matrix:
    """A part of who has connected what, and counts of all of it."""

    cells: ListPage[Cell]
    """Of at most so many members as were asked for, by name; each member's stand together."""
    counts: Mapping[tuple[Platform, PlatformState], int]
    """Of all members whom the text fits, whatever platform or state is asked for."""
    found: int
    """How many cells all parts of the list have together."""


@dataclass(frozen=True, slots=True)
class BrokenConnection:
    """A connection that stays out of order until somebody does something."""

    member: Member
    connection: Connection
    platforms: tuple[Platform, ...]
    """Those that do not work."""
    booking_pages: int
    """Of how many of the newest `MOST_PAGES` the member is a host."""


def connection_matrix(
    by: SignedIn,
    which: MatrixFilter,
    *,
    cursor: str | None,
    limit: int,
    now: datetime,
    members: ports.Members,
    connections: Connections,
    booking_pages: ports.BookingPages,
) -> Matrix:
    """Return what the members of the organization have connected, and what they have not.

    Args:
        limit: The most members in one part.

    Raises:
        NotAllowed: Only admins may.
        InvalidInput: No list gave out this cursor.
    """
    require(by, Act.MANAGE_CONNECTIONS, now=now)
    everything = _cells(by, which.text, members, connections, booking_pages)
    wanted = [cell for cell in everything if _is_meant(cell, which)]
    return Matrix(
        cells=_part(wanted, cursor, limit),
        counts=Counter((cell.platform, cell.state) for cell in everything),
        found=len(wanted),
    )


def export_matrix(
    by: SignedIn,
    which: MatrixFilter,
    *,
    now: datetime,
    members: ports.Members,
    connections: Connections,
    booking_pages: ports.BookingPages,
) -> Sequence[Cell]:
    """Return the whole of what `connection_matrix` returns in parts.

    Raises:
        NotAllowed: Only admins may.
    """
    require(by, Act.MANAGE_CONNECTIONS, now=now)
    everything = _cells(by, which.text, members, connections, booking_pages)
    return [cell for cell in everything if _is_meant(cell, which)]


def own_connections(
    by: SignedIn, *, connections: Connections, booking_pages: ports.BookingPages
) -> tuple[Sequence[Cell], Sequence[BookingPage]]:
    """Return each platform of whoever asks, and some of the booking pages they are a host of."""
    member = by.member
    pages = booking_pages.list(
        member.organization_id, host_id=member.member_id, cursor=None, limit=_NAMED_AT_ONCE
    ).items
    mine = connections.of_member(member.organization_id, member.member_id)
    found = {connection.key: connection for connection in mine}
    return list(_cells_of(member, found, len(pages))), pages


def broken_connections(
    by: SignedIn,
    *,
    limit: int,
    members: ports.Members,
    connections: Connections,
    booking_pages: ports.BookingPages,
) -> Sequence[BrokenConnection]:
    """Return what needs a human, the longest wait first: of everybody, to members only theirs.

    Args:
        limit: At most 100.
    """
    mine = by.member
    if may(by, Act.MANAGE_CONNECTIONS):
        found = connections.of_organization(mine.organization_id)
    else:
        found = connections.of_member(mine.organization_id, mine.member_id)
    broken = sorted(
        (each for each in found if _broken_platforms(each)), key=lambda each: each.state_since
    )[:limit]
    if not broken:
        return []
    whose = sorted({each.key.member_id for each in broken})
    people = {each.member_id: each for each in members.get_all(mine.organization_id, whose)}
    hosted = _pages_by_host(by, booking_pages)
    return [
        BrokenConnection(
            member=people[each.key.member_id],
            connection=each,
            platforms=_broken_platforms(each),
            booking_pages=hosted[each.key.member_id],
        )
        for each in broken
        if people[each.key.member_id].is_active
    ]


def _cells(
    by: SignedIn,
    text: str,
    members: ports.Members,
    connections: Connections,
    booking_pages: ports.BookingPages,
) -> list[Cell]:
    organization_id = by.organization.organization_id
    people = every(
        lambda cursor: members.list(
            organization_id, MemberFilter(text=text), cursor=cursor, limit=_MEMBERS_AT_ONCE
        )
    )
    found = {each.key: each for each in connections.of_organization(organization_id)}
    hosted = _pages_by_host(by, booking_pages)
    rows = (_cells_of(member, found, hosted[member.member_id]) for member in people)
    return list(itertools.chain.from_iterable(rows))


def _cells_of(
    member: Member, found: Mapping[ConnectionKey, Connection], booking_pages: int
) -> Iterator[Cell]:
    for platform in Platform:
        key = ConnectionKey(member.organization_id, member.member_id, platform.provider)
        state = state_of(found.get(key), platform)
        connection = None if state == NOT_CONNECTED else found[key]
        yield Cell(member, platform, connection, state, booking_pages)


def _is_meant(cell: Cell, which: MatrixFilter) -> bool:
    return which.platform in {None, cell.platform} and which.state in {None, cell.state}


def _part(cells: Iterable[Cell], cursor: str | None, limit: int) -> ListPage[Cell]:
    """Return the cells of the next members.

    Args:
        cursor: The id of the last member of the part before, as it was handed out.
    """
    rows = [
        (member_id, list(row))
        for member_id, row in itertools.groupby(cells, key=lambda cell: cell.member.member_id)
    ]
    begin = 0
    if cursor is not None:
        ids = [member_id for member_id, _ in rows]
        if cursor not in ids:
            message = marked("This list has no such page. Please start from its beginning.")
            raise InvalidInput([FieldProblem("cursor", "invalid_cursor", message)])
        begin = ids.index(cursor) + 1
    part = rows[begin : begin + limit]
    is_last = begin + limit >= len(rows)
    return ListPage(
        tuple(cell for _, row in part for cell in row), None if is_last else part[-1][0]
    )


def _pages_by_host(by: SignedIn, booking_pages: ports.BookingPages) -> Counter[str]:
    pages = booking_pages.list(by.organization.organization_id, cursor=None, limit=MOST_PAGES)
    return Counter(
        host.host_id for page in pages.items for host in page.hosts if host.kind is HostKind.MEMBER
    )


def _broken_platforms(connection: Connection) -> tuple[Platform, ...]:
    return tuple(platform for platform in Platform if needs_human(state_of(connection, platform)))
