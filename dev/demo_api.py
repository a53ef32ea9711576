"""The doors that the demo uses: the JSON API, and the links in mails."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from dev.failures import CannotRun
from dev.mailbox import Mailbox

_SECONDS_FOR_A_MAIL = 90.0
"""The stream sends at once; a mail it missed goes with the next run of the schedule."""


async def mailed_link(mailbox: Mailbox, recipient: str) -> str:
    """Wait for a mail to `recipient` and return the link that the newest one's button opens."""
    deadline = time.monotonic() + _SECONDS_FOR_A_MAIL
    while time.monotonic() < deadline:
        for mail in mailbox.mails():
            if mail.recipients == [recipient]:
                return next(link for link in mail.links if "/l/" in link)
        await asyncio.sleep(0.1)
    raise CannotRun(f"No mail has come to {recipient} in {_SECONDS_FOR_A_MAIL:.0f} s.")


def token_in(link: str) -> str:
    return urlsplit(link).path.rpartition("/")[2]


class Api:
    """The JSON API: as a program of the admin calls it, or with the token of a mailed link."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self.admin: dict[str, str] = {}
        """The headers that tell who the admin is, once they have signed in."""

    async def sign_in(self, sign_in_url: str) -> None:
        """Use a sign-in link; what is asked from now on is asked as the admin."""
        answer = await self._send("POST", "/sessions", {"token": token_in(sign_in_url)}, {})
        # By hand: clients do not send a Secure cookie over http.
        crumbs = (f"{name}={crumb.value}" for name, crumb in answer.cookies.items())
        self.admin = {"Cookie": "; ".join(crumbs)}

    async def get(self, path: str) -> Any:
        return await (await self._send("GET", path, None, self.admin)).json()

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        return await (await self._send("POST", path, body, self.admin)).json()

    async def join(self, acceptance: Mapping[str, Any]) -> None:
        """Accept an invitation, as whoever has its link."""
        await self._send("POST", "/invitations/acceptance", acceptance, {})

    async def put(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Any:
        return await (await self._send("PUT", path, body, headers)).json()

    async def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> aiohttp.ClientResponse:
        """Return the answer, read to its end.

        Raises:
            CannotRun: The API refused.
        """
        url = self._url + path
        async with self._session.request(method, url, json=body, headers=headers) as answer:
            text = await answer.text()
            if not answer.ok:
                raise CannotRun(f"{method} /api{path} was refused: {answer.status} {text}")
            return answer
