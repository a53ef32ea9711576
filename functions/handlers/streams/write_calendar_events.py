"""Has calendars and meetings say what bookings say: as soon as one changes, and every minute.

The record only says which booking, or who has connected something: what there is to do stands in
the table. What fails here is tried again by the clock.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers.event_room import event_room
from handlers.wiring import adapters
from scheduling.domain.calendar_events import LINK_PAUSE
from scheduling.use_cases.calendar_events import due_tasks, requeue_of_host, write_calendar_events

if TYPE_CHECKING:
    from scheduling.domain.calendar_events import EventTask

RESERVE_MILLISECONDS = 25_000
"""What a booking may take, with a provider that lets two requests time out."""

LOOKS_FOR_LINK = 5
"""How often a meeting's link is asked for at once; the clock goes on after these."""

logger = Logger()
processor = BatchProcessor(
    event_type=EventType.DynamoDBStreams,
    # Reported one by one, failures are retried one by one, also where all of a batch failed.
    raise_on_entire_batch_failure=False,
)


class CalendarEventsFailed(Exception):
    """Some bookings ended in errors that nobody foresaw; the log has each."""


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Return to the stream which of its records failed, to the clock how many came to what.

    Raises:
        CalendarEventsFailed: After all others were handled.
    """
    if "Records" in event:
        return process_partial_response(
            event=event, record_handler=handle_record, processor=processor, context=context
        )
    return _sweep(context)


def handle_record(record: DynamoDBRecord) -> None:
    row = record.dynamodb.new_image if record.dynamodb else {}
    if "activity" in row:
        asked = requeue_of_host(
            row["organization_id"],
            row["subject_id"],
            now=adapters().now(),
            bookings=adapters().bookings,
            calendar_events=adapters().calendar_events,
        )
        logger.info("calendars connected", member_id=row["subject_id"], bookings=asked)
    else:
        _write(row["organization_id"], row["booking_id"])


def _sweep(context: LambdaContext) -> dict[str, int]:
    counts: Counter[str] = Counter()
    unforeseen = 0
    for task in due_tasks(now=adapters().now(), calendar_events=adapters().calendar_events):
        if context.get_remaining_time_in_millis() < RESERVE_MILLISECONDS:
            logger.warning("calendar events wait for the next run")
            break
        try:
            after = _write(task.organization_id, task.booking_id)
        except Exception:  # one poisonous booking must not hold up the others
            logger.exception("calendar events failed", booking_id=task.booking_id)
            unforeseen += 1
            continue
        if after is not None:
            counts[after.state] += 1
    if unforeseen:
        raise CalendarEventsFailed(unforeseen)
    return dict(counts)


def _write(organization_id: str, booking_id: str) -> EventTask | None:
    """Do what there is to do for a booking; wait a few seconds for the link of its meeting."""
    after = None
    for look in range(LOOKS_FOR_LINK):
        if look:
            time.sleep(LINK_PAUSE.total_seconds())
        after = write_calendar_events(
            organization_id, booking_id, clock=adapters().now, room=event_room()
        )
        if after is not None:
            logger.info(
                "calendar events handled",
                booking_id=booking_id,
                state=after.state,
                problems=[problem.reason for problem in after.problems],
            )
        if after is None or not after.awaits_link:
            break
    return after
