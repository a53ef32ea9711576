"""What people wait for costs so many requests to DynamoDB, and no more."""

from dataclasses import replace
from datetime import timedelta

import pytest

from handlers.wiring import adapters
from scheduling.adapters.dynamodb.organizations import member_item
from scheduling.domain.audit import Actor, ActorKind
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.identifiers import new_id
from scheduling.domain.people import MemberFilter
from scheduling.domain.slots import Limit, LimitPeriod
from scheduling.domain.time_range import TimeRange
from scheduling.ports import EntryFilter
from scheduling.use_cases.activity import MOST_AT_ONCE, list_activity
from scheduling.use_cases.booking import BookingRequest, book_slot
from scheduling.use_cases.booking_pages import list_booking_pages
from scheduling.use_cases.changes import move
from scheduling.use_cases.members import list_member_overviews
from scheduling.use_cases.page_settings import add_booking_page
from scheduling.use_cases.slots import slots_of_page
from tests.support.builders import AIKO, DAY, ORGANIZATION, STAFF, an_entry
from tests.support.request_counter import counted_requests
from tests.support.road import HALF_HOUR, do, hold, settings

TWO_MONTHS = TimeRange(DAY, DAY + timedelta(days=60))
START = DAY + timedelta(days=1, hours=1)
"""10:00 in Tokyo, where everybody works from 9 to 5."""
REQUEST = BookingRequest(START, "Mia Weber", "mia@guest.example")
FORM = {"key": "form", "network_address": "192.0.2.1"}
LIMITED = {"Query": 1, "UpdateItem": 2}
"""What it costs that guests book so often and no more: their bookings are looked at, and they are
counted from where they come and for the page."""


@pytest.fixture
def parley(deployed, monkeypatch):
    found = adapters()
    monkeypatch.setattr(found, "now", lambda: DAY)
    found.organizations.add(ORGANIZATION, AIKO, an_entry())
    found.link_keys.current()
    return found


@pytest.fixture
def requests(parley):
    """Return a function that counts the requests of a use case, by operation."""

    def count(use_case, *given, **named):
        with counted_requests(parley._client) as counts:
            do(parley, use_case, *given, **named)
        return counts

    return count


@pytest.fixture
def page_of(parley, deployed):
    """Return a function that makes a page of so many members."""

    def make(hosts=1, **changes):
        members = [AIKO, *(replace(AIKO, member_id=f"member{n}") for n in range(1, hosts))]
        for member in members[1:]:
            deployed.scheduling.put_new(member_item(member))
        who = [HostKey(HostKind.MEMBER, member.member_id) for member in members]
        return do(parley, add_booking_page, STAFF, settings(*who, **changes))

    return make


@pytest.mark.parametrize("hosts", [1, 3, 10])
def test_the_slots_of_two_months_cost_a_request_per_host_and_two(requests, page_of, hosts):
    page = page_of(hosts, needed_hosts=1)

    assert requests(slots_of_page, page.slug, TWO_MONTHS) == {
        "GetItem": 1,
        "BatchGetItem": 1,
        "Query": hosts,
    }


@pytest.mark.parametrize("hosts", [1, 3])
def test_booking_costs_two_reads_one_transaction_and_its_limits(requests, page_of, hosts):
    page = page_of(hosts)

    assert requests(book_slot, page.slug, REQUEST, **FORM) == LIMITED | {
        "GetItem": 1,
        "BatchGetItem": 1,
        "TransactWriteItems": 1,
    }


def test_booking_for_a_guest_who_booked_before_costs_a_look_at_those_bookings(
    parley, requests, page_of
):
    page = page_of()
    do(parley, book_slot, page.slug, REQUEST, **FORM)
    later = replace(REQUEST, start=START + timedelta(hours=1))

    assert requests(book_slot, page.slug, later, **FORM | {"key": "another form"}) == LIMITED | {
        "GetItem": 1,
        "BatchGetItem": 2,
        "TransactWriteItems": 1,
    }


def test_booking_what_is_held_costs_two_reads_one_transaction_and_its_limits(
    parley, requests, page_of
):
    page = page_of(needed_hosts=1, rules=replace(HALF_HOUR, limits=(Limit(LimitPeriod.DAY, 3),)))
    held = hold(parley, page.slug, START)

    assert requests(book_slot, page.slug, REQUEST, **FORM, hold_id=held.hold_id) == LIMITED | {
        "GetItem": 2,
        "TransactWriteItems": 1,
    }


def test_choosing_among_hosts_costs_a_look_at_each(requests, page_of):
    page = page_of(3, needed_hosts=1)

    assert requests(book_slot, page.slug, REQUEST, **FORM) == LIMITED | {
        "GetItem": 1,
        "BatchGetItem": 1,
        "Query": 4,
        "TransactWriteItems": 1,
    }


def test_keeping_a_limit_costs_counting(requests, page_of):
    page = page_of(rules=replace(HALF_HOUR, limits=(Limit(LimitPeriod.DAY, 3),)))

    assert requests(book_slot, page.slug, REQUEST, **FORM) == LIMITED | {
        "GetItem": 1,
        "BatchGetItem": 2,
        "Query": 2,
        "TransactWriteItems": 1,
    }


def test_moving_costs_two_reads_and_one_transaction(parley, requests, page_of):
    booking = do(parley, book_slot, page_of().slug, REQUEST, **FORM).booking

    assert requests(move, booking, START + timedelta(minutes=30)) == {
        "GetItem": 1,
        "BatchGetItem": 1,
        "TransactWriteItems": 1,
    }


def test_a_list_of_members_costs_three_requests_with_all_names_in_it(requests, deployed):
    ben = replace(AIKO, member_id="ben", name="Ben Ode", manager_id=AIKO.member_id)
    deployed.scheduling.put_new(member_item(ben))

    for which in (MemberFilter(), MemberFilter(text="ben")):
        assert requests(list_member_overviews, STAFF, which, cursor=None, limit=50) in (
            {"Query": 1, "GetItem": 1},
            {"Query": 1, "GetItem": 1, "BatchGetItem": 1},
        )


def test_a_list_of_pages_costs_two_requests(requests, page_of):
    page_of(10, needed_hosts=1)
    page_of(needed_hosts=1)

    assert requests(list_booking_pages, STAFF, cursor=None, limit=50) == {
        "Query": 1,
        "BatchGetItem": 1,
    }


def test_a_page_of_the_log_costs_three_queries_and_one_batch_of_names_at_most(parley, requests):
    for number in range(60):
        parley.audit_log.add(
            an_entry(
                at=DAY + timedelta(seconds=number),
                actor=Actor(ActorKind.EXTERNAL_MEMBER, new_id(), "192.0.2.0/24"),
                subject_id=new_id(),
            )
        )

    for which in (EntryFilter(), EntryFilter(subject_id=new_id()), EntryFilter(after=DAY)):
        counts = requests(list_activity, STAFF, which, cursor=None, limit=MOST_AT_ONCE)
        assert counts.keys() <= {"Query", "BatchGetItem"}
        assert counts["Query"] <= 3
        assert counts["BatchGetItem"] <= 1
