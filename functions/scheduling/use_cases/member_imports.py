"""Members from a file: tried out first, then worked off row by row, whoever is interrupted."""

from __future__ import annotations

import hashlib
import itertools
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, entry_by
from scheduling.domain.checks import Checks
from scheduling.domain.directory import Directory, DirectoryPart
from scheduling.domain.identifiers import derived_id, new_id
from scheduling.domain.invitations import Invitation, InvitationOutcome, InvitationState, Placement
from scheduling.domain.member_imports import (
    LEASE,
    ImportRow,
    ImportState,
    MemberImport,
    RowOutcome,
    counted,
)
from scheduling.domain.people import Member, Role, normalized_email
from scheduling.domain.policy import Act, require
from scheduling.domain.rate_limits import INVITATIONS_PER_ORGANIZATION
from scheduling.domain.refusals import (
    FieldProblem,
    IdempotencyKeyReused,
    ImportStarted,
    InvalidInput,
    NotAllowed,
    SchedulingError,
    TryAgainLater,
    marked,
)
from scheduling.domain.sessions import SignedIn
from scheduling.use_cases.invitations import invite_members
from scheduling.use_cases.members import MemberEdit, edit_member, edited_member

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from scheduling import ports
    from scheduling.domain.audit import Entry

PAUSE = timedelta(minutes=1)
"""Until a row is tried again about which nothing could be decided."""

_ADDRESSES_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Team:
    """What rows are compared with: what is known of the people and names in them."""

    members: Mapping[str, Member]
    """By address; removed ones, too."""
    invitations: Mapping[str, Invitation]
    """Open ones, by address."""
    directory: Directory


def import_members(
    by: SignedIn,
    rows: Sequence[ImportRow],
    *,
    is_dry_run: bool,
    key: str = "",
    now: datetime,
    members: ports.Members,
    directories: ports.Directories,
    invitations: ports.Invitations,
    member_imports: ports.MemberImports,
) -> MemberImport:
    """Take in a file with members, at most 500; a worker goes through it once it is stored.

    Members of today are changed as their row says, where it says something; all
    others are invited. The same file once more changes nothing.

    Args:
        rows: In the order of the file; a row that could not be read tells why.
        is_dry_run: Whether to find out only what would become of each row.
        key: Chosen by the client: the same file under the same key is taken in once.

    Raises:
        NotAllowed: Only admins may.
        InvalidInput: There are no rows.
        IdempotencyKeyReused: Another file was sent under the key.
    """
    require(by, Act.IMPORT_MEMBERS, now=now)
    if not rows:
        message = marked("There is nobody in this file.")
        raise InvalidInput([FieldProblem("rows", "missing", message)])
    organization_id = by.organization.organization_id
    rows = _with_repetitions_named(rows)
    if is_dry_run:
        team = _team(
            organization_id,
            rows,
            members=members,
            directories=directories,
            invitations=invitations,
        )
        rows = [_settled(row, lambda row: _tried(by, row, team, now=now)) for row in rows]
    new = MemberImport(
        import_id=derived_id("import", organization_id, key) if key else new_id(),
        organization_id=organization_id,
        member_id=by.member.member_id,
        network=by.network,
        proven_at=by.proven_at,
        created_at=now,
        started_at=now,
        state=ImportState.CHECKED if is_dry_run else ImportState.RUNNING,
        rows=len(rows),
        fingerprint=_fingerprint(rows, is_dry_run=is_dry_run),
        counts=counted(rows),
        due_at=None if is_dry_run else now,
    )
    entry = None if is_dry_run else _entry(by, new, now=now)
    try:
        member_imports.add(new, rows, entry)
    except IdempotencyKeyReused:
        stored = member_imports.get(organization_id, new.import_id)
        if stored.fingerprint != new.fingerprint:
            raise
        return stored
    return new


