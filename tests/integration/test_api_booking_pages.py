"""Booking pages in the JSON API: made, edited, copied, switched off, explained.

It is Tuesday, 1 December 2026, midnight in Tokyo; Aiko works there from 9 to 5 on weekdays.
"""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

NOW = datetime(2026, 11, 30, 15, tzinfo=UTC)
NINE = datetime(2026, 12, 1, 0, tzinfo=UTC)
"""In Tokyo."""

SETTINGS = {
    "description": "Bring a plan.",
    "location": "Studio 2",
    "time_zone": "Europe/Berlin",
    "zone_is_locked": True,
    "locale": "en",
    "durations_minutes": [45, 90],
    "interval_minutes": 15,
    "minimum_notice_minutes": 60,
    "buffer_before_minutes": 5,
    "buffer_after_minutes": 10,
    "buffer_rule": "max",
    "horizon_days": 30,
    "first_date": "2026-12-01",
    "last_date": "2026-12-24",
    "limits": [{"per": "day", "count": 3}],
    "questions": [
        {
            "question_id": "topic",
            "label": "What is it about?",
            "kind": "text",
            "is_required": True,
            "choices": [],
        }
    ],
    "needs_approval": True,
    "approval_within_minutes": 120,
    "reminders_minutes": [1440, 60],
}


WRONG_SETTINGS = [
    ({"title": " "}, ["title"]),
    ({"title": 1, "hosts": "me"}, ["title", "hosts"]),
    ({"hosts": []}, ["hosts"]),
    ({"hosts": [{"kind": "member", "host_id": "nobody"}]}, ["hosts"]),
    ({"hosts": [{"kind": "room", "host_id": "x"}]}, ["hosts.0.kind"]),
    ({"needed_hosts": 2}, ["needed_hosts"]),
    ({"person_in_charge_id": "nobody"}, ["person_in_charge_id"]),
    ({"description": "x" * 501}, ["description"]),
    ({"time_zone": "Mars/Olympus"}, ["time_zone"]),
    ({"locale": "../en"}, ["locale"]),
    ({"locale": "fr"}, ["locale"]),
    ({"durations_minutes": []}, ["durations_minutes"]),
    ({"durations_minutes": [30, 7, 725]}, ["durations_minutes.1", "durations_minutes.2"]),
    ({"durations_minutes": [10**9]}, ["durations_minutes.0"]),
    ({"interval_minutes": 4}, ["interval_minutes"]),
    (
        {"buffer_before_minutes": 3, "buffer_after_minutes": 725},
        ["buffer_before_minutes", "buffer_after_minutes"],
    ),
    ({"minimum_notice_minutes": 100_000}, ["minimum_notice_minutes"]),
    ({"horizon_days": 367}, ["horizon_days"]),
    ({"first_date": "2026-12-02", "last_date": "2026-12-01"}, ["last_date"]),
    ({"first_date": "2026-12-02"}, ["last_date"]),
    ({"last_date": "2026-12-02"}, ["last_date"]),
    ({"first_date": "0001-01-01", "last_date": "2026-12-01"}, ["first_date"]),
    ({"limits": [{"per": "day", "count": 0}]}, ["limits.0.count"]),
    ({"limits": [{"per": "year", "count": 1}]}, ["limits.0.per"]),
    ({"questions": [{"label": ""}]}, ["questions.0.label"]),
    ({"questions": [{"label": "A", "kind": "choice"}]}, ["questions.0.choices"]),
    ({"questions": [{"label": "A", "question_id": "a.b"}]}, ["questions.0.question_id"]),
    ({"questions": [{"label": "A", "question_id": "a"}] * 2}, ["questions"]),
    ({"approval_within_minutes": 30}, ["approval_within_minutes"]),
    ({"reminders_minutes": [60, 7]}, ["reminders_minutes.1"]),
    ({"slug": "No!"}, ["slug"]),
]
"""What a page may not have, with the fields that are then named."""


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def staff(clock, road, created):
    """The road of an admin who is signed in."""
    road.day = NOW
    road.sign_in(created["sign_in_url"].rpartition("/l/")[2])
    return road


def written(instant):
    return instant.isoformat().replace("+00:00", "Z")


def fields(answer):
    assert answer.status_code == 422, answer.text
    return [error["field"] for error in answer.json()["errors"]]


