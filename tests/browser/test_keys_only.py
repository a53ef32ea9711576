"""A member's page from its first hours to a cancelled booking, without a mouse."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.barriers import barriers
from tests.support.browser import BERLIN, DESK, TOKYO
from tests.support.deployed import an_address, link_in
from translations.times import clock, span, weekday_names

MEETING = timedelta(minutes=30)
DAY = (datetime.now(ZoneInfo(TOKYO)) + timedelta(days=3)).date()
STARTS = [
    datetime.combine(DAY, time(17), ZoneInfo(TOKYO)).astimezone(UTC) + number * MEETING
    for number in range(2)
]
"""What Aiko offers: 17:00 to 18:00 in Tokyo, the morning in Berlin."""

MANY_PLACES = 150
"""More than any page has that take the focus."""


def test_a_members_page_is_made_booked_moved_and_cancelled(stack, visit):
    addresses = {name: an_address(name) for name in ("aiko", "mia")}
    stack.create_organization(addresses["aiko"])
    aiko = visit(stack.origin, DESK, timezone_id=TOKYO, reduced_motion="reduce")
    mia = visit(stack.origin, DESK, timezone_id=BERLIN, reduced_motion="reduce")

    sign_in(aiko, stack, addresses["aiko"])
    set_weekly_hours(aiko)
    booking_page = make_page(aiko)

    mia.goto(booking_page)
    ask_for_time(mia, STARTS[0], addresses["mia"])
    approve(aiko)
    mia.goto(link_in(stack.wait_for_mails(addresses["mia"], 2)[-1]))
    move(mia, STARTS[1])
    cancel(mia)

    said = [mail["subject"] for mail in stack.wait_for_mails(addresses["mia"], 4)]
    assert [subject.partition(":")[0] for subject in said] == [
        "Asked for",
        "Confirmed",
        "Moved",
        "Cancelled",
    ]


def sign_in(page: Page, stack, address: str) -> None:
    page.goto("/console")
    write(page, page.get_by_label("E-mail"), address)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    page.goto(link_in(stack.wait_for_mails(address)[-1]))
    press(page, page.get_by_role("button", name="Continue"))
    expect(page.get_by_role("heading", name="Today")).to_be_visible()


def set_weekly_hours(page: Page) -> None:
    press(page, page.get_by_role("link", name="My hours"))
    for name in weekday_names("en"):
        write(page, page.get_by_label(name, exact=True), "17:00–18:00")
    reach(page, page.get_by_label("Time zone"))
    page.keyboard.type("Tokyo")
    press(page, page.get_by_role("button", name="Save"))

    expect(page.get_by_role("heading", name="Saved")).to_be_visible()
    expect(page.get_by_label("Time zone")).to_have_value(TOKYO)
    assert barriers(page) == []


def make_page(page: Page) -> str:
    """Return the address of a page that needs approval."""
    press(page, page.get_by_role("link", name="Booking pages"))
    press(page, page.get_by_role("link", name="New booking page").first)
    write(page, page.get_by_label("Title"), "Portfolio review")
    expect(page.get_by_role("checkbox", name="Aiko Mori")).to_be_checked()
    write(page, page.get_by_label("Notice", exact=True), "0")
    press(page, page.get_by_label("Somebody approves each booking first"), "Space")
    press(page, page.get_by_role("button", name="Save"))

    expect(page.get_by_role("heading", name="The page is made")).to_be_visible()
    assert barriers(page) == []
    return page.get_by_text(re.compile(r"/book/\S+$")).inner_text()


def ask_for_time(page: Page, start: datetime, address: str) -> None:
    assert barriers(page) == []
    go_to_day(page)
    press(page, page.get_by_role("button", name=clock(start, BERLIN, "en"), exact=True))
    write(page, page.get_by_label("Your name"), "Mia Weber")
    write(page, page.get_by_label("Your e-mail"), address)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="You have asked for this time")).to_be_visible()
    expect_time(page, start)
    assert barriers(page) == []


def approve(page: Page) -> None:
    press(page, page.get_by_role("navigation").get_by_role("link", name="Bookings"))
    press(page, page.get_by_role("row", name="Mia Weber").get_by_role("link").first)
    assert barriers(page) == []
    press(page, page.get_by_role("button", name="Approve"))

    expect(page.get_by_text("Approved. Everybody concerned is told by mail.")).to_be_visible()


def move(page: Page, start: datetime) -> None:
    expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    press(page, page.get_by_role("link", name="Move to another time"))
    go_to_day(page)
    assert barriers(page) == []
    press(page, page.get_by_role("link", name=clock(start, BERLIN, "en"), exact=True))
    assert barriers(page) == []
    press(page, page.get_by_role("button", name="Move to this time"))

    expect(page.get_by_text("It was moved.")).to_be_visible()
    expect_time(page, start)


def cancel(page: Page) -> None:
    press(page, page.locator("summary", has_text="Cancel this meeting"))
    write(page, page.get_by_label("A few words"), "I have caught a cold.")
    press(page, page.get_by_role("button", name="Yes, cancel it"))

    expect(page.get_by_role("heading", name="This meeting is cancelled")).to_be_visible()
    assert barriers(page) == []


def go_to_day(page: Page) -> None:
    """Choose the day; in the next month, if it is there."""
    expect(page.get_by_role("table")).to_be_visible()
    day = page.locator(f'.month a[href*="date={DAY}"]')
    if not day.count():
        press(page, page.get_by_role("link", name="Month after"))
    press(page, day)


def expect_time(page: Page, start: datetime) -> None:
    expect(page.get_by_text(span(start, start + MEETING, BERLIN, "en")).first).to_be_visible()


def write(page: Page, field: Locator, text: str) -> None:
    reach(page, field)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def press(page: Page, what: Locator, key: str = "Enter") -> None:
    reach(page, what)
    page.keyboard.press(key)


def reach(page: Page, what: Locator) -> None:
    """Move the focus to where it is wanted, key by key."""
    expect(what).to_be_visible()
    for _ in range(MANY_PLACES):
        if what.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"no key leads to {what}")
