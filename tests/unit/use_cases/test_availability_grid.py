"""A5: who is available."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.availability import FRESH_FOR
from scheduling.domain.booking_page import BookingRules
from scheduling.domain.feeds import RELIED_ON, CalendarFeed
from scheduling.domain.identifiers import derived_id
from scheduling.domain.people import Role
from scheduling.domain.refusals import FeatureDisabled, InvalidInput
from scheduling.domain.slots import span_of
from scheduling.domain.time_range import TimeRange
from scheduling.use_cases.availability_grid import (
    EXPORTED,
    MOST_ROWS,
    AvailabilityGrid,
    availability_grid,
    whole_grid,
)
from scheduling.use_cases.external_member_edits import edit_external_member
from scheduling.use_cases.guest import cancel_guest_booking
from tests.support.builders import AIKO, DAY, EARLY, ORGANIZATION, STAFF, between
from tests.support.road import book, do, enter, invite, token

BUFFERED = BookingRules(
    durations=(timedelta(minutes=30),),
    minimum_notice=timedelta(0),
    buffer_before=timedelta(minutes=15),
    buffer_after=timedelta(minutes=15),
)


def grid(parley, by=STAFF, *, days=1, zone_name="UTC", **asked):
    return do(parley, availability_grid, by, DAY.date(), days=days, zone_name=zone_name, **asked)


def free(found):
    """Return what is free, by name, as clocks in UTC."""
    return {
        row.member.name: [
            [f"{each.start:%H:%M}-{each.end:%H:%M}" for each in cell.free] for cell in row.days
        ]
        for row in found.rows
    }


@pytest.fixture
def two(parley):
    """Kenji has times, and a page with buffers; Lena has not answered."""
    parley.clock = EARLY
    kenji = invite(parley, rules=BUFFERED)
    parley.clock += timedelta(minutes=1)
    invite(parley, name="Lena Fischer", email="lena@example.org")
    enter(parley, kenji, between("09:00", "12:00"))
    return kenji


def test_a5_everybody_has_a_row_and_what_is_booked_is_taken_with_its_buffers(parley, two):
    book(parley, two, between("10:00", "10:30").start)

    found = grid(parley, days=2)

    assert free(found) == {
        "Lena Fischer": [[], []],
        "Kenji Tanaka": [["09:00-09:45", "10:45-12:00"], []],
    }
    assert found.rows[1].days[0].taken == (between("09:45", "10:45"),)
    assert found.rows[1].person_in_charge_name == AIKO.name


def test_a5_what_was_cancelled_is_free_again(parley, two):
    booked = book(parley, two, between("10:00", "10:30").start).booking
    do(parley, cancel_guest_booking, token(parley, booked.guest_link_id), reason="")

    assert free(grid(parley))["Kenji Tanaka"] == [["09:00-12:00"]]


def test_e3_what_a_linked_calendar_takes_is_not_free(parley, two):
    whose = two.organization_id, two.external_member_id
    feed = CalendarFeed(*whose, "feed", "calendar.example.org", linked_at=EARLY)
    busy = [between("08:00", "09:30"), between("11:00", "11:15")]
    parley.store.calendar_feeds[whose] = feed.read(tuple(map(span_of, busy)), "", EARLY)

    found = grid(parley)

    assert free(found)["Kenji Tanaka"] == [["09:30-11:00", "11:15-12:00"]]
    assert [row.is_unverified for row in found.rows] == [False, False]


def test_e3_a_row_says_that_its_calendar_was_not_read_for_long(parley, two):
    whose = two.organization_id, two.external_member_id
    feed = CalendarFeed(*whose, "feed", "calendar.example.org", linked_at=EARLY)
    parley.store.calendar_feeds[whose] = feed.read((), "", EARLY - 2 * RELIED_ON)

    assert [row.is_unverified for row in grid(parley).rows] == [False, True]


def test_e2_a_row_says_that_its_times_are_stale(parley, two):
    always = TimeRange(DAY, DAY + timedelta(days=60))
    enter(parley, two, always, version=1)
    parley.clock += FRESH_FOR

    assert [row.is_stale for row in grid(parley).rows] == [False, True]


def test_a5_days_are_meant_in_the_zone_that_is_asked_for(parley, two):
    # Midnight there is 10:00 in UTC.
    in_kiritimati = free(grid(parley, zone_name="Pacific/Kiritimati", days=2))

    assert in_kiritimati["Kenji Tanaka"] == [["09:00-10:00"], ["10:00-12:00"]]


def test_a5_only_those_of_one_person_in_charge(parley, two):
    ben = replace(AIKO, member_id=derived_id("ben"), name="Ben Ode", role=Role.MEMBER)
    parley.store.members[ben.organization_id, ben.member_id] = ben
    do(
        parley,
        edit_external_member,
        STAFF,
        two.external_member_id,
        version=1,
        person_in_charge_id=ben.member_id,
    )

    assert list(free(grid(parley, person_in_charge_id=ben.member_id))) == ["Kenji Tanaka"]
    assert list(free(grid(parley, person_in_charge_id=AIKO.member_id))) == ["Lena Fischer"]


def test_a5_a_long_grid_goes_on_where_it_stopped(parley, two):
    first = grid(parley, limit=1)
    rest = grid(parley, limit=1, cursor=first.next_cursor)

    assert list(free(first) | free(rest)) == ["Lena Fischer", "Kenji Tanaka"]
    assert rest.next_cursor is None


def test_a5_a_whole_grid_has_everybody_however_few_a_part_has(parley, two):
    whole = whole_grid(lambda cursor: grid(parley, limit=1, cursor=cursor))

    assert list(free(whole)) == ["Lena Fischer", "Kenji Tanaka"]
    assert whole.next_cursor is None


def test_a5_a_whole_grid_ends_and_says_where_it_goes_on(parley, two):
    row = grid(parley).rows[0]
    part = AvailabilityGrid("UTC", (), (row,) * MOST_ROWS, "more")

    whole = whole_grid(lambda _: part)

    assert (len(whole.rows), whole.next_cursor) == (EXPORTED, "more")


def test_a5_as_many_may_be_in_charge_as_have_external_members(parley, two):
    for number in range(101):
        person = replace(AIKO, member_id=derived_id(f"person {number}"), name=f"P{number}")
        asked = replace(two, external_member_id=f"{number}", person_in_charge_id=person.member_id)
        parley.store.members[person.organization_id, person.member_id] = person
        parley.store.external_members[asked.organization_id, asked.external_member_id] = asked

    names = {row.person_in_charge_name for row in grid(parley).rows}

    assert names == {AIKO.name} | {f"P{number}" for number in range(101)}


@pytest.mark.parametrize(
    ("asked", "field"),
    [({"days": 0}, "days"), ({"days": 32}, "days"), ({"zone_name": "Mars/Olympus"}, "time_zone")],
)
def test_a5_what_cannot_be_shown_is_named(parley, asked, field):
    with pytest.raises(InvalidInput) as refused:
        grid(parley, **asked)

    assert [problem.field for problem in refused.value.problems] == [field]


def test_a5_another_organization_sees_nobody(parley, two):
    other = replace(STAFF, organization=replace(ORGANIZATION, organization_id="another"))

    assert grid(parley, other).rows == ()


def test_a8_the_grid_is_off_as_well(parley):
    off = replace(STAFF, organization=replace(ORGANIZATION, features=frozenset()))

    with pytest.raises(FeatureDisabled):
        grid(parley, off)
