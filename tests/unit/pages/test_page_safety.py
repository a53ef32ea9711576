"""What every page promises: its headers, that looking changes nothing, that only we send forms."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from handlers.pages import assets, console, public
from scheduling.domain.refusals import BusyTryAgain

if TYPE_CHECKING:
    from tests.unit.pages.site import Browser, Site

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Content-Type": "text/html; charset=utf-8",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}
TOKEN_PAGE_HEADERS = HEADERS | {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
BY_BROWSER = {"Vary": "Accept-Language"}
"""For pages that belong to no organization: their language is the browser's."""

TO_PROVIDERS = {
    "Content-Security-Policy": HEADERS["Content-Security-Policy"].replace(
        "form-action 'self'", "form-action 'self' https://accounts.google.com https://zoom.us"
    )
}
"""For the page with forms that lead to a sign-in elsewhere."""

OF_NO_ORGANIZATION = {
    "join, too late",
    "sign-in",
    "sign up",
    "finish sign-in",
    "link damaged",
    "nothing here",
}
FORMS = [
    "/sign-in",
    "/sign-in/again",
    "/sign-in/finish",
    "/sign-out",
    "/sign-up",
    "/availability",
    "/availability/confirmation",
    "/availability/opened",
    "/availability/calendar",
    "/booking/cancellation",
    "/booking/link",
    "/booking/move",
    "/invitation/accept",
    "/book/{slug}",
    "/book/{slug}/holds",
    "/console/external-members/new",
    "/console/external-members/import",
    "/console/external-members/{id}/availability",
    "/console/external-members/{id}/edit",
    "/console/external-members/{id}/availability-requests",
    "/console/external-members/{id}/deletion",
    "/console/external-members/{id}/link",
    "/console/external-members/{id}/suppression",
    "/console/bookings/new",
    "/console/bookings/{booking}/approval",
    "/console/bookings/{booking}/decline",
    "/console/bookings/{booking}/cancellation",
    "/console/bookings/{booking}/move",
    "/console/bookings/{booking}/no-show",
    "/console/booking-pages/new",
    "/console/booking-pages/{slug}",
    "/console/booking-pages/{slug}/copies",
    "/console/booking-pages/{slug}/state",
    "/console/working-hours",
    "/console/security/sessions",
    "/console/settings",
    "/console/settings/sending",
    "/console/settings/data/export",
    "/console/settings/data/erasure",
    "/console/integrations/external-members",
    "/console/integrations/{platform}/off",
    "/console/integrations/{provider}/calendars",
    "/console/integrations/members/requests",
    "/console/integrations/members/{member}/{provider}/removal",
    "/console/integrations/policy",
    "/console/me",
    "/console/team/import",
    "/console/team/imports/{import}",
    "/console/team/{member}",
    "/console/team/{member}/removal",
    "/console/team/invitations/new",
    "/console/team/invitations/{invitation}/resend",
    "/console/team/invitations/{invitation}/revocation",
    "/console/settings/directory",
    "/console/settings/directory/{listed}",
    "/console/settings/directory/{listed}/removal",
]

TOKEN_FORMS = {
    "/availability",
    "/availability/confirmation",
    "/availability/opened",
    "/availability/calendar",
    "/booking/cancellation",
    "/booking/link",
    "/booking/move",
    "/invitation/accept",
    "/sign-in/finish",
}

ONE_CLICK = "/unsubscribe/{token}"
"""Mail programs press it for somebody, from wherever they run; its own tests say how."""


def form_addresses(site: Site) -> list[str]:
    names = {
        "slug": site.kenji.booking_page_slug,
        "id": site.kenji.external_member_id,
        "booking": site.asked.booking_id,
        "member": site.ben.member_id,
        "import": site.checked_import.import_id,
        "invitation": site.invitation.invitation_id,
        "listed": site.design.listed_id,
        "platform": "zoom",
        "provider": "google",
    }
    return [form.format(**names) for form in FORMS]


def routes(app) -> set[tuple[str, str]]:
    return {(route.method, route.path) for route in app._static_routes + app._dynamic_routes}


def test_t20_every_page_carries_its_headers(staff: Browser, site: Site):
    for name, address in site.addresses().items():
        may_hold_token = address.startswith(("/l/", "/unsubscribe/", "/nowhere"))
        wanted = TOKEN_PAGE_HEADERS if may_hold_token else HEADERS
        wanted = wanted | BY_BROWSER if name in OF_NO_ORGANIZATION else wanted
        wanted = wanted | TO_PROVIDERS if name.startswith("integrations,") else wanted
        assert staff.get(address).headers == wanted, name


