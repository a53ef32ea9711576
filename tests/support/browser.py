"""Chromium as people use it, on a phone or at a desk, watched for what must never happen."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playwright.sync_api import (
        Browser,
        BrowserContext,
        ConsoleMessage,
        Request,
        Response,
        WebError,
    )

DESK: Final[Mapping[str, Any]] = {"viewport": {"width": 1280, "height": 900}}
PHONE: Final[Mapping[str, Any]] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
TOKYO = "Asia/Tokyo"
BERLIN = "Europe/Berlin"

LARGEST_PAGE = 30_000
"""In bytes of HTML."""

_SPEAKS_TO_NOBODY_BY_ITSELF = [
    "--no-sandbox",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

_STATUS_IN_CONSOLE = "Failed to load resource: the server responded with a status of"
"""Chromium writes this for a page that is a refusal, too; `Watch` looks at the answers itself."""


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Run Debian's Chromium until the block ends; without one, the test fails."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.fail("There is no chromium on the path; `make test` installs it.", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=_SPEAKS_TO_NOBODY_BY_ITSELF
        )
        yield browser
        browser.close()


class Watch:
    """Collects what no page may do: complain, break its policy, load what is not ours or not there.

    A broken content security policy is an error in the console, like any other.
    """

    def __init__(self, context: BrowserContext, *origins: str) -> None:
        """Watch a browser that may visit pages of `origins`."""
        self.complaints: list[str] = []
        self._origins = tuple(f"{origin}/" for origin in origins)
        context.on("request", self._see_request)
        context.on("response", self._see_response)
        context.on("console", self._see_message)
        context.on("weberror", self._see_error)

    def _see_request(self, request: Request) -> None:
        if not request.url.startswith(self._origins):
            self.complaints.append(f"asked another origin: {request.url}")

    def _see_response(self, response: Response) -> None:
        may_refuse = response.request.is_navigation_request()
        if response.status >= (500 if may_refuse else 400):
            self.complaints.append(f"got {response.status}: {response.url}")

    def _see_message(self, message: ConsoleMessage) -> None:
        is_complaint = message.type in {"error", "warning"}
        if is_complaint and not message.text.startswith(_STATUS_IN_CONSOLE):
            self.complaints.append(f"wrote into the console: {message.text}")

    def _see_error(self, error: WebError) -> None:
        self.complaints.append(f"failed: {error.error}")
