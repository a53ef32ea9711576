from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from handlers.pages import assets
from scheduling.domain.audit import Activity
from scheduling.domain.booking import BookingState
from tests.support.builders import AIKO

if TYPE_CHECKING:
    from tests.unit.pages.site import Browser, Site


def invitation(**fields: str) -> dict[str, str]:
    return {
        "name": "Yuki Sato",
        "email": "yuki@example.org",
        "person_in_charge_id": AIKO.member_id,
        "title": "Mentoring",
        "duration_minutes": "45",
        "location": "",
    } | fields


def test_without_a_session_every_page_asks_to_sign_in(browser: Browser, site: Site):
    pages = [page for page in site.addresses().values() if page.startswith("/console")]

    assert {browser.get(page).location for page in pages} == {"/sign-in"}


def test_today_names_what_needs_a_look(staff: Browser):
    page = staff.get("/console").body

    assert "Mail failed" in page
    assert "Omar Haddad" in page
    assert "Lena Fischer" not in page
    assert "Mia Weber with Kenji Tanaka" in page


def test_today_asks_for_a_decision_first(staff: Browser, site: Site):
    page = staff.get("/console").body

    request = page.index("Ben Okoro asks for Design workshop")
    assert request < page.index("Omar Haddad")
    assert f'href="/console/bookings/{site.asked.booking_id}"' in page
    assert "Waiting for approval" in page


def test_a_request_whose_time_is_up_asks_for_nothing(staff: Browser, site: Site):
    site.wait_until(site.now + timedelta(hours=12))

    page = staff.get("/console")

    assert page.status == 200
    assert "Ben Okoro asks" not in page.body


def test_today_leaves_out_what_was_cancelled(staff: Browser, site: Site):
    site.store.bookings = {
        key: booking
        for key, booking in site.store.bookings.items()
        if booking.booking_id == site.cancelled.booking_id
    }

    assert "Ana Silva with Kenji Tanaka" not in staff.get("/console").body
    assert "Ana Silva" in staff.get("/console/bookings").body


def test_an_organization_without_external_members_is_invited_to_start(staff: Browser, site: Site):
    site.store.external_members.clear()
    site.store.booking_pages.clear()
    site.store.bookings.clear()
    site.store.connections.clear()

    for page in ("/console", "/console/external-members"):
        assert "Start using" in staff.get(page).body


def test_the_list_tells_how_far_everybody_is(staff: Browser):
    page = staff.get("/console/external-members").body

    for state in ("Answered", "Asked", "Mail failed"):
        assert state in page
    assert "Start using" not in page


def test_a_long_list_goes_on_where_it_stopped(staff: Browser, site: Site, monkeypatch):
    monkeypatch.setattr("handlers.pages.console_external_members.ROWS", 2)

    page = staff.get("/console/external-members").body
    following = page.partition('href="?cursor=')[2].partition('"')[0]

    assert "Kenji Tanaka" in staff.get(f"/console/external-members?cursor={following}").body


def test_an_invitation_is_stored_and_said(staff: Browser, site: Site):
    answer = staff.post("/console/external-members/new", invitation())

    page = staff.get(answer.location).body
    assert answer.status == 303
    assert "Invited" in page
    assert "yuki@example.org" in page
    assert len(site.store.external_members) == 4


def test_mistakes_in_an_invitation_are_named_and_nothing_is_lost(staff: Browser):
    answer = staff.post(
        "/console/external-members/new",
        invitation(name="", email="yuki", person_in_charge_id="x", duration_minutes="7"),
    )

    assert answer.status == 422
    for name in ("name", "email", "person_in_charge_id", "duration_minutes"):
        assert f'href="#{name}"' in answer.body
    assert 'value="Mentoring"' in answer.body


def test_somebody_invited_before_is_named_at_the_address(staff: Browser):
    answer = staff.post("/console/external-members/new", invitation(email="kenji@example.org"))

    assert answer.status == 409
    assert 'href="#email"' in answer.body
    assert 'value="Yuki Sato"' in answer.body


