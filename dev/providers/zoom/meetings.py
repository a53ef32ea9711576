"""The part of Zoom's API that Parley uses: the user, and the user's meetings.

Source: https://developers.zoom.us/docs/api/meetings/
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aiohttp import web
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from dev.providers.zoom import world as zoom
from dev.providers.zoom.limits import Category
from dev.providers.zoom.refusals import ApiRefusal
from dev.providers.zoom.world import Meeting, User, ZoomWorld

_SCHEDULED = 2
"""A meeting at a time, once."""
_PAGE_SIZES: TypeAdapter[int] = TypeAdapter(Annotated[int, Field(ge=1, le=300)])
_USUAL_PAGE_SIZE = 30
_LISTED_AGENDA = 250
"""How much of an agenda a list has."""
_WRONG = 300
_NO_SUCH_USER = 1001

type _Handle = Callable[[web.Request, User], Awaitable[web.Response]]


class _MeetingFields(BaseModel):
    """What a request may say of a meeting; what it does not say stays as it is."""

    topic: Annotated[str, Field(max_length=200)] | None = None
    type: Annotated[int, Field(ge=_SCHEDULED, le=_SCHEDULED)] = _SCHEDULED
    start_time: datetime | None = None
    """With an offset, or of the wall clock in `timezone`."""
    duration: Annotated[int, Field(gt=0)] | None = None
    """Minutes."""
    timezone: str | None = None
    password: Annotated[str, Field(max_length=10)] | None = None
    agenda: Annotated[str, Field(max_length=2000)] | None = None
    settings: dict[str, Any] = Field(default_factory=dict)


class MeetingsApi:
    """The endpoints below /v2."""

    def __init__(self, world: ZoomWorld) -> None:
        self._world = world

    def add_routes(self, application: web.Application) -> None:
        light, medium = Category.LIGHT, Category.MEDIUM
        me, meetings = "/v2/users/{user}", "/v2/users/{user}/meetings"
        one = r"/v2/meetings/{meeting:\d+}"
        for name, method, path, category, scope, handle in (
            ("users.get", "GET", me, light, zoom.READ_USER, self._get_user),
            ("meetings.create", "POST", meetings, medium, zoom.CREATE, self._create),
            ("meetings.list", "GET", meetings, medium, zoom.LIST, self._list),
            ("meetings.get", "GET", one, light, zoom.READ, self._get),
            ("meetings.update", "PATCH", one, light, zoom.UPDATE, self._update),
            ("meetings.delete", "DELETE", one, light, zoom.DELETE, self._delete),
        ):
            admitted = self._admitting(category, scope, handle)
            application.router.add_route(method, path, admitted, name=name)

    def _admitting(
        self, category: Category, scope: str, handle: _Handle
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def admit(request: web.Request) -> web.Response:
            token = self._world.grants.holder_of(bearer_token(request))
            if scope not in token.scopes:
                message = f"Invalid access token, does not contain scopes:[{scope}]."
                raise ApiRefusal(HTTPStatus.BAD_REQUEST, 4711, message)
            user = self._world.users[token.email]
            if request.match_info.get("user", "me") not in ("me", user.user_id, user.email):
                message = f"User does not exist: {request.match_info['user']}."
                raise ApiRefusal(HTTPStatus.NOT_FOUND, _NO_SUCH_USER, message)
            self._world.limits.count(category)
            return await handle(request, user)

        return admit

    async def _get_user(self, _: web.Request, user: User) -> web.Response:
        return web.json_response(
            {
                "id": user.user_id,
                "account_id": f"account-of-{user.email.partition('@')[2]}",
                "email": user.email,
                "first_name": user.first_name,
                "last_name": user.last_name,
                "display_name": f"{user.first_name} {user.last_name}".strip(),
                "type": 2 if user.is_licensed else 1,
                "timezone": user.time_zone,
                "status": "active",
                "verified": int(user.is_verified),
            }
        )

    async def _create(self, request: web.Request, user: User) -> web.Response:
        fields = await _fields(request)
        self._world.limits.count_write(user.email)
        time_zone = fields.timezone or user.time_zone
        meeting = self._world.add_meeting(
            user.email,
            fields.topic or "My Meeting",
            _utc(fields.start_time or self._world.now(), time_zone),
            timedelta(minutes=fields.duration or 60),
            agenda=fields.agenda or "",
            time_zone=time_zone,
            passcode=fields.password,
            settings=fields.settings,
        )
        created = _details(meeting, _origin(request))
        return web.json_response(created, status=HTTPStatus.CREATED)

    async def _list(self, request: web.Request, user: User) -> web.Response:
        asked = request.query
        try:
            size = _PAGE_SIZES.validate_python(asked.get("page_size", _USUAL_PAGE_SIZE))
            first = int(asked.get("next_page_token") or 0)
        except ValueError as failure:
            raise ApiRefusal(HTTPStatus.BAD_REQUEST, _WRONG, "Validation Failed.") from failure
        found = self._world.meetings_of(user.email)
        if asked.get("type", "scheduled") == "upcoming":
            found = [meeting for meeting in found if meeting.end > self._world.now()]
        end = first + size
        return web.json_response(
            {
                "page_size": size,
                "total_records": len(found),
                "next_page_token": str(end) if end < len(found) else "",
                "meetings": [
                    _summary(meeting, user, _origin(request)) for meeting in found[first:end]
                ],
            }
        )

    async def _get(self, request: web.Request, user: User) -> web.Response:
        meeting = self._asked_for(request, user)
        own = {"uuid": meeting.uuid, "host_id": user.user_id, "status": "waiting"}
        return web.json_response(own | _details(meeting, _origin(request)))

    async def _update(self, request: web.Request, user: User) -> web.Response:
        meeting, fields = self._asked_for(request, user), await _fields(request)
        self._world.limits.count_write(user.email)
        if fields.topic is not None:
            meeting.topic = fields.topic
        if fields.agenda is not None:
            meeting.agenda = fields.agenda
        if fields.password is not None:
            meeting.passcode = fields.password
        if fields.timezone is not None:
            meeting.time_zone = fields.timezone
        if fields.start_time is not None:
            meeting.start = _utc(fields.start_time, meeting.time_zone)
        if fields.duration is not None:
            meeting.duration = timedelta(minutes=fields.duration)
        meeting.settings |= fields.settings
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def _delete(self, request: web.Request, user: User) -> web.Response:
        del self._world.meetings[self._asked_for(request, user).meeting_id]
        return web.Response(status=HTTPStatus.NO_CONTENT)

    def _asked_for(self, request: web.Request, user: User) -> Meeting:
        return self._world.meeting(int(request.match_info["meeting"]), user.email)


def bearer_token(request: web.Request) -> str:
    """Return the access token of a request; empty where it has none."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if kind == "Bearer" else ""


