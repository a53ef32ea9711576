"""What was read of connected calendars: an item for each, its events packed."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.table import (
    encoded,
    from_optional_seconds,
    from_seconds,
    to_seconds,
)
from scheduling.domain.calendar_sync import (
    Mark,
    MirrorEvent,
    OpenChannel,
    SyncedCalendar,
    event_key,
)
from scheduling.domain.provider_events import Channel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scheduling.adapters.dynamodb.table import Item, Table
    from scheduling.domain.calendar_sync import EventKey
    from scheduling.domain.connections import ConnectionKey
    from scheduling.domain.hours import Span

_EVENT = struct.Struct(">8sII")
"""The key of an event, its start and its end in seconds since 1970: 16 bytes."""


class DynamoDbSyncedCalendars:
    def __init__(self, table: Table) -> None:
        self._table = table

    def of(self, key: ConnectionKey) -> Sequence[SyncedCalendar]:
        request = {
            "KeyConditionExpression": "PK = :member AND begins_with(SK, :calendars)",
            "ExpressionAttributeValues": encoded(
                {
                    ":member": keys.connected(key.organization_id, key.member_id),
                    ":calendars": keys.synced_calendars(key.provider),
                }
            ),
            "ConsistentRead": True,
        }
        return [_calendar(item) for item in self._table.each(request)]

    def save(self, key: ConnectionKey, calendar: SyncedCalendar) -> SyncedCalendar | None:
        after = replace(calendar, version=calendar.version + 1)
        is_stored = self._table.put(
            _item(key, after),
            condition="version = :before" if calendar.version else "attribute_not_exists(PK)",
            values={":before": calendar.version} if calendar.version else None,
        )
        return after if is_stored else None

    def forget(self, key: ConnectionKey, calendar_id: str) -> None:
        self._delete(keys.synced_calendar(key, calendar_id))

    def forget_busy(self, key: ConnectionKey) -> None:
        self._delete(keys.connected_busy(key))

    def _delete(self, key: keys.Key) -> None:
        self._table.client.delete_item(TableName=self._table.name, Key=encoded(key))


def _item(key: ConnectionKey, calendar: SyncedCalendar) -> Item:
    instants = {
        "cursor_at": calendar.cursor_at,
        "baseline_at": calendar.baseline_at,
        "read_until": calendar.read_until,
        "watched_again_at": calendar.watched_again_at,
    }
    return {
        **keys.synced_calendar(key, calendar.calendar_id),
        "connection_id": calendar.connection_id,
        "calendar_id": calendar.calendar_id,
        "cursor": calendar.cursor,
        **{name: to_seconds(at) for name, at in instants.items() if at is not None},
        "events": b"".join(_EVENT.pack(each, *span) for each, span in calendar.events.items()),
        "mirrors": [_mirror_item(mirror) for mirror in calendar.mirrors.values()],
        "channel": None if calendar.channel is None else _channel_item(calendar.channel),
        "watch_failures": calendar.watch_failures,
        "version": calendar.version,
    }


def _calendar(item: Item) -> SyncedCalendar:
    channel = item["channel"]
    return SyncedCalendar(
        connection_id=item["connection_id"],
        calendar_id=item["calendar_id"],
        cursor=item["cursor"],
        cursor_at=from_optional_seconds(item.get("cursor_at")),
        baseline_at=from_optional_seconds(item.get("baseline_at")),
        read_until=from_optional_seconds(item.get("read_until")),
        events=_events(item["events"].value),
        mirrors={event_key(each["event_id"]): _mirror(each) for each in item["mirrors"]},
        channel=None if channel is None else _channel(channel),
        watch_failures=int(item["watch_failures"]),
        watched_again_at=from_optional_seconds(item.get("watched_again_at")),
        version=int(item["version"]),
    )


def _events(packed: bytes) -> Mapping[EventKey, Span]:
    return {key: (start, end) for key, start, end in _EVENT.iter_unpack(packed)}


def _mirror_item(mirror: MirrorEvent) -> Item:
    return {
        "event_id": mirror.event_id,
        "booking_id": mirror.booking_id,
        "time": None if mirror.time is None else list(mirror.time),
        "content_hash": mirror.content_hash,
        "mark": mirror.mark.value,
    }


def _mirror(item: Item) -> MirrorEvent:
    time = item["time"]
    return MirrorEvent(
        event_id=item["event_id"],
        booking_id=item["booking_id"],
        time=None if time is None else (int(time[0]), int(time[1])),
        content_hash=item["content_hash"],
        mark=Mark(item["mark"]),
    )


def _channel_item(opened: OpenChannel) -> Item:
    return {
        "channel_id": opened.channel.channel_id,
        "resource_id": opened.channel.resource_id,
        "expires_at": to_seconds(opened.channel.expires_at),
        "opened_at": to_seconds(opened.opened_at),
        "last_ring": opened.last_ring,
        "is_heard": opened.is_heard,
    }


def _channel(item: Item) -> OpenChannel:
    expires_at = from_seconds(item["expires_at"])
    return OpenChannel(
        channel=Channel(item["channel_id"], item["resource_id"], expires_at),
        opened_at=from_seconds(item["opened_at"]),
        last_ring=int(item["last_ring"]),
        is_heard=item["is_heard"],
    )
