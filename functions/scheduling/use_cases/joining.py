"""Accepting an invitation: how somebody becomes a member of the team."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, Actor, ActorKind, Entry
from scheduling.domain.checks import Checks
from scheduling.domain.identifiers import new_id
from scheduling.domain.links import LinkPurpose
from scheduling.domain.people import Member
from scheduling.domain.refusals import AlreadyMember, InvitationRevoked, MemberChanged
from scheduling.use_cases.links import read_link_for
from scheduling.use_cases.sign_in import StartedSession, start_session

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.invitations import Invitation
    from scheduling.domain.people import Organization


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """What somebody reads who follows the link of their invitation."""

    invitation: Invitation
    organization: Organization
    invited_by: Member


def open_invitation(
    token: str,
    *,
    now: datetime,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    organizations: ports.Organizations,
    members: ports.Members,
    invitations: ports.Invitations,
) -> OpenInvitation:
    """Return the invitation behind a link that works.

    Raises:
        LinkNotFound, LinkExpired, LinkReplaced, LinkUsed: The link does not work.
        InvitationRevoked: Whoever invited them has changed their mind.
        AlreadyMember: They are in the team.
    """
    invitation = _read(token, now=now, links=links, link_keys=link_keys, invitations=invitations)
    _former(invitation, members)
    return OpenInvitation(
        invitation,
        organizations.get(invitation.organization_id),
        members.get(invitation.organization_id, invitation.invited_by_id),
    )


def accept_invitation(
    token: str,
    name: str,
    zone_name: str,
    *,
    network: str,
    now: datetime,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    members: ports.Members,
    invitations: ports.Invitations,
    sessions: ports.Sessions,
) -> StartedSession:
    """Make a member of whoever was invited, once, and sign them in.

    They get the placement of the invitation. Somebody who was a member before
    comes back as the same one. Nobody who is a member is changed.

    Args:
        network: Where the request comes from, as `domain.audit.masked_network` writes it.

    Raises:
        LinkNotFound, LinkExpired, LinkReplaced, LinkUsed: The link does not work.
        InvitationRevoked: Whoever invited them has changed their mind.
        AlreadyMember: They are in the team.
        InvalidInput: Names each field that cannot be accepted.
    """
    invitation = _read(token, now=now, links=links, link_keys=link_keys, invitations=invitations)
    former = _former(invitation, members)
    checks = Checks()
    name = checks.name("name", name)
    checks.zone("time_zone", zone_name)
    checks.done()
    newcomer = former or Member(
        member_id=new_id(),
        organization_id=invitation.organization_id,
        name=name,
        email=invitation.email,
        role=invitation.placement.role,
        time_zone=zone_name,
        version=0,
    )
    member = replace(
        newcomer,
        **asdict(invitation.placement),
        name=name,
        time_zone=zone_name,
        joined_at=now,
        removed_at=None,
        # A session from before they were removed stays over.
        session_epoch=newcomer.session_epoch + 1,
        version=newcomer.version + 1,
    )
    entry = Entry(
        organization_id=invitation.organization_id,
        at=now,
        actor=Actor(ActorKind.MEMBER, member.member_id, network),
        activity=Activity.MEMBER_JOINED,
        subject_id=member.member_id,
        facts={"invitation_id": invitation.invitation_id},
    )
    try:
        invitations.accept(replace(invitation, accepted_at=now), member, entry)
    except MemberChanged:
        raise AlreadyMember from None
    return start_session(member, now=now, sessions=sessions)


def _read(
    token: str,
    *,
    now: datetime,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    invitations: ports.Invitations,
) -> Invitation:
    link = read_link_for(LinkPurpose.INVITATION, token, now=now, links=links, link_keys=link_keys)
    invitation = invitations.get(link.organization_id, link.subject_id)
    if invitation.revoked_at is not None:
        raise InvitationRevoked
    return invitation


def _former(invitation: Invitation, members: ports.Members) -> Member | None:
    """Return whoever was a member with this address and was removed, if there is somebody.

    Raises:
        AlreadyMember: They are one now.
    """
    for member in members.with_email(invitation.email):
        if member.organization_id == invitation.organization_id:
            if member.is_active:
                raise AlreadyMember
            return member
    return None
