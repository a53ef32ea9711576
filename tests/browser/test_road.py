"""The whole road in a browser, from signing in to a cancelled booking, as each person sees it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from secrets import token_hex
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import BERLIN, DESK, PHONE, TOKYO
from tests.support.deployed import link_in
from translations.times import clock, day, span

MEETING = timedelta(minutes=30)
DAYS_AHEAD = 3
DAY = (datetime.now(ZoneInfo(TOKYO)) + timedelta(days=DAYS_AHEAD)).date()
STARTS = [
    datetime.combine(DAY, time(17), ZoneInfo(TOKYO)).astimezone(UTC) + number * MEETING
    for number in range(6)
]
"""What Kenji offers: 17:00 to 20:00 in Tokyo, the morning in Berlin."""


@pytest.fixture
def people():
    """Addresses of people nobody else has heard of, by first name."""
    domain = f"people-{token_hex(3)}.example"
    return {name: f"{name}@{domain}" for name in ("aiko", "kenji", "lena", "mia", "noor")}


def test_the_whole_road(stack, people, visit, photograph):
    stack.create_organization(people["aiko"])
    admin = visit(stack.origin, DESK, timezone_id=TOKYO)
    kenji = visit(stack.origin, PHONE, timezone_id=TOKYO)
    mia = visit(stack.origin, PHONE, timezone_id=BERLIN)
    noor = visit(stack.origin, PHONE, timezone_id=BERLIN)

    ask_for_link(admin, people["aiko"], photograph)
    follow_link(admin, newest_link(stack, people["aiko"]))
    connect_external_members(admin)

    invite(admin, "Dr. Lena Fischer", people["lena"], "Research interview")
    invite(admin, "Kenji Tanaka", people["kenji"], "Portfolio review", photograph)
    booking_page = admin.get_by_text(re.compile(r"/book/\S+$")).inner_text()
    mia.goto(booking_page)
    expect(mia.get_by_role("heading", name="This page is not open yet")).to_be_visible()

    kenji.goto(newest_link(stack, people["kenji"]))
    expect(kenji.get_by_text("Aiko Mori of Hanami Studio asks")).to_be_visible()
    paint_and_save(kenji, photograph)
    assert "Kenji Tanaka" in stack.wait_for_mails(people["aiko"], 2)[1]["subject"]

    look(mia, booking_page)
    look(noor, booking_page)
    photograph(mia, "booking-page-phone")
    pick(mia, STARTS[1])
    lose(noor, STARTS[1], photograph)
    book(mia, "Mia Weber", people["mia"])
    expect_booked(mia, STARTS[1])
    photograph(mia, "booked-phone")
    pick(noor, STARTS[0])
    book(noor, "Noor Ali", people["noor"])
    expect_booked(noor, STARTS[0])

    for name, mails in (("mia", 1), ("noor", 1), ("kenji", 3), ("aiko", 4)):
        assert calendar_method(stack.wait_for_mails(people[name], mails)[-1]) == "REQUEST"

    mia.goto(newest_link(stack, people["mia"]))
    cancel(mia, photograph)
    for name, mails in (("mia", 2), ("kenji", 4), ("aiko", 5)):
        assert calendar_method(stack.wait_for_mails(people[name], mails)[-1]) == "CANCEL"
    mia.get_by_role("link", name="Book another time").click()
    expect(mia.get_by_role("button", name=clock(STARTS[1], BERLIN, "en"))).to_be_visible()

    see_everything(admin, photograph)
    admin.get_by_role("navigation").get_by_role("button", name="Sign out").click()
    expect(admin.get_by_role("heading", name="Sign in")).to_be_visible()
    admin.goto("/console/bookings")
    expect(admin.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_link_finishes_in_another_browser_with_the_code(stack, people, visit):
    stack.create_organization(people["aiko"])
    desk = visit(stack.origin, DESK)
    phone = visit(stack.origin, PHONE)
    ask_for_link(desk, people["aiko"])
    code = desk.get_by_text(re.compile(r"^\w{4}-\w{4}$")).inner_text()

    link = newest_link(stack, people["aiko"])
    phone.goto(link)
    phone.get_by_role("button", name="Continue").click()
    expect(phone.get_by_role("alert")).to_contain_text("Please type the code")
    phone.get_by_label("Code").fill("AAAA-AAAA")
    phone.get_by_role("button", name="Continue").click()
    expect(phone.get_by_role("alert")).to_contain_text("That is not the code")
    expect(phone.get_by_label("Code")).to_have_value("AAAA-AAAA")
    phone.get_by_label("Code").fill(code)
    phone.get_by_role("button", name="Continue").click()

    expect(phone.get_by_role("heading", name="Today")).to_be_visible()
    phone.goto(link)
    expect(phone.get_by_role("heading", name="This link has been used")).to_be_visible()


def connect_external_members(admin):
    admin.get_by_role("link", name="Connect external members").click()
    admin.get_by_role("button", name="Connect").click()
    expect(admin.get_by_role("heading", name="Connected")).to_be_visible()
    admin.get_by_role("link", name="Today").click()
    expect(admin.get_by_role("heading", name="Collect times from people")).to_be_visible()


def newest_link(stack, address):
    return link_in(stack.wait_for_mails(address)[-1])


def nothing(page: Page, name: str) -> None:
    """Take no picture."""


def ask_for_link(page: Page, address: str, photograph=nothing) -> None:
    page.goto("/console")
    page.get_by_label("E-mail").fill(address)
    photograph(page, "sign-in-desktop")
    page.get_by_role("button", name="Mail me a link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()


def follow_link(page: Page, link: str) -> None:
    page.goto(link)
    expect(page.get_by_role("heading", name="Welcome", exact=True)).to_be_visible()
    expect(page.get_by_label("Code")).to_have_count(0)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()


def invite(page: Page, name: str, address: str, title: str, photograph=nothing) -> None:
    page.goto("/console")
    page.get_by_role("link", name=re.compile("Start using|Invite external member")).click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail").fill(address)
    page.get_by_label("What the meeting is about").fill(title)
    page.get_by_label("Place").fill("Hanami Studio, Yanaka, Tokyo")
    photograph(page, "invite-desktop")
    page.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_role("status")).to_contain_text(f"A mail with the link goes to {address}")
    expect(page.get_by_text("No times yet.")).to_be_visible()


def paint_and_save(page: Page, photograph) -> None:
    expect(page.get_by_label("Time zone")).to_have_value(TOKYO)
    painted = page.locator(".day").nth(DAYS_AHEAD)
    painted.get_by_role("button", expanded=False).tap()
    for start in STARTS:
        painted.get_by_text(clock(start, TOKYO, "en"), exact=True).tap()
    expect(painted.get_by_role("button", expanded=True)).to_contain_text("17:00–20:00")
    expect(page.get_by_text("3 hours")).to_be_visible()
    painted.evaluate("day => day.scrollIntoView()")
    photograph(page, "availability-phone")
    page.get_by_role("button", name="Save 1 time").tap()

    expect(page.get_by_role("status")).to_contain_text("Saved. Thank you!")
    page.reload()
    expect(page.get_by_role("button", name="17:00–20:00")).to_be_visible()


def look(page: Page, booking_page: str) -> None:
    page.goto(booking_page)
    expect(page.get_by_label("Times are shown for")).to_have_value(BERLIN)
    expect(page.get_by_role("heading", name=day(DAY, "en"))).to_be_visible()
    offered = page.get_by_role("button", name=re.compile(r"^\d\d:\d\d$"))
    expect(offered).to_have_text([clock(each, BERLIN, "en") for each in STARTS])


def pick(page: Page, start: datetime) -> None:
    page.get_by_role("button", name=clock(start, BERLIN, "en"), exact=True).tap()
    expect(page.get_by_text(span(start, start + MEETING, BERLIN, "en"))).to_be_visible()
    expect(page.get_by_text("Kept for you")).to_be_visible()


def lose(page: Page, start: datetime, photograph) -> None:
    """Tap a time that somebody else has got meanwhile."""
    time_of_day = clock(start, BERLIN, "en")
    page.get_by_role("button", name=time_of_day, exact=True).tap()
    expect(page.get_by_text("That time is no longer free")).to_be_visible()
    expect(page.get_by_role("button", name=time_of_day, exact=True)).to_have_count(0)
    photograph(page, "just-taken-phone")


def book(page: Page, name: str, address: str) -> None:
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Your e-mail").fill(address)
    page.get_by_label("Anything to add?").fill("Twelve pages, mostly posters.")
    page.get_by_role("button", name="Book this time").tap()


def expect_booked(page: Page, start: datetime) -> None:
    expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    expect(page.get_by_text(span(start, start + MEETING, BERLIN, "en"))).to_be_visible()


def cancel(page: Page, photograph) -> None:
    page.get_by_text("Cancel this meeting").tap()
    page.get_by_label("A few words").fill("I have caught a cold.")
    page.get_by_role("button", name="Yes, cancel it").tap()
    expect(page.get_by_role("heading", name="This meeting is cancelled")).to_be_visible()
    expect(page.get_by_text("I have caught a cold.")).to_be_visible()
    photograph(page, "cancelled-phone")


def see_everything(page: Page, photograph) -> None:
    noors_time = span(STARTS[0], STARTS[0] + MEETING, TOKYO, "en")
    page.goto("/console")
    expect(page.get_by_role("main")).to_contain_text("Noor Ali")
    photograph(page, "console-today-desktop")
    rail = page.get_by_role("navigation", name="Console")
    rail.get_by_role("link", name="Bookings").click()
    row = page.get_by_role("row", name="Noor Ali")
    expect(row).to_contain_text(noors_time)
    expect(row).to_contain_text("Confirmed")
    photograph(page, "bookings-desktop")
    rail.get_by_role("link", name="External members").click()
    expect(page.get_by_role("row", name="Kenji Tanaka")).to_contain_text("Answered")
    expect(page.get_by_role("row", name="Dr. Lena Fischer")).to_contain_text("Asked")
    photograph(page, "external-members-desktop")
    page.get_by_role("link", name="Kenji Tanaka", exact=True).click()
    expect(page.get_by_role("region", name="Open times")).to_contain_text("17:00–20:00")
    photograph(page, "external-member-desktop")
    rail.get_by_role("link", name="Booking pages").click()
    expect(page.get_by_role("row", name="Portfolio review")).to_contain_text("Open")


def calendar_method(mail):
    [part] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    return part.get_param("method")
