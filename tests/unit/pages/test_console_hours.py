"""My hours: what people type, and what it means."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from handlers.pages.forms import Form
from handlers.pages.working_hours_form import (
    HoursReading,
    UnreadableSpans,
    form_of,
    parsed_dates,
    parsed_spans,
    written_spans,
)
from scheduling.domain.hours import ClockSpan, DateOverride, DateSpan, Travel, WeeklyHours
from scheduling.domain.slots import Limit, LimitPeriod
from scheduling.domain.working_hours import WorkingHours
from tests.support.builders import AIKO
from tests.unit.pages.test_injection import CORPUS, structure

if TYPE_CHECKING:
    from tests.unit.pages.site import Browser, Site

ADDRESS = "/console/working-hours"


def hours_form(**fields: str) -> dict[str, str]:
    return {
        "version": "0",
        "time_zone": "Asia/Tokyo",
        "weekdays.1": "9-12, 13-17",
        "weekdays.2": "09:00–17:30",
        "overrides": "2026-12-24 closed\n2026-12-25 10:00-14:00",
        "out_of_office": "2026-12-28 2027-01-03",
        "travel": "2027-02-01 2027-02-05 Europe/Berlin",
        "limits.day": "4",
    } | {name.replace("__", "."): value for name, value in fields.items()}


def stored(site: Site) -> WorkingHours:
    return site.adapters.working_hours.get(AIKO)


def spans(*pairs: tuple[int, int]) -> tuple[ClockSpan, ...]:
    return tuple(ClockSpan(start, end) for start, end in pairs)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", spans()),
        ("  ", spans()),
        ("closed", spans()),
        ("Closed", spans()),
        ("-", spans()),
        ("9-12", spans((540, 720))),
        ("09:00–12:00, 13:00–17:00", spans((540, 720), (780, 1020))),
        ("9:30 - 12; 13—17:05", spans((570, 720), (780, 1025))),
        ("9〜12、13~17", spans((540, 720), (780, 1020))),
        ("22-6", spans((1320, 360))),
        ("22:00-0:00", spans((1320, 1440))),
        ("0-24", spans((0, 1440))),
    ],
)
def test_hours_are_read_as_people_write_them(typed: str, meant: tuple[ClockSpan, ...]):
    assert parsed_spans(typed) == meant


@pytest.mark.parametrize("typed", ["9", "9-", "9-12-13", "nine", "9:60-12", "9-12 13-17", "9.5-10"])
def test_other_hours_are_not_guessed(typed: str):
    with pytest.raises(UnreadableSpans):
        parsed_spans(typed)


def test_hours_are_written_as_they_are_read():
    given = spans((540, 720), (780, 1440), (1320, 360))

    assert written_spans(given) == "09:00–12:00, 13:00–24:00, 22:00–06:00"
    assert parsed_spans(written_spans(given)) == given


@pytest.mark.parametrize(
    "typed",
    ["2026-12-28 2027-01-03", "2026-12-28 - 2027-01-03", "2026-12-28–2027-01-03"],
)
def test_a_first_and_a_last_day_are_read(typed: str):
    assert parsed_dates(typed) == DateSpan(date(2026, 12, 28), date(2027, 1, 3))


@pytest.mark.parametrize("typed", ["", "soon", "2026-12-28 soon", "2026-02-30", "28.12.2026"])
def test_other_days_are_not_guessed(typed: str):
    assert parsed_dates(typed) is None


def test_one_day_is_a_first_and_a_last():
    assert parsed_dates("2026-12-28") == DateSpan(date(2026, 12, 28), date(2026, 12, 28))


def test_everything_saved_comes_back_from_the_form():
    hours = WeeklyHours(
        "Asia/Tokyo",
        {1: spans((540, 720), (780, 1020)), 5: spans((1320, 360))},
        (
            DateOverride(date(2026, 12, 24), ()),
            DateOverride(date(2026, 12, 25), spans((600, 840))),
        ),
        (DateSpan(date(2026, 12, 28), date(2027, 1, 3)),),
        (Travel(DateSpan(date(2027, 2, 1), date(2027, 2, 5)), "Europe/Berlin"),),
    )
    limits = (Limit(LimitPeriod.DAY, 4), Limit(LimitPeriod.WEEK, 12))

    reading = HoursReading(form_of(WorkingHours("organization", "aiko", 3, hours, limits)))

    assert reading.hours() == hours
    assert reading.limits() == limits
    assert reading.mistakes == []


def test_blank_lines_are_passed_over_and_mistakes_name_their_own():
    reading = HoursReading(Form({"overrides": ["2026-12-24 closed\n\nChristmas"]}))

    reading.hours()

    assert [(mistake.field, mistake.line) for mistake in reading.mistakes] == [("overrides", 3)]


def test_before_the_first_save_the_usual_hours_are_shown(staff: Browser):
    page = staff.get(ADDRESS).body

    assert page.count('value="09:00–17:00"') == 5
    assert 'name="version" value="0"' in page


def test_hours_are_saved_and_shown(staff: Browser, site: Site):
    answer = staff.post(ADDRESS, hours_form())

    page = staff.get(answer.location).body
    assert answer.status == 303
    assert "All your booking pages follow these hours now." in page
    assert 'value="09:00–12:00, 13:00–17:00"' in page
    assert "2026-12-24 closed\n2026-12-25 10:00–14:00</textarea>" in page
    assert "2027-02-01 2027-02-05 Europe/Berlin</textarea>" in page
    assert stored(site).limits == (Limit(LimitPeriod.DAY, 4),)


@pytest.mark.parametrize(
    ("changes", "field", "line"),
    [
        ({"weekdays__2": "from nine"}, "weekdays-2", 0),
        ({"weekdays__1": "9-12, 11-13"}, "weekdays-1", 0),
        ({"weekdays__1": "9:02-12"}, "weekdays-1", 0),
        ({"weekdays__1": "9-25"}, "weekdays-1", 0),
        ({"overrides": "2026-12-24 closed\n\n2026-12-25"}, "overrides", 3),
        ({"overrides": "2026-12-24 closed\n\n2026-12-25 9-12,11-13"}, "overrides", 3),
        ({"overrides": "2026-12-24 closed\n2026-12-24 9-12"}, "overrides", 0),
        ({"out_of_office": "soon"}, "out_of_office", 1),
        ({"out_of_office": "\n2027-01-03 2026-12-28"}, "out_of_office", 2),
        ({"travel": "2027-02-01 2027-02-05"}, "travel", 1),
        ({"travel": "2027-02-01 2027-02-05 Berlin"}, "travel", 1),
        ({"travel": "2027-02-01 2027-02-05 UTC\n2027-02-05 2027-02-06 UTC"}, "travel", 0),
        ({"limits__day": "0"}, "limits-day", 0),
        ({"limits__week": "few"}, "limits-week", 0),
        ({"time_zone": "Mars/Olympus"}, "time_zone", 0),
    ],
)
def test_each_mistake_names_its_field_and_line(
    staff: Browser, site: Site, changes: dict[str, str], field: str, line: int
):
    answer = staff.post(ADDRESS, hours_form(**changes))

    assert answer.status == 422
    assert f'href="#{field}"' in answer.body
    assert f'id="{field}-problem"' in answer.body
    assert (f", line {line}</a>" in answer.body) == bool(line)
    assert stored(site).version == 0


def test_what_was_typed_is_kept_as_it_was(staff: Browser):
    answer = staff.post(ADDRESS, hours_form(weekdays__2="from nine"))

    assert 'value="from nine"' in answer.body
    assert 'value="9-12, 13-17"' in answer.body
    assert "2026-12-25 10:00-14:00</textarea>" in answer.body


def test_two_windows_do_not_overwrite_each_other_unknowingly(staff: Browser, site: Site):
    staff.post(ADDRESS, hours_form())

    refused = staff.post(ADDRESS, hours_form(weekdays__1="10-11"))
    kept = stored(site).hours.weekdays[1]
    again = staff.post(ADDRESS, hours_form(weekdays__1="10-11", version="1"))

    assert refused.status == 409
    assert "These hours were changed in another window" in refused.body
    assert 'name="version" value="1"' in refused.body
    assert 'value="10-11"' in refused.body
    assert kept == spans((540, 720), (780, 1020))
    assert again.status == 303
    assert stored(site).hours.weekdays[1] == spans((600, 660))


def test_typed_words_come_back_as_text(staff: Browser, site: Site):
    def typed(words: str) -> list[tuple[str, ...]]:
        answer = staff.post(ADDRESS, dict.fromkeys(hours_form(), words.replace("\u2028", " ")))
        return structure(answer.body)

    wanted = typed("harmless")
    for words in CORPUS:
        if len(words.splitlines()) == 1:
            assert typed(words) == wanted, words