def start_import(
    by: SignedIn, import_id: str, *, now: datetime, member_imports: ports.MemberImports
) -> MemberImport:
    """Have a file that was tried out worked off; where that has begun, nothing changes.

    Raises:
        NotAllowed: Only admins may.
        ImportNotFound: There is none, or no longer.
    """
    require(by, Act.IMPORT_MEMBERS, now=now)
    checked = member_imports.get(by.organization.organization_id, import_id)
    if checked.state is not ImportState.CHECKED:
        return checked
    started = replace(
        checked,
        member_id=by.member.member_id,
        network=by.network,
        proven_at=by.proven_at,
        started_at=now,
        state=ImportState.RUNNING,
        counts={},
        due_at=now,
    )
    # What was wrong may have been put right since it was tried out; what is unreadable was not.
    rows = [
        ImportRow(row.number, row.cells) if row.cells else replace(row, outcome=None)
        for row in member_imports.rows(checked)
    ]
    try:
        member_imports.start(started, _with_repetitions_named(rows), _entry(by, started, now=now))
    except ImportStarted:
        return member_imports.get(started.organization_id, import_id)
    return started


def view_import(
    by: SignedIn, import_id: str, *, now: datetime, member_imports: ports.MemberImports
) -> tuple[MemberImport, Sequence[ImportRow]]:
    """Return an import with its rows as far as they have come.

    Raises:
        NotAllowed: Only admins may.
        ImportNotFound: There is none, or no longer.
    """
    require(by, Act.IMPORT_MEMBERS, now=now)
    found = member_imports.get(by.organization.organization_id, import_id)
    return found, member_imports.rows(found)


def import_part(
    claimed: MemberImport,
    *,
    now: datetime,
    organizations: ports.Organizations,
    members: ports.Members,
    directories: ports.Directories,
    invitations: ports.Invitations,
    rate_limits: ports.RateLimits,
    member_imports: ports.MemberImports,
) -> MemberImport | None:
    """Work off the next rows of an import and return how far it is now.

    None where another worker has taken it up since. Rows that were done and not
    recorded, because their worker died, are done again: that changes nothing.
    What has to wait, for a minute or for tomorrow's invitations, makes the rest wait.
    """
    by = SignedIn(
        members.get(claimed.organization_id, claimed.member_id),
        organizations.get(claimed.organization_id),
        # Their proof is as old as it was when they started it: waiting makes no row critical.
        now - (claimed.started_at - claimed.proven_at),
        claimed.network,
    )
    rows = member_imports.next_rows(claimed)
    team = _team(
        claimed.organization_id,
        rows,
        members=members,
        directories=directories,
        invitations=invitations,
    )

    def do(row: ImportRow) -> RowOutcome:
        if not by.member.is_active:
            raise NotAllowed
        member = _member_in(row, team)
        if member is not None:
            edited = edit_member(
                by,
                member.member_id,
                _edit(row, member, team),
                version=member.version,
                now=now,
                members=members,
                directories=directories,
            )
            return _outcome_of(member, edited)
        [result] = invite_members(
            by,
            row["email"],
            _placement(row, team),
            key=claimed.import_id,
            now=now,
            members=members,
            directories=directories,
            invitations=invitations,
            rate_limits=rate_limits,
        )
        return _outcome_of_invitation(result.outcome)

    done: list[ImportRow] = []
    due_at: datetime | None = now + LEASE
    for row in rows:
        try:
            done.append(row if row.outcome else _settled(row, do))
        except _TooManyToday:
            due_at = _next_day(now)
            break
        except TryAgainLater:
            due_at = now + PAUSE
            break
    after = replace(claimed, counts=_sum(claimed.counts, rows, done), due_at=due_at)
    if after.done == after.rows:
        after = replace(after, state=ImportState.DONE, due_at=None)
    waiting = rows[len(done) :]
    return after if member_imports.record(claimed, after, [*done, *waiting]) else None


class _TooManyToday(Exception):
    """The organization has sent as many invitations as it may in a day."""


