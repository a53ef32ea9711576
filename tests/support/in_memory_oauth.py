"""Signing in at a provider, in memory: accounts, what they grant, and who asked with what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from scheduling.domain.connecting import challenge_of
from scheduling.domain.connections import ConnectionState, Platform
from scheduling.domain.grants import Account, Tokens
from scheduling.domain.links import new_secret
from scheduling.provider_ports import CodeRefused, GrantRejected

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from scheduling.provider_ports import SignInRequest

NEEDS: Mapping[Platform, frozenset[str]] = {
    Platform.GOOGLE_CALENDAR: frozenset({"list", "busy", "events"}),
    Platform.GOOGLE_MEET: frozenset({"events"}),
    Platform.ZOOM: frozenset({"meetings"}),
}


@dataclass
class InMemoryOAuth:
    """The port OAuthProvider, and whoever signs in there."""

    issuer: str = ""
    platforms: frozenset[Platform] = frozenset(Platform)
    sent: list[SignInRequest] = field(default_factory=list)
    """With what browsers were sent there, the latest last."""
    calls: Counter[str] = field(default_factory=Counter)
    """How often the provider was asked something, by what."""
    refresh_tokens: set[str] = field(default_factory=set)
    """Those that work."""
    failure: Exception | None = None
    """What comes of the next call, in place of an answer."""
    access_token: str = ""
    """The one it hands out; a random one where empty."""
    has_one_grant_per_account: bool = False
    says_scopes: bool = True
    """Whether an answer names what was granted (RFC 6749 section 5.1)."""
    _latest: dict[str, str] = field(default_factory=dict)
    """The refresh token that came with an access token the last time."""
    _codes: dict[str, tuple[SignInRequest, Account, frozenset[str]]] = field(default_factory=dict)

    def consent(self, account: Account, *, but: frozenset[str] = frozenset()) -> Mapping[str, str]:
        """Let somebody allow what was asked for last, and return what their browser brings back.

        Args:
            account: Theirs.
            but: Scopes that they do not grant.
        """
        asked = self.sent[-1]
        code = new_secret()
        self._codes[code] = asked, account, frozenset(asked.scopes) - but
        return {"state": asked.state, "code": code, "issuer": self.issuer}

    def scopes_for(self, platforms: frozenset[Platform]) -> tuple[str, ...]:
        return tuple(sorted({scope for each in platforms for scope in NEEDS[each]}))

    def platforms_of(self, scopes: frozenset[str]) -> frozenset[Platform]:
        return frozenset(each for each in self.platforms if NEEDS[each] <= scopes)

    def sign_in_url(self, request: SignInRequest) -> str:
        self.sent.append(request)
        return f"https://provider.example/authorize?{urlencode({'state': request.state})}"

    def exchange(
        self, code: str, *, verifier: str, nonce: str, redirect_uri: str, now: datetime
    ) -> tuple[Tokens, Account]:
        self._ask("exchange")
        asked, account, scopes = self._codes.pop(code, (None, None, frozenset[str]()))
        if asked is None or account is None:
            raise CodeRefused
        given = challenge_of(verifier), nonce, redirect_uri
        if given != (asked.challenge, asked.nonce, asked.redirect_uri):
            raise CodeRefused
        return self._tokens(now, scopes if self.says_scopes else frozenset()), account

    def refresh(self, refresh_token: str, *, now: datetime) -> Tokens:
        self._ask("refresh")
        if refresh_token not in self.refresh_tokens:
            raise GrantRejected(ConnectionState.RECONNECT_REQUIRED)
        return self._tokens(now, frozenset())

    def revoke(self, token: str) -> None:
        self._ask("revoke")
        self.refresh_tokens.discard(self._latest[token])

    def _ask(self, what: str) -> None:
        self.calls[what] += 1
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure

    def _tokens(self, now: datetime, scopes: frozenset[str]) -> Tokens:
        refresh_token = new_secret()
        self.refresh_tokens.add(refresh_token)
        access_token = self.access_token or new_secret()
        self._latest[access_token] = refresh_token
        return Tokens(access_token, now + timedelta(hours=1), scopes, refresh_token)
