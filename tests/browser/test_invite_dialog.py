"""Inviting teammates: a dialog where script runs, a page where it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import DESK, PHONE

if TYPE_CHECKING:
    from tests.browser.conftest import Visit
    from tests.browser.site_server import SiteServer
    from tests.unit.pages.site import Site

LIST = "/console/team/invitations"


@pytest.fixture
def desk(server: SiteServer, site: Site, visit: Visit) -> Page:
    """The list of invitations on a desktop, with its dialog open."""
    page = visit(server.origin, DESK)
    page.goto(LIST)
    page.get_by_role("link", name="Invite members").click()
    expect(page.get_by_role("dialog", name="Invite members")).to_be_visible()
    return page


def invited(site: Site) -> list[str]:
    known = {site.invitation.email, site.expired_invitation.email}
    emails = (each.email for each in site.store.invitations.values())
    return [email for email in emails if email not in known]


def place(page: Page) -> None:
    """Choose what they will be; the manager is chosen already."""
    page.get_by_label("Department", exact=True).select_option("Brand design")
    page.get_by_label("Designation", exact=True).select_option("Designer")


def test_c16_escape_and_close_send_nothing(desk: Page, site: Site):
    dialog, field = desk.get_by_role("dialog"), desk.get_by_label("E-mail addresses")
    writes = site.store.writes
    field.press_sequentially("lena@hanami.example,")

    desk.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(desk.get_by_role("link", name="Invite members")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    expect(desk.get_by_role("button", name="Remove lena@hanami.example")).to_have_count(0)
    dialog.get_by_role("link", name="Close").click()

    expect(dialog).to_have_count(0)
    expect(desk).to_have_url(f"{desk.url.partition('/console')[0]}{LIST}")
    assert site.store.writes == writes


def test_c17_addresses_become_chips_and_all_of_them_are_sent(desk: Page, site: Site):
    field, chips = desk.get_by_label("E-mail addresses"), desk.locator(".chip")

    field.press_sequentially("Lena@hanami.example,")
    field.fill("omar@hanami.example; lena@; extra@hanami.example\nlast@hanami.example")
    expect(chips).to_have_count(4)
    desk.get_by_role("button", name="Remove extra@hanami.example").click()
    expect(field).to_be_focused()
    expect(field).to_have_value("last@hanami.example")
    place(desk)
    expect(chips.filter(has_text="lena@ (")).to_contain_text("lena@ (Is no e-mail address)")
    desk.get_by_role("button", name="Send invitations").click()

    expect(desk.get_by_role("heading", name="What became of them")).to_be_visible()
    results = desk.get_by_role("list", name="What became of them").get_by_role("listitem")
    expect(results).to_have_count(4)
    expect(results.filter(has_text="lena@hanami.example")).to_contain_text("Invited")
    assert invited(site) == ["lena@hanami.example", "omar@hanami.example", "last@hanami.example"]
    expect(chips).to_have_count(1)
    expect(chips).to_contain_text("lena@")


def test_c17_the_last_chip_comes_back_to_be_corrected(desk: Page):
    field, chips = desk.get_by_label("E-mail addresses"), desk.locator(".chip")
    field.press_sequentially("lena@hanami,")
    expect(chips).to_have_count(1)

    field.press("Backspace")

    expect(chips).to_have_count(0)
    expect(field).to_have_value("lena@hanami")


def test_c22_reloading_the_results_invites_nobody_again(desk: Page, site: Site):
    desk.get_by_label("E-mail addresses").fill("lena@hanami.example")
    place(desk)
    desk.get_by_role("button", name="Send invitations").click()
    expect(desk.get_by_role("heading", name="What became of them")).to_be_visible()
    messages = len(site.store.messages)

    desk.reload()

    expect(desk.get_by_text("lena@hanami.example")).to_be_visible()
    expect(desk.get_by_text("Was invited before")).to_have_count(0)
    assert len(site.store.messages) == messages


def test_c21_without_script_the_same_is_done_on_a_page(
    server: SiteServer, site: Site, visit: Visit
):
    page = visit(server.origin, PHONE, java_script_enabled=False)
    page.goto(LIST)

    page.get_by_role("link", name="Invite members").tap()
    page.get_by_label("E-mail addresses").fill("lena@hanami.example, lena@")
    page.get_by_role("button", name="Send invitations").tap()
    expect(page.get_by_role("alert")).to_contain_text("Department")
    expect(page.get_by_label("E-mail addresses")).to_have_value("lena@hanami.example, lena@")
    place(page)
    page.get_by_role("button", name="Send invitations").tap()

    expect(page.get_by_text("Is no e-mail address")).to_be_visible()
    expect(page.get_by_label("E-mail addresses")).to_have_value("lena@")
    assert invited(site) == ["lena@hanami.example"]
    page.goto(f"{LIST}/new")
    page.get_by_role("link", name="Close").tap()
    expect(page.get_by_role("heading", name="Invitations")).to_be_visible()


def test_c23_whoever_is_invited_joins_in_the_zone_they_are_in(
    server: SiteServer, site: Site, visit: Visit
):
    page = visit(server.origin, PHONE, timezone_id="Europe/London")
    page.goto(site.link_of(site.invitation))
    expect(page.get_by_label("Time zone")).to_have_value("Europe/London")

    page.get_by_label("Your name").fill("Ben Ode")
    page.get_by_role("button", name="Join").tap()

    expect(page).to_have_url(f"{server.origin}/console")
    [ben] = site.adapters.members.with_email(site.invitation.email)
    assert (ben.name, ben.time_zone) == ("Ben Ode", "Europe/London")
