"""Bookings, holds and what they claim, in DynamoDB."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from enum import Enum, auto
from itertools import batched
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.audit_log import entry_put
from scheduling.adapters.dynamodb.booking_items import (
    booking_item,
    expiry_item,
    guest_items,
    hold_item,
    host_items,
    stored_booking,
    stored_hold,
    stored_taken,
    unchanged,
)
from scheduling.adapters.dynamodb.claims import claim_changes
from scheduling.adapters.dynamodb.event_tasks import event_writes
from scheduling.adapters.dynamodb.links import link_item, link_prolonged
from scheduling.adapters.dynamodb.messages import message_put
from scheduling.adapters.dynamodb.table import (
    CONDITION_FAILED,
    TransactionRefused,
    encoded,
    timed_sort_key_of,
    to_seconds,
    transact,
)
from scheduling.domain.counts import CountsChanged
from scheduling.domain.lists import ListPage
from scheduling.domain.refusals import (
    BookingChanged,
    BookingNotFound,
    HoldNotFound,
    IdempotencyKeyReused,
    SlotTaken,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from scheduling.adapters.dynamodb.table import Item, Table
    from scheduling.domain.audit import Entry
    from scheduling.domain.booking import Booking, Claim, Hold, Taken
    from scheduling.domain.counts import Count
    from scheduling.domain.links import Link
    from scheduling.domain.messages import Message
    from scheduling.domain.time_range import TimeRange
    from scheduling.ports import BookingFilter

MOST_AT_ONCE = 100
"""Source: DynamoDB API reference, BatchGetItem."""

LONGEST_CLAIM = timedelta(hours=36)
"""A meeting of 12 hours with a buffer of 12 hours on each side."""


_AFTER_ALL = ":"
"""Sorts after every digit."""


class _Part(Enum):
    """What a write of a transaction is about: tells why the transaction was refused."""

    SUBJECT = auto()
    """The booking or the hold itself."""
    HOLD = auto()
    """The hold that a booking is made of, or that there is none."""
    TIME = auto()
    """The cells of its hosts' time."""
    COUNT = auto()
    REST = auto()


type _Writes = list[tuple[_Part, TransactWriteItemTypeDef]]


