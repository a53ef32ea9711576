"""Members' hours, handing over, and deleting external members in the JSON API.

It is Tuesday, 1 December 2026, midnight in Tokyo; Aiko works there from 9 to 5 on weekdays.
"""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from handlers.wiring import adapters
from scheduling.adapters.dynamodb.access import DynamoDbSessions
from scheduling.adapters.dynamodb.organizations import member_item
from scheduling.domain.links import hashed, token_for
from scheduling.domain.people import Member, Role
from scheduling.domain.sessions import Session
from tests.support.in_process import client

NOW = datetime(2026, 11, 30, 15, tzinfo=UTC)
NINE = datetime(2026, 12, 1, 0, tzinfo=UTC)
"""In Tokyo."""
TEN = NINE + timedelta(hours=1)

MINE = "/api/members/me/working-hours"
HOURS = {
    "version": 0,
    "time_zone": "Asia/Tokyo",
    "weekdays": {"2": [{"start": "10:00", "end": "12:00"}, {"start": "22:00", "end": "02:00"}]},
    "overrides": [
        {"day": "2026-12-08", "spans": []},
        {"day": "2026-12-15", "spans": [{"start": "00:00", "end": "24:00"}]},
    ],
    "out_of_office": [{"first": "2026-12-24", "last": "2027-01-03"}],
    "travel": [{"first": "2026-12-10", "last": "2026-12-12", "time_zone": "Europe/Berlin"}],
    "limits": [{"per": "day", "count": 4}],
}


WRONG_HOURS = [
    ({"time_zone": "Mars/Olympus"}, ["time_zone"]),
    ({"weekdays": {"1": [{"start": "9", "end": "17:00"}]}}, ["weekdays.1.0.start"]),
    ({"weekdays": {"1": [{"start": 540, "end": "17:00"}]}}, ["weekdays.1.0.start"]),
    ({"weekdays": {"1": [{"start": "09:01", "end": "17:00"}]}}, ["weekdays.1.0"]),
    ({"weekdays": {"1": [{"start": "24:00", "end": "24:30"}]}}, ["weekdays.1.0"]),
    (
        {"weekdays": {"1": [{"start": "09:00", "end": "12:00"}] * 2}},
        ["weekdays.1"],
    ),
    (
        {"overrides": [{"day": "2026-12-08", "spans": [{"start": "09:03", "end": "10:00"}]}]},
        ["overrides.0.spans.0"],
    ),
    ({"overrides": [{"day": "2026-12-08", "spans": []}] * 2}, ["overrides"]),
    (
        {"out_of_office": [{"first": "2026-12-02", "last": "2026-12-01"}]},
        ["out_of_office.0.last"],
    ),
    (
        {"travel": [{"first": "2026-12-02", "last": "2026-12-03", "time_zone": "X"}]},
        ["travel.0.time_zone"],
    ),
    ({"limits": [{"per": "day", "count": 1000}]}, ["limits.0.count"]),
]
"""What hours may not have, with the fields that are then named."""


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def staff(clock, road, created):
    """The road of an admin who is signed in."""
    road.day = NINE - timedelta(hours=9)
    road.sign_in(created["sign_in_url"].rpartition("/l/")[2])
    return road


@pytest.fixture
def ben(deployed, created):
    """A second member, who is no admin."""
    member = Member(
        "ben", created["organization_id"], "Ben Ode", "ben@hanami.example", Role.MEMBER, "UTC"
    )
    deployed.scheduling.put_new(member_item(member))
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


def written(instant):
    return instant.isoformat().replace("+00:00", "Z")


def test_a_member_works_nine_to_five_until_they_say_otherwise(staff):
    usual = staff.admin.get(MINE).json()

    assert usual["version"] == 0
    assert usual["weekdays"] == {
        str(day): [{"start": "09:00", "end": "17:00"}] for day in range(1, 6)
    }


def test_saved_hours_are_read_and_open_what_they_say(staff, created):
    slug = staff.make_page(durations_minutes=[60])["slug"]

    saved = staff.admin.put(MINE, json=HOURS)

    assert saved.status_code == 200, saved.text
    assert saved.json() == HOURS | {"version": 1}
    by_id = staff.admin.get(f"/api/members/{created['member_id']}/working-hours")
    assert by_id.json() == saved.json()
    assert staff.slots(slug)[:2] == [written(TEN), written(TEN + timedelta(hours=1))]


def test_of_two_who_save_hours_the_first_wins(staff):
    assert staff.admin.put(MINE, json=HOURS).status_code == 200

    late = staff.admin.put(MINE, json=HOURS)

    assert (late.status_code, late.json()["code"]) == (409, "working_hours_changed")


def test_each_wrong_field_of_hours_is_named(staff):
    for hours, refused in WRONG_HOURS:
        answer = staff.admin.put(MINE, json=HOURS | hours)

        assert answer.status_code == 422
        named = [error["field"] for error in answer.json()["errors"]]
        assert (hours, named) == (hours, refused)
    assert staff.admin.get(MINE).json()["version"] == 0


