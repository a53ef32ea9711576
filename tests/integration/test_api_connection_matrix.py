"""C14, C15, C24 to C29, C35, C36, C40, C41: what the team has connected, as programs see it."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from handlers.wiring import adapters
from scheduling.adapters.dynamodb.access import DynamoDbSessions
from scheduling.adapters.dynamodb.organizations import member_item
from scheduling.domain.connections import ConnectionKey, ConnectionState, Provider
from scheduling.domain.identifiers import derived_id
from scheduling.domain.links import hashed
from scheduling.domain.people import Member, Role
from scheduling.domain.sessions import Session
from tests.support.builders import an_entry
from tests.support.connecting import a_connection
from tests.support.in_process import client
from tests.support.request_counter import counted_requests

NOW = datetime(2026, 12, 1, tzinfo=UTC)
CONNECTIONS = "/api/organization/connections"
REQUESTS = f"{CONNECTIONS}/requests"
POLICY = "/api/organization/integrations"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def admin(road, created):
    road.sign_in(created["sign_in_url"].rpartition("/l/")[2])
    return road.admin


@pytest.fixture
def ben(deployed, created):
    """A member whose sign-in at Google has expired."""
    organization_id = created["organization_id"]
    member = Member(
        derived_id("ben"), organization_id, "Ben Ode", "ben@hanami.example", Role.MEMBER, "UTC"
    )
    deployed.scheduling.put_new(member_item(member))
    connection = a_connection(
        key=ConnectionKey(organization_id, member.member_id, Provider.GOOGLE),
        account="ben@ode.example",
        state=ConnectionState.RECONNECT_REQUIRED,
        state_since=NOW - timedelta(days=1),
        connected_at=NOW - timedelta(days=9),
        verified_at=NOW - timedelta(days=2),
    )
    adapters().connections.put(connection, an_entry(organization_id=organization_id, at=NOW))
    return member


@pytest.fixture
def as_ben(deployed, ben):
    """A client that Ben is signed in with."""
    ends = NOW + timedelta(hours=1)
    session = Session(hashed("secret-of-ben"), ben.organization_id, ben.member_id, ends, ends)
    DynamoDbSessions(deployed.scheduling, deployed.access).add(session)
    with client() as signed_in:
        signed_in.headers["cookie"] = "__Host-session=secret-of-ben"
        yield signed_in


def test_c14_c40_a_platform_of_a_member_has_its_state_account_times_and_error(admin, ben):
    found = admin.get(CONNECTIONS, params={"q": "ben", "platform": "google_calendar"}).json()

    assert found["items"] == [
        {
            "member_id": ben.member_id,
            "member_name": "Ben Ode",
            "member_email": "ben@hanami.example",
            "platform": "google_calendar",
            "provider": "google",
            "connected": True,
            "state": "reconnect_required",
            "account": "ben@ode.example",
            "connected_at": "2026-11-22T00:00:00Z",
            "verified_at": "2026-11-29T00:00:00Z",
            "error": {
                "code": "reconnect_required",
                "reason": "The sign-in has expired, or access was withdrawn.",
                "fix": "Connect again with the same account.",
                "needs_human": True,
                "since": "2026-11-30T00:00:00Z",
            },
            "booking_pages": 0,
        }
    ]


def test_c24_c25_counts_are_those_of_the_rows(admin, ben):
    counts = admin.get(CONNECTIONS).json()["counts"]

    assert sum(each["count"] for each in counts) == 6
    for each in counts:
        which = {"platform": each["platform"], "state": each["state"]}
        found = admin.get(CONNECTIONS, params=which).json()
        assert len(found["items"]) == found["total"] == each["count"]


def test_the_matrix_comes_in_parts(admin, ben):
    first = admin.get(CONNECTIONS, params={"limit": 1}).json()
    second = admin.get(CONNECTIONS, params={"limit": 1, "cursor": first["next_cursor"]}).json()

    names = [each["member_name"] for part in (first, second) for each in part["items"]]
    assert names == ["Aiko Mori"] * 3 + ["Ben Ode"] * 3
    assert second["next_cursor"] is None
    assert admin.get(CONNECTIONS, params={"cursor": "x"}).status_code == 422


def test_c25_what_is_no_state_or_platform_names_its_field(admin):
    answer = admin.get(CONNECTIONS, params={"state": "fine", "platform": "fax"})

    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {"state", "platform"}


def test_the_matrix_costs_three_requests_beside_the_session(admin, ben):
    with counted_requests(adapters()._client) as counts:
        admin.get(CONNECTIONS)

    assert counts["Query"] == 3
    assert counts.keys() == {"Query", "GetItem"}


def test_c29_the_matrix_is_exported_without_formulas(admin, ben):
    connection = adapters().connections.of_member(ben.organization_id, ben.member_id)[0]
    adapters().connections.forget(connection)
    adapters().connections.put(a_connection(key=connection.key, account="=1+1"), an_entry(at=NOW))

    answer = admin.get(f"{CONNECTIONS}.csv", params={"state": "ok"})

    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [(row["Platform"], row["Account"]) for row in rows] == [
        ("Google Calendar", "'=1+1"),
        ("Google Meet", "'=1+1"),
    ]


def test_c26_c36_asking_to_reconnect_is_told_apart_from_asking_to_connect(admin, ben):
    asked = {
        platform: admin.post(REQUESTS, json={"member_id": ben.member_id, "platform": platform})
        for platform in ("google_meet", "zoom")
    }

    assert {answer.status_code for answer in asked.values()} == {202}
    assert asked["google_meet"].json()["asked_for"] == "reconnect"
    assert asked["zoom"].json()["asked_for"] == "connect"


def test_c26_the_fourth_time_a_day_is_too_often(admin, ben):
    wish = {"member_id": ben.member_id, "platform": "zoom"}

    answers = [admin.post(REQUESTS, json=wish) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]


def test_c15_an_admin_removes_what_a_member_has_connected(admin, ben):
    address = f"{CONNECTIONS}/{ben.member_id}/google"

    assert admin.delete(address).status_code == 204
    assert admin.delete(address).json()["code"] == "not_connected"
    found = admin.get(CONNECTIONS, params={"q": "ben"}).json()["items"]
    assert {each["state"] for each in found} == {"not_connected"}


def test_c28_c41_a_blocked_platform_is_refused_with_whom_to_turn_to(admin, ben):
    admin.patch("/api/organization", json={"support_contact": "extension 204"})
    policy = {
        "blocked_platforms": ["google_meet", "zoom"],
        "account_domains": ["hanami.example"],
        "other_accounts": "refused",
    }

    saved = admin.put(POLICY, json=policy).json()
    asked = admin.post(REQUESTS, json={"member_id": ben.member_id, "platform": "zoom"})

    still = {"platform": "google_meet", "account": "ben@ode.example"}
    assert saved == policy | {
        "version": 3,
        "still_connected": [{"member_id": ben.member_id, "member_name": "Ben Ode", **still}],
    }
    assert admin.get(POLICY).json() == saved
    assert asked.status_code == 403
    assert asked.json()["code"] == "blocked_by_policy"
    assert asked.json()["support_contact"] == "extension 204"


@pytest.mark.parametrize(
    "wrong",
    [
        {"blocked_platforms": ["fax"]},
        {"account_domains": ["nonsense"]},
        {"other_accounts": "ignored"},
    ],
)
def test_c28_what_is_no_policy_names_its_field(admin, wrong):
    policy = {"blocked_platforms": [], "account_domains": [], "other_accounts": "warned_of"}

    answer = admin.put(POLICY, json=policy | wrong)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith(next(iter(wrong)))


def test_c7_c13_c35_a_member_is_refused_all_of_it(as_ben, ben):
    wish = {"member_id": ben.member_id, "platform": "zoom"}
    policy = {"blocked_platforms": [], "account_domains": [], "other_accounts": "warned_of"}

    answers = [
        as_ben.get(CONNECTIONS),
        as_ben.get(f"{CONNECTIONS}.csv"),
        as_ben.post(REQUESTS, json=wish),
        as_ben.delete(f"{CONNECTIONS}/{ben.member_id}/google"),
        as_ben.get(POLICY),
        as_ben.put(POLICY, json=policy),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert adapters().connections.of_member(ben.organization_id, ben.member_id)[0].is_on
