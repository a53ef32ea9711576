from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from handlers.pages import assets
from handlers.pages.availability_rows import Row
from handlers.pages.console_frame import ROWS
from scheduling.domain.connections import ConnectionState, Provider
from scheduling.domain.identifiers import derived_id
from scheduling.domain.people import Role
from tests.support.builders import AIKO, a_guest
from tests.support.connecting import a_connection
from tests.unit.pages.test_public_pages import availability_form

if TYPE_CHECKING:
    from tests.unit.pages.site import Browser, Site

KILOBYTE = 1000

KIBIBYTE = 1024

MOST_OF_A_LIST = 75 * KILOBYTE
"""Fifty rows, each with a menu; public pages weigh less than half of it."""

LISTS = (
    "external members",
    "who is available",
    "bookings",
    "booking pages",
    "team",
    "team, removed",
    "invitations",
    "integrations of the team",
)
"""What the site calls the pages that list what there may be thousands of."""


def size_of(page: str, ending: str) -> int:
    """Return how many bytes a page loads of one kind of file."""
    names = set(re.findall(rf"/static/([\w.-]+\.{ending})\"", page))
    return sum(len(assets.published_asset(name).content) for name in names)


def test_every_page_is_at_most_30_kilobytes(staff: Browser, site: Site):
    for name, address in site.addresses().items():
        assert len(staff.get(address).body.encode()) <= 30 * KILOBYTE, name


@pytest.fixture
def full(site: Site) -> None:
    """Have more of everything that is listed than a page of a list has rows."""
    for number in range(ROWS):
        key = derived_id(f"full {number}")
        email = f"somebody.number-{number}@hanami.example"
        member = replace(site.ben, member_id=key, name=f"Somebody Number {number}", email=email)
        site.store.members[member.organization_id, key] = member
        gone = replace(site.former, member_id=derived_id(f"gone {number}"), email=email)
        site.store.members[gone.organization_id, gone.member_id] = gone
        asked = replace(
            site.kenji, external_member_id=key, name=f"External Number {number}", email=email
        )
        site.store.external_members[asked.organization_id, key] = asked
        site.store.messages[asked.request_mail] = site.store.messages[site.kenji.request_mail]
        site.store.booking_pages[f"page-{number}"] = replace(site.workshop, slug=f"page-{number}")
        guest = replace(a_guest(f"Guest Number {number}"), email=email)
        booking = replace(site.booking, booking_id=key, guest=guest)
        site.store.bookings[booking.organization_id, key] = booking
        site.wait_for(email, site.now)
        for provider in Provider:
            connection = a_connection(
                provider, member_id=key, account=email, state=ConnectionState.RECONNECT_REQUIRED
            )
            site.store.connections[connection.key] = connection


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("role", Role)
def test_a_list_with_all_the_rows_of_a_page_is_at_most_75_kilobytes(
    staff: Browser, site: Site, role: Role
):
    site.store.members[AIKO.organization_id, AIKO.member_id] = replace(AIKO, role=role)
    for name in LISTS:
        page = staff.get(site.addresses()[name]).body
        assert role is Role.MEMBER or "Next " in page, name
        assert len(page.encode()) <= MOST_OF_A_LIST, name


def test_a_form_with_twenty_times_is_at_most_30_kilobytes(browser: Browser, site: Site):
    lines = [Row(f"2026-12-{day:02}", "09:00", "12:00") for day in range(2, 22)]
    form = availability_form(
        site, *((line.date, line.start, line.end) for line in lines), action="look"
    )

    assert len(browser.post("/availability", form).body.encode()) <= 30 * KILOBYTE


def test_the_style_sheet_of_public_pages_is_at_most_20_kilobytes(staff: Browser, site: Site):
    for name, address in site.addresses().items():
        if not address.startswith("/console"):
            assert 0 < size_of(staff.get(address).body, "css") <= 20 * KIBIBYTE, name


def test_the_scripts_of_a_page_are_at_most_15_kilobytes(staff: Browser, site: Site):
    for name, address in site.addresses().items():
        assert size_of(staff.get(address).body, "js") <= 15 * KILOBYTE, name


def test_nothing_is_loaded_from_elsewhere_and_nothing_is_inline(staff: Browser, site: Site):
    for name, address in site.addresses().items():
        page = staff.get(address).body
        assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=\"(?!/static/)", page), name
        assert not re.search(r"<style|<script>|\sstyle=|\son[a-z]+=", page), name
