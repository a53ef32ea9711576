"""Wherever a time zone is chosen, each that there is can be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from handlers.pages.assets import asset_address

if TYPE_CHECKING:
    from tests.unit.pages.site import Browser, Site

ZONE_SELECT = re.compile(r'<select[^>]* name="(?:time_)?zone"[^>]*>')


def test_every_choice_of_a_zone_is_widened_to_all_of_them(staff: Browser, site: Site):
    with_zones = []
    for name, address in site.addresses().items():
        page = staff.get(address).body
        for select in ZONE_SELECT.findall(page):
            assert 'data-zones data-more="All others"' in select, name
            assert asset_address("time-zone.js") in page, name
            with_zones.append(name)

    assert {"sign up", "settings", "my page", "my hours", "edit booking page"} <= {*with_zones}


def test_who_signs_up_starts_with_the_zone_they_are_in_and_keeps_what_they_chose(browser: Browser):
    asked = browser.get("/sign-up").body
    refused = browser.post("/sign-up", {"time_zone": "Asia/Tokyo"}).body

    assert " data-guess" in asked
    assert " data-guess" not in refused
    assert '<option value="Asia/Tokyo" selected>' in refused
