"""Which slots a page offers, and why not others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from scheduling.domain.booking import BookedHost, Claim
from scheduling.domain.counts import Count, CountsChanged
from scheduling.domain.refusals import (
    BookingPageGone,
    BookingPageInactive,
    BookingPageNotFound,
    BusyTryAgain,
    FieldProblem,
    InvalidInput,
    SlotNotOffered,
    SlotTaken,
    SlotUnavailable,
    marked,
)
from scheduling.domain.slots import (
    BusyBlock,
    BusySource,
    LimitPeriod,
    explain,
    free_hosts,
    open_slots,
    span_of,
)
from scheduling.domain.time_range import TimeRange
from scheduling.domain.zones import day_span
from scheduling.use_cases.live_look import is_unknown
from scheduling.use_cases.overdue import end_all, is_freed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from scheduling import ports
    from scheduling.domain.booking import Taken
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.hosts import Host
    from scheduling.domain.sessions import SignedIn
    from scheduling.domain.slots import Explanation, HostTimes, SlotRules

LONGEST_RANGE = timedelta(days=62)
"""Two months: the most a calendar shows."""

ALTERNATIVES = 3

TRIES = 5
"""How often somebody else may be quicker before a booking is given up."""

FAIR_PERIOD = timedelta(days=28)
"""Of the hosts who can take a slot, the one with the fewest meetings this near to it does."""

_LONGEST_PERIOD = {
    LimitPeriod.DAY: timedelta(days=2),
    LimitPeriod.WEEK: timedelta(days=8),
    LimitPeriod.MONTH: timedelta(days=32),
}
"""With a day more than the period has, because it is local to the host."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A page, the hosts that can still be booked on it, and one of its durations."""

    page: BookingPage
    hosts: tuple[Host, ...]
    duration: timedelta

    @property
    def rules(self) -> SlotRules:
        return self.page.rules.for_duration(self.duration)

    def is_active(self, now: datetime) -> bool:
        """Tell whether guests can book: switched on, and enough hosts have times to come."""
        able = sum(host.has_times_after(now) for host in self.hosts)
        return self.page.is_on and able >= self.page.needed

    def is_unverified(self, now: datetime) -> bool:
        """Tell whether a host's linked calendar has not been read for long.

        What it said the last time still counts.
        """
        return bool(self.unverified_hosts(now))

    def unverified_hosts(self, now: datetime) -> tuple[Host, ...]:
        """Return the hosts whose linked calendar has not been read for long."""
        return tuple(host for host in self.hosts if host.is_unverified(now))

    def unknown_hosts(self, now: datetime) -> frozenset[str]:
        """Return the ids of hosts of whom nobody knows whether they are busy elsewhere."""
        return frozenset(host.host_id for host in self.hosts if is_unknown(host, now))

    def has_idle(self, start: datetime, now: datetime) -> bool:
        """Tell whether enough hosts could take a slot, our own bookings aside."""
        times = [host.times() for host in self.hosts]
        seconds = int(start.timestamp())
        return bool(free_hosts(self.rules, times, self.page.needed, seconds, now))

    def stale_hosts(self, now: datetime) -> tuple[Host, ...]:
        """Return the hosts whose times nobody has confirmed for long; they still count."""
        return tuple(host for host in self.hosts if host.is_stale(now))

    def check_active(self, now: datetime) -> None:
        """Raises BookingPageInactive."""
        if not self.is_active(now):
            raise BookingPageInactive


@dataclass(frozen=True, slots=True)
class Choice:
    """Who takes a slot, and what that claims."""

    hosts: tuple[BookedHost, ...]
    claim: Claim
    counts: tuple[Count, ...]
    """What was counted for the limits that the slot keeps."""


@dataclass(frozen=True, slots=True)
class OpenSlots:
    """When guests can book a page."""

    page: BookingPage
    duration: timedelta
    starts: tuple[datetime, ...]
    """In UTC, soonest first."""
    is_unverified: bool
    """As `Offer.is_unverified` tells."""
    is_stale: bool
    """Whether nobody has confirmed the times of a host for long."""


@dataclass(frozen=True, slots=True)
class ExplainedDay:
    """Each grid time of a day on a page, with its verdict."""

    offer: Offer
    day: date
    """In the page's zone."""
    is_active: bool
    unverified: tuple[str, ...]
    """The names of hosts whose linked calendar has not been read for long."""
    stale: tuple[str, ...]
    """The names of hosts whose times nobody has confirmed for long."""
    explanations: tuple[Explanation, ...]


