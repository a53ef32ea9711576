"""The hours in which members can be booked."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, entry_by
from scheduling.domain.checks import Checks
from scheduling.domain.policy import Act, require
from scheduling.domain.refusals import WorkingHoursChanged, marked
from scheduling.domain.working_hours import WorkingHours
from scheduling.use_cases.page_settings import check_limits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.hours import ClockSpan, DateSpan, WeeklyHours
    from scheduling.domain.sessions import SignedIn
    from scheduling.domain.slots import Limit

MOST_SPANS = 10
"""In one day."""

MOST_DATES = 400
"""Overrides, absences and travel, each."""

DAY_MINUTES = 24 * 60
STEP_MINUTES = 5


def view_working_hours(
    by: SignedIn, member_id: str, *, members: ports.Members, working_hours: ports.WorkingHoursStore
) -> WorkingHours:
    """Raises MemberNotFound."""
    return working_hours.get(members.get(by.organization.organization_id, member_id))


def save_working_hours(
    by: SignedIn,
    member_id: str,
    hours: WeeklyHours,
    limits: tuple[Limit, ...],
    *,
    version: int,
    now: datetime,
    members: ports.Members,
    working_hours: ports.WorkingHoursStore,
) -> WorkingHours:
    """Replace a member's hours, their own or, for admins, anybody's. Bookings stay as they are.

    Args:
        version: The one that was read before editing; 0 before they were ever saved.

    Raises:
        NotAllowed: They are somebody else's.
        MemberNotFound: There is no such member.
        InvalidInput: Names each field that cannot be accepted.
        WorkingHoursChanged: Somebody saved since `version` was read.
    """
    require(by, Act.EDIT_MEMBER, of=member_id, now=now)
    member = members.get(by.organization.organization_id, member_id)
    checks = Checks()
    _check_hours(checks, hours)
    check_limits(checks, limits)
    checks.done()
    if working_hours.get(member).version != version:
        raise WorkingHoursChanged
    saved = WorkingHours(member.organization_id, member_id, version + 1, hours, limits)
    entry = entry_by(by, Activity.WORKING_HOURS_SAVED, now=now, subject_id=member_id)
    working_hours.replace(saved, entry)
    return saved


def _check_hours(checks: Checks, hours: WeeklyHours) -> None:
    checks.zone("time_zone", hours.time_zone)
    for weekday, spans in hours.weekdays.items():
        _check_spans(checks, f"weekdays.{weekday}", spans)
    if max(map(len, (hours.overrides, hours.out_of_office, hours.travel))) > MOST_DATES:
        checks.refuse("overrides", "too_many", marked("At most 400 dates can be different."))
    for position, override in enumerate(hours.overrides):
        _check_spans(checks, f"overrides.{position}.spans", override.spans)
    if len({override.day for override in hours.overrides}) < len(hours.overrides):
        checks.refuse("overrides", "repeated", marked("Please give each date once."))
    for position, dates in enumerate(hours.out_of_office):
        _check_dates(checks, f"out_of_office.{position}", dates)
    for position, travel in enumerate(hours.travel):
        _check_dates(checks, f"travel.{position}", travel.dates)
        checks.zone(f"travel.{position}.time_zone", travel.time_zone)
    by_first = sorted((travel.dates for travel in hours.travel), key=lambda dates: dates.first)
    if any(later.first <= earlier.last for earlier, later in itertools.pairwise(by_first)):
        message = marked("Somebody can be in one place at a time only.")
        checks.refuse("travel", "overlapping", message)


def _check_spans(checks: Checks, field: str, spans: Sequence[ClockSpan]) -> None:
    if len(spans) > MOST_SPANS:
        checks.refuse(field, "too_many", marked("At most ten times a day can be given."))
        return
    for position, span in enumerate(spans):
        if not (0 <= span.start < DAY_MINUTES and 0 < span.end <= DAY_MINUTES):
            message = marked("Please give times from 00:00 to 24:00.")
            checks.refuse(f"{field}.{position}", "out_of_range", message)
        elif span.start % STEP_MINUTES or span.end % STEP_MINUTES:
            message = marked("Please use steps of five minutes.")
            checks.refuse(f"{field}.{position}", "off_grid", message)
    by_start = sorted(spans, key=lambda span: span.start)
    ends = (span.end if span.end > span.start else span.end + DAY_MINUTES for span in by_start)
    if any(end > later.start for end, later in zip(ends, by_start[1:], strict=False)):
        checks.refuse(field, "overlapping", marked("These times overlap each other."))


def _check_dates(checks: Checks, field: str, dates: DateSpan) -> None:
    if dates.last < dates.first:
        message = marked("The last day has to be after the first.")
        checks.refuse(f"{field}.last", "end_before_start", message)
