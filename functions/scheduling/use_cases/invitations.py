"""Inviting people into the team: who was asked, and how far that is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, entry_by
from scheduling.domain.checks import Checks
from scheduling.domain.directory import DirectoryPart
from scheduling.domain.identifiers import derived_id
from scheduling.domain.invitations import (
    MOST_ADDRESSES,
    Invitation,
    InvitationOutcome,
    InvitationState,
    Placement,
    typed_addresses,
)
from scheduling.domain.links import INVITATION_LIFE, Link, LinkPurpose, new_link_id
from scheduling.domain.lists import ListPage
from scheduling.domain.people import Role, normalized_email
from scheduling.domain.policy import Act, require
from scheduling.domain.rate_limits import INVITATIONS_PER_ADDRESS, INVITATIONS_PER_ORGANIZATION
from scheduling.domain.refusals import (
    EmailAlreadyInvited,
    IdempotencyKeyReused,
    InvitationChanged,
    MemberNotFound,
    TooManyRequests,
    marked,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.directory import Directory, Listed
    from scheduling.domain.messages import Delivery
    from scheduling.domain.sessions import SignedIn


@dataclass(frozen=True, slots=True)
class InvitationResult:
    """What became of one address."""

    email: str
    """As it was typed where it is none."""
    outcome: InvitationOutcome
    invitation_id: str = ""
    """Of the one that was sent; empty where none was."""


@dataclass(frozen=True, slots=True)
class InvitationOverview:
    """An invitation as admins see it."""

    invitation: Invitation
    state: InvitationState
    department: str
    """Empty where it was removed from the directory."""
    designation: str
    """Empty where it was removed from the directory."""
    delivery: Delivery
    """Of the latest mail."""


def placement_choices(
    by: SignedIn, *, now: datetime, directories: ports.Directories
) -> Mapping[DirectoryPart, Sequence[Listed]]:
    """Return what an admin can choose from who invites somebody; each by name.

    Raises:
        NotAllowed: Only admins do this.
    """
    require(by, Act.INVITE_MEMBER, now=now)
    directory = directories.get(by.organization.organization_id)
    return {part: directory.listed(part) for part in DirectoryPart}


def invite_members(
    by: SignedIn,
    typed: str,
    placement: Placement,
    *,
    key: str,
    now: datetime,
    members: ports.Members,
    directories: ports.Directories,
    invitations: ports.Invitations,
    rate_limits: ports.RateLimits,
) -> Sequence[InvitationResult]:
    """Invite up to 100 people at once, and tell for each address what became of it.

    Whoever was a member before may be invited again. One bad address keeps no
    other from being invited.

    Args:
        typed: Addresses with commas, semicolons or line ends between them.
        key: Chosen by the client: an address is invited once under the same key.

    Raises:
        NotAllowed: Only admins do this.
        ProofRequired: Inviting admins takes a fresh proof of who is asking.
        InvalidInput: Names each field that cannot be accepted; nobody was invited.
        IdempotencyKeyReused: The key was sent for another placement before.
        LimiterUnavailable: It could not be counted. Doing it again under the same key goes on.
    """
    require(by, Act.INVITE_MEMBER, now=now)
    if placement.role is Role.ADMIN:
        require(by, Act.CHANGE_ROLE, now=now)
    addresses = _checked(by, typed, placement, members=members, directories=directories)
    organization_id = by.organization.organization_id
    drafts = {
        address: _draft(by, address, placement, key=key, now=now)
        for address in addresses
        if normalized_email(address) is not None
    }
    found = invitations.open_to(organization_id, list(drafts))
    for email, stored in found.items():
        if _is_same(drafts[email], stored) and stored.placement != placement:
            raise IdempotencyKeyReused
    return [
        _invite(
            by,
            drafts[address],
            found.get(address),
            now=now,
            members=members,
            invitations=invitations,
            rate_limits=rate_limits,
        )
        if address in drafts
        else InvitationResult(address, InvitationOutcome.INVALID_EMAIL)
        for address in addresses
    ]


def list_invitations(
    by: SignedIn,
    *,
    cursor: str | None,
    limit: int,
    now: datetime,
    directories: ports.Directories,
    invitations: ports.Invitations,
    outbox: ports.Outbox,
) -> ListPage[InvitationOverview]:
    """Return the invitations that nobody has accepted or revoked, the newest first.

    Raises:
        NotAllowed: Only admins see them.
    """
    require(by, Act.INVITE_MEMBER, now=now)
    organization_id = by.organization.organization_id
    page = invitations.list(organization_id, cursor=cursor, limit=limit)
    return ListPage(
        tuple(
            _overviews(
                page.items,
                now=now,
                directory=directories.get(organization_id),
                deliveries=outbox.get_all([invitation.message for invitation in page.items]),
            )
        ),
        page.next_cursor,
    )


def invitation_overview(
    by: SignedIn,
    invitation_id: str,
    *,
    now: datetime,
    directories: ports.Directories,
    invitations: ports.Invitations,
    outbox: ports.Outbox,
) -> InvitationOverview:
    """Return one invitation, whatever became of it.

    Raises:
        NotAllowed: Only admins see it.
        InvitationNotFound: The organization has none with this id.
    """
    require(by, Act.INVITE_MEMBER, now=now)
    organization_id = by.organization.organization_id
    invitation = invitations.get(organization_id, invitation_id)
    [overview] = _overviews(
        [invitation],
        now=now,
        directory=directories.get(organization_id),
        deliveries=[outbox.get(invitation.message)],
    )
    return overview


def send_invitation_again(
    by: SignedIn,
    invitation_id: str,
    *,
    now: datetime,
    invitations: ports.Invitations,
    rate_limits: ports.RateLimits,
) -> Invitation:
    """Mail a new link, which lives as long as the first one did; the link before ends.

    Raises:
        NotAllowed: Only admins do this.
        ProofRequired: Inviting admins takes a fresh proof of who is asking.
        InvitationNotFound: The organization has none with this id.
        InvitationChanged: It was accepted or revoked, or sent again at the same moment.
        TooManyRequests: The address, or the organization, has had enough mails.
        LimiterUnavailable: It could not be counted.
    """
    require(by, Act.INVITE_MEMBER, now=now)
    before = invitations.get(by.organization.organization_id, invitation_id)
    if before.placement.role is Role.ADMIN:
        require(by, Act.CHANGE_ROLE, now=now)
    if not before.is_open:
        raise InvitationChanged
    if _limit_reached(before, now=now, rate_limits=rate_limits) is not None:
        raise TooManyRequests
    after = replace(
        before,
        number=before.number + 1,
        link_id=new_link_id(),
        sent_at=now,
        expires_at=now + INVITATION_LIFE,
    )
    entry = entry_by(by, Activity.INVITATION_SENT_AGAIN, now=now, subject_id=invitation_id)
    invitations.send_again(after, invitation_link(after), entry, replaces=before.link_id)
    return after


def revoke_invitation(
    by: SignedIn, invitation_id: str, *, now: datetime, invitations: ports.Invitations
) -> None:
    """Take an invitation back: its link ends, and its address can be invited anew.

    Raises:
        NotAllowed: Only admins do this.
        InvitationNotFound: The organization has none with this id.
        InvitationChanged: It was accepted or revoked, or sent again at the same moment.
    """
    require(by, Act.INVITE_MEMBER, now=now)
    invitation = invitations.get(by.organization.organization_id, invitation_id)
    _revoke(by, invitation, now=now, invitations=invitations)


def invitation_link(invitation: Invitation) -> Link:
    """Return the link in the latest mail."""
    return Link(
        link_id=invitation.link_id,
        purpose=LinkPurpose.INVITATION,
        organization_id=invitation.organization_id,
        subject_id=invitation.invitation_id,
        created_at=invitation.sent_at,
        expires_at=invitation.expires_at,
        generation=invitation.number,
    )


def _checked(
    by: SignedIn,
    typed: str,
    placement: Placement,
    *,
    members: ports.Members,
    directories: ports.Directories,
) -> Sequence[str]:
    """Return the addresses, good and bad ones.

    Raises:
        InvalidInput: Names each field that cannot be accepted.
    """
    checks = Checks()
    addresses = typed_addresses(typed)
    if not addresses:
        checks.refuse("emails", "missing", marked("Please enter at least one e-mail address."))
    elif len(addresses) > MOST_ADDRESSES:
        checks.refuse("emails", "too_many", marked("Please invite at most 100 people at once."))
    _check_placement(checks, by, placement, members=members, directories=directories)
    checks.done()
    return addresses


def _check_placement(
    checks: Checks,
    by: SignedIn,
    placement: Placement,
    *,
    members: ports.Members,
    directories: ports.Directories,
) -> None:
    """Refuse a department or a designation that is not listed, and a manager who is no member."""
    organization_id = by.organization.organization_id
    directory = directories.get(organization_id)
    if placement.department_id not in directory.departments:
        code = "not_in_directory" if placement.department_id else "missing"
        checks.refuse("department_id", code, marked("Please choose a department."))
    if placement.designation_id not in directory.designations:
        code = "not_in_directory" if placement.designation_id else "missing"
        checks.refuse("designation_id", code, marked("Please choose a designation."))
    if not _is_active_member(organization_id, placement.manager_id, members):
        code = "not_a_member" if placement.manager_id else "missing"
        checks.refuse("manager_id", code, marked("Please choose a member of the team as manager."))


def _is_active_member(organization_id: str, member_id: str, members: ports.Members) -> bool:
    try:
        return members.get(organization_id, member_id).is_active
    except MemberNotFound:
        return False


def _draft(
    by: SignedIn, email: str, placement: Placement, *, key: str, now: datetime
) -> Invitation:
    organization_id = by.organization.organization_id
    return Invitation(
        invitation_id=derived_id("invitation", organization_id, key, email),
        organization_id=organization_id,
        email=email,
        placement=placement,
        invited_by_id=by.member.member_id,
        invited_at=now,
        number=1,
        link_id=new_link_id(),
        sent_at=now,
        expires_at=now + INVITATION_LIFE,
    )


def _invite(
    by: SignedIn,
    draft: Invitation,
    stored: Invitation | None,
    *,
    now: datetime,
    members: ports.Members,
    invitations: ports.Invitations,
    rate_limits: ports.RateLimits,
) -> InvitationResult:
    """Invite one person.

    Args:
        stored: The open invitation that their address has already.
    """
    if any(
        member.is_active and member.organization_id == draft.organization_id
        for member in members.with_email(draft.email)
    ):
        return InvitationResult(draft.email, InvitationOutcome.ALREADY_MEMBER)
    if stored and (_is_same(draft, stored) or stored.state(now) is InvitationState.PENDING):
        return _invited_before(draft, stored)
    limit = _limit_reached(draft, now=now, rate_limits=rate_limits)
    if limit is not None:
        return InvitationResult(draft.email, limit)
    entry = entry_by(by, Activity.MEMBER_INVITED, now=now, subject_id=draft.invitation_id)
    try:
        if stored:
            # Its time is up, so it makes room for the new one.
            _revoke(by, stored, now=now, invitations=invitations)
        invitations.add(draft, invitation_link(draft), entry)
    except (EmailAlreadyInvited, InvitationChanged):
        # Somebody else invited them just now, or this very request arrived twice.
        found = invitations.open_to(draft.organization_id, [draft.email])
        return _invited_before(draft, found.get(draft.email))
    return InvitationResult(draft.email, InvitationOutcome.INVITED, draft.invitation_id)


def _is_same(draft: Invitation, stored: Invitation) -> bool:
    """Tell whether an address was invited before under the same key."""
    return draft.invitation_id == stored.invitation_id


def _invited_before(draft: Invitation, stored: Invitation | None) -> InvitationResult:
    if stored and _is_same(draft, stored):
        return InvitationResult(draft.email, InvitationOutcome.INVITED, draft.invitation_id)
    return InvitationResult(draft.email, InvitationOutcome.ALREADY_INVITED)


def _limit_reached(
    invitation: Invitation, *, now: datetime, rate_limits: ports.RateLimits
) -> InvitationOutcome | None:
    """Count one mail; return which limit keeps it from being sent, or None.

    Raises:
        LimiterUnavailable: It could not be counted.
    """
    if not rate_limits.allows(INVITATIONS_PER_ADDRESS, invitation.email, now=now):
        return InvitationOutcome.TOO_MANY_TO_ADDRESS
    organization_id = invitation.organization_id
    if not rate_limits.allows(INVITATIONS_PER_ORGANIZATION, organization_id, now=now):
        return InvitationOutcome.TOO_MANY_TODAY
    return None


def _revoke(
    by: SignedIn, invitation: Invitation, *, now: datetime, invitations: ports.Invitations
) -> None:
    """Raises InvitationChanged."""
    if not invitation.is_open:
        raise InvitationChanged
    entry = entry_by(by, Activity.INVITATION_REVOKED, now=now, subject_id=invitation.invitation_id)
    invitations.revoke(replace(invitation, revoked_at=now), entry)


def _overviews(
    invitations: Sequence[Invitation],
    *,
    now: datetime,
    directory: Directory,
    deliveries: Sequence[Delivery],
) -> Iterator[InvitationOverview]:
    for invitation, delivery in zip(invitations, deliveries, strict=True):
        placement = invitation.placement
        yield InvitationOverview(
            invitation=invitation,
            state=invitation.state(now),
            department=directory.departments.get(placement.department_id, ""),
            designation=directory.designations.get(placement.designation_id, ""),
            delivery=delivery,
        )