def _settled(row: ImportRow, do: Callable[[ImportRow], RowOutcome]) -> ImportRow:
    """Return the row with what became of it: what is wrong with one stops no other.

    Raises:
        TryAgainLater: Nothing could be decided.
    """
    if row.code:
        return replace(row, outcome=RowOutcome.ERROR)
    try:
        return replace(row, outcome=do(row))
    except TryAgainLater:
        raise
    except InvalidInput as refusal:
        problem = refusal.problems[0]
        return replace(
            row,
            outcome=RowOutcome.ERROR,
            column=_COLUMNS_OF_FIELDS.get(problem.field, problem.field),
            code=problem.code,
            message=problem.message,
        )
    except SchedulingError as refusal:
        return replace(row, outcome=RowOutcome.ERROR, code=refusal.code, message=refusal.message)


_COLUMNS_OF_FIELDS = {
    "emails": "email",
    "department_id": "department",
    "designation_id": "designation",
    "manager_id": "manager",
}
"""Where a column is called otherwise elsewhere."""


def _tried(by: SignedIn, row: ImportRow, team: Team, *, now: datetime) -> RowOutcome:
    """Return what would become of a row; raises what would be refused."""
    member = _member_in(row, team)
    if member is not None:
        edited = edited_member(by, member, _edit(row, member, team), now=now)
        return _outcome_of(member, edited)
    if _placement(row, team).role is Role.ADMIN:
        require(by, Act.CHANGE_ROLE, now=now)
    invitation = team.invitations.get(row["email"].lower())
    is_open = invitation is not None and invitation.state(now) is InvitationState.PENDING
    return RowOutcome.UNCHANGED if is_open else RowOutcome.CREATED


def _member_in(row: ImportRow, team: Team) -> Member | None:
    """Return the active member whom a row speaks of; None where somebody is to be invited.

    Raises:
        InvalidInput: It is no address.
    """
    address = normalized_email(row["email"])
    if address is None:
        code = "invalid_email" if row["email"] else "missing"
        message = marked("Please enter an e-mail address, like name@example.org.")
        raise InvalidInput([FieldProblem("email", code, message)])
    member = team.members.get(address)
    return member if member is not None and member.is_active else None


def _edit(row: ImportRow, member: Member, team: Team) -> MemberEdit:
    """Return what a row changes about a member: empty cells leave what there is.

    Raises:
        InvalidInput: A cell names what there is not, or cannot be.
    """
    checks = Checks()
    name = checks.optional_name("name", row["name"])
    checks.done()
    manager_id = _manager_id(row, team)
    if manager_id == member.member_id:
        message = marked("Nobody can be their own manager.")
        raise InvalidInput([FieldProblem("manager", "own_manager", message)])
    return MemberEdit(
        name=name or None,
        department_id=_listed_id(row, "department", team) or None,
        designation_id=_listed_id(row, "designation", team) or None,
        manager_id=manager_id or None,
        role=_role(row),
    )


def _placement(row: ImportRow, team: Team) -> Placement:
    """Return what somebody who is invited will be.

    Raises:
        InvalidInput: A cell names what there is not, or says nothing where it has to.
    """
    for column in ("department", "designation", "manager"):
        if not row[column]:
            message = marked("Whoever is invited needs one. Please fill this in.")
            raise InvalidInput([FieldProblem(column, "missing", message)])
    return Placement(
        _listed_id(row, "department", team),
        _listed_id(row, "designation", team),
        _manager_id(row, team),
        _role(row) or Role.MEMBER,
    )


_PARTS = {
    "department": (DirectoryPart.DEPARTMENTS, marked("There is no such department.")),
    "designation": (DirectoryPart.DESIGNATIONS, marked("There is no such designation.")),
}


def _listed_id(row: ImportRow, column: str, team: Team) -> str:
    part, message = _PARTS[column]
    listed_id = team.directory.id_of(part, row[column])
    if row[column] and not listed_id:
        raise InvalidInput([FieldProblem(column, "not_in_directory", message)])
    return listed_id


