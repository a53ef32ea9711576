"""How many requests each question costs, counted where the SDK sends them; never a scan."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from scheduling.adapters.dynamodb.booking_items import booking_item, host_items
from scheduling.adapters.dynamodb.booking_pages import DynamoDbBookingPages
from scheduling.adapters.dynamodb.bookings import DynamoDbBookings
from scheduling.adapters.dynamodb.external_members import DynamoDbExternalMembers
from scheduling.adapters.dynamodb.hosts import DynamoDbHosts
from scheduling.adapters.dynamodb.organizations import (
    DynamoDbMembers,
    DynamoDbOrganizations,
    member_item,
)
from scheduling.adapters.dynamodb.table import encoded
from scheduling.domain.booking import BookingState
from scheduling.domain.counts import Count
from scheduling.domain.identifiers import derived_id
from scheduling.domain.time_range import TimeRange
from scheduling.ports import BookingFilter
from tests.support.builders import (
    AIKO,
    EARLY,
    ORGANIZATION,
    a_booking,
    a_guest_link,
    a_hold,
    a_link,
    a_member_host,
    a_message,
    a_page,
    an_entry,
    an_external_member,
    at,
    between,
    host_of,
)
from tests.support.request_counter import counted_requests

ORG = ORGANIZATION.organization_id
KENJI = an_external_member()
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def client(tables):
    return tables[0].client


@pytest.fixture
def bookings(tables):
    return DynamoDbBookings(*tables)


def store(table, items):
    """Store many items without a transaction for each: nobody is in anybody's way here."""
    for item in items:
        table.client.put_item(TableName=table.name, Item=encoded(item))


def a_thousand_bookings():
    for number in range(1000):
        start = at("00:00") + number * HALF_HOUR
        booking = a_booking(KENJI, TimeRange(start, start + HALF_HOUR))
        yield replace(booking, state=BookingState.CANCELLED) if number % 100 else booking


def requests_for_each_part(client, list_part, *, limit=100):
    """Return how many items a list has, and the operations that each of its parts took."""
    found, requests, cursor = 0, [], None
    while True:
        with counted_requests(client) as counts:
            part = list_part(cursor=cursor, limit=limit)
        requests.append(counts)
        found += len(part.items)
        cursor = part.next_cursor
        if cursor is None:
            return found, requests


def test_what_takes_a_hosts_time_is_one_query(tables, client, bookings):
    rows = [row for booking in a_thousand_bookings() for row in host_items(booking)]
    store(tables[0], rows)
    two_months = TimeRange(at("00:00"), at("00:00") + timedelta(days=62))

    with counted_requests(client) as counts:
        taken = bookings.taken(ORG, KENJI.external_member_id, two_months)

    assert len(taken) == 10
    assert counts == {"Query": 1}


def test_hosts_of_both_kinds_are_one_request(tables, client):
    DynamoDbOrganizations(tables[0]).add(ORGANIZATION, AIKO, an_entry())
    DynamoDbExternalMembers(*tables).add(
        KENJI, a_page(KENJI), a_link(KENJI), [KENJI.request_mail], an_entry()
    )

    with counted_requests(client) as counts:
        DynamoDbHosts(tables[0]).get_all(ORG, [a_member_host().key, host_of(KENJI).key])

    assert counts == {"BatchGetItem": 1}


def test_a_page_is_one_request(tables, client):
    pages = DynamoDbBookingPages(tables[0])
    pages.add(a_page(KENJI), an_entry())

    with counted_requests(client) as counts:
        pages.get(KENJI.booking_page_slug)

    assert counts == {"GetItem": 1}


def test_counting_is_one_request_or_none(client, bookings):
    with counted_requests(client) as counts:
        bookings.counted([Count(ORG, KENJI.external_member_id), Count(ORG, AIKO.member_id)])
        bookings.counted([])

    assert counts == {"BatchGetItem": 1}


def test_booking_is_one_transaction(client, bookings):
    booking = a_booking(KENJI, between("09:00", "10:00"))

    with counted_requests(client) as counts:
        bookings.add(booking, a_guest_link(booking), [a_message(booking)])

    assert counts == {"TransactWriteItems": 1}


def test_making_a_booking_of_a_hold_is_one_transaction(client, bookings):
    hold = bookings.hold(a_hold(KENJI, between("09:00", "10:00")))
    booking = a_booking(KENJI, between("09:00", "10:00"))
    booking = replace(booking, booking_id=hold.hold_id, claim=hold.claim)

    with counted_requests(client) as counts:
        bookings.add(booking, a_guest_link(booking), [a_message(booking)], hold=hold)

    assert counts == {"TransactWriteItems": 1}


def test_a_part_of_a_thousand_bookings_is_three_queries_at_most(tables, client, bookings):
    store(tables[0], map(booking_item, a_thousand_bookings()))

    for which, expected in [
        (BookingFilter(after=EARLY), 1000),
        (BookingFilter(after=EARLY, latest_first=True), 1000),
        (BookingFilter(after=EARLY, states=(BookingState.CONFIRMED,)), 10),
        (BookingFilter(after=EARLY, text="nobody", latest_first=True), 0),
    ]:
        found, requests = requests_for_each_part(client, partial(bookings.list, ORG, which))
        assert found == expected
        assert all(counts.keys() == {"Query"} and counts["Query"] <= 3 for counts in requests)


def test_a_part_of_a_thousand_members_is_one_query(tables, client):
    members = [replace(AIKO, member_id=derived_id(str(number))) for number in range(1000)]
    store(tables[0], map(member_item, members))

    list_part = partial(DynamoDbMembers(tables[0]).list, ORG)
    found, requests = requests_for_each_part(client, list_part)

    assert found == 1000
    assert all(counts == {"Query": 1} for counts in requests)


def test_a_part_of_many_pages_is_one_query(tables, client):
    pages = DynamoDbBookingPages(tables[0])
    for number in range(120):
        pages.add(replace(a_page(KENJI), slug=f"page-{number}"), an_entry())

    list_part = partial(pages.list, ORG, host_id=KENJI.external_member_id)
    found, requests = requests_for_each_part(client, list_part)

    assert found == 120
    assert all(counts == {"Query": 1} for counts in requests)
