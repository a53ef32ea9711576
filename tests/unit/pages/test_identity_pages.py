"""Signing up, choosing an organization, proving who one is, and signing out everywhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from handlers.pages.entry import page_app
from handlers.pages.returning import return_path
from scheduling.domain.identifiers import derived_id
from scheduling.domain.links import token_for
from scheduling.domain.people import Organization
from scheduling.domain.refusals import ProofRequired
from scheduling.domain.sign_ups import SignUpPolicy
from tests.support.builders import AIKO, an_entry
from tests.support.in_memory import KEY
from tests.unit.pages.site import SESSION_SECRET

if TYPE_CHECKING:
    from tests.unit.pages.site import Browser, Site

SIGN_UP = {
    "organization_name": "Kite Lab",
    "name": "Ben Ode",
    "email": "ben@kite.example",
    "time_zone": "Europe/Paris",
}
KITE = Organization(derived_id("kite"), "Kite Lab", "Europe/Paris")

ELSEWHERE = [
    "",
    "/",
    "//evil.example",
    "///evil.example",
    "////evil.example/console",
    "/\\evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "http://evil.example",
    "https://evil.example/console",
    "HTTPS://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "console",
    "console/team",
    "/consoles",
    "/console.evil.example",
    "/console@evil.example",
    "/console:80",
    "/console//evil.example",
    "/console/../l/s1.1.x",
    "/console/..",
    "/console/.",
    "/console/%2e%2e/l/x",
    "/console/\\evil.example",
    "/console/team\r\nSet-Cookie: a=b",
    "/console/team\nLocation: https://evil.example",
    "/console/\x00",
    "/console/team\t",
    " /console",
    "/console ",
    "/console/team#//evil.example",
    "/console?next=//evil.example",
    "/console?next=https://evil.example",
    "/console?\\evil",
    "/console/\uff54eam",
    "/Console",
    "/sign-out",
    "/sign-in/again",
    "/l/s1.1.x",
    "/static/parley.css",
    "?next=/console",
    "#/console",
    "/console/" + "a" * 500,
]


def mailed_token(site: Site) -> str:
    return token_for(list(site.store.links.values())[-1], KEY)


def sent_to_prove(referer: str) -> str:
    """Return where somebody is sent who does, on a page, what wants a fresh proof."""
    app = page_app()

    @app.post("/console/critical")
    def do_it() -> None:
        raise ProofRequired

    event = {
        "version": "2.0",
        "rawPath": "/console/critical",
        "rawQueryString": "",
        "headers": {"referer": referer},
        "requestContext": {"http": {"method": "POST"}, "stage": "$default"},
    }
    location: str = app.resolve(event, SimpleNamespace())["headers"]["Location"]
    return location


def test_t36_there_are_more_than_forty_ways_to_elsewhere():
    assert len(set(ELSEWHERE)) >= 40


@pytest.mark.parametrize("asked", ELSEWHERE)
def test_t36_nobody_is_sent_elsewhere(asked: str):
    assert return_path(asked) == "/console"


@pytest.mark.parametrize(
    "asked",
    [
        "/console",
        "/console/team",
        "/console/bookings?state=confirmed&q=mia%40b&to=2026-12-31",
        f"/console/external-members/{AIKO.member_id}/edit",
        "/console/bookings.csv",
    ],
)
def test_pages_of_the_console_are_returned_to(asked: str):
    assert return_path(asked) == asked


@pytest.mark.parametrize("asked", ["//evil.example", "https://evil.example", "/l/s1.1.x"])
def test_t36_no_address_of_elsewhere_gets_into_the_page_or_the_link(
    staff: Browser, site: Site, asked: str
):
    page = staff.get(f"/sign-in/again?next={asked}")
    staff.post("/sign-in/again", {"next": asked})

    assert 'name="next" value="/console"' in page.body
    assert list(site.store.links.values())[-1].return_to == "/console"


def test_what_wants_a_proof_leads_there_and_back_with_a_new_session(staff: Browser, site: Site):
    location = sent_to_prove("https://parley.example/console/bookings?q=mia")
    asked_back = parse_qs(urlsplit(location).query)["next"]

    page = staff.get(location)
    sent = staff.post("/sign-in/again", {"next": asked_back[0]})
    done = staff.post("/sign-in/finish", {"token": mailed_token(site)})

    assert asked_back == ["/console/bookings?q=mia"]
    assert "a•••@hanami.example" in page.body
    assert (page.cookies, list(sent.cookies)) == ({}, ["__Host-sign-in"])
    assert done.location == "/console/bookings?q=mia"
    assert staff.cookies["__Host-session"] != SESSION_SECRET
    assert staff.get("/console").status == 200


@pytest.mark.parametrize("referer", ["", "https://evil.example/x", "/console\\x"])
def test_whoever_comes_from_nowhere_returns_to_the_start(site: Site, referer: str):
    assert sent_to_prove(referer) == "/sign-in/again?next=%2Fconsole"


def test_only_who_is_signed_in_proves_it_again(browser: Browser):
    assert browser.get("/sign-in/again").location == "/sign-in"
    assert browser.post("/sign-in/again", {}).location == "/sign-in"


def test_signing_out_everywhere_ends_this_session_too(staff: Browser):
    assert "Sign out everywhere" in staff.get("/console/security").body

    answer = staff.post("/console/security/sessions", {})

    assert (answer.status, answer.location) == (303, "/sign-in")
    assert staff.cookies["__Host-session"] == ""
    assert staff.get("/console").location == "/sign-in"


def test_whoever_belongs_to_several_organizations_chooses_one(browser: Browser, site: Site):
    member = replace(AIKO, member_id=derived_id("other"), organization_id=KITE.organization_id)
    site.adapters.organizations.add(KITE, member, an_entry())
    browser.post("/sign-in", {"email": AIKO.email})
    form = {"token": mailed_token(site)}

    looked = browser.get(f"/l/{form['token']}")
    asked = browser.post("/sign-in/finish", form)
    chosen = browser.post("/sign-in/finish", form | {"organization_id": KITE.organization_id})

    assert "Kite Lab" not in looked.body
    assert asked.status == 200
    assert [name for name in ("Hanami Studio", "Kite Lab") if name not in asked.body] == []
    assert chosen.location == "/console"
    assert "Kite Lab" in browser.get("/console").body


def test_the_page_to_sign_up_makes_an_organization_on_a_press(browser: Browser, site: Site):
    site.adapters.sign_up_policy = SignUpPolicy(is_open=True)

    assert 'href="/sign-up"' in browser.get("/sign-in").body
    asked = browser.post("/sign-up", SIGN_UP)
    looked = browser.get(f"/l/{mailed_token(site)}")
    organizations = len(site.store.organizations)
    done = browser.post("/sign-in/finish", {"token": mailed_token(site)})

    assert "Look into your mail" in asked.body
    assert looked.status == 200
    assert organizations == 1
    assert (done.location, len(site.store.organizations)) == ("/console", 2)
    assert "Kite Lab" in browser.get("/console").body


def test_where_sign_up_is_closed_the_answer_is_the_same_and_nothing_points_there(
    browser: Browser, site: Site
):
    closed = [browser.post("/sign-up", SIGN_UP | {"email": AIKO.email})]
    closed.append(browser.post("/sign-up", SIGN_UP))
    site.adapters.sign_up_policy = SignUpPolicy(is_open=True)
    closed.append(browser.post("/sign-up", SIGN_UP))
    site.adapters.sign_up_policy = SignUpPolicy(is_open=False)

    pages = {
        answer.body.replace(answer.body.partition('class="code">')[2][:9], "").replace(
            AIKO.email, SIGN_UP["email"]
        )
        for answer in closed
    }
    assert len(pages) == 1
    assert 'href="/sign-up"' not in browser.get("/sign-in").body


def test_what_is_wrong_with_a_sign_up_is_named_and_what_was_typed_is_kept(browser: Browser):
    answer = browser.post("/sign-up", {"organization_name": "Kite Lab", "email": "ben"})

    assert answer.status == 422
    assert 'value="Kite Lab"' in answer.body
    assert [
        name for name in ("name", "email", "time_zone") if f'id="{name}-problem"' not in answer.body
    ] == []


def test_a_sign_in_link_ends_after_ten_minutes_also_for_signing_up(browser: Browser, site: Site):
    site.adapters.sign_up_policy = SignUpPolicy(is_open=True)
    browser.post("/sign-up", SIGN_UP)
    site.adapters.clock += timedelta(minutes=10)

    assert browser.post("/sign-in/finish", {"token": mailed_token(site)}).status == 410
    assert len(site.store.organizations) == 1
