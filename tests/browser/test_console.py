"""The console as a busy assistant uses it: menus, dialogs, a batch, and who is available."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from scheduling.domain.audit import Activity
from scheduling.use_cases.member_imports import import_part
from tests.support.browser import DESK, PHONE
from tests.support.road import do

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.conftest import Visit
    from tests.browser.site_server import SiteServer
    from tests.unit.pages.site import Site

LIST = "/console/external-members"


@pytest.fixture
def desk(server: SiteServer, site: Site, visit: Visit) -> Page:
    page = visit(server.origin, DESK, permissions=["clipboard-read", "clipboard-write"])
    page.goto(LIST)
    return page


def gear(page: Page, name: str) -> Locator:
    return page.locator(f"summary[aria-label='Actions: {name}']")


def focused(page: Page) -> Locator:
    return page.locator(":focus")


def test_the_menu_of_a_phone_opens_and_closes_with_keys(
    server: SiteServer, site: Site, visit: Visit
):
    page = visit(server.origin, PHONE)
    page.goto("/console")
    more, settings = page.get_by_role("button", name="More"), page.get_by_text("Settings")
    expect(more).not_to_have_attribute("aria-current", "true")
    expect(settings).to_be_hidden()

    more.focus()
    page.keyboard.press("Enter")
    expect(settings).to_be_visible()
    for name in ("Close", "Booking pages"):
        page.keyboard.press("Tab")
        expect(focused(page)).to_have_text(name)
    page.keyboard.press("Escape")

    expect(settings).to_be_hidden()
    expect(more).to_be_focused()


def test_the_menu_of_a_phone_needs_no_script(server: SiteServer, site: Site, visit: Visit):
    page = visit(server.origin, PHONE, java_script_enabled=False)
    page.goto(LIST)
    bar = page.locator(".daily")
    expect(bar.get_by_role("link")).to_have_text(["Today", "Bookings", "External members", "Team"])
    expect(bar.get_by_role("link", name="External members")).to_be_in_viewport(ratio=1)

    page.get_by_role("button", name="More").tap()
    page.get_by_role("link", name="Settings").tap()

    expect(page.get_by_role("heading", name="Settings", level=1)).to_be_visible()
    expect(page.get_by_role("button", name="More")).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="More").tap()
    expect(page.get_by_role("link", name="Settings")).to_have_attribute("aria-current", "page")


def test_a16_whoever_opens_the_dialog_and_leaves_it_has_sent_nothing(desk: Page, site: Site):
    writes = site.store.writes
    gear(desk, "Lena Fischer").click()

    desk.get_by_role("link", name="Ask again").click()
    dialog = desk.get_by_role("dialog", name="Ask Lena Fischer again?")
    expect(dialog).to_be_visible()
    desk.keyboard.press("Escape")

    expect(dialog).to_have_count(0)
    expect(desk.get_by_role("link", name="Ask again")).to_be_focused()
    desk.keyboard.press("Escape")
    expect(gear(desk, "Lena Fischer")).to_be_focused()
    expect(desk.get_by_role("link", name="Ask again")).to_be_hidden()
    assert site.store.writes == writes


def test_a15_the_dialog_asks_again_once_its_button_is_pressed(desk: Page, site: Site):
    gear(desk, "Lena Fischer").click()
    desk.get_by_role("link", name="Ask again").click()

    desk.get_by_role("dialog").get_by_role("button", name="Send the mail").click()

    expect(desk.get_by_role("heading", name="Asked again")).to_be_visible()
    assert site.store.entries[-1].activity is Activity.AVAILABILITY_REQUESTED


def test_e7_the_link_is_copied_from_the_menu_of_a_row_without_a_mouse(desk: Page, site: Site):
    desk.keyboard.press("/")
    expect(desk.get_by_label("Name or e-mail")).to_be_focused()
    gear(desk, "Kenji Tanaka").focus()
    desk.keyboard.press("Enter")
    for name in ("Ask again", "Show availability page", "Copy link"):
        desk.keyboard.press("Tab")
        expect(focused(desk)).to_have_text(name)

    desk.keyboard.press("Enter")
    dialog = desk.get_by_role("dialog", name="Link of Kenji Tanaka")
    expect(dialog.get_by_label("Link to the availability page")).to_be_focused()
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")

    expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    copied = desk.evaluate("navigator.clipboard.readText()")
    assert copied == f"{site.adapters.base_url}{site.link_of(site.kenji)}"
    desk.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    copies = [
        entry.subject_id
        for entry in site.store.entries
        if entry.activity is Activity.AVAILABILITY_LINK_COPIED
    ]
    assert copies == [site.kenji.external_member_id]


def test_e7_the_link_is_shown_without_script(server: SiteServer, site: Site, visit: Visit):
    page = visit(server.origin, PHONE, java_script_enabled=False)
    page.goto(LIST)

    gear(page, "Kenji Tanaka").tap()
    page.get_by_role("button", name="Copy link").tap()

    field = page.get_by_label("Link to the availability page")
    expect(field).to_have_value(f"{site.adapters.base_url}{site.link_of(site.kenji)}")
    expect(page.get_by_role("button", name="Copy", exact=True)).to_be_hidden()


def test_b8_a_batch_is_tried_out_imported_and_told_row_by_row(
    server: SiteServer, site: Site, visit: Visit
):
    page = visit(server.origin, DESK)
    page.goto("/console/team")
    page.get_by_role("link", name="Import").click()
    rows = (
        "email,name,department,designation,manager\n"
        f"ana@hanami.example,Ana,Brand design,Designer,{site.ben.email}\n"
        f"eva@hanami.example,Eva,Nowhere,Designer,{site.ben.email}\n"
        f"{site.ben.email},Ben Okoro,,,\n"
    )
    file = {"name": "team.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Check the file").click()

    for row, words in (
        ("ana@hanami.example", "To be invited"),
        ("eva@hanami.example", "department: There is no such department."),
        (site.ben.email, "To be changed"),
    ):
        expect(page.get_by_role("row", name=row)).to_contain_text(words)
    page.get_by_role("button", name="Import the good rows").click()

    expect(page.get_by_role("status")).to_have_text("0 of 3 rows are done.")
    started = site.store.imports[page.url.rpartition("/")[2]][0]
    claimed = site.adapters.member_imports.claim(started, now=site.now)
    do(site.adapters, import_part, claimed)
    expect(page.get_by_role("status")).to_have_text("All 3 rows are done.")
    expect(page.get_by_role("row", name="ana@hanami.example")).to_contain_text("Invited")
    expect(page.get_by_role("row", name="eva@hanami.example")).to_contain_text("Wrong")
    expect(page.get_by_role("row", name=site.ben.email)).to_contain_text("Changed")


def test_a5_who_is_available_is_a_grid_at_a_desk_and_a_list_of_days_on_a_phone(
    desk: Page, server: SiteServer, site: Site, visit: Visit
):
    desk.get_by_role("link", name="Who is available").click()
    kenji = desk.get_by_role("row", name="Kenji Tanaka")
    expect(kenji).to_contain_text("23:30–24:00")
    expect(kenji).to_contain_text("Booked: 23:00–23:30")
    desk.get_by_role("link", name="Next week").click()
    expect(desk.get_by_role("row", name="Kenji Tanaka")).not_to_contain_text("24:00")
    desk.go_back()
    kenji.get_by_role("link", name="23:30–24:00").click()
    expect(desk).to_have_url(re.compile("/console/bookings/new"))
    expect(desk.get_by_role("link", name="23:30")).to_be_visible()

    phone = visit(server.origin, PHONE)
    phone.goto(f"{LIST}/grid")
    expect(phone.get_by_role("table")).to_be_hidden()
    day = phone.get_by_role("region", name="Tue 1 December 2026")
    expect(day.get_by_role("link", name="23:30–24:00")).to_be_visible()
    before, after = (
        phone.get_by_role("link", name=f"{which} week").bounding_box()
        for which in ("Previous", "Next")
    )
    assert before
    assert after
    assert before["y"] == after["y"]
