"""Does everything that is stored about bookings fit together?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.use_cases.booking import TOLD_OF_BOOKINGS
from tests.support.deployed import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from scheduling.adapters.dynamodb.table import Item, Table

CELL = timedelta(minutes=5)

type Claim = tuple[str, str, str, str]
"""The key of an hour of a host's time, the attribute of five of its minutes, and who owns them."""

type HostRow = tuple[str, str, int, int]
"""The key of what takes a host's time, and from when to when; seconds since 1970."""


@dataclass(frozen=True)
class Audit:
    confirmed: int
    cancelled: int
    violations: list[str]
    """What contradicts each other, in words; empty when all is well."""


def audit(scheduling: Table, access: Table) -> Audit:
    """Compare bookings, claims, host rows, messages and guest links, all of them with all.

    To be run while nobody books: it reads both tables item by item.
    """
    rows = rows_of(scheduling)
    bookings = [row for row in rows if "claimed_from" in row]
    confirmed = [row for row in bookings if row["state"] == "confirmed"]
    links = {row["link_id"] for row in rows_of(access) if row.get("purpose") == "guest"}
    messages = Counter(row["subject_id"] for row in rows if row.get("subject") == "booking")
    violations = [
        *_differences("claim", set(_expected_claims(confirmed)), set(_claims(rows))),
        *_differences("host row", set(map(_expected_host_row, confirmed)), set(_host_rows(rows))),
        *_differences(
            "messages",
            {(row["booking_id"], len(TOLD_OF_BOOKINGS) * row["version"]) for row in bookings},
            set(messages.items()),
        ),
        *_differences("guest link", {row["guest_link_id"] for row in bookings}, links),
    ]
    return Audit(len(confirmed), len(bookings) - len(confirmed), violations)


def _expected_claims(confirmed: Iterable[Item]) -> Iterator[Claim]:
    for booking in confirmed:
        moment, end = _instant(booking["claimed_from"]), _instant(booking["claimed_to"])
        while moment < end:
            hour = keys.host_hour(booking["organization_id"], booking["host_id"], moment)
            yield hour["PK"], hour["SK"], f"m{moment:%M}", booking["booking_id"]
            moment += CELL


def _claims(rows: Iterable[Item]) -> Iterator[Claim]:
    for row in rows:
        if row["SK"].startswith("H#"):
            for name, owner in row.items():
                if name not in {"PK", "SK", "ttl"}:
                    yield row["PK"], row["SK"], name, owner


def _expected_host_row(booking: Item) -> HostRow:
    key = keys.host_booking(
        booking["organization_id"],
        booking["host_id"],
        _instant(booking["claimed_from"]),
        booking["booking_id"],
    )
    return key["PK"], key["SK"], int(booking["claimed_from"]), int(booking["claimed_to"])


def _host_rows(rows: Iterable[Item]) -> Iterator[HostRow]:
    for row in rows:
        if "#HB#" in row["PK"]:
            yield row["PK"], row["SK"], int(row["from"]), int(row["to"])


def _differences[T](what: str, expected: AbstractSet[T], stored: AbstractSet[T]) -> list[str]:
    return [
        *(f"{what} is missing: {one}" for one in expected - stored),
        *(f"{what} has no reason: {one}" for one in stored - expected),
    ]


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
