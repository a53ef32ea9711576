"""Google Calendar, through Google's own client.

Source: Google Calendar API v3 reference, and the guides "Synchronize resources efficiently" and
"Push notifications".
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.client import HTTPException
from itertools import batched
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import httplib2
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from scheduling.adapters.google.answers import Refused, failure
from scheduling.adapters.google.events import (
    CHANGED_FIELDS,
    WRITTEN_FIELDS,
    Resource,
    changed_event,
    changes_of,
    new_event,
    seconds,
    written_event,
)
from scheduling.domain.connections import ProviderCalendar
from scheduling.domain.hours import Span, merged
from scheduling.domain.provider_events import ChangePage, Channel, WrittenEvent
from scheduling.domain.time_range import TimeRange
from scheduling.provider_ports import (
    CalendarGone,
    CursorExpired,
    EventChangedMeanwhile,
    EventIdUsed,
    ProviderUnavailable,
)

if TYPE_CHECKING:
    from googleapiclient.http import HttpRequest

    from scheduling.domain.provider_events import WantedEvent

SECONDS = 10.0
"""How long Google has to connect, and for each part of an answer."""

KEPT_SECONDS = 30.0
"""How long a connection is kept that nobody uses: a function that was asleep finds it dead."""

CALENDARS_PER_QUERY = 50
"""Source: Google Calendar API reference, freebusy.query, `calendarExpansionMax`."""

LONGEST_QUERY = timedelta(days=60)
"""Google refuses free/busy of more than about three months, and does not say where that ends."""

_EVENTS_PER_PAGE = 2500
_CALENDARS_PER_PAGE = 250
"""The most that Google gives. Source: reference of events.list and calendarList.list."""

_WRITE = {"conferenceDataVersion": 1, "sendUpdates": "none", "fields": WRITTEN_FIELDS}
"""Without the version, a write drops the meeting; guests get our mails, not Google's."""

type _Refusals = Mapping[int, type[Exception]]
"""What a refusal means, by status."""

_OF_CALENDAR: _Refusals = {
    HTTPStatus.FORBIDDEN: CalendarGone,
    HTTPStatus.NOT_FOUND: CalendarGone,
}


