"""One slot, one owner, whatever a crowd does: R1, R3, R4, R5 and R13 of the promises."""

import asyncio
import multiprocessing
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus

import aiohttp
import pytest
from botocore.exceptions import ReadTimeoutError

from scheduling.adapters.dynamodb.table import encoded
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.identifiers import new_id
from scheduling.domain.messages import Recipient
from scheduling.domain.refusals import BookingChanged
from scheduling.domain.sessions import SignedIn
from scheduling.use_cases.booking import BookingRequest, book_slot, release_hold
from scheduling.use_cases.bookings import approve_booking, decline_booking
from scheduling.use_cases.changes import cancel, move
from scheduling.use_cases.page_settings import add_booking_page
from tests.support.api_road import Road
from tests.support.audit import audit
from tests.support.crowd import Crowd, visit
from tests.support.deployed import an_address, link_in, rows_of, token_in
from tests.support.road import HALF_HOUR, do, hold, settings

GUESTS = 1000
PROCESSES = 4


@pytest.fixture
def road(stack):
    operator_link = stack.create_organization()["sign_in_url"]
    with stack.client() as admin, stack.client() as public:
        road = Road(admin, public)
        road.sign_in(token_in(operator_link))
        yield road


@pytest.fixture
def nothing_is_wrong(stack):
    """Afterwards, all that is stored about bookings fits together."""
    yield
    assert audit(stack.scheduling, stack.access).violations == []


@pytest.fixture
def staff(parley, road):
    who = road.admin.get("/api/sessions/current").json()
    return SignedIn(
        parley.members.get(who["organization_id"], who["member_id"]),
        parley.organizations.get(who["organization_id"]),
        proven_at=parley.now(),
    )


@pytest.fixture
def member(stack, road):
    """An external member who has entered 10:00–12:00 and 14:00–15:00."""
    return open_page(stack, road)


@pytest.fixture
def second_page(parley, staff, member):
    """Return a function that makes another page of the same host."""

    def make(**changes):
        host = HostKey(HostKind.EXTERNAL_MEMBER, member["external_member_id"])
        wanted = settings(host, person_in_charge_id=staff.member.member_id, **changes)
        return do(parley, add_booking_page, staff, wanted)

    return make


def open_page(stack, road):
    member = road.invite(email=an_address("kenji"))
    [request] = stack.wait_for_mails(member["email"])
    road.enter_times(token_in(link_in(request)))
    return member


def request(road, minutes=0):
    """Return what a new guest asks for."""
    start = road.day + timedelta(minutes=minutes)
    return BookingRequest(start, "Mia Weber", f"{new_id()}@guest.example")


@pytest.mark.usefixtures("nothing_is_wrong")
def test_t39_of_a_thousand_guests_on_two_pages_of_a_host_one_gets_the_slot(
    stack, road, member, second_page, measured
):
    slugs = slug_of(member), second_page().slug
    urls = [f"{stack.origin}/api/booking-pages/{slug}/bookings" for slug in slugs]

    answers = asyncio.run(everybody_books(urls, road.day))

    measured(f"{GUESTS} guests on one slot of two pages over HTTP: {dict(answers)}")
    assert answers == {HTTPStatus.CREATED: 1, HTTPStatus.CONFLICT: GUESTS - 1}
    assert len(bookings_on(stack, *slugs)) == 1


async def everybody_books(urls, start):
    """Return how many guests got which status; all of them ask at once, page by page in turn."""
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
            async with session.post(urls[number % len(urls)], json=guest) as answer:
                return answer.status

        return Counter(await asyncio.gather(*map(book, range(GUESTS))))


