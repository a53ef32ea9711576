"""What members may connect: which platforms, and accounts of which domains."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, entry_by
from scheduling.domain.checks import Checks
from scheduling.domain.policy import Act, require
from scheduling.domain.refusals import OrganizationChanged, marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.connections import Connection, Platform
    from scheduling.domain.people import Member, Organization
    from scheduling.domain.sessions import SignedIn
    from scheduling.provider_ports import Connections

MOST_DOMAINS = 20

_MOST_MEMBERS = 100

_DOMAIN = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]+")
"""A host name of at least two labels. Source: RFC 1123 section 2.1, lengths of RFC 1035."""

_FIELDS = ("blocked_platforms", "account_domains", "refuses_other_accounts")


@dataclass(frozen=True, slots=True)
class PlatformPolicy:
    """What members of an organization may connect."""

    blocked_platforms: frozenset[Platform]
    """What nobody can connect from now on; what is connected stays, and can be removed."""
    account_domains: tuple[str, ...]
    """As they were typed; any account will do where empty."""
    refuses_other_accounts: bool
    """Whether accounts outside of them are refused, or merely warned of."""


@dataclass(frozen=True, slots=True)
class StillConnected:
    """What is connected of a platform that is blocked: it stays until somebody removes it."""

    member: Member
    platform: Platform
    connection: Connection


def still_connected(
    by: SignedIn, *, now: datetime, members: ports.Members, connections: Connections
) -> Sequence[StillConnected]:
    """Return what is connected of blocked platforms, of at most 100 members.

    Raises:
        NotAllowed: Only admins may.
    """
    require(by, Act.MANAGE_CONNECTIONS, now=now)
    organization = by.organization
    if not organization.blocked_platforms:
        return []
    found = [
        (platform, connection)
        for connection in connections.of_organization(organization.organization_id)
        for platform in sorted(organization.blocked_platforms & connection.platforms)
        if connection.is_on
    ]
    whose = sorted({connection.key.member_id for _, connection in found})[:_MOST_MEMBERS]
    people = members.get_all(organization.organization_id, whose)
    by_id = {member.member_id: member for member in people}
    return [
        StillConnected(by_id[connection.key.member_id], platform, connection)
        for platform, connection in found
        if connection.key.member_id in by_id
    ]


def edit_platform_policy(
    by: SignedIn,
    policy: PlatformPolicy,
    *,
    version: int | None,
    now: datetime,
    organizations: ports.Organizations,
) -> Organization:
    """Say what may be connected from now on; where that changes nothing, nothing is stored.

    Args:
        version: The organization's that was read before; None to change whatever there is.

    Raises:
        NotAllowed: Only admins may.
        OrganizationChanged: Somebody changed it since `version` was read, or at the same moment.
        InvalidInput: Names each field that cannot be accepted.
    """
    require(by, Act.MANAGE_CONNECTIONS, now=now)
    before = by.organization
    if version not in {None, before.version}:
        raise OrganizationChanged
    after = replace(
        before,
        blocked_platforms=policy.blocked_platforms,
        account_domains=_checked(policy.account_domains),
        refuses_other_accounts=policy.refuses_other_accounts,
    )
    if after == before:
        return before
    after = replace(after, version=before.version + 1)
    changed = [field for field in _FIELDS if getattr(before, field) != getattr(after, field)]
    entry = entry_by(by, Activity.PLATFORM_POLICY_CHANGED, now=now, fields=" ".join(changed))
    organizations.replace(after, entry)
    return after


def _checked(typed: Iterable[str]) -> tuple[str, ...]:
    """Return domains in lower case, each once, in their order.

    Raises:
        InvalidInput: One is none, or there are too many.
    """
    domains = dict.fromkeys(domain.strip().lower().removeprefix("@") for domain in typed)
    checks = Checks()
    if not all(map(_DOMAIN.fullmatch, domains)):
        message = marked("Please enter domains, like example.org.")
        checks.refuse("account_domains", "invalid_domain", message)
    elif len(domains) > MOST_DOMAINS:
        checks.refuse("account_domains", "too_many", marked("Please enter at most 20 domains."))
    checks.done()
    return tuple(domains)
