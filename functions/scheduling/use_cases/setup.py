"""How far an organization's set-up is, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from scheduling.domain.lists import every
from scheduling.domain.people import Feature
from scheduling.ports import ExternalMemberFilter
from scheduling.use_cases.booking_pages import list_booking_pages

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.sessions import SignedIn

_PART = 50


class Step(StrEnum):
    """What is to be done, in this order."""

    PEOPLE = "people"
    """There is somebody in the team beside the first admin."""
    EXTERNAL_MEMBERS = "external_members"
    """The feature is switched on."""
    FIRST_EXTERNAL_MEMBER = "first_external_member"
    """Somebody without an account was asked for their times."""
    FIRST_BOOKING_PAGE = "first_booking_page"
    """Guests can book on a page."""


class StepState(StrEnum):
    DONE = "done"
    NEXT = "next"
    """It can be done now."""
    BLOCKED = "blocked"
    """Another step has to be done first."""


@dataclass(frozen=True, slots=True)
class SetupStep:
    """A step of setting up, and how far it is."""

    step: Step
    state: StepState
    needs: Step | None
    """What has to be done first."""


@dataclass(frozen=True, slots=True)
class _Organization:
    """Answers what the steps ask, each with a request or two."""

    by: SignedIn
    now: datetime
    members: ports.Members
    external_members: ports.ExternalMembers
    booking_pages: ports.BookingPages
    hosts: ports.Hosts

    def has_people(self) -> bool:
        found = self.members.list(self.by.organization.organization_id, cursor=None, limit=_PART)
        return sum(member.is_active for member in found.items) > 1

    def has_external_members(self) -> bool:
        return Feature.EXTERNAL_MEMBERS in self.by.organization.features

    def has_asked(self) -> bool:
        found = self.external_members.list(
            self.by.organization.organization_id,
            ExternalMemberFilter(),
            now=self.now,
            cursor=None,
            limit=1,
        )
        return bool(found.items)

    def has_open_page(self) -> bool:
        pages = every(
            lambda cursor: list_booking_pages(
                self.by,
                cursor=cursor,
                limit=_PART,
                now=self.now,
                booking_pages=self.booking_pages,
                hosts=self.hosts,
            )
        )
        return any(page.is_active for page in pages)


@dataclass(frozen=True, slots=True)
class _Rule:
    """When a step is done, and what comes before it."""

    is_done: Callable[[_Organization], bool]
    needs: Step | None = None


_RULES = {
    Step.PEOPLE: _Rule(_Organization.has_people),
    Step.EXTERNAL_MEMBERS: _Rule(_Organization.has_external_members),
    Step.FIRST_EXTERNAL_MEMBER: _Rule(_Organization.has_asked, needs=Step.EXTERNAL_MEMBERS),
    Step.FIRST_BOOKING_PAGE: _Rule(_Organization.has_open_page),
}
"""A step that a later feature brings is one more member of `Step` and one more line here."""


def setup_steps(
    by: SignedIn,
    *,
    now: datetime,
    members: ports.Members,
    external_members: ports.ExternalMembers,
    booking_pages: ports.BookingPages,
    hosts: ports.Hosts,
) -> tuple[SetupStep, ...]:
    """Return all steps, in their order."""
    organization = _Organization(by, now, members, external_members, booking_pages, hosts)
    done = {step for step in Step if _RULES[step].is_done(organization)}
    return tuple(SetupStep(step, _state(step, done), _RULES[step].needs) for step in Step)


def _state(step: Step, done: set[Step]) -> StepState:
    needs = _RULES[step].needs
    if step in done:
        return StepState.DONE
    return StepState.NEXT if needs is None or needs in done else StepState.BLOCKED
