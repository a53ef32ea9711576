"""Keeping a slot while a form is filled in, and booking it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, entry_by
from scheduling.domain.booking import (
    HOLD_LIFE,
    MOST_OTHER_GUESTS,
    Answer,
    Booking,
    BookingState,
    Hold,
)
from scheduling.domain.booking_page import QuestionKind
from scheduling.domain.checks import Checks
from scheduling.domain.identifiers import derived_id
from scheduling.domain.links import GUEST_LIFE_AFTER_END, Link, LinkPurpose, new_link_id
from scheduling.domain.messages import Message, MessageKind
from scheduling.domain.people import Guest
from scheduling.domain.rate_limits import (
    BOOKINGS_PER_NETWORK_ADDRESS,
    BOOKINGS_PER_PAGE,
    HOLDS_PER_NETWORK_ADDRESS,
    OPEN_BOOKINGS_PER_GUEST_AND_HOST,
)
from scheduling.domain.refusals import (
    BookingNotFound,
    BookingPageInactive,
    HoldNotFound,
    IdempotencyKeyReused,
    SlotTaken,
    SlotUnavailable,
    TooManyHolds,
    TooManyOpenBookings,
    TooManyRequests,
    marked,
)
from scheduling.use_cases.announcements import announcements
from scheduling.use_cases.limits import require_within
from scheduling.use_cases.links import link_address
from scheduling.use_cases.live_look import is_unknown, looked_at
from scheduling.use_cases.slots import (
    Choice,
    checked_duration,
    checked_live,
    offer_of,
    own_page,
    take,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    from scheduling import ports
    from scheduling.domain.audit import Entry
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.hosts import Host
    from scheduling.domain.sessions import SignedIn
    from scheduling.domain.time_range import TimeRange

    type _Look = Callable[[Sequence[Host], TimeRange], Sequence[Host]]
    """Returns hosts with what their connected calendars say now about some time."""


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """What a guest chose and typed, unchecked."""

    start: datetime
    """In UTC."""
    name: str
    email: str
    note: str = ""
    time_zone: str = "UTC"
    """The zone the guest saw the slot in; their mails print times in it."""
    duration: timedelta | None = None
    """One of the page's; its first where None."""
    other_guests: Sequence[str] = ()
    """Addresses; empty ones are passed over."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """By the id of the question."""


@dataclass(frozen=True, slots=True)
class BookedSlot:
    """A booking, and the way to it."""

    booking: Booking
    guest_link: str
    """The address where the guest sees, moves and cancels the booking."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """What was asked for, checked."""

    page: BookingPage
    booking_id: str
    start: datetime
    duration: timedelta
    guest: Guest
    other_guests: tuple[str, ...]
    answers: tuple[Answer, ...]
    needs_approval: bool
    asks_if_unsure: bool
    """Whether it has to be approved where a host may be busy elsewhere."""

    @property
    def fingerprint(self) -> str:
        return derived_id(
            self.page.slug,
            self.start.isoformat(),
            str(self.duration),
            repr((self.guest, self.other_guests, self.answers)),
        )

    def booking(
        self, choice: Choice, link: Link, unknown: frozenset[str], *, now: datetime
    ) -> Booking:
        """Return what is booked; it has to be approved where nobody knows if its hosts are free.

        Args:
            unknown: The ids of hosts who may be busy elsewhere.
        """
        page = self.page
        is_unsure = self.asks_if_unsure and bool(unknown.intersection(choice.claim.host_ids))
        is_request = self.needs_approval or is_unsure
        return Booking(
            booking_id=self.booking_id,
            organization_id=page.organization_id,
            booking_page_slug=page.slug,
            title=page.title,
            location=page.location,
            online_meeting=page.online_meeting,
            hosts=choice.hosts,
            person_in_charge_id=page.person_in_charge_id,
            guest=self.guest,
            claim=choice.claim,
            state=BookingState.PENDING if is_request else BookingState.CONFIRMED,
            version=1,
            guest_link_id=link.link_id,
            booked_at=now,
            changed_at=now,
            fingerprint=self.fingerprint,
            other_guests=self.other_guests,
            answers=self.answers,
            reminders=page.reminders,
            expires_at=min(now + page.approval_within, self.start) if is_request else None,
        )


def hold_slot(
    slug: str,
    start: datetime,
    *,
    duration: timedelta | None,
    key: str,
    replaces: str = "",
    network_address: str,
    now: datetime,
    booking_pages: ports.BookingPages,
    hosts: ports.Hosts,
    bookings: ports.Bookings,
    rate_limits: ports.RateLimits,
) -> Hold:
    """Keep a slot for a guest who is about to fill in the form.

    Nobody else sees it; it ends after `HOLD_LIFE`.

    Args:
        start: In UTC.
        key: Chosen by the guest's client; the same key holds once, however often it is sent.
        replaces: The id of the guest's former hold, which ends: a guest has one at a time.
        network_address: Where the request comes from.

    Raises:
        BookingPageNotFound, BookingPageGone, BookingPageInactive: Nothing can be booked there.
        InvalidInput: The page has no such duration.
        SlotTaken, SlotNotOffered: The slot cannot be had; carries alternatives.
        TooManyHolds: From this network address.
        LimiterUnavailable: It could not be counted how many were asked for.
        BusyTryAgain: Nothing could be decided in time.
    """
    page = booking_pages.get(slug)
    offer = offer_of(page, checked_duration(page, duration), hosts=hosts)
    offer.check_active(now)
    if not rate_limits.allows(HOLDS_PER_NETWORK_ADDRESS, network_address, now=now):
        raise TooManyHolds
    if replaces:
        release_hold(replaces, bookings=bookings)
    hold_id = derived_id("hold", page.organization_id, slug, key)

    def store(choice: Choice) -> Hold:
        connected = tuple(host.host_id for host in offer.hosts if host.connected)
        hold = Hold(hold_id, slug, choice.hosts, choice.claim, now, now + HOLD_LIFE, connected)
        return bookings.hold(hold, counts=choice.counts)

    return take(
        offer,
        start,
        store,
        owner_id=hold_id,
        apart_from=hold_id,
        # Nobody looks into calendars before the form is sent.
        unsure={host.host_id for host in offer.unverified_hosts(now)},
        now=now,
        bookings=bookings,
    )


def release_hold(hold_id: str, *, bookings: ports.Bookings) -> None:
    """End a hold; one that has ended, or became a booking, is left alone."""
    try:
        hold = bookings.get_hold(hold_id)
    except HoldNotFound:
        return
    bookings.release(hold)


def book_slot(
    slug: str,
    request: BookingRequest,
    *,
    key: str,
    hold_id: str = "",
    network_address: str,
    now: datetime,
    base_url: str,
    booking_pages: ports.BookingPages,
    hosts: ports.Hosts,
    bookings: ports.Bookings,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    rate_limits: ports.RateLimits,
    live_look: ports.LiveLook,
) -> BookedSlot:
    """Book a slot on the page at `slug`, or ask for it where the page needs approval.

    Where a host connected a calendar, it is looked into once more. If nothing is found out, and
    what is known is old, the slot is asked for as well: somebody has to see that it is free.

    When two guests ask for one slot at the same time, exactly one of them gets
    it: both may find it open, but only one can claim it.

    Args:
        key: Chosen by the guest's client; the same key books once, however often it is sent.
        hold_id: The hold of the guest's form, which then stands for the key. Where it has
            expired, the slot is booked if it is still free.
        network_address: Where the request comes from.

    Raises:
        BookingPageNotFound: No page is published at `slug`.
        BookingPageGone: Its host was deleted.
        BookingPageInactive: It is switched off, or its hosts have no times to come.
        InvalidInput: Names each field that cannot be accepted.
        SlotTaken: Somebody else has it; carries alternatives.
        SlotNotOffered: The page has no such slot; carries alternatives.
        IdempotencyKeyReused: The key was sent with other contents before.
        TooManyRequests: From this network address, or for this page.
        TooManyOpenBookings: The guest has booked the host too often already.
        LimiterUnavailable: It could not be counted how often this was asked for.
        BusyTryAgain: Nothing could be decided in time.
    """
    page = booking_pages.get(slug)
    booking_id = hold_id or derived_id("booking", page.organization_id, slug, key)
    draft = _checked(
        page, request, booking_id, needs_approval=page.needs_approval, asks_if_unsure=True
    )

    def admit() -> frozenset[str]:
        require_within(
            (BOOKINGS_PER_NETWORK_ADDRESS, network_address),
            (BOOKINGS_PER_PAGE, slug),
            now=now,
            rate_limits=rate_limits,
        )
        return _met_enough(draft, now=now, bookings=bookings)

    return _book(
        draft,
        admit,
        now=now,
        base_url=base_url,
        hosts=hosts,
        bookings=bookings,
        links=links,
        link_keys=link_keys,
        live_look=live_look,
        hold_id=hold_id,
    )


def book_for_guest(
    by: SignedIn,
    slug: str,
    request: BookingRequest,
    *,
    key: str,
    now: datetime,
    base_url: str,
    booking_pages: ports.BookingPages,
    hosts: ports.Hosts,
    bookings: ports.Bookings,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    live_look: ports.LiveLook,
) -> BookedSlot:
    """Book a slot for a guest, who is told by mail; needs no approval.

    The log tells who did: what a guest books themselves has no entry, as the booking is one.

    Raises:
        BookingPageNotFound: The organization has no such page.
        BookingPageGone, BookingPageInactive, InvalidInput, SlotTaken, SlotNotOffered,
        IdempotencyKeyReused, BusyTryAgain: As `book_slot` does.
    """
    page = own_page(by, slug, booking_pages=booking_pages)
    booking_id = derived_id("booking", page.organization_id, slug, key)
    draft = _checked(page, request, booking_id, needs_approval=False, asks_if_unsure=False)
    return _book(
        draft,
        frozenset[str],
        entry=entry_by(by, Activity.BOOKED_FOR_GUEST, now=now, subject_id=booking_id),
        now=now,
        base_url=base_url,
        hosts=hosts,
        bookings=bookings,
        links=links,
        link_keys=link_keys,
        live_look=live_look,
    )


def _book(
    draft: _Draft,
    admit: Callable[[], frozenset[str]],
    *,
    entry: Entry | None = None,
    now: datetime,
    base_url: str,
    hosts: ports.Hosts,
    bookings: ports.Bookings,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    live_look: ports.LiveLook,
    hold_id: str = "",
) -> BookedSlot:
    """Book what was asked for, once.

    Args:
        admit: Refuses those who ask too often; returns the ids of hosts with whom the guest has
            as many meetings to come as they may.
    """
    link = _guest_link(draft, now=now)
    try:
        met = admit()
        look = partial(looked_at, now=now, bookings=bookings, live_look=live_look)
        booking = _made_of_hold(
            draft, hold_id, link, met, look, now=now, hosts=hosts, bookings=bookings
        )
        if booking is None:
            booking = _claimed(
                draft, link, met, look, entry, now=now, hosts=hosts, bookings=bookings
            )
    except (SlotUnavailable, BookingPageInactive, TooManyRequests, TooManyOpenBookings):
        # Perhaps it was booked by this very form, and has not been open to others since.
        stored = _booked_before(draft, bookings)
        if stored is None:
            raise
        booking = stored
    if booking.guest_link_id != link.link_id:
        link = links.get(booking.guest_link_id)
    return BookedSlot(booking, link_address(base_url, link, link_keys))


def _met_enough(draft: _Draft, *, now: datetime, bookings: ports.Bookings) -> frozenset[str]:
    """Return the ids of hosts with whom the guest has booked as many meetings as they may.

    Forms that are sent at the same moment do not see each other: then there may be a few more, as
    many as `BOOKINGS_PER_NETWORK_ADDRESS` lets pass.
    """
    of_guest = bookings.of_guest(draft.page.organization_id, draft.guest.email)
    meetings = Counter(
        host_id
        for booking in of_guest
        if booking.guest.email == draft.guest.email and booking.is_changeable(now)
        for host_id in booking.host_ids
    )
    return frozenset(
        host_id
        for host_id, number in meetings.items()
        if number >= OPEN_BOOKINGS_PER_GUEST_AND_HOST
    )


def _made_of_hold(
    draft: _Draft,
    hold_id: str,
    link: Link,
    met: frozenset[str],
    look: _Look,
    *,
    now: datetime,
    hosts: ports.Hosts,
    bookings: ports.Bookings,
) -> Booking | None:
    """Return the booking that the hold became; None where there is no hold for it any more.

    A hold of somebody whom the guest has met enough ends, and so does one of somebody who turns
    out to be busy elsewhere: another host may do.
    """
    if not hold_id or not draft.page.is_on:
        return None
    try:
        hold = bookings.get_hold(hold_id)
    except HoldNotFound:
        return None
    kept = hold.booking_page_slug, hold.claim.time.start, hold.claim.time.length
    is_other = kept != (draft.page.slug, draft.start, draft.duration)
    if is_other or hold.has_expired(now) or any(host.host_id in met for host in hold.hosts):
        bookings.release(hold)
        return None
    keys = [host.key for host in hold.hosts if host.host_id in hold.to_look_into]
    present = hosts.get_all(draft.page.organization_id, keys) if keys else ()
    seen = look(present, hold.claim.whole)
    if any(host.is_busy_elsewhere(hold.claim.whole) for host in seen):
        bookings.release(hold)
        return None
    unknown = frozenset(host.host_id for host in seen if is_unknown(host, now))
    booking = draft.booking(Choice(hold.hosts, hold.claim, ()), link, unknown, now=now)
    try:
        return bookings.add(booking, link, _news(booking, now), hold=hold)
    except SlotTaken:
        return None


def _claimed(
    draft: _Draft,
    link: Link,
    met: frozenset[str],
    look: _Look,
    entry: Entry | None,
    *,
    now: datetime,
    hosts: ports.Hosts,
    bookings: ports.Bookings,
) -> Booking:
    offer = offer_of(draft.page, draft.duration, hosts=hosts)
    offer.check_active(now)
    offer = checked_live(
        offer, draft.start, look, apart_from=draft.booking_id, now=now, bookings=bookings
    )
    unknown = offer.unknown_hosts(now)
    able = tuple(host for host in offer.hosts if host.host_id not in met)
    has_met_enough = len(able) < draft.page.needed

    def store(choice: Choice) -> Booking:
        if has_met_enough:
            raise TooManyOpenBookings
        booking = draft.booking(choice, link, unknown, now=now)
        news = _news(booking, now)
        return bookings.add(booking, link, news, entry=entry, counts=choice.counts)

    return take(
        offer if has_met_enough else replace(offer, hosts=able),
        draft.start,
        store,
        owner_id=draft.booking_id,
        apart_from=draft.booking_id,
        unsure=unknown,
        now=now,
        bookings=bookings,
    )


def _booked_before(draft: _Draft, bookings: ports.Bookings) -> Booking | None:
    try:
        stored = bookings.get(draft.page.organization_id, draft.booking_id)
    except BookingNotFound:
        return None
    if stored.fingerprint != draft.fingerprint:
        raise IdempotencyKeyReused
    return stored


def _news(booking: Booking, now: datetime) -> Sequence[Message]:
    is_asked = booking.state is BookingState.PENDING
    kind = MessageKind.BOOKING_REQUESTED if is_asked else MessageKind.BOOKING_CONFIRMED
    return announcements(kind, booking, now=now)


def _guest_link(draft: _Draft, *, now: datetime) -> Link:
    return Link(
        link_id=new_link_id(),
        purpose=LinkPurpose.GUEST,
        organization_id=draft.page.organization_id,
        subject_id=draft.booking_id,
        created_at=now,
        expires_at=draft.start + draft.duration + GUEST_LIFE_AFTER_END,
    )


def _checked(
    page: BookingPage,
    request: BookingRequest,
    booking_id: str,
    *,
    needs_approval: bool,
    asks_if_unsure: bool,
) -> _Draft:
    checks = Checks()
    guest = Guest(
        name=checks.name("name", request.name),
        email=checks.email("email", request.email),
        note=checks.note("note", request.note),
        time_zone=checks.zone("time_zone", request.time_zone),
    )
    other_guests = _checked_other_guests(checks, request, guest.email)
    answers = _checked_answers(checks, page, request.answers)
    checks.done()
    return _Draft(
        page=page,
        booking_id=booking_id,
        start=request.start,
        duration=checked_duration(page, request.duration),
        guest=guest,
        other_guests=other_guests,
        answers=answers,
        needs_approval=needs_approval,
        asks_if_unsure=asks_if_unsure,
    )


def _checked_other_guests(checks: Checks, request: BookingRequest, main: str) -> tuple[str, ...]:
    typed = [address for address in request.other_guests if address.strip()]
    if len(typed) > MOST_OTHER_GUESTS:
        message = marked("At most five more guests can be invited.")
        checks.refuse("other_guests", "too_many", message)
        return ()
    addresses = (
        checks.email(f"other_guests.{position}", address) for position, address in enumerate(typed)
    )
    return tuple(address for address in dict.fromkeys(addresses) if address != main)


def _checked_answers(
    checks: Checks, page: BookingPage, answers: Mapping[str, str]
) -> tuple[Answer, ...]:
    given = []
    for question in page.questions:
        name, text = f"answers.{question.question_id}", answers.get(question.question_id, "")
        match question.kind:
            case QuestionKind.LINE:
                text = checks.optional_name(name, text)
            case QuestionKind.TEXT | QuestionKind.CHECK:
                text = checks.note(name, text)
            case QuestionKind.CHOICE:
                if text and text not in question.choices:
                    message = marked("Please choose one of the answers.")
                    checks.refuse(name, "not_a_choice", message)
        if text:
            given.append(Answer(question.label, text))
        elif question.is_required:
            checks.refuse(name, "missing", marked("Please answer this."))
    return tuple(given)
