"""A page to look into the accounts and calendars of Google's stand-in, and to break them."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from aiohttp import web
from aiohttp.typedefs import Handler

from dev.providers.faults import Kind, switch_on_from_form
from dev.providers.google import listing, recurrence
from dev.providers.google.conferences import Outcome
from dev.providers.google.discovery import ENDPOINTS
from dev.providers.google.refusals import Refused
from dev.providers.google.state import Calendar, Query, Resource
from dev.providers.google.world import GoogleWorld
from dev.providers.serving import LOOK, Pages

_DAYS_BACK = 1
_DAYS_AHEAD = 28

_ENDPOINTS = (*ENDPOINTS, "oauth.authorize", "oauth.token", "oauth.revoke", "oauth.certs")

_REPEATS = {"": "once", "RRULE:FREQ=DAILY": "every day", "RRULE:FREQ=WEEKLY": "every week"}
_KINDS = {
    "busy": "busy",
    "free": "free",
    "tentative": "tentative",
    "outOfOffice": "out of office",
    "workingLocation": "working location",
}

type Form = Mapping[str, str]


class Look:
    """Pages out of a world, and what their buttons do to it."""

    def __init__(self, world: GoogleWorld, pages: Pages) -> None:
        self._world = world
        self._pages = pages

    def add_to(self, application: web.Application) -> None:
        self._pages.add_styles(application)
        router = application.router
        router.add_get("/", self._show_world)
        router.add_get(f"{LOOK}/calendars/{{calendar}}", self._show_calendar)
        of_calendar = f"{LOOK}/calendars/{{calendar}}/"
        for path, change in {
            f"{LOOK}/faults": lambda _, form: switch_on_from_form(self._world.faults, form),
            f"{LOOK}/faults/off": lambda _, form: self._world.faults.switch_off(
                int(form["number"])
            ),
            f"{LOOK}/meet": self._set_meet,
            f"{LOOK}/accounts": self._change_account,
            f"{of_calendar}add": self._add_event,
            f"{of_calendar}move": self._move_event,
            f"{of_calendar}delete": lambda calendar, form: self._world.delete_event(
                calendar, form["event"]
            ),
            f"{of_calendar}forget": lambda calendar, _: self._world.forget_sync_tokens(calendar),
        }.items():
            router.add_post(path, self._handler(change))

    def _handler(self, change: Callable[[str, Form], object]) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            calendar = request.match_info.get("calendar", "")
            form = {name: str(value) for name, value in (await request.post()).items()}
            try:
                change(calendar, form)
            except (Refused, ValueError) as failure:
                raise web.HTTPBadRequest(text=str(failure)) from failure
            raise web.HTTPSeeOther(f"{LOOK}/calendars/{calendar}" if calendar else "/")

        return answer

    async def _show_world(self, _: web.Request) -> web.Response:
        world = self._world
        with world.lock:
            accounts = [
                (account, [(world.calendar(each), role) for each, role in account.roles.items()])
                for account in world.state.accounts.values()
            ]
            return self._pages.page(
                "world.html",
                provider="Google",
                listed=accounts,
                accounts=world.state.accounts.values(),
                consents=world.state.consents,
                channels=len(world.channels()),
                requests=list(world.requests)[-20:][::-1],
                outcome=world.conferences.outcome,
                outcomes=list(Outcome),
                faults=world.faults.switched_on(),
                kinds=list(Kind),
                endpoints=_ENDPOINTS,
                usual_reason="backendError",
            )

    async def _show_calendar(self, request: web.Request) -> web.Response:
        with self._world.lock:
            calendar = self._world.state.calendars.get(request.match_info["calendar"])
            if calendar is None:
                raise web.HTTPNotFound
            zone, now = ZoneInfo(calendar.time_zone), self._world.now()
            window = (now - timedelta(days=_DAYS_BACK), now + timedelta(days=_DAYS_AHEAD))
            query = Query(single_events=True, window=window, order_by="startTime")
            return self._pages.page(
                "calendar.html",
                provider="Google",
                calendar=calendar,
                rows=[
                    (event, _shown_times(event, calendar), listing.takes_time(event, calendar))
                    for event in listing.rows(calendar, query)
                ],
                channels=self._world.channels(calendar.calendar_id),
                start=f"{now.astimezone(zone) + timedelta(days=1):%Y-%m-%dT10:00}",
                days=_DAYS_AHEAD,
                repeats=_REPEATS,
                types=_KINDS,
            )

    def _set_meet(self, _: str, form: Form) -> None:
        with self._world.lock:
            self._world.conferences.outcome = Outcome(form["outcome"])
            if self._world.conferences.outcome is not Outcome.PENDING:
                self._world.finish_conferences()

    def _change_account(self, _: str, form: Form) -> None:
        account = self._world.state.accounts[form["account"]]
        match form["change"]:
            case "expire":
                self._world.expire_access_tokens(account.email)
            case "revoke":
                self._world.revoke(account.email)
            case "block":
                self._world.block(account.email)
            case "unblock":
                self._world.block(account.email, None)

    def _add_event(self, calendar_id: str, form: Form) -> None:
        zone = ZoneInfo(self._world.calendar(calendar_id).time_zone)
        start = datetime.fromisoformat(form["start"]).replace(tzinfo=zone)
        fields: Resource = {"summary": form["summary"]}
        if form["repeat"]:
            fields["recurrence"] = [form["repeat"]]
        match form["type"]:
            case "free":
                fields["transparency"] = "transparent"
            case "tentative":
                fields["status"] = "tentative"
            case "outOfOffice" | "workingLocation":
                fields["eventType"] = form["type"]
        if "all_day" in form:
            day = start.date()
            self._world.add_event(calendar_id, day, day + timedelta(days=1), **fields)
        else:
            end = start + timedelta(minutes=int(form["minutes"]))
            self._world.add_event(calendar_id, start, end, **fields)

    def _move_event(self, calendar_id: str, form: Form) -> None:
        with self._world.lock:
            calendar = self._world.calendar(calendar_id)
            event = self._world.event(calendar_id, form["event"])
            times = recurrence.span(event, calendar.time_zone)
            length = times.end - times.start
            moved = datetime.fromisoformat(form["start"])
            start: datetime | date = moved.replace(tzinfo=ZoneInfo(calendar.time_zone))
            if "date" in event["start"]:
                start = moved.date()
            self._world.move_event(calendar_id, event["id"], start, start + length)


def _shown_times(event: Resource, calendar: Calendar) -> dict[str, str]:
    zone = ZoneInfo(calendar.time_zone)
    start, end = (each.astimezone(zone) for each in recurrence.span(event, calendar.time_zone))
    if "date" in event["start"]:
        words = f"{start:%a %-d %b %Y}, all day"
    else:
        words = f"{start:%a %-d %b %Y, %H:%M} – {end:%H:%M}"
    return {"words": words, "start": f"{start:%Y-%m-%dT%H:%M}"}
