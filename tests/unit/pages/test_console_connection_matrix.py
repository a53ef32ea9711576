"""What the team has connected and may connect, in the console: C14, C15, C24 to C26, C28, C29."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scheduling.domain.connections import ConnectionKey, Platform, Provider
from scheduling.domain.messages import MessageKind
from scheduling.domain.people import Role
from tests.support.builders import AIKO, ORGANIZATION

if TYPE_CHECKING:
    from tests.unit.pages.site import Browser, Site

LIST = "/console/integrations/members"
ASK = f"{LIST}/requests"
POLICY = "/console/integrations/policy"


def be_no_admin(site: Site) -> None:
    key = ORGANIZATION.organization_id, AIKO.member_id
    site.store.members[key] = replace(AIKO, role=Role.MEMBER)


def zoom_of_ben(site: Site) -> ConnectionKey:
    return ConnectionKey(ORGANIZATION.organization_id, site.ben.member_id, Provider.ZOOM)


def row_of(page: str, name: str) -> str:
    [row] = [row for row in page.split('<tr role="row">') if f">{name}</a>" in row]
    return row


def test_c14_a_row_tells_state_account_since_verified_and_error(staff: Browser):
    row = row_of(staff.get(LIST).body, "Ben Ode")

    assert "Sign-in expired" in row
    assert "The sign-in has expired, or access was withdrawn." in row
    assert "ben.ode@ode.example" in row
    assert "Since Sat 28 November 2026" in row
    assert "Verified Tue 1 December 2026, 17:48" in row


def test_c25_each_count_leads_to_as_many_rows(staff: Browser):
    page = staff.get(LIST).body
    counts = re.findall(r'<dd><a href="([^"]+)"><b>(\d+)</b>', page)

    assert counts
    for query, count in counts:
        found = staff.get(f"{LIST}{query.replace('&amp;', '&')}").body
        badges = found.partition("<tbody")[2].count('class="badge')
        assert badges == int(count), query


def test_c24_a_filter_keeps_to_its_platform_and_state(staff: Browser):
    page = staff.get(f"{LIST}?platform=zoom&state=ok").body

    table = page.partition("<table")[2].partition("</table>")[0]
    assert "Ben Ode" in table
    assert "Aiko Mori" not in table
    assert "Google Calendar</th>" not in table


def test_c15_c26_the_menu_asks_for_what_is_off_or_broken_and_for_nothing_else(
    staff: Browser, site: Site
):
    row = row_of(staff.get(LIST).body, "Ben Ode")

    assert "Ask to reconnect Google Calendar" in row
    assert "Ask to reconnect Google Meet" in row
    assert "Ask to connect Zoom" not in row
    assert "Ask to connect Zoom" in row_of(staff.get(LIST).body, "Aiko Mori")
    blocked = replace(ORGANIZATION, blocked_platforms=frozenset(Platform))
    site.store.organizations[ORGANIZATION.organization_id] = blocked
    assert "Ask to" not in staff.get(LIST).body


def test_c15_c26_asking_mails_the_member(staff: Browser, site: Site):
    form = {"member_id": site.ben.member_id, "platform": "google_calendar"}

    answer = staff.post(ASK, form)

    assert answer.location == f"{LIST}?news=asked"
    assert "A mail with a link to their own page goes out now." in staff.get(answer.location).body
    [message] = [each for each in site.store.messages if each.subject_id == site.ben.member_id]
    assert message.kind is MessageKind.RECONNECT_REQUESTED


def test_c15_an_admin_disconnects_after_a_question(staff: Browser, site: Site):
    address = f"{LIST}/{site.ben.member_id}/zoom/removal"

    page = staff.get(address).body
    answer = staff.post(address, {})

    assert "Disconnect Zoom of Ben Ode?" in page
    assert "Only they can connect it again; you can ask them to." in page
    assert answer.location == f"{LIST}?news=removed"
    assert not site.store.connections[zoom_of_ben(site)].is_on
    assert staff.get(address).status == 404


@pytest.mark.parametrize("whose", ["fax", "zoom"])
def test_what_is_not_connected_cannot_be_disconnected(staff: Browser, whose: str):
    address = f"{LIST}/{AIKO.member_id}/{whose}/removal"

    assert staff.get(address).status == staff.post(address, {}).status == 404


def test_c29_the_list_is_exported_as_it_is_filtered(staff: Browser):
    answer = staff.get(f"{LIST}.csv?platform=zoom")

    rows = list(csv.DictReader(io.StringIO(answer.body.removeprefix("\ufeff"))))
    assert [(row["Name"], row["State"], row["Account"]) for row in rows] == [
        ("Aiko Mori", "not_connected", ""),
        ("Ben Ode", "ok", "ben.ode@ode.example"),
    ]
    assert rows[1]["Last verified (UTC)"] == "2026-12-01 08:48"


def test_c35_members_see_none_of_it(staff: Browser, site: Site):
    be_no_admin(site)
    form = {"member_id": site.ben.member_id, "platform": "zoom"}
    removal = f"{LIST}/{site.ben.member_id}/zoom/removal"

    looks = [staff.get(page) for page in (LIST, f"{LIST}.csv", removal, POLICY)]
    acts = [staff.post(page, form) for page in (ASK, removal, POLICY)]

    assert {answer.status for answer in (*looks, *acts)} == {403}
    assert not any("Ben" in answer.body for answer in looks)
    assert site.store.connections[zoom_of_ben(site)].is_on


def test_c28_an_admin_says_what_may_be_connected(staff: Browser, site: Site):
    form = [
        ("version", "1"),
        ("allowed", "google_calendar"),
        ("account_domains", "Hanami.example\r\nhanami.test"),
        ("other_accounts", "refused"),
    ]

    answer = staff.post(POLICY, form)

    organization = site.store.organizations[ORGANIZATION.organization_id]
    page = staff.get(answer.location).body
    assert organization.blocked_platforms == {Platform.GOOGLE_MEET, Platform.ZOOM}
    assert organization.account_domains == ("hanami.example", "hanami.test")
    assert organization.refuses_other_accounts
    assert "hanami.example\nhanami.test</textarea>" in page
    assert "Still connected, though not allowed" in page
    assert f'href="{LIST}/{site.ben.member_id}/zoom/removal"' in page


@pytest.mark.parametrize(
    ("typed", "status", "words"),
    [
        ({"account_domains": "nonsense"}, 422, "Please enter domains, like example.org."),
        ({"version": "7"}, 409, "Look at what is saved"),
    ],
)
def test_c28_what_cannot_be_saved_is_given_back(
    staff: Browser, typed: dict[str, str], status: int, words: str
):
    form = {"version": "1", "allowed": "zoom", "account_domains": "hanami.example"} | typed

    answer = staff.post(POLICY, form)

    assert answer.status == status
    assert words in answer.body
    assert f"{form['account_domains']}</textarea>" in answer.body


def test_e6_today_tells_of_broken_connections_and_the_pages_they_concern(
    staff: Browser, site: Site
):
    page = staff.get("/console").body

    assert "Google Calendar, Google Meet</a> of Ben Ode" in page
    assert "No booking page is affected" in page
    assert f"{LIST}?q=ode%40hanami.example" in page
