"""How it is stored that calendars and meetings shall be told of a booking, by whoever changes it.

The task of a booking is changed in place: how often workers have taken it has to outlive each
change, or two of them would be at it at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.table import to_seconds
from scheduling.domain.hosts import HostKind

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from scheduling.adapters.dynamodb.table import Item, Table
    from scheduling.domain.booking import Booking

ASKED = (
    "SET #state = :new, checks = :none, attempts = :none, since = :now, due_at = :now,"
    " GSI1PK = :queue, GSI1SK = :place"
)
"""What being asked for changes of a task that there is."""

NO_LONGER_FAILED = " REMOVE problems, GSI2PK, GSI2SK ADD asks :one"


def event_writes(
    table: Table, before: Booking | None, after: Booking, *, now: datetime
) -> list[TransactWriteItemTypeDef]:
    """Return the part of a transaction that has calendars told of a change of a booking.

    There is none where no host has, or had, an account.
    """
    hosts = (*after.hosts, *(before.hosts if before else ()))
    if not any(host.key.kind is HostKind.MEMBER for host in hosts):
        return []
    return [
        table.to_update(
            keys.calendar_events(after.organization_id, after.booking_id),
            f"{ASKED}, organization_id = :organization, booking_id = :booking, starts_at = :start"
            f"{NO_LONGER_FAILED}",
            names={"#state": "state"},
            values={
                **asked_values(after.booking_id, now),
                ":organization": after.organization_id,
                ":booking": after.booking_id,
                ":start": to_seconds(after.time.start),
            },
        )
    ]


def asked_values(booking_id: str, now: datetime) -> Item:
    from scheduling.domain.calendar_events import TaskState

    place = keys.calendar_events_place(booking_id, now)
    return {
        ":new": TaskState.NEW.value,
        ":none": 0,
        ":one": 1,
        ":now": to_seconds(now),
        ":queue": place["GSI1PK"],
        ":place": place["GSI1SK"],
    }
