"""The team in the JSON API: finding, changing and removing members.

Aiko is the admin and has just signed in; Ben is a member, who is signed in, too.
"""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from handlers.wiring import adapters
from scheduling.adapters.dynamodb.access import DynamoDbSessions
from scheduling.adapters.dynamodb.organizations import member_item, new_member_puts
from scheduling.adapters.dynamodb.table import transact
from scheduling.domain.identifiers import derived_id
from scheduling.domain.links import hashed
from scheduling.domain.people import Member, Role
from scheduling.domain.sessions import Session
from tests.support.builders import an_entry
from tests.support.in_process import client

NOW = datetime(2026, 11, 30, 15, tzinfo=UTC)
"""Midnight in Tokyo."""
BEN_ID = derived_id("ben")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveler:
        yield traveler


@pytest.fixture
def aiko(clock, road, created):
    road.day = NOW
    road.sign_in(created["sign_in_url"].rpartition("/l/")[2])
    return road


@pytest.fixture
def ben(deployed, created):
    member = Member(
        BEN_ID,
        created["organization_id"],
        "Ben Ode",
        "ben@hanami.example",
        Role.MEMBER,
        "UTC",
        manager_id=created["member_id"],
        joined_at=NOW,
    )
    transact(deployed.scheduling.client, new_member_puts(deployed.scheduling, member))
    return member


@pytest.fixture
def as_ben(deployed, ben):
    ends = NOW + timedelta(hours=1)
    session = Session(hashed("secret-of-ben"), ben.organization_id, BEN_ID, ends, NOW)
    DynamoDbSessions(deployed.scheduling, deployed.access).add(session)
    with client() as signed_in:
        signed_in.headers["cookie"] = "__Host-session=secret-of-ben"
        yield signed_in


def of(member_id=BEN_ID):
    return f"/api/members/{member_id}"


def refused(answer):
    return answer.status_code, answer.json()["code"]


def test_c30_members_are_listed_by_name_with_whom_they_report_to(aiko, ben):
    answer = aiko.admin.get("/api/members")

    aiko_, ben_ = answer.json()["items"]
    assert (aiko_["name"], aiko_["role"], aiko_["manager"]) == ("Aiko Mori", "admin", "")
    assert ben_ == {
        "member_id": BEN_ID,
        "name": "Ben Ode",
        "email": "ben@hanami.example",
        "role": "member",
        "time_zone": "UTC",
        "locale": "",
        "department_id": "",
        "department": "",
        "designation_id": "",
        "designation": "",
        "manager_id": ben.manager_id,
        "manager": "Aiko Mori",
        "state": "active",
        "joined_at": "2026-11-30T15:00:00Z",
        "removed_at": None,
        "version": 1,
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"q": " BEN "}, ["Ben Ode"]),
        ({"q": "@hanami"}, ["Aiko Mori", "Ben Ode"]),
        ({"role": "admin"}, ["Aiko Mori"]),
        ({"department_id": "design"}, []),
        ({"designation_id": "lead"}, []),
        ({"state": "removed"}, []),
    ],
)
def test_c30_members_are_filtered(aiko, ben, query, names):
    found = aiko.admin.get("/api/members", params=query).json()["items"]

    assert [member["name"] for member in found] == names


def test_c30_members_are_filtered_by_manager(aiko, ben):
    found = aiko.admin.get("/api/members", params={"manager_id": ben.manager_id}).json()["items"]

    assert [member["name"] for member in found] == ["Ben Ode"]


@pytest.mark.parametrize("query", [{"role": "boss"}, {"state": "asleep"}, {"q": "x" * 101}])
def test_a_filter_that_means_nothing_is_named(aiko, query):
    answer = aiko.admin.get("/api/members", params=query)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == list(query)


def test_b7_an_admin_changes_a_member_one_at_a_time(aiko, ben, created):
    answer = aiko.admin.patch(
        of(), json={"version": 1, "name": "Ben Okoro", "locale": "ja", "manager_id": ""}
    )

    assert answer.status_code == 200, answer.text
    assert answer.json()["version"] == 2
    assert aiko.admin.get(of()).json() == answer.json()
    assert (answer.json()["name"], answer.json()["manager_id"]) == ("Ben Okoro", "")
    assert aiko.admin.get("/api/members", params={"q": "okoro"}).json()["items"] == [answer.json()]


def test_each_field_that_cannot_be_is_named(aiko, ben):
    answer = aiko.admin.patch(
        of(), json={"version": 1, "name": "", "time_zone": "Mars", "department_id": "x"}
    )

    assert answer.status_code == 422
    named = [error["field"] for error in answer.json()["errors"]]
    assert named == ["name", "time_zone", "department_id"]


def test_a_change_to_what_somebody_else_changed_is_refused(aiko, ben):
    aiko.admin.patch(of(), json={"version": 1, "name": "Ben Okoro"})

    assert refused(aiko.admin.patch(of(), json={"version": 1, "name": "B"})) == (
        409,
        "member_changed",
    )


def test_b6_b16_a_member_may_not_change_another(as_ben, created):
    answer = as_ben.patch(of(created["member_id"]), json={"version": 1, "name": "X"})

    assert refused(answer) == (403, "not_allowed")


