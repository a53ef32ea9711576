"""The page on which admins export and erase one person."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scheduling.domain.identifiers import derived_id
from scheduling.domain.people import Role
from tests.support.builders import AIKO, EARLY, ORGANIZATION
from tests.support.connecting import a_connection

if TYPE_CHECKING:
    from tests.unit.pages.site import Browser, Site

ADDRESS = "/console/settings/data"
NOBODY = "nobody@people.example"


def test_admins_find_both_forms_under_settings(staff: Browser):
    assert f'href="{ADDRESS}"' in staff.get("/console/settings").body

    page = staff.get(ADDRESS)

    assert page.status == 200
    assert f'action="{ADDRESS}/export"' in page.body
    assert f'action="{ADDRESS}/erasure"' in page.body


def test_members_who_are_no_admins_do_not(staff: Browser, site: Site):
    key = ORGANIZATION.organization_id, AIKO.member_id
    site.store.members[key] = replace(AIKO, role=Role.MEMBER)

    assert f'href="{ADDRESS}"' not in staff.get("/console/settings").body
    assert staff.get(ADDRESS).status == 403


def test_an_export_is_a_file(staff: Browser):
    answer = staff.post(f"{ADDRESS}/export", {"email": NOBODY})

    assert answer.status == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="person.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert json.loads(answer.body)["email"] == NOBODY


@pytest.mark.parametrize("action", ["export", "erasure"])
def test_what_is_no_address_is_named_and_kept(staff: Browser, action: str):
    answer = staff.post(f"{ADDRESS}/{action}", {"email": "nobody"})

    assert answer.status == 422
    assert "Please enter an e-mail address" in answer.body
    assert 'value="nobody"' in answer.body


def test_who_was_erased_is_told_of_after_a_redirect(staff: Browser):
    answer = staff.post(f"{ADDRESS}/erasure", {"email": NOBODY, "confirm": NOBODY})

    assert answer.location == f"{ADDRESS}?news=erased"
    assert "Nothing under this address tells" in staff.get(answer.location).body


def test_what_becomes_of_bookings_is_asked_where_there_are_some(staff: Browser, site: Site):
    booking = next(iter(site.store.bookings.values()))
    email = booking.guest.email

    answer = staff.post(f"{ADDRESS}/erasure", {"email": email, "confirm": email})

    assert answer.status == 409
    assert "Say whether to cancel or to keep them" in answer.body
    kept = {"email": email, "confirm": email, "bookings": "keep"}
    assert staff.post(f"{ADDRESS}/erasure", kept).status == 303
    shown = staff.get(f"/console/bookings/{booking.booking_id}").body
    assert "Erased person" in shown
    assert booking.guest.name not in shown


def test_who_is_still_connected_at_a_provider_is_told_to_wait(staff: Browser, site: Site):
    left = replace(AIKO, member_id=derived_id("ben"), email=NOBODY, removed_at=EARLY)
    site.store.members[left.organization_id, left.member_id] = left
    connection = a_connection(member_id=left.member_id)
    site.store.connections[connection.key] = connection

    answer = staff.post(f"{ADDRESS}/erasure", {"email": NOBODY, "confirm": NOBODY})

    assert answer.status == 409
    assert "being disconnected at the provider, and nothing was erased" in answer.body


def test_the_last_admin_is_told_why_they_stay(staff: Browser):
    answer = staff.post(f"{ADDRESS}/erasure", {"email": AIKO.email, "confirm": AIKO.email})

    assert answer.status == 409
    assert "This is the last admin" in answer.body
