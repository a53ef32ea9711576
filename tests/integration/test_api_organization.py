"""The organization's settings and its support contact (C41), as programs see them."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from handlers.wiring import adapters
from scheduling.domain.audit import Activity
from scheduling.ports import EntryFilter

CONTACT = "help@hanami.example"


@pytest.fixture
def admin(road, created):
    road.sign_in(created["sign_in_url"].rpartition("/l/")[2])
    return road.admin


def test_what_is_not_named_in_an_edit_stays(admin):
    before = admin.get("/api/organization").json()

    after = admin.patch("/api/organization", json={"support_contact": CONTACT})

    assert before["name"] == "Hanami Studio"
    assert after.json() == before | {"support_contact": CONTACT, "version": 2}
    assert admin.get("/api/organization").json() == after.json()


def test_of_two_edits_of_one_version_the_later_one_is_refused(admin):
    read = admin.get("/api/organization").json()["version"]
    admin.patch("/api/organization", json={"name": "Hanami Works", "version": read})

    answer = admin.patch("/api/organization", json={"name": "Kite Lab", "version": read})

    assert (answer.status_code, answer.json()["code"]) == (409, "organization_changed")
    assert admin.get("/api/organization").json()["name"] == "Hanami Works"


def test_an_edit_is_written_down(admin, created):
    admin.patch("/api/organization", json={"name": "Hanami Works"})
    admin.patch("/api/organization", json={"name": "Hanami Works"})

    entries = adapters().audit_log.list(
        created["organization_id"], EntryFilter(), cursor=None, limit=9
    )
    activities = [entry.activity for entry in entries.items]
    assert activities.count(Activity.ORGANIZATION_EDITED) == 1


def test_each_wrong_field_of_an_edit_is_named(admin):
    wrong = {"name": "", "time_zone": "Mars/Olympus", "locale": "xx"}

    answer = admin.patch("/api/organization", json=wrong)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["name", "time_zone", "locale"]


def test_c41_problems_name_the_support_contact_where_the_organization_is_known(road, admin):
    admin.patch("/api/organization", json={"support_contact": CONTACT})

    known = admin.get("/api/bookings/nothing")
    unknown = road.public.get("/api/bookings/nothing")

    assert (known.status_code, known.json()["support_contact"]) == (404, CONTACT)
    assert unknown.status_code == 401
    assert "support_contact" not in unknown.json()


def test_c41_problems_about_a_link_that_ended_name_it_too(road, admin):
    admin.patch("/api/organization", json={"support_contact": CONTACT})
    road.day = (datetime.now(UTC) + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    slug = road.make_page()["slug"]
    start = road.slots(slug)[0]
    booked = road.post_booking(slug, datetime.fromisoformat(start)).json()

    with time_machine.travel(datetime.fromisoformat(start) + timedelta(days=9)):
        ended = road.public.get("/api/guest/booking", headers=road.as_guest(booked))

    assert (ended.status_code, ended.json()["support_contact"]) == (410, CONTACT)
