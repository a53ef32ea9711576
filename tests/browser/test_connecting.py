"""Connecting accounts through the pages of the providers, as the stand-ins have them."""

from __future__ import annotations

import re
from secrets import token_hex
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import DESK, PHONE, TOKYO

if TYPE_CHECKING:
    from collections.abc import Mapping

AIKO, REN, YUI = "aiko@hanami.example", "ren@hanami.example", "yui.sato@mail.example"
"""Accounts that the stand-ins have."""


@pytest.fixture
def sign_in(stack, visit):
    def on(device: Mapping[str, object]) -> Page:
        """Return the page of integrations of somebody who has an organization of their own."""
        created = stack.create_organization(f"admin-{token_hex(4)}@people.example")
        providers = [stack.facts.google_url, stack.facts.zoom_url]
        page: Page = visit(stack.origin, device, also=providers, timezone_id=TOKYO)
        page.goto(created["sign_in_url"])
        page.get_by_role("button", name="Continue").click()
        page.goto("/console/integrations")
        return page

    return on


def switch(page: Page, platform: str):
    return page.get_by_role("switch", name=platform)


def consent(page: Page, account: str, *, without: str = "") -> None:
    """Choose an account on Google's page and allow what is asked for, but for a permission."""
    page.get_by_role("link", name=account).click()
    if without:
        page.get_by_label(without).uncheck()
    page.get_by_role("button", name="Allow").click()


def connect_zoom(page: Page, account: str = AIKO) -> None:
    switch(page, "Zoom").click()
    page.get_by_label(account).check()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", name="Connected")).to_be_visible()


def test_c2_c8_c9_c11_a_calendar_is_connected_and_meet_shares_its_sign_in(sign_in, photograph):
    page = sign_in(DESK)
    expect(switch(page, "Google Calendar")).not_to_be_checked()
    expect(page.locator("#google_calendar")).to_contain_text("When you are busy")

    switch(page, "Google Calendar").click()
    expect(page.get_by_role("heading", name="Choose an account")).to_be_visible()
    consent(page, AIKO)

    expect(page.get_by_role("heading", name="Connected")).to_be_visible()
    expect(switch(page, "Google Calendar")).to_be_checked()
    expect(page.locator("#google_calendar")).to_contain_text(AIKO)
    switch(page, "Google Meet").press("Space")
    expect(switch(page, "Google Meet")).to_be_checked()
    connect_zoom(page)
    page.goto("/console/integrations")
    photograph(page, "integrations-desktop")
    page.get_by_role("link", name="The team's").click()
    expect(page.get_by_role("row", name="Aiko Mori")).to_contain_text(AIKO)
    photograph(page, "integrations-team-desktop")


def test_c33_c38_what_is_switched_off_is_asked_about_first(sign_in):
    page = sign_in(PHONE)
    connect_zoom(page, REN)

    switch(page, "Zoom").click()
    expect(page.get_by_role("heading", name=re.compile("Zoom"))).to_be_visible()
    expect(page.get_by_text("No booking is lost", exact=False).first).to_be_visible()
    page.get_by_role("button", name="Disconnect").click()

    expect(page.get_by_role("heading", name="Disconnected")).to_be_visible()
    expect(switch(page, "Zoom")).not_to_be_checked()


def test_c8_whoever_leaves_the_sign_in_has_connected_nothing(sign_in):
    page = sign_in(PHONE)

    switch(page, "Google Calendar").click()
    expect(page.get_by_role("heading", name="Choose an account")).to_be_visible()
    page.goto("/console/integrations")
    expect(switch(page, "Google Calendar")).not_to_be_checked()

    switch(page, "Google Calendar").click()
    page.get_by_role("link", name=REN).click()
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_role("heading", name="Nothing was connected")).to_be_visible()
    expect(switch(page, "Google Calendar")).not_to_be_checked()


def test_c9_c10_c37_another_account_is_refused_and_a_missing_permission_named(sign_in):
    page = sign_in(DESK)
    card = page.locator("#google_calendar")
    switch(page, "Google Meet").click()
    page.get_by_role("link", name=YUI).click()
    page.get_by_role("button", name="Allow").click()
    expect(switch(page, "Google Meet")).to_be_checked()

    switch(page, "Google Calendar").click()
    consent(page, REN)
    expect(page.get_by_role("heading", name="That is another account")).to_be_visible()
    expect(page.locator("#google_meet")).to_contain_text(YUI)

    switch(page, "Google Calendar").click()
    consent(page, YUI, without="calendar.events.freebusy")
    expect(page.get_by_role("heading", name="A permission is missing")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("Google Calendar")
    expect(switch(page, "Google Meet")).to_be_checked()

    card.get_by_role("button", name="Connect again").click()
    consent(page, YUI)
    expect(page.get_by_role("heading", name="Connected")).to_be_visible()
    expect(card).to_contain_text(YUI)


def test_c28_what_the_organization_blocks_cannot_be_switched_on(sign_in):
    page = sign_in(DESK)
    before = page.context.new_page()
    before.goto("/console/integrations")

    page.get_by_role("link", name="What is allowed").click()
    page.get_by_label("Zoom").uncheck()
    page.get_by_role("button", name="Save").click()
    page.goto("/console/integrations")
    expect(switch(page, "Zoom")).to_be_disabled()

    switch(before, "Zoom").click()
    expect(
        before.get_by_role("heading", name="Your organization does not allow this")
    ).to_be_visible()
