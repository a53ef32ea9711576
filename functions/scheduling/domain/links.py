"""The links in mails: signed, scoped to one purpose, alive in one record.

A token is `s1.<key id>.<link id>.<mac>`. The mac covers the purpose, the
tenant and the generation from the link's record, so neither a reader of the
table nor a guesser can make one, and the worker that sends a mail can derive
its link again: no token is stored anywhere.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from scheduling.domain.refusals import (
    LinkExpired,
    LinkNotFound,
    LinkReplaced,
    LinkRevoked,
    LinkUsed,
)

if TYPE_CHECKING:
    from scheduling.domain.sign_ups import SignUp

NO_ORGANIZATION = "0" * 26
"""Stands for the tenant in a sign-in link: who asks is known by address only."""


class LinkPurpose(StrEnum):
    SIGN_IN = "sign_in"
    SIGN_UP = "sign_up"
    """Signs in, after making an organization for those who are in none."""
    AVAILABILITY = "availability"
    GUEST = "guest"
    INVITATION = "invitation"


SIGN_IN_LIFE = timedelta(minutes=10)
"""Source: OWASP ASVS 5.0 section 6.5.5."""
AVAILABILITY_LIFE = timedelta(days=30)
"""Counted from the last save."""
AVAILABILITY_LONGEST_LIFE = timedelta(days=90)
GUEST_LIFE_AFTER_END = timedelta(days=7)
FRESH_FOR = timedelta(hours=24)
"""So long after a guest's link was issued, whoever has it is taken for the guest."""
INVITATION_LIFE = timedelta(days=7)
SIGN_IN_CODE_ATTEMPTS = 5

_LINK_ID_BYTES = 16
_CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: no letter is mistaken for another or for a digit."""
_MARK = re.compile(r"b1\.([0-9a-z]{1,8})\.([A-Za-z0-9_-]{43})")
_TOKEN = re.compile(r"s1\.([0-9a-z]{1,8})\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Link:
    """The record behind a link."""

    link_id: str
    purpose: LinkPurpose
    organization_id: str
    subject_id: str
    """Whom or what it opens: an external member, a booking; for a sign-in the address asked for."""
    expires_at: datetime
    created_at: datetime
    generation: int = 1
    """How many links to the same thing there were, this one included."""
    used_at: datetime | None = None
    replaced_at: datetime | None = None
    revoked_at: datetime | None = None
    """Ended by the team, with none in its place."""
    browser_hash: str = ""
    """Sign-in only: hash of the secret in the browser that asked; empty when an operator asked."""
    code_hash: str = ""
    """Sign-in only: hash of the code shown in the browser that asked."""
    return_to: str = ""
    """Sign-in only: the page of the console to go on with; its first one where empty."""
    sign_up: SignUp | None = None
    """Sign-up only: what is to be made."""

    def works(self, now: datetime) -> bool:
        has_ended = self.used_at or self.replaced_at or self.revoked_at
        return has_ended is None and now < self.expires_at

    @property
    def was_ended(self) -> bool:
        """Whether the team ended it, or replaced it: no mail is to carry it any more."""
        return self.revoked_at is not None or self.replaced_at is not None


@dataclass(frozen=True, slots=True)
class LinkKey:
    """What links are signed with."""

    key_id: str
    secret: bytes


@dataclass(frozen=True, slots=True)
class ParsedToken:
    """What a token says; nobody has checked yet whether it is true."""

    key_id: str
    link_id: str
    mac: str


def new_link_id() -> str:
    return secrets.token_urlsafe(_LINK_ID_BYTES)


def new_secret() -> str:
    """Return 256 random bits for a cookie."""
    return secrets.token_urlsafe(32)


def new_code() -> str:
    """Return 40 random bits in eight characters that can be read and typed."""
    return "".join(secrets.choice(_CODE_ALPHABET) for _ in range(8))


def normalized_code(typed: str) -> str:
    """Return the code as it was made, however it was typed."""
    plain = re.sub("[^0-9A-Z]", "", typed.upper())
    return plain.translate(str.maketrans("OIL", "011"))


def hashed(text: str) -> str:
    """Return what is stored in place of a secret that has full entropy."""
    return hashlib.sha256(text.encode()).hexdigest()


def token_for(link: Link, key: LinkKey) -> str:
    return f"s1.{key.key_id}.{link.link_id}.{_mac(link, key)}"


def parsed_token(token: str) -> ParsedToken:
    """Take a token apart.

    Raises:
        LinkNotFound: The text is not a token.
    """
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise LinkNotFound
    return ParsedToken(*match.groups())


def check_link(token: ParsedToken, link: Link, key: LinkKey, *, now: datetime) -> None:
    """Let only a token pass that was made for this link while it works.

    Raises:
        LinkNotFound: The token was not made by us for this link.
        LinkRevoked, LinkReplaced, LinkUsed, LinkExpired: It was, and no longer works.
    """
    if not hmac.compare_digest(token.mac, _mac(link, key)):
        raise LinkNotFound
    owner = "" if link.organization_id == NO_ORGANIZATION else link.organization_id
    if link.revoked_at is not None:
        raise LinkRevoked(owner)
    if link.replaced_at is not None:
        raise LinkReplaced(link.replaced_at, owner)
    if link.used_at is not None:
        raise LinkUsed(owner)
    if now >= link.expires_at:
        raise LinkExpired(owner)


def browser_mark(organization_id: str, booking_id: str, key: LinkKey) -> str:
    """Return what a browser keeps in which a guest has proved that a booking is theirs."""
    return f"b1.{key.key_id}.{_signed(f'b1|{organization_id}|{booking_id}', key)}"


def key_of_mark(mark: str) -> str:
    """Return the id of the key that a mark names; empty where the text is none."""
    match = _MARK.fullmatch(mark)
    return match[1] if match else ""


def _mac(link: Link, key: LinkKey) -> str:
    text = f"s1|{link.purpose}|{link.organization_id}|{link.link_id}|{link.generation}"
    return _signed(text, key)


def _signed(text: str, key: LinkKey) -> str:
    digest = hmac.digest(key.secret, text.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
