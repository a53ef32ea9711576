"""What people do to our events in their calendars, bookings follow where they can."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.booking import BookingState
from scheduling.domain.calendar_events import EventState
from scheduling.domain.calendar_sync import Mark
from scheduling.domain.identifiers import derived_id
from scheduling.domain.messages import MessageKind, Recipient
from scheduling.domain.provider_events import event_id_of
from scheduling.domain.refusals import BookingChanged
from scheduling.domain.slots import span_of
from scheduling.use_cases.calendar_sync import SyncEnd
from scheduling.use_cases.changes import move
from tests.support.builders import (
    AIKO,
    a_booking,
    a_guest_link,
    a_member_host,
    a_page,
    an_entry,
    between,
)
from tests.support.connecting import HOLIDAYS, PRIMARY
from tests.support.syncing import SyncWorld

CALENDAR = PRIMARY.calendar_id
TEN = between("01:00", "01:30")
"""In Tokyo, Tuesday at ten in the morning."""
ELEVEN = between("02:00", "02:30")
BEN = replace(AIKO, member_id=derived_id("ben"), name="Ben Ode", email="ben@hanami.example")


@pytest.fixture
def world():
    """Aiko, her page, and her calendar, which was read."""
    world = SyncWorld()
    world.adapters.booking_pages.add(a_page(a_member_host()), an_entry())
    world.sync()
    return world


def booked_in(world, *hosts, time=TEN):
    """Return a booking that is written into Aiko's calendar, and was seen there."""
    booking = written_into(world, *hosts, time=time)
    look(world)
    return booking


def written_into(world, *hosts, time=TEN):
    """Return a booking that is written into Aiko's calendar, and was not seen there yet."""
    hosts = hosts or (AIKO,)
    first, *others = (a_member_host(host) for host in hosts)
    booking = a_booking(first, time, others=others)
    world.adapters.bookings.add(booking, a_guest_link(booking), [])
    world.write_events(booking)
    return booking


def look(world):
    """Look at Aiko's connection a minute later."""
    world.adapters.clock += timedelta(minutes=1)
    turn = world.adapters.store.sync_turns[world.key]
    world.adapters.store.sync_turns[world.key] = replace(turn, due_at=world.now())
    assert world.sync() is SyncEnd.READ


def stored(world, booking):
    return world.adapters.bookings.get(booking.organization_id, booking.booking_id)


def event_of(booking, host=AIKO):
    return event_id_of(booking.booking_id, host.member_id, 1)


def known(world, booking, host=AIKO):
    events = world.adapters.calendar_events
    return events.known(booking.organization_id, booking.booking_id).of_host(host.member_id)


def told(world, booking, version):
    """Return what is told of a version of a booking, and to whom."""
    return {
        (message.kind, message.recipient)
        for message in world.adapters.store.messages
        if message.subject_id == booking.booking_id and message.version == version
    }


def mark_of(world):
    [calendar] = world.adapters.synced_calendars.of(world.key)
    [mirror] = calendar.mirrors.values()
    return mirror.mark


def test_our_own_event_makes_nobody_busy(world):
    booked_in(world)

    assert world.busy() == ()


def test_our_own_writing_comes_back_and_changes_nothing(world):
    booking = booked_in(world)
    writes = world.provider.calls["update"] + world.provider.calls["insert"]
    look(world)

    assert stored(world, booking) == booking
    world.write_events(booking)
    assert world.provider.calls["update"] + world.provider.calls["insert"] == writes


def test_an_event_that_is_moved_moves_its_booking_and_everybody_is_told(world):
    booking = booked_in(world)

    world.provider.move_event(CALENDAR, event_of(booking), span_of(ELEVEN))
    look(world)

    moved = stored(world, booking)
    assert (moved.time, moved.version) == (ELEVEN, 2)
    assert told(world, booking, 2) >= {
        (MessageKind.BOOKING_MOVED, Recipient.GUEST),
        (MessageKind.BOOKING_MOVED, Recipient.HOST),
    }
    assert world.adapters.store.entries[-1].actor.actor_id == AIKO.member_id
    assert world.busy() == ()


