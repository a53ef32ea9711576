"""Departments and designations: what the people of a team are told apart by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, entry_by
from scheduling.domain.checks import Checks
from scheduling.domain.directory import MOST_NAMES, Listed
from scheduling.domain.identifiers import derived_id, new_id
from scheduling.domain.policy import Act, require
from scheduling.domain.refusals import IdempotencyKeyReused, NotInDirectory, marked

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.directory import Directory, DirectoryPart
    from scheduling.domain.sessions import SignedIn


def view_directory(by: SignedIn, *, directories: ports.Directories) -> Directory:
    """Return the departments and designations of the organization."""
    return directories.get(by.organization.organization_id)


def add_to_directory(
    by: SignedIn,
    part: DirectoryPart,
    name: str,
    *,
    key: str,
    now: datetime,
    directories: ports.Directories,
) -> Listed:
    """Add a department or a designation.

    Args:
        key: Chosen by the client; the same key adds once, however often it is sent. Empty for
            none.

    Raises:
        NotAllowed: Only admins do this.
        InvalidInput: The name cannot be accepted, or something has it already.
        IdempotencyKeyReused: The key was sent with another name before.
        DirectoryChanged: Somebody else changed the directory at the same moment.
    """
    require(by, Act.EDIT_DIRECTORY, now=now)
    directory = view_directory(by, directories=directories)
    listed_id = derived_id(part, directory.organization_id, key) if key else new_id()
    if listed_id in directory.part(part):
        if directory.id_of(part, name) != listed_id:
            raise IdempotencyKeyReused
        return Listed(listed_id, directory.part(part)[listed_id])
    listed = _checked(directory, part, listed_id, name)
    _replace(
        by, directory.having(part, listed), part, listed_id, "added", now=now, into=directories
    )
    return listed


def listed_under(
    by: SignedIn,
    part: DirectoryPart,
    name: str,
    *,
    now: datetime,
    directories: ports.Directories,
) -> Listed:
    """Return the department or designation with this name; it is added where there is none.

    Raises:
        NotAllowed, InvalidInput, DirectoryChanged: As `add_to_directory` does.
    """
    directory = view_directory(by, directories=directories)
    listed_id = directory.id_of(part, name)
    if listed_id:
        return Listed(listed_id, directory.part(part)[listed_id])
    return add_to_directory(by, part, name, key="", now=now, directories=directories)


def rename_in_directory(
    by: SignedIn,
    part: DirectoryPart,
    listed_id: str,
    name: str,
    *,
    now: datetime,
    directories: ports.Directories,
) -> Listed:
    """Rename a department or a designation; whoever is in it stays in it.

    Raises:
        NotAllowed: Only admins do this.
        NotInDirectory: There is none with this id.
        InvalidInput: The name cannot be accepted, or something else has it already.
        DirectoryChanged: Somebody else changed the directory at the same moment.
    """
    require(by, Act.EDIT_DIRECTORY, now=now)
    directory = view_directory(by, directories=directories)
    if listed_id not in directory.part(part):
        raise NotInDirectory
    listed = _checked(directory, part, listed_id, name)
    if directory.part(part)[listed_id] != listed.name:
        after = directory.having(part, listed)
        _replace(by, after, part, listed_id, "renamed", now=now, into=directories)
    return listed


def remove_from_directory(
    by: SignedIn,
    part: DirectoryPart,
    listed_id: str,
    *,
    now: datetime,
    directories: ports.Directories,
) -> None:
    """Remove a department or a designation; whoever is in it has none from then on.

    Raises:
        NotAllowed: Only admins do this.
        NotInDirectory: There is none with this id.
        DirectoryChanged: Somebody else changed the directory at the same moment.
    """
    require(by, Act.EDIT_DIRECTORY, now=now)
    directory = view_directory(by, directories=directories)
    if listed_id not in directory.part(part):
        raise NotInDirectory
    after = directory.without(part, listed_id)
    _replace(by, after, part, listed_id, "removed", now=now, into=directories)


def _checked(directory: Directory, part: DirectoryPart, listed_id: str, name: str) -> Listed:
    """Raises InvalidInput."""
    checks = Checks()
    name = checks.name("name", name)
    if directory.id_of(part, name) not in {"", listed_id}:
        checks.refuse("name", "taken", marked("There is one with this name already."))
    elif listed_id not in directory.part(part) and len(directory.part(part)) >= MOST_NAMES:
        checks.refuse("name", "too_many", marked("There can be at most 200."))
    checks.done()
    return Listed(listed_id, name)


def _replace(
    by: SignedIn,
    after: Directory,
    part: DirectoryPart,
    listed_id: str,
    change: str,
    *,
    now: datetime,
    into: ports.Directories,
) -> None:
    """Raises DirectoryChanged."""
    entry = entry_by(
        by, Activity.DIRECTORY_EDITED, now=now, subject_id=listed_id, part=part, change=change
    )
    into.replace(after, entry)
