"""Events as Google has them, and as we do.

Source: Google Calendar API reference, "Events". Words such as `cancelled` are prose there.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from scheduling.domain.provider_events import ChangedEvent, WantedEvent, WrittenEvent
from scheduling.domain.zones import instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scheduling.domain.hours import Span

type Resource = Mapping[str, Any]
"""JSON of the API."""

CHANGED_FIELDS = (
    "id,status,etag,start,end,transparency,eventType,attendees(self,responseStatus),"
    "extendedProperties"
)
"""What `changed_event` reads; nothing that tells what an event is about."""

WRITTEN_FIELDS = "id,status,etag,start,end,extendedProperties,conferenceData,hangoutLink"
"""What `written_event` reads."""

_FREE_TYPES = frozenset({"birthday", "workingLocation"})

_BOOKING = "parley"
"""Private property of an event of ours, on this calendar alone: the booking's id."""
_CONTENT = "parley_content"
"""Private property: what we wrote, as a hash."""
_MARK = "parley_mark"
"""Shared property, on every copy of the event: the booking again, opaque."""


def changed_event(item: Resource, zone: ZoneInfo) -> ChangedEvent:
    """Return an item of a list; all-day ones begin and end at midnight in the calendar's zone."""
    if item["status"] == "cancelled":
        # Nothing but the id is promised of these.
        return ChangedEvent(item["id"], None, is_gone=True)
    when = _span(item, zone)
    is_declined = _is_declined(item)
    takes_time = (
        not is_declined
        and item.get("transparency") != "transparent"
        and item.get("eventType") not in _FREE_TYPES
        and when[0] < when[1]
    )
    own = _properties(item, "private")
    return ChangedEvent(
        item["id"],
        when if takes_time else None,
        is_gone=is_declined,
        time=when,
        booking_id=own.get(_BOOKING, ""),
        content_hash=own.get(_CONTENT, ""),
        shared_mark=_properties(item, "shared").get(_MARK, ""),
        etag=item["etag"],
    )


def written_event(item: Resource) -> WrittenEvent:
    if item["status"] == "cancelled":
        return WrittenEvent(item["id"], item.get("etag", ""), "", (0, 0), is_gone=True)
    conference = item.get("conferenceData", {})
    join_url = _join_url(item, conference)
    status = conference.get("createRequest", {}).get("status", {}).get("statusCode")
    return WrittenEvent(
        item["id"],
        item["etag"],
        _properties(item, "private").get(_CONTENT, ""),
        # An event alone does not say the calendar's zone; we never write one that needs it.
        _span(item, ZoneInfo("UTC")),
        join_url=join_url,
        meet_failed=status == "failure" and not join_url,
    )


def new_event(event: WantedEvent) -> dict[str, Any]:
    """Return the body that adds an event. It names no attendees: whom to tell is our business."""
    body = {"id": event.event_id} | _shared(event)
    for side in ("start", "end"):
        body[side] = _when(event, side)
    if event.wants_meet:
        body["conferenceData"] = _meet(event)
    return body


def changes_of(event: WantedEvent) -> dict[str, Any]:
    """Return the body that brings an event back to what it shall be; null removes."""
    body = _shared(event)
    for side in ("start", "end"):
        # Somebody may have made it an all-day one.
        body[side] = _when(event, side) | {"date": None}
    body["conferenceData"] = _meet(event) if event.wants_meet else None
    return body


def _shared(event: WantedEvent) -> dict[str, Any]:
    return {
        "summary": event.title,
        "description": event.description,
        "location": event.location,
        "extendedProperties": {
            "private": {_BOOKING: event.booking_id, _CONTENT: event.content_hash},
            "shared": {_MARK: event.shared_mark},
        },
    }


def _when(event: WantedEvent, side: str) -> dict[str, Any]:
    moment: datetime = getattr(event.time, side)
    return {"dateTime": moment.isoformat(), "timeZone": event.time_zone}


def _meet(event: WantedEvent) -> dict[str, Any]:
    # Asked for twice under one id, it is made once.
    solution = {"type": "hangoutsMeet"}
    return {"createRequest": {"requestId": event.event_id, "conferenceSolutionKey": solution}}


def _join_url(item: Resource, conference: Resource) -> str:
    for entry in conference.get("entryPoints", ()):
        if entry.get("entryPointType") == "video":
            return str(entry["uri"])
    return str(item.get("hangoutLink", ""))


def _is_declined(item: Resource) -> bool:
    return any(
        attendee.get("self") and attendee.get("responseStatus") == "declined"
        for attendee in item.get("attendees", ())
    )


def _properties(item: Resource, kind: str) -> Mapping[str, str]:
    properties: Mapping[str, str] = item.get("extendedProperties", {}).get(kind, {})
    return properties


def _span(item: Resource, zone: ZoneInfo) -> Span:
    return _moment(item["start"], zone), _moment(item["end"], zone)


def _moment(when: Resource, zone: ZoneInfo) -> int:
    if "date" in when:
        return int(instant(date.fromisoformat(when["date"]), time(), zone).timestamp())
    return seconds(when["dateTime"])


def seconds(text: str) -> int:
    """Return seconds since 1970 of a moment with an offset (RFC 3339)."""
    return int(datetime.fromisoformat(text).timestamp())
