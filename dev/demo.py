"""A small organization to look at, made through the doors that people use: API, mails, links."""

import asyncio
import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import aiohttp

from dev.demo_api import Api, mailed_link, token_in
from dev.demo_team import fill_team
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
_INES = {"name": "Inés Ortega", "email": "ines@ortega.example", "title": "Pond and water"}
"""Enters fewer times than she is asked for."""
_PAUL = {"name": "Paul Weber", "email": "paul@weber.example", "title": "Tree survey"}
"""Lets the day pass by which he should have answered."""
_MARTA = {"name": "Marta Nowak", "email": "bounce+marta@simulator.amazonses.com"}
"""The mail to her comes back."""
_OVERDUE_AFTER = dt.timedelta(seconds=20)
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


@dataclass(frozen=True)
class Demo:
    """What the demo lets one click on."""

    booking_page_urls: list[str]
    availability_url: str | None
    """The link of the external member who has not answered yet."""


NO_DEMO = Demo([], None)


async def play_demo(origin: str, mailbox: Mailbox, welcome: Welcome) -> Demo:
    """Fill the team, and invite external members; one answers, and a guest books with them.

    Another guest asks the admin for a meeting, who has not decided yet.

    What has happened already does not happen again.

    Raises:
        CannotRun: The API refused something, or a mail did not come.
    """
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        api = Api(session, f"{origin}/api")
        await api.sign_in(welcome.sign_in_url)
        await api.put("/organization/features/external_members", {"enabled": True}, api.admin)
        members, bookings, pages, colleagues = await asyncio.gather(
            api.get("/external-members"),
            api.get("/bookings?after=2000-01-01T00:00:00Z"),
            api.get("/booking-pages"),
            fill_team(api, mailbox, welcome),
        )
        invited = {member["email"]: member for member in members["items"]}
        # Kenji's booking comes last: where it is, all that he and the admin do is there.
        if _SOFIA["name"] not in {booking["guest"]["name"] for booking in bookings["items"]}:
            slugs = {page["slug"] for page in pages["items"]}
            if _CONSULTATION["slug"] not in slugs:
                await _ask_for_a_consultation(api, welcome)
            await _lead_to_a_booking(api, mailbox, welcome, invited)
        await _invite_others(api, mailbox, colleagues, invited)
        pages = await api.get("/booking-pages")
        open_pages = [page["url"] for page in pages["items"] if page["active"]]
        # The mail may be from a day when Parley was at another port.
        path = urlsplit(await mailed_link(mailbox, _LENA["email"])).path
        return Demo(open_pages, f"{origin}{path}")


async def _invite_others(
    api: Api, mailbox: Mailbox, colleagues: list[str], invited: dict[str, Any]
) -> None:
    """Invite those who are in other states, each by another colleague."""
    soon = dt.datetime.now(dt.UTC) + _OVERDUE_AFTER
    terms: dict[str, dict[str, Any]] = {
        _INES["email"]: {"minimum_windows": 10},
        _PAUL["email"]: {"deadline": soon.isoformat(timespec="seconds"), "reminders_hours": []},
    }
    for number, person in enumerate((_INES, _PAUL, _MARTA)):
        if person["email"] in invited:
            continue
        in_charge = colleagues[number % len(colleagues)]
        request = {"request": terms.get(person["email"], {})}
        invitation = person | {"person_in_charge_id": in_charge} | request
        invited[person["email"]] = await api.post("/external-members", invitation)
    if not invited[_INES["email"]]["answered"]:
        windows = working_hours(dt.datetime.now(_TOKYO).date())[:2]
        await _enter(api, mailbox, _INES["email"], windows)


async def _enter(api: Api, mailbox: Mailbox, email: str, windows: list[dict[str, str]]) -> None:
    link = await mailed_link(mailbox, email)
    times = {"version": 0, "time_zone": str(_TOKYO), "windows": windows}
    await api.put("/availability", times, {"Authorization": f"Bearer {token_in(link)}"})


async def _lead_to_a_booking(
    api: Api, mailbox: Mailbox, welcome: Welcome, invited: dict[str, Any]
) -> None:
    for person in (_KENJI, _LENA):
        if person["email"] not in invited:
            invitation = person | {"person_in_charge_id": welcome.member_id}
            invited[person["email"]] = await api.post("/external-members", invitation)
    kenji = invited[_KENJI["email"]]
    windows = working_hours(dt.datetime.now(_TOKYO).date())
    if not kenji["answered"]:
        await _enter(api, mailbox, _KENJI["email"], windows)
    booking = _SOFIA | {"start": windows[0]["start"]}
    await api.post(f"/booking-pages/{kenji['booking_page']['slug']}/bookings", booking)


async def _ask_for_a_consultation(api: Api, welcome: Welcome) -> None:
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
