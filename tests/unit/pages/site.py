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
from scheduling.domain.availability_request import RequestFact, usual_terms
from scheduling.domain.booking import Answer as GuestAnswer
from scheduling.domain.booking import Booking, BookingState
from scheduling.domain.booking_page import BookingRules, Question, QuestionKind
from scheduling.domain.connections import ConnectionState, Provider
from scheduling.domain.directory import Directory, DirectoryPart, Listed
from scheduling.domain.feeds import CalendarFeed, FeedAddress, FeedFailure, FeedTurn
from scheduling.domain.identifiers import derived_id
from scheduling.domain.links import INVITATION_LIFE, hashed, token_for
from scheduling.domain.member_imports import ImportRow
from scheduling.domain.message_tags import address_hash
from scheduling.domain.messages import Delivery, DeliveryState, Recipient
from scheduling.domain.people import ExternalMember, Role
from scheduling.domain.reputation import MailCategory
from scheduling.domain.sessions import Session, SignedIn
from scheduling.domain.time_range import TimeRange
from scheduling.domain.unsubscribing import Subscription
from scheduling.domain.unsubscribing import token_for as unsubscribe_token
from scheduling.use_cases.guest import mark_for
from scheduling.use_cases.member_imports import import_members
from scheduling.use_cases.sign_in import SignInRequest, sign_in_link
from tests.support.builders import (
    AIKO,
    ORGANIZATION,
    a_booking,
    a_guest,
    a_guest_link,
    a_link,
    a_member_host,
    a_page,
    an_entry,
    an_external_member,
    an_invitation,
    an_invitation_link,
    between,
    host_of,
)
from tests.support.connecting import a_connection
from tests.support.in_memory import KEY, InMemoryAdapters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.invitations import Invitation
    from scheduling.domain.links import Link
    from scheduling.domain.member_imports import MemberImport
    from scheduling.domain.people import Guest

type Fields = dict[str, str] | Sequence[tuple[str, str]]

SESSION_SECRET = "browser-of-aiko"
SIGN_IN = SignInRequest(browser_secret="browser-that-asked", code="ABCD1234")