def test_there_are_seven_weekdays(staff):
    answer = staff.admin.put(MINE, json=HOURS | {"weekdays": {"8": []}})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("weekdays.8")


def test_members_save_their_own_hours_and_admins_those_of_anybody(staff, created, as_ben):
    of_aiko = f"/api/members/{created['member_id']}/working-hours"

    refused = as_ben.put(of_aiko, json=HOURS)

    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert as_ben.get(of_aiko).status_code == 200
    assert as_ben.put(MINE, json=HOURS).status_code == 200
    of_ben = "/api/members/ben/working-hours"
    assert staff.admin.put(of_ben, json=HOURS | {"version": 1}).json()["version"] == 2
    nobody = staff.admin.get("/api/members/nobody/working-hours")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "member_not_found")


def test_a_member_who_leaves_hands_over_pages_and_the_meetings_another_can_take(
    staff, created, as_ben
):
    all_day = [{"start": "00:00", "end": "24:00"}]
    assert as_ben.put(MINE, json=HOURS | {"weekdays": {"2": all_day}}).status_code == 200
    slug = staff.make_page()["slug"]
    of_ben = staff.make_page({"kind": "member", "host_id": "ben"})["slug"]
    free, taken, other = (
        staff.post_booking(*where).json()["booking_id"]
        for where in ((slug, NINE), (slug, TEN), (of_ben, TEN))
    )

    refused = as_ben.post(
        f"/api/members/{created['member_id']}/hand-over", json={"to_member_id": "me"}
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    done = staff.admin.post("/api/members/me/hand-over", json={"to_member_id": "ben"})

    assert done.status_code == 200, done.text
    # Aiko is host of one page, and in charge of both.
    assert set(done.json()["booking_page_slugs"]) == {slug, of_ben}
    assert set(done.json()["handed_over"]) == {free, other}
    assert done.json()["refused"] == [taken]
    assert done.json()["is_complete"] is True
    booking = staff.admin.get(f"/api/bookings/{free}").json()
    assert (booking["hosts"][0]["name"], booking["start"]) == ("Ben Ode", written(NINE))
    page = staff.admin.get(f"/api/booking-pages/{slug}/settings").json()
    assert page["hosts"] == [{"kind": "member", "host_id": "ben"}]
    assert page["person_in_charge_id"] == "ben"
    nobody = staff.admin.post("/api/members/me/hand-over", json={"to_member_id": "nobody"})
    assert (nobody.status_code, nobody.json()["code"]) == (404, "member_not_found")


@pytest.fixture
def kenji(staff):
    """An external member who has times."""
    staff.day = NINE
    member = staff.invite()
    stored = adapters().external_members.get(
        adapters().booking_pages.get(member["booking_page"]["slug"]).organization_id,
        member["external_member_id"],
    )
    link = adapters().links.get(stored.request.link_id)
    token = token_for(link, adapters().link_keys.current())
    staff.enter_times(token)
    return member | {"slug": member["booking_page"]["slug"], "token": token}


def delete(staff, member, bookings=None):
    parameters = {} if bookings is None else {"bookings": bookings}
    address = f"/api/external-members/{member['external_member_id']}"
    return staff.admin.delete(address, params=parameters)


def test_links_and_pages_of_somebody_who_was_deleted_are_gone(staff, kenji):
    assert delete(staff, kenji).status_code == 204

    assert staff.admin.get("/api/external-members").json()["items"] == []
    link = {"Authorization": f"Bearer {kenji['token']}"}
    page = f"/api/booking-pages/{kenji['slug']}"
    for answer in (
        staff.public.get("/api/availability", headers=link),
        staff.public.get(page),
        staff.public.get(f"{page}/slots"),
        staff.post_hold(kenji["slug"], TEN),
        staff.post_booking(kenji["slug"], TEN),
        staff.admin.get(f"/api/external-members/{kenji['external_member_id']}"),
    ):
        assert answer.status_code == 410, answer.text
    again = delete(staff, kenji)
    assert (again.status_code, again.json()["code"]) == (404, "external_member_not_found")
    assert staff.invite()["external_member_id"] != kenji["external_member_id"]


@pytest.mark.parametrize(("bookings", "state"), [("cancel", "cancelled"), ("keep", "confirmed")])
def test_who_has_bookings_is_deleted_only_when_it_is_said_what_becomes_of_them(
    staff, kenji, bookings, state
):
    booked = staff.post_booking(kenji["slug"], staff.day).json()
    refused = delete(staff, kenji)
    assert (refused.status_code, refused.json()["code"]) == (409, "upcoming_bookings")
    assert refused.json()["booking_ids"] == [booked["booking_id"]]
    unclear = delete(staff, kenji, "perhaps")
    assert [error["field"] for error in unclear.json()["errors"]] == ["bookings"]

    assert delete(staff, kenji, bookings).status_code == 204

    found = staff.admin.get(f"/api/bookings/{booked['booking_id']}").json()
    assert found["state"] == state
    mine = staff.public.get("/api/guest/booking", headers=staff.as_guest(booked))
    assert mine.json()["state"] == state
