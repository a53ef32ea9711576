from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scheduling.domain.identifiers import derived_id
from tests.support.builders import AIKO

if TYPE_CHECKING:
    from tests.unit.pages.site import Browser, Site

PAGE = "/console/external-members/grid"


def test_a5_the_week_shows_who_is_free_and_what_is_booked(staff: Browser, site: Site):
    page = staff.get(f"{PAGE}?from=2026-12-01").body

    assert "23:30–24:00" in page
    assert "<s>23:00–23:30</s>" in page
    for name in ("Kenji Tanaka", "Lena Fischer", "Omar Haddad"):
        assert f">{name}</a>" in page


def test_a5_a_day_on_a_phone_shows_who_is_booked_for_all_of_it(staff: Browser, site: Site):
    key = site.kenji.organization_id, site.kenji.external_member_id
    gone = replace(site.kenji.availability, windows=())
    site.store.external_members[key] = replace(site.kenji, availability=gone)

    page = staff.get(f"{PAGE}?from=2026-12-01").body
    days = page.partition('<div class="grid-days')[2]

    assert "<s>23:00–23:30</s>" in days


def test_e3_the_week_says_whose_calendar_could_not_be_read(staff: Browser, site: Site):
    note = "A linked calendar could not be read lately."
    page = staff.get(f"{PAGE}?from=2026-12-01").body
    row = page.partition(f"{site.page_of(site.omar)}")[2].partition("</th>")[0]

    assert note in row

    site.adapters.calendar_feeds.record(site.calendar.verified(site.now))
    assert note not in staff.get(f"{PAGE}?from=2026-12-01").body


def test_a5_a_free_time_leads_to_booking_it_for_a_guest(staff: Browser, site: Site):
    page = staff.get(f"{PAGE}?from=2026-12-01").body
    link = f"/console/bookings/new?page={site.kenji.booking_page_slug}&amp;date=2026-12-01"

    assert f'href="{link}"' in page
    assert "When? Portfolio review" in staff.get(link.replace("&amp;", "&")).body


def test_a5_one_goes_from_week_to_week_and_keeps_what_was_chosen(staff: Browser):
    page = staff.get(f"{PAGE}?from=2026-12-01&zone=Europe/Berlin&person={AIKO.member_id}").body
    kept = f"zone=Europe%2FBerlin&amp;person={AIKO.member_id}"

    assert f'href="?{kept}&amp;from=2026-11-24"' in page
    assert f'href="?{kept}&amp;from=2026-12-08"' in page
    assert "15:30–17:00" in page


def test_a5_those_of_one_person_in_charge(staff: Browser, site: Site):
    key = site.lena.organization_id, site.lena.external_member_id
    ben = replace(AIKO, member_id=derived_id("ben"), name="Ben Ode")
    site.store.members[ben.organization_id, ben.member_id] = ben
    site.store.external_members[key] = replace(site.lena, person_in_charge_id=ben.member_id)

    page = staff.get(f"{PAGE}?person={ben.member_id}").body

    assert "Lena Fischer" in page
    assert "Kenji Tanaka" not in page


def test_a5_without_anybody_the_grid_says_so(staff: Browser):
    assert "There is nobody to show" in staff.get(f"{PAGE}?person=nobody").body


def test_a5_a_day_and_a_zone_that_do_not_exist_are_those_of_whoever_looks(staff: Browser):
    page = staff.get(f"{PAGE}?from=yesterday&zone=Mars/Olympus").body

    assert 'value="2026-12-01"' in page
    assert "Tokyo, GMT+9" in page


def test_a5_a_long_grid_goes_on_where_it_stopped(staff: Browser, monkeypatch):
    monkeypatch.setattr("handlers.pages.console_grid.ROWS", 2)

    page = staff.get(f"{PAGE}?from=2026-12-01").body
    following = page.partition("cursor=")[2].partition('"')[0]

    assert "Kenji Tanaka" not in page
    assert "Kenji Tanaka" in staff.get(f"{PAGE}?from=2026-12-01&cursor={following}").body


def test_the_list_leads_to_the_grid(staff: Browser):
    assert f'href="{PAGE}"' in staff.get("/console/external-members").body
