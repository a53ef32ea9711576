"""Whatever happens to workers and providers, calendars and meetings say what bookings say (R8)."""

from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from unittest.mock import patch

import pytest

from scheduling.domain.calendar_events import EventState, EventTask, HostEvent
from scheduling.use_cases import event_work, meeting_making
from tests.simulation.calendar_world import CalendarWorld, PromiseBroken

HISTORIES = 3_000
WITHIN = 1_500

HAPPENS = {
    "answer lost",
    "calm",
    "cancelled",
    "crash",
    "handed over",
    "moved",
    "request lost",
    "taken over",
    "woken twice",
}
"""Without these, histories would be too peaceful to prove anything."""


def played(seed):
    world = CalendarWorld(seed)
    try:
        world.play()
    except Exception as error:
        error.add_note(f"history {seed}")
        raise
    return world


def test_r8_calendars_and_meetings_say_in_the_end_what_the_booking_says():
    seen = Counter()

    for seed in range(HISTORIES):
        seen += played(seed).seen

    assert all(seen[what] >= 10 for what in HAPPENS), seen


@contextmanager
def payload_pushed():
    """Workers write what the booking was when they were woken."""
    real = CalendarWorld.room

    def room(world, version):
        then = SimpleNamespace(get=lambda *_: world.past[version])
        return replace(real(world, version), bookings=then)

    with patch.object(CalendarWorld, "room", room):
        yield


@contextmanager
def no_generation():
    """An event that is written once more gets the id that the deleted one had."""
    real = HostEvent.next_generation

    def next_generation(event, connection):
        return replace(real(event, connection), generation=event.generation)

    with patch.object(HostEvent, "next_generation", next_generation):
        yield


@contextmanager
def no_find_before_create():
    """A meeting is made again without a look whether a lost answer was about one."""
    with patch.object(meeting_making, "_found", lambda *_: None):
        yield


@contextmanager
def no_intent():
    """What is about to be made is stored only when it is made."""
    real = event_work.EventWork.keep

    def keep(work, event):
        if event.state is not EventState.PENDING:
            real(work, event)

    with patch.object(event_work.EventWork, "keep", keep):
        yield


@contextmanager
def no_comparison():
    """What was written once is never looked at again."""
    with patch.object(EventTask, "is_check", new=False):
        yield


@pytest.mark.parametrize(
    "mutant", [payload_pushed, no_generation, no_find_before_create, no_intent, no_comparison]
)
def test_a_mutant_is_found(mutant, record_property):
    with mutant():
        for seed in range(WITHIN):
            try:
                played(seed)
            except PromiseBroken:
                record_property("found_at_history", seed)
                return

    pytest.fail("nothing is wrong with it")
