"""E2: entered times that nobody has confirmed for long go on counting, and pages say so."""

from datetime import timedelta

import pytest

from scheduling.domain.availability import FRESH_FOR
from scheduling.domain.time_range import TimeRange
from scheduling.use_cases.booking_pages import list_booking_pages, view_booking_page
from scheduling.use_cases.guest import slots_to_move_to
from scheduling.use_cases.slots import explain_day, slots_of_page
from tests.support.builders import DAY, EARLY, STAFF, between
from tests.support.road import book, do, enter, invite, token

STALE = EARLY + FRESH_FOR
SECOND = timedelta(seconds=1)
LATER = TimeRange(STALE + timedelta(days=2), STALE + timedelta(days=2, hours=3))


@pytest.fixture
def kenji(parley):
    """Kenji, who entered two stretches: one of them is over when his times go stale."""
    parley.clock = EARLY
    kenji = invite(parley)
    enter(parley, kenji, between("09:00", "12:00"), LATER)
    return kenji


def is_stale(parley, member):
    """Tell what each way to look at the page says; they say the same."""
    slug = member.booking_page_slug
    [listed] = do(parley, list_booking_pages, STAFF, cursor=None, limit=9).items
    [said] = {
        do(parley, slots_of_page, slug, LATER).is_stale,
        bool(do(parley, view_booking_page, slug).stale_hosts),
        bool(do(parley, explain_day, STAFF, slug, DAY.date()).stale),
        bool(listed.stale_hosts),
    }
    return said


def test_e2_times_are_stale_once_nobody_has_confirmed_them_in_time(parley, kenji):
    parley.clock = STALE - SECOND
    assert not is_stale(parley, kenji)

    parley.clock = STALE
    assert is_stale(parley, kenji)


def test_e2_stale_times_can_still_be_booked(parley, kenji):
    parley.clock = STALE

    assert book(parley, kenji, LATER.start).booking.time.start == LATER.start


def test_e2_who_moves_a_meeting_learns_that_times_are_stale(parley, kenji):
    booked = book(parley, kenji, LATER.start).booking
    parley.clock = STALE

    found = do(parley, slots_to_move_to, token(parley, booked.guest_link_id), LATER)

    assert found.is_stale


def test_e2_times_entered_anew_are_right_again(parley, kenji):
    parley.clock = STALE
    enter(parley, kenji, LATER, version=1)

    assert not is_stale(parley, kenji)
