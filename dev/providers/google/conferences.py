"""Google Meet: links that come with an event, at once, later or not at all.

Source: Google Calendar API, "Create events", "Add video and phone conferences to events".
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dev.providers.google.refusals import invalid
from dev.providers.google.state import Calendar, Resource

MEET = "hangoutsMeet"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Outcome(StrEnum):
    """What becomes of a request for a conference."""

    AT_ONCE = "at once"
    PENDING = "pending"
    FAILURE = "failure"


@dataclass
class Conferences:
    """What becomes of the requests from now on."""

    outcome: Outcome = Outcome.AT_ONCE
    reads: int = 1
    """How often a pending one is read before it is there."""


def with_conference(
    event: Resource,
    before: Resource | None,
    asked: Mapping[str, Any],
    calendar: Calendar,
    conferences: Conferences,
) -> Resource:
    """Return `event` with the conference that a body of version 1 asks for.

    Args:
        event: What the rest of the body makes of it.
        before: The event until now; None for a new one.
        asked: The body.
        calendar: Whose event it is; says which conferences there may be, and notes pending ones.
        conferences: What becomes of it.

    Raises:
        Refused: The calendar has no such conferences.
    """
    if "conferenceData" not in asked:
        return event
    request = (asked["conferenceData"] or {}).get("createRequest")
    if asked["conferenceData"] is None:
        return without_conference(event)
    known = (before or {}).get("conferenceData", {})
    if request is None or request["requestId"] == known.get("createRequest", {}).get("requestId"):
        # It is there, or on its way: the same request does nothing.
        links = ("conferenceData", "hangoutLink")
        return event | {name: before[name] for name in links if before and name in before}
    kind = request.get("conferenceSolutionKey", {}).get("type", MEET)
    if kind not in calendar.conference_solutions:
        raise invalid("Invalid conference type value.")
    request = {"requestId": request["requestId"], "conferenceSolutionKey": {"type": kind}}
    event = without_conference(event)
    match conferences.outcome:
        case Outcome.AT_ONCE:
            return event | _ready(request)
        case Outcome.PENDING:
            calendar.reads_until_meet[event["id"]] = conferences.reads
            return event | {"conferenceData": _asked(request, "pending")}
        case Outcome.FAILURE:
            return event | {"conferenceData": _asked(request, "failure")}


def without_conference(event: Resource) -> Resource:
    links = ("conferenceData", "hangoutLink")
    return {name: value for name, value in event.items() if name not in links}


def finished(event: Resource) -> Resource:
    """Return `event` with the conference that it was waiting for."""
    return event | _ready(event["conferenceData"]["createRequest"])


def _asked(request: Resource, status: str) -> Resource:
    return {"createRequest": request | {"status": {"statusCode": status}}}


def _ready(request: Resource) -> Resource:
    digest = hashlib.sha256(request["requestId"].encode()).digest()
    letters = "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:10])
    code = f"{letters[:3]}-{letters[3:7]}-{letters[7:]}"
    uri = f"https://meet.google.com/{code}"
    entry = {"entryPointType": "video", "uri": uri, "label": uri.removeprefix("https://")}
    solution = {"key": {"type": MEET}, "name": "Google Meet"}
    conference = {"entryPoints": [entry], "conferenceSolution": solution, "conferenceId": code}
    return {"conferenceData": _asked(request, "success") | conference, "hangoutLink": uri}
