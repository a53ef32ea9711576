"""Calendar API v3: what each method answers.

Source: Google Calendar API reference, and the guides "Synchronize resources efficiently" and "Push
notifications".
"""

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from multidict import MultiMapping

from dev.providers.google import conferences, listing, partial, writing
from dev.providers.google.discovery import Method, calendar_scopes
from dev.providers.google.refusals import (
    Refused,
    full_sync_required,
    invalid,
    not_found,
    required,
)
from dev.providers.google.state import (
    AccessToken,
    Calendar,
    Channel,
    Page,
    Query,
    Resource,
    Role,
    Span,
    SyncPoint,
)
from dev.providers.google.world import GoogleWorld

_MOST_ROWS = 2500
_ROWS = 250

_MOST_CALENDARS = 50
"""In one free/busy query. Source: freebusy.query, `calendarExpansionMax`."""

_LONGEST_QUERY = timedelta(days=93)
"""Of free/busy. It is undocumented; about three months have been seen."""

_BUSY_ONLY = frozenset({"calendar.events.freebusy"})

_NOT_WITH_SYNC_TOKEN = (
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMin",
    "timeMax",
    "updatedMin",
)
"""Source: events.list, `syncToken`."""

_UNKNOWN_HERE = (
    "alwaysIncludeEmail",
    "maxAttendees",
    "originalStart",
    "q",
    "showHiddenInvitations",
    "updatedMin",
)
"""Parameters of the real API that this one would have to guess at."""

_CHANNEL_ID = re.compile(r"[A-Za-z0-9\-_+/=]{1,64}")
_ON_THIS_MACHINE = re.compile(r"http://(localhost|127\.0\.0\.1)[:/]")

type Reply = tuple[int, Any]
"""Status and JSON; None if the answer is empty."""


@dataclass(frozen=True)
class Call:
    """A request whose token is good."""

    method: Method
    token: AccessToken
    path: Mapping[str, str]
    query: MultiMapping[str]
    body: Any
    """JSON; None if there was none."""
    if_match: str | None
    origin: str

    def is_set(self, name: str) -> bool:
        return self.query.get(name) == "true"

    def number(self, name: str, usual: int) -> int:
        try:
            return int(self.query.get(name, usual))
        except ValueError as failure:
            raise invalid(f"Invalid value for: {name}", name) from failure

    def moment(self, name: str) -> datetime | None:
        return _moment(self.query.get(name), name)


