"""What is in somebody's way on a page: found by axe-core, and by narrowing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.sync_api import Page

WIDTHS = (390, 1280)
OF_COLORS = ("color-contrast", "link-in-text-block")
"""Rules of axe-core that night can break: all others ask what is there, not how it is colored."""
NARROWEST = 320
"""In CSS pixels: 1280 at 400 % (WCAG 2.2, 1.4.10)."""


def barriers(page: Page, without: Sequence[str] = ()) -> list[str]:
    """Return what is in somebody's way, on phones and desks, by day and by night.

    Args:
        without: Rules of axe-core that do not apply.
    """
    options = {
        "light": {"rules": {rule: {"enabled": False} for rule in without}},
        "dark": {"runOnly": OF_COLORS},
    }
    found = []
    size = page.viewport_size
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for scheme, rules in options.items():
            page.emulate_media(color_scheme=scheme)
            asked = {"resultTypes": ["violations"], **rules}
            results = Axe().run(page, options=asked).response["violations"]
            found += [
                f"{rule['id']} at {width}, {scheme}: {node['html']} {node['failureSummary']}"
                for rule in results
                for node in rule["nodes"]
            ]
    page.set_viewport_size({"width": NARROWEST, "height": 640})
    if page.evaluate("document.documentElement.scrollWidth") > NARROWEST:
        found.append(f"wider than {NARROWEST} pixels")
    if size is not None:
        page.set_viewport_size(size)
    return found
