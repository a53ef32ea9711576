"""What functions log is one line of JSON each, with ids and nothing that somebody typed (T43)."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
import time_machine
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from handlers.wiring import adapters
from scheduling.domain.links import token_for

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
CANARY = "canary"
FORGED = f'{CANARY}\n{{"level":"INFO","message":"forged"}}\r\u2028\x85'
KENJI = {"name": "Canary Tanaka", "email": "canary.kenji@example.org"}
MIA = {"name": "Canary Weber", "email": "canary.mia@guest.example", "note": "canary, a note"}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


def test_t43_no_line_has_what_somebody_typed_or_a_link_and_none_is_forged(road, created, caplog):
    road.day = NOW.replace(hour=1) + timedelta(days=3)
    sign_in_token = created["sign_in_url"].rpartition("/l/")[2]
    caplog.clear()
    road.sign_in(sign_in_token)
    road.admin.put("/api/organization/features/external_members", json={"enabled": True})
    me = road.admin.get("/api/sessions/current").json()["member_id"]
    invited = road.admin.post(
        "/api/external-members", json=KENJI | {"person_in_charge_id": me}
    ).json()
    member = adapters().external_members.get(
        created["organization_id"], invited["external_member_id"]
    )
    link = adapters().links.get(member.request.link_id)
    token = token_for(link, adapters().link_keys.current())
    road.enter_times(token)
    booked = road.post_booking(member.booking_page_slug, road.day, **MIA).json()
    road.admin.post(
        f"/api/bookings/{booked['booking_id']}/cancellation", json={"reason": "canary: ill"}
    )
    for path in ("/api/bookings/{}", "/api/members/{}", "/console/bookings/{}", "/book/{}"):
        road.admin.get(path.format(quote(FORGED, safe="")))
    road.admin.post(f"/console/bookings/{quote(FORGED, safe='')}/no-show")
    road.admin.get("/api/activity.csv")

    lines = [LambdaPowertoolsFormatter().format(record) for record in caplog.records]
    messages = {json.loads(line)["message"] for line in lines}
    assert {
        "external member invited",
        "booking cancelled by staff",
        "activity exported",
    } <= messages
    assert [line for line in lines if len(line.splitlines()) > 1] == []
    for secret in (CANARY, "Canary", token, sign_in_token, booked["manage_url"][-20:]):
        assert [line for line in lines if secret in line] == []