A_WORKSHOP: dict[str, Any] = {
    "title": "Design workshop",
    "description": "Bring a sketch.\nWe look at it together.",
    "needed_hosts": 1,
    "needs_approval": True,
    "rules": BookingRules(durations=(timedelta(minutes=30), timedelta(minutes=60))),
    "questions": (
        Question("topic", "What is it about?", is_required=True),
        Question("more", "What should we know?", QuestionKind.TEXT),
        Question("level", "How far are you?", QuestionKind.CHOICE, choices=("Start", "Middle")),
        Question("terms", "We may take pictures", QuestionKind.CHECK, is_required=True),
    ),
}


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

    def send(
        self, method: str, address: str, body: str | bytes | None, headers: dict[str, str]
    ) -> Answer:
        path, _, query = address.partition("?")
        sent = body.encode() if isinstance(body, str) else body
        event = {
            "version": "2.0",
            "rawPath": unquote(path),
            "rawQueryString": query,
            "headers": {name.replace("_", "-"): value for name, value in headers.items()},
            "cookies": [f"{name}={value}" for name, value in self.cookies.items()],
            "requestContext": {
                "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"},
                "stage": "$default",
            },
            "body": None if sent is None else base64.b64encode(sent).decode(),
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
    """Aiko's organization at 09:00 UTC: Kenji offers times, Lena was asked, Omar's mail failed.

    Omar linked a calendar before, which cannot be read. Whoever wants a workshop asks for it, and
    gets Aiko or Kenji.
    """

    def __init__(self) -> None:
        self.adapters = InMemoryAdapters()
        self.store = self.adapters.store
        self.now = self.adapters.now()
        self.adapters.organizations.add(ORGANIZATION, AIKO, an_entry())
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
            RequestFact.FAILED,
        )
        self.calendar = self._link_calendar(self.omar)
        self.booking = self._book("14:00", "14:30", a_guest())
        self.cancelled = self._book("15:00", "15:30", a_guest("Ana Silva")).cancelled(
            Recipient.GUEST, "A train strike", now=self.now
        )
        self._change(self.cancelled)
        self.workshop = self._add_page("workshop", A_WORKSHOP)
        self.locked = self._add_page("locked", {"zone_is_locked": True})
        self.switched_off = self._add_page("switched-off", {"is_on": False})
        self.unverified = self._add_page(
            "unverified",
            {"hosts": (a_member_host().key, host_of(self.omar).key), "needed_hosts": 1},
        )
        self.asked = self._ask(1)
        self.declined = self._ask(2).declined(Recipient.HOST, "We are away", now=self.now)
        self._change(self.declined)
        self.expired = replace(self._ask(3), state=BookingState.EXPIRED, version=2, expires_at=None)
        self._change(self.expired)
        self.moved = self._moved(self._book("21:00", "21:30", a_guest("Eva Lind")))
        self.design = Listed(derived_id("design"), "Brand design")
        directory = Directory(ORGANIZATION.organization_id)
        for part, listed in (
            (DirectoryPart.DEPARTMENTS, self.design),
            (DirectoryPart.DESIGNATIONS, Listed(derived_id("designer"), "Designer")),
        ):
            directory = directory.having(part, listed)
            self.adapters.directories.replace(directory, an_entry())
        self.ben = replace(
            AIKO,
            member_id=derived_id("ben"),
            name="Ben Ode",
            email="ode@hanami.example",
            role=Role.MEMBER,
            department_id=self.design.listed_id,
            manager_id=AIKO.member_id,
        )
        self.former = replace(
            self.ben,
            member_id=derived_id("former"),
            name="Abe Gone",
            email="abe@hanami.example",
            removed_at=self.now - timedelta(days=3),
        )
        for member in (self.ben, self.former):
            self.store.members[member.organization_id, member.member_id] = member
        self.checked_import = self._import(is_dry_run=True)
        self.running_import = self._import(is_dry_run=False)
        self._connect()
        self.invitation = self.wait_for("ben@hanami.example", self.now)
        self.expired_invitation = self.wait_for("tom@hanami.example", self.now - INVITATION_LIFE)
        link = sign_in_link(AIKO.email, now=self.now, life=timedelta(minutes=10), request=SIGN_IN)
        self.adapters.links.add(link)
        self.sign_in_token = token_for(link, KEY)
        self.adapters.sessions.add(
            Session(
                hashed(SESSION_SECRET),
                ORGANIZATION.organization_id,
                AIKO.member_id,
                self.now + timedelta(hours=1),
                self.now,
            )
        )

    @property
    def kenji_page(self) -> BookingPage:
        return self.store.booking_pages[self.kenji.booking_page_slug]

    @property
    def booking_page(self) -> str:
        return f"/book/{self.kenji.booking_page_slug}"

    @property
    def unsubscribe_page(self) -> str:
        """Where Mia ends reminders."""
        mia = Subscription(
            ORGANIZATION.organization_id,
            address_hash(self.booking.guest.email),
            MailCategory.REMINDERS,
        )
        return f"/unsubscribe/{unsubscribe_token(mia, KEY, now=self.now)}"

    def link_of(self, somebody: ExternalMember | Booking | Invitation) -> str:
        return f"/l/{self.token_of(somebody)}"

    def token_of(self, somebody: ExternalMember | Booking | Invitation) -> str:
        match somebody:
            case Booking():
                link_id = somebody.guest_link_id
            case ExternalMember():
                link_id = somebody.request.link_id
            case _:
                link_id = somebody.link_id
        return token_for(self.store.links[link_id], KEY)

    def known_browser(self) -> Browser:
        """Return the browser in which everything was booked."""
        marks = {
            f"__Host-guest-{booking.booking_id}": mark_for(
                booking, link_keys=self.adapters.link_keys
            )
            for booking in self.store.bookings.values()
        }
        return Browser(marks)

    def page_of(self, member: ExternalMember) -> str:
        return f"/console/external-members/{member.external_member_id}"

    def wait_until(self, instant: datetime) -> None:
        """Let time pass; Aiko stays signed in."""
        self.adapters.clock = instant
        for key, session in self.store.sessions.items():
            self.store.sessions[key] = replace(session, expires_at=instant + timedelta(hours=1))

    def console_page_of(self, booking: Booking) -> str:
        return f"/console/bookings/{booking.booking_id}"

    def addresses(self) -> dict[str, str]:
        """Return an address for each page that can be looked at, in its different states."""
        return {
            "sign-in": "/sign-in",
            "finish sign-in": f"/l/{self.sign_in_token}",
            "availability": self.link_of(self.kenji),
            "availability, saved": f"{self.link_of(self.kenji)}?saved=1",
            "availability, nothing yet": self.link_of(self.lena),
            "availability, calendar linked": f"{self.link_of(self.omar)}?calendar=linked",
            "availability, calendar removed": f"{self.link_of(self.lena)}?calendar=removed",
            "booked": self.link_of(self.booking),
            "booking cancelled": self.link_of(self.cancelled),
            "booking asked for": self.link_of(self.asked),
            "booking declined": self.link_of(self.declined),
            "booking expired": self.link_of(self.expired),
            "booking moved": self.link_of(self.moved),
            "unsubscribe": self.unsubscribe_page,
            "move": f"{self.link_of(self.booking)}/times",
            "move, chosen": f"{self.link_of(self.booking)}/times?start=2026-12-01T20:00:00Z",
            "move, time gone": f"{self.link_of(self.booking)}/times?start=2026-12-01T19:00:00Z",
            "link damaged": "/l/s1.1.x",
            "nothing here": "/nowhere",
            "booking page": self.booking_page,
            "booking page, full month": f"{self.booking_page}?month=2027-02",
            "booking page, full day": f"{self.booking_page}?date=2026-12-24",
            "booking form": f"{self.booking_page}?start=2026-12-01T20:00:00Z",
            "booking page, time gone": f"{self.booking_page}?start=2026-12-01T14:00:00Z",
            "booking page, not open": f"/book/{self.lena.booking_page_slug}",
            "booking page, beyond": f"{self.booking_page}?month=2031-01",
            "booking page, several hosts": "/book/workshop?duration=60",
            "booking page, zone locked": "/book/locked",
            "booking page, switched off": "/book/switched-off",
            "booking page, unverified": "/book/unverified",
            "booking form with questions": "/book/workshop?start=2026-12-02T05:00:00Z",
            "today": "/console",
            "external members": "/console/external-members",
            "who is available": "/console/external-members/grid",
            "invite many": "/console/external-members/import",
            "invite": "/console/external-members/new",
            "external member": self.page_of(self.kenji),
            "external member, just invited": f"{self.page_of(self.lena)}?news=invited",
            "external member, asked again": f"{self.page_of(self.lena)}?news=asked",
            "external member, mail failed": self.page_of(self.omar),
            "edit": f"{self.page_of(self.kenji)}/edit",
            "ask again": f"{self.page_of(self.lena)}/availability-requests",
            "say that a mailbox works": f"{self.page_of(self.lena)}/suppression",
            "external members, filtered": "/console/external-members?q=lena&standing=sent",
            "external members, nobody": "/console/external-members?q=nobody",
            "delete": f"{self.page_of(self.kenji)}/deletion",
            "delete, nothing booked": f"{self.page_of(self.lena)}/deletion",
            "activity": "/console/activity",
            "activity, filtered": "/console/activity?activity=member_edited&from=2026-01-01",
            "activity, none": "/console/activity?person=nobody",
            "bookings": "/console/bookings",
            "bookings, filtered": "/console/bookings?state=confirmed&q=mia&to=2026-12-31",
            "bookings, none": "/console/bookings?q=nobody",
            "booking": self.console_page_of(self.booking),
            "booking, asked for": self.console_page_of(self.asked),
            "booking, declined": f"{self.console_page_of(self.declined)}?news=declined",
            "booking, cancelled": self.console_page_of(self.cancelled),
            "booking, moved": self.console_page_of(self.moved),
            "move by staff": f"{self.console_page_of(self.booking)}/move",
            "move by staff, chosen": (
                f"{self.console_page_of(self.booking)}/move?start=2026-12-01T20:00:00Z"
            ),
            "book for a guest": "/console/bookings/new",
            "book for a guest, times": "/console/bookings/new?page=workshop",
            "book for a guest, form": (
                "/console/bookings/new?page=workshop&start=2026-12-02T05:00:00Z"
            ),
            "booking pages": "/console/booking-pages",
            "booking pages of a host": (
                f"/console/booking-pages?host={self.lena.external_member_id}"
            ),
            "booking pages of nobody": "/console/booking-pages?host=x",
            "new booking page": "/console/booking-pages/new",
            "edit booking page": "/console/booking-pages/workshop?news=saved",
            "preview": "/console/booking-pages/workshop/preview",
            "preview, switched off": "/console/booking-pages/switched-off/preview",
            "times explained": "/console/booking-pages/workshop/explanations?date=2026-12-02",
            "times explained, not active": (
                f"/console/booking-pages/{self.lena.booking_page_slug}/explanations"
            ),
            "times explained, taken": (
                f"/console/booking-pages/{self.kenji.booking_page_slug}/explanations?date=2026-12-01"
            ),
            "times explained, unverified": "/console/booking-pages/unverified/explanations",
            "my hours": "/console/working-hours",
            "signing in": "/console/security",
            "settings": "/console/settings?news=saved",
            "mails": "/console/settings/sending",
            "sign in again": "/sign-in/again?next=/console/bookings",
            "sign up": "/sign-up",
            "integrations, switched on": "/console/integrations?news=on",
            "integrations, refused": "/console/integrations?problem=access_denied",
            "disconnect": "/console/integrations/google_calendar/off",
            "integrations of the team": "/console/integrations/members?news=asked",
            "integrations of the team, filtered": (
                "/console/integrations/members?platform=zoom&state=not_connected"
            ),
            "integrations of the team, nobody": "/console/integrations/members?q=nobody",
            "disconnect a member": (
                f"/console/integrations/members/{self.ben.member_id}/zoom/removal"
            ),
            "what may be connected": "/console/integrations/policy?news=saved",
            "my page": "/console/me",
            "my page, saved": "/console/me?news=saved",
            "team": "/console/team",
            "team, filtered": "/console/team?q=ben&role=member",
            "team, nobody": "/console/team?q=nobody",
            "team, removed": "/console/team?state=removed",
            "member": f"/console/team/{self.ben.member_id}",
            "member, removed": f"/console/team/{self.former.member_id}",
            "import members": "/console/team/import",
            "import, checked": f"/console/team/imports/{self.checked_import.import_id}",
            "import, wrong rows": (
                f"/console/team/imports/{self.checked_import.import_id}?outcome=error"
            ),
            "import, running": f"/console/team/imports/{self.running_import.import_id}",
            "remove a member": f"/console/team/{self.ben.member_id}/removal",
            "remove a member with bookings": f"/console/team/{AIKO.member_id}/removal",
            "join": self.link_of(self.invitation),
            "join, too late": self.link_of(self.expired_invitation),
            "invitations": "/console/team/invitations",
            "invite members": "/console/team/invitations/new",
            "take an invitation back": (
                f"/console/team/invitations/{self.invitation.invitation_id}/revocation"
            ),
            "directory": "/console/settings/directory",
        }

    def _invite(
        self, member: ExternalMember, delivery: Delivery, fact: RequestFact = RequestFact.SENT
    ) -> ExternalMember:
        asked_at = self.now - timedelta(hours=3 - len(self.store.external_members))
        request = replace(member.request, asked_at=asked_at, terms=usual_terms(asked_at))
        member = replace(member, created_at=asked_at, request=request)
        self.adapters.external_members.add(
            member, a_page(member), a_link(member), [member.request_mail], an_entry()
        )
        self.store.messages[member.request_mail] = delivery
        self.adapters.external_members.note(member, fact, at=asked_at)
        return self.store.external_members[member.organization_id, member.external_member_id]

    def _link_calendar(self, member: ExternalMember) -> CalendarFeed:
        """Link a calendar that was read two hours ago, and not since."""
        whose = member.organization_id, member.external_member_id
        linked_at = self.now - timedelta(hours=2)
        feed = CalendarFeed(*whose, "feed", "calendar.example.org", linked_at=linked_at)
        feed = feed.read((), "", linked_at).failed(FeedFailure.REDIRECTED, self.now)
        address = FeedAddress(feed.host_name, "/private-7f3a/basic.ics")
        turn = FeedTurn(*whose, "feed", due_at=self.now)
        self.adapters.calendar_feeds.link(feed, address, turn, an_entry())
        return feed

    def _import(self, *, is_dry_run: bool) -> MemberImport:
        """Take in a file with a good row and a bad one."""
        rows = [
            ImportRow(2, {"email": self.ben.email, "name": "Ben Ode"}),
            ImportRow(3, {"email": "nonsense"}),
        ]
        return import_members(
            SignedIn(AIKO, ORGANIZATION, self.now),
            rows,
            is_dry_run=is_dry_run,
            now=self.now,
            members=self.adapters.members,
            directories=self.adapters.directories,
            invitations=self.adapters.invitations,
            member_imports=self.adapters.member_imports,
        )

    def _connect(self) -> None:
        """Connect Aiko with Google; Ben with Zoom, and with Google, where his sign-in is over."""
        verified_at = self.now - timedelta(minutes=12)
        expired = ConnectionState.RECONNECT_REQUIRED
        ben: dict[str, Any] = {"member_id": self.ben.member_id, "account": "ben.ode@ode.example"}
        for connection in (
            a_connection(verified_at=verified_at),
            a_connection(state=expired, state_since=self.now, **ben),
            a_connection(Provider.ZOOM, verified_at=verified_at, **ben),
        ):
            self.adapters.connections.put(connection, an_entry())
        until = self.now + timedelta(days=1)
        for whose, known in self.store.connected_busy.items():
            self.store.connected_busy[whose] = replace(known, read_at=self.now, trusted_until=until)

    def wait_for(self, email: str, since: datetime) -> Invitation:
        """Wait for somebody who was invited to the team."""
        invitation = an_invitation(
            email, invited_at=since, sent_at=since, expires_at=since + INVITATION_LIFE
        )
        self.adapters.invitations.add(invitation, an_invitation_link(invitation), an_entry())
        self.store.messages[invitation.message] = Delivery(DeliveryState.SENT, attempts=1)
        return invitation

    def _book(self, start: str, end: str, guest: Guest) -> Booking:
        booking = a_booking(self.kenji, between(start, end), guest)
        return self.adapters.bookings.add(booking, self._link(booking), ())

    def _link(self, booking: Booking) -> Link:
        return replace(a_guest_link(booking), created_at=self.now)

    def _add_page(self, slug: str, settings: dict[str, Any]) -> BookingPage:
        page = replace(a_page(a_member_host()), slug=slug, **settings)
        if settings is A_WORKSHOP:
            page = replace(page, hosts=(*page.hosts, host_of(self.kenji).key))
        self.adapters.booking_pages.add(page, an_entry())
        return page

    def _ask(self, hour: int) -> Booking:
        """Ask for a workshop with Aiko on the next day."""
        time = between(f"{hour:02}:00", f"{hour:02}:30")
        time = TimeRange(time.start + timedelta(days=1), time.end + timedelta(days=1))
        booking = replace(
            a_booking(a_member_host(), time, a_guest("Ben Okoro")),
            booking_page_slug=self.workshop.slug,
            title=self.workshop.title,
            state=BookingState.PENDING,
            expires_at=self.now + timedelta(hours=12),
            other_guests=("tom@guest.example",),
            answers=(GuestAnswer("What is it about?", "A poster"),),
        )
        return self.adapters.bookings.add(booking, self._link(booking), ())

    def _moved(self, booking: Booking) -> Booking:
        claim = replace(booking.claim, time=between("21:30", "22:00"))
        return self._change(booking.moved(claim, booking.hosts, now=self.now))

    def _change(self, after: Booking) -> Booking:
        before = self.store.bookings[after.organization_id, after.booking_id]
        self.adapters.bookings.change(before, after, (), an_entry())
        return after


_CONTEXT = SimpleNamespace(
    function_name="pages",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:pages",
    aws_request_id="request",
    get_remaining_time_in_millis=lambda: 29_000,
)