def slots_of_page(
    slug: str,
    within: TimeRange,
    *,
    duration: timedelta | None = None,
    apart_from: str = "",
    now: datetime,
    booking_pages: ports.BookingPages,
    hosts: ports.Hosts,
    bookings: ports.Bookings,
) -> OpenSlots:
    """Return the slots that start within a range of at most 62 days.

    Args:
        duration: One of the page's; the first where None.
        apart_from: The booking or the hold of whoever asks, which is not in their own way.

    Raises:
        BookingPageNotFound: No page is published at `slug`.
        BookingPageGone: Its host was deleted.
        BookingPageInactive: It is switched off, or its hosts have no times to come.
        InvalidInput: The range is too long, or the page has no such duration.
    """
    if within.length > LONGEST_RANGE:
        message = marked("Please ask for at most 62 days at once.")
        raise InvalidInput([FieldProblem("to", "range_too_long", message)])
    page = booking_pages.get(slug)
    offer = offer_of(page, checked_duration(page, duration), hosts=hosts)
    offer.check_active(now)
    starts = open_starts(offer, within, apart_from=apart_from, now=now, bookings=bookings)
    return open_slots_of(offer, starts, now=now)


def explain_day(
    by: SignedIn,
    slug: str,
    day: date,
    *,
    duration: timedelta | None = None,
    now: datetime,
    booking_pages: ports.BookingPages,
    hosts: ports.Hosts,
    bookings: ports.Bookings,
) -> ExplainedDay:
    """Return why each time of a day is offered, or is not.

    Raises:
        BookingPageNotFound: The organization has no such page.
        BookingPageGone: Its host was deleted.
        InvalidInput: The page has no such duration.
    """
    page = own_page(by, slug, booking_pages=booking_pages)
    offer = offer_of(page, checked_duration(page, duration), hosts=hosts)
    within = day_span(day, ZoneInfo(offer.page.time_zone))
    explanations: list[Explanation] = []
    if within is not None:
        taken = _taken(offer, within, "", bookings=bookings)
        explanations = explain(
            offer.rules, _times(offer, taken, now), offer.page.needed, span_of(within), now
        )
    unverified = tuple(host.name for host in offer.unverified_hosts(now))
    stale = tuple(host.name for host in offer.stale_hosts(now))
    return ExplainedDay(offer, day, offer.is_active(now), unverified, stale, tuple(explanations))


def own_page(by: SignedIn, slug: str, *, booking_pages: ports.BookingPages) -> BookingPage:
    """Return a page of the organization.

    Raises:
        BookingPageNotFound: It has no such page.
    """
    page = booking_pages.get(slug)
    if page.organization_id != by.organization.organization_id:
        raise BookingPageNotFound
    return page


def checked_duration(page: BookingPage, duration: timedelta | None) -> timedelta:
    """Return one of the page's durations, the first where None is asked for.

    Raises:
        InvalidInput: The page has no such duration.
    """
    if duration is not None and duration not in page.rules.durations:
        message = marked("This page has no meetings of this length.")
        raise InvalidInput([FieldProblem("duration_minutes", "not_offered", message)])
    return duration or page.rules.duration


def offer_of(page: BookingPage, duration: timedelta, *, hosts: ports.Hosts) -> Offer:
    """Return what a page offers for meetings that long.

    Raises:
        BookingPageGone: Too many of its hosts were deleted.
    """
    present = tuple(
        host for host in hosts.get_all(page.organization_id, page.hosts) if not host.is_gone
    )
    if len(present) < page.needed:
        raise BookingPageGone
    return Offer(page, present, duration)


def open_slots_of(offer: Offer, starts: tuple[datetime, ...], *, now: datetime) -> OpenSlots:
    """Return the open starts of an offer with what is to be said about them."""
    return OpenSlots(
        offer.page,
        offer.duration,
        starts,
        is_unverified=offer.is_unverified(now),
        is_stale=bool(offer.stale_hosts(now)),
    )


def open_starts(
    offer: Offer,
    within: TimeRange,
    *,
    apart_from: str = "",
    now: datetime,
    bookings: ports.Bookings,
) -> tuple[datetime, ...]:
    """Return the open starts within a range, soonest first."""
    taken = _taken(offer, within, apart_from, bookings=bookings)
    starts = open_slots(
        offer.rules, _times(offer, taken, now), offer.page.needed, span_of(within), now
    )
    return tuple(datetime.fromtimestamp(start, UTC) for start in starts)


