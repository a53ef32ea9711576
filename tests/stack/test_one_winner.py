"""Promise R1 of the reliability tests, and R3: whatever the crowd does, one slot has one owner."""

import asyncio
import multiprocessing
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from http import HTTPStatus

import aiohttp
import pytest

from scheduling.adapters.dynamodb.table import encoded
from tests.support.api_road import Road
from tests.support.audit import audit
from tests.support.crowd import Crowd, visit
from tests.support.deployed import an_address, link_in, rows_of, token_in

GUESTS = 1000
PROCESSES = 4


@pytest.fixture
def road(stack):
    operator_link = stack.create_organization()["sign_in_url"]
    with stack.client() as admin, stack.client() as public:
        road = Road(admin, public)
        road.sign_in(token_in(operator_link))
        yield road


def open_page(stack, road):
    """Return an external member who has entered times."""
    member = road.invite(email=an_address("kenji"))
    [request] = stack.wait_for_mails(member["email"])
    road.enter_times(token_in(link_in(request)))
    return member


def test_of_a_thousand_guests_one_gets_the_slot(stack, road, capsys):
    member = open_page(stack, road)
    url = f"{stack.origin}/api/booking-pages/{member['booking_page']['slug']}/bookings"

    answers = asyncio.run(everybody_books(url, road.day))

    with capsys.disabled():
        print(f"\n{GUESTS} guests on one slot over HTTP: {dict(answers)}")  # noqa: T201 - measured
    assert answers == {HTTPStatus.CREATED: 1, HTTPStatus.CONFLICT: GUESTS - 1}
    assert audit(stack.scheduling, stack.access).violations == []
    [booking] = [
        row
        for row in rows_of(stack.scheduling)
        if row.get("host_id") == member["external_member_id"]
    ]
    assert booking["state"] == "confirmed"


async def everybody_books(url, start):
    """Return how many guests got which status; all of them ask at once."""
    everybody_is_here = asyncio.Barrier(GUESTS)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=None)
    ) as session:

        async def book(number):
            guest = {
                "start": start.isoformat(),
                "name": f"Guest {number}",
                "email": f"guest-{number}@people.example",
            }
            await everybody_is_here.wait()
            async with session.post(url, json=guest) as answer:
                return answer.status

        return Counter(await asyncio.gather(*map(book, range(GUESTS))))


def test_a_crowd_that_books_and_cancels_on_a_bad_network_leaves_nothing_wrong(stack, road, capsys):
    slugs = [slug_of(open_page(stack, road)) for _ in range(2)]
    starts = [datetime.fromisoformat(start) for start in road.slots(slugs[0])]
    crowds = [
        Crowd(
            environment=stack.environment("BookingFunction"),
            slugs=slugs,
            starts=starts,
            threads=8,
            seconds=12,
            conflicts=0.2,
            lost_responses=0.1,
            seed=seed,
        )
        for seed in range(PROCESSES)
    ]

    with (
        stack.mails_held_back(),
        ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as processes,
    ):
        seen = sum(processes.map(visit, crowds), Counter())
        stack.forget_queued_mails()

    with capsys.disabled():
        print(f"\n{PROCESSES} processes of 8 threads: {dict(seen)}")  # noqa: T201 - measured
    for what in ("booked", "cancelled", "slot_taken", "conflict", "lost response"):
        assert seen[what] > 0
    assert audit(stack.scheduling, stack.access).violations == []


@pytest.mark.parametrize(
    ("row", "violation"),
    [
        ({"PK": "T#t#C#h#20261201", "SK": "H#09", "m00": "b"}, "claim"),
        (
            {"PK": "T#t#HB#h", "SK": "1796115600#b", "from": 1796115600, "to": 1796117400},
            "host row",
        ),
        ({"PK": "T#t#B#b", "SK": "OB#1", "subject": "booking", "subject_id": "b"}, "messages"),
    ],
)
def test_the_audit_notices_what_belongs_to_no_booking(stack, row, violation):
    table = stack.scheduling
    table.put_new(row)

    found = audit(table, stack.access)

    table.client.delete_item(TableName=table.name, Key=encoded({"PK": row["PK"], "SK": row["SK"]}))
    [noticed] = found.violations
    assert noticed.startswith(f"{violation} has no reason")


def slug_of(member):
    return member["booking_page"]["slug"]
