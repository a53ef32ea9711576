"""Scanners open what is mailed, run its scripts and touch nothing: the human comes after them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.browser import DESK
from tests.unit.pages.site import SIGN_IN, Browser

if TYPE_CHECKING:
    from tests.browser.conftest import Visit
    from tests.browser.site_server import SiteServer
    from tests.unit.pages.site import Site

WITHOUT_HANDS = """() => {
    const place = { bubbles: true, clientX: 9, clientY: 9 };
    scrollTo(0, document.body.scrollHeight);
    for (const element of document.querySelectorAll("*")) {
        for (const name of ["pointerdown", "pointermove", "pointerup"])
            element.dispatchEvent(new PointerEvent(name, place));
        element.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, key: "Tab" }));
    }
}"""
"""What a sandbox does to see whether a page has something to hide."""


@pytest.mark.parametrize("kind", ["sign in", "availability", "booking", "invitation"])
def test_s4_t5_a_scanner_that_runs_script_changes_nothing_and_the_human_succeeds(
    server: SiteServer, site: Site, visit: Visit, kind: str
) -> None:
    link, form, fields = what_is_mailed(site)[kind]
    writes, scanner, sent = site.store.writes, Browser(), []

    looks = [
        scanner.head(link),
        scanner.get(link),
        scanner.get(link),
        scanner.get(link, sec_purpose="prefetch;prerender"),
    ]
    sandbox = visit(server.origin, DESK)
    sandbox.on("request", lambda request: sent.append(request.method))
    sandbox.goto(link)
    sandbox.evaluate(WITHOUT_HANDS)
    sandbox.wait_for_load_state("networkidle")

    assert [(look.status, look.cookies) for look in looks] == [(200, {})] * 4
    assert set(sent) == {"GET"}
    assert sandbox.context.cookies() == []
    assert site.store.writes == writes
    human = Browser({"__Host-sign-in": SIGN_IN.browser_secret})
    assert human.post(form, fields).status == 303
    assert site.store.writes > writes


def what_is_mailed(site: Site) -> dict[str, tuple[str, str, dict[str, str]]]:
    """Return links, with the form that each leads to and what a human sends with it."""
    times = {"version": "0", "time_zone": "Asia/Tokyo", "date": "2026-12-03", "action": "save"}
    joining = {"name": "Ben Ode", "time_zone": "Europe/London"}
    return {
        "sign in": (
            f"/l/{site.sign_in_token}",
            "/sign-in/finish",
            {"token": site.sign_in_token},
        ),
        "availability": (
            site.link_of(site.lena),
            "/availability",
            {"token": site.token_of(site.lena), "start": "10:00", "end": "12:00", **times},
        ),
        "booking": (
            site.link_of(site.booking),
            "/booking/cancellation",
            {"token": site.token_of(site.booking)},
        ),
        "invitation": (
            site.link_of(site.invitation),
            "/invitation/accept",
            {"token": site.token_of(site.invitation), **joining},
        ),
    }
