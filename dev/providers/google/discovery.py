"""The methods of the Calendar API, from the document that Google's own client ships."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

PREFIX = "/calendar/v3/"

ENDPOINTS = (
    "calendarList.list",
    "channels.stop",
    "events.delete",
    "events.get",
    "events.insert",
    "events.instances",
    "events.list",
    "events.patch",
    "events.update",
    "events.watch",
    "freebusy.query",
)
"""The methods that the stand-in has."""

_SCOPES = "https://www.googleapis.com/auth/"
_NEVER_ENOUGH = {"calendar.app.created", "calendar.events.public.readonly"}
"""Scopes of calendars that no account here has."""


@dataclass(frozen=True)
class Method:
    endpoint: str
    http_method: str
    path: str
    """A template, such as "calendars/{calendarId}/events"."""
    scopes: frozenset[str]
    """Any of them allows it, on some calendars at least; without the prefix that all share."""
    takes_body: bool


@cache
def document() -> dict[str, Any]:
    """Return the discovery document."""
    folder = files("googleapiclient.discovery_cache") / "documents"
    text = (folder / "calendar.v3.json").read_text()
    read: dict[str, Any] = json.loads(text)
    return read


def method_named(endpoint: str) -> dict[str, Any]:
    """Return what the document says about a method, such as "events.list"."""
    resource, _, name = endpoint.partition(".")
    described: dict[str, Any] = document()["resources"][resource]["methods"][name]
    return described


@cache
def methods() -> tuple[Method, ...]:
    return tuple(_method(endpoint) for endpoint in ENDPOINTS)


def calendar_scopes(scopes: frozenset[str]) -> frozenset[str]:
    """Return those that are about calendars, without their prefix."""
    return frozenset(
        scope.removeprefix(_SCOPES) for scope in scopes if scope.startswith(f"{_SCOPES}calendar")
    )


def _method(endpoint: str) -> Method:
    described = method_named(endpoint)
    return Method(
        endpoint,
        described["httpMethod"],
        described["path"],
        calendar_scopes(frozenset(described["scopes"])) - _NEVER_ENOUGH,
        "request" in described,
    )
