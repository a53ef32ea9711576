"""The log in the JSON API and as a table (E9, T25), over the functions as they are deployed."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from handlers.wiring import adapters
from scheduling.adapters.dynamodb.access import DynamoDbSessions
from scheduling.adapters.dynamodb.organizations import member_item
from scheduling.domain.audit import Activity
from scheduling.domain.links import hashed
from scheduling.domain.people import Member, Role
from scheduling.domain.sessions import Session
from scheduling.ports import EntryFilter
from tests.support.builders import an_entry
from tests.support.in_process import client

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def admin(road, created):
    road.sign_in(created["sign_in_url"].rpartition("/l/")[2])
    return road.admin


def activities(answer):
    return [entry["activity"] for entry in answer.json()["items"]]


def test_e9_signing_in_and_out_is_in_the_log_with_the_network(road, admin, created, clock):
    signed_in = admin.get("/api/activity", params={"activity": "signed_in"}).json()["items"]

    [entry] = signed_in
    assert entry["at"] == NOW.isoformat().replace("+00:00", "Z")
    assert (entry["actor"]["kind"], entry["actor"]["name"]) == ("member", "Aiko Mori")
    assert entry["actor"]["network"].endswith("/24")
    assert entry["subject"] == {"kind": "organization", "subject_id": "", "name": ""}

    for _ in range(2):
        admin.delete("/api/sessions/current")
    log = adapters().audit_log
    found = log.list(
        created["organization_id"], EntryFilter(activity=Activity.SIGNED_OUT), cursor=None, limit=9
    )
    assert len(found.items) == 1


def test_e9_entries_are_filtered_and_paged(admin, clock):
    for name in ("Design", "Planning", "Garden"):
        clock.shift(timedelta(minutes=1))
        admin.post("/api/directory/departments", json={"name": name})

    first = admin.get("/api/activity", params={"activity": "directory_edited", "limit": 2})
    more = {"activity": "directory_edited", "limit": 2, "cursor": first.json()["next_cursor"]}
    rest = admin.get("/api/activity", params=more)
    late = (NOW + timedelta(minutes=3)).isoformat()

    assert activities(first) + activities(rest) == ["directory_edited"] * 3
    assert first.json()["items"][0]["facts"] == {"part": "departments", "change": "added"}
    [latest] = admin.get("/api/activity", params={"after": late}).json()["items"]
    by_subject = {"subject_id": latest["subject"]["subject_id"]}
    assert admin.get("/api/activity", params=by_subject).json()["items"] == [latest]
    by_nobody = admin.get("/api/activity", params={"actor_id": "nobody"}).json()["items"]
    assert by_nobody == []
    before = admin.get("/api/activity", params={"before": late})
    assert activities(before).count("directory_edited") == 2


def test_what_no_activity_is_called_is_refused(admin):
    for params in ({"activity": "flown_away"}, {"limit": 51}, {"cursor": "x"}):
        assert admin.get("/api/activity", params=params).status_code == 422


def test_e9_only_admins_read_the_log(deployed, created):
    ben = Member(
        "ben", created["organization_id"], "Ben Ode", "ben@hanami.example", Role.MEMBER, "UTC"
    )
    deployed.scheduling.put_new(member_item(ben))
    ends = NOW + timedelta(hours=1)
    session = Session(hashed("secret-of-ben"), ben.organization_id, ben.member_id, ends, NOW)
    DynamoDbSessions(deployed.scheduling, deployed.access).add(session)

    with client() as as_ben:
        as_ben.headers["cookie"] = "__Host-session=secret-of-ben"
        for path in ("/api/activity", "/api/activity.csv"):
            assert as_ben.get(path).status_code == 403


def test_e9_t25_the_log_is_a_table_in_which_no_name_is_a_formula(admin, created):
    me = admin.get("/api/me").json()
    admin.patch("/api/me", json={"version": me["version"], "name": '=HYPERLINK("//evil.example")'})

    answer = admin.get("/api/activity.csv", params={"activity": "member_edited"})

    assert answer.headers["content-disposition"] == 'attachment; filename="activity.csv"'
    heading, row = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    told = dict(zip(heading, row, strict=True))
    assert told["Name"] == told["About"] == '\'=HYPERLINK("//evil.example")'
    assert told["Activity"] == "member_edited"
    assert told["Details"] == "fields: name"
    assert told["At (UTC)"] == "2026-11-28T09:00:00Z"
    assert told["At (Asia/Tokyo)"] == "2026-11-28 18:00"


def test_another_organization_is_in_no_part_of_the_log(admin, deployed):
    adapters().audit_log.add(an_entry())

    assert "member_edited" not in activities(admin.get("/api/activity"))
