"""Asking a member to connect something: they alone can consent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduling.domain.messages import Message, MessageKind, Recipient, Subject

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling.domain.connections import Platform


@dataclass(frozen=True, slots=True)
class ConnectRequest:
    """The latest time that a member was asked to connect a platform."""

    organization_id: str
    member_id: str
    platform: Platform
    number: int
    """1 for the first, one more with each."""
    is_reconnect: bool
    """Whether it is connected, and broken."""
    asked_by_id: str
    """The admin who asked."""
    asked_at: datetime

    @property
    def message(self) -> Message:
        """The mail that asks."""
        return Message(
            organization_id=self.organization_id,
            subject=Subject.CONNECTION,
            subject_id=self.member_id,
            version=self.number,
            kind=(
                MessageKind.RECONNECT_REQUESTED
                if self.is_reconnect
                else MessageKind.CONNECT_REQUESTED
            ),
            recipient=Recipient.MEMBER,
            which=self.platform.value,
        )
