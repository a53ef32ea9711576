"""Looks at connections, as requests in the queue say: above all, reads their calendars.

One request that fails takes no other along: it goes to the queue of failed ones at once, and the
turn of its connection comes again in any case.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers.sync_room import sync_room
from handlers.wiring import adapters
from scheduling.domain.sync_turns import read_request
from scheduling.use_cases.calendar_sync import SyncRoom, sync_connection

AT_ONCE = 10
"""As many as a batch has: mostly, each waits for its provider."""

logger = Logger()
workers = ThreadPoolExecutor(AT_ONCE)
"""Kept, as each thread keeps its connection to the provider."""


def look(record: dict[str, Any], room: SyncRoom) -> None:
    request = read_request(record["body"])
    end = sync_connection(request, now=adapters().now(), room=room)
    logger.info(
        "connection looked at",
        organization_id=request.key.organization_id,
        member_id=request.key.member_id,
        provider=request.key.provider,
        end=end,
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Return the messages that failed, as Lambda asks for it (ReportBatchItemFailures)."""
    room = sync_room()
    # Clients of AWS are not to be made by several threads at once; this makes the last of them.
    room.channel_secrets.current()
    looks = {each["messageId"]: workers.submit(look, each, room) for each in event["Records"]}
    failures = {message_id: each.exception() for message_id, each in looks.items()}
    failed = {message_id: failure for message_id, failure in failures.items() if failure}
    for message_id, failure in failed.items():
        logger.error("sync failed", message_id=message_id, exc_info=failure)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
