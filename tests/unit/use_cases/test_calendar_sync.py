"""Looking at connections: what is asked of providers, and what becomes of failures."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.adapters.dynamodb.connected_busy import connected_busy_item
from scheduling.domain.calendar_sync import (
    CHANNEL_LIFE,
    IDLE_EVERY,
    MENDED_WITHIN,
    MOST_STRETCHES,
    POLLED_EVERY,
    RUNG_FOR_EVERY,
    WATCHED_AGAIN,
    SyncedCalendar,
    busy_of,
    next_reading,
    span_to_read,
)
from scheduling.domain.connections import ConnectedBusy, ConnectionState, Platform, Provider
from scheduling.domain.hours import ClockSpan, WeeklyHours
from scheduling.domain.identifiers import new_id
from scheduling.domain.sync_turns import LEASE, Ring, SyncRequest
from scheduling.provider_ports import GrantRejected, PermissionMissing, ProviderUnavailable
from scheduling.use_cases.calendar_sync import SyncEnd, sync_connection
from tests.support.builders import a_member_host, a_page, an_entry, at
from tests.support.connecting import HOLIDAYS, PRIMARY, a_connection
from tests.support.grants import a_grant
from tests.support.syncing import MINUTE, TOKEN, SyncWorld, hour_from

CALENDAR = PRIMARY.calendar_id
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def world():
    return SyncWorld()


def due_at(world):
    return world.adapters.sync_turns.get(world.key).due_at


def turn_comes(world):
    """Let time go by until Aiko's turn, and look at her connection."""
    world.adapters.clock = max(due_at(world), world.now())
    return world.sync()


def synced(world):
    [calendar] = world.adapters.synced_calendars.of(world.key)
    return calendar


def rings(world, number=2, **changes):
    """Let the channel of Aiko's calendar ring, and have the worker look."""
    channel = synced(world).channel.channel
    ring = Ring(channel.channel_id, channel.resource_id, number, 0)
    request = SyncRequest(world.key, ring=replace(ring, **changes))
    return sync_connection(request, now=world.now(), room=world.room)


def changed(world, **changes):
    """Store Aiko's connection with some change."""
    before = world.stored()
    after = replace(before, version=before.version + 1, **changes)
    world.adapters.connections.change(after, an_entry(at=world.now()))
    return after


def test_what_was_connected_is_read_at_once_and_then_it_is_said_to_work(world):
    nine = hour_from(world.now() + DAY)
    world.provider.add_event(CALENDAR, nine)
    world.provider.add_event(CALENDAR, hour_from(world.now() + 2 * DAY), is_busy=False)

    assert world.sync() is SyncEnd.READ

    assert world.busy() == (nine,)
    assert world.stored().state is ConnectionState.OK


def test_all_calendars_that_make_busy_do_and_the_one_written_to_does_not():
    both = (PRIMARY, HOLIDAYS)
    world = SyncWorld(calendars=both)
    one, other = hour_from(world.now() + DAY), hour_from(world.now() + DAY + HOUR / 2)
    world.provider.add_event(CALENDAR, one)
    world.provider.add_event(HOLIDAYS.calendar_id, other)
    world.sync()
    assert world.busy() == ((one[0], other[1]),)

    changed(world, conflict_calendar_ids=(HOLIDAYS.calendar_id,))
    turn_comes(world)

    assert world.busy() == (other,)
    assert len(world.adapters.synced_calendars.of(world.key)) == 2


def test_a_calendar_that_is_no_longer_chosen_is_forgotten_and_its_channel_stopped():
    world = SyncWorld(calendars=(PRIMARY, HOLIDAYS))
    world.sync()
    assert len(world.provider.channels) == 2

    changed(world, conflict_calendar_ids=(CALENDAR,))
    turn_comes(world)

    assert [each[1] for each in world.provider.channels.values()] == [CALENDAR]
    assert synced(world).calendar_id == CALENDAR


def test_nothing_is_written_about_a_calendar_in_which_nothing_changed(world):
    world.sync()
    before = synced(world)

    turn_comes(world)

    assert synced(world) == before


