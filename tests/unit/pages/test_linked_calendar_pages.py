"""Linking a calendar on the availability page, and what others see of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from scheduling.domain.feeds import FeedFailure

if TYPE_CHECKING:
    from tests.unit.pages.site import Browser, Site

ADDRESS = "webcal://calendar.example.org/kenji/private-7f3a/basic.ics"


def form(site: Site, member, **fields: str) -> dict[str, str]:
    return {"token": site.token_of(member), "action": "link", **fields}


def feed_of(site: Site, member):
    return site.adapters.calendar_feeds.get(member.organization_id, member.external_member_id)


def test_a_calendar_is_linked_with_one_field_and_no_script(browser: Browser, site: Site):
    page = browser.get(site.link_of(site.kenji)).body
    assert '<form class="stack" method="post" action="/availability/calendar"' in page
    assert "Only when you are busy is kept, never what it is." in page

    answer = browser.post("/availability/calendar", form(site, site.kenji, address=ADDRESS))

    assert answer.status == 303
    after = browser.get(answer.location).body
    assert "Linked. Your calendar is being read" in after
    assert "Being read" in after
    assert feed_of(site, site.kenji).host_name == "calendar.example.org"


def test_the_address_is_never_shown_again(browser: Browser, staff: Browser, site: Site):
    browser.post("/availability/calendar", form(site, site.kenji, address=ADDRESS))

    pages = [
        browser.get(site.link_of(site.kenji)).body,
        staff.get(site.page_of(site.kenji)).body,
        staff.post(f"{site.page_of(site.kenji)}/availability", {}).body,
    ]

    assert all("calendar.example.org" in page for page in pages)
    assert not any("private-7f3a" in page for page in pages)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "Please enter the address of your calendar."),
        ("http://calendar.example.org/", "The address has to start with https:// or webcal://."),
        ("https://169.254.169.254/latest", "This is no address on the public internet."),
    ],
)
def test_an_address_that_cannot_be_read_comes_back_with_the_reason(
    browser: Browser, site: Site, typed: str, message: str
):
    answer = browser.post("/availability/calendar", form(site, site.kenji, address=typed))

    assert answer.status == 422
    assert message in answer.body
    assert f'name="address" type="url" value="{typed}"' in answer.body
    assert '<a href="#address">Address of your calendar</a>' in answer.body
    assert 'value="2026-12-01"' in answer.body
    assert feed_of(site, site.kenji) is None


def test_what_was_typed_as_an_address_is_text(browser: Browser, site: Site):
    typed = '"><script>alert(1)</script>'

    answer = browser.post("/availability/calendar", form(site, site.kenji, address=typed))

    assert "<script>alert" not in answer.body


def test_a_calendar_is_removed(browser: Browser, site: Site):
    browser.post("/availability/calendar", form(site, site.kenji, address=ADDRESS))

    answer = browser.post("/availability/calendar", form(site, site.kenji, action="remove"))

    assert answer.status == 303
    assert "Your calendar is no longer read" in browser.get(answer.location).body
    assert feed_of(site, site.kenji) is None


def test_nothing_is_removed_where_nothing_is_linked(browser: Browser, site: Site):
    page = browser.get(site.link_of(site.kenji)).body

    assert 'value="remove"' not in page


@pytest.mark.parametrize("failure", FeedFailure)
def test_the_page_says_when_and_why_a_calendar_could_not_be_read(
    browser: Browser, site: Site, failure: FeedFailure
):
    site.adapters.calendar_feeds.record(site.calendar.failed(failure, site.now))

    page = browser.get(site.link_of(site.omar)).body

    assert "Cannot be read" in page
    assert "Tried on " in page
    assert "Last read on " in page


def test_a_calendar_that_can_be_relied_on_says_so(browser: Browser, site: Site):
    site.adapters.calendar_feeds.record(site.calendar.verified(site.now))

    page = browser.get(site.link_of(site.omar)).body

    assert "Cannot be read" not in page
    assert "Tried on " not in page


def test_staff_see_how_the_calendar_is_doing(staff: Browser, site: Site):
    omar, kenji = (staff.get(site.page_of(who)).body for who in (site.omar, site.kenji))

    assert "calendar.example.org" in omar
    assert "The address sends us on to another one." in omar
    assert "None. They can link one on their availability page." in kenji


def test_staff_see_the_section_and_can_change_nothing(staff: Browser, site: Site):
    page = staff.post(f"{site.page_of(site.omar)}/availability", {}).body

    assert "Let your calendar say when you are busy" in page
    assert 'action="/availability/calendar"' not in page


def test_guests_are_told_that_times_cannot_be_verified_and_can_book(browser: Browser, site: Site):
    page = browser.get("/book/unverified").body

    assert "These times cannot be verified right now" in page
    assert "should the time turn out to be taken, you get a mail" in page
    assert 'action="/book/unverified/holds"' in page


def test_guests_are_told_nothing_where_every_calendar_was_read(browser: Browser, site: Site):
    site.adapters.calendar_feeds.record(site.calendar.verified(site.now))

    assert "cannot be verified" not in browser.get("/book/unverified").body
    assert "cannot be verified" not in browser.get(site.booking_page).body


def test_who_moves_a_meeting_is_told_too(browser: Browser, site: Site):
    browser.post("/availability/calendar", form(site, site.kenji, address=ADDRESS))
    site.wait_until(site.now + timedelta(minutes=1))

    page = browser.get(f"{site.link_of(site.booking)}/times").body

    assert "These times cannot be verified right now" in page


def test_an_explanation_names_whose_calendar_cannot_be_read(staff: Browser, site: Site):
    page = staff.get("/console/booking-pages/unverified/explanations").body

    assert "Some times cannot be verified" in page
    assert "The linked calendar of Omar Haddad could not be read lately." in page
