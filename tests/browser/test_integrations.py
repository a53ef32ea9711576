"""Integrations by keyboard: a switch is a switch for eyes, ears and fingers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import DESK


@pytest.fixture
def page(visit, server, site):
    page = visit(server.origin, DESK, reduced_motion="reduce")
    page.goto("/console/integrations")
    return page


def test_c33_a_platform_is_switched_off_with_keys_alone(page):
    switch = page.get_by_role("switch", name="Google Calendar")
    expect(switch).to_be_checked()
    expect(page.get_by_role("switch", name="Zoom")).not_to_be_checked()

    switch.focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("heading", name="Disconnect Google Calendar?")).to_be_visible()
    page.get_by_role("button", name="Yes, disconnect").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("No booking is lost.")
    expect(switch).not_to_be_checked()
    expect(page.get_by_role("switch", name="Google Meet")).to_be_checked()


def test_c26_an_admin_asks_for_what_is_broken_with_keys_alone(page):
    page.get_by_role("link", name="The team's").click()
    menu = page.get_by_label("Actions: Ben Ode")

    menu.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Ask to reconnect Google Calendar").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("A mail with a link to their own page")


def test_c24_a_count_leads_to_its_rows(page):
    page.get_by_role("link", name="The team's").click()
    page.get_by_role("link", name=re.compile("1 Connected")).last.click()

    expect(page.get_by_text("1 entry", exact=True)).to_be_visible()
    expect(page.get_by_label("Platform", exact=True)).to_have_value("zoom")
