"""Members from a file over the JSON API, with the worker that goes through it.

Aiko is the admin and has just signed in; the team has one department and one designation.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine

from handlers.streams.import_members import handler as import_members
from handlers.wiring import adapters
from tests.support.in_process import LambdaContext

NOW = datetime(2026, 11, 30, 15, tzinfo=UTC)
IMPORTS = "/api/members/imports"
AIKO = "aiko@hanami.example"


class Patient(LambdaContext):
    """A run that has all the time in the world."""

    def get_remaining_time_in_millis(self):
        return 120_000


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def aiko(clock, road, created):
    road.sign_in(created["sign_in_url"].rpartition("/l/")[2])
    for part in ("departments", "designations"):
        road.admin.post(f"/api/directory/{part}", json={"name": "Design"})
    return road.admin


def csv_of(*rows):
    return "\n".join(["email,name,role,department,designation,manager", *rows])


def new(email, department="Design"):
    return f"{email},,member,{department},Design,{AIKO}"


def send(aiko, body, content_type="text/csv", **parameters):
    return aiko.post(
        IMPORTS, content=body, params=parameters, headers={"content-type": content_type}
    )


def take_in(aiko, body):
    answer = send(aiko, body)
    assert answer.status_code == 202, answer.text
    return answer.json()


def look(aiko, started):
    return aiko.get(f"{IMPORTS}/{started['import_id']}").json()


def run(context=None):
    return import_members({}, context or Patient())["done"]


def invitations():
    found, cursor = [], None
    organization_id = adapters().members.with_email(AIKO)[0].organization_id
    while True:
        part = adapters().invitations.list(organization_id, cursor=cursor, limit=100)
        found += part.items
        cursor = part.next_cursor
        if cursor is None:
            return found


def test_b8_good_rows_are_done_and_bad_ones_named_and_the_same_again_changes_nothing(aiko):
    rows = [new(f"m{number}@hanami.example") for number in range(28)]
    rows[3:3] = rows[20:20] = [new("bad@hanami.example", department="Nowhere")]
    file = csv_of(*rows)

    started = take_in(aiko, file)
    assert (started["state"], started["done"]) == ("running", 0)
    assert run() == 30

    done = look(aiko, started)
    assert done["state"] == "done"
    assert done["counts"] == {"created": 28, "updated": 0, "unchanged": 0, "error": 2}
    named = [result for result in done["results"] if result["outcome"] == "error"]
    assert [(result["row"], result["problem"]["column"]) for result in named] == [
        (5, "department"),
        (22, "email"),
    ]

    again = take_in(aiko, file)
    run()
    assert look(aiko, again)["counts"] == {"created": 0, "updated": 0, "unchanged": 28, "error": 2}
    assert len(invitations()) == 28


def test_b8_a_run_without_time_leaves_the_rest_to_the_next(aiko):
    started = take_in(aiko, csv_of(*(new(f"m{number}@hanami.example") for number in range(30))))

    assert run(LambdaContext()) == 0
    with time_machine.travel(NOW.replace(minute=5), tick=False):
        assert run() == 30

        assert look(aiko, started)["counts"]["created"] == 30
    assert len(invitations()) == 30


def test_b8_a_dry_run_tells_of_each_row_and_does_nothing(aiko):
    answer = send(aiko, csv_of(new("ana@x.example"), "nonsense", AIKO), dry_run="true")

    assert answer.status_code == 202, answer.text
    assert answer.json()["state"] == "checked"
    results = [
        (found["row"], found["email"], found["outcome"]) for found in answer.json()["results"]
    ]
    assert results == [
        (2, "ana@x.example", "created"),
        (3, "nonsense", "error"),
        (4, AIKO, "unchanged"),
    ]
    assert run() == 0
    assert invitations() == []


def test_b8_rows_come_as_json_too(aiko):
    answer = aiko.post(IMPORTS, json={"rows": [{"email": AIKO, "name": "Aiko Sato"}]})
    run()

    assert look(aiko, answer.json())["counts"]["updated"] == 1
    assert aiko.get("/api/me").json()["name"] == "Aiko Sato"


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        ("email\n" + "a@x.example\n" * 501, 413, None),
        ("email\n" + "\n" * 1_000_000, 413, None),
        ("email,shoe size\n", 422, ["columns.shoe size"]),
        ("email,microsoft_365_account\n", 422, ["columns.microsoft_365_account"]),
        ("email\n", 422, ["rows"]),
        ("name\nAna\n", 422, ["columns.email"]),
    ],
)
def test_t24_what_is_wrong_with_a_file_is_named(aiko, body, status, named):
    answer = send(aiko, body)

    assert answer.status_code == status
    if named:
        assert [error["field"] for error in answer.json()["errors"]] == named
    else:
        assert answer.json()["code"] == "batch_too_large"


def test_a_file_is_taken_in_once_under_its_key(aiko):
    headers = {"Idempotency-Key": "a", "content-type": "text/csv"}
    first, second = (
        aiko.post(IMPORTS, content=csv_of(new("ana@x.example")), headers=headers) for _ in range(2)
    )
    other = aiko.post(IMPORTS, content=csv_of(new("eva@x.example")), headers=headers)

    assert first.json() == second.json()
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


def test_an_import_that_there_is_not(aiko):
    answer = aiko.get(f"{IMPORTS}/nothing")

    assert (answer.status_code, answer.json()["code"]) == (404, "import_not_found")