class CalendarApi:
    """Answers calls out of a world; whoever calls holds its lock."""

    def __init__(self, world: GoogleWorld) -> None:
        self._world = world
        self._answers: Mapping[str, Callable[[Call], Reply]] = {
            "calendarList.list": self._list_calendars,
            "channels.stop": self._stop_channel,
            "events.delete": self._delete_event,
            "events.get": self._get_event,
            "events.insert": self._insert_event,
            "events.instances": self._list_instances,
            "events.list": self._list_events,
            "events.patch": self._patch_event,
            "events.update": self._update_event,
            "events.watch": self._watch_events,
            "freebusy.query": self._query_free_busy,
        }

    def token(self, authorization: str | None) -> AccessToken | None:
        """Return what the header `Authorization` stands for, if it is good now."""
        scheme, _, token = (authorization or "").partition(" ")
        found = self._world.state.access_tokens.get(token)
        is_good = found is not None and scheme == "Bearer" and found.expires_at > self._world.now()
        return found if is_good else None

    def answer(self, call: Call) -> Reply:
        """Return what Google answers.

        Raises:
            Refused: It says no.
        """
        if not calendar_scopes(call.token.scopes) & call.method.scopes:
            raise _insufficient()
        if call.method.takes_body and not isinstance(call.body, dict):
            raise Refused(400, "parseError", "Parse Error")
        for name in _UNKNOWN_HERE:
            if name in call.query:
                raise invalid(f"The stand-in does not know {name}.", name)
        status, reply = self._answers[call.method.endpoint](call)
        if "fields" in call.query:
            reply = partial.only(reply, call.query["fields"])
        return status, reply

    def _list_calendars(self, call: Call) -> Reply:
        try:
            least = Role(call.query.get("minAccessRole", Role.FREE_BUSY_READER))
        except ValueError as failure:
            raise invalid("Invalid value for: minAccessRole", "minAccessRole") from failure
        if "syncToken" in call.query:
            raise full_sync_required()
        account = self._world.state.accounts[call.token.email]
        items = [
            self._list_entry(self._world.calendar(calendar_id), role, account.email)
            for calendar_id, role in account.roles.items()
            if role.reaches(least)
        ]
        begin = call.number("pageToken", 0)
        end = begin + self._rows_per_page(call.number("maxResults", 100))
        reply = {"kind": "calendar#calendarList", "etag": self._etag(), "items": items[begin:end]}
        return HTTPStatus.OK, reply | ({"nextPageToken": str(end)} if items[end:] else {})

    def _list_entry(self, calendar: Calendar, role: Role, email: str) -> Resource:
        entry: Resource = {
            "kind": "calendar#calendarListEntry",
            "etag": self._etag(),
            "id": calendar.calendar_id,
            "summary": calendar.summary,
            "timeZone": calendar.time_zone,
            "accessRole": role.value,
            "selected": True,
            "defaultReminders": [],
            "conferenceProperties": {
                "allowedConferenceSolutionTypes": calendar.conference_solutions
            },
        }
        return entry | ({"primary": True} if calendar.calendar_id == email else {})

    def _list_events(self, call: Call) -> Reply:
        calendar, is_busy_only = self._readable(call)
        query = _query(call)
        if "pageToken" in call.query:
            page = calendar.pages.get(call.query["pageToken"])
            if page is None or not _continues(query, page.query):
                raise invalid("Invalid page token value.", "pageToken")
        elif "syncToken" in call.query:
            page = self._changes(call, calendar, query)
        else:
            page = Page(listing.rows(calendar, query), query, self._world.state.serial)
        size = self._rows_per_page(call.number("maxResults", _ROWS))
        if self._world.has_empty_pages and "pageToken" not in call.query:
            size = 0
        return HTTPStatus.OK, self._page(call, calendar, page, size, is_busy_only=is_busy_only)

    def _changes(self, call: Call, calendar: Calendar, query: Query) -> Page:
        for name in _NOT_WITH_SYNC_TOKEN:
            if name in call.query:
                message = f"Sync token cannot be used together with {name}."
                raise invalid(message, name)
        point = calendar.sync_points.get(call.query["syncToken"])
        if point is None:
            raise full_sync_required()
        if query.show_deleted is False or not _continues(query, point.query):
            raise invalid("The parameters are not those of the first call.", "syncToken")
        rows = listing.changes(calendar, point.query, point.serial)
        return Page(rows, point.query, self._world.state.serial, are_changes=True)

    def _page(
        self, call: Call, calendar: Calendar, page: Page, size: int, *, is_busy_only: bool
    ) -> Resource:
        rows = page.rows[:size]
        if is_busy_only:
            seen = [(row, listing.busy_view(row, calendar)) for row in rows]
            rows = [
                listing.cancelled(row) if shown is None else shown
                for row, shown in seen
                if shown is not None or page.are_changes
            ]
        zone = call.query.get("timeZone", calendar.time_zone)
        role = self._world.state.accounts[call.token.email].roles[calendar.calendar_id]
        moment = self._world.stamp().moment
        reply = {
            "kind": "calendar#events",
            "etag": self._etag(),
            "summary": calendar.summary,
            "updated": moment,
            "timeZone": zone,
            "accessRole": role.value,
            "defaultReminders": [],
            "items": [_in_zone(row, zone) for row in rows],
        }
        token = secrets.token_urlsafe(16)
        if page.rows[size:]:
            calendar.pages[token] = replace(page, rows=page.rows[size:])
            return reply | {"nextPageToken": token}
        if not _can_sync(page.query):
            return reply
        calendar.sync_points[token] = SyncPoint(page.serial, page.query)
        return reply | {"nextSyncToken": token}

    def _list_instances(self, call: Call) -> Reply:
        calendar, is_busy_only = self._readable(call)
        event = self._event(call, calendar)
        query = replace(_query(call), single_events=True)
        if "pageToken" in call.query:
            page = calendar.pages.get(call.query["pageToken"])
            if page is None:
                raise invalid("Invalid page token value.", "pageToken")
        else:
            rows = list(listing.of_event(calendar, event["id"], query))
            # Instances have no sync tokens: an order keeps them from being given.
            page = Page(rows, replace(query, order_by="startTime"), self._world.state.serial)
        size = self._rows_per_page(call.number("maxResults", _ROWS))
        return HTTPStatus.OK, self._page(call, calendar, page, size, is_busy_only=is_busy_only)

    def _get_event(self, call: Call) -> Reply:
        calendar, is_busy_only = self._readable(call)
        event = self._event(call, calendar)
        if event["id"] in calendar.reads_until_meet:
            calendar.reads_until_meet[event["id"]] -= 1
            if calendar.reads_until_meet[event["id"]] <= 0:
                self._world.finish_conference(calendar, event["id"])
                event = self._event(call, calendar)
        shown = listing.busy_view(event, calendar) if is_busy_only else event
        if shown is None:
            raise not_found()
        return HTTPStatus.OK, _in_zone(shown, call.query.get("timeZone", calendar.time_zone))

    def _insert_event(self, call: Call) -> Reply:
        calendar = self._writable(call)
        chosen = call.body.get("id")
        event_id = secrets.token_hex(13) if chosen is None else writing.check_id(chosen)
        if event_id in calendar.versions:
            raise Refused(409, "duplicate", "The requested identifier already exists.")
        event = writing.added(
            call.body, calendar, event_id, self._world.stamp(), calendar.calendar_id
        )
        if call.number("conferenceDataVersion", 0) == 1:
            event = self._with_conference(event, None, call, calendar)
        self._world.put(calendar, event)
        return HTTPStatus.OK, event

    def _patch_event(self, call: Call) -> Reply:
        calendar = self._writable(call)
        event = self._changeable(call, calendar)
        changed = writing.patched(event, call.body, calendar, self._world.stamp())
        if call.number("conferenceDataVersion", 0) == 1:
            changed = self._with_conference(changed, event, call, calendar)
        self._world.put(calendar, changed)
        return HTTPStatus.OK, changed

    def _update_event(self, call: Call) -> Reply:
        calendar = self._writable(call)
        event = self._changeable(call, calendar)
        # Whatever the body does not name is gone, and without version 1 it names no conference.
        changed = writing.replaced(event, call.body, calendar, self._world.stamp())
        if call.number("conferenceDataVersion", 0) == 1:
            changed = self._with_conference(changed, event, call, calendar)
        self._world.put(calendar, changed)
        return HTTPStatus.OK, changed

    def _with_conference(
        self, event: Resource, before: Resource | None, call: Call, calendar: Calendar
    ) -> Resource:
        return conferences.with_conference(
            event, before, call.body, calendar, self._world.conferences
        )

    def _delete_event(self, call: Call) -> Reply:
        calendar = self._writable(call)
        event = self._event(call, calendar)
        if event["status"] == "cancelled":
            raise Refused(410, "deleted", "Resource has been deleted")
        _check_etag(call, event)
        self._world.put(calendar, writing.deleted(event, self._world.stamp()))
        return HTTPStatus.NO_CONTENT, None

    def _watch_events(self, call: Call) -> Reply:
        calendar, _ = self._readable(call)
        channel = self._new_channel(call, calendar)
        self._world.state.channels[channel.channel_id] = channel
        self._world.pushes.push(channel, "sync")
        expiration = str(int(channel.expires_at.timestamp() * 1000))
        reply = {
            "kind": "api#channel",
            "id": channel.channel_id,
            "resourceId": channel.resource_id,
            "resourceUri": channel.resource_uri,
            "expiration": expiration,
        }
        return HTTPStatus.OK, reply | ({} if channel.token is None else {"token": channel.token})

    def _new_channel(self, call: Call, calendar: Calendar) -> Channel:
        channel_id, address = call.body.get("id", ""), call.body.get("address", "")
        if call.body.get("type") != "web_hook" or not _CHANNEL_ID.fullmatch(channel_id):
            raise invalid("Invalid channel.")
        if channel_id in self._world.state.channels:
            raise Refused(400, "channelIdNotUnique", f"Channel id {channel_id} not unique")
        if not address.startswith("https://") and not _ON_THIS_MACHINE.match(address):
            raise Refused(
                400, "push.webhookUrlNotHttps", f"WebHook callback must be HTTPS: {address}"
            )
        now = self._world.now()
        ends = [now + self._world.channel_life]
        if "expiration" in call.body:
            ends.append(datetime.fromtimestamp(int(call.body["expiration"]) / 1000, UTC))
        if "ttl" in call.body.get("params", {}):
            ends.append(now + timedelta(seconds=int(call.body["params"]["ttl"])))
        return Channel(
            channel_id=channel_id,
            resource_id=secrets.token_urlsafe(20),
            resource_uri=f"{call.origin}/calendar/v3/calendars/{calendar.calendar_id}/events?alt=json",
            calendar_id=calendar.calendar_id,
            email=call.token.email,
            address=address,
            token=call.body.get("token"),
            # In whole milliseconds, as the answer says it.
            expires_at=datetime.fromtimestamp(int(min(ends).timestamp() * 1000) / 1000, UTC),
        )

    def _stop_channel(self, call: Call) -> Reply:
        channel_id = call.body.get("id")
        channel = self._world.state.channels.get(channel_id)
        wanted = (call.body.get("resourceId"), call.token.email)
        if channel is None or (channel.resource_id, channel.email) != wanted:
            raise Refused(404, "notFound", f"Channel '{channel_id}' not found for this project")
        del self._world.state.channels[channel.channel_id]
        return HTTPStatus.NO_CONTENT, None

    def _query_free_busy(self, call: Call) -> Reply:
        bounds = [_moment(call.body.get(name), name) for name in ("timeMin", "timeMax")]
        if bounds[0] is None or bounds[1] is None:
            raise required("Missing time range.")
        within = Span(bounds[0].astimezone(UTC), bounds[1].astimezone(UTC))
        if within.end <= within.start:
            raise _calendar_error("timeRangeEmpty", "The specified time range is empty.")
        if within.end - within.start > _LONGEST_QUERY:
            raise _calendar_error("timeRangeTooLong", "The requested time range is too long.")
        zone = _zone(call.body.get("timeZone", "UTC"))
        asked = [each["id"] for each in call.body.get("items", [])]
        most = min(call.body.get("calendarExpansionMax", _MOST_CALENDARS), _MOST_CALENDARS)
        reply = {
            "kind": "calendar#freeBusy",
            "timeMin": _rfc3339(within.start, ZoneInfo("UTC")),
            "timeMax": _rfc3339(within.end, ZoneInfo("UTC")),
            "calendars": {
                calendar_id: self._free_busy(call, calendar_id, within, zone)
                if number < most
                else _unknown("tooManyCalendarsRequested")
                for number, calendar_id in enumerate(asked)
            },
        }
        return HTTPStatus.OK, reply

    def _free_busy(self, call: Call, asked: str, within: Span, zone: ZoneInfo) -> Resource:
        calendar_id = call.token.email if asked == "primary" else asked
        if calendar_id not in self._world.state.accounts[call.token.email].roles:
            return _unknown("notFound")
        calendar = self._world.calendar(calendar_id)
        if calendar.free_busy_error is not None:
            return _unknown(calendar.free_busy_error)
        spans = listing.busy_spans(calendar, within)
        return {
            "busy": [
                {"start": _rfc3339(start, zone), "end": _rfc3339(end, zone)} for start, end in spans
            ]
        }

    def _readable(self, call: Call) -> tuple[Calendar, bool]:
        """Return the calendar of a call, and whether only its busy times may be told."""
        calendar, role, scopes = self._reached(call)
        return calendar, role is Role.FREE_BUSY_READER or scopes <= _BUSY_ONLY

    def _writable(self, call: Call) -> Calendar:
        calendar, role, _ = self._reached(call)
        if not role.reaches(Role.WRITER_WITHOUT_PRIVATE_ACCESS):
            raise _calendar_error(
                "requiredAccessLevel", "You need to have writer access to this calendar.", 403
            )
        return calendar

    def _reached(self, call: Call) -> tuple[Calendar, Role, frozenset[str]]:
        asked = call.path["calendarId"]
        calendar_id = call.token.email if asked == "primary" else asked
        role = self._world.state.accounts[call.token.email].roles.get(calendar_id)
        if role is None:
            raise not_found()
        calendar = self._world.calendar(calendar_id)
        scopes = calendar_scopes(call.token.scopes) & call.method.scopes
        if calendar.owner != call.token.email:
            scopes = frozenset(each for each in scopes if ".owned" not in each)
        if not scopes:
            raise _insufficient()
        return calendar, role, scopes

    def _event(self, call: Call, calendar: Calendar) -> Resource:
        event = listing.current(calendar, call.path["eventId"])
        if event is None:
            raise not_found()
        return event

    def _changeable(self, call: Call, calendar: Calendar) -> Resource:
        event = self._event(call, calendar)
        if event["status"] == "cancelled":
            raise Refused(403, "forbidden", "Forbidden")
        _check_etag(call, event)
        return event

    def _rows_per_page(self, asked: int) -> int:
        return max(1, min(asked, _MOST_ROWS, self._world.rows_per_page or _MOST_ROWS))

    def _etag(self) -> str:
        return f'"p{self._world.state.serial:015d}"'


