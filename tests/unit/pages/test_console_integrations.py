from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scheduling.domain.identifiers import derived_id
from scheduling.domain.people import Role
from tests.support.builders import AIKO, ORGANIZATION

if TYPE_CHECKING:
    from tests.unit.pages.site import Browser, Site

FORM = "/console/integrations/external-members"
PAGES = ("", "/new", "/{id}", "/{id}/edit", "/{id}/availability-requests", "/{id}/deletion")


@pytest.fixture
def off(site: Site) -> None:
    """Have an organization that has switched nothing on."""
    key = ORGANIZATION.organization_id
    site.store.organizations[key] = replace(ORGANIZATION, features=frozenset())


def be_no_admin(site: Site) -> None:
    key = ORGANIZATION.organization_id, AIKO.member_id
    site.store.members[key] = replace(AIKO, role=Role.MEMBER)


@pytest.mark.usefixtures("off")
def test_a6_a_card_tells_what_external_members_are(staff: Browser):
    page = staff.get("/console/integrations").body

    assert "Collect times from people who have no account" in page
    assert "They need no account and no password." in page
    assert ">Connect</button>" in page


@pytest.mark.usefixtures("off")
def test_a7_connecting_puts_external_members_into_the_menu(staff: Browser):
    answer = staff.post(FORM, {"enabled": "yes"})

    assert answer.status == 303
    page = staff.get(answer.location).body
    assert "It is there for everybody in the team now." in page
    assert 'href="/console/external-members"' in page


def test_a7_whoever_is_no_admin_finds_no_button_and_is_refused(staff: Browser, site: Site):
    be_no_admin(site)

    page = staff.get("/console/integrations").body
    card = page.partition('aria-labelledby="external_members"')[2].partition("</section>")[0]

    assert "Collect times" in card
    assert "<button" not in card
    assert staff.post(FORM, {"enabled": "no"}).status == 403


@pytest.mark.usefixtures("off")
def test_a8_before_that_no_page_of_theirs_opens_and_none_is_in_the_menu(staff: Browser, site: Site):
    for page in PAGES:
        address = f"/console/external-members{page}".format(id=site.kenji.external_member_id)
        assert staff.get(address).status == 409, page

    for page in ("", "/team", "/team/invitations"):
        assert 'href="/console/external-members' not in staff.get(f"/console{page}").body, page


@pytest.mark.usefixtures("off")
def test_the_rest_of_the_console_does_without_them(staff: Browser):
    for page in ("", "/bookings", "/booking-pages", "/booking-pages/workshop", "/bookings/new"):
        assert staff.get(f"/console{page}").status == 200, page


@pytest.mark.usefixtures("off")
def test_b20_today_says_what_is_to_be_set_up(staff: Browser):
    page = staff.get("/console").body

    assert "Set up Parley" in page
    assert 'href="/console/integrations">Connect external members</a>' in page
    assert "After another step" not in page


def test_b20_once_all_is_set_up_today_says_no_more_of_it(staff: Browser, site: Site):
    ben = replace(AIKO, member_id=derived_id("ben"), role=Role.MEMBER)
    site.store.members[ben.organization_id, ben.member_id] = ben

    assert "Set up Parley" not in staff.get("/console").body


def test_b20_the_guide_is_for_admins(staff: Browser, site: Site):
    be_no_admin(site)

    assert "Set up Parley" not in staff.get("/console").body
