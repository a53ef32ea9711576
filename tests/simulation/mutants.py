"""The product with one mistake each, of the kind that people make; M1 to M6 of the promises.

Each is a context manager: within it, the mistake is in the code.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import patch

from scheduling.adapters.dynamodb import claims
from scheduling.adapters.dynamodb import table as table_module
from scheduling.adapters.dynamodb.booking_pages import DynamoDbBookingPages
from scheduling.adapters.dynamodb.bookings import DynamoDbBookings
from scheduling.adapters.dynamodb.table import CONDITION_FAILED, TransactionRefused
from scheduling.domain.booking import Booking, BookingState, Claim, Hold
from scheduling.use_cases import mails

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from botocore.exceptions import ClientError

    from scheduling.domain.messages import Message
    from scheduling.ports import Bookings
    from scheduling.use_cases.mails import MailRoom, _Draft


@contextmanager
def no_condition_on_cells() -> Iterator[None]:
    """M1: time is claimed without looking whether it is free."""
    anything = "attribute_exists(PK) OR attribute_not_exists(PK)"
    with patch.object(claims, "_conditions", lambda *_: [f"({anything})"]):
        yield


@contextmanager
def requests_claim_nothing() -> Iterator[None]:
    """M2: a booking takes time only once it is confirmed."""
    real = DynamoDbBookings._time_writes

    def time_writes(
        self: DynamoDbBookings,
        before: Hold | Booking | None,
        after: Hold | Booking | None,
        *,
        release: Claim | None = None,
        claim: Claim | None = None,
    ) -> Any:
        if _is_request(before):
            release = None
        if _is_request(after):
            claim = None
        return real(self, before, after, release=release, claim=claim)

    with patch.object(DynamoDbBookings, "_time_writes", time_writes):
        yield


def _is_request(owner: Hold | Booking | None) -> bool:
    return isinstance(owner, Booking) and owner.state is BookingState.PENDING


@contextmanager
def release_by_present_buffers() -> Iterator[None]:
    """M3: what is released is computed from the page as it is now."""
    real = DynamoDbBookings._change

    def change(
        self: DynamoDbBookings, before: Booking, after: Booking, release: Claim, rest: Any
    ) -> None:
        rules = DynamoDbBookingPages(self._table).get(before.booking_page_slug).rules
        release = replace(release, before=rules.buffer_before, after=rules.buffer_after)
        real(self, before, after, release, rest)

    with patch.object(DynamoDbBookings, "_change", change):
        yield


@contextmanager
def conflict_means_taken() -> Iterator[None]:
    """M4: a transaction that was in another one's way counts as refused."""
    real = table_module._raise_if_decided

    def raise_if_decided(error: ClientError) -> None:
        reasons = error.response.get("CancellationReasons", [])
        if any(reason.get("Code") == "TransactionConflict" for reason in reasons):
            raise TransactionRefused([CONDITION_FAILED] * len(reasons)) from error
        real(error)

    with patch.object(table_module, "_raise_if_decided", raise_if_decided):
        yield


@contextmanager
def messages_after_transaction() -> Iterator[None]:
    """M5: messages are stored when the booking is, but after it."""
    real, writes_of = DynamoDbBookings._transact, DynamoDbBookings._message_writes
    left: list[Any] = []

    def message_writes(
        self: DynamoDbBookings, booking: Booking, messages: Sequence[Message]
    ) -> Any:
        left[:] = writes_of(self, booking, messages)
        return []

    def transact(self: DynamoDbBookings, writes: Any) -> None:
        messages, left[:] = list(left), []
        real(self, writes)
        if messages:
            real(self, messages)

    with (
        patch.object(DynamoDbBookings, "_message_writes", message_writes),
        patch.object(DynamoDbBookings, "_transact", transact),
    ):
        yield


@contextmanager
def mails_of_the_past() -> Iterator[None]:
    """M6: a worker tells the booking as it was when the message was stored."""
    real, real_add, real_change = mails._draft, DynamoDbBookings.add, DynamoDbBookings.change
    then: dict[tuple[str, int], Booking] = {}

    def add(self: DynamoDbBookings, booking: Booking, *rest: Any, **more: Any) -> Booking:
        stored = real_add(self, booking, *rest, **more)
        then[stored.booking_id, stored.version] = stored
        return stored

    def change(
        self: DynamoDbBookings, before: Booking, after: Booking, *rest: Any, **more: Any
    ) -> None:
        real_change(self, before, after, *rest, **more)
        then[after.booking_id, after.version] = after

    def draft(message: Message, now: datetime, room: MailRoom) -> _Draft | None:
        booking = then.get((message.subject_id, message.version))
        if booking is not None:
            room = replace(room, bookings=cast("Bookings", _Captured(booking)))
        return real(message, now, room)

    with (
        patch.object(DynamoDbBookings, "add", add),
        patch.object(DynamoDbBookings, "change", change),
        patch.object(mails, "_draft", draft),
    ):
        yield


@dataclass(frozen=True)
class _Captured:
    """Bookings of which there is one, which never changes."""

    booking: Booking

    def get(self, organization_id: str, booking_id: str) -> Booking:
        return self.booking


MUTANTS = (
    no_condition_on_cells,
    requests_claim_nothing,
    release_by_present_buffers,
    conflict_means_taken,
    messages_after_transaction,
    mails_of_the_past,
)
