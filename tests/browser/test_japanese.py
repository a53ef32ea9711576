"""Pages in Japanese, in a browser: nothing is too wide, nothing in the way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.barriers import barriers
from tests.support.browser import DESK, PHONE, TOKYO

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.unit.pages.site import Site

PAGES = [
    "sign-in",
    "availability",
    "booking page",
    "booking form with questions",
    "booked",
    "today",
    "bookings",
    "external members",
    "booking pages",
    "edit booking page",
    "my hours",
    "who is available",
    "invite",
    "external member, mail failed",
    "team",
    "member",
    "import members",
    "import, wrong rows",
    "remove a member",
    "invitations",
    "invite members",
    "join",
    "directory",
    "my page",
    "settings",
    "mails",
    "signing in",
    "integrations, switched on",
    "integrations of the team",
    "what may be connected",
    "sign up",
]


@pytest.fixture
def page(visit, server, site: Site) -> Page:
    """A browser in Tokyo that looks at an organization which speaks Japanese."""
    for key, organization in site.store.organizations.items():
        site.store.organizations[key] = replace(organization, locale="ja")
    page = visit(server.origin, DESK, locale="ja-JP", timezone_id=TOKYO, reduced_motion="reduce")
    page.clock.set_fixed_time(site.now)
    return page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_in_japanese_can_be_used_by_everybody(page: Page, site: Site, name: str):
    page.goto(site.addresses()[name])

    assert page.locator("html").get_attribute("lang") == "ja"
    assert barriers(page) == []


def test_painted_days_are_written_as_japanese_write_them(page: Page, site: Site):
    page.set_viewport_size(PHONE["viewport"])

    page.goto(site.addresses()["availability"])

    expect(page.locator("#days")).to_have_text("12月1日 – 12月7日")
    expect(page.locator(".day-name b").first).to_have_text("12月1日(火)")
    expect(page.locator("[data-save]")).to_have_text("3件の日時を保存")
