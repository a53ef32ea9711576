from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.booking import BookingState
from scheduling.domain.calendar_events import (
    FIRST_CHECK,
    LINK_WAIT,
    MAX_ATTEMPTS,
    SECOND_CHECK,
    TRIED_FOR,
    EventProblem,
    EventTask,
    OnlineMeeting,
    TaskState,
    Trouble,
    link_of,
    waits_for_link,
)
from scheduling.domain.connections import Platform
from tests.support.builders import EARLY, a_booking, a_member_host, between

BOOKING = replace(
    a_booking(a_member_host(), between("09:00", "09:30")), online_meeting=Platform.ZOOM
)
TASK = EventTask(
    BOOKING.organization_id,
    BOOKING.booking_id,
    BOOKING.time.start,
    TaskState.WORKING,
    asks=1,
    claims=1,
    attempts=1,
    checks=0,
    since=EARLY,
    due_at=EARLY,
)
HOST_ID = BOOKING.host_ids[0]
MEETING = OnlineMeeting(BOOKING.organization_id, BOOKING.booking_id, Platform.ZOOM, HOST_ID)
HOUR = timedelta(hours=1)


def trouble(*, needs_human=False, pause=timedelta(0)):
    return Trouble(EventProblem("host", "http_503"), needs_human=needs_human, pause=pause)


def test_what_went_well_is_compared_after_five_minutes_and_a_day_after_the_change():
    first = TASK.succeeded(BOOKING, now=EARLY)
    second = first.succeeded(BOOKING, now=first.due_at)
    last = second.succeeded(BOOKING, now=second.due_at)

    assert (first.due_at, first.is_check) == (EARLY + FIRST_CHECK, True)
    assert second.due_at == BOOKING.changed_at + SECOND_CHECK
    assert (last.state, last.due_at) == (TaskState.DONE, None)


@pytest.mark.parametrize("chance", [0, 0.5, 1])
def test_r10_what_fails_is_tried_eight_times_at_most_the_last_time_after_a_day(chance):
    task, now, tries = TASK, EARLY, 1
    while (task := task.put_off([trouble()], now=now, chance=chance)).due_at is not None:
        assert task.due_at >= now
        task, now = replace(task, attempts=task.attempts + 1), task.due_at
        tries += 1

    assert task.state is TaskState.FAILED
    assert tries <= MAX_ATTEMPTS
    assert now == EARLY + TRIED_FOR


def test_a_provider_is_left_alone_for_as_long_as_it_asked():
    put_off = TASK.put_off([trouble(pause=HOUR), trouble()], now=EARLY, chance=0)

    assert put_off.due_at == EARLY + HOUR


def test_what_only_a_human_can_mend_is_not_tried_again():
    put_off = TASK.put_off([trouble(needs_human=True)], now=EARLY, chance=1)

    assert (put_off.state, put_off.due_at) == (TaskState.FAILED, None)
    assert [problem.reason for problem in put_off.problems] == ["http_503"]


def test_where_another_try_helps_one_calendar_it_is_tried_again():
    put_off = TASK.put_off([trouble(needs_human=True), trouble()], now=EARLY, chance=1)

    assert put_off.state is TaskState.WAITING


def test_a_link_is_waited_for_two_minutes():
    assert waits_for_link(BOOKING, None, EARLY)
    assert waits_for_link(BOOKING, MEETING, EARLY + LINK_WAIT - timedelta(seconds=1))
    assert not waits_for_link(BOOKING, MEETING, EARLY + LINK_WAIT)


@pytest.mark.parametrize(
    ("booking", "meeting"),
    [
        (replace(BOOKING, online_meeting=None), None),
        (replace(BOOKING, state=BookingState.PENDING), None),
        (BOOKING, replace(MEETING, join_url="https://zoom.example/j/1")),
        (BOOKING, replace(MEETING, problem="not_connected")),
    ],
    ids=["nothing to wait for", "a request", "it is there", "it does not come"],
)
def test_a_link_is_not_waited_for(booking, meeting):
    assert not waits_for_link(booking, meeting, EARLY)


def test_the_link_into_the_account_of_a_former_host_is_waited_for_and_not_followed():
    left = replace(MEETING, host_id="former host", join_url="https://zoom.example/j/1")

    assert waits_for_link(BOOKING, left, EARLY)
    assert link_of(BOOKING, left) == ""
    assert link_of(BOOKING, replace(left, host_id=HOST_ID)) == left.join_url
