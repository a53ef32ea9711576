"""Google's stand-in as a server: its addresses, and what hits requests on their way."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import MultiDict

from dev.providers.faults import Fault, suffer
from dev.providers.google import oauth
from dev.providers.google.api import CalendarApi, Call, unauthenticated
from dev.providers.google.discovery import PREFIX, Method, methods
from dev.providers.google.look import Look
from dev.providers.google.refusals import Refused, SignInRefused
from dev.providers.google.state import Account
from dev.providers.google.world import Exchange, GoogleWorld, Request
from dev.providers.serving import Pages, serving_in_thread

_NAMED = "oauth."
"""Begins the names of endpoints for signing in."""


@contextmanager
def serving_google(world: GoogleWorld) -> Iterator[str]:
    """Serve `world` on a free port until the block ends; give its origin, without a slash."""
    with serving_in_thread(application(world)) as origin:
        yield origin


def application(world: GoogleWorld) -> web.Application:
    """Return the server of a world, for signing in, Calendar API v3, and looking into it."""
    return _Server(world).application()


class _Server:
    def __init__(self, world: GoogleWorld) -> None:
        self._world = world
        self._sign_in = oauth.SignIn(world)
        self._api = CalendarApi(world)
        self._pages = Pages(Path(__file__).parent / "pages")

    def application(self) -> web.Application:
        served = web.Application(middlewares=[self._note_and_suffer])
        served.cleanup_ctx.append(self._sending_pushes)
        add = served.router.add_route
        add("GET", oauth.AUTHORIZE, self._stoppable(self._authorize), name="oauth.authorize")
        add("POST", oauth.AUTHORIZE, self._stoppable(self._decide), name="oauth.consent")
        add("POST", oauth.TOKEN, self._give_tokens, name="oauth.token")
        add("POST", oauth.REVOKE, self._revoke, name="oauth.revoke")
        add("GET", oauth.CERTS, self._publish_keys, name="oauth.certs")
        add("GET", oauth.CONFIGURATION, self._publish_configuration, name="oauth.configuration")
        for method in methods():
            path = f"{PREFIX}{method.path}"
            add(method.http_method, path, self._calendar_handler(method), name=method.endpoint)
        Look(self._world, self._pages).add_to(served)
        return served

    async def _sending_pushes(self, _: web.Application) -> AsyncIterator[None]:
        sender = threading.Thread(target=self._world.pushes.send_until_closed)
        sender.start()
        yield
        self._world.pushes.close()
        await asyncio.to_thread(sender.join)

    @web.middleware
    async def _note_and_suffer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        endpoint = request.match_info.route.name
        if endpoint is None:
            return await handler(request)
        with self._world.lock:
            account = self._account_of(request, await request.post())
        query = dict(request.query)
        self._world.requests.append(Request(endpoint, request.method, request.path, account, query))
        fault = self._world.faults.hitting(account, endpoint)
        refuse = _refuse_sign_in if endpoint.startswith(_NAMED) else _refuse
        return await suffer(fault, request, handler, refuse)

    def _account_of(self, request: web.Request, form: Any) -> str | None:
        token = self._api.token(request.headers.get("Authorization"))
        if token is not None:
            return token.email
        hint = request.query.get("authuser", request.query.get("login_hint"))
        return self._sign_in.account_of(form) or hint

    def _calendar_handler(self, method: Method) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            text = await request.text()
            try:
                body = json.loads(text) if text else None
                status, reply = self._answer(method, request, body)
            except json.JSONDecodeError:
                body, refused = None, Refused(400, "parseError", "Parse Error")
                status, reply = refused.status, refused.body()
            except Refused as refused:
                status, reply = refused.status, refused.body()
            for watch in self._world.watchers:
                watch(Exchange(method.endpoint, dict(request.query), body, status, reply))
            if reply is None:
                return web.Response(status=status)
            return web.json_response(reply, status=status)

        return answer

    def _answer(self, method: Method, request: web.Request, body: Any) -> tuple[int, Any]:
        with self._world.lock:
            token = self._api.token(request.headers.get("Authorization"))
            if token is None:
                raise unauthenticated()
            call = Call(
                method=method,
                token=token,
                path=request.match_info,
                query=MultiDict(request.query),
                body=body,
                if_match=request.headers.get("If-Match"),
                origin=_origin(request),
            )
            return self._api.answer(call)

    def _stoppable(self, handler: Handler) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except oauth.Stopped as stopped:
                return self._page("stopped.html", status=stopped.status, stopped=stopped)

        return answer

    async def _authorize(self, request: web.Request) -> web.StreamResponse:
        with self._world.lock:
            asked = self._sign_in.read(request.query)
            account = self._sign_in.account(asked, request.query.get("authuser"))
            if account is None:
                choices = [
                    (each, str(request.rel_url.update_query(authuser=each.email)))
                    for each in self._world.state.accounts.values()
                ]
                return self._page("choose.html", choices=choices)
            if self._sign_in.needs_consent(asked, account):
                scopes = [each for each in asked.scopes if each not in oauth.SIGN_IN_SCOPES]
                here = str(request.rel_url.update_query(authuser=account.email))
                return self._page("consent.html", account=account, scopes=scopes, here=here)
            return self._go_back(request, asked, account, frozenset(asked.scopes))

    async def _decide(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        with self._world.lock:
            asked = self._sign_in.read(request.query)
            account = self._sign_in.account(asked, request.query.get("authuser"))
            if account is None or form.get("decision") != "allow":
                denied = {"error": "access_denied"}
                raise web.HTTPSeeOther(asked.going_back(_origin(request), denied))
            ticked = frozenset(str(each) for each in form.getall("scope", []))
            return self._go_back(request, asked, account, ticked)

    def _page(self, template: str, status: int = 200, **values: Any) -> web.Response:
        return self._pages.page(template, status, provider="Google", **values)

    def _go_back(
        self,
        request: web.Request,
        asked: oauth.Authorization,
        account: Account,
        ticked: frozenset[str],
    ) -> web.Response:
        granted = self._sign_in.allow(asked, account, ticked)
        answer = {
            "code": self._sign_in.issue(granted),
            "scope": " ".join(sorted(granted.scopes)),
            "authuser": "0",
            "prompt": "consent" if "consent" in asked.prompts else "none",
        }
        headers = {"Location": asked.going_back(_origin(request), answer)}
        return web.Response(status=HTTPStatus.SEE_OTHER, headers=headers)

    async def _give_tokens(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        with self._world.lock:
            try:
                reply = self._sign_in.tokens(
                    form, request.headers.get("Authorization"), _origin(request)
                )
            except SignInRefused as refused:
                return web.json_response(refused.body(), status=refused.status)
        return web.json_response(reply, headers={"Cache-Control": "no-store"})

    async def _revoke(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        token = str(form.get("token", request.query.get("token", "")))
        with self._world.lock:
            try:
                self._sign_in.revoke(token)
            except SignInRefused as refused:
                return web.json_response(refused.body(), status=refused.status)
        return web.json_response({})

    async def _publish_keys(self, _: web.Request) -> web.StreamResponse:
        return web.json_response(oauth.published_keys())

    async def _publish_configuration(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(oauth.configuration(_origin(request)))


def _origin(request: web.Request) -> str:
    return str(request.url.origin())


def _refuse(fault: Fault) -> web.Response:
    message = fault.reason
    refused = Refused(fault.status, fault.reason, message)
    return web.json_response(refused.body(), status=fault.status)


def _refuse_sign_in(fault: Fault) -> web.Response:
    refused = SignInRefused(fault.reason, fault.reason, fault.status)
    return web.json_response(refused.body(), status=fault.status)