def _manager_id(row: ImportRow, team: Team) -> str:
    if not row["manager"]:
        return ""
    manager = team.members.get(normalized_email(row["manager"]) or "")
    if manager is None or not manager.is_active:
        message = marked("No member of the team has this address.")
        raise InvalidInput([FieldProblem("manager", "not_a_member", message)])
    return manager.member_id


def _role(row: ImportRow) -> Role | None:
    typed = row["role"].casefold()
    if not typed:
        return None
    if typed not in list(Role):
        message = marked("A role is either admin or member.")
        raise InvalidInput([FieldProblem("role", "unknown_role", message)])
    return Role(typed)


def _outcome_of(before: Member, after: Member) -> RowOutcome:
    return RowOutcome.UNCHANGED if after == before else RowOutcome.UPDATED


_INVITED = {
    InvitationOutcome.INVITED: RowOutcome.CREATED,
    InvitationOutcome.ALREADY_INVITED: RowOutcome.UNCHANGED,
    InvitationOutcome.ALREADY_MEMBER: RowOutcome.UNCHANGED,
}


def _outcome_of_invitation(outcome: InvitationOutcome) -> RowOutcome:
    """Raises InvalidInput, _TooManyToday."""
    if outcome is InvitationOutcome.TOO_MANY_TODAY:
        raise _TooManyToday
    if outcome not in _INVITED:
        message = marked("This address was sent enough invitations for now.")
        raise InvalidInput([FieldProblem("email", outcome.value, message)])
    return _INVITED[outcome]


def _with_repetitions_named(rows: Sequence[ImportRow]) -> Sequence[ImportRow]:
    """Return rows in which each that has the address of an earlier one says so."""
    first: dict[str, int] = {}
    named = []
    for row in rows:
        address = normalized_email(row["email"])
        if (
            address is not None
            and not row.code
            and first.setdefault(address, row.number) != (row.number)
        ):
            message = marked("An earlier row has this address already.")
            named.append(replace(row, column="email", code="repeated", message=message))
        else:
            named.append(row)
    return named


def _team(
    organization_id: str,
    rows: Iterable[ImportRow],
    *,
    members: ports.Members,
    directories: ports.Directories,
    invitations: ports.Invitations,
) -> Team:
    addresses = sorted(
        {
            address
            for row in rows
            for column in ("email", "manager")
            if (address := normalized_email(row[column])) is not None
        }
    )
    found: dict[str, Member] = {}
    invited: dict[str, Invitation] = {}
    for part in itertools.batched(addresses, _ADDRESSES_AT_ONCE, strict=False):
        found |= members.at_addresses(organization_id, part)
        invited |= invitations.open_to(organization_id, part)
    return Team(found, invited, directories.get(organization_id))


def _sum(
    before: Mapping[RowOutcome, int], rows: Sequence[ImportRow], done: Sequence[ImportRow]
) -> dict[RowOutcome, int]:
    """Return how many rows came to what, with those that have just been done."""
    new = counted(after for row, after in zip(rows, done, strict=False) if not row.outcome)
    return {
        outcome: count
        for outcome in RowOutcome
        if (count := before.get(outcome, 0) + new.get(outcome, 0))
    }


def _next_day(now: datetime) -> datetime:
    """Return when the window of the daily limit begins anew."""
    window = int(INVITATIONS_PER_ORGANIZATION.window.total_seconds())
    return datetime.fromtimestamp((int(now.timestamp()) // window + 1) * window, UTC)


def _fingerprint(rows: Sequence[ImportRow], *, is_dry_run: bool) -> str:
    written = json.dumps([is_dry_run, *([row.number, dict(row.cells)] for row in rows)])
    return hashlib.sha256(written.encode()).hexdigest()


def _entry(by: SignedIn, what: MemberImport, *, now: datetime) -> Entry:
    return entry_by(
        by, Activity.MEMBERS_IMPORTED, now=now, subject_id=what.import_id, rows=str(what.rows)
    )
