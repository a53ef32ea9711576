"""Every page in every state worth a name: for eyes, ears, keys and narrow screens."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from dev import styleguide
from scheduling.domain.links import LinkPurpose, token_for
from scheduling.domain.reputation import PauseReason
from tests.support.barriers import WIDTHS, barriers
from tests.support.browser import BERLIN, DESK, LARGEST_PAGE, PHONE
from tests.support.builders import AIKO
from tests.support.in_memory import KEY
from tests.unit.mails.samples import MAILS
from tests.unit.pages.site import Site

if TYPE_CHECKING:
    from playwright.sync_api import Page

OF_PAGES_ONLY = ("landmark-one-main", "region")
"""Rules of axe-core about a page's landmarks: a mail is shown within one."""

MANY_PLACES = 80
"""More than any page has that take the focus."""
FOCUSED = """async () => {
  await new Promise(requestAnimationFrame);
  const element = document.activeElement;
  if (element === document.body) return null;
  const style = getComputedStyle(element);
  const box = element.getClientRects()[0];
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return {
    html: element.outerHTML.slice(0, 200),
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    seen: top !== null && (element.contains(top) || top.contains(element)),
  };
}"""
"""What has the focus: whether it is outlined, and whether nothing covers it; null at the end."""


@pytest.fixture
def page(visit, server, site):
    page = visit(server.origin, DESK, timezone_id=BERLIN, reduced_motion="reduce")
    page.clock.set_fixed_time(site.now)
    return page


def sign_in_refused(page, site):
    page.goto("/sign-in")
    page.get_by_role("button", name="Mail me a link").click()


def sign_in_requested(page, site):
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(AIKO.email)
    page.get_by_role("button", name="Mail me a link").click()


def finish_sign_in_where_asked(page, site):
    sign_in_requested(page, site)
    asked = [link for link in site.store.links.values() if link.purpose is LinkPurpose.SIGN_IN]
    page.goto(f"/l/{token_for(asked[-1], KEY)}")


def sign_in_code_refused(page, site):
    page.goto(f"/l/{site.sign_in_token}")
    page.get_by_label("Code").fill("AAAA-AAAA")
    page.get_by_role("button", name="Continue").click()


def availability_open_day(page, site):
    page.goto(site.link_of(site.kenji))
    page.get_by_role("button", name="Wed 2 Dec").click()


def availability_as_a_list(page, site):
    page.goto(site.link_of(site.kenji))
    page.get_by_text("Exact times, as a list").click()


def availability_refused(page, site):
    page.goto(site.link_of(site.lena))
    page.get_by_text("Exact times, as a list").click()
    page.get_by_label("Day", exact=True).first.fill("2026-12-03")
    page.get_by_label("From").first.fill("12:00")
    page.get_by_label("To", exact=True).first.fill("10:00")
    page.get_by_role("button", name="Save times").click()


def availability_changed_elsewhere(page, site):
    page.goto(site.link_of(site.kenji))
    key = next(key for key, member in site.store.external_members.items() if member == site.kenji)
    saved = replace(site.kenji.availability, version=2)
    site.store.external_members[key] = replace(site.kenji, availability=saved)
    page.get_by_role("button", name=re.compile(r"Save \d")).click()


def booking_refused(page, site):
    page.goto(f"{site.booking_page}?start=2026-12-01T20:00:00Z")
    page.get_by_role("button", name="Book this time").click()


def booking_taken(page, site):
    page.goto(f"{site.booking_page}?start=2026-12-01T20:00:00Z")
    site._book("20:00", "20:30", site.booking.guest)
    fill_in_guest(page)
    page.get_by_role("button", name="Book this time").click()


def booked_before(page, site):
    for start in ("20:00", "20:30"):
        page.goto(f"{site.booking_page}?start=2026-12-01T{start}:00Z")
        page.locator("[name=form_id]").evaluate("field => { field.value = 'one form' }")
        fill_in_guest(page)
        page.get_by_role("button", name="Book this time").click()
        page.wait_for_load_state()


def fill_in_guest(page):
    page.get_by_label("Your name").fill("Jo Guest")
    page.get_by_label("Your e-mail").fill("jo@guest.example")


def about_to_cancel(page, site):
    page.goto(site.link_of(site.booking))
    page.get_by_text("Cancel this meeting").click()


def meeting_over(page, site):
    site.adapters.clock = site.booking.time.end
    page.goto(site.link_of(site.booking))


def link_expired(page, site):
    open_changed_link(page, site, expires_at=site.now)


def link_replaced(page, site):
    open_changed_link(page, site, replaced_at=site.now)


def link_used(page, site):
    open_changed_link(page, site, used_at=site.now)


