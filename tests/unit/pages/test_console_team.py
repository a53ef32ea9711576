"""The team in the console: the list, a member, removing one, and my page."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from scheduling.domain.identifiers import derived_id
from scheduling.domain.links import hashed
from scheduling.domain.people import Role
from scheduling.domain.sessions import Session
from tests.support.builders import AIKO, ORGANIZATION
from tests.unit.pages.site import Browser

if TYPE_CHECKING:
    from scheduling.domain.people import Member
    from tests.unit.pages.site import Site

ORG = ORGANIZATION.organization_id


@pytest.fixture
def as_ben(site: Site) -> Browser:
    """The browser of a member who is no admin."""
    ends = site.now + timedelta(hours=1)
    site.adapters.sessions.add(
        Session(hashed("of-ben"), ORG, site.ben.member_id, ends, site.now, 0)
    )
    return Browser({"__Host-session": "of-ben"})


@pytest.fixture
def proven(site: Site, staff: Browser) -> Browser:
    """Aiko, who has just proved who she is."""
    for key, session in site.store.sessions.items():
        site.store.sessions[key] = replace(session, proven_at=site.now)
    return staff


def stored(site: Site, member: Member) -> Member:
    return site.store.members[ORG, member.member_id]


def page_of(member: Member) -> str:
    return f"/console/team/{member.member_id}"


def form_of(page: str) -> dict[str, str]:
    """Return what a form sends that nobody has typed into."""
    typed = dict(re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', page))
    for name, options in re.findall(
        r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL
    ):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        typed[name] = chosen[1] if chosen else ""
    return typed


def names(page: str) -> list[str]:
    return re.findall(r'<td role="cell"><a href="team/\w+">([^<]+)</a>', page)


def test_b9_the_list_shows_everybody_by_name_with_an_edit_control_in_each_row(
    staff: Browser, site: Site
):
    page = staff.get("/console/team").body

    assert names(page) == ["Aiko Mori", "Ben Ode"]
    assert "2 members" in page
    assert page.count(">Edit</a>") == 2
    assert "Brand design" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=ODE@", ["Ben Ode"]),
        ("role=admin", ["Aiko Mori"]),
        ("state=removed", ["Abe Gone"]),
        (f"department={derived_id('design')}", ["Ben Ode"]),
        (f"manager={AIKO.member_id}", ["Ben Ode"]),
        ("designation=x", []),
    ],
)
def test_c30_the_list_is_filtered_by_what_its_address_says(
    staff: Browser, query: str, found: list[str]
):
    page = staff.get(f"/console/team?{query}").body

    assert names(page) == found
    assert found or "Nobody fits" in page


def test_a_long_list_is_shown_50_at_a_time_with_its_filter(staff: Browser, site: Site):
    for number in range(60):
        member = replace(site.ben, member_id=derived_id(str(number)), name=f"M{number:02}")
        site.store.members[ORG, member.member_id] = member

    first = staff.get("/console/team?q=m").body
    following = re.search(r'href="(\?[^"]*cursor=[^"]+)"', first)

    assert len(names(first)) == 50
    assert following
    assert "q=m" in following[1]
    rest = staff.get("/console/team" + following[1].replace("&amp;", "&")).body
    assert names(rest)[-1] == "M59"


def test_members_without_that_right_are_offered_no_change(as_ben: Browser, site: Site):
    page = as_ben.get("/console/team").body

    assert ">Edit</a>" not in page
    assert "removal" not in page
    assert "team.csv" not in page
    assert '<form class="card' not in as_ben.get(page_of(AIKO)).body


def test_b7_an_admin_changes_a_member(staff: Browser, site: Site):
    form = form_of(staff.get(page_of(site.ben)).body)

    answer = staff.post(page_of(site.ben), form | {"name": "Ben Okoro", "locale": "ja"})

    assert answer.status == 303
    after = stored(site, site.ben)
    assert (after.name, after.locale, after.manager_id) == ("Ben Okoro", "ja", AIKO.member_id)
    assert after.department_id == site.ben.department_id
    assert "Saved" in staff.get(answer.location).body


def test_a_refused_change_is_shown_as_it_was_typed(staff: Browser, site: Site):
    form = form_of(staff.get(page_of(site.ben)).body)
    typed = {"name": "", "manager_id": "nobody@hanami.example"}

    answer = staff.post(page_of(site.ben), form | typed)

    assert answer.status == 422
    assert 'value="nobody@hanami.example"' in answer.body
    assert 'href="#name"' in answer.body
    assert 'href="#manager_id"' in answer.body


def test_a_change_to_what_somebody_else_changed_says_so(staff: Browser, site: Site):
    form = form_of(staff.get(page_of(site.ben)).body)
    staff.post(page_of(site.ben), form | {"name": "Ben Okoro"})

    answer = staff.post(page_of(site.ben), form | {"name": "Benjamin"})

    assert answer.status == 409
    assert "Look at what is saved" in answer.body
    assert 'value="Benjamin"' in answer.body


def test_b10_a_new_role_takes_a_fresh_proof_and_the_form_waits_for_it(staff: Browser, site: Site):
    site.wait_until(site.now + timedelta(minutes=11))
    page = page_of(site.ben)
    typed = form_of(staff.get(page).body) | {"name": "Ben Okoro", "role": "admin"}

    answer = staff.post(page, typed)

    assert answer.status == 403
    assert 'href="/sign-in/again" target="_blank"' in answer.body
    assert form_of(answer.body) == typed
    assert stored(site, site.ben) == site.ben

    for key, session in site.store.sessions.items():
        site.store.sessions[key] = replace(session, proven_at=site.adapters.now())
    assert staff.post(page, typed).status == 303
    assert stored(site, site.ben).role is Role.ADMIN


def test_b21_removing_takes_a_fresh_proof_and_the_form_waits_for_it(staff: Browser, site: Site):
    site.wait_until(site.now + timedelta(minutes=11))
    typed = {"hand_over_to": site.ben.email}

    answer = staff.post(f"{page_of(AIKO)}/removal", typed)

    assert answer.status == 403
    assert 'href="/sign-in/again" target="_blank"' in answer.body
    assert f'value="{site.ben.email}"' in answer.body
    assert stored(site, AIKO).is_active


def test_t15_the_last_admin_is_told_why_the_role_stays(proven: Browser, site: Site):
    form = form_of(proven.get(page_of(AIKO)).body)

    answer = proven.post(page_of(AIKO), form | {"role": "member"})

    assert answer.status == 409
    assert "last admin" in answer.body


def test_b16_a_member_posts_nothing_about_another(as_ben: Browser, site: Site):
    assert as_ben.post(page_of(AIKO), {"name": "X"}).status == 403
    assert as_ben.post(f"{page_of(AIKO)}/removal", {}).status == 403
    assert as_ben.get(f"{page_of(AIKO)}/removal").status == 403


def test_b15_my_page_changes_my_name_zone_and_language(as_ben: Browser, site: Site):
    form = form_of(as_ben.get("/console/me").body)

    answer = as_ben.post("/console/me", form | {"name": "Ben Okoro", "time_zone": "Europe/London"})

    assert answer.status == 303
    after = stored(site, site.ben)
    assert (after.name, after.time_zone) == ("Ben Okoro", "Europe/London")
    page = as_ben.get(answer.location).body
    assert "Brand design" in page
    assert 'href="/console/working-hours"' in page


def test_b15_the_console_speaks_the_language_that_i_chose(as_ben: Browser, site: Site):
    form = form_of(as_ben.get("/console/me").body)
    assert '<html lang="en">' in as_ben.get("/console").body

    as_ben.post("/console/me", form | {"locale": "ja"})

    assert '<html lang="ja">' in as_ben.get("/console").body


def test_b16_my_page_takes_no_role(as_ben: Browser, site: Site):
    form = form_of(as_ben.get("/console/me").body)
    assert "role" not in form

    as_ben.post("/console/me", form | {"role": "admin", "department_id": "x"})

    assert stored(site, site.ben) == site.ben


def test_my_page_names_what_cannot_be(as_ben: Browser, site: Site):
    form = form_of(as_ben.get("/console/me").body)

    answer = as_ben.post("/console/me", form | {"name": "", "time_zone": "Mars"})

    assert answer.status == 422
    assert 'href="#name"' in answer.body
    assert stored(site, site.ben) == site.ben


def test_b21_asking_to_remove_shows_what_is_theirs_and_removes_nobody(staff: Browser, site: Site):
    page = staff.get(f"{page_of(AIKO)}/removal").body

    assert "bookings to come" in page
    assert "In charge of 3 external members" in page
    assert stored(site, AIKO).is_active


def test_b21_a_member_with_nothing_is_removed(proven: Browser, site: Site):
    answer = proven.post(f"{page_of(site.ben)}/removal", {})

    assert answer.location == "/console/team?news=removed"
    assert not stored(site, site.ben).is_active
    assert "Ben Ode" in proven.get("/console/team?state=removed").body


def test_b21_what_is_theirs_passes_to_whom_the_form_says(proven: Browser, site: Site):
    site.store.members[ORG, site.ben.member_id] = replace(site.ben, role=Role.ADMIN)
    removal = f"{page_of(AIKO)}/removal"

    refused = proven.post(removal, {})
    unknown = proven.post(removal, {"hand_over_to": "nobody@hanami.example"})
    done = proven.post(removal, {"hand_over_to": site.ben.email})

    assert (refused.status, unknown.status) == (409, 422)
    assert 'value="nobody@hanami.example"' in unknown.body
    assert done.status == 303, done.body
    assert site.kenji_page.person_in_charge_id == site.ben.member_id
    external = site.store.external_members[ORG, site.kenji.external_member_id]
    assert external.person_in_charge_id == site.ben.member_id


def test_t25_the_export_is_a_table_without_formulas(staff: Browser, site: Site):
    site.store.members[ORG, site.ben.member_id] = replace(site.ben, name="@SUM(A1)")

    answer = staff.get("/console/team.csv?role=member")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.body.removeprefix("\ufeff"))))
    assert [row[2] for row in rows[1:]] == ["'@SUM(A1)"]
