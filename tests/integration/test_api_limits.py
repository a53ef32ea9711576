"""Limits as clients meet them: on every route that takes a token, and without the counters."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest
import time_machine

from scheduling.domain.rate_limits import TOKEN_MISSES_PER_NETWORK_ADDRESS

NOW = datetime(2026, 11, 30, 15, tzinfo=UTC)
NEVER_SENT = f"s1.1.{'a' * 22}.{'b' * 43}"
MINE = {"Authorization": f"Bearer {NEVER_SENT}"}
CALENDAR = "https://calendar.example/basic.ics"

TOKEN_ROUTES = {
    "GET /l/{token}": lambda api: api.get(f"/l/{NEVER_SENT}"),
    "HEAD /l/{token}": lambda api: api.head(f"/l/{NEVER_SENT}"),
    "GET /l/{token}/times": lambda api: api.get(f"/l/{NEVER_SENT}/times"),
    "POST /sign-in/finish": lambda api: api.post("/sign-in/finish", data={"token": NEVER_SENT}),
    "POST /availability": lambda api: api.post(
        "/availability", data={"token": NEVER_SENT, "version": "0", "time_zone": "UTC"}
    ),
    "POST /availability/confirmation": lambda api: api.post(
        "/availability/confirmation", data={"token": NEVER_SENT, "version": "1"}
    ),
    "POST /availability/opened": lambda api: api.post(
        "/availability/opened", data={"token": NEVER_SENT}
    ),
    "POST /availability/calendar": lambda api: api.post(
        "/availability/calendar", data={"token": NEVER_SENT, "address": CALENDAR}
    ),
    "POST /booking/cancellation": lambda api: api.post(
        "/booking/cancellation", data={"token": NEVER_SENT}
    ),
    "POST /booking/move": lambda api: api.post(
        "/booking/move", data={"token": NEVER_SENT, "start": "2026-12-01T10:00:00Z"}
    ),
    "POST /booking/link": lambda api: api.post("/booking/link", data={"token": NEVER_SENT}),
    "POST /invitation/accept": lambda api: api.post(
        "/invitation/accept", data={"token": NEVER_SENT, "name": "Ben", "time_zone": "UTC"}
    ),
    "POST /api/invitations/acceptance": lambda api: api.post(
        "/api/invitations/acceptance",
        json={"token": NEVER_SENT, "name": "Ben", "time_zone": "UTC"},
    ),
    "POST /api/sessions": lambda api: api.post("/api/sessions", json={"token": NEVER_SENT}),
    "GET /api/availability": lambda api: api.get("/api/availability", headers=MINE),
    "PUT /api/availability": lambda api: api.put(
        "/api/availability", headers=MINE, json={"version": 0, "time_zone": "UTC", "windows": []}
    ),
    "POST /api/availability/confirmation": lambda api: api.post(
        "/api/availability/confirmation", headers=MINE, json={"version": 1}
    ),
    "PUT /api/availability/calendar": lambda api: api.put(
        "/api/availability/calendar", headers=MINE, json={"address": CALENDAR}
    ),
    "DELETE /api/availability/calendar": lambda api: api.delete(
        "/api/availability/calendar", headers=MINE
    ),
    "GET /api/guest/booking": lambda api: api.get("/api/guest/booking", headers=MINE),
    "GET /api/guest/booking/slots": lambda api: api.get("/api/guest/booking/slots", headers=MINE),
    "POST /api/guest/booking/link": lambda api: api.post("/api/guest/booking/link", headers=MINE),
    "POST /api/guest/booking/cancellation": lambda api: api.post(
        "/api/guest/booking/cancellation", headers=MINE, json={}
    ),
    "POST /api/guest/booking/move": lambda api: api.post(
        "/api/guest/booking/move", headers=MINE, json={"start": "2026-12-01T10:00:00Z"}
    ),
}

every_token_route = pytest.mark.parametrize("route", TOKEN_ROUTES)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def without_limiter(deployed):
    boto3.client("dynamodb").delete_table(TableName=deployed.limits.name)


@every_token_route
def test_t11_the_twenty_first_link_that_was_never_sent_is_refused(road, route):
    ask = TOKEN_ROUTES[route]

    statuses = [
        ask(road.public).status_code for _ in range(TOKEN_MISSES_PER_NETWORK_ADDRESS.most + 1)
    ]

    assert statuses == [404] * TOKEN_MISSES_PER_NETWORK_ADDRESS.most + [429]


def test_t11_misses_count_together_whatever_route_they_are_tried_on(road):
    asked = [ask(road.public) for ask in [*TOKEN_ROUTES.values()] * 2]

    statuses = [answer.status_code for answer in asked]
    assert statuses == [404] * 20 + [429] * (2 * len(TOKEN_ROUTES) - 20)
    assert asked[-1].headers["retry-after"] == "900"


def test_t37_headers_do_not_say_where_somebody_comes_from(road):
    claims = {"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9", "X-Real-IP": "::1"}
    for _ in range(20):
        road.public.get("/api/guest/booking", headers=MINE | claims)

    assert road.public.get("/api/guest/booking", headers=MINE).status_code == 429


@every_token_route
def test_s8_without_the_limiter_no_token_is_looked_at(road, without_limiter, route):
    answer = TOKEN_ROUTES[route](road.public)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_s8_without_the_limiter_nothing_is_mailed_or_booked_and_reading_goes_on(
    road, created, deployed
):
    road.day = NOW
    road.sign_in(created["sign_in_url"].rpartition("/l/")[2])
    slug = road.make_page()["slug"]
    member = road.invite()
    boto3.client("dynamodb").delete_table(TableName=deployed.limits.name)

    asked = [
        road.public.post("/api/sign-in-requests", json={"email": "aiko@hanami.example"}),
        road.public.post("/sign-in", data={"email": "aiko@hanami.example"}),
        road.post_booking(slug, NOW + timedelta(hours=9)),
        road.post_hold(slug, NOW + timedelta(hours=9)),
        road.admin.post(
            f"/api/external-members/{member['external_member_id']}/availability-requests"
        ),
    ]
    read = [
        road.public.get(f"/book/{slug}"),
        road.public.get(f"/api/booking-pages/{slug}"),
        road.public.get(f"/api/booking-pages/{slug}/slots"),
        road.public.get("/sign-in"),
        road.admin.get("/console"),
        road.admin.get("/api/bookings"),
    ]

    assert {answer.status_code for answer in asked} == {503}
    assert {answer.status_code for answer in read} == {200}


def test_the_eleventh_booking_from_one_network_address_is_refused_with_what_was_typed(
    road, created
):
    road.day = NOW
    road.sign_in(created["sign_in_url"].rpartition("/l/")[2])
    slug = road.make_page()["slug"]
    nine = NOW + timedelta(hours=9)
    for number in range(10):
        booked = road.post_booking(
            slug, nine + number * timedelta(minutes=30), email=f"guest-{number}@guest.example"
        )
        assert booked.status_code == 201
    start = nine + timedelta(hours=5)

    by_program = road.post_booking(slug, start)
    form = {"start": start.isoformat(), "name": "Jo", "email": "jo@b.example", "time_zone": "UTC"}
    by_form = road.public.post(f"/book/{slug}", data=form)

    assert (by_program.status_code, by_program.json()["code"]) == (429, "too_many_requests")
    assert by_form.status_code == 429
    assert 'value="jo@b.example"' in by_form.text


def test_t40_a_guest_with_three_meetings_to_come_is_told_what_to_do(road, created):
    road.day = NOW
    road.sign_in(created["sign_in_url"].rpartition("/l/")[2])
    slug = road.make_page()["slug"]
    starts = [NOW + timedelta(hours=9, minutes=30 * number) for number in range(4)]
    for start in starts[:3]:
        assert road.post_booking(slug, start).status_code == 201

    refused = road.post_booking(slug, starts[3])

    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_open_bookings")
