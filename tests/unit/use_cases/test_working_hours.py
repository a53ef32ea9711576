from dataclasses import replace
from datetime import date, timedelta

import pytest

from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.hours import ClockSpan, DateOverride, DateSpan, Travel, WeeklyHours
from scheduling.domain.identifiers import derived_id
from scheduling.domain.people import Role
from scheduling.domain.refusals import InvalidInput, NotAllowed, WorkingHoursChanged
from scheduling.domain.slots import Limit, LimitPeriod
from scheduling.use_cases.working_hours import save_working_hours, view_working_hours
from tests.support.builders import AIKO, STAFF
from tests.support.road import do, make_page, slots

TUESDAY_MORNING = WeeklyHours("UTC", {2: (ClockSpan(9 * 60, 10 * 60),)})


def save(parley, hours=TUESDAY_MORNING, limits=(), *, by=STAFF, version=0):
    return do(parley, save_working_hours, by, AIKO.member_id, hours, tuple(limits), version=version)


def test_until_they_say_otherwise_members_work_from_nine_to_five(parley):
    hours = do(parley, view_working_hours, STAFF, AIKO.member_id)

    assert hours.version == 0
    assert set(hours.hours.weekdays) == {1, 2, 3, 4, 5}


def test_saved_hours_are_what_pages_offer(parley):
    parley.clock -= timedelta(days=1)
    page = make_page(parley, HostKey(HostKind.MEMBER, AIKO.member_id))

    saved = save(parley)

    assert saved.version == 1
    assert slots(parley, page.slug) == ["09:00", "09:30"]


def test_of_two_tabs_the_later_save_is_told(parley):
    save(parley)

    with pytest.raises(WorkingHoursChanged):
        save(parley)


def test_members_change_only_their_own_hours(parley):
    somebody = replace(AIKO, member_id=derived_id("kenta"), role=Role.MEMBER)

    with pytest.raises(NotAllowed):
        save(parley, by=replace(STAFF, member=somebody))


def test_each_wrong_time_and_date_is_named(parley):
    backwards = DateSpan(date(2026, 12, 2), date(2026, 12, 1))
    hours = WeeklyHours(
        "Mars/Olympus",
        {
            1: (ClockSpan(9 * 60, 12 * 60), ClockSpan(11 * 60, 13 * 60)),
            2: (ClockSpan(9 * 60 + 1, 12 * 60),),
            3: (ClockSpan(0, 1445),),
            4: tuple(ClockSpan(60 * n, 60 * n + 5) for n in range(11)),
        },
        overrides=(
            DateOverride(date(2026, 12, 24), ()),
            DateOverride(date(2026, 12, 24), (ClockSpan(-5, 60),)),
        ),
        out_of_office=(backwards,),
        travel=(
            Travel(DateSpan(date(2026, 12, 1), date(2026, 12, 9)), "Europe/Berlin"),
            Travel(DateSpan(date(2026, 12, 9), date(2026, 12, 12)), "Nowhere"),
        ),
    )

    with pytest.raises(InvalidInput) as refused:
        save(parley, hours, [Limit(LimitPeriod.DAY, 1000)])

    assert [(problem.field, problem.code) for problem in refused.value.problems] == [
        ("time_zone", "unknown_time_zone"),
        ("weekdays.1", "overlapping"),
        ("weekdays.2.0", "off_grid"),
        ("weekdays.3.0", "out_of_range"),
        ("weekdays.4", "too_many"),
        ("overrides.1.spans.0", "out_of_range"),
        ("overrides", "repeated"),
        ("out_of_office.0.last", "end_before_start"),
        ("travel.1.time_zone", "unknown_time_zone"),
        ("travel", "overlapping"),
        ("limits.0.count", "out_of_range"),
    ]