def nearest_open_starts(
    offer: Offer,
    wanted: datetime,
    *,
    apart_from: str = "",
    now: datetime,
    bookings: ports.Bookings,
) -> tuple[datetime, ...]:
    """Return the open starts closest to `wanted`, at most three, soonest first."""
    middle = max(wanted, now)
    within = TimeRange(max(now, middle - LONGEST_RANGE / 2), middle + LONGEST_RANGE / 2)
    starts = open_starts(offer, within, apart_from=apart_from, now=now, bookings=bookings)
    nearest = sorted(starts, key=lambda start: (abs(start - wanted), start))
    return tuple(sorted(nearest[:ALTERNATIVES]))


def choose(
    offer: Offer,
    start: datetime,
    *,
    owner_id: str,
    apart_from: str = "",
    preferred: Collection[str] = (),
    unsure: Collection[str] = (),
    now: datetime,
    bookings: ports.Bookings,
) -> Choice:
    """Return who takes the slot at `start`, and what it claims of their time.

    Where all hosts of the page take part and nothing is limited, no booking is
    read: whether the time is free is decided by the claim.

    Args:
        owner_id: The booking or the hold that is going to own the time.
        apart_from: A booking or hold whose time counts as free.
        preferred: Ids of hosts who are chosen before others if they can.
        unsure: Ids of hosts who are chosen after all others, since they may be busy elsewhere.

    Raises:
        SlotNotOffered: The page has no such slot.
        SlotTaken: It has, and somebody else took it.
    """
    counts = bookings.counted(_counts(offer))
    needed, seconds = offer.page.needed, int(start.timestamp())
    if start.timestamp() != seconds or not offer.has_idle(start, now):
        raise SlotNotOffered
    chosen = offer.hosts
    if counts or len(offer.hosts) > needed:
        around = TimeRange(start - FAIR_PERIOD, start + FAIR_PERIOD)
        taken = _freshly_taken(offer, around, apart_from, now=now, bookings=bookings)
        free = free_hosts(offer.rules, _times(offer, taken, now), needed, seconds, now)
        if not free:
            raise SlotTaken
        ranked = sorted(
            free, key=lambda at: _rank(offer.hosts[at].host_id, taken[at], preferred, unsure)
        )
        chosen = tuple(offer.hosts[at] for at in sorted(ranked[:needed]))
    host_ids = tuple(host.host_id for host in chosen)
    rules = offer.page.rules
    return Choice(
        tuple(BookedHost(host.key, host.name) for host in chosen),
        Claim(
            owner_id=owner_id,
            organization_id=offer.page.organization_id,
            host_ids=host_ids,
            time=TimeRange(start, start + offer.duration),
            before=rules.buffer_before,
            after=rules.buffer_after,
            buffer_rule=rules.buffer_rule,
        ),
        tuple(count for count in counts if count.host_id in host_ids),
    )


def checked_live(
    offer: Offer,
    start: datetime,
    look: Callable[[Sequence[Host], TimeRange], Sequence[Host]],
    *,
    apart_from: str = "",
    now: datetime,
    bookings: ports.Bookings,
) -> Offer:
    """Return an offer whose hosts are busy where their connected calendars say so at this moment.

    Args:
        look: Returns hosts with what their connected calendars say now about some time.

    Raises:
        SlotTaken: The slot at `start` was open, and is not when one looks; carries alternatives.
    """
    rules = offer.page.rules
    whole = TimeRange(start - rules.buffer_before, start + offer.duration + rules.buffer_after)
    looked = replace(offer, hosts=tuple(look(offer.hosts, whole)))
    if offer.has_idle(start, now) and not looked.has_idle(start, now):
        raise SlotTaken(
            nearest_open_starts(looked, start, apart_from=apart_from, now=now, bookings=bookings)
        )
    return looked


