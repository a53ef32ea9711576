"""Linked calendars in DynamoDB.

Hosts are read with their calendar, by everybody who looks at a booking page, so the address, a
secret, is in the other table. The queue has rows of its own: an index holds whole rows, and
busy stretches would be written to it twice with each reading.
"""

from __future__ import annotations

import struct
from itertools import batched, chain
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.audit_log import entry_put
from scheduling.adapters.dynamodb.table import (
    TransactionRefused,
    from_optional_seconds,
    from_seconds,
    to_optional_seconds,
    to_seconds,
    transact,
)
from scheduling.domain.feeds import CalendarFeed, FeedAddress, FeedFailure, FeedTurn
from scheduling.domain.refusals import ExternalMemberGone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from scheduling.adapters.dynamodb.table import Item, Table
    from scheduling.domain.audit import Entry
    from scheduling.domain.hours import Span

AT_ONCE = 100
"""Source: DynamoDB API reference, BatchGetItem, the most items of one request."""

_SPAN = struct.Struct(">II")
"""Start and end of a stretch, in seconds since 1970: 8 bytes."""


class DynamoDbCalendarFeeds:
    def __init__(self, table: Table, access: Table) -> None:
        self._table = table
        self._access = access

    def link(self, feed: CalendarFeed, address: FeedAddress, turn: FeedTurn, entry: Entry) -> None:
        whose = feed.organization_id, feed.external_member_id
        at = {**keys.calendar_feed(*whose), "host_name": address.host_name, "path": address.path}
        try:
            transact(
                self._table.client,
                [
                    self._table.to_check(
                        keys.external_member(*whose),
                        condition="attribute_exists(PK) AND attribute_not_exists(deleted_at)",
                    ),
                    self._table.to_put(feed_item(feed)),
                    self._table.to_put(_turn_item(turn)),
                    self._access.to_put(at),
                    entry_put(self._table, entry),
                ],
            )
        except TransactionRefused as refused:
            raise ExternalMemberGone from refused

    def unlink(self, organization_id: str, external_member_id: str, entry: Entry) -> None:
        whose = organization_id, external_member_id
        feed = self._table.to_delete(keys.calendar_feed(*whose), condition="attribute_exists(PK)")
        _, *rest = feed_removal(self._table, self._access, *whose)
        try:
            transact(self._table.client, [feed, *rest, entry_put(self._table, entry)])
        except TransactionRefused:
            return

    def get(self, organization_id: str, external_member_id: str) -> CalendarFeed | None:
        item = self._table.get(keys.calendar_feed(organization_id, external_member_id))
        return None if item is None else stored_feed(item)

    def get_all(
        self, organization_id: str, external_member_ids: Sequence[str]
    ) -> Mapping[str, CalendarFeed]:
        wanted = [keys.calendar_feed(organization_id, each) for each in external_member_ids]
        return {
            item["external_member_id"]: stored_feed(item)
            for some in batched(wanted, AT_ONCE, strict=False)
            for item in self._table.found(some).values()
        }

    def address(self, organization_id: str, external_member_id: str) -> FeedAddress | None:
        item = self._access.get(keys.calendar_feed(organization_id, external_member_id))
        return None if item is None else FeedAddress(item["host_name"], item["path"])

    def record(self, feed: CalendarFeed) -> None:
        key = keys.calendar_feed(feed.organization_id, feed.external_member_id)
        read = {name: value for name, value in feed_item(feed).items() if name not in key}
        self._table.update(
            key,
            "SET " + ", ".join(f"{name} = :{name}" for name in read),
            condition="feed_id = :feed_id",
            values={f":{name}": value for name, value in read.items()},
        )

    def due(self, *, now: datetime, limit: int) -> Sequence[FeedTurn]:
        queues = map(keys.feed_queue, range(keys.QUEUES))
        return [_turn(item) for item in self._table.due(queues, now=now, limit=limit)]

    def take(self, turn: FeedTurn, *, now: datetime) -> FeedTurn | None:
        taken = turn.taken(now)
        return taken if self._replace(turn, taken) else None

    def put_back(self, taken: FeedTurn, turn: FeedTurn) -> None:
        self._replace(taken, turn)

    def _replace(self, before: FeedTurn, after: FeedTurn) -> bool:
        """Store a turn, and tell whether the stored one was still as it was before."""
        place = keys.feed_place(after.external_member_id, after.due_at)
        replaced = self._table.update(
            keys.feed_turn(before.organization_id, before.external_member_id),
            "SET due_at = :due_at, failures = :failures, GSI1SK = :place",
            condition="feed_id = :feed_id AND due_at = :before",
            values={
                ":feed_id": before.feed_id,
                ":before": to_seconds(before.due_at),
                ":due_at": to_seconds(after.due_at),
                ":failures": after.failures,
                ":place": place["GSI1SK"],
            },
        )
        return replaced is not None


def feed_removal(
    table: Table, access: Table, organization_id: str, external_member_id: str
) -> list[TransactWriteItemTypeDef]:
    """Return the parts of a transaction that forget a linked calendar, if there is one."""
    return [
        table.to_delete(keys.calendar_feed(organization_id, external_member_id)),
        table.to_delete(keys.feed_turn(organization_id, external_member_id)),
        access.to_delete(keys.calendar_feed(organization_id, external_member_id)),
    ]


def feed_item(feed: CalendarFeed) -> Item:
    return {
        **keys.calendar_feed(feed.organization_id, feed.external_member_id),
        "organization_id": feed.organization_id,
        "external_member_id": feed.external_member_id,
        "feed_id": feed.feed_id,
        "host_name": feed.host_name,
        "linked_at": to_seconds(feed.linked_at),
        "checked_at": to_optional_seconds(feed.checked_at),
        "verified_at": to_optional_seconds(feed.verified_at),
        "failure": feed.failure and feed.failure.value,
        "etag": feed.etag,
        "busy": _packed(feed.busy),
        "read_until": to_optional_seconds(feed.read_until),
    }


def stored_feed(item: Item) -> CalendarFeed:
    failure = item["failure"]
    return CalendarFeed(
        organization_id=item["organization_id"],
        external_member_id=item["external_member_id"],
        feed_id=item["feed_id"],
        host_name=item["host_name"],
        linked_at=from_seconds(item["linked_at"]),
        checked_at=from_optional_seconds(item["checked_at"]),
        verified_at=from_optional_seconds(item["verified_at"]),
        failure=None if failure is None else FeedFailure(failure),
        etag=item["etag"],
        busy=tuple(_SPAN.iter_unpack(item["busy"].value)),
        read_until=from_optional_seconds(item["read_until"]),
    )


def _turn_item(turn: FeedTurn) -> Item:
    return {
        **keys.feed_turn(turn.organization_id, turn.external_member_id),
        **keys.feed_place(turn.external_member_id, turn.due_at),
        "organization_id": turn.organization_id,
        "external_member_id": turn.external_member_id,
        "feed_id": turn.feed_id,
        "due_at": to_seconds(turn.due_at),
        "failures": turn.failures,
    }


def _turn(item: Item) -> FeedTurn:
    return FeedTurn(
        organization_id=item["organization_id"],
        external_member_id=item["external_member_id"],
        feed_id=item["feed_id"],
        due_at=from_seconds(item["due_at"]),
        failures=int(item["failures"]),
    )


def _packed(busy: Sequence[Span]) -> bytes:
    return struct.pack(f">{2 * len(busy)}I", *chain.from_iterable(busy))
