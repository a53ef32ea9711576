"""What answers of Google that are no success mean."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from scheduling.domain.connections import ConnectionState
from scheduling.provider_ports import (
    AccessTokenRejected,
    CalendarGone,
    GrantRejected,
    PermissionMissing,
    ProviderUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

QUOTA_PAUSE = timedelta(hours=3)
"""How long a calendar is left alone that was written to too often: Google asks for hours.

Source: Google Calendar API, "Handle API errors", `quotaExceeded`.
"""

_TRANSIENT = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})

_QUOTAS = frozenset({"quotaExceeded", "dailyLimitExceeded"})

_STATES = {
    "accessNotConfigured": ConnectionState.APP_MISCONFIGURED,
    "domainPolicy": ConnectionState.ADMIN_BLOCKED,
}
"""Reasons on which the access of a whole account ends."""


_SECONDS = re.compile("[0-9]{1,9}")


class Refused(Exception):
    """An answer of the Calendar API that tells something about what was asked for."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def failure(status: int, headers: Mapping[str, str], content: bytes) -> Exception:
    """Return what an answer of the Calendar API means that is no success.

    Args:
        status: Of HTTP; 300 or more.
        headers: With names in lower case.
        content: Is looked into for Google's reason, and not kept.
    """
    pause = retry_after(headers)
    if status == HTTPStatus.UNAUTHORIZED:
        return AccessTokenRejected()
    if status == HTTPStatus.FORBIDDEN:
        return _forbidden(_reason(content), pause)
    if status in _TRANSIENT or status not in range(400, 500):
        return ProviderUnavailable(f"http_{status}", retry_after=pause)
    return Refused(status)


def _forbidden(reason: str, pause: timedelta | None) -> Exception:
    if reason == "insufficientPermissions":
        return PermissionMissing()
    if reason == "requiredAccessLevel":
        return CalendarGone()
    if reason == "forbidden":
        return Refused(HTTPStatus.FORBIDDEN)
    if reason in _STATES:
        return GrantRejected(_STATES[reason])
    if reason in _QUOTAS:
        return ProviderUnavailable("quota", retry_after=pause or QUOTA_PAUSE)
    return ProviderUnavailable("http_403", retry_after=pause)


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Return how long the server asks to be left alone; None where it does not.

    A date is compared with the server's own clock (RFC 9110, sections 6.6.1 and 10.2.3).
    """
    asked = headers.get("retry-after", "")
    if _SECONDS.fullmatch(asked):
        return timedelta(seconds=int(asked))
    until, now = _moment(asked), _moment(headers.get("date", ""))
    if until is None or now is None:
        return None
    return max(until - now, timedelta(0))


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _reason(content: bytes) -> str:
    """Return Google's word for why not; empty where it says none."""
    try:
        body: Any = json.loads(content)
        return str(body["error"]["errors"][0]["reason"])
    except (ValueError, LookupError, TypeError):
        return ""
