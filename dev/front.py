"""One plain origin for browser, curl and any HTTP library, in front of the deployed API."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import CIMultiDict

from dev import styleguide
from dev.failures import CannotRun
from dev.http_fields import end_to_end
from dev.mailbox import Mailbox
from dev.ports import Ports
from dev.sign_in_link import SignInLink

OWN_PATHS = "/_dev"
"""Everything below belongs to the front; the API has no route that starts with an underscore."""

_AT_ONCE = 3 * (os.cpu_count() or 2)
"""The most requests the emulator is given at once; the others wait their turn here.

The emulator starts a process for each request that a function answers at the same time. A thousand
guests would get a thousand of them: more memory than a laptop has, and minutes of imports.
"""

_IDLE_SECONDS = 30
"""How long an unused connection to the emulator is kept; it closes them after 75 seconds."""

_SECONDS_TO_FINISH = 2.0
"""How long a request that is being answered may take on after Ctrl-C."""

_USES_SIGN_IN_LINK = {("POST", "/sign-in/finish"), ("POST", "/api/sessions")}


@dataclass(frozen=True)
class Front:
    """What stands at the origin: the API, the mailbox, and the way to an unused sign-in link."""

    ports: Ports
    api_id: str
    mailbox: Mailbox
    sign_in_link: SignInLink
    aws: aiohttp.ClientSession

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._move_to_localhost])
        application.add_subapp(f"{OWN_PATHS}/mailbox", self.mailbox.application())
        application.add_subapp(styleguide.ADDRESS, styleguide.application())
        application.router.add_get(f"{OWN_PATHS}/sign-in", self._sign_in)
        application.router.add_route("*", "/{path:.*}", self._forward)
        return application

    @web.middleware
    async def _move_to_localhost(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        """Send a browser that came by address to the origin that cookies and forms belong to."""
        is_page = request.method in ("GET", "HEAD") and not request.path.startswith("/api/")
        if is_page and request.host != f"localhost:{self.ports.front}":
            there = {"Location": f"{self.ports.origin}{request.raw_path}"}
            return web.Response(status=HTTPStatus.TEMPORARY_REDIRECT, headers=there)
        return await handler(request)

    async def _sign_in(self, _: web.Request) -> web.StreamResponse:
        try:
            link = await self.sign_in_link.unused()
        except CannotRun as failure:
            raise web.HTTPBadGateway(text=str(failure)) from failure
        raise web.HTTPSeeOther(link, headers={"Cache-Control": "no-store"})

    async def _forward(self, request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/_"):
            # The emulator would take these for itself: /_ministack/reset empties it.
            raise web.HTTPNotFound
        forwarded = self.aws.request(
            request.method,
            f"http://127.0.0.1:{self.ports.aws}{request.raw_path}",
            headers=self._request_headers(request),
            data=request.content if request.can_read_body else None,
            allow_redirects=False,
        )
        try:
            async with forwarded as answer:
                return await self._pass_on(answer, request)
        except aiohttp.ClientConnectionError as failure:
            text = (
                f"The AWS emulator did not answer ({failure}). Its log is .parley/emulator.log.\n"
            )
            raise web.HTTPBadGateway(text=text) from failure

    async def _pass_on(
        self, answer: aiohttp.ClientResponse, request: web.Request
    ) -> web.StreamResponse:
        if answer.ok and (request.method, request.path) in _USES_SIGN_IN_LINK:
            self.sign_in_link.renew()
        response = web.StreamResponse(status=answer.status, headers=end_to_end(answer.headers))
        await response.prepare(request)
        async for chunk in answer.content.iter_any():
            await response.write(chunk)
        return response

    def _request_headers(self, request: web.Request) -> CIMultiDict[str]:
        headers = end_to_end(request.headers)
        headers["Host"] = f"{self.api_id}.execute-api.localhost"
        # API Gateway appends the caller's address to what the caller says; so does this.
        before = request.headers.getall("X-Forwarded-For", [])
        headers["X-Forwarded-For"] = ", ".join([*before, request.remote or ""])
        headers["X-Forwarded-Proto"] = "http"
        headers["X-Forwarded-Port"] = str(self.ports.front)
        return headers


@asynccontextmanager
async def aws_session() -> AsyncIterator[aiohttp.ClientSession]:
    """Open the connections to the emulator; they pass on what they are given and add nothing."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=_AT_ONCE, keepalive_timeout=_IDLE_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        timeout=aiohttp.ClientTimeout(total=None),
    ) as session:
        yield session


@asynccontextmanager
async def serving(application: web.Application, host: str, port: int) -> AsyncIterator[None]:
    """Serve `application` until the block ends."""
    runner = web.AppRunner(
        application, access_log=None, auto_decompress=False, shutdown_timeout=_SECONDS_TO_FINISH
    )
    await runner.setup()
    try:
        # A thousand guests at once must not be turned away before they are heard.
        await web.TCPSite(runner, host, port, backlog=2048).start()
        yield
    finally:
        await runner.cleanup()
