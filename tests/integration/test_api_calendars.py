"""Linked calendars through the JSON API and the schedule, from a real TLS server to the slots."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from handlers.schedules.fetch_calendars import CalendarsFailed
from handlers.wiring import adapters
from scheduling.adapters.https.calendar_servers import HttpsCalendarServers
from scheduling.domain.links import token_for
from tests.support.in_process import LambdaContext, handler_at
from tests.support.tls_server import Authority, tls_server

NAME = "calendar.example.org"
SECRET = "private-7f3a"
TITLE = "Operation Nightingale"


@pytest.fixture
def invited(road, created):
    """Kenji, with times on the day and the headers that his link gives him."""
    road.sign_in(created["sign_in_url"].rpartition("/l/")[2])
    member = road.invite()
    organization_id = created["organization_id"]
    stored = adapters().external_members.get(organization_id, member["external_member_id"])
    link = adapters().links.get(stored.request.link_id)
    token = token_for(link, adapters().link_keys.current())
    road.enter_times(token)
    member["mine"] = {"Authorization": f"Bearer {token}"}
    return member


@contextmanager
def internet(folder, file):
    """Let the function reach one server, which has the name and gives out the file."""
    authority = Authority(folder)

    async def respond(_reader, writer):
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(file)}\r\n\r\n"
        writer.write(head.encode() + file)
        await writer.drain()

    with tls_server(respond, authority.context_for(NAME)) as server:

        async def lookup(_name):
            return ["93.184.215.14"]

        async def connect(_address, _port, **how):
            return await asyncio.open_connection("127.0.0.1", server.port, **how)

        adapters().calendar_servers = HttpsCalendarServers(
            tls=authority.trusting(), lookup=lookup, connect=connect
        )
        yield server


def a_file(start):
    return (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:{TITLE}\r\n"
        f"DTSTART:{start:%Y%m%dT%H%M%SZ}\r\nDURATION:PT30M\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()


def run_schedule():
    return handler_at("handlers.schedules.fetch_calendars.handler")({}, LambdaContext())


def link(road, member, address=f"webcal://{NAME}/{SECRET}/basic.ics"):
    return road.public.put(
        "/api/availability/calendar", headers=member["mine"], json={"address": address}
    )


def calendar_of(road, member):
    return road.public.get("/api/availability", headers=member["mine"]).json()["calendar"]


def seen_slots(road, member):
    path = f"/api/booking-pages/{member['booking_page']['slug']}/slots"
    within = {"from": road.day.isoformat(), "to": (road.day + timedelta(days=1)).isoformat()}
    return road.public.get(path, params=within).json()


def test_from_the_address_to_the_slots(road, invited, tmp_path):
    assert calendar_of(road, invited) is None
    assert seen_slots(road, invited)["calendar_unverified"] is False

    linked = link(road, invited)

    assert linked.status_code == 200, linked.text
    assert linked.json() == {
        "host_name": NAME,
        "state": "being_read",
        "checked_at": None,
        "verified_at": None,
        "failure": None,
    }
    assert seen_slots(road, invited)["calendar_unverified"] is True

    with internet(tmp_path, a_file(road.day)):
        assert run_schedule() == {"verified": 1}
        assert run_schedule() == {}

    slots = seen_slots(road, invited)
    assert slots["calendar_unverified"] is False
    assert len(slots["items"]) == 5
    assert datetime.fromisoformat(slots["items"][0]["start"]) == road.day + timedelta(minutes=30)
    refused = road.post_booking(invited["booking_page"]["slug"], road.day)
    assert (refused.status_code, refused.json()["code"]) == (409, "slot_not_offered")
    path = f"/api/booking-pages/{invited['booking_page']['slug']}/explanations"
    explained = road.admin.get(path, params={"date": f"{road.day:%Y-%m-%d}"}).json()
    assert explained["calendar_unverified"] is False
    [why] = [
        each for each in explained["items"] if datetime.fromisoformat(each["start"]) == road.day
    ]
    assert (why["verdict"], why["source"]) == ("busy", "calendar")


def test_staff_see_how_a_calendar_is_doing(road, invited, tmp_path):
    link(road, invited)
    with internet(tmp_path, b"<html>Sign in</html>"):
        assert run_schedule() == {"not_a_calendar": 1}

    path = f"/api/external-members/{invited['external_member_id']}/availability"
    seen = road.admin.get(path).json()["calendar"]

    assert (seen["state"], seen["failure"]) == ("unverified", "not_a_calendar")
    assert seen == calendar_of(road, invited)


def test_a_calendar_is_forgotten(road, invited, tmp_path):
    link(road, invited)
    with internet(tmp_path, a_file(road.day)):
        run_schedule()

    gone = road.public.delete("/api/availability/calendar", headers=invited["mine"])

    assert gone.status_code == 204
    assert calendar_of(road, invited) is None
    assert len(seen_slots(road, invited)["items"]) == 6


def test_an_address_that_cannot_be_read_is_named(road, invited):
    refused = link(road, invited, "https://169.254.169.254/latest/meta-data/")

    assert refused.status_code == 422
    [problem] = refused.json()["errors"]
    assert (problem["field"], problem["code"]) == ("address", "not_public")


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("authorization", [None, "Bearer s1.1.x.y"])
def test_only_the_link_opens_the_way_to_a_calendar(road, created, method, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    body = {"address": f"https://{NAME}/"} if method == "PUT" else None

    answer = road.public.request(method, "/api/availability/calendar", headers=headers, json=body)

    assert (answer.status_code, answer.json()["code"]) == (404, "link_not_found")


def test_t28_neither_the_address_nor_what_is_in_a_calendar_shows_up_anywhere(
    road, invited, deployed, tmp_path, caplog
):
    answers = [link(road, invited).text]
    with internet(tmp_path, a_file(road.day)):
        run_schedule()
    link(road, invited, f"https://{NAME}:22/{SECRET}")
    for read in (
        road.public.get("/api/availability", headers=invited["mine"]),
        road.admin.get(f"/api/external-members/{invited['external_member_id']}/availability"),
        road.admin.get(f"/api/external-members/{invited['external_member_id']}"),
    ):
        assert read.status_code == 200
        answers.append(read.text)
    client = deployed.scheduling.client
    stored = repr(client.scan(TableName=deployed.scheduling.name)["Items"])
    logged = repr([vars(record) for record in caplog.records])

    for text in (*answers, stored, logged):
        assert SECRET not in text
        assert TITLE not in text
    assert "calendars read" in logged
    kept = repr(client.scan(TableName=deployed.access.name)["Items"])
    assert SECRET in kept
    assert TITLE not in kept


def test_a_poisonous_calendar_does_not_hold_up_the_others(road, invited, deployed):
    link(road, invited)

    class Poison:
        def read_all(self, requests):
            raise RuntimeError

    adapters().calendar_servers = Poison()
    with pytest.raises(CalendarsFailed):
        run_schedule()

    assert run_schedule() == {}
