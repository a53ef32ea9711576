"""A Google of a test's own, at a clock that stands still until the test moves it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httplib2
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build

from dev.providers.google.server import serving_google
from dev.providers.google.world import CLIENT_ID, CLIENT_SECRET, GoogleWorld
from tests.support.builders import EARLY
from tests.support.google_schemas import nothing_but_google

TOKYO = ZoneInfo("Asia/Tokyo")
AIKO = "aiko@hanami.example"
REN = "ren@hanami.example"

REDIRECT_URI = "http://localhost:8080/connections/google/callback"

_AUTH = "https://www.googleapis.com/auth/"
SCOPES = (
    "openid",
    f"{_AUTH}userinfo.email",
    f"{_AUTH}calendar.calendarlist.readonly",
    f"{_AUTH}calendar.events.owned",
    f"{_AUTH}calendar.events.freebusy",
)
"""What Parley asks for."""


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, time: timedelta) -> None:
        self.now += time


@dataclass
class Google:
    """A running stand-in, with Aiko's account and Ren's."""

    world: GoogleWorld
    clock: Clock
    origin: str
    _clients: ExitStack

    def client(self, email: str = AIKO, *scopes: str) -> Any:
        """Return Google's own client, signed in with `scopes` or with those that Parley needs."""
        tokens = self.world.sign_in(email, *(scopes or SCOPES))
        credentials = Credentials(  # type: ignore[no-untyped-call]
            tokens.access_token,
            refresh_token=tokens.refresh_token,
            token_uri=f"{self.origin}/token",
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
        )
        service = build(
            "calendar",
            "v3",
            http=AuthorizedHttp(credentials, http=httplib2.Http(timeout=5)),
            client_options={"api_endpoint": f"{self.origin}/calendar/v3/"},
            cache_discovery=False,
        )
        self._clients.callback(service.close)
        return service


@contextmanager
def running_google(now: datetime = EARLY) -> Iterator[Google]:
    """Serve a Google until the block ends; then all it has been asked and has answered is checked.

    What it pushes is kept in `world.pushes.kept`, and not sent.
    """
    clock = Clock(now)
    world = GoogleWorld(clock)
    world.pushes.are_sent = False
    world.redirect_uris.add(REDIRECT_URI)
    world.add_account(AIKO, "Aiko Mori", "Asia/Tokyo", hosted_domain="hanami.example")
    world.add_account(REN, "Ren Ito", "Asia/Tokyo", hosted_domain="hanami.example")
    with nothing_but_google(world), serving_google(world) as origin, ExitStack() as clients:
        yield Google(world, clock, origin, clients)