def test_a_request_that_was_worked_off_asks_nobody_again(world):
    request = SyncRequest(world.key, due_at=int(world.now().timestamp()))
    assert sync_connection(request, now=world.now(), room=world.room) is SyncEnd.READ
    asked = world.provider.calls.total()

    assert sync_connection(request, now=world.now(), room=world.room) is SyncEnd.OUTDATED
    assert world.provider.calls.total() == asked


def test_a_connection_that_somebody_looks_at_is_left_to_them(world):
    turn = world.adapters.sync_turns.get(world.key)
    taken = world.adapters.sync_turns.take(turn, now=world.now())

    assert world.sync() is SyncEnd.OUTDATED
    assert not world.provider.calls

    world.adapters.clock = taken.due_at
    assert taken.due_at >= world.now() - LEASE
    assert world.sync() is SyncEnd.READ


@pytest.mark.parametrize(
    "strange",
    [
        {"channel_id": new_id()},
        {"resource_id": "another"},
        {"number": 3},
        {"number": 2},
    ],
)
def test_t33_rings_that_are_unknown_or_were_heard_before_ask_nobody(world, strange):
    world.sync()
    assert rings(world, number=3) is SyncEnd.READ
    asked = world.provider.calls.total()

    assert rings(world, **({"number": 9} | strange)) is SyncEnd.OUTDATED
    assert world.provider.calls.total() == asked


def test_a_greeting_asks_nobody_and_shows_that_rings_arrive(world):
    world.sync()
    asked = world.provider.calls.total()

    assert rings(world, number=1) is SyncEnd.GREETED

    assert world.provider.calls.total() == asked
    turn_comes(world)
    assert due_at(world) > world.now() + RUNG_FOR_EVERY * 0.9 - MINUTE


def test_a_channel_is_renewed_before_it_ends_and_the_old_one_stopped(world):
    world.sync()
    first = synced(world).channel.channel.channel_id

    world.adapters.clock += CHANNEL_LIFE * 0.79
    world.sync()
    assert [*world.provider.channels] == [first]

    world.adapters.clock += CHANNEL_LIFE * 0.02
    world.sync()
    [second] = world.provider.channels
    assert second == synced(world).channel.channel.channel_id != first


def test_a_calendar_that_never_rings_is_read_all_the_same_and_seldom_asked_to(world):
    world.provider.fail(ProviderUnavailable("http_400"), call="watch", times=1000)
    for _ in range(24 * 60):
        world.pass_time(MINUTE)

    assert world.busy() == ()
    assert world.provider.calls["watch"] <= 12 + 4


def many_calendars(count):
    others = (
        replace(PRIMARY, calendar_id=f"calendar {number}", is_primary=False)
        for number in range(1, count)
    )
    return PRIMARY, *others


def slow(world, call, seconds):
    """Let a call take its time."""

    def pause(moment):
        world.seconds += seconds if moment == call else 0

    world.provider.pause = pause


def test_after_a_channel_that_is_long_in_coming_the_others_wait_for_the_next_look():
    world = SyncWorld(calendars=many_calendars(6))
    slow(world, "watch", 10)
    world.provider.fail(ProviderUnavailable("timeout"), call="watch")

    assert world.sync() is SyncEnd.READ
    assert (world.provider.calls["watch"], world.seconds) == (1, 10)
    assert due_at(world) == world.now() + WATCHED_AGAIN

    slow(world, "watch", 0)
    assert turn_comes(world) is SyncEnd.READ
    assert len(world.provider.channels) == 6


def test_a_calendar_that_never_rings_keeps_the_others_from_no_channel():
    world = SyncWorld(calendars=many_calendars(3))
    world.provider.fail(ProviderUnavailable("http_400"), call="watch")

    world.sync()

    watched = {calendar_id for _, calendar_id, _, _ in world.provider.channels.values()}
    assert watched == {"calendar 1", "calendar 2"}


def test_a_look_that_takes_too_long_is_put_off_and_takes_no_other_along():
    world = SyncWorld(calendars=many_calendars(8))
    slow(world, "changes", 10)

    assert world.sync() is SyncEnd.PUT_OFF

    assert world.seconds == 40
    assert len(world.adapters.synced_calendars.of(world.key)) == 4


