"""Bookings and what they claim, in DynamoDB."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.claims import claim_changes
from scheduling.adapters.dynamodb.links import link_item
from scheduling.adapters.dynamodb.messages import message_put
from scheduling.adapters.dynamodb.table import (
    TransactionRefused,
    decoded,
    encoded,
    from_seconds,
    timed_sort_key_of,
    to_seconds,
    transact,
)
from scheduling.domain.booking import Booking, BookingState
from scheduling.domain.messages import Recipient
from scheduling.domain.people import Guest
from scheduling.domain.refusals import (
    BookingChanged,
    BookingNotFound,
    IdempotencyKeyReused,
    SlotTaken,
)
from scheduling.domain.time_range import TimeRange
from scheduling.ports import ListPage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scheduling.adapters.dynamodb.table import Item, Table
    from scheduling.domain.links import Link
    from scheduling.domain.messages import Message

LONGEST_CLAIM = timedelta(hours=36)
"""A meeting of 12 hours with a buffer of 12 hours on each side."""

SCHEMA = 1
"""Stored on each booking, for code that meets older or newer ones."""


class DynamoDbBookings:
    def __init__(self, table: Table, access: Table) -> None:
        self._table = table
        self._access = access

    def add(self, booking: Booking, link: Link, messages: Sequence[Message]) -> Booking:
        try:
            transact(
                self._table.client,
                [
                    self._table.to_put_new(_item(booking)),
                    self._table.to_put_new(_host_item(booking)),
                    *claim_changes(
                        self._table,
                        booking.organization_id,
                        booking.host_id,
                        booking.booking_id,
                        claim=booking.claimed,
                    ),
                    self._access.to_put_new(link_item(link)),
                    *(
                        message_put(self._table, message, now=booking.changed_at)
                        for message in messages
                    ),
                ],
            )
        except TransactionRefused as refused:
            return self._stored_already(booking, refused)
        return booking

    def cancel(self, booking: Booking, messages: Sequence[Message]) -> None:
        changed = self._table.to_put(
            _item(booking),
            condition="version = :before AND #state = :confirmed",
            values={":before": booking.version - 1, ":confirmed": BookingState.CONFIRMED.value},
            names={"#state": "state"},
        )
        try:
            transact(
                self._table.client,
                [
                    changed,
                    self._table.to_delete(_host_key(booking)),
                    *claim_changes(
                        self._table,
                        booking.organization_id,
                        booking.host_id,
                        booking.booking_id,
                        release=booking.claimed,
                    ),
                    *(
                        message_put(self._table, message, now=booking.changed_at)
                        for message in messages
                    ),
                ],
            )
        except TransactionRefused as refused:
            raise BookingChanged from refused

    def get(self, organization_id: str, booking_id: str) -> Booking:
        item = self._table.get(keys.booking(organization_id, booking_id))
        if item is None:
            raise BookingNotFound
        return _booking(item)

    def claimed(self, organization_id: str, host_id: str, within: TimeRange) -> Sequence[TimeRange]:
        request: dict[str, Any] = {
            "TableName": self._table.name,
            "KeyConditionExpression": "PK = :host AND SK BETWEEN :first AND :last",
            "ExpressionAttributeValues": encoded(
                {
                    ":host": keys.host_bookings(organization_id, host_id),
                    ":first": keys.moment(within.start - LONGEST_CLAIM),
                    ":last": keys.moment(within.end),
                }
            ),
        }
        pages = self._table.client.get_paginator("query").paginate(**request)
        claims = [_claim(decoded(item)) for page in pages for item in page["Items"]]
        return [claim for claim in claims if claim.overlaps(within)]

    def list(
        self, organization_id: str, *, after: datetime, cursor: str | None, limit: int
    ) -> ListPage[Booking]:
        partition, first, last_seen = keys.bookings(organization_id), keys.moment(after), None
        if cursor is not None:
            sort_key, booking_id = timed_sort_key_of(cursor)
            key = keys.booking(organization_id, booking_id)
            last_seen = {**key, "GSI1PK": partition, "GSI1SK": sort_key}
            # `after` may have moved on since the page before, and DynamoDB refuses to continue
            # outside of the range that it is asked for.
            first = min(first, sort_key)
        query = {
            "IndexName": keys.BY_TIME,
            "KeyConditionExpression": "GSI1PK = :all AND GSI1SK >= :first",
            "ExpressionAttributeValues": encoded({":all": partition, ":first": first}),
        }
        part = self._table.listed(query, after=last_seen, limit=limit, sort="GSI1SK")
        return ListPage(tuple(map(_booking, part.items)), part.next_cursor)

    def _stored_already(self, booking: Booking, refused: TransactionRefused) -> Booking:
        """Return the booking if it is stored: then an answer was lost, or a form sent twice."""
        try:
            stored = self.get(booking.organization_id, booking.booking_id)
        except BookingNotFound:
            raise SlotTaken from refused
        same = (stored.time.start, stored.guest) == (booking.time.start, booking.guest)
        if not same:
            raise IdempotencyKeyReused from refused
        return stored


def _item(booking: Booking) -> Item:
    return {
        **keys.booking(booking.organization_id, booking.booking_id),
        "GSI1PK": keys.bookings(booking.organization_id),
        "GSI1SK": f"{keys.moment(booking.time.start)}#{booking.booking_id}",
        "schema": SCHEMA,
        "booking_id": booking.booking_id,
        "organization_id": booking.organization_id,
        "booking_page_slug": booking.booking_page_slug,
        "title": booking.title,
        "location": booking.location,
        "host_id": booking.host_id,
        "host_name": booking.host_name,
        "person_in_charge_id": booking.person_in_charge_id,
        "guest": asdict(booking.guest),
        "start": to_seconds(booking.time.start),
        "end": to_seconds(booking.time.end),
        "claimed_from": to_seconds(booking.claimed.start),
        "claimed_to": to_seconds(booking.claimed.end),
        "state": booking.state.value,
        "version": booking.version,
        "guest_link_id": booking.guest_link_id,
        "booked_at": to_seconds(booking.booked_at),
        "changed_at": to_seconds(booking.changed_at),
        "cancelled_by": None if booking.cancelled_by is None else booking.cancelled_by.value,
        "cancellation_reason": booking.cancellation_reason,
    }


def _booking(item: Item) -> Booking:
    cancelled_by = item["cancelled_by"]
    return Booking(
        booking_id=item["booking_id"],
        organization_id=item["organization_id"],
        booking_page_slug=item["booking_page_slug"],
        title=item["title"],
        location=item["location"],
        host_id=item["host_id"],
        host_name=item["host_name"],
        person_in_charge_id=item["person_in_charge_id"],
        guest=Guest(**item["guest"]),
        time=TimeRange(from_seconds(item["start"]), from_seconds(item["end"])),
        claimed=TimeRange(from_seconds(item["claimed_from"]), from_seconds(item["claimed_to"])),
        state=BookingState(item["state"]),
        version=int(item["version"]),
        guest_link_id=item["guest_link_id"],
        booked_at=from_seconds(item["booked_at"]),
        changed_at=from_seconds(item["changed_at"]),
        cancelled_by=None if cancelled_by is None else Recipient(cancelled_by),
        cancellation_reason=item["cancellation_reason"],
    )


def _host_key(booking: Booking) -> keys.Key:
    return keys.host_booking(
        booking.organization_id, booking.host_id, booking.claimed.start, booking.booking_id
    )


def _host_item(booking: Booking) -> Item:
    return {
        **_host_key(booking),
        "from": to_seconds(booking.claimed.start),
        "to": to_seconds(booking.claimed.end),
    }


def _claim(item: Item) -> TimeRange:
    return TimeRange(from_seconds(item["from"]), from_seconds(item["to"]))
