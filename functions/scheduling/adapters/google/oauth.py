"""Signing in at Google.

Source: Google Identity, "Using OAuth 2.0 for web server applications" and "OpenID Connect".
"""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import jwt
import requests

from scheduling.adapters.google.answers import retry_after
from scheduling.domain.connections import ConnectionState, Platform, Provider
from scheduling.domain.grants import Account, Tokens
from scheduling.domain.refusals import ProviderNotSetUp
from scheduling.provider_ports import CodeRefused, GrantRejected, ProviderUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scheduling.provider_ports import ProviderApp, ProviderApps, SignInRequest

TIMEOUT = (3.05, 10.0)
"""Seconds to connect, and for each part of an answer."""

_PREFIX = "https://www.googleapis.com/auth/"
_WHO = ("openid", "email")
_LIST_CALENDARS = f"{_PREFIX}calendar.calendarlist.readonly"
_READ_BUSY = f"{_PREFIX}calendar.events.freebusy"
_WRITE_EVENTS = f"{_PREFIX}calendar.events.owned"

_NEEDS: Mapping[Platform, tuple[str, ...]] = {
    Platform.GOOGLE_CALENDAR: (_LIST_CALENDARS, _READ_BUSY, _WRITE_EVENTS),
    # A Meet meeting comes with an event.
    Platform.GOOGLE_MEET: (_WRITE_EVENTS,),
}

_STATES = {
    "admin_policy_enforced": ConnectionState.ADMIN_BLOCKED,
    "invalid_client": ConnectionState.APP_MISCONFIGURED,
    "deleted_client": ConnectionState.APP_MISCONFIGURED,
    "disabled_client": ConnectionState.APP_MISCONFIGURED,
    "unauthorized_client": ConnectionState.APP_MISCONFIGURED,
    "redirect_uri_mismatch": ConnectionState.APP_MISCONFIGURED,
}
"""Errors of the token endpoint, whatever was asked of it."""


