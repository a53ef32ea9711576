"""Items of former layouts, as they were stored once, are read and changed by the code of today."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from scheduling.adapters.dynamodb.access import DynamoDbLinks
from scheduling.adapters.dynamodb.booking_pages import DynamoDbBookingPages
from scheduling.adapters.dynamodb.bookings import DynamoDbBookings
from scheduling.adapters.dynamodb.hosts import DynamoDbHosts
from scheduling.adapters.dynamodb.outbox import DynamoDbOutbox
from scheduling.domain.booking import BookedHost, BookingState
from scheduling.domain.booking_page import BookingRules
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.identifiers import derived_id
from scheduling.domain.messages import Recipient
from scheduling.domain.refusals import BookingPageChanged, SlotTaken
from scheduling.ports import BookingFilter
from tests.support.audit import audit
from tests.support.builders import (
    AIKO,
    EARLY,
    ORGANIZATION,
    a_booking,
    a_guest,
    a_guest_link,
    a_message,
    an_entry,
    at,
    between,
)

ORG = ORGANIZATION.organization_id
KENJI = HostKey(HostKind.EXTERNAL_MEMBER, derived_id("kenji"))
SLUG = "kenji-tanaka-k7d2xm4q"
CONFIRMED, CANCELLED = derived_id("booking"), derived_id("cancelled")
DAY = between("00:00", "24:00")


@pytest.fixture
def stored(tables):
    """Tables with the items of schema 1: one page, one booking with a buffer, one cancelled."""
    items = json.loads((Path(__file__).parent / "schemas" / "schema-1.json").read_text())
    for table, name in zip(tables, ("scheduling", "access"), strict=True):
        for item in items[name]:
            table.client.put_item(TableName=table.name, Item=item)
    return tables


@pytest.fixture
def bookings(stored):
    return DynamoDbBookings(*stored)


def test_a_booking_of_schema_1_is_read(bookings):
    booking = bookings.get(ORG, CONFIRMED)

    assert booking.hosts == (BookedHost(KENJI, "Kenji Tanaka"),)
    assert booking.host_ids == (KENJI.host_id,)
    assert booking.time == between("09:00", "09:30")
    assert booking.claim.whole == between("09:00", "09:45")
    assert booking.guest == a_guest()
    assert booking.state is BookingState.CONFIRMED


def test_a_cancelled_booking_of_schema_1_is_read(bookings):
    booking = bookings.get(ORG, CANCELLED)

    assert booking.state is BookingState.CANCELLED
    assert (booking.ended_by, booking.reason) == (Recipient.GUEST, "Ill")


def test_bookings_of_schema_1_are_listed_by_host(bookings):
    which = BookingFilter(after=EARLY, host_id=KENJI.host_id)

    part = bookings.list(ORG, which, cursor=None, limit=9)

    assert [booking.booking_id for booking in part.items] == [CONFIRMED, CANCELLED]


def test_what_a_booking_of_schema_1_takes_is_seen(bookings):
    [taken] = bookings.taken(ORG, KENJI.host_id, DAY)

    assert (taken.owner_id, taken.time) == (CONFIRMED, between("09:00", "09:45"))


def test_a_booking_of_schema_1_keeps_others_out(stored, bookings):
    host = DynamoDbHosts(stored[0]).get_all(ORG, [KENJI])[0]
    late = a_booking(host, between("09:40", "10:00"))

    with pytest.raises(SlotTaken):
        bookings.add(late, a_guest_link(late), [a_message(late)])


def test_a_booking_of_schema_1_is_cancelled_with_its_buffer(stored, bookings):
    before = bookings.get(ORG, CONFIRMED)
    after = before.cancelled(Recipient.GUEST, "Ill", now=EARLY)

    bookings.change(before, after, [a_message(after)], an_entry())

    assert bookings.get(ORG, CONFIRMED) == after
    assert not bookings.taken(ORG, KENJI.host_id, DAY)
    assert audit(*stored).violations == []


@pytest.mark.parametrize("start", ["08:55", "09:05", "09:15", "14:00"])
def test_a_booking_of_schema_1_is_moved_and_moved_again(stored, bookings, start):
    booking = bookings.get(ORG, CONFIRMED)
    length = timedelta(minutes=30)
    for begin in (at(start), at("15:00")):
        time = replace(booking.time, start=begin, end=begin + length)
        after = booking.moved(replace(booking.claim, time=time), booking.hosts, now=EARLY)
        bookings.change(booking, after, [a_message(after)], an_entry())
        assert bookings.get(ORG, CONFIRMED) == after
        assert audit(*stored).violations == []
        booking = after


def test_a_booking_of_schema_1_is_cancelled_after_another_change(stored, bookings):
    before = bookings.get(ORG, CONFIRMED)
    handed_over = before.handed_over(before.claim, before.hosts, "somebody", now=EARLY)
    bookings.change(before, handed_over, [a_message(handed_over)], an_entry())
    after = handed_over.cancelled(Recipient.GUEST, "Ill", now=EARLY)

    bookings.change(handed_over, after, [a_message(after)], an_entry())

    assert audit(*stored).violations == []


def test_a_page_of_schema_1_is_read_and_changed(stored):
    pages = DynamoDbBookingPages(stored[0])
    page = pages.get(SLUG)
    assert page.hosts == (KENJI,)
    assert page.person_in_charge_id == AIKO.member_id
    assert page.rules == BookingRules(buffer_after=timedelta(minutes=15))

    after = replace(page, title="Interview", version=page.version + 1)
    pages.replace(after, an_entry())

    assert pages.get(SLUG) == after
    with pytest.raises(BookingPageChanged):
        pages.replace(after, an_entry())


def test_an_external_member_of_schema_1_is_a_host(stored):
    [host] = DynamoDbHosts(stored[0]).get_all(ORG, [KENJI])

    assert host.hours == (between("09:00", "12:00"),)
    assert not host.is_gone


def test_links_and_messages_of_schema_1_are_read(stored, bookings):
    booking = bookings.get(ORG, CONFIRMED)

    assert DynamoDbLinks(*stored).get(booking.guest_link_id) == a_guest_link(booking)
    assert DynamoDbOutbox(stored[0]).claim(a_message(booking), now=at("05:00")).attempts == 1
    assert len(DynamoDbOutbox(stored[0]).due(now=at("09:00"), limit=9)) == 4
