"""Setting up an organization, by whoever operates the deployment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduling.domain.checks import Checks
from scheduling.domain.sign_ups import SignUp
from scheduling.use_cases.links import link_address
from scheduling.use_cases.new_organizations import add_organization
from scheduling.use_cases.sign_in import sign_in_link

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from scheduling import ports


@dataclass(frozen=True, slots=True)
class CreatedOrganization:
    """An organization, and the way into it."""

    organization_id: str
    member_id: str
    sign_in_url: str
    """Works once, in any browser."""
    created: bool
    """False where the admin had an organization already."""


def create_organization(
    organization_name: str,
    admin_name: str,
    admin_email: str,
    zone_name: str,
    *,
    link_life: timedelta,
    now: datetime,
    base_url: str,
    organizations: ports.Organizations,
    members: ports.Members,
    links: ports.Links,
    link_keys: ports.LinkKeys,
) -> CreatedOrganization:
    """Create an organization with its first admin, and a link that signs them in.

    An admin who has one already keeps it and gets a fresh link.

    Raises:
        InvalidInput: Names each field that cannot be accepted.
    """
    checks = Checks()
    organization_name = checks.name("organization_name", organization_name)
    admin_name = checks.name("admin_name", admin_name)
    address = checks.email("admin_email", admin_email)
    checks.zone("time_zone", zone_name)
    checks.done()
    found = members.with_email(address)
    if found:
        admin = found[0]
    else:
        wanted = SignUp(organization_name, admin_name, zone_name, locale="en")
        admin = add_organization(wanted, address, now=now, organizations=organizations)
    link = sign_in_link(address, now=now, life=link_life)
    links.add(link)
    return CreatedOrganization(
        organization_id=admin.organization_id,
        member_id=admin.member_id,
        sign_in_url=link_address(base_url, link, link_keys),
        created=not found,
    )
