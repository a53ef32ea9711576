"""How Google says no.

Source: Google Calendar API, "Handle API errors"; Google Identity, "Using OAuth 2.0 for web server
applications", "Errors".
"""

from typing import Any


class Refused(Exception):
    """A request to the Calendar API that is answered with an error."""

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        domain: str = "global",
        location: tuple[str, str] | None = None,
    ) -> None:
        """Refuse with what the body says; `location` is its type and its name."""
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.domain = domain
        self.location = location

    def body(self) -> dict[str, Any]:
        error = {"domain": self.domain, "reason": self.reason, "message": self.message}
        if self.location is not None:
            error |= {"locationType": self.location[0], "location": self.location[1]}
        return {"error": {"code": self.status, "message": self.message, "errors": [error]}}


class SignInRefused(Exception):
    """A request to the token or the revocation endpoint that is answered with an error."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.description = description

    def body(self) -> dict[str, Any]:
        return {"error": self.error, "error_description": self.description}


def not_found() -> Refused:
    return Refused(404, "notFound", "Not Found")


def invalid(message: str, parameter: str | None = None) -> Refused:
    location = None if parameter is None else ("parameter", parameter)
    return Refused(400, "invalid", message, location=location)


def required(message: str) -> Refused:
    return Refused(400, "required", message)


def full_sync_required() -> Refused:
    return Refused(
        410,
        "fullSyncRequired",
        "Sync token is no longer valid, a full sync is required.",
        domain="calendar",
        location=("parameter", "syncToken"),
    )