@pytest.mark.usefixtures("nothing_is_wrong")
def test_a_crowd_on_a_bad_network_leaves_nothing_wrong(stack, road, member, second_page, measured):
    quarter = timedelta(minutes=15)
    slugs = [
        slug_of(member),
        second_page(needs_approval=True).slug,
        slug_of(open_page(stack, road)),
    ]
    starts = [
        datetime.fromisoformat(start) + shift
        for start in road.slots(slugs[0])
        for shift in (timedelta(0), quarter)
    ]
    crowds = [
        Crowd(
            environment=stack.environment("BookingFunction"),
            slugs=slugs,
            starts=starts,
            threads=8,
            actions=60,
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

    measured(f"{PROCESSES} processes of 8 threads, 60 actions each: {dict(seen)}")
    for what in ("booked", "moved", "cancelled", "approved", "declined", "released"):
        assert seen[what] > 0
    for what in ("slot_taken", "slot_not_offered", "conflict", "lost response"):
        assert seen[what] > 0


@pytest.mark.usefixtures("nothing_is_wrong")
def test_the_same_form_sent_64_times_at_once_and_after_a_cancel_is_one_booking(
    stack, road, parley, member, measured
):
    slug, key, form = slug_of(member), new_id(), request(road)

    def send(_=None):
        return do(parley, book_slot, slug, form, key=key).booking

    with ThreadPoolExecutor(16) as senders:
        ids = Counter(booking.booking_id for booking in senders.map(send, range(64)))
    [booking_id] = ids
    do(parley, cancel, send(), Recipient.GUEST, "")
    after_cancel = send()

    measured(f"one form sent 64 times at once: {len(ids)} booking")
    assert (after_cancel.booking_id, after_cancel.state.value) == (booking_id, "cancelled")
    assert len(bookings_on(stack, slug)) == 1


class LosesAnswers:
    """Loses the first answer to each write, after it was done."""

    def __init__(self, client):
        self.session = client._endpoint.http_session
        self.send = self.session.send
        self.lost = Counter()

    def __enter__(self):
        seen = set()

        def send(request):
            response = self.send(request)
            operation = bytes(request.headers["X-Amz-Target"]).rpartition(b".")[2].decode()
            if "Write" in operation and request.body not in seen:
                seen.add(request.body)
                self.lost[operation] += 1
                raise ReadTimeoutError(endpoint_url=request.url)
            return response

        self.session.send = send
        return self

    def __exit__(self, *_):
        self.session.send = self.send


@pytest.mark.usefixtures("nothing_is_wrong")
def test_an_answer_that_is_lost_after_the_write_is_still_a_success(
    road, parley, staff, second_page, measured
):
    slug, asked = second_page().slug, second_page(needs_approval=True).slug
    with LosesAnswers(parley._client) as network:
        held = hold(parley, slug, road.day, key=new_id())
        booking = do(
            parley, book_slot, slug, request(road), key=new_id(), hold_id=held.hold_id
        ).booking
        moved = do(parley, move, booking, road.day + timedelta(minutes=30))
        cancelled = do(parley, cancel, moved, Recipient.GUEST, "")
        approved, declined = (
            do(parley, book_slot, asked, request(road, minutes), key=new_id()).booking
            for minutes in (60, 90)
        )
        approved = do(parley, approve_booking, staff, approved.booking_id)
        declined = do(parley, decline_booking, staff, declined.booking_id, reason="")
        released = hold(parley, slug, road.day, key=new_id())
        do(parley, release_hold, released.hold_id)

    measured(f"answers lost after the write: {dict(network.lost)}, each told as a success")
    assert sum(network.lost.values()) == 10
    assert [each.version for each in (cancelled, approved, declined)] == [3, 2, 2]


@pytest.mark.usefixtures("nothing_is_wrong")
def test_of_two_moves_at_once_one_wins_and_twenty_approvals_change_the_state_once(
    road, parley, staff, second_page
):
    page = second_page(needs_approval=True)
    asked = do(parley, book_slot, page.slug, request(road), key=new_id()).booking

    with ThreadPoolExecutor(20) as members:
        approvals = list(
            members.map(lambda _: do(parley, approve_booking, staff, asked.booking_id), range(20))
        )
    assert {(each.version, each.state.value) for each in approvals} == {(2, "confirmed")}

    def move_to(minutes):
        try:
            return do(parley, move, approvals[0], road.day + timedelta(minutes=minutes)).time.start
        except BookingChanged:
            return None

    with ThreadPoolExecutor(2) as guests:
        winners = [start for start in guests.map(move_to, (30, 60)) if start]
    stored = parley.bookings.get(asked.organization_id, asked.booking_id)
    assert winners == [stored.time.start]
    assert stored.version == 3


@pytest.mark.usefixtures("nothing_is_wrong")
@pytest.mark.parametrize("minutes", [-15, -5, 5, 15])
def test_a_move_onto_a_part_of_its_own_time_is_whole(road, parley, second_page, minutes):
    page = second_page(rules=replace(HALF_HOUR, interval=timedelta(minutes=5)))
    booking = do(parley, book_slot, page.slug, request(road, 30), key=new_id()).booking

    moved = do(parley, move, booking, booking.time.start + timedelta(minutes=minutes))

    assert moved.time.start == booking.time.start + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("row", "violation"),
    [
        ({"PK": "T#t#C#h#20261201", "SK": "H#09", "m00": "b"}, "cell"),
        (
            {
                "PK": "T#t#B#b",
                "SK": "OB#1",
                "subject": "booking",
                "subject_id": "b",
                "version": 1,
            },
            "message",
        ),
    ],
)
def test_the_audit_notices_what_belongs_to_no_booking(stack, row, violation):
    table = stack.scheduling
    table.put_new(row)

    found = audit(table, stack.access)

    table.client.delete_item(TableName=table.name, Key=encoded({"PK": row["PK"], "SK": row["SK"]}))
    [noticed] = found.violations
    assert noticed.startswith(f"{violation} has no reason")


def bookings_on(stack, *slugs):
    return [
        row
        for row in rows_of(stack.scheduling)
        if row.get("booking_page_slug") in slugs and "guest_link_id" in row
    ]


def slug_of(member):
    return member["booking_page"]["slug"]