def unauthenticated() -> Refused:
    return Refused(401, "authError", "Invalid Credentials", location=("header", "Authorization"))


def _insufficient() -> Refused:
    message = "Request had insufficient authentication scopes."
    return Refused(403, "insufficientPermissions", message)


def _calendar_error(reason: str, message: str, status: int = 400) -> Refused:
    return Refused(status, reason, message, domain="calendar")


def _unknown(reason: str) -> Resource:
    return {"errors": [{"domain": "global", "reason": reason}], "busy": []}


def _check_etag(call: Call, event: Resource) -> None:
    if call.if_match not in (None, "*", event["etag"]):
        raise Refused(
            412, "conditionNotMet", "Precondition Failed", location=("header", "If-Match")
        )


def _query(call: Call) -> Query:
    window = (call.moment("timeMin"), call.moment("timeMax"))
    if window[0] is not None and window[1] is not None and window[1] <= window[0]:
        raise _calendar_error("timeRangeEmpty", "The specified time range is empty.")
    query = Query(
        single_events=call.is_set("singleEvents"),
        show_deleted=call.is_set("showDeleted") if "showDeleted" in call.query else None,
        window=window,
        event_types=tuple(call.query.getall("eventTypes", [])),
        private_properties=tuple(call.query.getall("privateExtendedProperty", [])),
        shared_properties=tuple(call.query.getall("sharedExtendedProperty", [])),
        ical_uid=call.query.get("iCalUID"),
        order_by=call.query.get("orderBy"),
    )
    if query.order_by == "startTime" and not query.single_events:
        raise invalid(
            "The requested ordering is not available for the particular query.", "orderBy"
        )
    return query


