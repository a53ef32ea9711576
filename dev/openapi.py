"""Write the OpenAPI document of the JSON API, from the handlers themselves: docs/openapi.json."""

import json
from typing import Any

from aws_lambda_powertools.event_handler.openapi.merge import OpenAPIMerge

from dev.home import PROJECT

DOCUMENT = PROJECT / "docs" / "openapi.json"

_PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "A refusal (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "What a person may read."},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "The stable name a client may switch on."},
        "errors": {
            "type": "array",
            "description": "The fields that cannot be accepted.",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
        "alternatives": {
            "type": "array",
            "description": "The nearest open starts, at most three.",
            "items": {"type": "string", "format": "date-time"},
        },
        "current_version": {
            "type": "integer",
            "description": "The version of what was changed elsewhere.",
        },
        "book_again": {
            "type": "string",
            "format": "uri",
            "description": "Where to book instead of a booking that can no longer be changed.",
        },
        "booking_ids": {
            "type": "array",
            "description": "The bookings to come that somebody has to decide about, at most 100.",
            "items": {"type": "string"},
        },
        "organizations": {
            "type": "array",
            "description": "Where whoever signs in can sign in to, where it is not clear.",
            "items": {
                "type": "object",
                "required": ["organization_id", "name"],
                "properties": {
                    "organization_id": {"type": "string"},
                    "name": {"type": "string"},
                },
            },
        },
        "account": {
            "type": "string",
            "description": "The account that is connected already.",
        },
        "missing": {
            "type": "array",
            "description": "The platforms for which not enough was allowed.",
            "items": {"type": "string"},
        },
        "support_contact": {
            "type": "string",
            "description": "Whom to turn to, where the organization is known and has said so.",
        },
        "left": {
            "type": "object",
            "description": "What is a member's, and has to pass to somebody else or end.",
            "properties": {
                kind: {
                    "type": "object",
                    "required": ["count", "ids"],
                    "properties": {
                        "count": {"type": "integer"},
                        "ids": {
                            "type": "array",
                            "description": "At most 100.",
                            "items": {"type": "string"},
                        },
                    },
                }
                for kind in ("bookings", "booking_pages", "external_members")
            },
        },
    },
}

_REFUSED = {
    "description": "Refused; nothing was changed.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}

_POWERTOOLS_ERRORS = ("HTTPValidationError", "ValidationError", "ResponseValidationError")
"""What Powertools documents for wrong input; our handlers answer with problems instead."""


_SECURITY_SCHEMES: dict[str, Any] = {
    "link": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of a mailed link: what follows `/l/`.",
    },
    "session": {"type": "apiKey", "in": "cookie", "name": "__Host-session"},
}

_BY_LINK = ("/api/availability", "/api/guest/")
_BY_SESSION = (
    "/api/bookings",
    "/api/external-members",
    "/api/members",
    "/api/availability-grid",
    "/api/connections",
    "/api/organization/",
    "/api/sessions/current",
)
_PAGE = "/api/booking-pages/{slug}"
_BY_SESSION_TOO = {
    "/api/booking-pages",
    f"{_PAGE}/settings",
    f"{_PAGE}/copies",
    f"{_PAGE}/state",
    f"{_PAGE}/explanations",
}


_FILES = ("/api/external-members/imports",)
"""What is sent a file with a row for each person; the handlers read its body by themselves."""

_FILE: dict[str, Any] = {
    "required": True,
    "content": {
        "text/csv": {"schema": {"type": "string"}},
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["rows"],
                "properties": {"rows": {"type": "array", "items": {"type": "object"}}},
            }
        },
    },
}


def _security(path: str) -> list[dict[str, list[str]]]:
    if path.startswith(_BY_SESSION) or path in _BY_SESSION_TOO:
        return [{"session": []}]
    if path.startswith(_BY_LINK):
        return [{"link": []}]
    return []


def document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document."""
    merge = OpenAPIMerge(
        title="Parley",
        version="1",
        description="Scheduling with people who have no account.",
        on_conflict="error",
    )
    merge.discover(
        path=PROJECT / "functions" / "handlers" / "api",
        pattern="*.py",
        resolver_name="app",
        project_root=PROJECT / "functions",
    )
    found: dict[str, Any] = json.loads(merge.get_openapi_json_schema())
    for path, operations in found["paths"].items():
        for operation in operations.values():
            operation["security"] = _security(path)
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = _REFUSED
    for path in _FILES:
        found["paths"][path]["post"]["requestBody"] = _FILE
    schemas = found["components"]["schemas"]
    for name in _POWERTOOLS_ERRORS:
        schemas.pop(name, None)
    schemas["Problem"] = _PROBLEM
    found["components"]["securitySchemes"] = _SECURITY_SCHEMES
    return found


def written(found: dict[str, Any]) -> str:
    return json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(written(document()))
