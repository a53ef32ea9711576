"""The people of the team: finding them, and changing what is kept about them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, entry_by
from scheduling.domain.checks import Checks
from scheduling.domain.lists import ListPage, every
from scheduling.domain.people import ACTIVE_MEMBERS, normalized_email
from scheduling.domain.policy import Act, require
from scheduling.domain.refusals import MemberChanged, MemberNotFound, marked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.directory import Directory
    from scheduling.domain.people import Member, MemberFilter, Role
    from scheduling.domain.sessions import SignedIn

EXPORTED = 5_000
"""The most members one export has."""

_PART = 100

_PLACEMENT = ("department_id", "designation_id", "manager_id")


@dataclass(frozen=True, slots=True)
class MemberOverview:
    """A member as the team sees them."""

    member: Member
    department: str
    """Its name; empty where they are in none, or in one that was removed."""
    designation: str
    manager: Member | None
    """Perhaps one who was removed since."""


@dataclass(frozen=True, slots=True)
class MemberEdit:
    """What is to be different about a member; None where it stays as it is."""

    name: str | None = None
    time_zone: str | None = None
    locale: str | None = None
    """Empty for the organization's."""
    department_id: str | None = None
    """Empty for none, as the two that follow."""
    designation_id: str | None = None
    manager_id: str | None = None
    role: Role | None = None


def list_members(
    by: SignedIn,
    which: MemberFilter = ACTIVE_MEMBERS,
    *,
    cursor: str | None,
    limit: int,
    members: ports.Members,
) -> ListPage[Member]:
    """Return members of the organization by name, the active ones unless said otherwise."""
    return members.list(by.organization.organization_id, which, cursor=cursor, limit=limit)


def list_member_overviews(
    by: SignedIn,
    which: MemberFilter,
    *,
    cursor: str | None,
    limit: int,
    members: ports.Members,
    directories: ports.Directories,
) -> ListPage[MemberOverview]:
    """Return members of the organization by name, with the names of what they belong to.

    A part may be shorter than `limit`, or empty, and yet have a next one.
    """
    part = list_members(by, which, cursor=cursor, limit=limit, members=members)
    directory = directories.get(by.organization.organization_id)
    found = _overviews(part.items, directory, members=members)
    return ListPage(tuple(found), part.next_cursor)


def export_members(
    by: SignedIn,
    which: MemberFilter,
    *,
    now: datetime,
    members: ports.Members,
    directories: ports.Directories,
) -> Iterator[MemberOverview]:
    """Return members of the organization by name, at most `EXPORTED`.

    Raises:
        NotAllowed: Only admins may.
    """
    require(by, Act.EXPORT_MEMBERS, now=now)
    directory = directories.get(by.organization.organization_id)
    everybody = every(
        lambda cursor: list_members(by, which, cursor=cursor, limit=_PART, members=members)
    )
    parts = itertools.batched(itertools.islice(everybody, EXPORTED), _PART, strict=False)
    return itertools.chain.from_iterable(
        _overviews(part, directory, members=members) for part in parts
    )


def view_member(
    by: SignedIn, member_id: str, *, members: ports.Members, directories: ports.Directories
) -> MemberOverview:
    """Return a member, a removed one too.

    Raises:
        MemberNotFound: There never was one.
    """
    member = members.get(by.organization.organization_id, member_id)
    directory = directories.get(member.organization_id)
    [overview] = _overviews([member], directory, members=members)
    return overview


def member_id_at(by: SignedIn, typed: str, *, members: ports.Members) -> str:
    """Return the id of the active member with the address that was typed.

    Where there is none, what was typed comes back, which is nobody's id; empty where it is empty.
    """
    address = normalized_email(typed)
    found = members.with_email(address) if address else ()
    organization_id = by.organization.organization_id
    ids = (
        member.member_id
        for member in found
        if member.organization_id == organization_id and member.is_active
    )
    return next(ids, typed.strip())


def edit_member(
    by: SignedIn,
    member_id: str,
    edit: MemberEdit,
    *,
    version: int,
    now: datetime,
    members: ports.Members,
    directories: ports.Directories,
) -> Member:
    """Change what is kept about a member; who loses or gains the role of an admin is signed out.

    Args:
        version: The one that was read before editing.

    Raises:
        NotAllowed: It is somebody else, or about where they belong, and only admins may.
        ProofRequired: The role is to be another one.
        MemberNotFound: There is no such member, or they were removed.
        InvalidInput: Names each field that cannot be accepted.
        MemberChanged: Somebody changed them since `version` was read.
        LastAdmin: They are to be an admin no more, and nobody else is one.
    """
    require(by, Act.EDIT_MEMBER, of=member_id, now=now)
    before = members.get(by.organization.organization_id, member_id)
    if not before.is_active:
        raise MemberNotFound
    edited = edited_member(by, before, edit, now=now)
    after = _checked(before, edited, members=members, directories=directories)
    if version != before.version:
        raise MemberChanged
    if after == before:
        return before
    after = replace(after, version=version + 1)
    entry = entry_by(
        by, Activity.MEMBER_EDITED, now=now, subject_id=member_id, **_facts(before, after)
    )
    members.replace(after, entry)
    return after


