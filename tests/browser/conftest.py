from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from dev.home import PROJECT
from handlers import wiring
from tests.browser.site_server import SiteServer, serving_pages
from tests.support.browser import Watch, running_chromium
from tests.unit.pages.site import Site

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from playwright.sync_api import Browser, Page

SCREENSHOTS = PROJECT / "docs" / "screenshots"
SCREENSHOTS_WANTED = "PARLEY_SCREENSHOTS"
"""Set to 1, the pictures of the road go into the documents; otherwise nobody keeps them."""


class Visit(Protocol):
    def __call__(
        self, origin: str, device: Mapping[str, Any], also: Sequence[str] = (), **more: Any
    ) -> Page:
        """Open a browser without cookies on somebody's device.

        Args:
            also: Other origins that it may visit.
        """
        ...


class Photograph(Protocol):
    def __call__(self, page: Page, name: str) -> None: ...


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def visit(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Opens browsers; at the end none of them may have had a reason to complain."""
    if "server" in request.fixturenames:
        # It outlives the browsers: some pages go on asking how far something is.
        request.getfixturevalue("server")
    watches: list[Watch] = []

    def open_page(
        origin: str, device: Mapping[str, Any], also: Sequence[str] = (), **more: Any
    ) -> Page:
        context = chromium.new_context(base_url=origin, **{"locale": "en-GB", **device, **more})
        watches.append(Watch(context, origin, *also))
        return context.new_page()

    yield open_page
    for context in chromium.contexts:
        context.close()
    assert [complaint for watch in watches for complaint in watch.complaints] == []


@pytest.fixture
def photograph(tmp_path: Path) -> Photograph:
    folder = SCREENSHOTS if os.environ.get(SCREENSHOTS_WANTED) == "1" else tmp_path

    def take(page: Page, name: str) -> None:
        page.screenshot(path=folder / f"{name}.png", animations="disabled", caret="hide")

    return take


@pytest.fixture
def server() -> Iterator[SiteServer]:
    with serving_pages() as server:
        yield server


@pytest.fixture
def site(server: SiteServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """What `server` serves."""
    site = Site()
    site.adapters.base_url = server.origin
    monkeypatch.setattr(wiring, "Adapters", lambda: site.adapters)
    wiring.adapters.cache_clear()
    yield site
    wiring.adapters.cache_clear()