def take[Stored](
    offer: Offer,
    start: datetime,
    store: Callable[[Choice], Stored],
    *,
    owner_id: str,
    apart_from: str = "",
    preferred: Collection[str] = (),
    unsure: Collection[str] = (),
    now: datetime,
    bookings: ports.Bookings,
) -> Stored:
    """Choose who takes the slot at `start`, and store it.

    Somebody else may be quicker, or have let go without saying so: then what is
    overdue ends, others are chosen, and it is tried again.

    Args:
        store: Claims the time of a choice; may raise SlotTaken or CountsChanged.
        preferred, unsure: As `choose` takes them.

    Raises:
        SlotNotOffered: The page has no such slot; carries alternatives.
        SlotTaken: It has, and somebody else took it; carries alternatives.
        BusyTryAgain: Others were quicker, time and again.
    """
    for _ in range(TRIES):
        try:
            choice = choose(
                offer,
                start,
                owner_id=owner_id,
                apart_from=apart_from,
                preferred=preferred,
                unsure=unsure,
                now=now,
                bookings=bookings,
            )
        except SlotUnavailable as refusal:
            refused: type[SlotUnavailable] = type(refusal)
            break
        try:
            return store(choice)
        except CountsChanged:
            continue
        except SlotTaken:
            freed = is_freed(choice.claim, now=now, bookings=bookings)
            if not freed and len(offer.hosts) == offer.page.needed:
                refused = SlotTaken
                break
    else:
        raise BusyTryAgain
    raise refused(
        nearest_open_starts(offer, start, apart_from=apart_from, now=now, bookings=bookings)
    )


def _rank(
    host_id: str, taken: Sequence[Taken], preferred: Collection[str], unsure: Collection[str]
) -> tuple[bool, bool, int, datetime, str]:
    """Return what hosts who can take a slot are ordered by, the first being chosen."""
    latest = max((each.taken_at for each in taken), default=datetime.min.replace(tzinfo=UTC))
    return host_id in unsure, host_id not in preferred, len(taken), latest, host_id


def _counts(offer: Offer) -> tuple[Count, ...]:
    return tuple(
        Count(host.organization_id, host.host_id)
        for host in offer.hosts
        if host.limits or offer.page.rules.limits
    )


def _taken(
    offer: Offer,
    within: TimeRange,
    apart_from: str,
    *,
    bookings: ports.Bookings,
    fresh: bool = False,
) -> list[list[Taken]]:
    """Return what takes the time of each host, as far as slots in a range depend on it.

    What expired and has not ended yet is among it.
    """
    rules = offer.page.rules
    limits = rules.limits + tuple(limit for host in offer.hosts for limit in host.limits)
    counted = max((_LONGEST_PERIOD[limit.per] for limit in limits), default=timedelta(0))
    around = TimeRange(
        within.start - max(rules.buffer_before, counted),
        within.end + max(offer.duration + rules.buffer_after, counted),
    )
    return [
        [
            each
            for each in bookings.taken(host.organization_id, host.host_id, around, fresh=fresh)
            if each.owner_id != apart_from
        ]
        for host in offer.hosts
    ]


def _freshly_taken(
    offer: Offer,
    within: TimeRange,
    apart_from: str,
    *,
    now: datetime,
    bookings: ports.Bookings,
) -> list[list[Taken]]:
    """Return what takes the time of each host by now, after ending what is overdue.

    What is merely left out may yet be confirmed by somebody who was a moment too
    late to see it expire, and a limit would be passed.
    """
    taken = _taken(offer, within, apart_from, bookings=bookings, fresh=True)
    expired = {
        each.owner_id: each for of_host in taken for each in of_host if each.has_expired(now)
    }
    if not expired:
        return taken
    end_all(expired.values(), offer.page.organization_id, now=now, bookings=bookings)
    return _taken(offer, within, apart_from, bookings=bookings, fresh=True)


def _times(offer: Offer, taken: Sequence[Sequence[Taken]], now: datetime) -> list[HostTimes]:
    """Return the hosts as the engine sees them."""
    slug = offer.page.slug
    present = [[each for each in of_host if not each.has_expired(now)] for of_host in taken]
    return [
        host.times(
            busy=[_busy_block(each) for each in of_host],
            page_bookings=[_start(each) for each in of_host if each.booking_page_slug == slug],
            bookings=[_start(each) for each in of_host],
        )
        for host, of_host in zip(offer.hosts, present, strict=True)
    ]


def _busy_block(taken: Taken) -> BusyBlock:
    return BusyBlock(
        *span_of(taken.time),
        before=int(taken.before.total_seconds()),
        after=int(taken.after.total_seconds()),
        source=BusySource.HOLD if taken.is_hold else BusySource.BOOKING,
        reference=taken.owner_id,
    )


def _start(taken: Taken) -> int:
    return int(taken.time.start.timestamp())
