"""What guests, staff and workers do, and whether they are told the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduling.domain.booking import Booking, Claim
from scheduling.domain.identifiers import derived_id
from scheduling.domain.messages import DeliveryState
from scheduling.domain.refusals import (
    BookingCancelled,
    BookingChanged,
    BookingNotBegun,
    BookingNotFound,
    BookingOver,
    BookingPageChanged,
    BookingPageInactive,
    BookingUndecided,
    BusyTryAgain,
    RequestDecided,
    SchedulingError,
    SlotNotOffered,
    SlotTaken,
)
from scheduling.domain.slots import BufferRule
from scheduling.domain.time_range import TimeRange
from scheduling.use_cases.booking import BookingRequest, book_slot, hold_slot
from scheduling.use_cases.bookings import (
    approve_booking,
    cancel_booking,
    decline_booking,
    mark_no_show,
    move_booking,
)
from scheduling.use_cases.mails import deliver_message
from scheduling.use_cases.overdue import end_overdue
from tests.simulation.client import Crash
from tests.simulation.ledger import PromiseBroken
from tests.simulation.world import BASE_URL
from tests.support.builders import ORGANIZATION, STAFF

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from scheduling.domain.messages import Message
    from tests.simulation.ledger import Owner, State
    from tests.simulation.world import World

type _Refusals = tuple[type[SchedulingError], ...]

_NO_SLOT: _Refusals = (SlotTaken, SlotNotOffered, BookingPageInactive, BusyTryAgain)
_NO_CHANGE: _Refusals = (
    BookingNotFound,
    BookingChanged,
    BookingOver,
    BookingCancelled,
    RequestDecided,
    BookingUndecided,
    BookingNotBegun,
    BusyTryAgain,
)


@dataclass(frozen=True, slots=True)
class Form:
    """What one guest sends, as often as they like."""

    slug: str
    key: str
    start: datetime
    is_held: bool
    """Whether the slot is held while the guest fills in the form."""

    @property
    def hold_id(self) -> str:
        return derived_id("hold", ORGANIZATION.organization_id, self.slug, self.key)

    @property
    def booking_id(self) -> str:
        if self.is_held:
            return self.hold_id
        return derived_id("booking", ORGANIZATION.organization_id, self.slug, self.key)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What somebody wants to have, in order to judge what they are told."""

    slug: str
    start: datetime
    owner_id: str
    is_hold: bool = False


