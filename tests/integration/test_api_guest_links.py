"""T12 as programs meet it: an old link shows a booking, a fresh one changes it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from handlers.wiring import adapters
from scheduling.adapters.dynamodb.table import decoded
from scheduling.use_cases.links import link_address

NOW = datetime(2026, 11, 30, 15, tzinfo=UTC)
NINE = NOW + timedelta(hours=57)


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def booked(clock, road, created):
    road.day = NOW
    road.sign_in(created["sign_in_url"].rpartition("/l/")[2])
    answer = road.post_booking(road.make_page()["slug"], NINE)
    assert answer.status_code == 201
    assert "__Host-guest-" in answer.headers["set-cookie"]
    return answer.json()


@pytest.fixture
def elsewhere(road, booked):
    """Nobody has booked in this browser."""
    road.public.cookies.clear()
    return road


def fresh_link(deployed):
    """Return the latest link of a guest, as it stands in the mail."""
    items = deployed.access.client.scan(TableName=deployed.access.name)["Items"]
    links = [row for row in map(decoded, items) if row.get("purpose") == "guest"]
    latest = max(links, key=lambda row: row["created_at"])
    link = adapters().links.get(latest["link_id"])
    return {"manage_url": link_address("", link, adapters().link_keys)}


def cancel(road, booked):
    return road.public.post("/api/guest/booking/cancellation", headers=road.as_guest(booked))


def test_t12_within_a_day_the_link_changes_the_booking_and_masks_it(elsewhere, booked):
    seen = elsewhere.public.get("/api/guest/booking", headers=elsewhere.as_guest(booked)).json()

    assert (seen["guest_name"], seen["answers"], seen["reason"]) == ("M•••", [], "")
    assert not seen["needs_fresh_link"]
    assert elsewhere.move(booked, NINE + timedelta(minutes=30)).status_code == 200


def test_t12_an_older_link_shows_the_booking_and_wants_a_fresh_one_to_change_it(
    elsewhere, clock, booked
):
    clock.shift(timedelta(hours=24, seconds=1))

    seen = elsewhere.public.get("/api/guest/booking", headers=elsewhere.as_guest(booked))
    refused = [elsewhere.move(booked, NINE + timedelta(minutes=30)), cancel(elsewhere, booked)]

    assert (seen.status_code, seen.json()["needs_fresh_link"]) == (200, True)
    assert {answer.status_code for answer in refused} == {403}
    assert {answer.json()["code"] for answer in refused} == {"fresh_link_required"}


def test_t12_a_fresh_link_goes_to_the_stored_address_and_changes_the_booking(
    elsewhere, clock, booked, deployed
):
    clock.shift(timedelta(hours=24, seconds=1))

    asked = elsewhere.public.post("/api/guest/booking/link", headers=elsewhere.as_guest(booked))
    fresh = fresh_link(deployed)

    assert (asked.status_code, asked.json()) == (202, {"sent_to": "m•••@guest.example"})
    assert cancel(elsewhere, fresh).json()["state"] == "cancelled"
    assert (
        elsewhere.public.get("/api/guest/booking", headers=elsewhere.as_guest(booked)).status_code
        == 200
    )


def test_t12_what_is_asked_for_too_often_is_not_mailed(elsewhere, booked):
    statuses = [
        elsewhere.public.post(
            "/api/guest/booking/link", headers=elsewhere.as_guest(booked)
        ).status_code
        for _ in range(4)
    ]

    assert statuses == [202, 202, 202, 429]


def test_t12_the_browser_that_booked_needs_no_fresh_link(road, clock, booked):
    clock.shift(timedelta(hours=24, seconds=1))

    seen = road.public.get("/api/guest/booking", headers=road.as_guest(booked)).json()

    assert (seen["guest_name"], seen["needs_fresh_link"]) == ("Mia Weber", False)
    assert cancel(road, booked).status_code == 200
