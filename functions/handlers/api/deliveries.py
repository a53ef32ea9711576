"""How deliveries are told in JSON."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel

from scheduling.domain.feedback import BounceKind
from scheduling.domain.messages import DeliveryState, MessageKind, Recipient

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scheduling.domain.feedback import Bounced
    from scheduling.domain.messages import Posted


class BounceResponse(BaseModel):
    at: datetime
    kind: BounceKind
    subtype: str
    diagnosis: str
    """What the recipient's server answered; no addresses, at most 200 characters."""

    @classmethod
    def of(cls, bounce: Bounced) -> BounceResponse:
        return cls(
            at=bounce.at, kind=bounce.kind, subtype=bounce.subtype, diagnosis=bounce.diagnosis
        )


class DeliveryResponse(BaseModel):
    """One mail to one recipient."""

    kind: MessageKind
    recipient: Recipient
    which: str
    """Tells those apart who are written to in one role."""
    version: int
    """Which state of the booking, or which request, it tells."""
    queued_at: datetime
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime | None
    last_error: str
    sent_at: datetime | None
    delayed_at: datetime | None
    delivered_at: datetime | None
    bounce: BounceResponse | None
    complained_at: datetime | None

    @classmethod
    def of(cls, posted: Posted) -> DeliveryResponse:
        message, delivery = posted.message, posted.delivery
        return cls(
            kind=message.kind,
            recipient=message.recipient,
            which=message.which,
            version=message.version,
            queued_at=posted.queued_at,
            state=delivery.state,
            attempts=delivery.attempts,
            next_attempt_at=delivery.next_attempt_at,
            last_error=delivery.last_error,
            sent_at=delivery.sent_at,
            delayed_at=delivery.delayed_at,
            delivered_at=delivery.delivered_at,
            bounce=BounceResponse.of(delivery.bounce) if delivery.bounce else None,
            complained_at=delivery.complained_at,
        )


class DeliveriesResponse(BaseModel):
    items: list[DeliveryResponse]
    """The newest first, at most 100."""

    @classmethod
    def of(cls, posted: Sequence[Posted]) -> DeliveriesResponse:
        return cls(items=[DeliveryResponse.of(each) for each in posted])