def test_a_booking_that_followed_is_written_once_and_moves_no_more(world):
    booking = booked_in(world)
    world.provider.move_event(CALENDAR, event_of(booking), span_of(ELEVEN))
    look(world)

    for _ in range(3):
        world.write_events(booking)
        look(world)

    assert stored(world, booking).version == 2
    assert world.provider.event(CALENDAR, event_of(booking)).time == span_of(ELEVEN)
    assert known(world, booking).state is EventState.WRITTEN


@pytest.mark.parametrize(
    "time",
    [
        between("13:00", "13:30"),  # ten in the evening
        between("02:00", "03:00"),  # longer than it was
        between("02:05", "02:35"),  # off the grid of the page
    ],
)
def test_an_event_that_is_moved_to_where_no_slot_is_is_flagged_and_takes_time(world, time):
    booking = booked_in(world)

    world.provider.move_event(CALENDAR, event_of(booking), span_of(time))
    look(world)

    assert stored(world, booking) == booking
    assert known(world, booking).state is EventState.DIVERGED
    assert world.busy() == (span_of(time),)


def test_an_event_that_is_moved_onto_another_meeting_is_flagged(world):
    booking = booked_in(world)
    booked_in(world, time=ELEVEN)

    world.provider.move_event(CALENDAR, event_of(booking), span_of(ELEVEN))
    look(world)

    assert stored(world, booking) == booking
    assert known(world, booking).state is EventState.DIVERGED


def test_an_event_that_is_moved_back_is_as_it_was(world):
    booking = booked_in(world)
    world.provider.move_event(CALENDAR, event_of(booking), span_of(between("13:00", "13:30")))
    look(world)

    world.provider.move_event(CALENDAR, event_of(booking), span_of(TEN))
    look(world)

    assert world.busy() == ()
    assert mark_of(world) is Mark.SETTLED
    assert stored(world, booking) == booking


@pytest.mark.parametrize("act", ["delete_event", "decline_event"])
def test_an_event_that_its_only_host_removes_cancels_the_booking_with_a_reason(world, act):
    booking = booked_in(world)

    getattr(world.provider, act)(CALENDAR, event_of(booking))
    look(world)

    cancelled = stored(world, booking)
    assert cancelled.state is BookingState.CANCELLED
    assert cancelled.ended_by is Recipient.HOST
    assert cancelled.reason == "The meeting was removed from the host's calendar."
    assert (MessageKind.BOOKING_CANCELLED, Recipient.GUEST) in told(world, booking, 2)


def test_an_event_that_is_removed_before_it_was_ever_read_cancels_the_booking(world):
    others = booked_in(world, time=ELEVEN)
    booking = written_into(world)

    world.provider.delete_event(CALENDAR, event_of(booking))
    look(world)

    assert stored(world, booking).state is BookingState.CANCELLED
    assert stored(world, others) == others


def test_somebody_elses_event_that_is_removed_cancels_nothing(world):
    booking = booked_in(world)
    for event_id in ("7hk3v", event_id_of(booking.booking_id, BEN.member_id, 1)):
        world.provider.add_event(CALENDAR, span_of(ELEVEN), event_id=event_id)
        world.provider.delete_event(CALENDAR, event_id)

    look(world)

    assert stored(world, booking) == booking


@pytest.mark.parametrize("booked", [booked_in, written_into])
def test_an_event_that_one_of_several_hosts_removes_is_flagged(world, booked):
    booking = booked(world, AIKO, BEN)

    world.provider.delete_event(CALENDAR, event_of(booking))
    look(world)

    assert stored(world, booking) == booking
    assert known(world, booking).state is EventState.DIVERGED


