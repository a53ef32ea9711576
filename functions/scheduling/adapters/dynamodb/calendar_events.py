"""What is written of bookings into calendars and meetings, in DynamoDB.

All of it stands beside the booking, so that one query reads it. What a worker learns is stored
under the condition that the booking is still theirs.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.event_tasks import ASKED, NO_LONGER_FAILED, asked_values
from scheduling.adapters.dynamodb.online_meetings import meeting_item, stored_meeting
from scheduling.adapters.dynamodb.table import (
    TransactionRefused,
    decoded,
    encoded,
    from_optional_seconds,
    from_seconds,
    to_seconds,
    transact,
)
from scheduling.domain.calendar_events import (
    LEASE,
    EventProblem,
    EventState,
    EventTask,
    HostEvent,
    KnownEvents,
    TaskState,
)
from scheduling.provider_ports import ClaimLost

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from scheduling.adapters.dynamodb.table import Item, Table
    from scheduling.domain.calendar_events import OnlineMeeting

_STATE = {"#state": "state"}


class DynamoDbCalendarEvents:
    def __init__(self, table: Table) -> None:
        self._table = table

    def ask(self, organization_id: str, booking_id: str, *, now: datetime) -> None:
        self._table.update(
            keys.calendar_events(organization_id, booking_id),
            f"{ASKED}{NO_LONGER_FAILED}",
            condition="attribute_exists(PK)",
            names=_STATE,
            values=asked_values(booking_id, now),
        )

    def claim(self, organization_id: str, booking_id: str, *, now: datetime) -> EventTask | None:
        until = now + LEASE
        claimed = self._table.update(
            keys.calendar_events(organization_id, booking_id),
            "SET #state = :working, due_at = :until, leased_until = :until, GSI1SK = :place"
            " ADD claims :one, attempts :one",
            condition=(
                "due_at <= :now AND (attribute_not_exists(leased_until) OR leased_until <= :now)"
            ),
            names=_STATE,
            values={
                ":working": TaskState.WORKING.value,
                ":now": to_seconds(now),
                ":until": to_seconds(until),
                ":place": keys.calendar_events_place(booking_id, until)["GSI1SK"],
                ":one": 1,
            },
        )
        return None if claimed is None else stored_task(claimed)

    def finish(self, before: EventTask, after: EventTask) -> bool:
        key = keys.calendar_events(before.organization_id, before.booking_id)
        update, values = _finished(after)
        theirs = {":claims": before.claims}
        finished = self._table.update(
            key,
            update,
            condition="claims = :claims AND asks = :asks",
            names=_STATE,
            values={**values, **theirs, ":asks": before.asks},
        )
        if finished is None:
            self._table.update(
                key, "REMOVE leased_until", condition="claims = :claims", values=theirs
            )
        return finished is not None

    def due(self, *, now: datetime, limit: int) -> Sequence[EventTask]:
        queues = map(keys.calendar_events_queue, range(keys.QUEUES))
        found = self._table.due(queues, now=now, limit=limit)
        return [stored_task(item) for item in found[:limit]]

    def failed(self, organization_id: str, *, now: datetime, limit: int) -> Sequence[EventTask]:
        answer = self._table.client.query(
            TableName=self._table.name,
            IndexName=keys.TO_LOOK_AT,
            KeyConditionExpression="GSI2PK = :unwritten AND GSI2SK >= :later",
            ExpressionAttributeValues=encoded(
                {
                    ":unwritten": keys.unwritten_events(organization_id),
                    ":later": keys.moment(now + timedelta(seconds=1)),
                }
            ),
            Limit=limit,
        )
        return [stored_task(decoded(item)) for item in answer["Items"]]

    def known(self, organization_id: str, booking_id: str) -> KnownEvents:
        first = keys.calendar_event(organization_id, booking_id, "")
        answer = self._table.client.query(
            TableName=self._table.name,
            KeyConditionExpression="PK = :booking AND SK BETWEEN :first AND :last",
            ExpressionAttributeValues=encoded(
                {
                    ":booking": first["PK"],
                    ":first": first["SK"],
                    ":last": keys.meeting(organization_id, booking_id)["SK"],
                }
            ),
            ConsistentRead=True,
        )
        items = list(map(decoded, answer["Items"]))
        tasks = [stored_task(item) for item in items if "asks" in item]
        meetings = [stored_meeting(item) for item in items if "platform" in item]
        return KnownEvents(
            task=next(iter(tasks), None),
            of_hosts=tuple(_event(item) for item in items if "generation" in item),
            meeting=next(iter(meetings), None),
        )

    def keep(self, event: HostEvent, task: EventTask) -> None:
        self._keep(_event_item(event), task)

    def keep_meeting(self, meeting: OnlineMeeting, task: EventTask) -> None:
        self._keep(meeting_item(meeting), task)

    def flag(self, event: HostEvent) -> None:
        self._table.update(
            keys.calendar_event(event.organization_id, event.booking_id, event.host_id),
            "SET #state = :diverged",
            condition="#state = :written AND generation = :generation AND etag = :etag",
            names=_STATE,
            values={
                ":diverged": EventState.DIVERGED.value,
                ":written": EventState.WRITTEN.value,
                ":generation": event.generation,
                ":etag": event.etag,
            },
        )

    def _keep(self, item: Item, task: EventTask) -> None:
        theirs = self._table.to_check(
            keys.calendar_events(task.organization_id, task.booking_id),
            condition="claims = :claims",
            values={":claims": task.claims},
        )
        try:
            transact(self._table.client, [theirs, self._table.to_put(item)])
        except TransactionRefused as refused:
            raise ClaimLost from refused


def _finished(task: EventTask) -> tuple[str, Item]:
    """Return the update that stores what is next, and its values."""
    sets = [
        "#state = :state",
        "attempts = :attempts",
        "checks = :checks",
        "since = :since",
        "problems = :problems",
    ]
    values: Item = {
        ":state": task.state.value,
        ":attempts": task.attempts,
        ":checks": task.checks,
        ":since": to_seconds(task.since),
        ":problems": [asdict(problem) for problem in task.problems],
    }
    removed = ["leased_until"]
    if task.due_at is None:
        removed += ["due_at", "GSI1PK", "GSI1SK"]
    else:
        sets += ["due_at = :due_at", "GSI1SK = :place"]
        place = keys.calendar_events_place(task.booking_id, task.due_at)
        values |= {":due_at": to_seconds(task.due_at), ":place": place["GSI1SK"]}
    if task.state is TaskState.FAILED:
        place = keys.unwritten_place(task.organization_id, task.booking_id, task.starts_at)
        sets += ["GSI2PK = :unwritten", "GSI2SK = :start"]
        values |= {":unwritten": place["GSI2PK"], ":start": place["GSI2SK"]}
    return f"SET {', '.join(sets)} REMOVE {', '.join(removed)}", values


def _event_item(event: HostEvent) -> Item:
    return {
        **keys.calendar_event(event.organization_id, event.booking_id, event.host_id),
        **asdict(event),
        "state": event.state.value,
        "time": None if event.time is None else list(event.time),
    }


def _event(item: Item) -> HostEvent:
    time = item["time"]
    return HostEvent(
        organization_id=item["organization_id"],
        booking_id=item["booking_id"],
        host_id=item["host_id"],
        account_id=item["account_id"],
        calendar_id=item["calendar_id"],
        generation=int(item["generation"]),
        state=EventState(item["state"]),
        content_hash=item["content_hash"],
        etag=item["etag"],
        time=None if time is None else (int(time[0]), int(time[1])),
    )


def stored_task(item: Item) -> EventTask:
    return EventTask(
        organization_id=item["organization_id"],
        booking_id=item["booking_id"],
        starts_at=from_seconds(item["starts_at"]),
        state=TaskState(item["state"]),
        asks=int(item["asks"]),
        claims=int(item.get("claims", 0)),
        attempts=int(item["attempts"]),
        checks=int(item["checks"]),
        since=from_seconds(item["since"]),
        due_at=from_optional_seconds(item.get("due_at")),
        problems=tuple(EventProblem(**problem) for problem in item.get("problems", ())),
    )
