"""Grants: the tokens with which a provider lets us in on somebody's behalf."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from scheduling.domain.identifiers import new_id

if TYPE_CHECKING:
    from scheduling.domain.connections import ConnectionKey

REFRESHED_BEFORE = timedelta(minutes=5)
"""How long before its end an access token is replaced."""

REFRESH_LEASE = timedelta(seconds=60)
"""How long one worker has to replace it; longer than a request to a token endpoint may take."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a token endpoint has answered."""

    access_token: str = field(repr=False)
    expires_at: datetime
    scopes: frozenset[str]
    """What was granted; empty where the answer did not say."""
    refresh_token: str = field(default="", repr=False)
    """Empty where the one that was used stays."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose grant it is, as the provider says."""

    account_id: str
    """Lasting; never an address."""
    account: str
    """The address or name that people know it by."""
    domain: str = ""
    """The organization's domain at the provider; empty for a private account."""


@dataclass(frozen=True, slots=True)
class Grant:
    """The tokens of one connection, as they are stored."""

    key: ConnectionKey
    connection_id: str
    refresh_token: str = field(repr=False)
    access_token: str = field(repr=False)
    access_expires_at: datetime
    sign_in_id: str = field(default_factory=new_id)
    """Of the sign-in it came from: what replaces its tokens never replaces those of a later one."""
    version: int = 1
    """One more with each pair of tokens."""
    leased_until: datetime | None = None
    """While somebody is replacing them."""

    def is_fresh(self, now: datetime) -> bool:
        return now < self.access_expires_at - REFRESHED_BEFORE

    def with_tokens(self, tokens: Tokens) -> Grant:
        """Return the next version, which nobody has leased."""
        return replace(
            self,
            refresh_token=tokens.refresh_token or self.refresh_token,
            access_token=tokens.access_token,
            access_expires_at=tokens.expires_at,
            version=self.version + 1,
            leased_until=None,
        )
