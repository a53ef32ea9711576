"""What Zoom's API means by its numbers.

Source: https://developers.zoom.us/docs/api/errors/ and the errors of each method in
https://developers.zoom.us/docs/api/meetings/
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from scheduling.domain.connections import ConnectionState
from scheduling.provider_ports import (
    AccessTokenRejected,
    MeetingGone,
    MeetingRefused,
    PermissionMissing,
)

if TYPE_CHECKING:
    from scheduling.adapters.zoom.asking import Answer

_SCOPES_MISSING = frozenset({4700, 4711})
_TOKEN_INVALID = 124
_NO_SUCH_MEETING = 3001
_MAY_NOT_HOST = frozenset({1001, 3000, 3161})
"""The user is gone, or has no licence to host."""


def missing_permission(answer: Answer) -> bool:
    return answer.body.get("code") in _SCOPES_MISSING and not answer.is_good


def rejects_access_token(answer: Answer) -> bool:
    return answer.status == HTTPStatus.UNAUTHORIZED or answer.body.get("code") == _TOKEN_INVALID


def refusal_of(answer: Answer) -> Exception:
    """Return what an answer that is not good means, as the port `Meetings` has it."""
    if missing_permission(answer):
        return PermissionMissing()
    if rejects_access_token(answer):
        return AccessTokenRejected()
    if answer.body.get("code") == _NO_SUCH_MEETING:
        return MeetingGone()
    return answer.unavailable()


def require_host_may(answer: Answer) -> None:
    """Check that a host may make or change a meeting.

    Raises:
        MeetingRefused: They may not today, or not at all.
    """
    if _is_limit_of_a_day(answer):
        raise MeetingRefused(ConnectionState.MEETING_LIMIT)
    if answer.body.get("code") in _MAY_NOT_HOST:
        raise MeetingRefused(ConnectionState.ACCOUNT_DISABLED)


def _is_limit_of_a_day(answer: Answer) -> bool:
    """Return whether it is enough for today. The header that says so is not always there."""
    if answer.status not in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_REQUEST):
        return False
    return "daily" in f"{answer.limit} {answer.body.get('message', '')}".lower()