def test_what_is_said_about_a_page_is_what_is_read(staff, created):
    made = staff.make_page(**SETTINGS)

    assert SETTINGS.items() <= made.items()
    assert made["url"] == f"https://parley.example/book/{made['slug']}"
    assert made["version"] == 1
    read = staff.admin.get(f"/api/booking-pages/{made['slug']}/settings")
    assert read.json() == made
    public = staff.public.get(f"/api/booking-pages/{made['slug']}").json()
    assert public == {
        "slug": made["slug"],
        "title": "Portfolio review",
        "description": "Bring a plan.",
        "host_names": ["Aiko Mori"],
        "needed_hosts": 1,
        "organization_name": "Hanami Studio",
        "durations_minutes": [45, 90],
        "location": "Studio 2",
        "online_meeting": None,
        "time_zone": "Europe/Berlin",
        "zone_is_locked": True,
        "locale": "en",
        "questions": SETTINGS["questions"],
        "needs_approval": True,
        "active": True,
        "calendar_unverified": False,
        "availability_stale": False,
    }


def test_each_wrong_setting_is_named(staff):
    for settings, refused in WRONG_SETTINGS:
        assert (settings, fields(staff.post_page(**settings))) == (settings, refused)
    assert staff.admin.get("/api/booking-pages").json()["items"] == []


def test_a_page_is_made_once_per_key_and_an_address_is_given_once(staff):
    first = staff.make_page(key="a form", questions=[{"label": "Where?"}])

    assert staff.make_page(key="a form", questions=[{"label": "Where?"}]) == first
    named = staff.make_page(slug="portfolio")
    assert named["slug"] == "portfolio"
    taken = staff.post_page(slug="portfolio")
    assert (taken.status_code, taken.json()["code"]) == (409, "slug_taken")


def test_of_two_who_edit_a_page_the_first_wins(staff):
    page = staff.make_page()
    address = f"/api/booking-pages/{page['slug']}/settings"

    saved = staff.admin.put(address, json=page | {"title": "Garden", "durations_minutes": [60]})
    late = staff.admin.put(address, json=page | {"title": "Trees"})

    assert saved.status_code == 200
    assert (saved.json()["title"], saved.json()["version"]) == ("Garden", 2)
    assert (late.status_code, late.json()["code"]) == (409, "booking_page_changed")
    assert staff.admin.get(address).json() == saved.json()
    assert fields(staff.admin.put(address, json=saved.json() | {"title": ""})) == ["title"]


def test_a_copy_has_the_same_settings_and_is_off(staff):
    page = staff.make_page(**SETTINGS)

    copy = staff.admin.post(f"/api/booking-pages/{page['slug']}/copies")

    assert copy.status_code == 201
    new = {"slug", "url", "is_on"}
    assert {name for name in page if copy.json()[name] != page[name]} == new
    assert copy.json()["is_on"] is False
    listed = staff.admin.get("/api/booking-pages").json()["items"]
    assert {item["slug"]: item["active"] for item in listed} == {
        page["slug"]: True,
        copy.json()["slug"]: False,
    }


def test_a_copy_asked_for_twice_with_a_key_is_made_once(staff):
    address = f"/api/booking-pages/{staff.make_page()['slug']}/copies"

    first, again, other = (
        staff.admin.post(address, headers={"Idempotency-Key": key}).json()["slug"]
        for key in ("one", "one", "another")
    )

    assert first == again
    assert first != other


def test_a_page_that_is_switched_off_takes_no_bookings_and_keeps_those_it_has(staff):
    slug = staff.make_page()["slug"]
    booked = staff.post_booking(slug, NINE).json()
    state = f"/api/booking-pages/{slug}/state"

    assert staff.admin.put(state, json={"is_on": False}).json()["is_on"] is False

    staff.find_not_open(slug)
    assert staff.post_hold(slug, NINE).json()["code"] == "page_inactive"
    mine = staff.public.get("/api/guest/booking", headers=staff.as_guest(booked)).json()
    assert mine["state"] == "confirmed"
    assert staff.admin.put(state, json={"is_on": True}).status_code == 200
    assert len(staff.slots(slug)) == 15


