"""Identifiers: 128 random or derived bits, written in 26 characters.

All have one length, so no key of one tenant is a prefix of another's.
"""

from __future__ import annotations

import base64
import hashlib
import secrets

ID_BYTES = 16


def new_id() -> str:
    """Return a fresh identifier that nobody can guess."""
    return _written(secrets.token_bytes(ID_BYTES))


def derived_id(*parts: str) -> str:
    """Return the one identifier that belongs to `parts`: the same parts, the same identifier."""
    return _written(hashlib.sha256("\x1f".join(parts).encode()).digest()[:ID_BYTES])


def _written(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()