def _continues(query: Query, first: Query) -> bool:
    """Return whether a later call has the parameters of the first, as far as it may have them."""
    return (
        query.single_events == first.single_events
        and query.event_types == first.event_types
        and query.window in (first.window, (None, None))
    )


def _can_sync(query: Query) -> bool:
    kept = Query(query.single_events, query.show_deleted, query.window, query.event_types)
    return query == kept


def _moment(written: str | None, name: str) -> datetime | None:
    if written is None:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as failure:
        raise invalid(f"Invalid value for: {name}", name) from failure
    if moment.tzinfo is None:
        raise invalid(f"Invalid value for: {name} needs an offset", name)
    return moment


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, ZoneInfoNotFoundError) as failure:
        raise invalid("Invalid time zone definition.", "timeZone") from failure


def _rfc3339(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(timespec="seconds").replace("+00:00", "Z")


def _in_zone(row: Resource, name_of_zone: str) -> Resource:
    zone = _zone(name_of_zone)
    shown = {
        name: {
            **row[name],
            "dateTime": datetime.fromisoformat(row[name]["dateTime"])
            .astimezone(zone)
            .isoformat(timespec="seconds"),
        }
        for name in ("start", "end", "originalStartTime")
        if "dateTime" in row.get(name, {})
    }
    return row | shown
