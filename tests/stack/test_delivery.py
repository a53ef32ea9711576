"""E7: what becomes of mails drives the ledger, from SES's mailbox simulator to the API."""

from __future__ import annotations

import time

import pytest

from scheduling.domain.identifiers import new_id
from tests.support.api_road import Road
from tests.support.deployed import SECONDS_FOR_A_MAIL, an_address, link_in, token_in


def of_simulator(what):
    """Return an address that nobody else has, and that stands for what becomes of mails to it."""
    return f"{what}+{new_id()}@simulator.amazonses.com"


def signed_in(stack, admin, public):
    road = Road(admin, public)
    road.sign_in(token_in(stack.create_organization()["sign_in_url"]))
    return road


@pytest.fixture
def road(stack):
    with stack.client() as admin, stack.client() as public:
        yield signed_in(stack, admin, public)


@pytest.fixture
def neighbor(stack):
    """Another organization."""
    with stack.client() as admin, stack.client() as public:
        yield signed_in(stack, admin, public)


def address_of(member):
    return f"/api/external-members/{member['external_member_id']}"


def wait_for(road, member, state):
    """Return the latest mail to an external member as soon as it has come to a state."""
    deadline = time.monotonic() + SECONDS_FOR_A_MAIL
    while True:
        latest, *_ = road.admin.get(f"{address_of(member)}/deliveries").json()["items"]
        if latest["state"] == state:
            return latest
        assert time.monotonic() < deadline, latest
        time.sleep(0.1)


def test_e7_a_mail_that_arrives_is_delivered(road):
    member = road.invite(email=of_simulator("success"))

    delivered = wait_for(road, member, "delivered")

    assert delivered["sent_at"] <= delivered["delivered_at"]
    seen = road.admin.get(address_of(member)).json()
    assert seen["request"]["delivery"] == "delivered"


def test_e7_a_bounced_address_is_not_asked_again_until_it_is_said_to_work(stack, road):
    member = road.invite(email=of_simulator("bounce"))

    bounced = wait_for(road, member, "bounced")

    assert bounced["bounce"]["kind"] == "permanent"
    assert bounced["bounce"]["diagnosis"] == "smtp; 550 5.1.1 user unknown"
    page = road.admin.get(f"/console/external-members/{member['external_member_id']}").text
    assert "Mail came back" in page
    again = f"{address_of(member)}/availability-requests"
    refused = road.admin.post(again)
    assert (refused.status_code, refused.json()["code"]) == (409, "address_suppressed")

    link = road.admin.post(f"{address_of(member)}/link").json()["url"]
    [mail] = stack.mails_to(member["email"])
    assert link == link_in(mail)
    assert road.public.get(f"/l/{token_in(link)}").status_code == 200

    assert road.admin.delete(f"{address_of(member)}/suppression").status_code == 204
    assert road.admin.post(again).status_code == 202
    assert len(stack.wait_for_mails(member["email"], 2)) == 2


def test_e7_t41_complaints_pause_an_organization_and_no_other_until_an_admin_goes_on(
    stack, road, neighbor
):
    for _ in range(2):
        member = road.invite(email=of_simulator("complaint"))
        complained = wait_for(road, member, "complained")
        assert complained["delivered_at"] is not None
        refused = road.admin.delete(f"{address_of(member)}/suppression")
        assert (refused.status_code, refused.json()["reason"]) == (409, "complained")

    deadline = time.monotonic() + SECONDS_FOR_A_MAIL
    while (health := road.admin.get("/api/sending").json())["paused_at"] is None:
        assert time.monotonic() < deadline, health
    assert (health["sent"], health["complained"]) == (2, 2)
    waiting = road.invite(email=an_address("kenji"))
    wait_for(road, waiting, "paused")
    wait_for(neighbor, neighbor.invite(email=an_address("lena")), "delivered")

    resumed = road.admin.post("/api/sending/resumption")
    stack.invoke("RetryMailsFunction", {})

    assert resumed.json() == {"requeued": 1}
    wait_for(road, waiting, "delivered")
    assert len(stack.mails_to(waiting["email"])) == 1
