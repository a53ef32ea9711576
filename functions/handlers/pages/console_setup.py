"""The set-up guide on the page of today, for admins, until everything is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from handlers.pages.wording import Badge
from handlers.wiring import adapters
from scheduling.domain.refusals import marked
from scheduling.use_cases.setup import SetupStep, Step, StepState, setup_steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scheduling.domain.sessions import SignedIn


@dataclass(frozen=True, slots=True)
class StepWords:
    """In English, in the catalogues."""

    title: str
    explanation: str
    address: str
    """Where it is done."""


STEPS: Mapping[Step, StepWords] = {
    Step.PEOPLE: StepWords(
        marked("Invite your team"),
        marked("Colleagues can be booked, and be in charge of external members."),
        "/console/team",
    ),
    Step.EXTERNAL_MEMBERS: StepWords(
        marked("Connect external members"),
        marked("People without an account can offer times, and be booked."),
        "/console/integrations",
    ),
    Step.FIRST_EXTERNAL_MEMBER: StepWords(
        marked("Ask somebody for their times"),
        marked("They get a mail with a link, and need no account."),
        "/console/external-members/new",
    ),
    Step.FIRST_BOOKING_PAGE: StepWords(
        marked("Open a booking page"),
        marked("Guests pick one of the times on it."),
        "/console/booking-pages",
    ),
}

STATES: Mapping[StepState, Badge] = {
    StepState.DONE: Badge("good", "check", marked("Done")),
    StepState.NEXT: Badge("neutral", "right", marked("Next")),
    StepState.BLOCKED: Badge("neutral", "clock", marked("After another step")),
}


def steps_to_do(by: SignedIn) -> list[tuple[SetupStep, StepWords, Badge]]:
    """Return all steps for an admin, in their order; none once everything is done."""
    if not by.member.is_admin:
        return []
    steps = setup_steps(
        by,
        now=adapters().now(),
        members=adapters().members,
        external_members=adapters().external_members,
        booking_pages=adapters().booking_pages,
        hosts=adapters().hosts,
    )
    if all(step.state is StepState.DONE for step in steps):
        return []
    return [(step, STEPS[step.step], STATES[step.state]) for step in steps]
