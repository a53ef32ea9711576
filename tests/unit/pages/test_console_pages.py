from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.domain.messages import Recipient
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

    assert "Mail failed, trying again" in page
    assert "Omar Haddad" in page
    assert "Mia Weber with Kenji Tanaka" in page


def test_today_leaves_out_what_was_cancelled(staff: Browser, site: Site):
    key, booking = next(iter(site.store.bookings.items()))
    now = booking.booked_at
    site.store.bookings = {key: booking.cancelled(Recipient.GUEST, "", now=now)}

    assert "Mia Weber with Kenji Tanaka" not in staff.get("/console").body
    assert "Mia Weber" in staff.get("/console/bookings").body


def test_an_organization_without_external_members_is_invited_to_start(staff: Browser, site: Site):
    site.store.external_members.clear()

    for page in ("/console", "/console/external-members"):
        assert "Start using" in staff.get(page).body


def test_the_list_tells_how_far_everybody_is(staff: Browser):
    page = staff.get("/console/external-members").body

    for state in ("Answered", "Asked", "Mail failed, trying again"):
        assert state in page
    assert "Start using" not in page


def test_a_long_list_goes_on_where_it_stopped(staff: Browser, site: Site, monkeypatch):
    monkeypatch.setattr("handlers.pages.console.ROWS", 2)

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
    page = staff.get(f"{site.page_of(site.kenji)}/availability").body

    assert "You are looking at what somebody else sees" in page
    assert 'value="23:00" step="300" disabled' in page
    assert "data-save>" not in page
    assert 'name="token"' not in page


def test_booking_pages_say_why_they_are_closed(staff: Browser):
    page = staff.get("/console/booking-pages").body

    assert "There are no times to come." in page
    assert "https://parley.example/book/" in page


def test_bookings_tell_guest_and_state(staff: Browser):
    page = staff.get("/console/bookings").body

    assert "mia@guest.example" in page
    assert "Confirmed" in page
    assert "Cancelled" in page


def test_what_does_not_exist_is_said_in_a_page(staff: Browser):
    for page in ("", "/availability", "/availability-requests"):
        answer = staff.get(f"/console/external-members/nobody{page}")
        assert answer.status == 404
        assert "There is nothing at this address" in answer.body
