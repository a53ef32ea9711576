"""Linking a calendar on the availability page, on a phone, with script and without."""

import pytest
from playwright.sync_api import expect

from tests.support.browser import PHONE, TOKYO

ADDRESS = "webcal://calendar.example.org/private-7f3a/basic.ics"


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def tab(visit, server, site, request):
    tab = visit(server.origin, PHONE, timezone_id=TOKYO, java_script_enabled=request.param)
    tab.goto(site.link_of(site.kenji))
    return tab


def test_a_calendar_is_linked_and_removed(tab, photograph):
    section = tab.get_by_role("region", name="Let your calendar say when you are busy")
    field = section.get_by_label("Address of your calendar")
    field.fill("http://calendar.example.org")
    section.get_by_role("button", name="Link this calendar").tap()

    expect(tab.get_by_role("alert")).to_contain_text("Address of your calendar")
    expect(field).to_have_accessible_description(
        "In iCal format; it starts with https:// or webcal:// and often ends in .ics."
        " The address has to start with https:// or webcal://."
    )
    expect(field).to_have_value("http://calendar.example.org")

    field.fill(ADDRESS)
    section.get_by_role("button", name="Link this calendar").tap()

    expect(tab.get_by_role("status").first).to_contain_text("Your calendar is being read")
    expect(section).to_contain_text("calendar.example.org")
    expect(section.get_by_label("Another address")).to_have_value("")
    section.scroll_into_view_if_needed()
    photograph(tab, "linked-calendar-phone")

    section.get_by_role("button", name="Remove the calendar").tap()

    expect(tab.get_by_role("status").first).to_contain_text("Your calendar is no longer read")
    expect(section).not_to_contain_text("calendar.example.org")


def test_enter_in_the_field_links_the_calendar_and_saves_no_times(tab, site):
    version = site.kenji.availability.version
    tab.get_by_label("Address of your calendar").fill(ADDRESS)
    tab.get_by_label("Address of your calendar").press("Enter")

    expect(tab.get_by_role("status").first).to_contain_text("Your calendar is being read")
    key = site.kenji.organization_id, site.kenji.external_member_id
    assert site.store.external_members[key].availability.version == version
