"""Who is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduling.domain.people import Member, Organization, Role

SESSION_LIFE = {Role.ADMIN: timedelta(hours=12), Role.MEMBER: timedelta(days=7)}
"""Counted from the sign-in: reading a page writes nothing, so it cannot extend a session."""


@dataclass(frozen=True, slots=True)
class Session:
    """That a browser is signed in as a member."""

    session_hash: str
    """Hash of the secret in the cookie."""
    organization_id: str
    member_id: str
    expires_at: datetime
    proven_at: datetime
    """When whoever has the cookie last proved that the member's mailbox is theirs."""
    epoch: int = 0
    """The member's `session_epoch` when it began."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person behind a request, read anew with each request."""

    member: Member
    organization: Organization
    proven_at: datetime
    """When they last proved that their mailbox is theirs."""
    network: str = ""
    """Where the request came from, as `domain.audit.masked_network` writes it."""

    @property
    def locale(self) -> str:
        """The language of what they read."""
        return self.member.locale or self.organization.locale
