"""Google and Zoom on this machine, and somebody who signs in there with a browser."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING

import boto3
import httpx

from dev.providers.google.server import serving_google
from dev.providers.google.world import GoogleWorld
from dev.providers.zoom.server import serving_zoom
from dev.providers.zoom.world import ZoomWorld
from handlers.wiring import adapters
from tests.support.in_process import ORIGIN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import pytest

AIKO = "aiko@hanami.example"
PRIVATE = "aiko.mori@mail.example"


@dataclass
class Providers:
    google: GoogleWorld
    zoom: ZoomWorld

    def allow(self, url: str, email: str = AIKO, *, but: Collection[str] = ()) -> str:
        """Allow what is asked for; see `decide`."""
        return decide(url, email, but=but)

    def deny(self, url: str, email: str = AIKO) -> str:
        return decide(url, email, "deny")

    def token_calls(self) -> int:
        """Return how often the providers were asked for tokens, or to end some."""
        seen = [request.endpoint for request in [*self.google.requests, *self.zoom.requests]]
        return sum(endpoint in {"oauth.token", "oauth.revoke"} for endpoint in seen)


def decide(url: str, email: str, decision: str = "allow", but: Collection[str] = ()) -> str:
    """Sign in at the address of a provider and decide; return where the browser is sent back to.

    Args:
        url: Where a sign-in begins.
        email: The account that is chosen.
        decision: `allow` or `deny`.
        but: The ends of the names of what is not ticked.
    """
    with httpx.Client() as browser:
        page = browser.get(url)
        if "Choose an account" in page.text:
            [chosen] = [
                unescape(address)
                for address in re.findall(r'<a href="([^"]+)"', page.text)
                if httpx.QueryParams(unescape(address).partition("?")[2])["authuser"] == email
            ]
            page = browser.get(page.url.join(chosen))
        assert page.status_code == httpx.codes.OK, page.text
        asked = re.findall(r'name="scope" value="([^"]+)"', page.text)
        form = {
            "decision": decision,
            "email": email,
            "scope": [each for each in asked if not each.endswith(tuple(but))],
        }
        return browser.post(page.url, data=form).headers["location"]


@contextmanager
def providers_at_hand(patch: pytest.MonkeyPatch) -> Iterator[Providers]:
    """Have functions in this process find providers with Aiko's accounts until the block ends."""
    google, zoom = GoogleWorld(), ZoomWorld()
    google.pushes.are_sent = False
    google.redirect_uris.add(f"{ORIGIN}/connections/google/callback")
    zoom.redirect_uris.add(f"{ORIGIN}/connections/zoom/callback")
    google.add_account(AIKO, "Aiko Mori", "Asia/Tokyo", hosted_domain="hanami.example")
    google.add_account(PRIVATE, "Aiko Mori", "Asia/Tokyo")
    for email in (AIKO, PRIVATE):
        zoom.add_user(email, "Aiko Mori", "Asia/Tokyo")
    patch.setenv("GRANT_KEY", boto3.client("kms").create_key()["KeyMetadata"]["KeyId"])
    with serving_google(google) as google_origin, serving_zoom(zoom) as zoom_origin:
        for name in ("GOOGLE_ACCOUNTS_URL", "GOOGLE_OAUTH_URL", "GOOGLE_API_URL"):
            patch.setenv(name, google_origin)
        for name in ("ZOOM_URL", "ZOOM_API_URL"):
            patch.setenv(name, zoom_origin)
        adapters.cache_clear()
        yield Providers(google, zoom)
        adapters().google_calendars.close()
