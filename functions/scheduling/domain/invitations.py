"""Inviting people into the team."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from scheduling.domain.messages import Message, MessageKind, Recipient, Subject
from scheduling.domain.people import Role, normalized_email

if TYPE_CHECKING:
    from datetime import datetime

MOST_ADDRESSES = 100
"""That one request may invite."""


class InvitationState(StrEnum):
    PENDING = "pending"
    EXPIRED = "expired"
    """It can be sent again."""
    ACCEPTED = "accepted"
    REVOKED = "revoked"


class InvitationOutcome(StrEnum):
    """What became of one address that was to be invited."""

    INVITED = "invited"
    ALREADY_MEMBER = "already_member"
    ALREADY_INVITED = "already_invited"
    INVALID_EMAIL = "invalid_email"
    TOO_MANY_TO_ADDRESS = "too_many_to_address"
    """The address was sent enough invitations for now."""
    TOO_MANY_TODAY = "too_many_today"
    """The organization has sent as many as it may in a day."""


@dataclass(frozen=True, slots=True)
class Placement:
    """What somebody is in the team; fixed when they are invited."""

    department_id: str
    designation_id: str
    manager_id: str
    role: Role = Role.MEMBER


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody who was asked to join, at one address."""

    invitation_id: str
    organization_id: str
    email: str
    placement: Placement
    invited_by_id: str
    invited_at: datetime
    number: int
    """How often it was sent; the latest mail bears this number."""
    link_id: str
    """The link in the latest mail."""
    sent_at: datetime
    expires_at: datetime
    accepted_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it was neither accepted nor revoked; its time may be up."""
        return self.accepted_at is None and self.revoked_at is None

    @property
    def message(self) -> Message:
        """The latest mail."""
        return Message(
            organization_id=self.organization_id,
            subject=Subject.INVITATION,
            subject_id=self.invitation_id,
            version=self.number,
            kind=MessageKind.MEMBER_INVITATION,
            recipient=Recipient.MEMBER,
        )

    def state(self, now: datetime) -> InvitationState:
        if self.accepted_at is not None:
            return InvitationState.ACCEPTED
        if self.revoked_at is not None:
            return InvitationState.REVOKED
        return InvitationState.EXPIRED if now >= self.expires_at else InvitationState.PENDING


def typed_addresses(typed: str) -> list[str]:
    """Return what stands between commas, semicolons and line ends: each once, in its order.

    Addresses come back as `normalized_email` writes them, other words as they were typed.
    """
    words = (word.strip() for word in re.split(r"[,;\r\n]", typed))
    return list(dict.fromkeys(normalized_email(word) or word for word in words if word))
