"""Signing up, choosing an organization, and signing out everywhere, as programs do it."""

from dataclasses import replace

import pytest

from handlers.wiring import adapters
from scheduling.adapters.dynamodb.organizations import new_member_puts
from scheduling.adapters.dynamodb.table import decoded, transact
from scheduling.domain.identifiers import derived_id
from scheduling.domain.people import Organization, Role
from scheduling.use_cases.links import link_address
from tests.support.builders import an_entry

SIGN_UP = {
    "organization_name": "Kite Lab",
    "name": "Ben Ode",
    "email": "ben@kite.example",
    "time_zone": "Europe/Paris",
}
KITE = Organization(derived_id("kite"), "Kite Lab", "Europe/Paris")


def mailed_token(deployed):
    """Return the token of the link that was asked for last."""
    items = deployed.access.client.scan(TableName=deployed.access.name)["Items"]
    links = [row for row in map(decoded, items) if row.get("code_hash")]
    latest = max(links, key=lambda row: row["created_at"])
    link = adapters().links.get(latest["link_id"])
    return link_address("", link, adapters().link_keys).rpartition("/l/")[2]


@pytest.fixture
def aiko(road, created):
    """The admin, signed in."""
    road.sign_in(created["sign_in_url"].rpartition("/l/")[2])
    return adapters().members.get(created["organization_id"], created["member_id"])


@pytest.fixture
def ben(road, aiko, deployed):
    """A member who is no admin, signed in."""
    ben = replace(aiko, member_id=derived_id("ben"), email="ben@hanami.example", role=Role.MEMBER)
    transact(deployed.scheduling.client, new_member_puts(deployed.scheduling, ben))
    road.public.post("/api/sign-in-requests", json={"email": ben.email})
    road.public.post("/api/sessions", json={"token": mailed_token(deployed)})
    return ben


def test_the_first_admin_starts_the_organization_and_is_in(road, deployed):
    asked = road.public.post("/api/sign-ups", json=SIGN_UP | {"email": "First@hanami.example"})

    done = road.public.post("/api/sessions", json={"token": mailed_token(deployed)})

    assert (asked.status_code, list(asked.json())) == (202, ["code"])
    assert done.status_code == 204
    who = road.public.get("/api/sessions/current").json()
    assert (who["organization_name"], who["email"], who["role"]) == (
        "Kite Lab",
        "first@hanami.example",
        "admin",
    )


def test_where_sign_up_is_closed_nobody_else_gets_in_and_nobody_is_told(road, deployed):
    asked = road.public.post("/api/sign-ups", json=SIGN_UP)

    done = road.public.post("/api/sessions", json={"token": mailed_token(deployed)})

    assert (asked.status_code, list(asked.json())) == (202, ["code"])
    assert (done.status_code, done.json()["code"]) == (404, "link_not_found")


def test_where_sign_up_is_open_everybody_may(road, deployed, monkeypatch):
    monkeypatch.setenv("SIGN_UP", "open")
    road.public.post("/api/sign-ups", json=SIGN_UP)

    assert (
        road.public.post("/api/sessions", json={"token": mailed_token(deployed)}).status_code == 204
    )


def test_whoever_belongs_to_several_organizations_is_asked_which_one(road, aiko, deployed):
    there = replace(aiko, member_id=derived_id("there"), organization_id=KITE.organization_id)
    adapters().organizations.add(KITE, there, an_entry(organization_id=KITE.organization_id))
    road.public.post("/api/sign-in-requests", json={"email": aiko.email})
    token = mailed_token(deployed)

    asked = road.public.post("/api/sessions", json={"token": token})
    chosen = road.public.post(
        "/api/sessions", json={"token": token, "organization_id": KITE.organization_id}
    )

    assert (asked.status_code, asked.json()["code"]) == (409, "organization_choice_required")
    assert asked.json()["organizations"] == [
        {"organization_id": aiko.organization_id, "name": "Hanami Studio"},
        {"organization_id": KITE.organization_id, "name": "Kite Lab"},
    ]
    assert chosen.status_code == 204
    assert road.public.get("/api/sessions/current").json()["organization_name"] == "Kite Lab"


def test_t16_a_second_sign_in_ends_the_session_that_the_browser_had(road, aiko, deployed):
    code = road.admin.post("/api/sign-in-requests", json={"email": aiko.email}).json()["code"]
    session = {"token": mailed_token(deployed), "code": code}

    again = road.admin.post("/api/sessions", json=session)

    assert again.status_code == 204
    assert road.admin.get("/api/sessions/current").status_code == 401


def test_t17_signing_out_everywhere_ends_each_session(road, aiko, deployed):
    road.public.post("/api/sign-in-requests", json={"email": aiko.email})
    road.public.post("/api/sessions", json={"token": mailed_token(deployed)})

    assert road.public.delete("/api/sessions").status_code == 204

    assert road.admin.get("/api/sessions/current").status_code == 401


def test_an_admin_signs_a_member_out_and_a_member_no_admin(road, aiko, ben):
    refused = road.public.delete(f"/api/members/{aiko.member_id}/sessions")
    done = road.admin.delete(f"/api/members/{ben.member_id}/sessions")

    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert done.status_code == 204
    assert road.public.get("/api/sessions/current").status_code == 401
    assert road.admin.get("/api/sessions/current").status_code == 200


def test_a_member_signs_themselves_out_everywhere(road, ben):
    assert road.public.delete("/api/members/me/sessions").status_code == 204

    assert road.public.get("/api/sessions/current").status_code == 401


def test_nobody_signs_out_a_member_of_another_organization(road, aiko):
    stranger = replace(aiko, member_id=derived_id("stranger"), organization_id=KITE.organization_id)
    adapters().organizations.add(KITE, stranger, an_entry(organization_id=KITE.organization_id))

    answers = [
        road.admin.delete(f"/api/members/{member_id}/sessions")
        for member_id in (stranger.member_id, derived_id("nobody"))
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()


def test_half_a_character_in_json_is_refused_with_the_name_of_the_field(road):
    answer = road.public.post(
        "/api/sessions",
        content=r'{"token": "x", "code": "\ud800"}',
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == ["code"]
