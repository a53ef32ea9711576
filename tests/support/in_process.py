"""The HTTP API in this process: requests become the events that API Gateway would send.

A test that speaks HTTP through this transport runs unchanged against the deployed stack.
"""

from __future__ import annotations

import base64
import importlib
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx

from dev.build.template import written

if TYPE_CHECKING:
    from collections.abc import Callable

ORIGIN = "https://parley.example"


@dataclass(frozen=True)
class LambdaContext:
    """What the runtime hands to a handler beside the event."""

    function_name: str = "parley"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:parley"
    aws_request_id: str = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return 29_000


@cache
def _routes() -> list[tuple[str, re.Pattern[str], str, str]]:
    """Return method, pattern, path and handler of each route that the template declares."""
    found = []
    for resource in written()["Resources"].values():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        for event in resource["Properties"].get("Events", {}).values():
            if event["Type"] == "HttpApi":
                path = event["Properties"]["Path"]
                pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))
                method = event["Properties"]["Method"].upper()
                found.append((method, pattern, path, resource["Properties"]["Handler"]))
    return found


def handler_at(dotted: str) -> Callable[[dict[str, Any], LambdaContext], dict[str, Any]]:
    """Return the function that a template's `Handler` names."""
    module, _, name = dotted.rpartition(".")
    found: Callable[[dict[str, Any], LambdaContext], dict[str, Any]] = getattr(
        importlib.import_module(module), name
    )
    return found


class InProcessApi(httpx.BaseTransport):
    """Routes each request to the handler that the template names for it."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        for method, pattern, declared, handler in _routes():
            if method == request.method and pattern.fullmatch(path):
                event = _event(request, f"{method} {declared}")
                return _response(handler_at(handler)(event, LambdaContext()))
        return httpx.Response(404, json={"message": "Not Found"})


def client() -> httpx.Client:
    return httpx.Client(transport=InProcessApi(), base_url=ORIGIN)


def _event(request: httpx.Request, route_key: str) -> dict[str, Any]:
    headers = {name.lower(): value for name, value in request.headers.items()}
    cookies = [part for part in headers.pop("cookie", "").split("; ") if part]
    body = request.read()
    path = request.url.raw_path.decode().partition("?")[0]
    return {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": request.url.query.decode(),
        "cookies": cookies,
        "headers": headers,
        "queryStringParameters": dict(request.url.params.items()),
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "parley",
            "domainName": request.url.host,
            "http": {
                "method": request.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": "id",
            "routeKey": route_key,
            "stage": "$default",
            "time": "21/Nov/2026:10:00:00 +0000",
            "timeEpoch": 1795255200000,
        },
        "body": body.decode() if body else None,
        "isBase64Encoded": False,
    }


def _response(answer: dict[str, Any]) -> httpx.Response:
    body = answer.get("body") or ""
    content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    headers = list((answer.get("headers") or {}).items())
    headers += [("set-cookie", cookie) for cookie in answer.get("cookies") or []]
    return httpx.Response(answer["statusCode"], headers=headers, content=content)
