"""Links that end mails of one category, for whoever a mail went to.

A token is `u1.<key id>.<organization>.<address hash>.<category>.<end>.<mac>`. Other links have a
record, so that they can be replaced; this one only ever asks for less, and needs none. So sending
a reminder stores nothing, and the link still names nobody.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from scheduling.domain.refusals import LinkExpired, LinkNotFound
from scheduling.domain.reputation import MailCategory

if TYPE_CHECKING:
    from scheduling.domain.links import LinkKey

UNSUBSCRIBE_LIFE = timedelta(days=730)

_TOKEN = re.compile(
    r"u1\.([0-9a-z]{1,8})\.([a-z2-7]{26})\.([0-9a-f]{64})\.([a-z_]{1,20})\.([0-9]{10})"
    r"\.([A-Za-z0-9_-]{43})"
)


@dataclass(frozen=True, slots=True)
class Subscription:
    """Mails of one category, from one organization to one address."""

    organization_id: str
    address_hash: str
    category: MailCategory


@dataclass(frozen=True, slots=True)
class UnsubscribeToken:
    """A token taken apart; worth nothing until `check_token` let it pass."""

    key_id: str
    subscription: Subscription
    expires_at: datetime
    mac: str


def token_for(subscription: Subscription, key: LinkKey, *, now: datetime) -> str:
    expires_at = now + UNSUBSCRIBE_LIFE
    return ".".join(
        (
            "u1",
            key.key_id,
            subscription.organization_id,
            subscription.address_hash,
            subscription.category,
            f"{int(expires_at.timestamp()):010d}",
            _mac(subscription, expires_at, key),
        )
    )


def parsed_token(token: str) -> UnsubscribeToken:
    """Take a token apart.

    Raises:
        LinkNotFound: The text is not a token.
    """
    match = _TOKEN.fullmatch(token)
    if match is None or match[4] not in MailCategory:
        raise LinkNotFound
    return UnsubscribeToken(
        key_id=match[1],
        subscription=Subscription(match[2], match[3], MailCategory(match[4])),
        expires_at=datetime.fromtimestamp(int(match[5]), UTC),
        mac=match[6],
    )


def check_token(token: UnsubscribeToken, key: LinkKey, *, now: datetime) -> None:
    """Let only a token pass that we made, while it works.

    Raises:
        LinkNotFound: Somebody else made it.
        LinkExpired: It is over.
    """
    if not hmac.compare_digest(token.mac, _mac(token.subscription, token.expires_at, key)):
        raise LinkNotFound
    if now >= token.expires_at:
        raise LinkExpired


def _mac(subscription: Subscription, expires_at: datetime, key: LinkKey) -> str:
    text = "|".join(
        (
            "u1",
            subscription.organization_id,
            subscription.address_hash,
            subscription.category,
            f"{int(expires_at.timestamp()):010d}",
        )
    )
    digest = hmac.digest(key.secret, text.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