def test_an_event_that_is_gone_when_all_is_read_anew_was_removed(world):
    booking = booked_in(world)

    world.provider.delete_event(CALENDAR, event_of(booking))
    world.provider.forget_cursors(CALENDAR)
    look(world)

    assert stored(world, booking).state is BookingState.CANCELLED


def test_an_event_that_is_dragged_beyond_what_is_read_is_there_still(world):
    booking = booked_in(world)
    year = 366 * 86400
    far = tuple(second + 2 * year for second in span_of(TEN))
    world.provider.move_event(CALENDAR, event_of(booking), far)
    look(world)

    world.provider.forget_cursors(CALENDAR)
    look(world)

    assert stored(world, booking) == booking
    assert known(world, booking).state is EventState.DIVERGED
    assert told(world, booking, 2) == set()


def made_a_series(world, booking):
    """Let Aiko repeat her event weekly: a list of single events has the instances only."""
    single = world.provider.event(CALENDAR, event_of(booking))
    world.provider.calendars[CALENDAR].events.pop(single.event_id)
    for week in range(3):
        instance = f"{single.event_id}_{week}"
        time = tuple(second + week * 7 * 86400 for second in single.time)
        world.provider.add_event(CALENDAR, time, event_id=instance)
        world.provider.change_event(CALENDAR, instance, written=single.written)


def test_an_event_that_was_made_a_series_cancels_nothing_when_all_is_read_anew(world):
    booking = booked_in(world)
    made_a_series(world, booking)
    look(world)

    world.provider.forget_cursors(CALENDAR)
    look(world)

    assert stored(world, booking) == booking
    assert known(world, booking).state is EventState.DIVERGED
    assert len(world.busy()) == 2


def test_an_event_that_is_put_into_another_calendar_that_is_read_is_flagged():
    world = SyncWorld(calendars=(PRIMARY, HOLIDAYS))
    world.adapters.booking_pages.add(a_page(a_member_host()), an_entry())
    world.sync()
    booking = booked_in(world)
    event = world.provider.event(CALENDAR, event_of(booking))

    world.provider.delete_event(CALENDAR, event.event_id)
    world.provider.add_event(HOLIDAYS.calendar_id, event.time, event_id=event.event_id)
    world.provider.change_event(HOLIDAYS.calendar_id, event.event_id, written=event.written)
    look(world)

    assert stored(world, booking) == booking
    assert known(world, booking).state is EventState.DIVERGED

    world.provider.delete_event(HOLIDAYS.calendar_id, event.event_id)
    look(world)
    assert stored(world, booking).state is BookingState.CANCELLED


@pytest.fixture
def moved_out():
    """Aiko, whose calendar with a booking is not the one that is read and written to any more."""
    work = replace(HOLIDAYS, can_write=True)
    world = SyncWorld(calendars=(PRIMARY, work))
    world.adapters.booking_pages.add(a_page(a_member_host()), an_entry())
    world.sync()
    booking = booked_in(world)
    before = world.stored()
    chosen = {"conflict_calendar_ids": (work.calendar_id,), "write_calendar_id": work.calendar_id}
    after = replace(before, version=before.version + 1, **chosen)
    world.adapters.connections.put(after, an_entry(at=world.now()))
    look(world)
    return world, booking


def test_an_event_in_a_calendar_that_was_written_to_before_is_followed(moved_out):
    world, booking = moved_out

    world.provider.delete_event(CALENDAR, event_of(booking))
    look(world)
    assert stored(world, booking).state is BookingState.CANCELLED

    look(world)
    [calendar] = world.adapters.synced_calendars.of(world.key)
    assert calendar.calendar_id == HOLIDAYS.calendar_id


def test_a_calendar_that_was_written_to_before_may_go(moved_out):
    world, booking = moved_out

    world.provider.remove_calendar(CALENDAR)
    look(world)

    assert stored(world, booking) == booking
    [calendar] = world.adapters.synced_calendars.of(world.key)
    assert calendar.calendar_id == HOLIDAYS.calendar_id


