"""What is known of connected calendars stays true, whatever happens to rings and cursors."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from scheduling.domain.calendar_sync import BASELINE_EVERY
from scheduling.domain.hours import ClockSpan, intersection
from scheduling.domain.slots import span_of
from scheduling.domain.time_range import TimeRange
from scheduling.provider_ports import ProviderUnavailable
from scheduling.use_cases.calendar_sync import SyncEnd
from tests.support.builders import AIKO, a_member_host, a_page, an_entry
from tests.support.connecting import PRIMARY
from tests.support.syncing import MINUTE, TOKEN, SyncWorld, hour_from

CALENDAR = PRIMARY.calendar_id
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def ahead(world):
    """Return the time that both sides are compared in: all that can be booked."""
    return TimeRange(world.now(), world.now() + timedelta(days=366))


def truth(world):
    """Return when Aiko is busy as the provider's own free/busy says."""
    return world.provider.busy(TOKEN, [CALENDAR], ahead(world))[CALENDAR]


def known(world):
    return tuple(intersection(world.busy(), [span_of(ahead(world))]))


def edit(world, random):
    """Do something in the calendar that people do there."""
    events = [event.event_id for event in world.provider.events(CALENDAR)]
    start = world.now() + timedelta(minutes=5 * random.randrange(12 * 24 * 60))
    when = hour_from(start, random.choice([15, 30, 60, 240, 24 * 60]))
    act = random.choice(["add", "add", "free", "move", "delete", "decline", "switch"])
    if act in {"add", "free"} or not events:
        world.provider.add_event(CALENDAR, when, is_busy=act != "free")
        return
    event_id = random.choice(events)
    if act == "move":
        world.provider.move_event(CALENDAR, event_id, when)
    elif act == "delete":
        world.provider.delete_event(CALENDAR, event_id)
    elif act == "decline":
        world.provider.decline_event(CALENDAR, event_id)
    else:
        is_busy = world.provider.event(CALENDAR, event_id).is_busy
        world.provider.change_event(CALENDAR, event_id, is_busy=not is_busy)


def a_host_at_all_hours(**options):
    """Return a world in which Aiko can be booked at any time."""
    world = SyncWorld(**options)
    world.adapters.booking_pages.add(a_page(a_member_host()), an_entry())
    usual = world.adapters.working_hours.get(AIKO)
    always = dict.fromkeys(range(1, 8), (ClockSpan(0, 24 * 60),))
    hours = replace(usual.hours, weekdays=always)
    world.adapters.working_hours.replace(replace(usual, hours=hours, version=1), an_entry())
    return world


@pytest.mark.parametrize("seed", range(3))
def test_a_thousand_edits_with_rings_lost_and_cursors_forgotten_end_in_the_truth(seed):
    world, random = SyncWorld(seed=seed), Random(seed)  # noqa: S311 - chance that comes back
    world.provider.rows_per_page = 50
    world.lost_rings = 0.3
    for number in range(1000):
        edit(world, random)
        if random.random() < 0.02:
            world.provider.forget_cursors(CALENDAR)
        if random.random() < 0.05:
            world.provider.fail(ProviderUnavailable("http_503"), after=random.random() < 0.5)
        world.pass_time(random.choice([1, 1, 5, 30]) * MINUTE)
        assert number < 900 or world.busy()
    world.provider.recover()

    world.pass_time(7 * HOUR)

    assert known(world) == truth(world)
    assert len(truth(world)) > 20
    assert world.ends[SyncEnd.PUT_OFF] > 0


def test_a_calendar_that_rings_is_asked_about_forty_times_a_day_at_most():
    world, random = a_host_at_all_hours(), Random(1)  # noqa: S311 - chance that comes back
    world.pass_time(DAY)
    world.provider.calls.clear()

    changes = sorted(random.sample(range(24 * 60), 12))
    for minute, following in zip(changes, [*changes[1:], 24 * 60], strict=True):
        edit(world, random)
        world.pass_time((following - minute) * MINUTE)

    assert 12 < world.provider.calls.total() <= 40
    assert world.ends[SyncEnd.GREETED] == 1


def test_r16_with_every_third_renewal_failing_the_provider_rings_for_sixty_days():
    world, random = a_host_at_all_hours(), Random(16)  # noqa: S311 - chance that comes back
    watch = world.provider.watch
    failures = silent = longest = 0

    def unreliable(*args, **options):
        nonlocal failures
        if random.random() < 0.3:
            failures += 1
            raise ProviderUnavailable("http_503")
        return watch(*args, **options)

    world.provider.watch = unreliable
    for _ in range(60 * 24 * 4):
        world.pass_time(15 * MINUTE, step=5 * MINUTE)
        silent = 0 if world.is_watched() else silent + 15
        longest = max(longest, silent)

    assert failures > 2
    assert longest < 60
    assert world.provider.calls["watch"] >= 60 / 7
    assert world.adapters.synced_calendars.of(world.key)[0].baseline_at > (
        world.now() - BASELINE_EVERY - HOUR
    )


def test_r16_with_no_ring_arriving_a_change_is_known_within_a_quarter_of_an_hour():
    world, random = a_host_at_all_hours(), Random(17)  # noqa: S311 - chance that comes back
    world.lost_rings = 1.0
    world.pass_time(HOUR)
    for _ in range(200):
        world.pass_time(random.randrange(1, 40) * MINUTE)
        edit(world, random)

        world.pass_time(15 * MINUTE)

        assert known(world) == truth(world)


def test_a_provider_that_falls_silent_is_asked_every_quarter_of_an_hour_until_it_rings_again():
    world = a_host_at_all_hours()
    world.pass_time(2 * HOUR)
    world.lost_rings = 1.0
    world.provider.add_event(CALENDAR, hour_from(world.now() + DAY))
    world.pass_time(HOUR + 2 * MINUTE)
    assert known(world) == truth(world)

    world.provider.calls.clear()
    world.pass_time(2 * HOUR)
    assert world.provider.calls["changes"] in {8, 9, 10, 11}

    world.lost_rings = 0.0
    world.provider.add_event(CALENDAR, hour_from(world.now() + 2 * DAY))
    world.pass_time(2 * MINUTE)
    world.provider.calls.clear()
    world.pass_time(2 * HOUR)
    assert world.provider.calls["changes"] in {2, 3}
