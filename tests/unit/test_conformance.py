"""The published cases, which the engine and brute force both have to pass."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from scheduling.conformance import Case, cases_in, main
from tests.support import brute_force

FILES = sorted((Path(__file__).parents[1] / "conformance").glob("*.json"))
CASES = [case for file in FILES for case in cases_in(file)]


def instant(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def test_every_published_case_passes(capsys):
    status = main(FILES)

    assert capsys.readouterr().out == f"{len(CASES)} passed, 0 failed\n"
    assert status == 0


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_brute_force_finds_what_every_case_expects(case):
    read = Case.model_validate(case)
    hosts, within = read.input.times_of_hosts(), read.input.within()

    if read.expected is not None:
        starts = brute_force.open_starts(
            read.input.rules(), hosts, read.input.needed(), within, read.input.now
        )
        assert [instant(start) for start in starts] == [*read.expected]
    if read.expected_windows is not None:
        windows = brute_force.open_windows(hosts, within)
        assert [(instant(start), instant(end)) for start, end in windows] == [
            *read.expected_windows
        ]


def test_a_case_that_expects_a_wrong_slot_is_reported(tmp_path, capsys):
    wrong = CASES[0] | {"id": "wrong", "expected": ["2026-10-05T09:01:00Z"]}
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps([CASES[0], wrong]))

    status = main([file])

    *reported, summary = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in reported] == ["wrong"]
    assert summary == "1 passed, 1 failed"
    assert status == 1


def test_every_case_has_an_id_of_its_own_and_a_note():
    assert [id_ for id_, times in Counter(case["id"] for case in CASES).items() if times > 1] == []
    assert [case["id"] for case in CASES if not case["note"].endswith(".")] == []


def test_there_are_cases_for_every_field_and_for_the_clock_changes_of_many_zones():
    inputs = [case["input"] for case in CASES]
    parts = [part for each in inputs for part in [each, *each.get("participants", ())]]

    assert len(CASES) >= 150
    assert {field for part in parts for field in part} == FIELDS
    assert len({each["time_zone"] for each in inputs if around_a_clock_change(each)}) >= 12


FIELDS = {
    *("time_zone", "weekly_hours", "date_overrides", "out_of_office", "travel", "windows", "busy"),
    *("hosts", "participants", "duration_minutes", "interval_minutes", "minimum_notice_minutes"),
    *("buffer_before_minutes", "buffer_after_minutes", "buffer_rule", "horizon_days"),
    *("horizon_dates", "limits", "bookings", "range_start", "range_end", "now"),
}


def around_a_clock_change(asked):
    zone = ZoneInfo(asked["time_zone"])
    first, last = (datetime.fromisoformat(asked[end]) for end in ("range_start", "range_end"))
    return first.astimezone(zone).utcoffset() != last.astimezone(zone).utcoffset()