class GoogleOAuth:
    """OAuthProvider for Google accounts. Nothing is tried twice here."""

    has_one_grant_per_account = False

    def __init__(
        self,
        apps: ProviderApps,
        *,
        accounts_url: str,
        oauth_url: str,
        api_url: str,
        timeout: tuple[float, float] = TIMEOUT,
    ) -> None:
        """Ask Google at these origins, without a slash at their ends."""
        self._apps = apps
        self._accounts_url = accounts_url
        self._oauth_url = oauth_url
        self._keys_url = f"{api_url}/oauth2/v3/certs"
        self._timeout = timeout

    @property
    def issuer(self) -> str:
        return self._accounts_url

    def scopes_for(self, platforms: frozenset[Platform]) -> tuple[str, ...]:
        needed = {scope for platform in platforms for scope in _NEEDS[platform]}
        return (*_WHO, *sorted(needed))

    def platforms_of(self, scopes: frozenset[str]) -> frozenset[Platform]:
        return frozenset(platform for platform, needed in _NEEDS.items() if scopes >= {*needed})

    def sign_in_url(self, request: SignInRequest) -> str:
        query = {
            "client_id": self._app.client_id,
            "redirect_uri": request.redirect_uri,
            "response_type": "code",
            "scope": " ".join(request.scopes),
            "state": request.state,
            "nonce": request.nonce,
            "code_challenge": request.challenge,
            "code_challenge_method": "S256",
            # Without these two there is no refresh token.
            "access_type": "offline",
            "prompt": "select_account consent",
            "include_granted_scopes": "true",
        }
        if request.login_hint:
            query["login_hint"] = request.login_hint
        return f"{self._accounts_url}/o/oauth2/v2/auth?{urlencode(query)}"

    def exchange(
        self, code: str, *, verifier: str, nonce: str, redirect_uri: str, now: datetime
    ) -> tuple[Tokens, Account]:
        app = self._app
        # Before the code is used up.
        keys = self._keys()
        answer = self._token(
            app,
            {
                "grant_type": "authorization_code",
                "code": code,
                "code_verifier": verifier,
                "redirect_uri": redirect_uri,
            },
            unless={"invalid_grant": CodeRefused(), "invalid_request": CodeRefused()},
        )
        tokens = _tokens(answer, now)
        if not tokens.refresh_token:
            raise CodeRefused
        account = self._account(
            answer.get("id_token", ""), keys=keys, client_id=app.client_id, nonce=nonce, now=now
        )
        return tokens, account

    def refresh(self, refresh_token: str, *, now: datetime) -> Tokens:
        try:
            app = self._app
        except ProviderNotSetUp:
            raise GrantRejected(ConnectionState.APP_MISCONFIGURED) from None
        answer = self._token(
            app,
            {"grant_type": "refresh_token", "refresh_token": refresh_token},
            unless={"invalid_grant": GrantRejected(ConnectionState.RECONNECT_REQUIRED)},
        )
        return _tokens(answer, now)

    def revoke(self, token: str) -> None:
        answer = self._ask("POST", f"{self._oauth_url}/revoke", {"token": token})
        if answer.status_code == HTTPStatus.BAD_REQUEST:
            # It is dead already.
            return
        if answer.status_code != HTTPStatus.OK:
            raise _unavailable(answer)
        if answer.content:
            # Whoever answers with a page is not Google.
            _json(answer)

    @property
    def _app(self) -> ProviderApp:
        return self._apps.of(Provider.GOOGLE)

    def _token(
        self, app: ProviderApp, form: Mapping[str, str], *, unless: Mapping[str, Exception]
    ) -> Mapping[str, Any]:
        """Return what the token endpoint gives for `form`.

        Raises:
            Exception: That of `unless` for the error which the endpoint names; GrantRejected where
                it refuses the account or the app; ProviderUnavailable.
        """
        secrets = {"client_id": app.client_id, "client_secret": app.client_secret}
        answer = self._ask("POST", f"{self._oauth_url}/token", {**form, **secrets})
        body = _json(answer)
        if answer.status_code == HTTPStatus.OK:
            return body
        if answer.status_code in range(400, 500) and isinstance(error := body.get("error"), str):
            if error in unless:
                raise unless[error]
            if error in _STATES:
                raise GrantRejected(_STATES[error])
        raise _unavailable(answer)

    def _keys(self) -> jwt.PyJWKSet:
        answer = self._ask("GET", self._keys_url)
        if answer.status_code != HTTPStatus.OK:
            raise _unavailable(answer)
        try:
            return jwt.PyJWKSet.from_dict(dict(_json(answer)))
        except jwt.PyJWTError:
            raise ProviderUnavailable("unexpected_answer") from None

    def _account(
        self, id_token: str, *, keys: jwt.PyJWKSet, client_id: str, nonce: str, now: datetime
    ) -> Account:
        """Return whom an ID token names (OpenID Connect Core 1.0, section 3.1.3.7)."""
        try:
            key = keys[jwt.get_unverified_header(id_token)["kid"]]
            claims = jwt.decode(
                id_token,
                key,
                algorithms=["RS256"],
                audience=client_id,
                issuer=self._accounts_url,
                options={
                    "require": ["exp", "iss", "aud", "sub", "nonce"],
                    # Compared below, with the time that we are told.
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
        except (jwt.PyJWTError, KeyError):
            raise CodeRefused from None
        if claims["nonce"] != nonce or claims["exp"] <= now.timestamp():
            raise CodeRefused
        return Account(claims["sub"], claims.get("email", ""), claims.get("hd", ""))

    def _ask(
        self, method: str, url: str, form: Mapping[str, str] | None = None
    ) -> requests.Response:
        """Return an answer; what is raised instead is not shown with a request behind it."""
        try:
            return requests.request(
                method, url, data=form, timeout=self._timeout, allow_redirects=False
            )
        except requests.Timeout:
            raise ProviderUnavailable("timeout") from None
        except requests.RequestException:
            raise ProviderUnavailable("connection") from None


def _tokens(answer: Mapping[str, Any], now: datetime) -> Tokens:
    try:
        return Tokens(
            answer["access_token"],
            now + timedelta(seconds=answer["expires_in"]),
            frozenset(answer.get("scope", "").split()),
            answer.get("refresh_token", ""),
        )
    except (KeyError, TypeError):
        raise ProviderUnavailable("unexpected_answer") from None


def _json(answer: requests.Response) -> Mapping[str, Any]:
    """Return the object in an answer's body.

    Raises:
        ProviderUnavailable: There is none; something in between has answered.
    """
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        body = None
    if isinstance(body, dict):
        return body
    raise _unavailable(answer)


def _unavailable(answer: requests.Response) -> ProviderUnavailable:
    if answer.ok:
        return ProviderUnavailable("not_json")
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return ProviderUnavailable(f"http_{answer.status_code}", retry_after=retry_after(headers))
