"""Whom users of the Zoom stand-in have let in: codes and tokens, each refresh token good once."""

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus

from dev.providers.zoom.refusals import ApiRefusal, TokenRefusal, dead_token

CODE_LIFE = timedelta(minutes=5)
ACCESS_LIFE = timedelta(hours=1)
REFRESH_LIFE = timedelta(days=90)
"""Source of all three: https://developers.zoom.us/docs/integrations/oauth/"""


@dataclass(frozen=True)
class Code:
    """What a user comes back to the app with."""

    email: str
    redirect_uri: str
    challenge: str
    """S256 of the verifier."""
    scopes: frozenset[str]
    expires_at: datetime


@dataclass(frozen=True)
class Token:
    """An access token or a refresh token."""

    email: str
    scopes: frozenset[str]
    expires_at: datetime


@dataclass(frozen=True)
class TokenPair:
    """What the token endpoint gives."""

    access_token: str
    refresh_token: str
    scopes: frozenset[str]


@dataclass
class Grants:
    """All codes and tokens of the one app that the stand-in knows."""

    now: Callable[[], datetime]
    codes: dict[str, Code] = field(default_factory=dict)
    access: dict[str, Token] = field(default_factory=dict)
    refreshing: dict[str, Token] = field(default_factory=dict)
    """The refresh tokens that are good: at most one for each user."""
    blocked: set[str] = field(default_factory=set)
    """The users whose account's administrator does not let the app in."""

    def begin(
        self, email: str, *, redirect_uri: str, challenge: str, scopes: frozenset[str]
    ) -> str:
        """Return the code for a user who has allowed the app in."""
        code = secrets.token_urlsafe(24)
        expires_at = self.now() + CODE_LIFE
        self.codes[code] = Code(email, redirect_uri, challenge, scopes, expires_at)
        return code

    def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> TokenPair:
        """Return tokens for a code, once; the user's earlier tokens are dead from then on.

        Raises:
            TokenRefusal: The code, the redirect URI or the verifier is not right.
        """
        given = self.codes.pop(code, None)
        if given is None or given.expires_at <= self.now():
            raise TokenRefusal("invalid_grant", f"Invalid authorization code {code}")
        if given.redirect_uri != redirect_uri:
            raise TokenRefusal("invalid_request", "Redirect URI mismatch.")
        if not secrets.compare_digest(s256(verifier), given.challenge):
            raise TokenRefusal("invalid_grant", "Invalid code verifier.")
        self.end(given.email)
        return self._pair(given.email, given.scopes)

    def refresh(self, refresh_token: str) -> TokenPair:
        """Return new tokens; the refresh token is dead from then on, access tokens live on.

        Raises:
            TokenRefusal: It was dead already, or the app is blocked.
        """
        token = self.refreshing.get(refresh_token)
        if token is None or token.expires_at <= self.now():
            raise dead_token()
        if token.email in self.blocked:
            raise TokenRefusal("invalid_grant", "The app is disabled by the account's admin (4738)")
        del self.refreshing[refresh_token]
        return self._pair(token.email, token.scopes)

    def revoke(self, access_token: str) -> None:
        """End what a user has allowed.

        Raises:
            TokenRefusal: The token is dead already, or a refresh token.
        """
        known = self.access.get(access_token)
        if known is None or known.expires_at <= self.now():
            raise TokenRefusal("invalid_request", "Invalid Token!")
        self.end(known.email)

    def end(self, email: str) -> None:
        """Let every token of a user be dead, as when they remove the app from their account."""
        for tokens in (self.access, self.refreshing):
            for each in [text for text, token in tokens.items() if token.email == email]:
                del tokens[each]

    def block(self, email: str) -> None:
        """Let the administrator of a user's account keep the app out."""
        self.blocked.add(email)
        self.expire(email)

    def expire(self, email: str) -> None:
        """Let a user's access tokens expire, now."""
        for text, token in self.access.items():
            if token.email == email:
                self.access[text] = replace(token, expires_at=self.now())

    def holder_of(self, access_token: str) -> Token:
        """Return whose token it is, and what it is good for.

        Raises:
            ApiRefusal: It is not known (any more), or has expired.
        """
        token = self.access.get(access_token)
        if token is None:
            raise ApiRefusal(HTTPStatus.UNAUTHORIZED, 124, "Invalid access token.")
        if token.expires_at <= self.now():
            raise ApiRefusal(HTTPStatus.UNAUTHORIZED, 201, "Access token is expired.")
        return token

    def email_of(self, secret: str) -> str | None:
        """Return whose code or token it is; None where it is none, or dead."""
        known = self.codes.get(secret) or self.access.get(secret) or self.refreshing.get(secret)
        return known.email if known else None

    def _pair(self, email: str, scopes: frozenset[str]) -> TokenPair:
        now = self.now()
        pair = TokenPair(secrets.token_urlsafe(64), secrets.token_urlsafe(64), scopes)
        self.access[pair.access_token] = Token(email, scopes, now + ACCESS_LIFE)
        self.refreshing[pair.refresh_token] = Token(email, scopes, now + REFRESH_LIFE)
        return pair


def s256(verifier: str) -> str:
    """Return the challenge that belongs to a verifier (RFC 7636 section 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