def open_changed_link(page, site, **change):
    link = site.store.links[site.kenji.request.link_id]
    site.store.links[link.link_id] = replace(link, **change)
    page.goto(site.link_of(site.kenji))


def invitation_refused(page, site):
    page.goto("/console/external-members/new")
    page.get_by_label("E-mail").fill("nobody")
    page.get_by_role("button", name="Send invitation").click()


def more_of_the_menu(page, site):
    page.set_viewport_size(PHONE["viewport"])
    page.goto("/console/settings")
    page.get_by_role("button", name="More").click()


def link_to_copy(page, site):
    page.goto(site.page_of(site.kenji))
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def mails_that_wait(page, site):
    site.store.pauses[site.kenji.organization_id] = site.now, PauseReason.BOUNCES
    page.goto("/console/settings/sending")


def import_that_is_refused(page, site):
    page.goto("/console/team/import")
    file = {"name": "team.csv", "mimeType": "text/csv", "buffer": b"who\nana\n"}
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Check the file").click()


def calendars_refused(page, site):
    page.goto("/console/integrations")
    page.get_by_text("Calendars", exact=True).click()
    page.get_by_label("Aiko").uncheck()
    page.get_by_role("button", name="Save").click()


def actions_on_connections(page, site):
    page.goto("/console/integrations/members")
    page.get_by_label("Actions: Ben Ode").click()


def domains_refused(page, site):
    page.goto("/console/integrations/policy")
    page.get_by_label("Domains of accounts").fill("nonsense")
    page.get_by_role("button", name="Save").click()


def today_at_the_start(page, site):
    open_empty(page, site, "/console")


def external_members_at_the_start(page, site):
    open_empty(page, site, "/console/external-members")


def bookings_at_the_start(page, site):
    open_empty(page, site, "/console/bookings")


def booking_pages_at_the_start(page, site):
    open_empty(page, site, "/console/booking-pages")


def open_empty(page, site, address):
    store = site.store
    for things in (store.external_members, store.booking_pages, store.bookings, store.connections):
        things.clear()
    page.goto(address)


STEPS = [
    sign_in_refused,
    sign_in_requested,
    finish_sign_in_where_asked,
    sign_in_code_refused,
    availability_open_day,
    availability_as_a_list,
    availability_refused,
    availability_changed_elsewhere,
    booking_refused,
    booking_taken,
    booked_before,
    about_to_cancel,
    meeting_over,
    link_expired,
    link_replaced,
    link_used,
    invitation_refused,
    more_of_the_menu,
    link_to_copy,
    mails_that_wait,
    import_that_is_refused,
    calendars_refused,
    actions_on_connections,
    domains_refused,
    today_at_the_start,
    external_members_at_the_start,
    bookings_at_the_start,
    booking_pages_at_the_start,
]


@pytest.mark.parametrize("name", Site().addresses())
def test_everybody_can_use_the_page(page: Page, site: Site, server, name):
    page.goto(site.addresses()[name])

    assert barriers(page) == []
    assert max(server.page_sizes.values()) <= LARGEST_PAGE


@pytest.mark.parametrize("reach", STEPS)
def test_everybody_can_use_the_page_after_a_step(page: Page, site: Site, server, reach):
    reach(page, site)

    assert barriers(page) == []
    assert max(server.page_sizes.values(), default=0) <= LARGEST_PAGE


def test_everybody_can_use_each_part_of_a_page(page: Page, server):
    page.goto(f"{styleguide.ADDRESS}/")

    assert barriers(page) == []


@pytest.mark.parametrize("name", MAILS)
def test_everybody_can_read_the_mail(page: Page, server, name):
    page.goto(f"{styleguide.ADDRESS}/mails/en/{name}.html")

    assert barriers(page, without=OF_PAGES_ONLY) == []


def test_the_first_key_leads_past_the_navigation(page: Page, site: Site):
    for address in (site.booking_page, "/console/bookings"):
        page.goto(address)
        page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to the content")
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport()

        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.locator("main :focus")).to_have_count(1)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "reach",
    [
        sign_in_refused,
        availability_open_day,
        availability_refused,
        booking_taken,
        about_to_cancel,
        invitation_refused,
    ],
)
def test_whoever_uses_keys_sees_where_they_are(page: Page, site: Site, reach, width):
    page.set_viewport_size({"width": width, "height": 800})
    reach(page, site)
    page.evaluate("scrollTo(0, 0)")
    page.locator("body").click(position={"x": 1, "y": 1})

    places = []
    while len(places) < MANY_PLACES:
        page.keyboard.press("Tab")
        place = page.evaluate(FOCUSED)
        if place is None:
            break
        places.append(place)

    assert 3 <= len(places) < MANY_PLACES
    assert [place["html"] for place in places if not (place["outlined"] and place["seen"])] == []
