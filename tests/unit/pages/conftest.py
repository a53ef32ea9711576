from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handlers import wiring
from tests.unit.pages.site import SESSION_SECRET, Browser, Site

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    site = Site()
    monkeypatch.setattr(wiring, "Adapters", lambda: site.adapters)
    wiring.adapters.cache_clear()
    yield site
    wiring.adapters.cache_clear()


@pytest.fixture
def browser(site: Site) -> Browser:
    return Browser()


@pytest.fixture
def staff(site: Site) -> Browser:
    """Aiko's browser, in which everything was booked as well."""
    return Browser(site.known_browser().cookies | {"__Host-session": SESSION_SECRET})
