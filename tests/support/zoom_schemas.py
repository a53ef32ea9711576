"""A Zoom stand-in that holds every exchange against what Zoom's own SDK says of it.

The schemas are recorded: `zoom_types/README.md` says from what and how.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web
from jsonschema import Draft7Validator

from dev.providers.serving import serving_in_thread
from dev.providers.zoom.server import ZoomServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiohttp.typedefs import Handler

    from dev.providers.zoom.world import ZoomWorld

_RECORDED = Path(__file__).parent / "zoom_types" / "endpoints.json"


@cache
def schemas() -> dict[str, dict[str, Any]]:
    """Return the schemas by endpoint and by part: "query", "body", "reply"; closed."""
    recorded = json.loads(_RECORDED.read_text())["definitions"]["Endpoints"]["properties"]
    return {name: endpoint["properties"] for name, endpoint in recorded.items()}


def mistakes(endpoint: str, part: str, value: Any) -> list[str]:
    """Return what is wrong with a part of an exchange; a part that is not recorded is empty."""
    schema = schemas()[endpoint].get(part)
    if schema is None:
        return [f"{endpoint} has no {part}: {value}"] if value else []
    if part == "query":
        value = _typed(value, schema)
    errors = Draft7Validator(schema).iter_errors(value)
    return [f"{endpoint} {part} {error.json_path}: {error.message}" for error in errors]


def _typed(query: dict[str, str], schema: dict[str, Any]) -> dict[str, Any]:
    """Return a query with the numbers and booleans that the schema wants of its texts."""
    literal = {
        name
        for name, field in schema["properties"].items()
        if field.get("type") in ("number", "boolean")
    }
    return {name: json.loads(text) if name in literal else text for name, text in query.items()}


@contextmanager
def serving_checked_zoom(world: ZoomWorld) -> Iterator[str]:
    """Serve `world`, and fail at the end where an exchange was not as recorded.

    Replies that refuse something have no recorded types.
    """
    found: list[str] = []

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        endpoint = request.match_info.route.name
        if endpoint not in schemas():
            return await handler(request)
        found.extend(mistakes(endpoint, "query", dict(request.query)))
        body = await request.json() if request.can_read_body else None
        found.extend(mistakes(endpoint, "body", body))
        reply = await handler(request)
        said = json.loads(reply.text) if isinstance(reply, web.Response) and reply.text else None
        found.extend(mistakes(endpoint, "reply", said))
        return reply

    application = ZoomServer(world).application()
    # Innermost: what a fault does to a reply on its way is not the stand-in's word.
    application.middlewares.append(check)
    with serving_in_thread(application) as origin:
        yield origin
    assert found == []
