"""How long a linked calendar is relied on, and when it is read next."""

from datetime import timedelta

import pytest

from scheduling.domain.feeds import (
    LONGEST_PAUSE,
    PERIOD,
    SHORTEST_PAUSE,
    CalendarFeed,
    FeedAddress,
    FeedFailure,
    FeedState,
    FeedTurn,
)
from scheduling.domain.slots import span_of
from tests.support.builders import DAY, between

FEED = CalendarFeed("org", "kenji", "feed", "calendar.example.org", linked_at=DAY)
ADDRESS = FeedAddress("calendar.example.org", "/a.ics")
SECOND = timedelta(seconds=1)
BUSY = ((1, 2),)


def test_a_calendar_that_was_just_linked_is_being_read():
    assert FEED.state(DAY) is FeedState.BEING_READ


def test_a_calendar_that_was_never_read_is_unverified():
    failed = FEED.failed(FeedFailure.TOO_SLOW, DAY)

    assert failed.state(DAY) is FeedState.UNVERIFIED


def test_a_calendar_is_relied_on_for_an_hour():
    read = FEED.read(BUSY, "", DAY)

    assert read.state(DAY + 2 * PERIOD) is FeedState.VERIFIED
    assert read.state(DAY + 2 * PERIOD + SECOND) is FeedState.UNVERIFIED


def test_a_failure_within_that_hour_changes_nothing_but_is_told():
    failed = FEED.read(BUSY, "", DAY).failed(FeedFailure.REFUSED, DAY + PERIOD)

    assert failed.state(DAY + PERIOD) is FeedState.VERIFIED
    assert failed.failure is FeedFailure.REFUSED
    assert failed.busy == BUSY


def test_reading_it_again_makes_up_for_a_failure():
    failed = FEED.failed(FeedFailure.REFUSED, DAY)

    assert failed.read(BUSY, "", DAY + PERIOD).failure is None
    assert failed.verified(DAY + PERIOD).failure is None


def test_stretches_are_found_by_the_time_that_they_reach_into():
    stretches = [between("08:00", "09:00"), between("09:30", "10:30"), between("12:00", "13:00")]
    feed = FEED.read(tuple(map(span_of, stretches)), "", DAY)

    assert feed.busy_within(between("09:00", "12:00")) == stretches[1:2]
    assert feed.busy_within(between("08:55", "12:05")) == stretches
    assert feed.busy_within(between("13:00", "14:00")) == []


def test_only_news_are_asked_for_where_the_server_can_tell():
    assert FEED.read(BUSY, '"v1"', DAY).request(ADDRESS, DAY + PERIOD).etag == '"v1"'
    assert FEED.read(BUSY, "", DAY).request(ADDRESS, DAY + PERIOD).etag == ""


def test_once_a_day_everything_is_read_again_since_what_recurs_reaches_into_new_days():
    read = FEED.read(BUSY, '"v1"', DAY)
    day = timedelta(days=1)

    assert read.verified(DAY + PERIOD).request(ADDRESS, DAY + day - SECOND).etag == '"v1"'
    assert read.verified(DAY + PERIOD).request(ADDRESS, DAY + day).etag == ""


@pytest.mark.parametrize("etag", ["v1", '"v\r\nHost: x"', '"' + "v" * 201 + '"', '"é"', '"a" "b"'])
def test_an_etag_that_is_none_is_not_kept(etag):
    assert FEED.read(BUSY, etag, DAY).etag == ""


def test_each_pause_after_a_failure_is_twice_as_long_up_to_six_hours():
    turn, pauses = FeedTurn("org", "kenji", "feed", due_at=DAY), []
    for _ in range(20):
        taken = turn.taken(turn.due_at)
        pauses.append(taken.due_at - turn.due_at)
        turn = taken

    assert pauses[:6] == [SHORTEST_PAUSE * factor for factor in (1, 2, 4, 8, 16, 32)]
    assert set(pauses[6:]) == {LONGEST_PAUSE}


def test_three_tries_are_made_before_a_calendar_that_was_read_is_unverified():
    read, turn = FEED.read(BUSY, "", DAY), FeedTurn("org", "kenji", "feed", due_at=DAY + PERIOD)
    tries = 0
    while read.state(turn.due_at) is FeedState.VERIFIED:
        turn, tries = turn.taken(turn.due_at), tries + 1

    assert tries == 3


def test_after_a_success_the_next_turn_is_in_half_an_hour():
    taken = FeedTurn("org", "kenji", "feed", due_at=DAY, failures=7).taken(DAY)

    assert taken.succeeded(DAY) == FeedTurn("org", "kenji", "feed", due_at=DAY + PERIOD)
