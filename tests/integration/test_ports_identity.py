"""Promises about guests, links and limits, kept by every adapter."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import boto3
import pytest

from scheduling.adapters.dynamodb.access import DynamoDbLinks
from scheduling.adapters.dynamodb.bookings import DynamoDbBookings
from scheduling.adapters.dynamodb.rate_limits import DynamoDbRateLimits
from scheduling.domain.links import LinkPurpose, new_link_id
from scheduling.domain.messages import Recipient
from scheduling.domain.rate_limits import RateLimit
from scheduling.domain.refusals import LimiterUnavailable
from scheduling.domain.sign_ups import SignUp
from scheduling.use_cases.sign_in import sign_in_link
from tests.support.builders import (
    EARLY,
    ORGANIZATION,
    a_booking,
    a_guest,
    a_guest_link,
    an_entry,
    an_external_member,
    between,
)
from tests.support.in_memory import InMemoryAdapters
from tests.support.tables import create_limits_table

ORG = ORGANIZATION.organization_id
KENJI = an_external_member()
LIMIT = RateLimit("things", 2, timedelta(minutes=15))


@pytest.fixture(params=["in memory", "dynamodb"])
def ports(request):
    if request.param == "in memory":
        return InMemoryAdapters()
    tables = request.getfixturevalue("tables")
    return SimpleNamespace(
        bookings=DynamoDbBookings(*tables),
        links=DynamoDbLinks(*tables),
        rate_limits=DynamoDbRateLimits(create_limits_table(boto3.client("dynamodb"))),
    )


def store(ports, start, end, *others, name="Mia Weber"):
    booking = replace(a_booking(KENJI, between(start, end), a_guest(name)), other_guests=others)
    return ports.bookings.add(booking, a_guest_link(booking), ())


def test_the_bookings_of_a_guest_are_those_they_made_and_those_they_are_brought_along_to(ports):
    made = store(ports, "09:00", "09:30")
    joined = store(ports, "10:00", "10:30", "mia@guest.example", name="Noor Ali")
    store(ports, "11:00", "11:30", name="Ana Silva")

    found = ports.bookings.of_guest(ORG, "mia@guest.example")

    assert {booking.booking_id for booking in found} == {made.booking_id, joined.booking_id}


def test_the_bookings_of_a_guest_are_as_they_are_now(ports):
    booking = store(ports, "09:00", "09:30")
    cancelled = booking.cancelled(Recipient.GUEST, "", now=EARLY)
    ports.bookings.change(booking, cancelled, (), an_entry())

    assert list(ports.bookings.of_guest(ORG, "mia@guest.example")) == [cancelled]


def test_a_link_keeps_what_is_to_be_made_and_where_to_go_on(ports):
    link = sign_in_link("ben@kite.example", now=EARLY, life=timedelta(minutes=10))
    wanted = SignUp("Kite Lab", "Ben Ode", "Europe/Paris", "ja")
    to_sign_up = replace(link, purpose=LinkPurpose.SIGN_UP, sign_up=wanted)
    to_prove = replace(link, link_id=new_link_id(), return_to="/console/team")

    for each in (to_sign_up, to_prove):
        ports.links.add(each)

    assert [ports.links.get(each.link_id) for each in (to_sign_up, to_prove)] == [
        to_sign_up,
        to_prove,
    ]


def test_another_organization_finds_no_booking_of_a_guest(ports):
    store(ports, "09:00", "09:30")

    assert list(ports.bookings.of_guest("another", "mia@guest.example")) == []


def test_looking_whether_a_limit_is_used_up_counts_nothing(ports):
    def is_used_up(now=EARLY, value="a"):
        return ports.rate_limits.is_used_up(LIMIT, value, now=now)

    seen = []
    for _ in range(LIMIT.most):
        seen += [is_used_up(), is_used_up()]
        assert ports.rate_limits.allows(LIMIT, "a", now=EARLY)

    assert seen == [False] * 4
    assert is_used_up()
    assert not is_used_up(value="b")
    assert not is_used_up(now=EARLY + LIMIT.window)


def test_whether_a_limit_is_used_up_is_unknown_without_its_table(tables):
    gone = DynamoDbRateLimits(type(tables[0])(tables[0].client, "a-table-that-is-gone"))

    with pytest.raises(LimiterUnavailable):
        gone.is_used_up(LIMIT, "a", now=EARLY)
