"""E2: pages say that times are stale, and what to do about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from scheduling.domain.availability import FRESH_FOR

if TYPE_CHECKING:
    from tests.unit.pages.site import Browser, Site


@pytest.fixture(autouse=True)
def stale(site: Site) -> None:
    """Kenji saved his times 28 days ago, and has not been heard of since."""
    key = site.kenji.organization_id, site.kenji.external_member_id
    availability = replace(site.kenji.availability, saved_at=site.now - FRESH_FOR)
    site.store.external_members[key] = replace(site.kenji, availability=availability)


def test_e2_guests_are_told_that_times_may_have_changed_and_can_book(browser: Browser, site: Site):
    page = browser.get(site.booking_page).body

    assert "These times may have changed" in page
    assert "should the time no longer suit, you get a mail" in page
    assert f'action="{site.booking_page}/holds"' in page


def test_e2_who_moves_a_meeting_is_told_too(browser: Browser, site: Site):
    assert "These times may have changed" in browser.get(f"{site.link_of(site.booking)}/times").body


def test_e2_a_page_of_others_says_nothing(browser: Browser):
    assert "may have changed" not in browser.get("/book/locked").body


def test_e2_the_list_of_pages_leads_to_whoever_has_to_confirm(staff: Browser, site: Site):
    page = staff.get("/console/booking-pages").body

    link = f'<a href="external-members/{site.kenji.external_member_id}">Kenji Tanaka</a>'
    assert f"Not confirmed lately: {link}" in page


def test_e3_the_list_of_pages_says_where_a_linked_calendar_was_not_read(staff: Browser):
    page = staff.get("/console/booking-pages").body

    assert page.count("A linked calendar could not be read lately.") == 1


def test_e2_staff_see_since_when_nobody_has_confirmed_and_can_ask_again(staff: Browser, site: Site):
    page = staff.get(site.page_of(site.kenji)).body

    assert "They were taken as right until Tue 1 December 2026" in page
    assert f'href="{site.page_of(site.kenji)}/availability-requests">Ask again</a></p>' in page


def test_e2_staff_who_choose_a_time_for_a_guest_are_told_whose_may_have_changed(
    staff: Browser, site: Site
):
    said = "Nobody has confirmed the times of Kenji Tanaka lately."
    new = f"/console/bookings/new?page={site.kenji.booking_page_slug}"

    assert said in staff.get(new).body
    assert said in staff.get(f"{site.console_page_of(site.booking)}/move").body


def test_e3_staff_who_choose_a_time_for_a_guest_are_told_whose_calendar_was_not_read(
    staff: Browser,
):
    page = staff.get("/console/bookings/new?page=unverified").body

    assert "The linked calendar of Omar Haddad could not be read lately." in page


def test_e2_confirmed_times_are_nothing_to_worry_about(staff: Browser, site: Site):
    key = site.kenji.organization_id, site.kenji.external_member_id
    confirmed = replace(site.kenji.availability, confirmed_at=site.now - timedelta(days=1))
    site.store.external_members[key] = replace(site.kenji, availability=confirmed)

    assert "may have changed" not in staff.get(site.page_of(site.kenji)).body
    assert "Not confirmed lately" not in staff.get("/console/booking-pages").body


def test_e2_explanations_and_previews_say_so_too(staff: Browser, site: Site):
    at = f"/console/booking-pages/{site.kenji.booking_page_slug}"

    assert "Nobody has confirmed the times of Kenji Tanaka lately." in (
        staff.get(f"{at}/explanations").body
    )
    assert "These times may have changed" in staff.get(f"{at}/preview").body