def test_b15_members_change_their_own_name_zone_and_language(as_ben):
    answer = as_ben.patch(
        "/api/me", json={"version": 1, "name": "Ben Okoro", "time_zone": "Asia/Tokyo", "locale": ""}
    )

    assert answer.status_code == 200, answer.text
    assert as_ben.get("/api/me").json() == answer.json()
    assert (answer.json()["name"], answer.json()["time_zone"]) == ("Ben Okoro", "Asia/Tokyo")


@pytest.mark.parametrize("field", ["role", "department_id", "designation_id", "manager_id"])
def test_b16_nobody_says_of_themselves_what_they_are(as_ben, field):
    answer = as_ben.patch("/api/me", json={"version": 1, field: "admin"})

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert refused(as_ben.patch(of(), json={"version": 1, "role": "admin"})) == (403, "not_allowed")
    assert as_ben.get("/api/me").json()["role"] == "member"


def test_t17_a_new_role_ends_the_sessions_under_the_old_one(aiko, as_ben):
    assert as_ben.get("/api/me").status_code == 200

    assert aiko.admin.patch(of(), json={"version": 1, "role": "admin"}).status_code == 200

    assert refused(as_ben.get("/api/me")) == (401, "sign_in_required")


def test_a_role_takes_a_proof_of_the_last_ten_minutes(aiko, ben, clock):
    clock.shift(timedelta(minutes=11))

    assert refused(aiko.admin.patch(of(), json={"version": 1, "role": "admin"})) == (
        403,
        "proof_required",
    )


def test_t15_the_last_admin_stays_admin_and_stays(aiko, ben, created):
    mine = of(created["member_id"])

    assert refused(aiko.admin.patch(mine, json={"version": 1, "role": "member"})) == (
        409,
        "last_admin",
    )
    assert refused(aiko.admin.delete(mine)) == (409, "last_admin")


def test_b21_who_has_nothing_is_removed_and_signed_out_at_once(aiko, as_ben):
    assert aiko.admin.delete(of()).status_code == 204

    assert as_ben.get("/api/me").status_code == 401
    [gone] = aiko.admin.get("/api/members", params={"state": "removed"}).json()["items"]
    assert (gone["name"], gone["removed_at"]) == ("Ben Ode", "2026-11-30T15:00:00Z")
    assert [item["name"] for item in aiko.admin.get("/api/members").json()["items"]] == [
        "Aiko Mori"
    ]
    assert refused(aiko.admin.delete(of())) == (404, "member_not_found")


def test_b21_who_has_something_is_removed_once_somebody_else_has_it(aiko, ben, created):
    slug = aiko.make_page({"kind": "member", "host_id": BEN_ID})["slug"]
    start = datetime.fromisoformat(aiko.slots(slug)[-1])
    booked = aiko.post_booking(slug, start).json()
    kenji = aiko.invite(person_in_charge_id=BEN_ID)

    answer = aiko.admin.delete(of())

    assert refused(answer) == (409, "not_handed_over")
    left = answer.json()["left"]
    assert left["bookings"] == {"count": 1, "ids": [booked["booking_id"]]}
    assert left["external_members"] == {"count": 1, "ids": [kenji["external_member_id"]]}
    assert left["booking_pages"]["count"] == 2
    assert set(left["booking_pages"]["ids"]) == {kenji["booking_page"]["slug"], slug}
    assert refused(aiko.admin.delete(of(), params={"hand_over_to": "nobody"})) == (
        422,
        "invalid_input",
    )
    done = aiko.admin.delete(of(), params={"bookings": "cancel"})
    assert done.status_code == 204, done.text
    assert aiko.admin.get(f"/api/bookings/{booked['booking_id']}").json()["state"] == "cancelled"
    external = adapters().external_members.get(
        created["organization_id"], kenji["external_member_id"]
    )
    assert external.person_in_charge_id == created["member_id"]


def test_b21_an_address_stays_with_who_had_it(aiko, ben):
    aiko.admin.delete(of())

    [kept] = adapters().members.with_email(ben.email)
    assert kept.member_id == BEN_ID


def test_only_admins_remove(as_ben, created):
    assert refused(as_ben.delete(of(created["member_id"]))) == (403, "not_allowed")


def test_t25_members_are_exported_as_a_table_without_formulas(aiko, ben):
    evil = replace(ben, name='=HYPERLINK("https://evil.example")', version=2)
    adapters().members.replace(evil, an_entry(organization_id=ben.organization_id))

    answer = aiko.admin.get("/api/members.csv")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[1:4] for row in rows] == [
        ["E-mail", "Name", "Role"],
        ["ben@hanami.example", '\'=HYPERLINK("https://evil.example")', "member"],
        ["aiko@hanami.example", "Aiko Mori", "admin"],
    ]


def test_only_admins_export(as_ben):
    assert refused(as_ben.get("/api/members.csv")) == (403, "not_allowed")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_s1_a_member_of_another_organization_does_not_exist(aiko, deployed, method):
    other = Member(
        derived_id("eve"), derived_id("other"), "Eve", "eve@x.example", Role.MEMBER, "UTC"
    )
    deployed.scheduling.put_new(member_item(other))

    answer = aiko.admin.request(
        method, of(other.member_id), json={"version": 1} if method == "PATCH" else None
    )

    assert refused(answer) == (404, "member_not_found")