def test_somebody_is_asked_for_so_much_until_a_day(staff: Browser, site: Site):
    wishes = {
        "request.deadline": "2026-12-04",
        "request.wished_first": "2026-12-07",
        "request.wished_last": "2026-12-11",
        "request.minimum_windows": "3",
        "request.minimum_minutes": "180",
        "request.reminders_hours": "24",
        "request.message": "Mornings would be best.",
    }

    answer = staff.post("/console/external-members/new", invitation(**wishes))

    page = staff.get(answer.location).body
    assert "Fri 4 December 2026, 18:00" in page
    assert "Mon 7 December 2026 to Fri 11 December 2026" in page
    assert "Mornings would be best." in page


def test_wishes_that_cannot_be_read_are_named(staff: Browser):
    wrong = {
        "request.deadline": "soon",
        "request.wished_first": "2026-12-07",
        "request.minimum_windows": "many",
    }

    answer = staff.post("/console/external-members/new", invitation(**wrong))

    assert answer.status == 422
    for name in ("deadline", "wished_last", "minimum_windows"):
        assert f'href="#request-{name}"' in answer.body


def test_the_list_is_searched_and_filtered(staff: Browser):
    found = staff.get("/console/external-members?q=lena").body
    overdue = staff.get("/console/external-members?standing=overdue").body

    assert "Lena Fischer" in found
    assert "Omar Haddad" not in found
    assert "Nobody fits" in overdue


def test_a_failed_mail_is_explained(staff: Browser, site: Site):
    page = staff.get(site.page_of(site.omar)).body

    assert "Tried 2 times. The next try is at 18:04." in page
    assert "Throttled" in page


def test_asking_again_asks_first(staff: Browser, site: Site):
    page = f"{site.page_of(site.lena)}/availability-requests"
    writes = site.store.writes

    question = staff.get(page)
    asked = site.store.writes
    answer = staff.post(page, {})

    assert "lena@example.org" in question.body
    assert asked == writes
    assert "Asked again" in staff.get(answer.location).body
    assert site.store.writes > writes


def test_staff_sees_the_availability_page_marked_and_locked(staff: Browser, site: Site):
    page = staff.post(f"{site.page_of(site.kenji)}/availability", {}).body

    assert site.store.entries[-1].activity is Activity.AVAILABILITY_SEEN
    assert "You are looking at what somebody else sees" in page
    assert 'value="23:00" step="300" disabled' in page
    assert "data-save>" not in page
    assert 'name="token"' not in page


def test_e7_staff_copy_the_link_from_a_page_that_says_what_it_opens(staff: Browser, site: Site):
    page = staff.post(f"{site.page_of(site.kenji)}/link", {}).body

    assert f'value="https://parley.example{site.link_of(site.kenji)}" readonly' in page
    assert "give it to nobody else" in page
    assert site.store.entries[-1].activity is Activity.AVAILABILITY_LINK_COPIED


def test_what_does_not_exist_is_said_in_a_page(staff: Browser):
    for page in ("", "/availability-requests", "/deletion", "/suppression"):
        answer = staff.get(f"/console/external-members/nobody{page}")
        assert answer.status == 404
        assert "There is nothing at this address" in answer.body


def test_each_page_that_stands_in_the_rail_is_marked_there(staff: Browser):
    addresses = ("", "/bookings", "/external-members", "/booking-pages", "/working-hours")
    for address in (*addresses, "/integrations"):
        page = staff.get(f"/console{address}").body
        assert f'href="/console{address}" aria-current="page"' in page
        assert page.count("<h1>") == 1


def test_the_style_sheets_of_the_console_are_at_most_25_kilobytes():
    names = ("parley.css", "console.css")
    sheets = [assets.published_asset(assets.asset_address(name)[8:]) for name in names]

    assert sum(len(sheet.content) for sheet in sheets if sheet) <= 25_000