def test_pages_are_found_by_host(staff, created):
    host = staff.invite()
    kenji = {"kind": "external_member", "host_id": host["external_member_id"]}
    aiko = {"kind": "member", "host_id": created["member_id"]}
    both = staff.make_page(aiko, kenji, needed_hosts=1)

    def found(host_id):
        answer = staff.admin.get("/api/booking-pages", params={"host_id": host_id})
        return {item["slug"]: item for item in answer.json()["items"]}

    assert found(aiko["host_id"]).keys() == {both["slug"]}
    assert found(kenji["host_id"]).keys() == {both["slug"], host["booking_page"]["slug"]}
    assert found("nobody") == {}
    assert found(aiko["host_id"])[both["slug"]]["hosts"] == [
        aiko | {"name": "Aiko Mori"},
        kenji | {"name": "Kenji Tanaka"},
    ]


def test_slots_are_told_in_the_zone_of_a_page_that_locks_it(staff):
    slug = staff.make_page(time_zone="Asia/Tokyo", zone_is_locked=True)["slug"]

    answer = staff.public.get(
        f"/api/booking-pages/{slug}/slots", params={"time_zone": "Europe/Berlin"}
    ).json()

    assert (answer["time_zone"], answer["duration_minutes"]) == ("Asia/Tokyo", 30)
    assert answer["items"][0]["local_start"] == "2026-12-01T09:00:00+09:00"


def test_a_guest_chooses_among_the_lengths_of_a_page(staff):
    slug = staff.make_page(durations_minutes=[30, 240])["slug"]

    assert len(staff.slots(slug, duration_minutes="240")) == 2
    answer = staff.public.get(f"/api/booking-pages/{slug}/slots?duration_minutes=45")
    assert fields(answer) == ["duration_minutes"]


def test_staff_learn_why_each_time_is_offered_or_not(staff, created):
    slug = staff.make_page(
        durations_minutes=[60], buffer_before_minutes=30, limits=[{"per": "week", "count": 2}]
    )["slug"]
    booked = staff.post_booking(slug, NINE + timedelta(hours=2)).json()
    hold_id = staff.hold(slug, NINE + timedelta(hours=6))

    def explained(**parameters):
        answer = staff.admin.get(f"/api/booking-pages/{slug}/explanations", params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    day = explained(date="2026-12-01")
    verdicts = {item["start"]: item for item in day["items"]}

    assert (day["time_zone"], day["duration_minutes"]) == ("Asia/Tokyo", 60)
    assert day["active"] is True
    assert verdicts[written(NINE - timedelta(hours=2))]["verdict"] == "outside_hours"
    assert verdicts[written(NINE + timedelta(hours=2))] == {
        "start": written(NINE + timedelta(hours=2)),
        "verdict": "busy",
        "host_id": created["member_id"],
        "source": "booking",
        "reference": booked["booking_id"],
        "limit": None,
    }
    held = verdicts[written(NINE + timedelta(hours=6))]
    assert (held["verdict"], held["source"], held["reference"]) == ("held", "hold", hold_id)
    assert verdicts[written(NINE + timedelta(hours=1))]["verdict"] == "buffer"
    assert verdicts[written(NINE + timedelta(hours=4))]["limit"] == {"per": "week", "count": 2}
    opened = {item["start"] for item in explained(date="2026-12-08")["items"]}
    assert len(opened) == 24


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({}, "date"),
        ({"date": "today"}, "date"),
        ({"date": "9999-12-31"}, "date"),
        ({"date": "2026-12-01", "duration_minutes": "45"}, "duration_minutes"),
    ],
)
def test_wrong_parameters_of_explanations_are_named(staff, parameters, field):
    slug = staff.make_page()["slug"]

    answer = staff.admin.get(f"/api/booking-pages/{slug}/explanations", params=parameters)

    assert fields(answer) == [field]


@pytest.mark.parametrize(
    ("method", "what"),
    [
        ("GET", "settings"),
        ("PUT", "settings"),
        ("POST", "copies"),
        ("PUT", "state"),
        ("GET", "explanations?date=2026-12-01"),
    ],
)
def test_what_is_no_page_of_the_organization_is_a_404(staff, method, what):
    body = staff.make_page() if method == "PUT" else None

    answer = staff.admin.request(method, f"/api/booking-pages/nobody/{what}", json=body)

    assert (answer.status_code, answer.json()["code"]) == (404, "booking_page_not_found")
