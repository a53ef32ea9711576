"""Where Google rings when something has changed in a calendar: told apart, and passed on.

A ring starts nothing but a look, later, of whoever may open the calendar; what it says is not
believed. Only the standard library is imported before a ring looks like one of ours: anybody may
send here what they like, and mostly nobody does.
"""

from __future__ import annotations

import logging
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from scheduling.domain.channels import claimed_owner, is_genuine
from scheduling.domain.connections import Provider
from scheduling.domain.sync_turns import BUCKET_SECONDS, Ring, SyncRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

ROUTE = "POST /notifications/google"

_CHANNEL_ID = re.compile(r"[a-z2-7]{26}", re.ASCII)
_RESOURCE_ID = re.compile(r"[!-~]{1,200}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)

logger = logging.getLogger(__name__)

_HEADERS = {
    "cache-control": "no-store",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
}

_MOST_REMEMBERED = 1000

_passed_on: set[str] = set()
"""What this environment has put into the queue of late: to say it again is of no use."""


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Answer a notification of Google.

    Returns:
        202 where it was passed on, 200 where that had been done; 404 where it is none of ours, and
        503 where it could not be passed on, so that Google rings again.
    """
    headers: Mapping[str, str] = event["headers"]
    # One clock for all: that of the gateway.
    bucket = int(event["requestContext"]["timeEpoch"]) // 1000 // BUCKET_SECONDS
    ring = _ring(headers, bucket)
    token = headers.get("x-goog-channel-token", "")
    claimed = claimed_owner(Provider.GOOGLE, token)
    if ring is None or claimed is None:
        return _answer(HTTPStatus.NOT_FOUND)
    # Everything beyond the standard library is behind this line.
    from handlers.wiring import adapters  # noqa: PLC0415

    secret = adapters().channel_secrets.current()
    if not is_genuine(secret, claimed, ring.channel_id, token):
        return _answer(HTTPStatus.NOT_FOUND)
    return _answer(_pass_on(SyncRequest(claimed, ring=ring)))


def _ring(headers: Mapping[str, str], bucket: int) -> Ring | None:
    """Return what the headers of a notification say; None where they are no notification's.

    Source: Google Calendar API guide, "Push notifications", headers of the notification message.
    """
    channel_id = headers.get("x-goog-channel-id", "")
    resource_id = headers.get("x-goog-resource-id", "")
    number = headers.get("x-goog-message-number", "")
    is_one = (
        _CHANNEL_ID.fullmatch(channel_id)
        and _RESOURCE_ID.fullmatch(resource_id)
        and _NUMBER.fullmatch(number)
    )
    return Ring(channel_id, resource_id, int(number), bucket) if is_one else None


def _pass_on(request: SyncRequest) -> HTTPStatus:
    from handlers.wiring import adapters  # noqa: PLC0415
    from scheduling.provider_ports import QueueUnavailable  # noqa: PLC0415

    if request.deduplication_id in _passed_on:
        return HTTPStatus.OK
    try:
        adapters().sync_queue.send([request])
    except QueueUnavailable:
        logger.exception("ring not passed on")
        return HTTPStatus.SERVICE_UNAVAILABLE
    if len(_passed_on) >= _MOST_REMEMBERED:
        _passed_on.clear()
    _passed_on.add(request.deduplication_id)
    logger.info("ring passed on")
    return HTTPStatus.ACCEPTED


def _answer(status: HTTPStatus) -> dict[str, Any]:
    return {"statusCode": status.value, "headers": _HEADERS, "body": ""}