def test_a_provider_out_of_order_is_asked_again_and_after_half_an_hour_that_is_said(world):
    world.sync()
    world.provider.fail(ProviderUnavailable("http_503"), times=1000)

    while world.stored().state is not ConnectionState.DELAYED:
        assert turn_comes(world) is SyncEnd.PUT_OFF
    failing = world.adapters.sync_turns.get(world.key).failing_since
    assert timedelta(minutes=30) <= world.now() - failing < timedelta(hours=2)

    world.provider.recover()
    while turn_comes(world) is SyncEnd.PUT_OFF:
        pass
    assert world.stored().state is ConnectionState.OK
    assert world.adapters.sync_turns.get(world.key).failures == 0


def test_a_provider_is_left_alone_for_as_long_as_it_asks(world):
    world.provider.fail(ProviderUnavailable("quota", retry_after=5 * HOUR))

    assert world.sync() is SyncEnd.PUT_OFF

    assert due_at(world) == world.now() + 5 * HOUR


def test_what_rings_meanwhile_leaves_the_provider_alone_as_well(world):
    world.sync()
    world.provider.fail(ProviderUnavailable("quota", retry_after=3 * HOUR), call="changes")
    assert turn_comes(world) is SyncEnd.PUT_OFF
    due, asked = due_at(world), world.provider.calls.total()

    world.adapters.clock += HOUR
    assert rings(world) is SyncEnd.PUT_OFF
    assert (due_at(world), world.provider.calls.total()) == (due, asked)

    world.adapters.clock = due
    assert rings(world) is SyncEnd.READ


def test_what_was_known_stays_and_is_soon_not_trusted_where_a_human_has_to_sign_in(world):
    nine = hour_from(world.now() + DAY)
    world.provider.add_event(CALENDAR, nine)
    world.sync()
    world.grants.put(
        replace(
            a_grant(world.key),
            connection_id=world.connection.connection_id,
            access_expires_at=world.now(),
        )
    )
    world.oauth.is_rejected = True

    assert turn_comes(world) is SyncEnd.BROKEN

    known = world.adapters.store.connected_busy[world.key]
    assert world.stored().state is ConnectionState.RECONNECT_REQUIRED
    assert known.busy == (nine,)
    assert known.is_unverified(world.now() + 2 * IDLE_EVERY)
    assert due_at(world) > world.now() + 365 * DAY


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (PermissionMissing(), ConnectionState.INSUFFICIENT_SCOPE),
        (GrantRejected(ConnectionState.ADMIN_BLOCKED), ConnectionState.ADMIN_BLOCKED),
    ],
)
def test_what_a_human_has_to_mend_is_said_and_tried_again_after_hours(world, error, state):
    world.sync()
    world.provider.fail(error, call="changes")

    assert turn_comes(world) is SyncEnd.BROKEN

    assert world.stored().state is state
    assert due_at(world) == world.now() + MENDED_WITHIN


def test_nobody_is_said_to_be_free_whose_calendar_may_not_be_read(world):
    world.sync()
    before = world.adapters.store.connected_busy[world.key]
    changed(
        world,
        state=ConnectionState.INSUFFICIENT_SCOPE,
        missing=(Platform.GOOGLE_CALENDAR,),
        conflict_calendar_ids=(),
    )

    assert turn_comes(world) is SyncEnd.READ

    assert world.adapters.store.connected_busy[world.key] == before


def test_a_calendar_that_is_gone_is_said_to_be_and_the_others_are_read():
    world = SyncWorld(calendars=(PRIMARY, HOLIDAYS))
    world.sync()
    world.provider.remove_calendar(HOLIDAYS.calendar_id)
    world.provider.add_event(CALENDAR, hour_from(world.now() + DAY))

    assert turn_comes(world) is SyncEnd.BROKEN
    assert world.stored().state is ConnectionState.CALENDAR_GONE

    changed(world, conflict_calendar_ids=(CALENDAR,), calendars=(PRIMARY,))
    assert turn_comes(world) is SyncEnd.READ
    assert world.stored().state is ConnectionState.OK
    assert len(world.busy()) == 1


def test_of_a_calendar_that_was_gone_from_the_beginning_the_others_count_unverified():
    world = SyncWorld(calendars=(PRIMARY, HOLIDAYS))
    world.provider.remove_calendar(HOLIDAYS.calendar_id)
    nine = hour_from(world.now() + DAY)
    world.provider.add_event(CALENDAR, nine)

    assert world.sync() is SyncEnd.BROKEN

    assert world.busy() == (nine,)
    assert world.adapters.store.connected_busy[world.key].is_unverified(world.now())