class People:
    """Everybody in a world; each method is something that one of them does."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.crashed: list[Callable[[], None]] = []
        """What guests have had no answer to."""
        self.booked: list[Form] = []
        """What guests were told is booked."""

    def hold(self, form: Form) -> None:
        """Open a form."""
        world, now = self._world, self._world.now()
        wish = _Wish(form.slug, form.start, form.hold_id, is_hold=True)

        def do() -> Owner:
            return hold_slot(
                form.slug,
                form.start,
                duration=None,
                key=form.key,
                network_address="192.0.2.1",
                now=now,
                booking_pages=world.booking_pages,
                hosts=world.hosts,
                bookings=world.bookings,
                rate_limits=world.rate_limits,
            )

        self._attempt(do, _NO_SLOT, wish=wish, now=now, again=lambda: self.hold(form))

    def book(self, form: Form) -> None:
        """Send a form."""
        world, now = self._world, self._world.now()
        wish = _Wish(form.slug, form.start, form.booking_id)

        def do() -> Owner:
            booked = book_slot(
                form.slug,
                BookingRequest(form.start, form.key, f"{form.key}@guest.example"),
                key=form.key,
                hold_id=form.hold_id if form.is_held else "",
                network_address="192.0.2.1",
                now=now,
                base_url=BASE_URL,
                booking_pages=world.booking_pages,
                hosts=world.hosts,
                bookings=world.bookings,
                live_look=world.live_look,
                links=world.links,
                link_keys=world.link_keys,
                rate_limits=world.rate_limits,
            )
            if booked.booking.booking_id != form.booking_id:
                raise PromiseBroken(f"another booking: {booked.booking}")
            self.booked.append(form)
            return booked.booking

        self._attempt(do, _NO_SLOT, wish=wish, now=now, again=lambda: self.book(form))

    def hold_and_book(self, form: Form) -> None:
        """Open a form, fill it in and send it."""
        self.hold(form)
        self.book(form)

    def approve(self, form: Form) -> None:
        now, bookings = self._world.now(), self._world.bookings
        self._change(lambda: approve_booking(STAFF, form.booking_id, now=now, bookings=bookings))

    def decline(self, form: Form) -> None:
        now, bookings = self._world.now(), self._world.bookings
        self._change(
            lambda: decline_booking(STAFF, form.booking_id, reason="", now=now, bookings=bookings)
        )

    def cancel(self, form: Form) -> None:
        now, bookings = self._world.now(), self._world.bookings
        self._change(
            lambda: cancel_booking(STAFF, form.booking_id, reason="", now=now, bookings=bookings)
        )

    def mark_no_show(self, form: Form) -> None:
        now, bookings = self._world.now(), self._world.bookings
        self._change(lambda: mark_no_show(STAFF, form.booking_id, now=now, bookings=bookings))

    def move(self, form: Form, start: datetime) -> None:
        world, now = self._world, self._world.now()

        def do() -> Owner:
            return move_booking(
                STAFF,
                form.booking_id,
                start,
                now=now,
                booking_pages=world.booking_pages,
                hosts=world.hosts,
                bookings=world.bookings,
                live_look=world.live_look,
            )

        wish = _Wish(form.slug, start, form.booking_id)
        self._attempt(do, _NO_SLOT + _NO_CHANGE, wish=wish, now=now)

    def sweep(self) -> None:
        """End what is overdue, as the schedule does."""
        now, bookings = self._world.now(), self._world.bookings

        def do() -> None:
            end_overdue(now=now, bookings=bookings)

        self._attempt(do, (BusyTryAgain,))

    def change_buffers(self, slug: str) -> None:
        """Give a page other buffers."""
        self._attempt(lambda: self._world.change_buffers(slug), (BookingPageChanged, BusyTryAgain))

    def deliver(self, message: Message) -> None:
        """Send a mail, or find out that there is nothing to send."""
        world, now = self._world, self._world.now()

        def do() -> None:
            delivery = deliver_message(message, now=now, room=world.room())
            if delivery is not None:
                world.seen[f"mail {delivery.state}"] += 1
                if delivery.state is DeliveryState.DEAD:
                    raise PromiseBroken(f"given up: {message.message_id} {delivery.last_error}")

        # Whoever was too busy is called again: by the stream, and by the schedule.
        self._attempt(do, (BusyTryAgain,))

    def deliver_due(self) -> int:
        """Send what is due, as the schedule does; return how much it was."""
        world = self._world
        due = world.outbox.due(now=world.now(), limit=100)
        for message in due:
            self.deliver(message)
        return len(due)

    def _change(self, do: Callable[[], Booking]) -> None:
        self._attempt(do, _NO_CHANGE)

    def _attempt(
        self,
        do: Callable[[], Owner | None],
        refusals: _Refusals,
        *,
        wish: _Wish | None = None,
        now: datetime | None = None,
        again: Callable[[], None] | None = None,
    ) -> None:
        """Do something, and compare the answer with what was stored meanwhile.

        Args:
            refusals: What may be the answer as well.
            again: What a guest does who gets no answer.

        Raises:
            PromiseBroken: The answer is not true.
        """
        world = self._world
        since = world.ledger.moment
        try:
            said = do()
        except Crash:
            world.client.note("crashed", ())
            world.seen["crash"] += 1
            if again is not None:
                self.crashed.append(again)
            return
        except refusals as refusal:
            world.client.note("refused", refusal.code)
            world.seen[refusal.code] += 1
            if isinstance(refusal, SlotTaken) and wish is not None and now is not None:
                self._check_taken(wish, now, since)
            return
        world.client.note("told", said)
        if said is not None and not world.ledger.was_so(said, since):
            raise PromiseBroken(f"told what was not so: {said}")
        if wish is not None and now is not None:
            self._count_takeovers(wish, now, since)

    def _check_taken(self, wish: _Wish, now: datetime, since: int) -> None:
        """Check that too few hosts were free all the time, of those somebody was told are taken."""
        page = self._world.pages[wish.slug]
        blocked: set[str] = set()
        for state in self._world.ledger.states[since:]:
            if wish.is_hold and wish.owner_id in state.bookings:
                return  # The guest has booked it, so there is nothing to hold.
            blocked |= self._blocked(wish, now, state)
        if sum(key.host_id not in blocked for key in page.hosts) >= page.needed:
            raise PromiseBroken(f"nobody has taken {wish.slug} {wish.start}")

    def _blocked(self, wish: _Wish, now: datetime, state: State) -> set[str]:
        """Return the hosts who could not be had in a state."""
        page = self._world.pages[wish.slug]
        others = [
            owner
            for owner in state.owners
            if owner.claim.owner_id != wish.owner_id and not _has_expired(owner, now)
        ]
        claim = self._claim(wish)
        blocked = {
            host_id
            for other in others
            if _clash(claim, other.claim)
            for host_id in other.claim.host_ids
        }
        for limit in page.rules.limits:
            for key in page.hosts:
                on_page = [
                    other
                    for other in others
                    if other.booking_page_slug == wish.slug and key.host_id in other.claim.host_ids
                ]
                if len(on_page) >= limit.count:
                    blocked.add(key.host_id)
        return blocked

    def _claim(self, wish: _Wish) -> Claim:
        """Return the most that somebody may claim who gets what they want."""
        rules = self._world.pages[wish.slug].rules
        before, after = self._world.longest_buffers[wish.slug]
        return Claim(
            owner_id=wish.owner_id,
            organization_id=ORGANIZATION.organization_id,
            host_ids=(),
            time=TimeRange(wish.start, wish.start + rules.duration),
            before=before,
            after=after,
            buffer_rule=rules.buffer_rule,
        )

    def _count_takeovers(self, wish: _Wish, now: datetime, since: int) -> None:
        """Count what had expired and was in the way of somebody who got what they want."""
        ledger, claim = self._world.ledger, self._claim(wish)
        left = {owner.claim.owner_id for owner in ledger.present.owners}
        for owner in ledger.states[since].owners:
            is_gone = owner.claim.owner_id not in left and _has_expired(owner, now)
            if is_gone and owner.claim.owner_id != wish.owner_id and _clash(claim, owner.claim):
                self._world.seen["takeover of what had expired"] += 1


def _has_expired(owner: Owner, now: datetime) -> bool:
    return owner.expires_at is not None and owner.expires_at <= now


def _clash(claim: Claim, other: Claim) -> bool:
    """Tell whether a claim cannot be made beside another one, by its own rule."""
    if claim.buffer_rule is BufferRule.SUM:
        return claim.whole.overlaps(other.whole)
    return claim.time.overlaps(other.whole) or claim.whole.overlaps(other.time)
