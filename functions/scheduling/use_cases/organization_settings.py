"""What an organization says about itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, entry_by
from scheduling.domain.checks import Checks
from scheduling.domain.policy import Act, require
from scheduling.domain.refusals import OrganizationChanged

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.people import Organization
    from scheduling.domain.sessions import SignedIn


@dataclass(frozen=True, slots=True)
class OrganizationEdit:
    """What is to be another way; None for what stays."""

    name: str | None = None
    time_zone: str | None = None
    """Of booking pages and people to come; those there are keep theirs."""
    locale: str | None = None
    support_contact: str | None = None
    """An address or a number; empty for nobody."""


def edit_organization(
    by: SignedIn,
    edit: OrganizationEdit,
    *,
    version: int | None = None,
    now: datetime,
    organizations: ports.Organizations,
) -> Organization:
    """Change what is said about the organization; where that changes nothing, nothing is stored.

    Args:
        version: The one that was read before editing; None to change whatever there is.

    Raises:
        NotAllowed: Only admins may.
        OrganizationChanged: Somebody changed it since `version` was read, or at the same moment.
        InvalidInput: Names each field that cannot be accepted.
    """
    require(by, Act.EDIT_ORGANIZATION, now=now)
    before = by.organization
    if version not in {None, before.version}:
        raise OrganizationChanged
    checks = Checks()
    after = replace(
        before,
        name=before.name if edit.name is None else checks.name("name", edit.name),
        time_zone=(
            before.time_zone if edit.time_zone is None else checks.zone("time_zone", edit.time_zone)
        ),
        locale=before.locale if edit.locale is None else checks.language("locale", edit.locale),
        support_contact=(
            before.support_contact
            if edit.support_contact is None
            else checks.optional_name("support_contact", edit.support_contact)
        ),
    )
    checks.done()
    if after == before:
        return before
    after = replace(after, version=before.version + 1)
    organizations.replace(after, entry_by(by, Activity.ORGANIZATION_EDITED, now=now))
    return after
