"""What was stored when: the past that answers and mails are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb.booking_items import (
    booking_item,
    hold_item,
    stored_booking,
    stored_hold,
)
from scheduling.adapters.dynamodb.table import decoded, encoded
from scheduling.domain.booking import Booking, BookingState, Hold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.simulation.expressions import Item
    from tests.simulation.store import Partitions, Written

SCHEDULING, ACCESS = "scheduling", "access"
"""The names of the tables."""

TAKES_TIME = frozenset({BookingState.PENDING, BookingState.CONFIRMED, BookingState.NO_SHOW})
"""Said once more, in case that the product says it wrongly."""

type Owner = Booking | Hold


class PromiseBroken(AssertionError):
    """Something is stored, or was said, that contradicts what is promised."""


@dataclass(frozen=True, slots=True)
class State:
    """What there was after a commit."""

    bookings: dict[str, tuple[Item, Booking]]
    """By id, as stored and as read."""
    holds: dict[str, tuple[Item, Hold]]

    @property
    def owners(self) -> Iterator[Owner]:
        """Everything that takes time."""
        for _, hold in self.holds.values():
            yield hold
        for _, booking in self.bookings.values():
            if booking.state in TAKES_TIME:
                yield booking


class Ledger:
    """All states that bookings and holds have been in, one for each commit that changed some."""

    def __init__(self) -> None:
        self.states = [State({}, {})]

    @property
    def present(self) -> State:
        return self.states[-1]

    @property
    def moment(self) -> int:
        """Which state is the present one, counted from 0."""
        return len(self.states) - 1

    def note(self, written: Sequence[Written]) -> None:
        """Add the state after a commit."""
        bookings, holds = dict(self.present.bookings), dict(self.present.holds)
        for one in written:
            name = one.key[0].rpartition("#")[2]
            if is_booking(one):
                if one.after is None:
                    raise PromiseBroken(f"booking {name} was deleted")
                bookings[name] = one.after, stored_booking(decoded(one.after))
            elif is_hold(one):
                if one.after is None:
                    holds.pop(name, None)
                else:
                    holds[name] = one.after, stored_hold(decoded(one.after))
        self.states.append(State(bookings, holds))

    def was_so(self, said: Owner, since: int) -> bool:
        """Tell whether a booking or hold was just so at some time since a moment."""
        if isinstance(said, Booking):
            image = encoded(booking_item(said))
            return any(
                state.bookings.get(said.booking_id, ({},))[0] == image
                for state in self.states[since:]
            )
        image = encoded(hold_item(said))
        return any(
            state.holds.get(said.hold_id, ({},))[0] == image for state in self.states[since:]
        )

    def version(self, booking_id: str, version: int) -> Booking:
        """Return a booking as it was in a version."""
        return next(
            booking
            for state in self.states
            if booking_id in state.bookings
            and (booking := state.bookings[booking_id][1]).version == version
        )


def is_booking(written: Written) -> bool:
    return written.table == SCHEDULING and written.key[0][28:31] == "#B#" and written.key[1] == "A"


def is_hold(written: Written) -> bool:
    return written.table == SCHEDULING and written.key[0].startswith("HO#")


def messages_of(items: Partitions) -> Iterator[Item]:
    """Return all messages about bookings, as stored."""
    for partition, of_partition in items.items():
        if partition[28:31] == "#B#":
            yield from (item for sort, item in of_partition.items() if sort.startswith("OB#"))
