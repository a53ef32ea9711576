"""Signing in at the Zoom stand-in.

Source: https://developers.zoom.us/docs/integrations/oauth/
"""

import secrets
from collections.abc import Callable
from http import HTTPStatus

import aiohttp
from aiohttp import web
from yarl import URL

from dev.providers.zoom.grants import ACCESS_LIFE, TokenPair
from dev.providers.zoom.refusals import TokenRefusal
from dev.providers.zoom.world import CLIENT_ID, CLIENT_SECRET, ZoomWorld

_APP = aiohttp.encode_basic_auth(CLIENT_ID, CLIENT_SECRET)


class SigningIn:
    """The endpoints below /oauth."""

    def __init__(self, world: ZoomWorld, page: Callable[..., web.Response]) -> None:
        """Answer for `world`; `page` renders a template of the stand-in, with status and values."""
        self._world = world
        self._page = page

    def add_routes(self, application: web.Application) -> None:
        router = application.router
        router.add_get("/oauth/authorize", self._ask, name="oauth.authorize")
        router.add_post("/oauth/authorize", self._decide, name="oauth.decide")
        router.add_post("/oauth/token", self._give_tokens, name="oauth.token")
        router.add_post("/oauth/revoke", self._revoke, name="oauth.revoke")

    async def _ask(self, request: web.Request) -> web.Response:
        """Show a page on which a user allows the app in, or does not."""
        mistake = self._mistake_in(request)
        if mistake:
            return self._page("mistake.html", HTTPStatus.BAD_REQUEST, mistake=mistake)
        users = sorted(self._world.users.values(), key=lambda user: user.email)
        scopes = sorted(self._world.scopes)
        return self._page("consent.html", users=users, scopes=scopes)

    async def _decide(self, request: web.Request) -> web.StreamResponse:
        mistake = self._mistake_in(request)
        form = await request.post()
        user = self._world.users.get(str(form.get("email")))
        if not mistake and user is None:
            mistake = "Choose an account."
        if mistake or user is None:
            return self._page("mistake.html", HTTPStatus.BAD_REQUEST, mistake=mistake)
        if user.email in self._world.grants.blocked and form.get("decision") == "allow":
            return self._page("blocked.html", HTTPStatus.FORBIDDEN, user=user)
        back = URL(request.query["redirect_uri"])
        answer = {"error": "access_denied"}
        if form.get("decision") == "allow":
            code = self._world.grants.begin(
                user.email,
                redirect_uri=request.query["redirect_uri"],
                challenge=request.query["code_challenge"],
                scopes=frozenset(self._world.scopes),
            )
            answer = {"code": code}
        if "state" in request.query:
            answer["state"] = request.query["state"]
        raise web.HTTPFound(back.update_query(answer))

    def _mistake_in(self, request: web.Request) -> str:
        """Return what is wrong with how the app sends somebody here; empty if nothing is."""
        asked = request.query
        if asked.get("client_id") != CLIENT_ID:
            return "Invalid client. (4,702)"
        if asked.get("redirect_uri") not in self._world.redirect_uris:
            return f"Invalid redirect: {asked.get('redirect_uri')} (4,709)"
        if asked.get("response_type") != "code":
            return "The response type is not supported."
        if not asked.get("code_challenge") or asked.get("code_challenge_method") != "S256":
            # Zoom itself would let these in; Parley never comes without.
            return "There is no S256 code challenge."
        return ""

    async def _give_tokens(self, request: web.Request) -> web.Response:
        _require_app(request)
        form = {name: str(value) for name, value in (await request.post()).items()}
        match form.get("grant_type"):
            case "authorization_code":
                pair = self._world.grants.exchange(
                    form.get("code", ""),
                    redirect_uri=form.get("redirect_uri", ""),
                    verifier=form.get("code_verifier", ""),
                )
            case "refresh_token":
                pair = self._world.grants.refresh(form.get("refresh_token", ""))
            case _:
                reason = "Grant type is not supported from token endpoint."
                raise TokenRefusal("unsupported_grant_type", reason)
        return web.json_response(_reply(pair, str(request.url.origin())))

    async def _revoke(self, request: web.Request) -> web.Response:
        _require_app(request)
        self._world.grants.revoke(str((await request.post()).get("token")))
        return web.json_response({"status": "success"})


def _require_app(request: web.Request) -> None:
    given = request.headers.get("Authorization", "")
    if not secrets.compare_digest(given.encode(), _APP.encode()):
        raise TokenRefusal("invalid_client", "Invalid client_id or client_secret")


def _reply(pair: TokenPair, origin: str) -> dict[str, str | int]:
    return {
        "access_token": pair.access_token,
        "token_type": "bearer",
        "refresh_token": pair.refresh_token,
        "expires_in": int(ACCESS_LIFE.total_seconds()) - 1,
        "scope": " ".join(sorted(pair.scopes)),
        "api_url": origin,
    }