def test_answers_to_forms_with_a_token_carry_the_headers_of_token_pages(
    browser: Browser, site: Site
):
    form = {"token": "s1.1.x", "start": "2026-12-01T20:00:00Z"}

    for address in TOKEN_FORMS:
        assert browser.post(address, form).headers == TOKEN_PAGE_HEADERS | BY_BROWSER


def addresses_that_lead_somewhere(site: Site) -> list[str]:
    """Return all but that of a link which was never sent: looking at it is counted."""
    return [address for name, address in site.addresses().items() if name != "link damaged"]


def test_s4_t5_looking_writes_nothing_and_sets_no_cookie(staff: Browser, site: Site):
    writes = site.store.writes

    for address in addresses_that_lead_somewhere(site):
        for look in (staff.get, staff.head) * 5:
            assert look(address).cookies == {}

    assert site.store.writes == writes


def test_s3_looking_with_everything_a_form_has_writes_nothing(staff: Browser, site: Site):
    writes = site.store.writes
    query = (
        f"token={site.sign_in_token}&code=ABCD1234&email=a@b.example&action=save&version=1"
        "&date=2026-12-03&start=2026-12-01T20:00:00Z&end=10:00&name=x&form_id=x&reason=x"
    )

    for address in [*addresses_that_lead_somewhere(site), *form_addresses(site)]:
        staff.get(f"{address.partition('?')[0]}?{query}")

    assert site.store.writes == writes


def test_head_answers_like_get_without_the_body(staff: Browser, site: Site):
    with_head = [path for path in site.addresses().values() if not path.startswith("/console")]

    for address in with_head:
        head, get = staff.head(address), staff.get(address)
        assert (head.status, head.headers, head.body) == (get.status, get.headers, "")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null", "sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "https://parley.example", "sec_fetch_site": "same-site"},
    ],
)
def test_t18_forms_of_other_origins_are_refused(
    staff: Browser, site: Site, headers: dict[str, str]
):
    writes = site.store.writes

    statuses = {staff.post(form, {}, **headers).status for form in form_addresses(site)}

    assert statuses == {403}
    assert site.store.writes == writes


def test_without_a_word_from_the_browser_only_forms_that_carry_a_token_are_taken(
    staff: Browser, site: Site
):
    taken = {
        form
        for form in form_addresses(site)
        if staff.post(form, {}, origin="null").status != HTTPStatus.FORBIDDEN
    }

    assert taken == TOKEN_FORMS


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://parley.example", "sec_fetch_site": "same-origin"},
        {"origin": "null", "sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "none"},
    ],
)
def test_forms_of_our_own_pages_are_taken(staff: Browser, headers: dict[str, str]):
    assert staff.post("/sign-in", {"email": "a@b.example"}, **headers).status == 200


def test_the_list_of_forms_is_complete():
    forms = {
        path
        for app in (public.app, console.app)
        for method, path in routes(app)
        if method == "POST"
    }

    names = {
        "slug": "<slug>",
        "id": "<external_member_id>",
        "booking": "<booking_id>",
        "token": "<token>",
        "member": "<member_id>",
        "import": "<import_id>",
        "invitation": "<invitation_id>",
        "listed": "<listed_id>",
        "platform": "<platform>",
        "provider": "<provider>",
    }
    assert forms == {form.format(**names) for form in [*FORMS, ONE_CLICK]}


def test_a_crowd_is_asked_to_come_back_and_keeps_what_it_typed(
    browser: Browser, site: Site, monkeypatch
):
    def crowded(*_: object, **__: object) -> None:
        raise BusyTryAgain

    monkeypatch.setattr(site.adapters.bookings, "add", crowded)
    form = {
        "start": "2026-12-01T20:00:00Z",
        "name": "Jo",
        "email": "jo@guest.example",
        "time_zone": "UTC",
    }

    answer = browser.post(site.booking_page, form)

    assert answer.status == 503
    assert answer.headers["Retry-After"] == "2"
    assert 'value="jo@guest.example"' in answer.body
    assert "Book this time" in answer.body


def test_assets_are_kept_for_a_year_under_their_hash(browser: Browser):
    for name in (
        "parley.css",
        "console.css",
        "console.js",
        "copy.js",
        "dialog.css",
        "address-chips.js",
        "availability.js",
        "batch-file.js",
        "grid.css",
        "integrations.css",
        "dialog.js",
        "hold.js",
        "progress.js",
        "time-zone.js",
        "mark.svg",
    ):
        answer = browser.get(assets.asset_address(name))
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert browser.get("/static/parley.css").status == 404
    assert browser.get("/static/..%2Fpublic.py").status == 404
