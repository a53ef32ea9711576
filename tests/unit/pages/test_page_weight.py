from __future__ import annotations

import re
from typing import TYPE_CHECKING

from handlers.pages import assets
from handlers.pages.availability_rows import Row
from tests.unit.pages.test_public_pages import availability_form

if TYPE_CHECKING:
    from tests.unit.pages.site import Browser, Site

KILOBYTE = 1000


KIBIBYTE = 1024


def size_of(page: str, ending: str) -> int:
    """Return how many bytes a page loads of one kind of file."""
    names = set(re.findall(rf"/static/([\w.-]+\.{ending})\"", page))
    return sum(len(assets.published_asset(name).content) for name in names)


def test_every_page_is_at_most_30_kilobytes(staff: Browser, site: Site):
    for name, address in site.addresses().items():
        assert len(staff.get(address).body.encode()) <= 30 * KILOBYTE, name


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
