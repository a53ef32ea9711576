"""The hours in which a member can be booked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduling.domain.hours import ClockSpan, WeeklyHours

if TYPE_CHECKING:
    from scheduling.domain.people import Member
    from scheduling.domain.slots import Limit


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """A member's hours, as last saved."""

    organization_id: str
    member_id: str
    version: int
    """How often they were saved; 0 before the first time."""
    hours: WeeklyHours
    limits: tuple[Limit, ...] = ()
    """How many meetings they take, over all their pages."""


def usual_hours(member: Member) -> WorkingHours:
    """Return what a member is assumed to work until they say otherwise: 9 to 5 on weekdays."""
    nine_to_five = (ClockSpan(9 * 60, 17 * 60),)
    return WorkingHours(
        organization_id=member.organization_id,
        member_id=member.member_id,
        version=0,
        hours=WeeklyHours(member.time_zone, dict.fromkeys(range(1, 6), nine_to_five)),
    )
