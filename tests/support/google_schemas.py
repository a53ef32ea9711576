"""Closed schemas of Calendar API v3, made from the discovery document in Google's own client.

The document is open: it forbids no unknown name. Closed, it finds each name that is misspelled, and
each value of another type, in what Parley sends and in what the stand-in answers.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from dev.providers.google.discovery import ENDPOINTS, PREFIX, document, method_named
from dev.providers.google.world import Exchange, GoogleWorld

_ERROR = {
    "type": "object",
    "additionalProperties": False,
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "additionalProperties": False,
            "required": ["code", "message", "errors"],
            "properties": {
                "code": {"type": "integer"},
                "message": {"type": "string"},
                "errors": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["domain", "reason", "message"],
                        "properties": {
                            "domain": {"type": "string"},
                            "reason": {"type": "string"},
                            "message": {"type": "string"},
                            "locationType": {"enum": ["parameter", "header"]},
                            "location": {"type": "string"},
                        },
                    },
                },
            },
        }
    },
}
"""Source: Google Calendar API, "Handle API errors"."""

_KEPT = ("type", "enum", "format", "minimum", "maximum")
"""What the document says in the words of JSON Schema."""

_formats = FormatChecker(formats=())


@_formats.checks("date-time", raises=ValueError)
def _is_date_time(value: Any) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@_formats.checks("date", raises=ValueError)
def _is_date(value: Any) -> bool:
    return not isinstance(value, str) or date.fromisoformat(value).isoformat() == value


@_formats.checks("int64", raises=ValueError)
def _is_int64(value: Any) -> bool:
    return not isinstance(value, str) or str(int(value)) == value


def endpoint_of(http_method: str, path: str) -> str:
    """Return the name of the method at a path, such as "events.list"; of those the stand-in has.

    Raises:
        LookupError: There is none.
    """
    for endpoint in ENDPOINTS:
        described = method_named(endpoint)
        template = re.sub(r"\{\w+\}", "[^/]+", described["path"])
        if described["httpMethod"] == http_method and re.fullmatch(PREFIX + template, path):
            return endpoint
    raise LookupError(f"{http_method} {path}")


def violations(
    endpoint: str, query: Mapping[str, str], body: Any, status: int, reply: Any
) -> list[str]:
    """Return what in a request or its answer is not as the discovery document says.

    Args:
        endpoint: A method's name, such as "events.list".
        query: The parameters after the question mark.
        body: The request's JSON; None if it had none.
        status: Of the answer.
        reply: The answer's JSON; None if it was empty.
    """
    return [f"{endpoint}: {each}" for each in _request_violations(endpoint, query, body)] + [
        f"{endpoint} answered {status}: {each}"
        for each in _violations(reply, _answer(endpoint, status))
    ]


@contextmanager
def nothing_but_google(world: GoogleWorld) -> Iterator[None]:
    """Check every exchange of a world's server until the block ends."""
    found: list[str] = []

    def watch(exchange: Exchange) -> None:
        found.extend(violations(*exchange))

    world.watchers.append(watch)
    yield
    assert not found, "\n".join(found)


def _request_violations(endpoint: str, query: Mapping[str, str], body: Any) -> Iterator[str]:
    described = method_named(endpoint)
    parameters = document()["parameters"] | described.get("parameters", {})
    for name, value in query.items():
        if parameters.get(name, {"location": "nowhere"}).get("location") != "query":
            yield f"{name} is no parameter"
        elif value not in parameters[name].get("enum", [value]):
            yield f"{name} is never {value}"
    schema = described.get("request", {}).get("$ref")
    if schema is None:
        yield from [] if body is None else ["it takes no body"]
    else:
        yield from _violations(body, (schema, described["httpMethod"] == "PATCH"))


def _answer(endpoint: str, status: int) -> tuple[str | None, bool]:
    if status >= 400:
        return "error", False
    return method_named(endpoint).get("response", {}).get("$ref"), False


def _violations(instance: Any, schema: tuple[str | None, bool]) -> Iterator[str]:
    name, may_be_null = schema
    if name is None:
        if instance is not None:
            yield "it is not empty"
        return
    for each in _validator(name, may_be_null=may_be_null).iter_errors(instance):
        yield f"{each.json_path}: {each.message}"


@cache
def _validator(name: str, *, may_be_null: bool) -> Draft202012Validator:
    schemas = document()["schemas"].items()
    definitions = {each: _closed(schema, may_be_null=may_be_null) for each, schema in schemas}
    schema = {"$defs": definitions | {"error": _ERROR}, "$ref": f"#/$defs/{name}"}
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=_formats)


def _closed(schema: Mapping[str, Any], *, may_be_null: bool) -> dict[str, Any]:
    """Return a schema of the document as JSON Schema that allows nothing else.

    With `may_be_null`, any property may be null, as a patch removes it by that.
    """

    def inner(each: Mapping[str, Any]) -> dict[str, Any]:
        closed = _closed(each, may_be_null=may_be_null)
        return {"anyOf": [closed, {"type": "null"}]} if may_be_null else closed

    if "$ref" in schema:
        return {"$ref": f"#/$defs/{schema['$ref']}"}
    if schema["type"] == "any":
        return {}
    closed = {name: schema[name] for name in _KEPT if name in schema}
    if schema["type"] == "array":
        closed["items"] = _closed(schema["items"], may_be_null=may_be_null)
    if schema["type"] == "object":
        closed["properties"] = {
            name: inner(each) for name, each in schema.get("properties", {}).items()
        }
        others = schema.get("additionalProperties")
        closed["additionalProperties"] = False if others is None else inner(others)
    return closed
