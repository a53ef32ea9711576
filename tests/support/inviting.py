"""Inviting people into the team, on adapters in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scheduling.domain.directory import Directory, DirectoryPart, Listed
from scheduling.domain.identifiers import derived_id
from scheduling.domain.invitations import InvitationOutcome, Placement
from scheduling.use_cases.invitations import invite_members
from scheduling.use_cases.joining import accept_invitation
from tests.support.builders import AIKO, ORGANIZATION, STAFF, an_entry
from tests.support.road import do, token

if TYPE_CHECKING:
    from scheduling.domain.invitations import Invitation
    from scheduling.domain.people import Member, Organization
    from scheduling.domain.sessions import SignedIn
    from scheduling.use_cases.sign_in import StartedSession
    from tests.support.in_memory import InMemoryAdapters

DESIGN, DESIGNER = (
    Listed(derived_id("design"), "Design"),
    Listed(derived_id("designer"), "Designer"),
)
PLACEMENT = Placement(DESIGN.listed_id, DESIGNER.listed_id, AIKO.member_id)
BEN = "ben@hanami.example"


def keep_directory(parley: InMemoryAdapters, organization: Organization = ORGANIZATION) -> None:
    """Have one department and one designation to choose from."""
    directory = Directory(organization.organization_id)
    for part, listed in (
        (DirectoryPart.DEPARTMENTS, DESIGN),
        (DirectoryPart.DESIGNATIONS, DESIGNER),
    ):
        directory = directory.having(part, listed)
        parley.directories.replace(directory, an_entry())


def invited(
    parley: InMemoryAdapters,
    typed: str,
    placement: Placement = PLACEMENT,
    *,
    by: SignedIn = STAFF,
    key: str = "form",
) -> dict[str, InvitationOutcome]:
    """Invite people, and return what became of each address."""
    results = do(parley, invite_members, by, typed, placement, key=key)
    return {result.email: result.outcome for result in results}


def invitation_of(
    parley: InMemoryAdapters, email: str = BEN, organization: Organization = ORGANIZATION
) -> Invitation:
    return parley.invitations.open_to(organization.organization_id, [email])[email]


def invite_one(parley: InMemoryAdapters, email: str = BEN, **more: Any) -> Invitation:
    assert invited(parley, email, **more) == {email: InvitationOutcome.INVITED}
    return invitation_of(parley, email)


def joined(
    parley: InMemoryAdapters,
    invitation: Invitation,
    name: str = "Ben Ode",
    zone_name: str = "Europe/London",
) -> StartedSession:
    """Accept the latest mail of an invitation."""
    return do(
        parley,
        accept_invitation,
        token(parley, invitation.link_id),
        name,
        zone_name,
        network="198.51.100.0/24",
    )


def member_of(parley: InMemoryAdapters, email: str = BEN) -> Member:
    """Return the only member with an address."""
    [member] = parley.members.with_email(email)
    return member
