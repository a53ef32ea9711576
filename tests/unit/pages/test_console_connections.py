"""What a member has connected, in the console: C1, C10, C32, C33, C37, C38, C41."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from handlers.pages.connecting_news import NEWS, PROBLEMS
from scheduling.domain import refusals
from scheduling.domain.connections import ConnectionState, Platform, Provider
from scheduling.domain.people import Role
from tests.support.builders import AIKO, ORGANIZATION
from tests.support.connecting import HOLIDAYS, PRIMARY, a_connection

if TYPE_CHECKING:
    from scheduling.domain.connections import Connection
    from tests.unit.pages.site import Browser, Site

PAGE = "/console/integrations"
CALENDARS = f"{PAGE}/google/calendars"
GOOGLE = a_connection().key


def card(staff: Browser, platform: str, query: str = "") -> str:
    """Return one card of the page."""
    page = staff.get(f"{PAGE}{query}").body
    return page.partition(f'id="{platform}"')[2].partition("</section>")[0]


def change(site: Site, **changes: object) -> Connection:
    changed = replace(site.store.connections[GOOGLE], **changes)
    site.store.connections[GOOGLE] = changed
    return changed


def test_c1_a_card_is_on_with_its_account_and_when_it_was_verified(staff: Browser):
    google, zoom = card(staff, "google_calendar"), card(staff, "zoom")

    assert 'role="switch" aria-checked="true"' in google
    assert "aiko@hanami.example" in google
    assert "Connected</span>" in google
    assert "Tue 1 December 2026, 17:48" in google
    assert 'role="switch" aria-checked="false"' in zoom
    assert "aiko@hanami.example" not in zoom


def test_c8_the_switch_of_what_is_off_begins_a_sign_in_by_a_form(staff: Browser):
    assert '<form class="switch" method="post" action="/connections/zoom/start">' in card(
        staff, "zoom"
    )


def test_c37_what_is_asked_for_and_why_is_told_before_the_sign_in(staff: Browser, site: Site):
    site.store.connections.clear()

    for platform in Platform:
        told = card(staff, platform)
        assert "The sign-in will ask for" in told
        assert "Who you are: your address, to show which account is connected." in told
    assert "so that nobody books over it" in card(staff, "google_calendar")


def test_c8_browsers_let_the_form_lead_to_the_providers(staff: Browser):
    policy = staff.get(PAGE).headers["Content-Security-Policy"]

    assert "form-action 'self' https://accounts.google.com https://zoom.us;" in policy
    assert "zoom" not in staff.get("/console").headers["Content-Security-Policy"]


def test_c41_trouble_has_a_reason_a_fix_a_button_and_whom_to_turn_to(staff: Browser, site: Site):
    change(site, state=ConnectionState.RECONNECT_REQUIRED)
    helped = replace(ORGANIZATION, support_contact="extension 204")
    site.store.organizations[ORGANIZATION.organization_id] = helped

    google = card(staff, "google_calendar")

    assert "Sign-in expired" in google
    assert "The sign-in has expired, or access was withdrawn." in google
    assert "Connect again with the same account." in google
    assert 'action="/connections/google_calendar/start"><button' in google
    assert "Help: extension 204" in google


@pytest.mark.parametrize("state", ConnectionState)
def test_c41_a_cross_stands_only_where_somebody_has_to_do_something(
    staff: Browser, site: Site, state: ConnectionState
):
    change(site, state=state, platforms=frozenset({Platform.GOOGLE_CALENDAR}))

    cross = "M6 6l12 12M18 6 6 18"
    is_concerned = state.needs_human and state is not ConnectionState.NO_MEET
    assert (cross in card(staff, "google_calendar")) == is_concerned


def test_c10_only_the_platform_whose_permission_is_missing_says_so(staff: Browser, site: Site):
    missing = (Platform.GOOGLE_CALENDAR,)
    change(site, state=ConnectionState.INSUFFICIENT_SCOPE, missing=missing)

    assert "leave every box ticked" in card(staff, "google_calendar")
    assert "Connected</span>" in card(staff, "google_meet")


def test_e6_a_card_names_the_booking_pages_of_the_member(staff: Browser):
    assert 'href="/console/booking-pages/workshop"' in card(staff, "google_calendar")


def test_c28_what_the_organization_blocks_cannot_be_switched_on(staff: Browser, site: Site):
    blocked = replace(ORGANIZATION, blocked_platforms=frozenset(Platform))
    site.store.organizations[ORGANIZATION.organization_id] = blocked

    zoom, meet = card(staff, "zoom"), card(staff, "google_meet")

    assert "Your organization does not allow this." in zoom
    assert " disabled></button>" in zoom
    assert "Your organization no longer allows it." in meet
    assert " disabled>" not in meet


def test_c32_several_calendars_of_the_account_are_ticked(staff: Browser, site: Site):
    both = [PRIMARY.calendar_id, HOLIDAYS.calendar_id]
    fields = [("conflict_calendar_ids", each) for each in both]

    answer = staff.post(CALENDARS, [*fields, ("write_calendar_id", PRIMARY.calendar_id)])

    assert answer.location == f"{PAGE}?news=calendars"
    assert site.store.connections[GOOGLE].conflict_calendar_ids == tuple(both)
    assert "Your calendars count from now on." in staff.get(answer.location).body


def test_c32_what_was_chosen_wrongly_is_given_back(staff: Browser, site: Site):
    before = site.store.connections[GOOGLE]

    answer = staff.post(CALENDARS, {"write_calendar_id": PRIMARY.calendar_id})

    assert answer.status == 422
    assert "Please choose at least one calendar." in answer.body
    assert '<details id="calendars" open>' in answer.body
    assert "form-action 'self' https" in answer.headers["Content-Security-Policy"]
    assert site.store.connections[GOOGLE] == before


def test_c33_c38_switching_off_is_asked_about_with_what_becomes_of_it(staff: Browser):
    page = staff.get(f"{PAGE}/google_calendar/off").body

    assert "No booking is lost, and links that were mailed keep working." in page
    assert "deletes what opened it" in page
    assert 'href="/console/booking-pages/workshop"' in page


def test_c33_c38_switching_off_switches_off_one_platform_and_no_booking(staff: Browser, site: Site):
    bookings = dict(site.store.bookings)

    answer = staff.post(f"{PAGE}/google_calendar/off", {})

    assert answer.status == 303
    assert "No booking is lost." in staff.get(answer.location.partition("#")[0]).body
    assert site.store.connections[GOOGLE].platforms == {Platform.GOOGLE_MEET}
    staff.post(f"{PAGE}/google_meet/off", {})
    assert not site.store.connections[GOOGLE].is_on
    assert site.store.bookings == bookings


@pytest.mark.parametrize("what", ["zoom/off", "fax/off", "zoom/calendars", "fax/calendars"])
def test_what_is_not_connected_cannot_be_changed(staff: Browser, what: str):
    assert staff.post(f"{PAGE}/{what}", {}).status == 404


def test_c35_a_member_sees_their_own_and_nothing_of_others(staff: Browser, site: Site):
    key = ORGANIZATION.organization_id, AIKO.member_id
    site.store.members[key] = replace(AIKO, role=Role.MEMBER)

    page = staff.get(PAGE).body

    assert "ben.ode@ode.example" not in page
    assert "/console/integrations/members" not in page
    assert "ben.ode@ode.example" not in staff.get("/console").body


CODES = {
    each.code
    for each in vars(refusals).values()
    if isinstance(each, type) and hasattr(each, "code")
}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_whoever_comes_back_refused_reads_why_and_what_to_do(staff: Browser, problem: str):
    page = staff.get(f"{PAGE}?problem={problem}&platform=google_meet").body

    notice = page.partition('class="notice')[2].partition("</div></div>")[0]
    assert PROBLEMS[problem].title in notice
    assert "<b>Google Meet</b>" in notice
    assert problem in CODES


@pytest.mark.parametrize("news", NEWS)
def test_whoever_comes_back_connected_is_told(staff: Browser, news: str):
    assert NEWS[news].title in staff.get(f"{PAGE}?news={news}").body


def test_an_address_cannot_put_words_into_the_page(staff: Browser):
    page = staff.get(f"{PAGE}?problem=%3Cb%3Ecall+us&platform=%3Cb%3Ecall+us").body

    assert "call us" not in page
    assert "The sign-in was not finished" in page


def test_zoom_is_disconnected_as_a_whole(staff: Browser, site: Site):
    zoom = a_connection(Provider.ZOOM)
    site.store.connections[zoom.key] = zoom

    staff.post(f"{PAGE}/zoom/off", {})

    assert not site.store.connections[zoom.key].is_on
