import copy
import json
import subprocess
import sys
from pathlib import Path

import pytest

from scheduling.conformance import main

FUNCTIONS = Path(__file__).parents[2] / "functions"

CASE = {
    "id": "two-hours-on-monday",
    "note": "Whatever helps people.",
    "input": {
        "time_zone": "Asia/Tokyo",
        "weekly_hours": [{"weekday": 1, "start": "09:00", "end": "11:00"}],
        "duration_minutes": 60,
        "range_start": "2026-10-05T00:00:00Z",
        "range_end": "2026-10-06T00:00:00Z",
        "now": "2026-09-28T00:00:00Z",
    },
    "expected": ["2026-10-05T00:00:00Z", "2026-10-05T01:00:00Z"],
    "expected_windows": [["2026-10-05T00:00:00Z", "2026-10-05T02:00:00Z"]],
}


def a_case(expected=(), **changes):
    """Return the case with other input, and the starts of slots that it expects."""
    case = copy.deepcopy(CASE)
    del case["expected_windows"]
    case["expected"] = [f"2026-10-05T{clock}:00Z" for clock in expected]
    case["input"] |= changes
    return case


@pytest.fixture
def check(tmp_path, capsys):
    """Check cases and return the exit status and what is printed."""

    def check_cases(content):
        path = tmp_path / "cases.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        status = main([path])
        return status, capsys.readouterr().out.replace(str(path), "cases.json").splitlines()

    return check_cases


def test_cases_that_hold_are_counted(check):
    assert check([CASE, CASE]) == (0, ["2 passed, 0 failed"])


def test_a_file_may_hold_one_case(check):
    assert check(CASE) == (0, ["1 passed, 0 failed"])


def test_a_case_whose_slots_differ_is_printed(check):
    case = a_case(["00:00"])

    status, printed = check([CASE, case])

    assert status == 1
    assert printed[0] == (
        "two-hours-on-monday: slots: expected 2026-10-05T00:00:00Z; "
        "got 2026-10-05T00:00:00Z 2026-10-05T01:00:00Z"
    )
    assert printed[1] == "1 passed, 1 failed"


def test_a_case_whose_windows_differ_is_printed(check):
    case = CASE | {"expected_windows": []}

    status, printed = check(case)

    assert status == 1
    assert printed[0] == (
        "two-hours-on-monday: windows: expected none; got 2026-10-05T00:00:00Z 2026-10-05T02:00:00Z"
    )
    assert printed[1] == "0 passed, 1 failed"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"time_zone": "Mars/Olympus"}, "input.time_zone: There is no time zone of this name"),
        ({"now": "2026-09-28T00:00:00"}, "input.now: Input should have timezone info"),
        ({"durations": 60}, "input.durations: Extra inputs are not permitted"),
        (
            {"weekly_hours": [{"weekday": 1, "start": "24:00", "end": "24:00"}]},
            "input.weekly_hours.0.start: String should match pattern",
        ),
    ],
)
def test_a_malformed_case_is_named_and_counted_as_failed(check, changes, problem):
    status, printed = check([CASE, a_case(**changes)])

    assert status == 1
    assert printed[0].startswith(f"two-hours-on-monday: malformed: {problem}")
    assert printed[1:] == ["1 passed, 1 failed"]


@pytest.mark.parametrize(
    ("case", "problem"),
    [
        ("a text", "cases.json, case 2: malformed: "),
        ({"id": "empty", "expected": []}, "empty: malformed: input: Field required"),
        (
            {key: CASE[key] for key in ("id", "input")},
            "two-hours-on-monday: malformed: case: It has no slots or windows to expect",
        ),
    ],
)
def test_what_is_no_case_is_counted_as_failed(check, case, problem):
    status, printed = check([CASE, case])

    assert status == 1
    assert printed[0].startswith(problem)
    assert printed[-1] == "1 passed, 1 failed"


def test_a_file_that_is_not_json_is_counted_as_failed(check):
    status, printed = check("{")

    assert status == 1
    assert printed[0].startswith("cases.json: Expecting property name")
    assert printed[1:] == ["0 passed, 1 failed"]


def test_a_file_that_is_not_there_is_counted_as_failed(tmp_path, capsys):
    assert main([tmp_path / "none.json"]) == 1
    assert capsys.readouterr().out.endswith("0 passed, 1 failed\n")


def test_an_external_member_has_windows_instead_of_weekly_hours(check):
    windows = [{"start": "2026-10-05T10:00:00Z", "end": "2026-10-05T11:00:00Z"}]

    assert check(a_case(["10:00"], windows=windows)) == (0, ["1 passed, 0 failed"])


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        ("all", []),
        ("any", ["00:00", "01:00", "03:00", "04:00"]),
        ({"any": 2}, ["03:00", "04:00"]),
    ],
)
def test_participants_have_hours_and_zones_of_their_own(check, hosts, expected):
    at_noon = {"weekly_hours": [{"weekday": 1, "start": "12:00", "end": "14:00"}]}
    in_kolkata = {
        "time_zone": "Asia/Kolkata",
        "weekly_hours": [{"weekday": 1, "start": "08:30", "end": "10:30"}],
    }
    at_nine = {"weekly_hours": CASE["input"]["weekly_hours"]}

    case = a_case(expected, hosts=hosts, participants=[at_noon, in_kolkata, at_nine])

    assert check(case) == (0, ["1 passed, 0 failed"])


def test_the_command_checks_files_and_exits_with_1_on_a_difference(tmp_path):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(CASE))
    bad.write_text(json.dumps(a_case()))

    done = subprocess.run(
        [sys.executable, "-m", "scheduling.conformance", good, bad],
        cwd=FUNCTIONS,
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert done.stdout.endswith("1 passed, 1 failed\n")
