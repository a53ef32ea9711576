"""The same pages in a browser that runs no script: links, forms and the back button."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.support.api_road import Road
from tests.support.browser import BERLIN, PHONE, TOKYO
from tests.support.deployed import an_address, link_in, token_in
from translations.times import clock, span

DAY = (datetime.now(ZoneInfo(TOKYO)) + timedelta(days=3)).date()
FIRST = datetime.combine(DAY, time(17), ZoneInfo(TOKYO)).astimezone(UTC)
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def road(stack):
    with stack.client() as admin, stack.client() as public:
        road = Road(admin, public)
        road.sign_in(token_in(stack.create_organization()["sign_in_url"]))
        yield road


@pytest.fixture
def tab(stack, visit):
    return visit(stack.origin, PHONE, java_script_enabled=False)


def test_times_are_entered_line_by_line(stack, road, tab):
    kenji = an_address("kenji")
    road.invite(email=kenji)
    link = link_in(stack.wait_for_mails(kenji)[0])
    tab.goto(link)
    lines = tab.get_by_role("group", name="Time")
    offered = lines.count()
    type_time(tab, 1, "17:00", "16:00")

    tab.get_by_role("button", name="Add a time").tap()
    expect(lines).to_have_count(offered + 1)
    tab.get_by_role("button", name="Remove").last.tap()
    expect(lines).to_have_count(offered)
    tab.get_by_role("button", name="Save times").tap()

    expect(tab.get_by_role("alert")).to_contain_text("Time 1")
    until = lines.nth(0).get_by_label("To", exact=True)
    expect(until).to_have_attribute("aria-invalid", "true")
    expect(until).to_have_accessible_description("The end has to be after the start.")
    expect(until).to_have_value("16:00")

    type_time(tab, 1, "17:00", "18:00")
    other_tab = tab.context.new_page()
    other_tab.goto(link)
    tab.get_by_role("button", name="Save times").tap()
    expect(tab.get_by_role("status")).to_contain_text("Saved. Thank you!")

    type_time(other_tab, 1, "19:00", "20:00")
    other_tab.get_by_role("button", name="Save times").tap()
    notice = other_tab.get_by_role("status")
    expect(notice).to_contain_text("These times were changed in another window")
    expect(notice).to_contain_text(span(FIRST, FIRST + 2 * HALF_HOUR, TOKYO, "en"))
    expect(other_tab.get_by_label("From").first).to_have_value("19:00")
    other_tab.get_by_role("button", name="Save times").tap()
    expect(other_tab.get_by_role("status")).to_contain_text("Saved. Thank you!")
    other_tab.reload()
    expect(other_tab.get_by_label("From").first).to_have_value("19:00")


def test_a_guest_books_moves_and_cancels(stack, road, tab):
    kenji, mia = an_address("kenji"), an_address("mia")
    member = road.invite(email=kenji)
    tab.goto(link_in(stack.wait_for_mails(kenji)[0]))
    type_time(tab, 1, "17:00", "18:00")
    tab.get_by_role("button", name="Save times").tap()
    expect(tab.get_by_role("status")).to_contain_text("Saved. Thank you!")

    tab.goto(f"/book/{member['booking_page']['slug']}")
    expect(tab.get_by_role("button", name="17:00", exact=True)).to_be_visible()
    tab.get_by_label("Times are shown for").select_option(BERLIN)
    tab.get_by_role("button", name="Apply").tap()
    tab.get_by_role("button", name=clock(FIRST, BERLIN, "en"), exact=True).tap()
    expect(tab.get_by_text("Kept for you until")).to_be_visible()
    tab.get_by_label("Your name").fill("Mia Weber")
    tab.get_by_role("button", name="Book this time").tap()

    expect(tab.get_by_label("Your e-mail")).to_have_attribute("aria-invalid", "true")
    expect(tab.get_by_label("Your name")).to_have_value("Mia Weber")
    expect(tab.get_by_text("Kept for you until")).to_be_visible()
    tab.get_by_label("Your e-mail").fill(mia)
    tab.get_by_role("button", name="Book this time").tap()
    expect(tab.get_by_role("heading", name="You are booked")).to_be_visible()
    expect(tab.get_by_text(span(FIRST, FIRST + HALF_HOUR, BERLIN, "en"))).to_be_visible()

    link = link_in(stack.wait_for_mails(mia)[0])
    tab.goto(link)
    tab.get_by_role("link", name="Move to another time").tap()
    tab.get_by_role("link", name=clock(FIRST + HALF_HOUR, BERLIN, "en"), exact=True).tap()
    tab.get_by_role("button", name="Move to this time").tap()
    expect(tab.get_by_text("moved from")).to_be_visible()
    expect(
        tab.get_by_text(span(FIRST + HALF_HOUR, FIRST + 2 * HALF_HOUR, BERLIN, "en"))
    ).to_be_visible()

    tab.goto(link)
    tab.get_by_text("Cancel this meeting").tap()
    tab.get_by_role("button", name="Yes, cancel it").tap()
    expect(tab.get_by_role("heading", name="This meeting is cancelled")).to_be_visible()


def type_time(page: Page, number: int, start: str, end: str) -> None:
    """Fill one line in: a time on `DAY`, in Tokyo."""
    line = page.get_by_role("group", name=f"Time {number}")
    line.get_by_label("Day").fill(DAY.isoformat())
    line.get_by_label("From").fill(start)
    line.get_by_label("To", exact=True).fill(end)
