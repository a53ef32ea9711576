"""Sign-in with Google: whose account, which scopes, and the tokens for them.

Sources: Google Identity, "Using OAuth 2.0 for web server applications", "OpenID Connect" and
"How to handle granular permissions"; RFC 9207 for `iss` in the answer to the browser.
"""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from yarl import URL

from dev.providers.google.discovery import document
from dev.providers.google.refusals import SignInRefused
from dev.providers.google.state import Account, Code
from dev.providers.google.world import CLIENT_ID, CLIENT_SECRET, TOKEN_LIFE, GoogleWorld

AUTHORIZE = "/o/oauth2/v2/auth"
TOKEN = "/token"  # noqa: S105 - a path
REVOKE = "/revoke"
CERTS = "/oauth2/v3/certs"
CONFIGURATION = "/.well-known/openid-configuration"

_CODE_LIFE = timedelta(minutes=10)
_KEY_ID = "stand-in-1"

_USER_INFO = "https://www.googleapis.com/auth/userinfo."
SIGN_IN_SCOPES = frozenset({"openid", f"{_USER_INFO}email", f"{_USER_INFO}profile"})
"""They say who it is, and are granted together."""

_LONG_NAMES = {"email": f"{_USER_INFO}email", "profile": f"{_USER_INFO}profile"}
"""How Google names them in its answers."""


class Stopped(Exception):
    """The sign-in ends on a page of Google's, and the app hears nothing."""

    def __init__(self, error: str, explanation: str, status: int = 400) -> None:
        super().__init__(explanation)
        self.error = error
        self.explanation = explanation
        self.status = status


@dataclass(frozen=True)
class Authorization:
    """What an app asks for when it sends a browser here."""

    scopes: tuple[str, ...]
    redirect_uri: str
    state: str | None
    challenge: str
    nonce: str | None
    is_offline: bool
    prompts: frozenset[str]
    login_hint: str | None
    adds_granted_scopes: bool

    def going_back(self, origin: str, answer: Mapping[str, str]) -> str:
        """Return the address that tells the app what has become of it."""
        state = {} if self.state is None else {"state": self.state}
        return str(URL(self.redirect_uri).update_query(state | {"iss": origin} | dict(answer)))


