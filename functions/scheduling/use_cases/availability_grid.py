"""Who is available: external members by days, for whoever looks for somebody."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from scheduling.domain.availability_grid import DayCell, day_cells
from scheduling.domain.booking import BookingState
from scheduling.domain.feeds import FeedState
from scheduling.domain.lists import every
from scheduling.domain.people import Feature
from scheduling.domain.refusals import FieldProblem, InvalidInput, marked
from scheduling.domain.time_range import TimeRange
from scheduling.domain.zones import day_span, time_zone
from scheduling.ports import BookingFilter, ExternalMemberFilter
from scheduling.use_cases.organization_features import require_feature
from scheduling.use_cases.page_settings import LONGEST_BUFFER, LONGEST_MEETING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime

    from scheduling import ports
    from scheduling.domain.feeds import CalendarFeed
    from scheduling.domain.people import ExternalMember
    from scheduling.domain.sessions import SignedIn

MOST_DAYS = 31
MOST_ROWS = 200
EXPORTED = 1_000
"""How many rows a whole grid has at most."""

_PARTS = 3
"""In how many parts external members are read for one grid; a filter may leave few of each."""
_BOOKINGS_AT_ONCE = 5_000
_MEMBERS_AT_ONCE = 100
"""As many of each as DynamoDB hands out in one request."""


@dataclass(frozen=True, slots=True)
class GridRow:
    """An external member, and their days."""

    member: ExternalMember
    person_in_charge_name: str
    days: tuple[DayCell, ...]
    """One for each day of the grid."""
    is_stale: bool
    """Whether nobody has confirmed their times for long."""
    is_unverified: bool
    """Whether their linked calendar has not been read for long; what it said still counts."""


@dataclass(frozen=True, slots=True)
class AvailabilityGrid:
    """A part of who is available on which day."""

    zone: str
    """The days are meant in it."""
    days: tuple[date, ...]
    rows: tuple[GridRow, ...]
    """Newest external members first."""
    next_cursor: str | None
    """Where the next rows begin; None at the end."""


def availability_grid(
    by: SignedIn,
    first_day: date,
    *,
    days: int,
    zone_name: str,
    person_in_charge_id: str = "",
    cursor: str | None = None,
    limit: int = MOST_ROWS,
    now: datetime,
    members: ports.Members,
    external_members: ports.ExternalMembers,
    bookings: ports.Bookings,
    calendar_feeds: ports.CalendarFeeds,
) -> AvailabilityGrid:
    """Return what external members offer, day by day: neither booked, nor busy in their calendar.

    One look at the organization's bookings serves all rows. A grid may be
    shorter than `limit`, or empty, and yet have a next one.

    Args:
        days: How many, from `first_day` on; 1 to 31.
        person_in_charge_id: Only those they are in charge of; all where empty.
        limit: At most 200.

    Raises:
        FeatureDisabled: An admin has to switch it on first.
        InvalidInput: There is no such zone, or there are too many days.
    """
    require_feature(by, Feature.EXTERNAL_MEMBERS)
    spans = _spans(first_day, days, zone_name)
    organization_id = by.organization.organization_id
    which = ExternalMemberFilter(person_in_charge_id=person_in_charge_id or None)
    found, next_cursor = _found(
        organization_id, which, cursor, limit, now=now, external_members=external_members
    )
    taken = _taken(organization_id, found, list(spans.values()), now, bookings)
    names = _names(found, members)
    linked = calendar_feeds.get_all(organization_id, [each.external_member_id for each in found])
    rows = (
        _row(
            member,
            names.get(member.person_in_charge_id, ""),
            list(spans.values()),
            taken=taken[member.external_member_id],
            calendar=linked.get(member.external_member_id),
            now=now,
        )
        for member in found
    )
    return AvailabilityGrid(zone_name, tuple(spans), tuple(rows), next_cursor)


def whole_grid(
    part_after: Callable[[str | None], AvailabilityGrid], cursor: str | None = None
) -> AvailabilityGrid:
    """Return the parts of a grid as one: all that follow a cursor, at most `EXPORTED` rows.

    Args:
        part_after: Returns the part of at most `MOST_ROWS` that begins at a cursor.
    """
    whole = part_after(cursor)
    while whole.next_cursor is not None and len(whole.rows) <= EXPORTED - MOST_ROWS:
        part = part_after(whole.next_cursor)
        whole = replace(part, rows=whole.rows + part.rows)
    return whole


def _row(
    member: ExternalMember,
    person_in_charge_name: str,
    days: Sequence[TimeRange | None],
    *,
    taken: Sequence[TimeRange],
    calendar: CalendarFeed | None,
    now: datetime,
) -> GridRow:
    whole = _whole(days)
    busy = calendar.busy_within(whole) if calendar and whole else ()
    return GridRow(
        member,
        person_in_charge_name,
        day_cells(member.availability.windows, taken, days, busy=busy, now=now),
        is_stale=member.availability.is_stale(now),
        is_unverified=calendar is not None and calendar.state(now) is not FeedState.VERIFIED,
    )


def _whole(days: Sequence[TimeRange | None]) -> TimeRange | None:
    """Return the time from the first day to the last; None where the zone skipped all."""
    spans = [day for day in days if day is not None]
    return TimeRange(spans[0].start, spans[-1].end) if spans else None


def _spans(first_day: date, days: int, zone_name: str) -> Mapping[date, TimeRange | None]:
    """Return the days; None for one that the zone skipped."""
    zone = time_zone(zone_name)
    problems = []
    if zone is None:
        message = marked("There is no time zone of this name.")
        problems.append(FieldProblem("time_zone", "unknown_time_zone", message))
    if not 1 <= days <= MOST_DAYS:
        message = marked("Please ask for 1 to 31 days.")
        problems.append(FieldProblem("days", "out_of_range", message))
    if zone is None or problems:
        raise InvalidInput(problems)
    dates = (first_day + timedelta(days=number) for number in range(days))
    return {day: day_span(day, zone) for day in dates}


def _found(
    organization_id: str,
    which: ExternalMemberFilter,
    cursor: str | None,
    limit: int,
    *,
    now: datetime,
    external_members: ports.ExternalMembers,
) -> tuple[list[ExternalMember], str | None]:
    found: list[ExternalMember] = []
    for _ in range(_PARTS):
        part = external_members.list(
            organization_id, which, now=now, cursor=cursor, limit=limit - len(found)
        )
        found += part.items
        cursor = part.next_cursor
        if cursor is None or len(found) == limit:
            break
    return found, cursor


def _taken(
    organization_id: str,
    found: Sequence[ExternalMember],
    days: Sequence[TimeRange | None],
    now: datetime,
    bookings: ports.Bookings,
) -> Mapping[str, list[TimeRange]]:
    """Return what is booked of each external member, by their ids."""
    taken: defaultdict[str, list[TimeRange]] = defaultdict(list)
    whole = _whole(days)
    if not found or whole is None:
        return taken
    which = BookingFilter(
        after=whole.start - LONGEST_MEETING - LONGEST_BUFFER,
        before=whole.end + LONGEST_BUFFER,
        states=tuple(state for state in BookingState if state.takes_time),
    )
    meetings = every(
        lambda cursor: bookings.list(organization_id, which, cursor=cursor, limit=_BOOKINGS_AT_ONCE)
    )
    for meeting in meetings:
        if not meeting.is_overdue(now):
            for host_id in meeting.host_ids:
                taken[host_id].append(meeting.claim.whole)
    return taken


def _names(found: Sequence[ExternalMember], members: ports.Members) -> Mapping[str, str]:
    """Return how the persons in charge are called, by their ids."""
    ids = sorted({member.person_in_charge_id for member in found})
    return {
        person.member_id: person.name
        for some in itertools.batched(ids, _MEMBERS_AT_ONCE, strict=False)
        for person in members.get_all(found[0].organization_id, some)
    }
