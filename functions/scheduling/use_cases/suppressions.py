"""Sending nothing to whoever does not want it, and to mailboxes that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.domain.message_tags import address_hash
from scheduling.domain.people import Feature
from scheduling.domain.refusals import AddressSuppressed, ExternalMemberGone
from scheduling.domain.reputation import SuppressionReason
from scheduling.domain.unsubscribing import (
    Subscription,
    check_token,
    parsed_token,
    token_for,
)
from scheduling.use_cases.organization_features import require_feature

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.sessions import SignedIn


def unsubscribe_address(
    base_url: str, subscription: Subscription, *, now: datetime, link_keys: ports.LinkKeys
) -> str:
    """Return where mails of a category can be ended; it works for two years."""
    return f"{base_url}/unsubscribe/{token_for(subscription, link_keys.current(), now=now)}"


def read_unsubscribe_link(token: str, *, now: datetime, link_keys: ports.LinkKeys) -> Subscription:
    """Return what a link is about to end. Reading changes nothing.

    Raises:
        LinkNotFound, LinkExpired: It does not work.
    """
    parsed = parsed_token(token)
    check_token(parsed, link_keys.named(parsed.key_id), now=now)
    return parsed.subscription


def unsubscribe(
    token: str, *, now: datetime, link_keys: ports.LinkKeys, reputation: ports.Reputation
) -> Subscription:
    """End mails of a category to an address; a second time changes nothing.

    Raises:
        LinkNotFound, LinkExpired: The link does not work.
    """
    subscription = read_unsubscribe_link(token, now=now, link_keys=link_keys)
    reputation.unsubscribe(subscription, now=now)
    return subscription


def refuse_suppressed(organization_id: str, email: str, *, reputation: ports.Reputation) -> None:
    """Let nothing be mailed that would not be sent.

    Raises:
        AddressSuppressed: A mail to this address came back, or was marked as spam.
    """
    suppressed = reputation.standing(organization_id, address_hash(email)).suppressed
    if suppressed is not None:
        raise AddressSuppressed(suppressed)


def trust_mailbox_again(
    by: SignedIn,
    external_member_id: str,
    *,
    external_members: ports.ExternalMembers,
    reputation: ports.Reputation,
) -> None:
    """Take staff's word that an external member's mailbox works; where it never failed, fine.

    Raises:
        FeatureDisabled: An admin has to switch it on first.
        ExternalMemberNotFound, ExternalMemberGone: There is none.
        AddressSuppressed: They marked a mail as spam, which only another address gets around.
    """
    require_feature(by, Feature.EXTERNAL_MEMBERS)
    member = external_members.get(by.organization.organization_id, external_member_id)
    if member.deleted_at is not None:
        raise ExternalMemberGone
    address = address_hash(member.email)
    suppressed = reputation.standing(member.organization_id, address).suppressed
    if suppressed is SuppressionReason.COMPLAINED:
        raise AddressSuppressed(suppressed)
    reputation.lift(member.organization_id, address)
