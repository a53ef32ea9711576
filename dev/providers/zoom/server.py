"""Zoom's stand-in as a server: what Parley calls, and a page to look into it and to break it."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from dev.providers.faults import Fault, Kind, suffer, switch_on_from_form
from dev.providers.serving import LOOK, Pages, serving_in_thread
from dev.providers.zoom.meetings import MeetingsApi, bearer_token
from dev.providers.zoom.oauth import SigningIn
from dev.providers.zoom.refusals import ApiRefusal, TokenRefusal
from dev.providers.zoom.world import SCOPES, SeenRequest, User, ZoomWorld


class ZoomServer:
    """All of Zoom on one origin."""

    def __init__(self, world: ZoomWorld) -> None:
        self._world = world
        self._pages = Pages(Path(__file__).parent / "pages")
        self._page = partial(self._pages.page, provider="Zoom")
        self._endpoints: list[str] = []

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._see, _word_refusals])
        SigningIn(self._world, self._page).add_routes(application)
        MeetingsApi(self._world).add_routes(application)
        router = application.router
        self._endpoints = sorted(router.named_resources())
        self._pages.add_styles(application)
        router.add_get("/", self._look)
        router.add_get(r"/j/{meeting:\d+}", self._join)
        router.add_post(f"{LOOK}/meetings/delete", self._delete_meeting)
        router.add_post(f"{LOOK}/users/end", self._end_grant)
        router.add_post(f"{LOOK}/users/block", self._block)
        router.add_post(f"{LOOK}/users/unblock", self._unblock)
        router.add_post(f"{LOOK}/scopes", self._register_scopes)
        router.add_post(f"{LOOK}/faults", self._switch_on)
        router.add_post(f"{LOOK}/faults/off", self._switch_off)
        return application

    @web.middleware
    async def _see(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Keep what Parley asks for, and let it go wrong where a fault is on."""
        endpoint = request.match_info.route.name
        if endpoint is None:
            return await handler(request)
        email = await self._user_of(request)
        self._world.requests.append(SeenRequest(request.method, request.path, endpoint, email))
        fault = self._world.faults.hitting(email, endpoint)
        return await suffer(fault, request, handler, partial(_refusal, endpoint))

    async def _user_of(self, request: web.Request) -> str | None:
        """Return on whose behalf a request comes, by what it bears or has in its form."""
        form = await request.post()
        secrets = [form.get(name) for name in ("code", "refresh_token", "token")]
        emails = map(self._world.grants.email_of, map(str, [bearer_token(request), *secrets]))
        return next(filter(None, emails), None)

    async def _look(self, _: web.Request) -> web.Response:
        users = sorted(self._world.users.values(), key=lambda user: user.email)
        connected = {token.email for token in self._world.grants.refreshing.values()}
        return self._page(
            "look.html",
            users=users,
            connected=connected,
            blocked=self._world.grants.blocked,
            meetings=[each for user in users for each in self._world.meetings_of(user.email)],
            scopes=sorted(SCOPES),
            registered=self._world.scopes,
            requests=self._world.requests[:-21:-1],
            faults=self._world.faults.switched_on(),
            kinds=list(Kind),
            accounts=users,
            endpoints=self._endpoints,
            usual_reason="Service unavailable",
        )

    async def _join(self, request: web.Request) -> web.Response:
        meeting = self._world.meetings.get(int(request.match_info["meeting"]))
        if meeting is None or request.query.get("pwd", "") != meeting.passcode:
            mistake = "This meeting link is invalid."
            return self._page("mistake.html", web.HTTPNotFound.status_code, mistake=mistake)
        return self._page("join.html", meeting=meeting)

    async def _delete_meeting(self, request: web.Request) -> web.Response:
        meeting_id = str((await request.post()).get("meeting_id"))
        if meeting_id.isdecimal():
            self._world.meetings.pop(int(meeting_id), None)
        raise web.HTTPSeeOther("/")

    async def _end_grant(self, request: web.Request) -> web.Response:
        self._world.grants.end((await self._user_in(request)).email)
        raise web.HTTPSeeOther("/")

    async def _block(self, request: web.Request) -> web.Response:
        self._world.grants.block((await self._user_in(request)).email)
        raise web.HTTPSeeOther("/")

    async def _unblock(self, request: web.Request) -> web.Response:
        self._world.grants.blocked.discard((await self._user_in(request)).email)
        raise web.HTTPSeeOther("/")

    async def _user_in(self, request: web.Request) -> User:
        user = self._world.users.get(str((await request.post()).get("email")))
        if user is None:
            raise web.HTTPNotFound
        return user

    async def _register_scopes(self, request: web.Request) -> web.Response:
        chosen = {str(scope) for scope in (await request.post()).getall("scope", [])}
        self._world.scopes = chosen & SCOPES
        raise web.HTTPSeeOther("/")

    async def _switch_on(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        switch_on_from_form(self._world.faults, form)
        raise web.HTTPSeeOther("/")

    async def _switch_off(self, request: web.Request) -> web.Response:
        number = str((await request.post()).get("number"))
        if number.isdecimal():
            self._world.faults.switch_off(int(number))
        raise web.HTTPSeeOther("/")


@web.middleware
async def _word_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except (ApiRefusal, TokenRefusal) as refusal:
        return refusal.response()


def _refusal(endpoint: str, fault: Fault) -> web.Response:
    """Word a fault: "invalid_grant Invalid Token!" for tokens, "3161 Not licensed" elsewhere."""
    word, _, text = fault.reason.partition(" ")
    body: dict[str, str | int] = {"code": fault.status, "message": fault.reason}
    if endpoint.startswith("oauth."):
        body = {"reason": text, "error": word}
    elif word.isdecimal():
        body = {"code": int(word), "message": text}
    return web.json_response(body, status=fault.status)


@contextmanager
def serving_zoom(world: ZoomWorld) -> Iterator[str]:
    """Serve `world` on a free port until the block ends; give its origin, without a slash."""
    with serving_in_thread(ZoomServer(world).application()) as origin:
        yield origin
