"""Inviting many external members at once, row by row."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from scheduling.domain.availability_request import usual_terms
from scheduling.domain.booking_page import BookingRules
from scheduling.domain.checks import Checks
from scheduling.domain.people import Feature, normalized_email
from scheduling.domain.refusals import (
    BusyTryAgain,
    EmailAlreadyInvited,
    ExternalMemberChanged,
    FieldProblem,
    InvalidInput,
    TooManyRequests,
    marked,
)
from scheduling.use_cases.external_member_edits import edit_external_member
from scheduling.use_cases.external_members import invite_external_member
from scheduling.use_cases.organization_features import require_feature
from scheduling.use_cases.page_settings import check_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from scheduling import ports
    from scheduling.domain.people import ExternalMember
    from scheduling.domain.sessions import SignedIn


class RowOutcome(StrEnum):
    CREATED = "created"
    """Invited; a mail with the link goes to them."""
    UPDATED = "updated"
    """Was invited before, and has another name or person in charge now."""
    UNCHANGED = "unchanged"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class ImportRow:
    """Somebody to invite, unchecked."""

    number: int
    """Rising from row to row."""
    name: str
    email: str
    person_in_charge: str
    """The address of a member."""
    title: str
    location: str
    duration: timedelta
    problems: tuple[FieldProblem, ...] = ()
    """Why the row could not even be read."""


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of a row."""

    number: int
    email: str
    outcome: RowOutcome
    external_member_id: str = ""
    """Empty for errors, and for who would be invited by a dry run."""
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of those rows that were dealt with."""

    results: tuple[RowResult, ...]
    next_row: int | None
    """The row to go on with, since time was up; None where all were dealt with."""


@dataclass(frozen=True, slots=True)
class _Import:
    """One import: who does it, when, and with what."""

    by: SignedIn
    is_dry_run: bool
    now: datetime
    members: ports.Members
    external_members: ports.ExternalMembers
    rate_limits: ports.RateLimits
    booking_pages: ports.BookingPages
    in_charge: dict[str, str]
    """Ids of members by the addresses that were looked up; empty where nobody has one."""

    def result_of(self, row: ImportRow, *, is_repeated: bool) -> RowResult:
        """Deal with a row, and tell what has become of it."""
        try:
            return self._dealt_with(row, is_repeated=is_repeated)
        except InvalidInput as refusal:
            return _error(row, *refusal.problems)
        except (
            BusyTryAgain,
            EmailAlreadyInvited,
            ExternalMemberChanged,
            TooManyRequests,
        ) as refusal:
            return _error(row, FieldProblem("", refusal.code, refusal.message))

    def _dealt_with(self, row: ImportRow, *, is_repeated: bool) -> RowResult:
        """Deal with a row.

        Raises:
            InvalidInput, BusyTryAgain, EmailAlreadyInvited, ExternalMemberChanged,
                TooManyRequests: The row cannot be accepted, or not now.
            LimiterUnavailable: No row can be.
        """
        self._check(row, is_repeated=is_repeated)
        organization_id = self.by.organization.organization_id
        person_id = self._person_in_charge(row.person_in_charge)
        before = self.external_members.with_email(
            organization_id, normalized_email(row.email) or ""
        )
        if before is None:
            created = None if self.is_dry_run else self._invite(row, person_id)
            return RowResult(
                row.number,
                row.email,
                RowOutcome.CREATED,
                created.external_member_id if created else "",
            )
        is_same = (before.name, before.person_in_charge_id) == (row.name, person_id)
        if not is_same and not self.is_dry_run:
            edit_external_member(
                self.by,
                before.external_member_id,
                version=before.version,
                name=row.name,
                person_in_charge_id=person_id,
                now=self.now,
                members=self.members,
                external_members=self.external_members,
                booking_pages=self.booking_pages,
            )
        outcome = RowOutcome.UNCHANGED if is_same else RowOutcome.UPDATED
        return RowResult(row.number, row.email, outcome, before.external_member_id)

    def _check(self, row: ImportRow, *, is_repeated: bool) -> None:
        """Raises InvalidInput, naming each cell that cannot be accepted."""
        if row.problems:
            raise InvalidInput(row.problems)
        checks = Checks()
        checks.name("name", row.name)
        checks.email("email", row.email)
        if is_repeated:
            message = marked("This address stands in the file more than once.")
            checks.refuse("email", "repeated", message)
        if not self._person_in_charge(row.person_in_charge):
            message = marked("Please enter the e-mail address of a member of the team.")
            code = "not_a_member" if row.person_in_charge else "missing"
            checks.refuse("person_in_charge", code, message)
        checks.optional_name("title", row.title)
        checks.optional_name("location", row.location)
        check_rules(checks, _rules(row), duration_field="duration_minutes")
        checks.done()

    def _person_in_charge(self, email: str) -> str:
        """Return the id of the active member with an address; nothing where nobody has it."""
        address = normalized_email(email) or ""
        if address not in self.in_charge:
            organization_id = self.by.organization.organization_id
            found = self.members.with_email(address) if address else ()
            self.in_charge[address] = next(
                (
                    member.member_id
                    for member in found
                    if member.is_active and member.organization_id == organization_id
                ),
                "",
            )
        return self.in_charge[address]

    def _invite(self, row: ImportRow, person_in_charge_id: str) -> ExternalMember:
        return invite_external_member(
            self.by,
            name=row.name,
            email=row.email,
            person_in_charge_id=person_in_charge_id,
            title=row.title,
            location=row.location,
            rules=_rules(row),
            terms=usual_terms(self.now),
            now=self.now,
            members=self.members,
            external_members=self.external_members,
            rate_limits=self.rate_limits,
        )


def import_external_members(
    by: SignedIn,
    rows: Sequence[ImportRow],
    *,
    first_row: int = 1,
    is_dry_run: bool,
    has_time: Callable[[], bool],
    now: datetime,
    members: ports.Members,
    external_members: ports.ExternalMembers,
    booking_pages: ports.BookingPages,
    rate_limits: ports.RateLimits,
) -> Imported:
    """Invite whoever is not invited yet, and correct name and person in charge of the others.

    A row that cannot be accepted stops no other. Doing it again changes
    nothing, so an import that was cut off is simply done once more.

    Args:
        first_row: The number of the row to begin with.
        is_dry_run: Whether to tell what would become of each row, and store nothing.
        has_time: Asked before each row; where it says no, the rest is for another call.

    Raises:
        FeatureDisabled: An admin has to switch it on first.
        LimiterUnavailable: It could not be counted how often somebody was asked.
    """
    require_feature(by, Feature.EXTERNAL_MEMBERS)
    work = _Import(
        by, is_dry_run, now, members, external_members, rate_limits, booking_pages, in_charge={}
    )
    addresses = Counter(normalized_email(row.email) for row in rows)
    results: list[RowResult] = []
    for row in rows:
        if row.number < first_row:
            continue
        if not has_time():
            return Imported(tuple(results), next_row=row.number)
        address = normalized_email(row.email)
        is_repeated = address is not None and addresses[address] > 1
        results.append(work.result_of(row, is_repeated=is_repeated))
    return Imported(tuple(results), next_row=None)


def _rules(row: ImportRow) -> BookingRules:
    return BookingRules(durations=(row.duration,))


def _error(row: ImportRow, *problems: FieldProblem) -> RowResult:
    return RowResult(row.number, row.email, RowOutcome.ERROR, problems=problems)