def test_an_event_without_end_makes_busy_as_far_as_is_read(world):
    since_1960, until_9999 = -289_267_200, 253_402_232_400
    world.provider.add_event(CALENDAR, (since_1960, until_9999))

    world.sync()

    read = span_to_read(world.now())
    limits = int(read.start.timestamp()), int(read.end.timestamp())
    assert world.busy() == (limits,)
    assert [*synced(world).events.values()] == [limits]


def test_what_was_read_of_a_former_account_is_not_taken_for_that_of_the_new_one(world):
    world.provider.add_event(CALENDAR, hour_from(world.now() + DAY))
    world.sync()
    world.connection = world.connect(
        replace(a_connection(), account_id="7", version=world.stored().version + 1)
    )
    world.provider.delete_event(CALENDAR, world.provider.events(CALENDAR)[0].event_id)

    world.sync()

    assert world.busy() == ()
    assert synced(world).connection_id == world.connection.connection_id


def test_switching_off_stops_the_channels_ends_the_grant_and_forgets_everything(world):
    world.sync()
    world.adapters.connections.change(world.stored().ended(world.now()), an_entry(at=world.now()))

    assert world.sync() is SyncEnd.ENDED

    assert world.provider.channels == {}
    assert world.oauth.revoked == [TOKEN]
    assert world.grants.get(world.key) is None
    assert world.adapters.connections.get(world.key) is None
    assert world.key not in world.adapters.store.connected_busy
    assert world.adapters.synced_calendars.of(world.key) == []


def test_the_grant_stays_while_others_are_connected_by_the_same_account(world):
    world.sync()
    other = a_connection(member_id=new_id())
    world.connect(other)
    world.adapters.connections.change(world.stored().ended(world.now()), an_entry(at=world.now()))

    assert world.sync() is SyncEnd.ENDED

    assert world.oauth.revoked == []
    assert world.provider.channels == {}
    assert world.grants.get(world.key) is None
    assert world.grants.get(other.key) is not None


@pytest.mark.parametrize(("when", "revoked"), [("refresh", []), ("revoke", [TOKEN])])
def test_whoever_connects_anew_while_the_end_is_told_keeps_the_new_grant(world, when, revoked):
    before = world.stored()
    over = before.ended(world.now())
    world.adapters.connections.change(over, an_entry(at=world.now()))
    anew = replace(before, connection_id=new_id(), version=over.version + 1)
    grant = replace(a_grant(world.key), connection_id=anew.connection_id, sign_in_id=new_id())
    usual = getattr(world.oauth, when)

    def meanwhile(*args, **named):
        world.grants.put(grant)
        world.adapters.connections.put(anew, an_entry(at=world.now()))
        return usual(*args, **named)

    setattr(world.oauth, when, meanwhile)
    world.adapters.clock += HOUR

    world.sync()

    assert world.oauth.revoked == revoked
    assert world.stored() == anew
    assert world.grants.get(world.key) == grant


def test_a_provider_that_cannot_be_told_of_the_end_keeps_the_grant_for_a_day_at_most(world):
    world.sync()
    world.adapters.connections.change(world.stored().ended(world.now()), an_entry(at=world.now()))
    ended_at = world.now()
    world.provider.fail(ProviderUnavailable("http_503"), call="stop", times=1000)

    assert world.sync() is SyncEnd.PUT_OFF
    assert world.grants.get(world.key) is not None
    while turn_comes(world) is SyncEnd.PUT_OFF:
        assert world.now() < ended_at + DAY

    assert world.grants.get(world.key) is None
    assert world.now() < ended_at + DAY + 2 * HOUR


def test_what_was_known_is_forgotten_though_the_provider_cannot_be_told_of_the_end(world):
    world.provider.add_event(CALENDAR, hour_from(world.now() + DAY))
    world.sync()
    world.adapters.connections.change(world.stored().ended(world.now()), an_entry(at=world.now()))
    world.provider.fail(ProviderUnavailable("http_503"), call="stop", times=1000)

    assert world.sync() is SyncEnd.PUT_OFF

    assert world.key not in world.adapters.store.connected_busy


