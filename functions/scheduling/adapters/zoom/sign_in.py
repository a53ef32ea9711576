"""Signing in at Zoom.

Sources: https://developers.zoom.us/docs/integrations/oauth/ and, for what may go wrong,
https://developers.zoom.us/docs/integrations/oauth-error-messages/
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from pydantic import BaseModel, Field

from scheduling.adapters.zoom.refusals import missing_permission, rejects_access_token
from scheduling.domain.connections import ConnectionState, Platform, Provider
from scheduling.domain.grants import Account, Tokens
from scheduling.domain.refusals import ProviderNotSetUp
from scheduling.provider_ports import CodeRefused, GrantRejected

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from scheduling.adapters.zoom.asking import Answer, Asking
    from scheduling.provider_ports import ProviderApps, SignInRequest

_MEETINGS = frozenset(
    {
        "meeting:write:meeting",
        "meeting:read:meeting",
        "meeting:read:list_meetings",
        "meeting:update:meeting",
        "meeting:delete:meeting",
    }
)
_ALL_MEETINGS = "meeting:write"
"""What covers all of them in an app that was made before scopes were granular."""
_USER = "user:read:user"
_ALL_OF_USER = "user:read"

_APP_WRONG = frozenset({"invalid_client", "unauthorized_client"})
_ENDED: Mapping[str, ConnectionState] = {
    "4738": ConnectionState.ADMIN_BLOCKED,
    "4717": ConnectionState.APP_MISCONFIGURED,
}
"""What the number in a reason says, where it is more than that somebody has to sign in again."""


class _TokenAnswer(BaseModel):
    access_token: str = Field(min_length=1)
    refresh_token: str = Field(min_length=1)
    expires_in: int = Field(gt=0)
    """Seconds."""
    scope: str = ""


class _User(BaseModel):
    id: str = Field(min_length=1)
    email: str = ""
    display_name: str = ""
    verified: int = 0
    """1 where the address was proven to be the user's."""


class ZoomSignIn:
    """OAuthProvider for an app at Zoom. What it asks for is fixed where it was registered."""

    issuer = ""
    """Zoom does not say who it is when somebody comes back (RFC 9207)."""
    has_one_grant_per_account = True
    """Source: https://developers.zoom.us/docs/integrations/oauth/, Refreshing an access token."""

    def __init__(self, asking: Asking, apps: ProviderApps, *, url: str, api_url: str) -> None:
        """Sign in at `url` (https://zoom.us); who somebody is says `api_url`."""
        self._asking = asking
        self._apps = apps
        self._url = url
        self._api_url = api_url

    def scopes_for(self, platforms: frozenset[Platform]) -> tuple[str, ...]:
        return tuple(sorted(_MEETINGS | {_USER})) if Platform.ZOOM in platforms else ()

    def platforms_of(self, scopes: frozenset[str]) -> frozenset[Platform]:
        meetings = _ALL_MEETINGS in scopes or scopes >= _MEETINGS
        user = bool(scopes & {_USER, _ALL_OF_USER})
        return frozenset({Platform.ZOOM}) if meetings and user else frozenset()

    def sign_in_url(self, request: SignInRequest) -> str:
        """Return where to sign in. Zoom takes neither scopes nor a hint of the account there."""
        query = {
            "response_type": "code",
            "client_id": self._apps.of(Provider.ZOOM).client_id,
            "redirect_uri": request.redirect_uri,
            "state": request.state,
            "code_challenge": request.challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._url}/oauth/authorize?{urlencode(query)}"

    def exchange(
        self,
        code: str,
        *,
        verifier: str,
        nonce: str,  # noqa: ARG002 - of ID tokens, which Zoom does not issue
        redirect_uri: str,
        now: datetime,
    ) -> tuple[Tokens, Account]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        answer = self._post("token", form)
        _require_app_known(answer)
        if _is_refusal(answer):
            raise CodeRefused
        if not answer.is_good:
            raise answer.unavailable()
        tokens = _tokens(answer, now)
        return tokens, self._account(tokens.access_token)

    def refresh(self, refresh_token: str, *, now: datetime) -> Tokens:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        try:
            answer = self._post("token", form)
        except ProviderNotSetUp:
            raise GrantRejected(ConnectionState.APP_MISCONFIGURED) from None
        _require_app_known(answer)
        if _says_token_is_dead(answer):
            raise GrantRejected(_why_dead(answer))
        if not answer.is_good:
            raise answer.unavailable()
        return _tokens(answer, now)

    def revoke(self, token: str) -> None:
        """End the grant to which an access token belongs.

        It has to be a fresh one: one that has expired and a refresh token are as if dead to Zoom.
        """
        answer = self._post("revoke", {"token": token})
        if not answer.is_good and not _says_token_is_dead(answer):
            raise answer.unavailable()

    def _post(self, endpoint: str, form: Mapping[str, str]) -> Answer:
        app = self._apps.of(Provider.ZOOM)
        url = f"{self._url}/oauth/{endpoint}"
        return self._asking.ask("POST", url, data=form, auth=(app.client_id, app.client_secret))

    def _account(self, access_token: str) -> Account:
        headers = {"Authorization": f"Bearer {access_token}"}
        answer = self._asking.ask("GET", f"{self._api_url}/v2/users/me", headers=headers)
        if missing_permission(answer):
            raise GrantRejected(ConnectionState.INSUFFICIENT_SCOPE)
        if rejects_access_token(answer):
            raise CodeRefused
        if not answer.is_good:
            raise answer.unavailable()
        user = answer.read_as(_User)
        # Whoever types an address into Zoom does not belong to its domain yet.
        domain = user.email.rpartition("@")[2] if user.verified else ""
        return Account(user.id, user.email or user.display_name, domain)


def _tokens(answer: Answer, now: datetime) -> Tokens:
    said = answer.read_as(_TokenAnswer)
    return Tokens(
        access_token=said.access_token,
        expires_at=now + timedelta(seconds=said.expires_in),
        scopes=frozenset(said.scope.split()),
        refresh_token=said.refresh_token,
    )


def _is_refusal(answer: Answer) -> bool:
    """Return whether the answer is Zoom's own no, and not the failure of something."""
    refused = answer.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED)
    return refused and isinstance(answer.body.get("error"), str)


def _require_app_known(answer: Answer) -> None:
    if _is_refusal(answer) and answer.body["error"] in _APP_WRONG:
        raise GrantRejected(ConnectionState.APP_MISCONFIGURED)


def _says_token_is_dead(answer: Answer) -> bool:
    """Return whether a token will never be taken again; nothing else ends a connection.

    For long a dead token was an `invalid_request`, with the reason that it has today.
    """
    if not _is_refusal(answer):
        return False
    return answer.body["error"] == "invalid_grant" or _reason(answer).startswith("Invalid Token")


def _why_dead(answer: Answer) -> ConnectionState:
    states = (state for number, state in _ENDED.items() if number in _reason(answer))
    return next(states, ConnectionState.RECONNECT_REQUIRED)


def _reason(answer: Answer) -> str:
    return str(answer.body.get("reason", ""))
