"""Where bookings take place online, in DynamoDB."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.domain.calendar_events import FormerMeeting, OnlineMeeting
from scheduling.domain.connections import Platform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scheduling.adapters.dynamodb.table import Item, Table


class DynamoDbOnlineMeetings:
    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, organization_id: str, booking_id: str) -> OnlineMeeting | None:
        item = self._table.get(keys.meeting(organization_id, booking_id))
        return None if item is None else stored_meeting(item)

    def of_bookings(
        self, organization_id: str, booking_ids: Sequence[str]
    ) -> Mapping[str, OnlineMeeting]:
        wanted = [keys.meeting(organization_id, booking_id) for booking_id in booking_ids]
        found = map(stored_meeting, self._table.found(wanted).values())
        return {meeting.booking_id: meeting for meeting in found}


def meeting_item(meeting: OnlineMeeting) -> Item:
    return {
        **keys.meeting(meeting.organization_id, meeting.booking_id),
        "organization_id": meeting.organization_id,
        "booking_id": meeting.booking_id,
        "platform": meeting.platform.value,
        "host_id": meeting.host_id,
        "account_id": meeting.account_id,
        "mark": meeting.mark,
        "meeting_id": meeting.meeting_id,
        "join_url": meeting.join_url,
        "content_hash": meeting.content_hash,
        "is_over": meeting.is_over,
        "former": [asdict(former) for former in meeting.former],
        "problem": meeting.problem,
    }


def stored_meeting(item: Item) -> OnlineMeeting:
    return OnlineMeeting(
        organization_id=item["organization_id"],
        booking_id=item["booking_id"],
        platform=Platform(item["platform"]),
        host_id=item["host_id"],
        account_id=item["account_id"],
        mark=item["mark"],
        meeting_id=item["meeting_id"],
        join_url=item["join_url"],
        content_hash=item["content_hash"],
        is_over=item["is_over"],
        former=tuple(FormerMeeting(**former) for former in item["former"]),
        problem=item["problem"],
    )
