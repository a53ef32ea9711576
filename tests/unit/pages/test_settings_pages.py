"""The organization's settings, and the contact that stands wherever something went wrong (C41)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scheduling.domain.audit import Activity
from scheduling.domain.people import Role
from tests.support.builders import AIKO, ORGANIZATION

if TYPE_CHECKING:
    from tests.unit.pages.site import Browser, Site

ORG = ORGANIZATION.organization_id
CONTACT = "help@hanami.example"
FORM = {
    "name": "Hanami Works",
    "time_zone": "Europe/Berlin",
    "locale": "ja",
    "support_contact": f"  {CONTACT} ",
}


@pytest.fixture
def contact(site: Site) -> str:
    site.store.organizations[ORG] = replace(ORGANIZATION, support_contact=CONTACT)
    return CONTACT


@pytest.fixture
def member(site: Site, staff: Browser) -> Browser:
    """The browser of somebody who is no admin."""
    site.store.members[ORG, AIKO.member_id] = replace(AIKO, role=Role.MEMBER)
    return staff


def test_an_admin_edits_the_organization_and_it_is_written_down(staff: Browser, site: Site):
    answer = staff.post("/console/settings", FORM)

    after = site.store.organizations[ORG]
    assert answer.location == "/console/settings?news=saved"
    assert (after.name, after.time_zone, after.locale, after.support_contact) == (
        "Hanami Works",
        "Europe/Berlin",
        "ja",
        CONTACT,
    )
    assert site.store.entries[-1].activity is Activity.ORGANIZATION_EDITED


def test_of_two_admins_who_edit_at_once_the_later_one_is_told_and_keeps_what_they_typed(
    staff: Browser, site: Site
):
    first, second = FORM | {"version": "1"}, FORM | {"version": "1", "name": "Sakura Studio"}
    staff.post("/console/settings", first)

    answer = staff.post("/console/settings", second)

    assert answer.status == 409
    assert "変更しました" in answer.body
    assert 'value="Sakura Studio"' in answer.body
    assert site.store.organizations[ORG].name == "Hanami Works"


def test_saving_what_is_saved_already_stores_nothing(staff: Browser, site: Site):
    staff.post("/console/settings", FORM)
    writes = site.store.writes

    assert staff.post("/console/settings", FORM).status == 303
    assert site.store.writes == writes


def test_each_wrong_setting_is_named_and_what_was_typed_is_kept(staff: Browser, site: Site):
    wrong = {"name": " ", "time_zone": "Mars/Olympus", "locale": "xx", "support_contact": "x" * 101}

    answer = staff.post("/console/settings", wrong)

    assert answer.status == 422
    assert [name for name in wrong if f'id="{name}-problem"' not in answer.body] == []
    assert "x" * 101 in answer.body
    assert site.store.organizations[ORG] == ORGANIZATION


def test_a_member_reads_the_settings_and_changes_none(member: Browser, site: Site):
    page = member.get("/console/settings")
    refused = member.post("/console/settings", FORM)

    assert "Hanami Studio" in page.body
    assert 'action="/console/settings"' not in page.body
    assert refused.status == 403
    assert site.store.organizations[ORG] == ORGANIZATION


def test_c41_the_console_names_the_support_contact(staff: Browser, contact: str):
    assert f"Help: {contact}" in staff.get("/console").body


def test_c41_a_refusal_in_the_console_names_the_support_contact(member: Browser, contact: str):
    assert f"Turn to {contact}" in member.post("/console/settings", FORM).body


def test_c41_a_page_of_the_console_that_is_not_there_names_the_support_contact(
    staff: Browser, contact: str
):
    answer = staff.get(f"/console/bookings/{AIKO.member_id}")

    assert answer.status == 404
    assert f"Turn to {contact}" in answer.body


def test_c41_a_defect_of_ours_names_the_support_contact(staff: Browser, site: Site, contact: str):
    site.store.messages.clear()

    answer = staff.get(site.page_of(site.kenji))

    assert answer.status == 500
    assert f"Turn to {contact}" in answer.body


def test_c41_links_that_ended_name_the_support_contact_of_their_organization(
    browser: Browser, site: Site, contact: str
):
    link = site.store.links[site.kenji.request.link_id]
    site.store.links[link.link_id] = replace(link, expires_at=site.now)

    ended = browser.get(site.link_of(site.kenji))

    assert ended.status == 410
    assert f"Turn to {contact}" in ended.body


def test_c41_what_belongs_to_no_organization_names_nobody_not_even_after_another_request(
    browser: Browser, staff: Browser, site: Site, contact: str
):
    staff.get("/console")

    for answer in (browser.get("/nowhere"), browser.get("/l/s1.1.x"), browser.get("/book/nobody")):
        assert answer.status == 404
        assert contact not in answer.body