def test_an_account_without_calendars_is_kept_alive_weekly():
    world = SyncWorld()
    zoom = world.connect(a_connection(Provider.ZOOM))
    request = SyncRequest(zoom.key, due_at=int(world.now().timestamp()))

    assert sync_connection(request, now=world.now(), room=world.room) is SyncEnd.KEPT_ALIVE

    turn = world.adapters.sync_turns.get(zoom.key)
    assert 6 * DAY < turn.due_at - world.now() <= 7 * DAY


def test_keeping_an_account_alive_does_not_tell_that_it_may_hold_meetings_again():
    world = SyncWorld()
    zoom = world.connect(a_connection(Provider.ZOOM, state=ConnectionState.ACCOUNT_DISABLED))
    request = SyncRequest(zoom.key, due_at=int(world.now().timestamp()))

    assert sync_connection(request, now=world.now(), room=world.room) is SyncEnd.KEPT_ALIVE

    stored = world.adapters.connections.get(zoom.key)
    assert stored.state is ConnectionState.ACCOUNT_DISABLED


def test_with_calendars_switched_off_and_meet_left_on_nothing_is_known_of_them(world):
    world.sync()
    changed(world, platforms=frozenset({Platform.GOOGLE_MEET}), conflict_calendar_ids=())

    assert turn_comes(world) is SyncEnd.KEPT_ALIVE

    assert world.key not in world.adapters.store.connected_busy
    assert world.provider.channels == {}
    assert world.oauth.revoked == []


def test_with_calendars_switched_off_nothing_is_known_though_nobody_can_be_asked(world):
    world.provider.add_event(CALENDAR, hour_from(world.now() + DAY))
    world.sync()
    changed(
        world,
        platforms=frozenset({Platform.GOOGLE_MEET}),
        conflict_calendar_ids=(),
        state=ConnectionState.RECONNECT_REQUIRED,
    )

    assert turn_comes(world) is SyncEnd.BROKEN

    assert world.key not in world.adapters.store.connected_busy


def test_of_more_than_an_item_can_hold_nobody_is_free_in_the_rest():
    start = int(at("12:00").timestamp())
    stretches = [(start + 100 * n, start + 100 * n + 50) for n in range(MOST_STRETCHES + 2)]
    events = {n.to_bytes(8): stretch for n, stretch in enumerate(stretches)}
    calendar = SyncedCalendar(new_id(), CALENDAR, events=events)

    busy = busy_of([calendar], at("12:00"))

    assert len(busy) == MOST_STRETCHES
    assert [*busy[:-1]] == stretches[: MOST_STRETCHES - 1]
    assert busy[-1] == (stretches[MOST_STRETCHES - 1][0], stretches[-1][1])
    item = connected_busy_item(ConnectedBusy(a_connection().key, calendar.connection_id, busy))
    assert len(item["busy"]) < 390_000


NINE_TO_FIVE = WeeklyHours("UTC", dict.fromkeys(range(1, 6), (ClockSpan(9 * 60, 17 * 60),)))


@pytest.mark.parametrize(
    ("clock", "hours", "soonest", "latest"),
    [
        ("12:00", NINE_TO_FIVE, POLLED_EVERY * 0.9, POLLED_EVERY),
        ("08:00", NINE_TO_FIVE, HOUR - POLLED_EVERY, HOUR),
        ("20:00", NINE_TO_FIVE, IDLE_EVERY * 0.9, IDLE_EVERY),
        ("12:00", None, IDLE_EVERY * 0.9, IDLE_EVERY),
    ],
)
def test_calendars_that_do_not_ring_are_read_most_often_while_somebody_is_at_work(
    clock, hours, soonest, latest
):
    waits = [
        next_reading(new_id(), at(clock), is_rung_for=False, hours=hours) - at(clock)
        for _ in range(50)
    ]

    assert soonest <= min(waits) <= max(waits) <= latest
    assert len(set(waits)) > 10


def test_a_host_with_a_page_is_read_more_often(world):
    world.adapters.booking_pages.add(a_page(a_member_host()), an_entry())
    world.adapters.clock = at("02:00")

    world.sync()

    assert due_at(world) <= at("02:00") + POLLED_EVERY
