"""What a new organization begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, Actor, ActorKind, Entry
from scheduling.domain.identifiers import new_id
from scheduling.domain.people import Member, Organization, Role

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.sign_ups import SignUp


def add_organization(
    wanted: SignUp, address: str, *, now: datetime, organizations: ports.Organizations
) -> Member:
    """Store an organization and return its first member, an admin who has `address`."""
    organization = Organization(new_id(), wanted.organization_name, wanted.time_zone, wanted.locale)
    admin = Member(
        member_id=new_id(),
        organization_id=organization.organization_id,
        name=wanted.admin_name,
        email=address,
        role=Role.ADMIN,
        time_zone=wanted.time_zone,
        joined_at=now,
    )
    entry = Entry(
        organization.organization_id,
        now,
        Actor(ActorKind.PARLEY),
        Activity.ORGANIZATION_CREATED,
        subject_id=admin.member_id,
    )
    organizations.add(organization, admin, entry)
    return admin
