"""Stopping mails that would harm the sender, and letting them go on."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, Actor, ActorKind, Entry, entry_by
from scheduling.domain.availability_request import RequestFact
from scheduling.domain.feedback import Bounced, Delayed, Delivered
from scheduling.domain.message_tags import address_hash
from scheduling.domain.messages import Delivery, DeliveryState, Subject
from scheduling.domain.policy import Act, require
from scheduling.domain.reputation import CATEGORIES, SuppressionReason
from scheduling.use_cases.availability_requests import note_mail

if TYPE_CHECKING:
    from scheduling import ports
    from scheduling.domain.feedback import Feedback
    from scheduling.domain.messages import Message
    from scheduling.domain.reputation import PauseReason, SendingHealth
    from scheduling.domain.sessions import SignedIn


def held_back(
    message: Message,
    email: str,
    claimed: Delivery,
    *,
    now: datetime,
    mails_per_day: int,
    reputation: ports.Reputation,
) -> Delivery | None:
    """Return what becomes of a mail that must not be sent now; None where it may, and is counted.

    A way in is closed by nothing but a mailbox that does not exist: sign-in
    mails go out while an organization is paused, and after a complaint.
    """
    standing = reputation.standing(
        message.organization_id, address_hash(email), CATEGORIES.get(message.kind)
    )
    is_sign_in = message.subject is Subject.SIGN_IN
    bounced = standing.suppressed is SuppressionReason.BOUNCED
    if standing.suppressed is not None and (bounced or not is_sign_in):
        return Delivery(
            DeliveryState.SUPPRESSED, claimed.attempts, last_error=standing.suppressed.value
        )
    if is_sign_in:
        return None
    if standing.is_paused:
        return Delivery(DeliveryState.PAUSED, claimed.attempts, last_error="organization_paused")
    today = now.astimezone(UTC).date()
    is_first_try = claimed.attempts == 1
    if is_first_try and not reputation.count_mail(
        message.organization_id, today, limit=mails_per_day
    ):
        return Delivery(
            DeliveryState.PAUSED,
            claimed.attempts,
            next_attempt_at=datetime.combine(today + timedelta(days=1), time.min, UTC),
            last_error="mails_per_day",
        )
    return None


def send_if_resumed(
    message: Message,
    recorded: Delivery,
    *,
    now: datetime,
    reputation: ports.Reputation,
    outbox: ports.Outbox,
) -> None:
    """Have a mail sent that came to wait just after an admin let those go on that did."""
    waits = recorded.state is DeliveryState.PAUSED and recorded.next_attempt_at is None
    if not waits:
        return
    health = reputation.health(message.organization_id, now.astimezone(UTC).date())
    if health.paused_at is None:
        outbox.requeue(message, now=now)


def note_feedback(
    message: Message,
    email_hash: str,
    feedback: Feedback,
    *,
    now: datetime,
    external_members: ports.ExternalMembers,
    reputation: ports.Reputation,
) -> PauseReason | None:
    """Keep what was told about a mail, and stop its organization where that is one too many.

    Returns:
        Why the organization was paused by this; None where it was not.
    """
    organization_id = message.organization_id
    reputation.note(message, email_hash, feedback)
    fact = _fact_of(feedback)
    if fact is not None:
        note_mail(message, fact, at=feedback.at, external_members=external_members)
    is_harmless = isinstance(feedback, Delivered | Delayed)
    if is_harmless or message.subject is Subject.SIGN_IN:
        return None
    # Also where it was no news: whoever noted it may have died before this.
    reason = reputation.health(organization_id, now.astimezone(UTC).date()).reason_to_pause
    if reason is None:
        return None
    entry = Entry(
        organization_id,
        now,
        Actor(ActorKind.PARLEY),
        Activity.SENDING_PAUSED,
        facts={"reason": reason.value},
    )
    return reason if reputation.pause(organization_id, reason, entry, now=now) else None


def _fact_of(feedback: Feedback) -> RequestFact | None:
    match feedback:
        case Delivered():
            return RequestFact.DELIVERED
        case Bounced() if feedback.kind.is_final:
            return RequestFact.BOUNCED
        case _:
            return None


def sending_health(by: SignedIn, *, now: datetime, reputation: ports.Reputation) -> SendingHealth:
    """Return how the organization's mails fare."""
    return reputation.health(by.organization.organization_id, now.astimezone(UTC).date())


def resume_sending(
    by: SignedIn,
    *,
    now: datetime,
    reputation: ports.Reputation,
    outbox: ports.Outbox,
    audit_log: ports.AuditLog,
) -> int:
    """Let the organization's mails go on; return how many had waited.

    Whatever interrupts it: doing it again goes on.

    Raises:
        NotAllowed: Only admins decide this.
    """
    require(by, Act.RESUME_SENDING, now=now)
    organization_id = by.organization.organization_id
    reputation.resume(organization_id, now=now)
    audit_log.add(entry_by(by, Activity.SENDING_RESUMED, now=now))
    return outbox.requeue_paused(organization_id, now=now)
