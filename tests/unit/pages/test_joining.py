"""The page behind the link of an invitation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scheduling.domain.identifiers import derived_id
from scheduling.domain.people import Role
from tests.support.builders import AIKO

if TYPE_CHECKING:
    from tests.unit.pages.site import Browser, Site

ACCEPT = "/invitation/accept"


def form(site: Site, **fields: str) -> dict[str, str]:
    token = site.token_of(site.invitation)
    return {"token": token, "name": "Ben Ode", "time_zone": "Europe/London"} | fields


def test_the_page_says_who_invites_whom_to_what(browser: Browser, site: Site):
    page = browser.get(site.link_of(site.invitation)).body

    assert "Join Hanami Studio" in page
    assert "Aiko Mori" in page
    assert "b•••@hanami.example" in page
    assert "ben@hanami.example" not in page
    assert '<option value="Asia/Tokyo" selected>' in page
    assert "data-guess" in page


def test_s4_a_scanner_joins_nobody_and_a_human_does(browser: Browser, site: Site):
    writes, link = site.store.writes, site.link_of(site.invitation)

    looks = [look(link) for look in (browser.head, browser.get, browser.get)]

    assert [(look.status, look.cookies) for look in looks] == [(200, {})] * 3
    assert site.store.writes == writes
    answer = browser.post(ACCEPT, form(site))
    assert (answer.status, answer.location) == (303, "/console")
    cookie = answer.cookies["__Host-session"]
    for attribute in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert attribute in cookie
    assert "Hanami Studio" in browser.get("/console").body


def test_mistakes_are_named_and_nothing_is_lost(browser: Browser, site: Site):
    answer = browser.post(ACCEPT, form(site, name="", time_zone="America/Adak"))

    assert answer.status == 422
    assert 'href="#name"' in answer.body
    assert '<option value="America/Adak" selected>' in answer.body
    assert "data-guess" not in answer.body
    assert browser.post(ACCEPT, form(site)).status == 303


def test_a_link_that_was_used_leads_to_signing_in(browser: Browser, site: Site):
    browser.post(ACCEPT, form(site))

    for answer in (
        browser.get(site.link_of(site.invitation)),
        browser.post(ACCEPT, form(site)),
    ):
        assert answer.status == 410
        assert 'href="/sign-in"' in answer.body


def test_an_older_link_says_that_a_newer_one_was_sent(staff: Browser, site: Site):
    old = site.link_of(site.invitation)
    staff.post(f"/console/team/invitations/{site.invitation.invitation_id}/resend", {})

    answer = staff.get(old)

    assert answer.status == 410
    assert "There is a newer link" in answer.body


def test_a_revoked_invitation_says_so(staff: Browser, site: Site):
    staff.post(f"/console/team/invitations/{site.invitation.invitation_id}/revocation", {})

    for answer in (staff.get(site.link_of(site.invitation)), staff.post(ACCEPT, form(site))):
        assert answer.status == 410
        assert "This invitation was taken back" in answer.body


def test_t14_whoever_is_a_member_is_asked_to_sign_in_and_not_changed(browser: Browser, site: Site):
    ben = replace(
        AIKO,
        member_id=derived_id("ben"),
        name="Ben",
        email=site.invitation.email,
        role=Role.MEMBER,
    )
    site.store.members[ben.organization_id, ben.member_id] = ben

    for answer in (
        browser.get(site.link_of(site.invitation)),
        browser.post(ACCEPT, form(site, name="Somebody else")),
    ):
        assert answer.status == 409
        assert "You belong to this team already." in answer.body
        assert answer.cookies == {}
    assert site.store.members[ben.organization_id, ben.member_id] == ben


@pytest.mark.parametrize("purpose", ["kenji", "booking"])
def test_a_link_for_something_else_joins_nobody(browser: Browser, site: Site, purpose: str):
    token = site.token_of(getattr(site, purpose))

    assert browser.post(ACCEPT, form(site, token=token)).status == 404