async def _fields(request: web.Request) -> _MeetingFields:
    """Read what a request says of a meeting.

    Raises:
        ApiRefusal: It cannot be said so.
    """
    try:
        fields = _MeetingFields.model_validate_json(await request.read())
    except ValidationError as failure:
        errors = [
            {"field": ".".join(map(str, each["loc"])), "message": each["msg"]}
            for each in failure.errors()
        ]
        message = "Validation Failed."
        raise ApiRefusal(HTTPStatus.BAD_REQUEST, _WRONG, message, errors=errors) from failure
    if fields.timezone is not None:
        _zone(fields.timezone)
    return fields


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as failure:
        raise ApiRefusal(
            HTTPStatus.BAD_REQUEST,
            _WRONG,
            "Validation Failed.",
            errors=[{"field": "timezone", "message": "Invalid field."}],
        ) from failure


def _utc(moment: datetime, time_zone: str) -> datetime:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=_zone(time_zone))
    return moment.astimezone(UTC).replace(microsecond=0)


def _origin(request: web.Request) -> str:
    return str(request.url.origin())


def _in_utc(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _times(meeting: Meeting, origin: str) -> dict[str, Any]:
    return {
        "id": meeting.meeting_id,
        "topic": meeting.topic,
        "type": _SCHEDULED,
        "start_time": _in_utc(meeting.start),
        "duration": meeting.duration // timedelta(minutes=1),
        "timezone": meeting.time_zone,
        "created_at": _in_utc(meeting.created_at),
        "join_url": f"{origin}/j/{meeting.meeting_id}",
    }


def _summary(meeting: Meeting, host: User, origin: str) -> dict[str, Any]:
    """Return what a list says of a meeting: not how to get in, nor all of a long agenda."""
    own = {"uuid": meeting.uuid, "host_id": host.user_id}
    return own | _times(meeting, origin) | {"agenda": meeting.agenda[:_LISTED_AGENDA]}


def _details(meeting: Meeting, origin: str) -> dict[str, Any]:
    return _times(meeting, origin) | {
        "host_email": meeting.host_email,
        "agenda": meeting.agenda,
        "join_url": f"{origin}/j/{meeting.meeting_id}?pwd={meeting.passcode}",
        "start_url": f"{origin}/s/{meeting.meeting_id}?zak={meeting.start_key}",
        "password": meeting.passcode,
        "settings": meeting.settings,
    }
