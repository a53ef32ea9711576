"""Does everything that is stored about bookings and holds fit together?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.booking_items import (
    expiry_item,
    guest_items,
    host_items,
    stored_booking,
    stored_hold,
    stored_taken,
)
from scheduling.domain.booking import Booking, BookingState, Hold, Taken
from scheduling.domain.messages import MessageKind
from tests.support.deployed import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from scheduling.adapters.dynamodb.table import Item, Table

CELL = timedelta(minutes=5)

type Cell = tuple[str, str, str, str]
"""The key of an hour of a host's time, the attribute of five of its minutes, and who owns them."""

type HostRow = tuple[str, Taken]
"""The partition of what takes a host's time, and what does."""


@dataclass(frozen=True)
class Audit:
    confirmed: int
    cancelled: int
    holds: int
    violations: list[str]
    """What contradicts each other, in words; empty when all is well."""


def audit(scheduling: Table, access: Table) -> Audit:
    """Compare bookings, holds, cells, host and guest rows, messages, links and the overdue queue.

    To be run while nobody books: it reads both tables item by item.
    """
    rows = rows_of(scheduling)
    bookings = [stored_booking(row) for row in rows if "guest_link_id" in row]
    holds = [stored_hold(row) for row in rows if "hold_id" in row]
    owners: list[Booking | Hold] = [
        *holds,
        *(booking for booking in bookings if booking.state.takes_time),
    ]
    links = {row["link_id"] for row in rows_of(access) if row.get("purpose") == "guest"}
    mailed_anew = {row["which"] for row in rows if row.get("kind") == MessageKind.GUEST_LINK}
    queued = {(row["PK"], row["GSI1PK"], row["GSI1SK"]) for row in rows if row["SK"] == "EXPIRES"}
    led_to = {(row["PK"], row["SK"]) for row in rows if "#G#" in row["PK"]}
    announced = {
        (row["subject_id"], int(row["version"])) for row in rows if row.get("subject") == "booking"
    }
    violations = [
        *_differences("cell", set(_expected_cells(owners)), set(_cells(rows))),
        *_differences("host row", set(_expected_host_rows(owners)), set(_host_rows(rows))),
        *_differences("place in the queue", set(_expected_queue(bookings)), queued),
        *_differences("guest row", set(_expected_guest_rows(bookings)), led_to),
        *_differences("message", set(_expected_announcements(bookings)), announced),
        *_differences(
            "guest link", {booking.guest_link_id for booking in bookings} | mailed_anew, links
        ),
    ]
    states = [booking.state for booking in bookings]
    return Audit(
        confirmed=states.count(BookingState.CONFIRMED),
        cancelled=states.count(BookingState.CANCELLED),
        holds=len(holds),
        violations=violations,
    )


def _expected_cells(owners: Iterable[Booking | Hold]) -> Iterator[Cell]:
    for claim in (owner.claim for owner in owners):
        moment = claim.whole.start
        while moment < claim.whole.end:
            role = "m" if claim.time.start <= moment < claim.time.end else "b"
            for host_id in claim.host_ids:
                hour = keys.host_hour(claim.organization_id, host_id, moment)
                yield hour["PK"], hour["SK"], f"{role}{moment:%M}", claim.owner_id
            moment += CELL


def _cells(rows: Iterable[Item]) -> Iterator[Cell]:
    for row in rows:
        if row["SK"].startswith("H#"):
            for name, value in row.items():
                if name not in {"PK", "SK", "ttl"}:
                    # A meeting has one owner, a buffer a set of them.
                    for owner in [value] if name.startswith("m") else value:
                        yield row["PK"], row["SK"], name, owner


def _expected_host_rows(owners: Iterable[Booking | Hold]) -> Iterator[HostRow]:
    for owner in owners:
        yield from _host_rows(host_items(owner))


def _host_rows(rows: Iterable[Item]) -> Iterator[HostRow]:
    for row in rows:
        if "#HB#" in row["PK"]:
            yield row["PK"], stored_taken(row)


def _expected_guest_rows(bookings: Iterable[Booking]) -> Iterator[tuple[str, str]]:
    for booking in bookings:
        # Those of schema 1, which have no fingerprint, are from before there were such rows.
        for item in guest_items(booking) if booking.fingerprint else []:
            yield item["PK"], item["SK"]


def _expected_queue(bookings: Iterable[Booking]) -> Iterator[tuple[str, str, str]]:
    for booking in bookings:
        if booking.state is BookingState.PENDING and booking.expires_at is not None:
            item = expiry_item(booking, booking.expires_at)
            yield item["PK"], item["GSI1PK"], item["GSI1SK"]


def _expected_announcements(bookings: Iterable[Booking]) -> Iterator[tuple[str, int]]:
    for booking in bookings:
        # Nobody is told that a guest did not come.
        is_missed = booking.state is BookingState.NO_SHOW
        for version in range(1, booking.version + (not is_missed)):
            yield booking.booking_id, version


def _differences[T](what: str, expected: AbstractSet[T], stored: AbstractSet[T]) -> list[str]:
    return [
        *(f"{what} is missing: {one}" for one in expected - stored),
        *(f"{what} has no reason: {one}" for one in stored - expected),
    ]