class SignIn:
    """Answers browsers and apps out of a world; whoever calls holds its lock."""

    def __init__(self, world: GoogleWorld) -> None:
        self._world = world

    def read(self, query: Mapping[str, str]) -> Authorization:
        """Return what the app asks for.

        Raises:
            Stopped: The app is unknown, or asks for what Google does not give.
        """
        if query.get("client_id") != CLIENT_ID:
            raise Stopped("invalid_client", "The OAuth client was not found.", 401)
        redirect_uri = query.get("redirect_uri", "")
        if redirect_uri not in self._world.redirect_uris:
            explanation = f"The app is not registered with this address: {redirect_uri}"
            raise Stopped("redirect_uri_mismatch", explanation)
        if query.get("response_type") != "code":
            raise Stopped("invalid_request", "response_type has to be code.")
        if query.get("code_challenge_method") != "S256" or not query.get("code_challenge"):
            raise Stopped("invalid_request", "The code challenge has to be one of S256.")
        scopes = tuple(_LONG_NAMES.get(each, each) for each in query.get("scope", "").split())
        unknown = set(scopes) - _known_scopes()
        if unknown or not scopes:
            raise Stopped("invalid_scope", f"Some scopes are invalid: {sorted(unknown)}")
        return Authorization(
            scopes=scopes,
            redirect_uri=redirect_uri,
            state=query.get("state"),
            challenge=query["code_challenge"],
            nonce=query.get("nonce"),
            is_offline=query.get("access_type") == "offline",
            prompts=frozenset(query.get("prompt", "").split()),
            login_hint=query.get("login_hint"),
            adds_granted_scopes=query.get("include_granted_scopes") == "true",
        )

    def account(self, asked: Authorization, chosen: str | None) -> Account | None:
        """Return whose sign-in it is; None if somebody has to choose first.

        Raises:
            Stopped: The account's Workspace keeps the app out.
        """
        accounts = self._world.state.accounts
        hinted = [
            each.email
            for each in accounts.values()
            if asked.login_hint in (each.email, each.subject) or len(accounts) == 1
        ]
        if chosen is None and hinted and "select_account" not in asked.prompts:
            chosen = hinted[0]
        account = accounts.get(chosen or "")
        if account is not None and account.policy is not None:
            explanation = f"An administrator of {account.hosted_domain} does not allow this app."
            raise Stopped(account.policy, explanation)
        return account

    def needs_consent(self, asked: Authorization, account: Account) -> bool:
        granted = self._world.state.consents.get(account.email, frozenset())
        return "consent" in asked.prompts or not set(asked.scopes) <= granted

    def allow(self, asked: Authorization, account: Account, ticked: frozenset[str]) -> Code:
        """Grant `ticked` of what was asked for, and who it is."""
        before = self._world.state.consents.get(account.email)
        granted = frozenset(asked.scopes) & (ticked | SIGN_IN_SCOPES)
        self._world.consent(account.email, granted)
        if asked.adds_granted_scopes:
            granted |= before or frozenset()
        return Code(
            email=account.email,
            scopes=granted,
            redirect_uri=asked.redirect_uri,
            challenge=asked.challenge,
            nonce=asked.nonce,
            expires_at=self._world.now() + _CODE_LIFE,
            gives_refresh_token=asked.is_offline and (before is None or "consent" in asked.prompts),
        )

    def issue(self, code: Code) -> str:
        """Return a code that gives tokens once."""
        name = f"4/{secrets.token_urlsafe(32)}"
        self._world.state.codes[name] = code
        return name

    def tokens(
        self, form: Mapping[str, str], authorization: str | None, origin: str
    ) -> dict[str, Any]:
        """Return what the token endpoint answers.

        Raises:
            SignInRefused: It says no.
        """
        _check_client(form, authorization)
        match form.get("grant_type"):
            case "authorization_code":
                return self._tokens_for_code(form, origin)
            case "refresh_token":
                return self._tokens_for_refresh_token(form, origin)
        raise SignInRefused("unsupported_grant_type", "Invalid grant_type")

    def _tokens_for_code(self, form: Mapping[str, str], origin: str) -> dict[str, Any]:
        code = self._world.state.codes.pop(form.get("code", ""), None)
        if code is None or code.expires_at <= self._world.now():
            raise SignInRefused("invalid_grant", "Malformed auth code.")
        if form.get("redirect_uri") != code.redirect_uri:
            raise SignInRefused("redirect_uri_mismatch", "Bad Request")
        verifier = form.get("code_verifier")
        if verifier is None:
            raise SignInRefused("invalid_grant", "Missing code verifier.")
        if challenge_of(verifier) != code.challenge:
            raise SignInRefused("invalid_grant", "Invalid code verifier.")
        reply = self._reply(code.email, code.scopes, code.nonce, origin)
        if not code.gives_refresh_token:
            return reply
        refresh_token = self._world.new_refresh_token(code.email, code.scopes)
        return reply | {"refresh_token": refresh_token}

    def _tokens_for_refresh_token(self, form: Mapping[str, str], origin: str) -> dict[str, Any]:
        found = self._world.state.refresh_tokens.get(form.get("refresh_token", ""))
        if found is None:
            raise SignInRefused("invalid_grant", "Token has been expired or revoked.")
        policy = self._world.state.accounts[found.email].policy
        if policy is not None:
            raise SignInRefused(policy, "An administrator does not allow this app.")
        return self._reply(found.email, found.scopes, None, origin)

    def _reply(
        self, email: str, scopes: frozenset[str], nonce: str | None, origin: str
    ) -> dict[str, Any]:
        reply = {
            "access_token": self._world.new_access_token(email, scopes),
            "expires_in": int(TOKEN_LIFE.total_seconds()) - 1,
            "scope": " ".join(sorted(scopes)),
            "token_type": "Bearer",
        }
        if "openid" not in scopes:
            return reply
        return reply | {"id_token": self._id_token(email, scopes, nonce, origin)}

    def _id_token(self, email: str, scopes: frozenset[str], nonce: str | None, origin: str) -> str:
        account, now = self._world.state.accounts[email], self._world.now()
        claims: dict[str, Any] = {
            "iss": origin,
            "azp": CLIENT_ID,
            "aud": CLIENT_ID,
            "sub": account.subject,
            "iat": now,
            "exp": now + TOKEN_LIFE,
        }
        if f"{_USER_INFO}email" in scopes:
            claims |= {"email": account.email, "email_verified": True}
        if account.hosted_domain is not None:
            claims["hd"] = account.hosted_domain
        if nonce is not None:
            claims["nonce"] = nonce
        return jwt.encode(claims, _key(), "RS256", headers={"kid": _KEY_ID})

    def revoke(self, token: str) -> None:
        """Take back all that the account of a token, of either kind, has granted.

        Raises:
            SignInRefused: The token is dead already.
        """
        state = self._world.state
        found = state.refresh_tokens.get(token) or state.access_tokens.get(token)
        if found is None:
            raise SignInRefused("invalid_token", "Token expired or revoked")
        self._world.revoke(found.email)

    def account_of(self, form: Mapping[str, str]) -> str | None:
        """Return whose tokens a form is about, if they are known."""
        state = self._world.state
        code = state.codes.get(form.get("code", ""))
        found = (
            state.refresh_tokens.get(form.get("refresh_token", form.get("token", "")))
            or state.access_tokens.get(form.get("token", ""))
            or code
        )
        return None if found is None else found.email


def configuration(origin: str) -> dict[str, Any]:
    return {
        "issuer": origin,
        "authorization_endpoint": f"{origin}{AUTHORIZE}",
        "token_endpoint": f"{origin}{TOKEN}",
        "revocation_endpoint": f"{origin}{REVOKE}",
        "jwks_uri": f"{origin}{CERTS}",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    }


def published_keys() -> dict[str, Any]:
    """Return the key that ID tokens are signed with, as JWKS."""
    key = RSAAlgorithm.to_jwk(_key().public_key(), as_dict=True)
    return {"keys": [key | {"kid": _KEY_ID, "use": "sig", "alg": "RS256"}]}


def challenge_of(verifier: str) -> str:
    """Return the code challenge of S256."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def _known_scopes() -> frozenset[str]:
    return SIGN_IN_SCOPES | frozenset(document()["auth"]["oauth2"]["scopes"])


def _check_client(form: Mapping[str, str], authorization: str | None) -> None:
    client = (form.get("client_id"), form.get("client_secret"))
    if authorization is not None:
        try:
            pair = base64.b64decode(authorization.removeprefix("Basic "), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as failure:
            raise SignInRefused("invalid_client", "Unauthorized", 401) from failure
        client = (pair.partition(":")[0], pair.partition(":")[2])
    if client != (CLIENT_ID, CLIENT_SECRET):
        raise SignInRefused("invalid_client", "The OAuth client was not found.", 401)
