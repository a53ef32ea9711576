"""A small organization behind the page functions, and a browser to look at it with."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.cookies import SimpleCookie
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode

from handlers.pages import console, public
from scheduling.domain.links import hashed, token_for
from scheduling.domain.messages import Delivery, DeliveryState, Recipient
from scheduling.domain.sessions import Session
from scheduling.use_cases.sign_in import SignInRequest, sign_in_link
from tests.support.builders import (
    AIKO,
    ORGANIZATION,
    a_booking,
    a_guest,
    a_guest_link,
    a_link,
    a_page,
    an_external_member,
    between,
)
from tests.support.in_memory import KEY, InMemoryAdapters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scheduling.domain.booking import Booking
    from scheduling.domain.people import ExternalMember, Guest

type Fields = dict[str, str] | Sequence[tuple[str, str]]

SESSION_SECRET = "browser-of-aiko"
SIGN_IN = SignInRequest(browser_secret="browser-that-asked", code="ABCD1234")  # noqa: S106


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    cookies: dict[str, str]
    """What was set, with its attributes."""
    body: str

    @property
    def location(self) -> str:
        return self.headers["Location"]


@dataclass
class Browser:
    """Speaks to the functions in the words of an HTTP API; keeps cookies."""

    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, address: str, **headers: str) -> Answer:
        return self.send("GET", address, None, headers)

    def head(self, address: str) -> Answer:
        return self.send("HEAD", address, None, {})

    def post(self, address: str, fields: Fields, **headers: str) -> Answer:
        return self.send("POST", address, urlencode(fields), headers)

    def send(self, method: str, address: str, body: str | None, headers: dict[str, str]) -> Answer:
        path, _, query = address.partition("?")
        event = {
            "version": "2.0",
            "rawPath": unquote(path),
            "rawQueryString": query,
            "headers": {name.replace("_", "-"): value for name, value in headers.items()},
            "cookies": [f"{name}={value}" for name, value in self.cookies.items()],
            "requestContext": {"http": {"method": method, "path": path}, "stage": "$default"},
            "body": None if body is None else base64.b64encode(body.encode()).decode(),
            "isBase64Encoded": body is not None,
        }
        handler = console.handler if path.startswith("/console") else public.handler
        return self._keep(handler(event, _CONTEXT))

    def _keep(self, response: dict[str, Any]) -> Answer:
        body = response["body"]
        if response["isBase64Encoded"]:
            body = base64.b64decode(body).decode()
        cookies = {header.partition("=")[0]: header for header in response.get("cookies", [])}
        for name, header in cookies.items():
            self.cookies[name] = SimpleCookie(header)[name].value
        return Answer(response["statusCode"], response["headers"], cookies, body)


class Site:
    """Aiko's organization at 09:00 UTC: Kenji offers times, Lena was asked, Omar's mail failed."""

    def __init__(self) -> None:
        self.adapters = InMemoryAdapters()
        self.store = self.adapters.store
        self.now = self.adapters.now()
        self.adapters.organizations.add(ORGANIZATION, AIKO)
        self.kenji = self._invite(
            an_external_member(between("14:00", "16:00"), between("20:00", "22:00")),
            Delivery(DeliveryState.SENT, attempts=1),
        )
        self.lena = self._invite(
            replace(an_external_member(email="lena@example.org"), name="Lena Fischer"),
            Delivery(DeliveryState.SENT, attempts=1),
        )
        self.omar = self._invite(
            replace(an_external_member(email="omar@example.org"), name="Omar Haddad"),
            Delivery(DeliveryState.SEND_FAILED, 2, self.now + timedelta(minutes=4), "Throttled"),
        )
        self.booking = self._book("14:00", "14:30", a_guest())
        self.cancelled = self._book("15:00", "15:30", a_guest("Ana Silva")).cancelled(
            Recipient.GUEST, "A train strike", now=self.now
        )
        self.adapters.bookings.cancel(self.cancelled, ())
        link = sign_in_link(AIKO.email, now=self.now, life=timedelta(minutes=10), request=SIGN_IN)
        self.adapters.links.add(link)
        self.sign_in_token = token_for(link, KEY)
        self.adapters.sessions.add(
            Session(
                hashed(SESSION_SECRET),
                ORGANIZATION.organization_id,
                AIKO.member_id,
                self.now + timedelta(hours=1),
            )
        )

    @property
    def booking_page(self) -> str:
        return f"/book/{self.kenji.booking_page_slug}"

    def link_of(self, somebody: ExternalMember | Booking) -> str:
        return f"/l/{self.token_of(somebody)}"

    def token_of(self, somebody: ExternalMember | Booking) -> str:
        link_id = getattr(somebody, "request_link_id", None) or somebody.guest_link_id
        return token_for(self.store.links[link_id], KEY)

    def page_of(self, member: ExternalMember) -> str:
        return f"/console/external-members/{member.external_member_id}"

    def addresses(self) -> dict[str, str]:
        """Return an address for each page that can be looked at, in its different states."""
        return {
            "sign-in": "/sign-in",
            "finish sign-in": f"/l/{self.sign_in_token}",
            "availability": self.link_of(self.kenji),
            "availability, saved": f"{self.link_of(self.kenji)}?saved=1",
            "availability, nothing yet": self.link_of(self.lena),
            "booked": self.link_of(self.booking),
            "booking cancelled": self.link_of(self.cancelled),
            "link damaged": "/l/s1.1.x",
            "nothing here": "/nowhere",
            "booking page": self.booking_page,
            "booking page, full month": f"{self.booking_page}?month=2027-02",
            "booking page, full day": f"{self.booking_page}?date=2026-12-24",
            "booking form": f"{self.booking_page}?start=2026-12-01T20:00:00Z",
            "booking page, time gone": f"{self.booking_page}?start=2026-12-01T14:00:00Z",
            "booking page, not open": f"/book/{self.lena.booking_page_slug}",
            "today": "/console",
            "external members": "/console/external-members",
            "invite": "/console/external-members/new",
            "external member": self.page_of(self.kenji),
            "external member, just invited": f"{self.page_of(self.lena)}?news=invited",
            "external member, asked again": f"{self.page_of(self.lena)}?news=asked",
            "external member, mail failed": self.page_of(self.omar),
            "ask again": f"{self.page_of(self.lena)}/availability-requests",
            "availability for staff": f"{self.page_of(self.kenji)}/availability",
            "bookings": "/console/bookings",
            "booking pages": "/console/booking-pages",
        }

    def _invite(self, member: ExternalMember, delivery: Delivery) -> ExternalMember:
        asked_at = self.now - timedelta(hours=3 - len(self.store.external_members))
        member = replace(member, created_at=asked_at, requested_at=asked_at)
        self.adapters.external_members.add(member, a_page(member), a_link(member), member.request)
        self.store.messages[member.request] = delivery
        return member

    def _book(self, start: str, end: str, guest: Guest) -> Booking:
        booking = a_booking(self.kenji, between(start, end), guest)
        return self.adapters.bookings.add(booking, a_guest_link(booking), ())


_CONTEXT = SimpleNamespace(
    function_name="pages",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:pages",
    aws_request_id="request",
)
