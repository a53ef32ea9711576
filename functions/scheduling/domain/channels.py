"""Channels: how a notification from a provider shows that it is one.

Only the standard library is imported, since the function that is rung starts with each ring.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from scheduling.domain.connections import ConnectionKey, Provider

_TOKEN = re.compile(r"([a-z2-7]{26})\.([a-z2-7]{26})\.[A-Za-z0-9_-]{43}", re.ASCII)


def channel_token(secret: bytes, whose: ConnectionKey, channel_id: str) -> str:
    """Return what the provider is to send along on a channel: 97 characters.

    It says whose connection it is, so nothing has to be looked up to refuse what is forged.
    """
    signed = f"{whose.provider}|{whose.organization_id}|{whose.member_id}|{channel_id}"
    code = hmac.digest(secret, signed.encode(), hashlib.sha256)
    written = base64.urlsafe_b64encode(code).decode().rstrip("=")
    return f"{whose.organization_id}.{whose.member_id}.{written}"


def claimed_owner(provider: Provider, token: str) -> ConnectionKey | None:
    """Return whose connection a token says it is of; None where it is no such token at all."""
    parts = _TOKEN.fullmatch(token)
    return ConnectionKey(parts[1], parts[2], provider) if parts else None


def is_genuine(secret: bytes, claimed: ConnectionKey, channel_id: str, token: str) -> bool:
    """Tell whether we have issued the token for this channel; takes as long for any."""
    expected = channel_token(secret, claimed, channel_id)
    return hmac.compare_digest(expected.encode(), token.encode())