def test_what_we_remove_ourselves_cancels_nothing_twice(world):
    booking = booked_in(world)
    before = stored(world, booking)
    cancelled = before.cancelled(Recipient.GUEST, "Ill", now=world.now())
    world.adapters.bookings.change(before, cancelled, (), an_entry())
    world.write_events(booking)

    look(world)

    assert stored(world, booking) == cancelled
    assert known(world, booking).state is EventState.REMOVED


def test_a_booking_that_moved_meanwhile_wins_over_its_event(world):
    booking = booked_in(world)
    later = between("03:00", "03:30")
    move_by_guest(world, booking, later)

    look(world)
    world.write_events(booking)
    look(world)

    assert stored(world, booking).time == later
    assert world.provider.event(CALENDAR, event_of(booking)).time == span_of(later)
    assert mark_of(world) is Mark.SETTLED


def move_by_guest(world, booking, time):
    found = world.adapters
    move(
        stored(world, booking),
        time.start,
        actor=an_entry().actor,
        now=world.now(),
        booking_pages=found.booking_pages,
        hosts=found.hosts,
        bookings=found.bookings,
        live_look=found.live_look,
    )


def test_while_a_booking_is_changed_by_somebody_its_event_waits(world):
    booking = booked_in(world)
    bookings, change = world.adapters.bookings, world.adapters.bookings.change

    def too_late(*_args, **_options):
        bookings.change = change
        raise BookingChanged

    bookings.change = too_late
    world.provider.move_event(CALENDAR, event_of(booking), span_of(ELEVEN))
    look(world)
    assert mark_of(world) is Mark.OPEN

    look(world)
    assert stored(world, booking).time == ELEVEN


def test_our_own_writing_that_is_not_recorded_yet_is_nobodys_doing(world):
    booking = booked_in(world)
    written = known(world, booking)
    key = booking.organization_id, booking.booking_id, AIKO.member_id
    world.adapters.store.host_events[key] = replace(written, time=span_of(ELEVEN), content_hash="x")
    world.provider.change_event(CALENDAR, event_of(booking))

    look(world)
    assert (mark_of(world), stored(world, booking)) == (Mark.OPEN, booking)

    world.adapters.store.host_events[key] = written
    look(world)
    assert (mark_of(world), stored(world, booking)) == (Mark.SETTLED, booking)


def test_an_event_that_only_says_it_is_ours_makes_its_owner_busy(world):
    booking = booked_in(world)
    copied = world.provider.event(CALENDAR, event_of(booking)).written
    world.provider.add_event(CALENDAR, span_of(ELEVEN), event_id="copy")
    world.provider.change_event(CALENDAR, "copy", written=copied)

    look(world)

    assert world.busy() == (span_of(ELEVEN),)
    world.provider.delete_event(CALENDAR, "copy")
    look(world)
    assert world.busy() == ()
    assert stored(world, booking) == booking


def test_a_colleagues_copy_of_a_meeting_of_ours_takes_no_time_beside_it(world):
    booking = booked_in(world)
    marked = replace(world.provider.event(CALENDAR, event_of(booking)).written, booking_id="")
    world.provider.add_event(CALENDAR, span_of(TEN), event_id="copy")
    world.provider.change_event(CALENDAR, "copy", written=marked)

    look(world)

    assert world.busy() == ()


def test_a_meeting_of_others_takes_time_though_it_is_ours(world):
    """Aiko looks at Ben's calendar as well, and Ben has a meeting without her."""
    ben = a_booking(a_member_host(BEN), ELEVEN)
    world.adapters.bookings.add(ben, a_guest_link(ben), [])
    booking = booked_in(world)
    theirs = replace(
        world.provider.event(CALENDAR, event_of(booking)).written, booking_id=ben.booking_id
    )
    world.provider.add_event(CALENDAR, span_of(ELEVEN), event_id="bens")
    world.provider.change_event(CALENDAR, "bens", written=theirs)

    look(world)

    assert world.busy() == (span_of(ELEVEN),)