class DynamoDbBookings:
    def __init__(self, table: Table, access: Table) -> None:
        self._table = table
        self._access = access

    def hold(self, hold: Hold, *, counts: Sequence[Count] = ()) -> Hold:
        # Whose cells are whose is told by the id alone: a booking and a hold never share one.
        not_booked = self._table.to_check(
            keys.booking(hold.claim.organization_id, hold.hold_id),
            condition="attribute_not_exists(PK)",
        )
        writes: _Writes = [
            (_Part.SUBJECT, self._table.to_put_new(hold_item(hold))),
            (_Part.HOLD, not_booked),
            *self._time_writes(None, hold, claim=hold.claim),
            *self._count_writes(counts),
        ]
        try:
            self._transact(writes)
        except _Refused as refused:
            try:
                return self.get_hold(hold.hold_id)
            except HoldNotFound:
                raise refused.reason from refused
        return hold

    def get_hold(self, hold_id: str) -> Hold:
        item = self._table.get(keys.hold(hold_id))
        if item is None:
            raise HoldNotFound
        return stored_hold(item)

    def release(self, hold: Hold) -> None:
        try:
            self._transact(
                [
                    (_Part.SUBJECT, self._hold_end(hold)),
                    *self._time_writes(hold, None, release=hold.claim),
                ]
            )
        except _Refused as refused:
            if _Part.SUBJECT not in refused.parts:
                raise

    def add(
        self,
        booking: Booking,
        link: Link,
        messages: Sequence[Message],
        *,
        entry: Entry | None = None,
        hold: Hold | None = None,
        counts: Sequence[Count] = (),
    ) -> Booking:
        if hold is None:
            not_held = "attribute_not_exists(PK)"
            held = self._table.to_check(keys.hold(booking.booking_id), condition=not_held)
        else:
            held = self._hold_end(hold)
        writes: _Writes = [
            (_Part.SUBJECT, self._table.to_put_new(booking_item(booking))),
            (_Part.HOLD, held),
            *self._time_writes(
                hold, booking, release=hold.claim if hold else None, claim=booking.claim
            ),
            *self._count_writes(counts),
            *self._expiry_writes(None, booking),
            *self._message_writes(booking, messages),
            *self._event_writes(None, booking),
            *((_Part.REST, self._table.to_put(item)) for item in guest_items(booking)),
            (_Part.REST, self._access.to_put_new(link_item(link))),
        ]
        if entry is not None:
            writes.append((_Part.REST, entry_put(self._table, entry)))
        try:
            self._transact(writes)
        except _Refused as refused:
            return self._stored_already(booking, refused)
        return booking

    def change(
        self,
        before: Booking,
        after: Booking,
        messages: Sequence[Message],
        entry: Entry,
        *,
        link_expires_at: datetime | None = None,
        counts: Sequence[Count] = (),
    ) -> None:
        rest: _Writes = [
            *self._count_writes(counts),
            *self._expiry_writes(before, after),
            *self._message_writes(after, messages),
            *self._event_writes(before, after),
            (_Part.REST, entry_put(self._table, entry)),
        ]
        if link_expires_at is not None:
            link = link_prolonged(self._access, after.guest_link_id, link_expires_at)
            rest.append((_Part.REST, link))
        try:
            self._change(before, after, before.claim, rest)
        except SlotTaken:
            # Bookings of schema 1, which have no fingerprint, kept their buffers like the meeting.
            if before.fingerprint:
                raise
            nothing = timedelta(0)
            whole = replace(before.claim, time=before.claim.whole, before=nothing, after=nothing)
            self._change(before, after, whole, rest)

    def _change(self, before: Booking, after: Booking, release: Claim, rest: _Writes) -> None:
        condition, values = unchanged(before)
        put = self._table.to_put(booking_item(after), condition=condition, values=values)
        owned = release if before.state.takes_time else None
        claim = after.claim if after.state.takes_time else None
        if owned == claim:
            # Nothing is to be done, and a meeting that is long over has no cells any more.
            owned = claim = None
        time = self._time_writes(before, after, release=owned, claim=claim)
        try:
            self._transact([(_Part.SUBJECT, put), *time, *rest])
        except _Refused as refused:
            stored = self.get(after.organization_id, after.booking_id)
            if stored == stored_booking(booking_item(after)):
                return  # The answer was lost; or somebody did the very same in the same second.
            if (stored.version, stored.erasures) != (before.version, before.erasures):
                raise BookingChanged from refused
            raise refused.reason from refused

    def get(self, organization_id: str, booking_id: str) -> Booking:
        item = self._table.get(keys.booking(organization_id, booking_id))
        if item is None:
            raise BookingNotFound
        return stored_booking(item)

    def of_guest(self, organization_id: str, email: str) -> Sequence[Booking]:
        guest = encoded({":guest": keys.guest_bookings(organization_id, email)})
        rows = self._table.each(
            {
                "KeyConditionExpression": "PK = :guest",
                "ExpressionAttributeValues": guest,
                "ConsistentRead": True,
            }
        )
        wanted = [keys.booking(row["organization_id"], row["booking_id"]) for row in rows]
        return [
            stored_booking(item)
            for part in batched(wanted, MOST_AT_ONCE, strict=False)
            for item in self._table.get_all(part)
        ]

    def taken(
        self, organization_id: str, host_id: str, within: TimeRange, *, fresh: bool = False
    ) -> Sequence[Taken]:
        request = {
            "KeyConditionExpression": "PK = :host AND SK BETWEEN :first AND :last",
            "ExpressionAttributeValues": encoded(
                {
                    ":host": keys.host_bookings(organization_id, host_id),
                    ":first": keys.moment(within.start - LONGEST_CLAIM),
                    ":last": keys.moment(within.end),
                }
            ),
            "ConsistentRead": fresh,
        }
        found = map(stored_taken, self._table.each(request))
        return [each for each in found if each.whole.overlaps(within)]

    def counted(self, counts: Sequence[Count]) -> Sequence[Count]:
        wanted = [keys.count(count.organization_id, count.host_id) for count in counts]
        found = self._table.found(wanted)
        numbers = [found.get((key["PK"], key["SK"]), {"bookings": 0})["bookings"] for key in wanted]
        return [
            replace(count, number=int(number))
            for count, number in zip(counts, numbers, strict=True)
        ]

    def list(
        self, organization_id: str, which: BookingFilter, *, cursor: str | None, limit: int
    ) -> ListPage[Booking]:
        partition = keys.bookings(organization_id)
        first = keys.moment(which.after)
        last = _AFTER_ALL if which.before is None else keys.moment(which.before)
        last_seen = None
        if cursor is not None:
            sort_key, booking_id = timed_sort_key_of(cursor)
            key = keys.booking(organization_id, booking_id)
            last_seen = {**key, "GSI1PK": partition, "GSI1SK": sort_key}
            # The range may have moved on since the part before, and DynamoDB refuses to continue
            # outside of the range that it is asked for.
            first, last = min(first, sort_key), max(last, sort_key)
        query: Item = {
            "IndexName": keys.BY_TIME,
            "KeyConditionExpression": "GSI1PK = :all AND GSI1SK BETWEEN :first AND :last",
            "ScanIndexForward": not which.latest_first,
        }
        values: Item = {":all": partition, ":first": first, ":last": last}
        conditions = list(_conditions(which))
        if conditions:
            query["FilterExpression"] = " AND ".join(text for text, _ in conditions)
            for _, of_condition in conditions:
                values |= of_condition
        if which.states:
            query["ExpressionAttributeNames"] = {"#state": "state"}
        query["ExpressionAttributeValues"] = encoded(values)
        part = self._table.listed(query, after=last_seen, limit=limit, sort="GSI1SK")
        return ListPage(tuple(map(stored_booking, part.items)), part.next_cursor)

    def overdue(self, *, now: datetime, limit: int) -> Sequence[Hold | Booking]:
        queues = map(keys.overdue_queue, range(keys.QUEUES))
        chosen = self._table.due(queues, now=now, limit=limit)[:limit]
        holds = [stored_hold(item) for item in chosen if "hold_id" in item]
        requests = self._table.get_all(
            [
                keys.booking(item["organization_id"], item["booking_id"])
                for item in chosen
                if "booking_id" in item
            ]
        )
        # The index may be a moment behind: some of them may have been decided about.
        decidable = [
            booking for booking in map(stored_booking, requests) if booking.is_overdue(now)
        ]
        return [*holds, *decidable]

    def _transact(self, writes: _Writes) -> None:
        """Do all `writes`, or none of them.

        Raises:
            _Refused: A condition did not hold.
            BusyTryAgain: Nothing could be decided in time.
        """
        try:
            transact(self._table.client, [write for _, write in writes])
        except TransactionRefused as refused:
            parts = {
                part
                for (part, _), reason in zip(writes, refused.reasons, strict=True)
                if reason == CONDITION_FAILED
            }
            if parts == {_Part.REST}:
                raise
            raise _Refused(parts) from refused

    def _stored_already(self, booking: Booking, refused: _Refused) -> Booking:
        """Return the booking if it is stored: then an answer was lost, or a form sent twice."""
        try:
            stored = self.get(booking.organization_id, booking.booking_id)
        except BookingNotFound:
            raise refused.reason from refused
        if stored.fingerprint != booking.fingerprint:
            raise IdempotencyKeyReused from refused
        return stored

    def _hold_end(self, hold: Hold) -> TransactWriteItemTypeDef:
        return self._table.to_delete(
            keys.hold(hold.hold_id),
            # The same guest may hold another slot by now, under the same id.
            condition=(
                "held_at = :held_at AND expires_at = :expires_at AND starts_at = :starts_at"
            ),
            values={
                ":held_at": to_seconds(hold.held_at),
                ":expires_at": to_seconds(hold.expires_at),
                ":starts_at": to_seconds(hold.claim.time.start),
            },
        )

    def _time_writes(
        self,
        before: Hold | Booking | None,
        after: Hold | Booking | None,
        *,
        release: Claim | None = None,
        claim: Claim | None = None,
    ) -> _Writes:
        """Return what changes in the hosts' time: their cells, and what they show."""
        cells = claim_changes(self._table, release=release, claim=claim)
        old, new = host_items(before), host_items(after)
        kept = [_key(item) for item in new]
        gone = [_key(item) for item in old if _key(item) not in kept]
        return [
            *((_Part.TIME, cell) for cell in cells),
            *((_Part.REST, self._table.to_put(item)) for item in new if item not in old),
            *((_Part.REST, self._table.to_delete(key)) for key in gone),
        ]

    def _count_writes(self, counts: Sequence[Count]) -> _Writes:
        return [
            (
                _Part.COUNT,
                self._table.to_update(
                    keys.count(count.organization_id, count.host_id),
                    "SET bookings = :next",
                    condition=(
                        "bookings = :number"
                        if count.number
                        else "attribute_not_exists(PK) OR bookings = :number"
                    ),
                    values={":number": count.number, ":next": count.number + 1},
                ),
            )
            for count in counts
        ]

    def _expiry_writes(self, before: Booking | None, after: Booking) -> _Writes:
        """Return what puts a request into the queue of what is overdue, or takes it out."""
        former = before.expires_at if before else None
        if after.expires_at == former:
            return []
        if after.expires_at is not None:
            return [(_Part.REST, self._table.to_put(expiry_item(after, after.expires_at)))]
        key = keys.booking_expiry(after.organization_id, after.booking_id)
        return [(_Part.REST, self._table.to_delete(key))]

    def _message_writes(self, booking: Booking, messages: Sequence[Message]) -> _Writes:
        return [
            (_Part.REST, message_put(self._table, message, now=booking.changed_at))
            for message in messages
        ]

    def _event_writes(self, before: Booking | None, after: Booking) -> _Writes:
        writes = event_writes(self._table, before, after, now=after.changed_at)
        return [(_Part.REST, write) for write in writes]