def test_an_external_member_has_pages_and_can_have_more(staff: Browser, site: Site):
    page = staff.get(site.page_of(site.kenji)).body

    assert 'href="/console/booking-pages/workshop"' in page
    assert f"/book/{site.kenji.booking_page_slug}" in page
    new = f"/console/booking-pages/new?host=external_member%3A{site.kenji.external_member_id}"
    assert f'href="{new}"' in page
    ticked = f'value="external_member:{site.kenji.external_member_id}" checked'
    assert ticked in staff.get(new).body


def test_deleting_asks_first_and_names_the_bookings_to_come(staff: Browser, site: Site):
    writes = site.store.writes

    page = staff.get(f"{site.page_of(site.kenji)}/deletion").body

    assert "Mia Weber" in page
    assert "Ana Silva" not in page
    assert site.store.writes == writes


def test_deleting_without_a_word_about_the_bookings_is_refused(staff: Browser, site: Site):
    answer = staff.post(f"{site.page_of(site.kenji)}/deletion", {})

    assert answer.status == 409
    assert 'href="#bookings"' in answer.body
    assert "Kenji Tanaka" in staff.get("/console/external-members").body


@pytest.mark.parametrize(
    ("said", "state"), [("cancel", BookingState.CANCELLED), ("keep", BookingState.CONFIRMED)]
)
def test_deleting_does_with_the_bookings_as_said(
    staff: Browser, site: Site, said: str, state: BookingState
):
    answer = staff.post(f"{site.page_of(site.kenji)}/deletion", {"bookings": said})

    page = staff.get(answer.location).body
    key = site.booking.organization_id, site.booking.booking_id
    assert "Their links and booking pages have ended." in page
    assert "Kenji Tanaka" not in page
    assert site.store.bookings[key].state is state
    assert staff.get(site.page_of(site.kenji)).status == 410


def test_somebody_without_bookings_is_deleted_at_once(staff: Browser, site: Site):
    answer = staff.post(f"{site.page_of(site.lena)}/deletion", {})

    assert answer.status == 303
    assert "Lena Fischer" not in staff.get(answer.location).body


def test_pages_of_somebody_elses_organization_are_not_there(staff: Browser, site: Site):
    foreign = replace(site.workshop, slug="foreign", organization_id="another")
    site.store.booking_pages["foreign"] = foreign

    for page in ("", "/preview", "/explanations"):
        assert staff.get(f"/console/booking-pages/foreign{page}").status == 404
    for form in ("", "/copies", "/state"):
        assert staff.post(f"/console/booking-pages/foreign{form}", {"title": "x"}).status == 404
    assert staff.get("/console/bookings/new?page=foreign").status == 404


def test_a19_editing_stores_what_was_typed_and_offers_to_ask_again(staff: Browser, site: Site):
    page = f"{site.page_of(site.kenji)}/edit"
    assert 'name="version" value="1"' in staff.get(page).body

    answer = staff.post(
        page,
        {
            "version": "1",
            "name": "Kenji Ito",
            "email": "kenji@elsewhere.example",
            "person_in_charge_id": AIKO.member_id,
        },
    )

    saved = staff.get(answer.location).body
    assert answer.status == 303
    assert "Nobody has asked at the new address" in saved
    assert "kenji@elsewhere.example" in saved
    assert "This link no longer works" in staff.get(site.link_of(site.kenji)).body


def test_a19_mistakes_in_an_edit_are_named_and_nothing_is_lost(staff: Browser, site: Site):
    page = f"{site.page_of(site.kenji)}/edit"
    typed = {"version": "1", "name": "Kenji Ito", "email": "kenji", "person_in_charge_id": "x"}

    wrong = staff.post(page, typed)
    taken = staff.post(
        page,
        typed | {"email": "lena@example.org", "person_in_charge_id": AIKO.member_id},
    )
    late = staff.post(page, typed | {"version": "7"})

    assert [answer.status for answer in (wrong, taken, late)] == [422, 409, 409]
    for answer, field in ((wrong, "email"), (wrong, "person_in_charge_id"), (taken, "email")):
        assert f'href="#{field}"' in answer.body
    for answer in (wrong, taken, late):
        assert 'value="Kenji Ito"' in answer.body
    assert "Somebody else changed this a moment ago" in late.body
