"""Where a form means a member it takes their address, so that any of a thousand can be meant."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from handlers.pages.console_frame import MOST_CHOICES, MOST_SUGGESTED
from scheduling.domain.identifiers import derived_id
from tests.support.builders import AIKO
from tests.unit.pages.test_console_booking_pages import filled
from tests.unit.pages.test_console_invitations import form as invitations_form
from tests.unit.pages.test_console_pages import invitation

if TYPE_CHECKING:
    from tests.unit.pages.site import Browser, Site

LIGHT = (
    "external members",
    "who is available",
    "invite",
    "edit",
    "bookings",
    "booking",
    "invite members",
    "member",
    "remove a member with bookings",
)
"""What the site calls those that once offered every member, or looked at each of them."""

WITH_HOSTS = ("new booking page", "edit booking page")
"""A hundred hosts to check off stand there as well."""


@pytest.fixture
def crowd(site: Site) -> None:
    for number in range(1_000):
        member = replace(
            AIKO,
            member_id=derived_id(f"member {number}"),
            name=f"Member Number {number}",
            email=f"member-{number}@hanami.example",
        )
        site.store.members[member.organization_id, member.member_id] = member


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize("name", LIGHT + WITH_HOSTS)
def test_a_form_reads_few_of_a_thousand_members(staff: Browser, site: Site, name, monkeypatch):
    read, members = [], site.adapters.members

    def listed(*asked, limit, **wanted):
        read.append(limit)
        return type(members).list(members, *asked, limit=limit, **wanted)

    monkeypatch.setattr(members, "list", listed)

    page = staff.get(site.addresses()[name]).body

    assert sum(read) <= MOST_CHOICES + MOST_SUGGESTED
    assert name in WITH_HOSTS or len(page.encode()) <= 30_000


def test_an_external_member_is_invited_for_whoever_is_typed(staff: Browser, site: Site):
    assert f'value="{AIKO.email}"' in staff.get("/console/external-members/new").body

    asked = staff.post(
        "/console/external-members/new", invitation(person_in_charge_id=site.ben.email.upper())
    )

    detail = asked.location.partition("?")[0]
    assert asked.status == 303
    assert site.ben.name in staff.get(detail).body
    edited = staff.get(f"{detail}/edit").body
    assert f'value="{site.ben.email}"' in edited


def test_an_external_member_is_given_to_whoever_is_typed(staff: Browser, site: Site):
    page = site.page_of(site.kenji)
    typed = {"version": "1", "name": "Kenji", "email": site.kenji.email}

    answer = staff.post(f"{page}/edit", typed | {"person_in_charge_id": site.ben.email})

    assert answer.status == 303
    key = site.kenji.organization_id, site.kenji.external_member_id
    assert site.store.external_members[key].person_in_charge_id == site.ben.member_id


def test_a_booking_page_is_given_to_whoever_is_typed(staff: Browser, site: Site):
    page = "/console/booking-pages/workshop"
    form = staff.get(page)
    assert f'value="{AIKO.email}"' in form.body

    answer = staff.post(page, filled(form, person_in_charge_id=site.ben.email))

    assert answer.status == 303
    assert site.store.booking_pages["workshop"].person_in_charge_id == site.ben.member_id


def test_members_report_to_whoever_is_typed(staff: Browser, site: Site):
    new = "/console/team/invitations/new"
    assert f'value="{AIKO.email}"' in staff.get(new).body

    answer = staff.post(new, invitations_form(site, manager_id=site.ben.email))

    assert answer.status == 200
    managers = {sent.placement.manager_id for sent in site.store.invitations.values()}
    assert site.ben.member_id in managers


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/console/external-members/new", "person_in_charge_id"),
        ("/console/booking-pages/workshop", "person_in_charge_id"),
        ("/console/team/invitations/new", "manager_id"),
    ],
)
def test_an_address_that_nobody_has_is_named_and_stays(staff: Browser, address: str, field: str):
    form = staff.get(address)

    answer = staff.post(address, filled(form, **{field: "nobody@hanami.example"}))

    assert answer.status == 422
    assert f'href="#{field}"' in answer.body
    assert 'value="nobody@hanami.example"' in answer.body


@pytest.mark.parametrize("page", ["", "/grid"])
def test_lists_are_filtered_by_whoever_is_typed(staff: Browser, site: Site, page: str):
    key = site.lena.organization_id, site.lena.external_member_id
    site.store.external_members[key] = replace(site.lena, person_in_charge_id=site.ben.member_id)

    found = staff.get(f"/console/external-members{page}?person={site.ben.email}").body

    assert "Lena Fischer" in found
    assert "Kenji Tanaka" not in found
    assert f'name="person" inputmode="email" list="person-list" value="{site.ben.email}"' in found


def test_the_bookings_to_export_are_those_of_whoever_is_typed(staff: Browser, site: Site):
    of_aiko, of_ben = (
        staff.get(f"/console/bookings.csv?person={member.email}").body
        for member in (AIKO, site.ben)
    )

    assert "Mia Weber" in of_aiko
    assert "Mia Weber" not in of_ben
