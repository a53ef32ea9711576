"""How far an import is, on a page that somebody left open."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from scheduling.domain.member_imports import ImportState, RowOutcome
from tests.support.browser import DESK

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import Visit
    from tests.browser.site_server import SiteServer
    from tests.unit.pages.site import Site

HOUR = 3_600_000
"""In milliseconds, which is how a browser counts."""


@pytest.fixture
def asked() -> list[str]:
    """The addresses that the page has asked for by itself."""
    return []


@pytest.fixture
def desk(server: SiteServer, site: Site, visit: Visit, asked: list[str]) -> Page:
    """The page of an import that is running."""
    page = visit(server.origin, DESK)
    page.clock.install()
    page.goto(f"/console/team/imports/{site.running_import.import_id}")
    expect(page.get_by_text("0 of 2 rows are done.")).to_be_visible()
    page.on("request", lambda request: asked.append(request.url))
    return page


def reach(site: Site, done: int, state: ImportState = ImportState.RUNNING) -> None:
    found, rows = site.store.imports[site.running_import.import_id]
    counts = {RowOutcome.UPDATED: done}
    site.store.imports[found.import_id] = replace(found, state=state, counts=counts), rows


def let_time_pass(page: Page, until: Callable[[], bool]) -> None:
    """Let a minute pass after another, for at most two hours."""
    for _ in range(120):
        if until():
            return
        page.clock.run_for(60_000)
        page.wait_for_timeout(100)


def test_the_last_state_is_shown_even_where_somebody_is_on_a_link_of_it(
    desk: Page, site: Site, asked: list[str]
):
    done = desk.get_by_text("All 2 rows are done.")
    desk.get_by_role("link", name="Look again").focus()
    reach(site, 1)
    let_time_pass(desk, lambda: len(asked) > 1)
    expect(desk.get_by_role("link", name="Look again")).to_be_focused()

    reach(site, 2, ImportState.DONE)
    let_time_pass(desk, done.is_visible)

    expect(done).to_be_visible()
    expect(desk.locator("#progress")).to_be_focused()


def test_an_import_that_rests_is_looked_at_once_a_minute(desk: Page, site: Site, asked: list[str]):
    let_time_pass(desk, lambda: len(asked) > 5)
    asked.clear()

    for _ in range(5):
        desk.clock.run_for(10_000)
        desk.wait_for_timeout(100)
    assert len(asked) <= 1

    moved_on = desk.get_by_text("1 of 2 rows are done.")
    reach(site, 1)
    let_time_pass(desk, moved_on.is_visible)
    expect(moved_on).to_be_visible()


def test_whoever_is_signed_out_asks_no_more(desk: Page, site: Site, asked: list[str]):
    site.store.sessions.clear()
    let_time_pass(desk, lambda: any(url.endswith("/sign-in") for url in asked))
    desk.wait_for_timeout(500)
    asked.clear()

    desk.clock.run_for(10 * HOUR)
    desk.wait_for_timeout(100)

    assert asked == []
    expect(desk.get_by_text("0 of 2 rows are done.")).to_be_visible()
