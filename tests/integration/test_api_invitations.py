"""The team's invitations and its directory in the JSON API."""

import pytest

from handlers.wiring import adapters
from scheduling.domain.links import token_for
from tests.support.in_process import client

BEN = "ben@hanami.example"


@pytest.fixture
def admin(road, created):
    road.sign_in(created["sign_in_url"].rpartition("/l/")[2])
    return road.admin


@pytest.fixture
def placement(admin, created):
    department = admin.post("/api/directory/departments", json={"name": "Design"}).json()
    designation = admin.post("/api/directory/designations", json={"name": "Designer"}).json()
    return {
        "department_id": department["department_id"],
        "designation_id": designation["designation_id"],
        "manager_id": created["member_id"],
    }


def token_of(created, email=BEN):
    """Return the token in the latest mail to an address."""
    organization_id = created["organization_id"]
    invitation = adapters().invitations.open_to(organization_id, [email])[email]
    return token_for(adapters().links.get(invitation.link_id), adapters().link_keys.current())


def accept(token, name="Ben Ode", time_zone="Europe/London"):
    with client() as browser:
        return browser.post(
            "/api/invitations/acceptance",
            json={"token": token, "name": name, "time_zone": time_zone},
        )


def codes(answer):
    return {error["field"]: error["code"] for error in answer.json()["errors"]}


def test_c4_from_the_invitation_to_the_first_look_around(admin, created, placement):
    invited = admin.post("/api/invitations", json={"emails": f"{BEN}; ben@", **placement})
    [waiting] = admin.get("/api/invitations").json()["items"]

    accepted = accept(token_of(created))

    assert [result["outcome"] for result in invited.json()["results"]] == [
        "invited",
        "invalid_email",
    ]
    assert (waiting["email"], waiting["state"], waiting["delivery"]) == (BEN, "pending", "queued")
    assert accepted.status_code == 204
    session = {"cookie": accepted.headers["set-cookie"].partition(";")[0]}
    with client() as browser:
        who = browser.get("/api/sessions/current", headers=session).json()
        forbidden = browser.get("/api/invitations", headers=session)
    assert (who["name"], who["email"], who["role"]) == ("Ben Ode", BEN, "member")
    assert forbidden.status_code == 403
    assert admin.get("/api/invitations").json()["items"] == []
    member = adapters().members.get(created["organization_id"], who["member_id"])
    assert {
        "department_id": member.department_id,
        "designation_id": member.designation_id,
        "manager_id": member.manager_id,
    } == placement


def test_c17_addresses_are_also_taken_as_a_list(admin, placement):
    answer = admin.post(
        "/api/invitations", json={"emails": [BEN, " BEN@hanami.example"], **placement}
    )

    assert [result["email"] for result in answer.json()["results"]] == [BEN]


def test_c18_c19_c20_each_missing_field_is_named(admin, placement):
    answer = admin.post("/api/invitations", json={"emails": ""})

    assert answer.status_code == 422
    assert codes(answer) == {
        "emails": "missing",
        "department_id": "missing",
        "designation_id": "missing",
        "manager_id": "missing",
    }


def test_c22_the_same_key_invites_once(admin, placement):
    headers = {"Idempotency-Key": "k"}
    first, again = (
        admin.post("/api/invitations", json={"emails": BEN, **placement}, headers=headers)
        for _ in range(2)
    )
    other = placement | {"role": "admin"}

    reused = admin.post("/api/invitations", json={"emails": BEN, **other}, headers=headers)

    assert first.json() == again.json()
    assert reused.status_code == 409
    assert reused.json()["code"] == "idempotency_key_reused"
    assert admin.get("/api/invitations").json()["items"][0]["number"] == 1


def test_c39_sending_again_replaces_the_link_and_revoking_ends_it(admin, created, placement):
    admin.post("/api/invitations", json={"emails": BEN, **placement})
    [waiting] = admin.get("/api/invitations").json()["items"]
    address = f"/api/invitations/{waiting['invitation_id']}"
    old = token_of(created)

    again = admin.post(f"{address}/resend")
    new = token_of(created)
    replaced = accept(old)
    revoked = admin.delete(address)

    assert (again.status_code, again.json()["number"]) == (202, 2)
    assert (replaced.status_code, replaced.json()["code"]) == (410, "link_replaced")
    assert revoked.status_code == 204
    ended = accept(new)
    assert (ended.status_code, ended.json()["code"]) == (410, "invitation_revoked")
    assert admin.delete(address).status_code == 409
    assert admin.post(f"{address}/resend").status_code == 409
    assert admin.delete("/api/invitations/nothing").status_code == 404


def test_c23_a_link_is_accepted_once(admin, created, placement):
    admin.post("/api/invitations", json={"emails": BEN, **placement})
    token = token_of(created)

    answers = [accept(token) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [204, 410, 410]
    assert answers[1].json()["code"] == "link_used"


def test_mistakes_of_whoever_joins_are_named(admin, created, placement):
    admin.post("/api/invitations", json={"emails": BEN, **placement})

    answer = accept(token_of(created), name="", time_zone="Mars/Olympus")

    assert codes(answer) == {"name": "missing", "time_zone": "unknown_time_zone"}


def test_departments_are_kept_by_admins_and_seen_by_all(admin, created, placement):
    departments = "/api/directory/departments"
    headers = {"Idempotency-Key": "k"}
    sales = admin.post(departments, json={"name": "Sales"}, headers=headers)
    again = admin.post(departments, json={"name": "Sales"}, headers=headers)
    taken = admin.post(departments, json={"name": "SALES"})
    one = f"{departments}/{sales.json()['department_id']}"
    renamed = admin.patch(one, json={"name": "Trade"})
    listed = admin.get("/api/directory").json()
    removed = admin.delete(one)

    assert (sales.status_code, again.status_code) == (201, 201)
    assert sales.json() == again.json()
    assert codes(taken) == {"name": "taken"}
    assert renamed.json()["name"] == "Trade"
    assert [each["name"] for each in listed["departments"]] == ["Design", "Trade"]
    assert [each["name"] for each in listed["designations"]] == ["Designer"]
    assert (removed.status_code, admin.delete(one).status_code) == (204, 404)


def test_a_designation_is_renamed_and_removed(admin, placement):
    one = f"/api/directory/designations/{placement['designation_id']}"

    assert admin.patch(one, json={"name": "Art director"}).json()["name"] == "Art director"
    assert admin.delete(one).status_code == 204
    assert admin.get("/api/directory").json()["designations"] == []