def edited_member(by: SignedIn, before: Member, edit: MemberEdit, *, now: datetime) -> Member:
    """Return a member as somebody wants them to be, before it is checked whether that can be.

    Raises:
        NotAllowed, ProofRequired: Whoever wants it may not, or not without a fresh proof.
    """
    edited = _edited(before, edit)
    if _placement(edited) != _placement(before):
        require(by, Act.PLACE_MEMBER, of=before.member_id, now=now)
    if edited.role is not before.role:
        require(by, Act.CHANGE_ROLE, of=before.member_id, now=now)
        edited = replace(edited, session_epoch=before.session_epoch + 1)
    return edited


def _edited(before: Member, edit: MemberEdit) -> Member:
    return replace(
        before,
        name=before.name if edit.name is None else edit.name,
        time_zone=before.time_zone if edit.time_zone is None else edit.time_zone,
        locale=before.locale if edit.locale is None else edit.locale,
        department_id=before.department_id if edit.department_id is None else edit.department_id,
        designation_id=(
            before.designation_id if edit.designation_id is None else edit.designation_id
        ),
        manager_id=before.manager_id if edit.manager_id is None else edit.manager_id,
        role=edit.role or before.role,
    )


def _checked(
    before: Member, edited: Member, *, members: ports.Members, directories: ports.Directories
) -> Member:
    """Return the member as they are stored. What has not changed is not looked at again.

    Raises:
        InvalidInput: Names each field that cannot be accepted.
    """
    checks = Checks()
    name = checks.name("name", edited.name)
    checks.zone("time_zone", edited.time_zone)
    if edited.locale:
        checks.language("locale", edited.locale)
    if _placement(edited) != _placement(before):
        check_placement(
            checks,
            {field: getattr(edited, field) for field in _PLACEMENT},
            directories.get(before.organization_id),
            of=before.member_id,
            members=members,
        )
    checks.done()
    return replace(edited, name=name)


def check_placement(
    checks: Checks,
    placement: Mapping[str, str],
    directory: Directory,
    *,
    of: str,
    members: ports.Members,
) -> None:
    """Refuse a department, designation or manager that there is not; each may be empty.

    Args:
        of: The id of the member who is placed.
    """
    if (chosen := placement["department_id"]) and chosen not in directory.departments:
        message = marked("There is no such department.")
        checks.refuse("department_id", "unknown_department", message)
    if (chosen := placement["designation_id"]) and chosen not in directory.designations:
        message = marked("There is no such designation.")
        checks.refuse("designation_id", "unknown_designation", message)
    manager_id = placement["manager_id"]
    if not manager_id:
        return
    found = members.get_all(directory.organization_id, [manager_id])
    if not any(manager.is_active for manager in found):
        message = marked("Please choose a member of the team.")
        checks.refuse("manager_id", "not_a_member", message)
    elif manager_id == of:
        message = marked("Nobody can be their own manager.")
        checks.refuse("manager_id", "own_manager", message)


def _placement(member: Member) -> tuple[str, ...]:
    return tuple(getattr(member, field) for field in _PLACEMENT)


def _facts(before: Member, after: Member) -> dict[str, str]:
    """Return what an entry tells: which fields changed, and what the role is if it did."""
    fields = ("name", "time_zone", "locale", *_PLACEMENT, "role")
    changed = [field for field in fields if getattr(before, field) != getattr(after, field)]
    role = {"role": after.role.value} if "role" in changed else {}
    return {"fields": " ".join(changed), **role}


def _overviews(
    found: Sequence[Member], directory: Directory, *, members: ports.Members
) -> Iterator[MemberOverview]:
    """Yield members with the names of what they belong to, in one request at most."""
    known = {member.member_id: member for member in found}
    missing = {member.manager_id for member in found if member.manager_id} - known.keys()
    for manager in members.get_all(directory.organization_id, sorted(missing)):
        known[manager.member_id] = manager
    for member in found:
        yield MemberOverview(
            member,
            directory.departments.get(member.department_id, ""),
            directory.designations.get(member.designation_id, ""),
            known.get(member.manager_id),
        )
