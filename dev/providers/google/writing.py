"""What becomes of an event when somebody adds, changes or deletes it.

Source: Google Calendar API reference, "Events: insert", "patch", "update".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dev.providers.google import recurrence
from dev.providers.google.refusals import Refused, invalid, required
from dev.providers.google.state import Calendar, Resource

_EVENT_ID = re.compile(r"[a-v0-9]{5,1024}")

_AT_ONCE = frozenset({"id", "iCalUID", "eventType", "birthdayProperties"})
"""Said when an event is added, and never again."""

_AT_ANY_TIME = frozenset(
    {"summary", "description", "location", "start", "end", "recurrence", "attendees", "status"}
    | {"transparency", "visibility", "extendedProperties", "reminders", "colorId", "source"}
    | {"guestsCanInviteOthers", "guestsCanModify", "guestsCanSeeOtherGuests", "sequence"}
    | {"attachments", "outOfOfficeProperties", "focusTimeProperties", "workingLocationProperties"}
)

_OF_ORGANIZER = frozenset({"summary", "description", "location", "start", "end", "recurrence"})
"""What all attendees share, and only the organizer changes."""

_TYPES = ("birthday", "default", "focusTime", "outOfOffice", "workingLocation")
_STATUSES = ("confirmed", "tentative", "cancelled")
_ANSWERS = ("needsAction", "declined", "tentative", "accepted")
_VISIBILITIES = ("default", "public", "private", "confidential")
_TRANSPARENCIES = ("opaque", "transparent")
_DEFAULTS = {"transparency": "opaque", "visibility": "default"}
"""Values that events do not show."""


@dataclass(frozen=True)
class Stamp:
    """What tells this change from all others."""

    serial: int
    now: datetime

    @property
    def etag(self) -> str:
        return f'"{self.serial:016d}"'

    @property
    def moment(self) -> str:
        in_utc = self.now.astimezone(UTC).replace(tzinfo=None)
        return f"{in_utc.isoformat(timespec='milliseconds')}Z"


def check_id(event_id: object) -> str:
    """Return the id that a client has chosen.

    Raises:
        Refused: It is not one in base32hex.
    """
    if not isinstance(event_id, str) or not _EVENT_ID.fullmatch(event_id):
        raise invalid("Invalid resource id value.", "id")
    return event_id


def added(
    body: Mapping[str, Any], calendar: Calendar, event_id: str, stamp: Stamp, organizer: str
) -> Resource:
    """Return a new event.

    Raises:
        Refused: The body does not describe one.
    """
    given = _given(body, _AT_ONCE | _AT_ANY_TIME)
    is_own = organizer == calendar.calendar_id
    owner = {"email": organizer} | ({"self": True} if is_own else {})
    event = {
        "kind": "calendar#event",
        "id": event_id,
        "status": "confirmed",
        "htmlLink": f"https://www.google.com/calendar/event?eid={event_id}",
        "created": stamp.moment,
        "creator": owner,
        "organizer": owner,
        "iCalUID": f"{event_id}@google.com",
        "reminders": {"useDefault": True},
        "eventType": "default",
    }
    return _checked(event | given, calendar, stamp, sequence=given.get("sequence", 0))


def patched(event: Resource, body: Mapping[str, Any], calendar: Calendar, stamp: Stamp) -> Resource:
    """Return an event with what the body names: objects merge, arrays replace, null removes.

    Raises:
        Refused: Only its organizer may change this, or it is no event any more.
    """
    given = {name: body[name] for name in _AT_ANY_TIME if name in body}
    _check_organizer(event, given, calendar)
    return _checked(_merged(event, given), calendar, stamp, sequence=_sequence(event, given))


def replaced(
    event: Resource, body: Mapping[str, Any], calendar: Calendar, stamp: Stamp
) -> Resource:
    """Return an event of which only the body is left, besides what nobody can change.

    Raises:
        Refused: Only its organizer may change this, or the body describes no event.
    """
    given = _given(body, _AT_ANY_TIME)
    _check_organizer(event, given, calendar)
    writable = _AT_ANY_TIME | {"conferenceData", "hangoutLink"}
    kept = {name: value for name, value in event.items() if name not in writable}
    whole = kept | {"status": "confirmed", "reminders": {"useDefault": True}} | given
    return _checked(whole, calendar, stamp, sequence=_sequence(event, given))


def deleted(event: Resource, stamp: Stamp) -> Resource:
    return event | {"status": "cancelled", "etag": stamp.etag, "updated": stamp.moment}


def _given(body: Mapping[str, Any], names: frozenset[str]) -> Resource:
    return {name: value for name, value in body.items() if name in names and value is not None}


def _merged(old: Resource, new: Mapping[str, Any]) -> Resource:
    merged = dict(old)
    for name, value in new.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict) and isinstance(old.get(name), dict):
            merged[name] = _merged(old[name], value)
        else:
            merged[name] = value
    return merged


def _sequence(event: Resource, given: Resource) -> int:
    moves = any(name in given and given[name] != event.get(name) for name in ("start", "end"))
    return int(max(event["sequence"] + moves, given.get("sequence", 0)))


def _check_organizer(event: Resource, given: Resource, calendar: Calendar) -> None:
    if event["organizer"]["email"] == calendar.calendar_id or event.get("guestsCanModify"):
        return
    if any(given[name] != event.get(name) for name in _OF_ORGANIZER & given.keys()):
        raise Refused(
            403,
            "forbiddenForNonOrganizer",
            "Shared properties can only be changed by the organizer of the event.",
            domain="calendar",
        )


def _checked(event: Resource, calendar: Calendar, stamp: Stamp, *, sequence: int) -> Resource:
    for side in ("start", "end"):
        if side not in event:
            raise required(f"Missing {side} time.")
    is_series = recurrence.is_recurring(event)
    event = event | {
        "start": _time(event["start"], "start", calendar, is_series=is_series),
        "end": _time(event["end"], "end", calendar, is_series=is_series),
        "sequence": sequence,
        "etag": stamp.etag,
        "updated": stamp.moment,
    }
    if ("date" in event["start"]) != ("date" in event["end"]):
        raise invalid("Invalid start time: one is a date, the other is not.")
    start, end = recurrence.span(event, calendar.time_zone)
    if end < start or ("date" in event["start"] and end == start):
        raise Refused(
            400, "timeRangeEmpty", "The specified time range is empty.", domain="calendar"
        )
    _check_words(event)
    if is_series:
        try:
            recurrence.check_rules(event)
        except ValueError as failure:
            raise invalid(f"Invalid recurrence rule: {failure}") from failure
    if "attendees" in event:
        event["attendees"] = [_attendee(each, event, calendar) for each in event["attendees"]]
    for name, value in _DEFAULTS.items():
        if event.get(name) == value:
            del event[name]
    return event


def _check_words(event: Resource) -> None:
    words = {
        "status": _STATUSES,
        "eventType": _TYPES,
        "transparency": _TRANSPARENCIES,
        "visibility": _VISIBILITIES,
    }
    for name, known in words.items():
        if event.get(name, known[0]) not in known:
            raise invalid(f"Invalid value for: {event[name]} is not a valid value", name)


def _time(given: Resource, side: str, calendar: Calendar, *, is_series: bool) -> Resource:
    if ("date" in given) == ("dateTime" in given):
        raise invalid(f"Invalid {side} time.")
    try:
        if "date" in given:
            return {"date": date.fromisoformat(given["date"]).isoformat()}
        when = datetime.fromisoformat(given["dateTime"])
        zone = given.get("timeZone")
        if zone is None and (when.tzinfo is None or is_series):
            raise required(f"Missing time zone definition for {side} time.")
        own = ZoneInfo(zone or calendar.time_zone)
    except (ValueError, ZoneInfoNotFoundError) as failure:
        raise invalid(f"Invalid {side} time: {failure}") from failure
    if when.tzinfo is None:
        when = when.replace(tzinfo=own)
    shown = when.astimezone(ZoneInfo(calendar.time_zone))
    return {"dateTime": shown.isoformat(timespec="seconds"), "timeZone": own.key}


def _attendee(given: Resource, event: Resource, calendar: Calendar) -> Resource:
    if not given.get("email"):
        raise required("Missing attendee email.")
    answer = given.get("responseStatus", "needsAction")
    if answer not in _ANSWERS:
        raise invalid(f"Invalid attendee response: {answer}")
    marks = {
        "self": given["email"] == calendar.calendar_id,
        "organizer": given["email"] == event["organizer"]["email"],
    }
    kept = {name: value for name, value in given.items() if name not in marks}
    return (
        kept | {"responseStatus": answer} | {name: True for name, is_so in marks.items() if is_so}
    )