class _Refused(Exception):
    """A condition of a transaction did not hold; nothing was written."""

    def __init__(self, parts: AbstractSet[_Part]) -> None:
        super().__init__(parts)
        self.parts = parts

    @property
    def reason(self) -> SlotTaken | CountsChanged:
        """Why, where the booking or hold is not stored already and did not change."""
        only_counts = self.parts <= {_Part.COUNT, _Part.REST}
        return CountsChanged() if only_counts else SlotTaken()


def _conditions(which: BookingFilter) -> Iterator[tuple[str, Item]]:
    """Yield what a filter asks of each booking, with the values in it."""
    if which.host_id is not None:
        # Bookings of schema 1 have one host.
        yield "(contains(host_ids, :host) OR host_id = :host)", {":host": which.host_id}
    if which.person_in_charge_id is not None:
        yield "person_in_charge_id = :person", {":person": which.person_in_charge_id}
    if which.booking_page_slug is not None:
        yield "booking_page_slug = :slug", {":slug": which.booking_page_slug}
    if which.states:
        states = {f":state{number}": state.value for number, state in enumerate(which.states)}
        yield f"#state IN ({', '.join(states)})", states
    if which.text:
        yield "contains(searched, :text)", {":text": which.text}


def _key(item: Item) -> keys.Key:
    return {"PK": item["PK"], "SK": item["SK"]}