class _Connections:
    """Connections that are open, each for one request at a time: httplib2 serves no two."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._idle: deque[tuple[httplib2.Http, float]] = deque()

    @contextmanager
    def one(self) -> Iterator[httplib2.Http]:
        connection = self._take()
        was_answered = False
        try:
            yield connection
            was_answered = True
        except HttpError:
            was_answered = True
            raise
        finally:
            if was_answered:
                self._idle.append((connection, time.time()))
            else:
                # The next request would read what is left of this one's answer.
                connection.close()

    def close(self) -> None:
        for connection, _ in self._idle:
            connection.close()
        self._idle.clear()

    def _take(self) -> httplib2.Http:
        try:
            connection, used_at = self._idle.pop()
        except IndexError:
            return self._new()
        if time.time() - used_at > KEPT_SECONDS:
            connection.close()
        return connection

    def _new(self) -> httplib2.Http:
        connection = httplib2.Http(timeout=self._timeout, proxy_info=None)
        # Wherever a redirect leads, our tokens do not go there.
        connection.follow_redirects = False
        return connection


class GoogleCalendars:
    """Calendars at Google. Nothing is tried twice here: whoever calls knows what may be."""

    def __init__(self, api_url: str, *, timeout: float = SECONDS) -> None:
        """Ask the API at `api_url`, the origin without a slash at its end."""
        self._connections = _Connections(timeout)
        self._api = build(
            "calendar",
            "v3",
            # Each request is given another one.
            http=httplib2.Http(),
            client_options={"api_endpoint": f"{api_url}/calendar/v3/"},
            static_discovery=True,
            cache_discovery=False,
        )
        self._events = self._api.events()

    def close(self) -> None:
        """Close the connections that nobody uses; the next request opens another."""
        self._connections.close()

    def all(self, access_token: str) -> Sequence[ProviderCalendar]:
        fields = "id,summary,summaryOverride,primary,accessRole,timeZone,conferenceProperties"
        found: list[ProviderCalendar] = []
        page: str | None = None
        while True:
            request = self._api.calendarList().list(
                pageToken=page,
                maxResults=_CALENDARS_PER_PAGE,
                fields=f"nextPageToken,items({fields})",
            )
            calendars, page = self._ask(access_token, request, _calendars)
            found += calendars
            if page is None:
                return found

    def changes(
        self,
        access_token: str,
        calendar_id: str,
        *,
        cursor: str | None,
        page: str | None,
        within: TimeRange,
    ) -> ChangePage:
        # Google refuses a range beside a cursor, which has its own.
        since = {"syncToken": cursor} if cursor else _range(within)
        request = self._events.list(
            calendarId=calendar_id,
            pageToken=page,
            singleEvents=True,
            maxResults=_EVENTS_PER_PAGE,
            fields=f"nextPageToken,nextSyncToken,timeZone,items({CHANGED_FIELDS})",
            **since,
        )
        refusals = {**_OF_CALENDAR, HTTPStatus.GONE: CursorExpired}
        if cursor or page:
            # What is no token of Google's, or none for what is asked now.
            refusals[HTTPStatus.BAD_REQUEST] = CursorExpired
        return self._ask(access_token, request, _change_page, refusals)

    def busy(
        self, access_token: str, calendar_ids: Sequence[str], within: TimeRange
    ) -> Mapping[str, tuple[Span, ...] | None]:
        spans: dict[str, list[Span]] = {calendar_id: [] for calendar_id in calendar_ids}
        unknown: set[str] = set()
        for part in _parts(within):
            for ids in batched(calendar_ids, CALENDARS_PER_QUERY, strict=False):
                query = _range(part) | {"items": [{"id": each} for each in ids]}
                request = self._api.freebusy().query(body=query, fields="calendars")
                answer = self._ask(access_token, request, _busy)
                for calendar_id in ids:
                    busy = answer.get(calendar_id)
                    if busy is None:
                        unknown.add(calendar_id)
                    else:
                        spans[calendar_id] += busy
        return {
            calendar_id: None if calendar_id in unknown else tuple(merged(busy))
            for calendar_id, busy in spans.items()
        }

    def insert(self, access_token: str, calendar_id: str, event: WantedEvent) -> WrittenEvent:
        def request(body: dict[str, Any]) -> HttpRequest:
            return self._events.insert(calendarId=calendar_id, body=body, **_WRITE)

        refusals = {**_OF_CALENDAR, HTTPStatus.CONFLICT: EventIdUsed}
        return self._write(access_token, request, new_event(event), refusals)

    def read(self, access_token: str, calendar_id: str, event_id: str) -> WrittenEvent | None:
        request = self._events.get(calendarId=calendar_id, eventId=event_id, fields=WRITTEN_FIELDS)
        try:
            return self._ask(access_token, request, written_event, {HTTPStatus.NOT_FOUND: _NotHere})
        except _NotHere:
            # Of an event or of a calendar: whoever adds the event then learns which.
            return None

    def update(
        self, access_token: str, calendar_id: str, event: WantedEvent, *, etag: str
    ) -> WrittenEvent:
        def request(body: dict[str, Any]) -> HttpRequest:
            # A patch, since a replacement would take what the owner has added: colors, reminders.
            patch = self._events.patch(
                calendarId=calendar_id, eventId=event.event_id, body=body, **_WRITE
            )
            patch.headers["If-Match"] = etag
            return patch

        refusals: _Refusals = {
            # Of a deleted event nobody may change anything.
            HTTPStatus.FORBIDDEN: EventChangedMeanwhile,
            HTTPStatus.NOT_FOUND: EventChangedMeanwhile,
            HTTPStatus.GONE: EventChangedMeanwhile,
            HTTPStatus.PRECONDITION_FAILED: EventChangedMeanwhile,
        }
        return self._write(access_token, request, changes_of(event), refusals)

    def delete(self, access_token: str, calendar_id: str, event_id: str) -> None:
        request = self._events.delete(calendarId=calendar_id, eventId=event_id, sendUpdates="none")
        self._end(access_token, request, _OF_CALENDAR)

    def watch(
        self,
        access_token: str,
        calendar_id: str,
        *,
        channel_id: str,
        token: str,
        address: str,
        life: timedelta,
    ) -> Channel:
        body = {
            "id": channel_id,
            "type": "web_hook",
            "address": address,
            "token": token,
            "params": {"ttl": str(int(life.total_seconds()))},
        }
        request = self._events.watch(calendarId=calendar_id, body=body)
        return self._ask(access_token, request, _channel, _OF_CALENDAR)

    def stop(self, access_token: str, channel: Channel) -> None:
        body = {"id": channel.channel_id, "resourceId": channel.resource_id}
        self._end(access_token, self._api.channels().stop(body=body), {})

    def _write(
        self,
        access_token: str,
        request: Callable[[dict[str, Any]], HttpRequest],
        body: dict[str, Any],
        refusals: _Refusals,
    ) -> WrittenEvent:
        """Write an event; without the meeting that it wants where the calendar can have none."""
        meet = body.get("conferenceData")
        if meet is None:
            return self._ask(access_token, request(body), written_event, refusals)
        malformed = {**refusals, HTTPStatus.BAD_REQUEST: _Malformed}
        try:
            return self._ask(access_token, request(body), written_event, malformed)
        except _Malformed:
            del body["conferenceData"]
        written = self._write(access_token, request, body, refusals)
        return replace(written, meet_failed=True)

    def _end(self, access_token: str, request: HttpRequest, refusals: _Refusals) -> None:
        """Ask that something be no more; what is gone is fine."""
        gone: _Refusals = {HTTPStatus.NOT_FOUND: _NotHere, HTTPStatus.GONE: _NotHere}
        try:
            self._ask(access_token, request, _nothing, {**refusals, **gone})
        except _NotHere:
            return

    def _ask[Answer](
        self,
        access_token: str,
        request: HttpRequest,
        read: Callable[[Resource], Answer],
        refusals: _Refusals | None = None,
    ) -> Answer:
        """Return what `read` makes of the answer to a request.

        No exception that comes out of here is shown with another behind it: those hold addresses
        and texts of answers.
        """
        request.headers["Authorization"] = f"Bearer {access_token}"
        try:
            with self._connections.one() as connection:
                answer = request.execute(http=connection)
        except HttpError as error:
            raise _meant(error, refusals or {}) from None
        except TimeoutError:
            raise ProviderUnavailable("timeout") from None
        except (OSError, HTTPException, httplib2.HttpLib2Error):
            raise ProviderUnavailable("connection") from None
        except UnicodeDecodeError:
            raise ProviderUnavailable("not_json") from None
        # Google's client hands out as text what is no JSON, and nothing as empty text.
        if not isinstance(answer, dict) and answer:
            raise ProviderUnavailable("not_json")
        try:
            return read(answer or {})
        except (LookupError, TypeError, ValueError):
            raise ProviderUnavailable("unexpected_answer") from None


class _NotHere(Exception):
    """What was asked for is not there, or no longer."""


class _Malformed(Exception):
    """Google understands the request, and does not do it with this calendar."""


def _meant(error: HttpError, refusals: _Refusals) -> Exception:
    found = failure(error.resp.status, error.resp, error.content)
    if not isinstance(found, Refused):
        return found
    if found.status in refusals:
        return refusals[found.status]()
    return ProviderUnavailable(f"http_{found.status}")


def _range(within: TimeRange) -> dict[str, Any]:
    return {"timeMin": within.start.isoformat(), "timeMax": within.end.isoformat()}


def _parts(within: TimeRange) -> list[TimeRange]:
    starts = [within.start]
    while within.end - starts[-1] > LONGEST_QUERY:
        starts.append(starts[-1] + LONGEST_QUERY)
    return [TimeRange(*each) for each in zip(starts, [*starts[1:], within.end], strict=True)]


def _calendars(answer: Resource) -> tuple[list[ProviderCalendar], str | None]:
    return [_calendar(item) for item in answer.get("items", ())], answer.get("nextPageToken")


def _calendar(item: Resource) -> ProviderCalendar:
    meetings = item.get("conferenceProperties", {}).get("allowedConferenceSolutionTypes", ())
    return ProviderCalendar(
        item["id"],
        item.get("summaryOverride") or item.get("summary", ""),
        item["timeZone"],
        is_primary=item.get("primary", False),
        # Of a calendar that somebody else owns, the scope we ask for covers no writing.
        can_write=item["accessRole"] == "owner",
        offers_meet="hangoutsMeet" in meetings,
    )


def _change_page(answer: Resource) -> ChangePage:
    zone = ZoneInfo(answer["timeZone"])
    page = answer.get("nextPageToken")
    return ChangePage(
        tuple(changed_event(item, zone) for item in answer.get("items", ())),
        next_page=page,
        cursor=None if page else answer["nextSyncToken"],
    )


def _busy(answer: Resource) -> dict[str, list[Span] | None]:
    return {
        calendar_id: None
        if found.get("errors")
        else [(seconds(span["start"]), seconds(span["end"])) for span in found["busy"]]
        for calendar_id, found in answer["calendars"].items()
    }


def _channel(answer: Resource) -> Channel:
    milliseconds = int(answer["expiration"])
    ends_at = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return Channel(answer["id"], answer["resourceId"], ends_at)


def _nothing(_answer: Resource) -> None:
    return None
