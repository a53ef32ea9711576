"""Many guests at once, in processes of their own, on a network that fails now and then."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError

from handlers.wiring import Adapters
from scheduling.domain.identifiers import new_id
from scheduling.domain.messages import Recipient
from scheduling.domain.refusals import SchedulingError
from scheduling.domain.sessions import SignedIn
from scheduling.use_cases.booking import BookingRequest, book_slot, hold_slot, release_hold
from scheduling.use_cases.bookings import approve_booking, decline_booking
from scheduling.use_cases.changes import cancel, move
from tests.support.road import do

if TYPE_CHECKING:
    from datetime import datetime

    from botocore.awsrequest import AWSPreparedRequest

    from scheduling.domain.booking import Booking, Hold

CONFLICT = json.dumps(
    {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message": "Transaction cancelled",
        "CancellationReasons": [{"Code": "TransactionConflict"}],
    }
).encode()


@dataclass(frozen=True)
class Crowd:
    """What one process does; every field can be sent to it."""

    environment: dict[str, str]
    slugs: list[str]
    starts: list[datetime]
    """Slots of the pages, in UTC; some may be free on one of them only."""
    threads: int
    actions: int
    """Of each thread."""
    conflicts: float
    """The share of transactions that are answered with a conflict and not done."""
    lost_responses: float
    """The share of transactions that are done and whose answer does not arrive."""
    seed: int


@dataclass
class _Faults:
    """Breaks transactions of one client on their way, and counts what it broke."""

    crowd: Crowd
    chance: random.Random
    counts: Counter[str] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)

    def attach(self, client: Any) -> None:
        client.meta.events.register("before-send.dynamodb.TransactWriteItems", self._conflict)
        session = client._endpoint.http_session
        send = session.send

        def send_and_lose(request: AWSPreparedRequest) -> AWSResponse:
            response: AWSResponse = send(request)
            target: Any = request.headers["X-Amz-Target"]  # bytes, whatever its type says
            if target.endswith(b"TransactWriteItems") and self._happens(
                "lost response", self.crowd.lost_responses
            ):
                raise ReadTimeoutError(endpoint_url=request.url)
            return response

        session.send = send_and_lose

    def _conflict(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        if not self._happens("conflict", self.crowd.conflicts):
            return None
        return AWSResponse(request.url, 400, HTTPHeaders(), _Body(CONFLICT))

    def _happens(self, what: str, share: float) -> bool:
        with self.lock:
            happens = self.chance.random() < share
            self.counts[what] += happens
        return happens


@dataclass
class _Body:
    """The raw body of an answer, as urllib3 would hand it over."""

    content: bytes

    def stream(self) -> list[bytes]:
        return [self.content]


def visit(crowd: Crowd) -> Counter[str]:
    """Do what guests and staff do, at random; return what happened, and how often."""
    os.environ.update(crowd.environment)
    adapters = Adapters()
    faults = _Faults(crowd, random.Random(crowd.seed))  # noqa: S311 - no secret
    faults.attach(adapters._client)
    with ThreadPoolExecutor(crowd.threads) as visitors:
        visits = [
            visitors.submit(_Visitor(crowd, adapters, seed).visit)
            for seed in range(crowd.seed * 1000, crowd.seed * 1000 + crowd.threads)
        ]
    return sum((done.result() for done in visits), Counter()) + faults.counts


class _Visitor:
    """One thread: books, and changes what it booked, or what all others booked."""

    def __init__(self, crowd: Crowd, adapters: Adapters, seed: int) -> None:
        self.crowd = crowd
        self.adapters = adapters
        self.chance = random.Random(seed)  # noqa: S311 - no secret
        self.bookings: list[Booking] = []

    def visit(self) -> Counter[str]:
        seen: Counter[str] = Counter()
        actions = (
            [self.book] * 4
            + [self.hold_and_book] * 2
            + [self.hold_and_leave, self.move, self.move, self.cancel, self.approve, self.decline]
        )
        for _ in range(self.crowd.actions):
            action = self.chance.choice(actions)
            try:
                seen[action()] += 1
            except SchedulingError as refusal:
                seen[refusal.code] += 1
        return seen

    def book(self) -> str:
        self._keep(self.slug, self.start)
        return "booked"

    def hold_and_book(self) -> str:
        slug, start = self.slug, self.start
        self._keep(slug, start, hold_id=self._hold(slug, start).hold_id)
        return "booked what was held"

    def hold_and_leave(self) -> str:
        held = self._hold(self.slug, self.start)
        do(self.adapters, release_hold, held.hold_id)
        return "released"

    def move(self) -> str:
        booking = self._one()
        if booking is None:
            return "nothing to change"
        self._now_stands(do(self.adapters, move, booking, self.start))
        return "moved"

    def cancel(self) -> str:
        booking = self._one()
        if booking is None:
            return "nothing to change"
        do(self.adapters, cancel, booking, Recipient.GUEST, "")
        self.bookings.remove(booking)
        return "cancelled"

    def approve(self) -> str:
        booking = self._one()
        if booking is None:
            return "nothing to change"
        self._now_stands(do(self.adapters, approve_booking, self._staff, booking.booking_id))
        return "approved"

    def decline(self) -> str:
        booking = self._one()
        if booking is None:
            return "nothing to change"
        do(self.adapters, decline_booking, self._staff, booking.booking_id, reason="")
        self.bookings.remove(booking)
        return "declined"

    @property
    def slug(self) -> str:
        return self.chance.choice(self.crowd.slugs)

    @property
    def start(self) -> datetime:
        return self.chance.choice(self.crowd.starts)

    @property
    def _staff(self) -> SignedIn:
        page = self.adapters.booking_pages.get(self.crowd.slugs[0])
        return SignedIn(
            self.adapters.members.get(page.organization_id, page.person_in_charge_id),
            self.adapters.organizations.get(page.organization_id),
            proven_at=self.adapters.now(),
        )

    def _one(self) -> Booking | None:
        return self.chance.choice(self.bookings) if self.bookings else None

    def _hold(self, slug: str, start: datetime) -> Hold:
        return do(
            self.adapters,
            hold_slot,
            slug,
            start,
            duration=None,
            key=new_id(),
        )

    def _keep(self, slug: str, start: datetime, *, hold_id: str = "") -> None:
        request = BookingRequest(start, "Mia Weber", f"{new_id()}@guest.example")
        booked = do(self.adapters, book_slot, slug, request, key=new_id(), hold_id=hold_id)
        self.bookings.append(booked.booking)

    def _now_stands(self, booking: Booking) -> None:
        self.bookings = [
            booking if each.booking_id == booking.booking_id else each for each in self.bookings
        ]
