"""A small organization to look at, made through the doors that people use: API, mails, links."""

import asyncio
import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import aiohttp

from dev.failures import CannotRun
from dev.mailbox import Mailbox
from dev.sign_in_link import Organization, Welcome

HANAMI_STUDIO = Organization("Hanami Studio", "Aiko Mori", "aiko@hanami.example", "Asia/Tokyo")

_TOKYO = ZoneInfo(HANAMI_STUDIO.time_zone)
_KENJI = {
    "name": "Kenji Tanaka",
    "email": "kenji@tanaka.example",
    "title": "Garden consultation",
    "location": "Hanami Studio, Yanaka, Tokyo",
}
_LENA = {
    "name": "Dr. Lena Fischer",
    "email": "lena@fischer.example",
    "title": "Soil report",
    "location": "By video",
}
_SOFIA = {
    "name": "Sofia Rossi",
    "email": "sofia@rossi.example",
    "note": "It is about a small garden on a roof.",
    "time_zone": "Europe/Rome",
}
_CONSULTATION = {
    "slug": "first-consultation",
    "title": "First consultation",
    "description": "Tell us about your garden, and we tell you what it could become.",
    "location": "By phone",
    "durations_minutes": [30, 60],
    "needs_approval": True,
    "questions": [
        {"question_id": "phone", "label": "Which number may we call?", "is_required": True},
        {
            "question_id": "size",
            "label": "How large is your garden?",
            "kind": "choice",
            "choices": ["A balcony", "A courtyard", "Larger"],
        },
    ],
}
"""A page of the admin's own hours."""
_MATEO = {
    "name": "Mateo García",
    "email": "mateo@garcia.example",
    "time_zone": "America/Bogota",
    "answers": {"phone": "+57 601 555 0134", "size": "A courtyard"},
}

_SECONDS_FOR_A_MAIL = 90.0
"""The stream sends at once; a mail it missed goes with the next run of the schedule."""


@dataclass(frozen=True)
class Demo:
    """What the demo lets one click on."""

    booking_page_urls: list[str]
    availability_url: str | None
    """The link of the external member who has not answered yet."""


NO_DEMO = Demo([], None)


async def play_demo(origin: str, mailbox: Mailbox, welcome: Welcome) -> Demo:
    """Invite two external members; one answers, and a guest books with them.

    Another guest asks the admin for a meeting, who has not decided yet.

    What has happened already does not happen again.

    Raises:
        CannotRun: The API refused something, or a mail did not come.
    """
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        api = _Api(session, f"{origin}/api")
        await api.sign_in(welcome.sign_in_url)
        await api.put("/organization/features/external_members", {"enabled": True}, api.admin)
        members, bookings, pages = await asyncio.gather(
            api.get("/external-members"),
            api.get("/bookings?after=2000-01-01T00:00:00Z"),
            api.get("/booking-pages"),
        )
        # Kenji's booking comes last: where it is, everything is there.
        if _SOFIA["name"] not in {booking["guest"]["name"] for booking in bookings["items"]}:
            invited = {member["email"]: member for member in members["items"]}
            slugs = {page["slug"] for page in pages["items"]}
            if _CONSULTATION["slug"] not in slugs:
                await _ask_for_a_consultation(api, welcome)
            await _lead_to_a_booking(api, mailbox, welcome, invited)
            pages = await api.get("/booking-pages")
        open_pages = [page["url"] for page in pages["items"] if page["active"]]
        # The mail may be from a day when Parley was at another port.
        path = urlsplit(await _mailed_link(mailbox, _LENA["email"])).path
        return Demo(open_pages, f"{origin}{path}")


async def _lead_to_a_booking(
    api: "_Api", mailbox: Mailbox, welcome: Welcome, invited: dict[str, Any]
) -> None:
    for person in (_KENJI, _LENA):
        if person["email"] not in invited:
            invitation = person | {"person_in_charge_id": welcome.member_id}
            invited[person["email"]] = await api.post("/external-members", invitation)
    kenji = invited[_KENJI["email"]]
    windows = working_hours(dt.datetime.now(_TOKYO).date())
    if not kenji["answered"]:
        link = await _mailed_link(mailbox, _KENJI["email"])
        times = {"version": 0, "time_zone": str(_TOKYO), "windows": windows}
        await api.put("/availability", times, {"Authorization": f"Bearer {_token(link)}"})
    booking = _SOFIA | {"start": windows[0]["start"]}
    await api.post(f"/booking-pages/{kenji['booking_page']['slug']}/bookings", booking)


async def _ask_for_a_consultation(api: "_Api", welcome: Welcome) -> None:
    host = {"kind": "member", "host_id": welcome.member_id}
    page = _CONSULTATION | {"hosts": [host], "person_in_charge_id": welcome.member_id}
    await api.post("/booking-pages", page)
    address = f"/booking-pages/{_CONSULTATION['slug']}"
    slots = await api.get(f"{address}/slots")
    await api.post(f"{address}/bookings", _MATEO | {"start": slots["items"][0]["start"]})


def working_hours(today: dt.date) -> list[dict[str, str]]:
    """Return the mornings and afternoons of two weeks from tomorrow, without Sundays, in Tokyo."""
    days = [today + dt.timedelta(days=number) for number in range(1, 15)]
    return [
        {"start": _tokyo(day, start), "end": _tokyo(day, end)}
        for day in days
        if day.isoweekday() != 7  # noqa: PLR2004 - Sunday
        for start, end in (("10:00", "12:00"), ("14:00", "17:00"))
    ]


def _tokyo(day: dt.date, wall_clock: str) -> str:
    return dt.datetime.combine(day, dt.time.fromisoformat(wall_clock), _TOKYO).isoformat()


async def _mailed_link(mailbox: Mailbox, recipient: str) -> str:
    """Wait for a mail to `recipient` and return the link that the newest one's button opens."""
    deadline = time.monotonic() + _SECONDS_FOR_A_MAIL
    while time.monotonic() < deadline:
        for mail in mailbox.mails():
            if mail.recipients == [recipient]:
                return next(link for link in mail.links if "/l/" in link)
        await asyncio.sleep(0.1)
    raise CannotRun(f"No mail has come to {recipient} in {_SECONDS_FOR_A_MAIL:.0f} s.")


def _token(link: str) -> str:
    return urlsplit(link).path.rpartition("/")[2]


class _Api:
    """The JSON API: as a program of the admin calls it, or with the token of a mailed link."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self.admin: dict[str, str] = {}
        """The headers that tell who the admin is, once they have signed in."""

    async def sign_in(self, sign_in_url: str) -> None:
        """Use a sign-in link; what is asked from now on is asked as the admin."""
        answer = await self._send("POST", "/sessions", {"token": _token(sign_in_url)}, {})
        # By hand: clients do not send a Secure cookie over http.
        crumbs = (f"{name}={crumb.value}" for name, crumb in answer.cookies.items())
        self.admin = {"Cookie": "; ".join(crumbs)}

    async def get(self, path: str) -> Any:
        return await (await self._send("GET", path, None, self.admin)).json()

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        return await (await self._send("POST", path, body, self.admin)).json()

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
