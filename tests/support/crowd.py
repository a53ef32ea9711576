"""Many guests at once, in processes of their own, on a network that fails now and then."""

from __future__ import annotations

import json
import os
import random
import time
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
from scheduling.domain.refusals import BookingChanged, BusyTryAgain, SlotTaken
from scheduling.use_cases.booking import book_slot, cancel_guest_booking

if TYPE_CHECKING:
    from datetime import datetime

    from botocore.awsrequest import AWSPreparedRequest

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
    """The slots of each page, in UTC."""
    threads: int
    seconds: float
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
    """Book and cancel at random until the time is over; return what happened, and how often."""
    os.environ.update(crowd.environment)
    adapters = Adapters()
    faults = _Faults(crowd, random.Random(crowd.seed))  # noqa: S311 - no secret
    faults.attach(adapters._client)
    until = time.monotonic() + crowd.seconds
    with ThreadPoolExecutor(crowd.threads) as guests:
        seeds = [crowd.seed * 1000 + number for number in range(crowd.threads)]
        visits = [guests.submit(_visit, crowd, adapters, until, seed) for seed in seeds]
    return sum((done.result() for done in visits), Counter()) + faults.counts


def _visit(crowd: Crowd, adapters: Adapters, until: float, seed: int) -> Counter[str]:
    chance = random.Random(seed)  # noqa: S311 - no secret
    seen: Counter[str] = Counter()
    tokens: list[str] = []
    while time.monotonic() < until:
        try:
            if tokens and chance.random() < 0.5:
                _cancel(adapters, tokens.pop())
                seen["cancelled"] += 1
            else:
                tokens.append(
                    _book(adapters, chance.choice(crowd.slugs), chance.choice(crowd.starts))
                )
                seen["booked"] += 1
        except (SlotTaken, BusyTryAgain, BookingChanged) as refusal:
            seen[refusal.code] += 1
    return seen


def _book(adapters: Adapters, slug: str, start: datetime) -> str:
    """Return the token of the guest's link."""
    booked = book_slot(
        slug,
        start,
        name="Mia Weber",
        email="mia@guest.example",
        note="",
        time_zone="Europe/Berlin",
        key=new_id(),
        now=adapters.now(),
        base_url=adapters.base_url,
        booking_pages=adapters.booking_pages,
        external_members=adapters.external_members,
        bookings=adapters.bookings,
        links=adapters.links,
        link_keys=adapters.link_keys,
    )
    return booked.guest_link.rpartition("/l/")[2]


def _cancel(adapters: Adapters, token: str) -> None:
    cancel_guest_booking(
        token,
        reason="",
        now=adapters.now(),
        links=adapters.links,
        link_keys=adapters.link_keys,
        bookings=adapters.bookings,
    )
