"""Every route: which function answers it, and who may use it. This is the list S2 compares.

A new route is one line under its function:

    row("POST /api/bookings/{booking_id}/notes", STAFF, 201, {"text": "Bring a sketch"}),

that is method and path as template.yaml has them, who gets in, the status they get, and what they
send: JSON to `/api/…`, a form elsewhere, a query with GET. Whoever is not named is turned away.

`{names}` in paths and bodies stand for things that both organizations of `cast.py` have, such as
`{booking_id}` or `{slug}`; `{token}` is what the caller holds, a link's token or a session. Each
of them is tried as the caller's own, as the other organization's, and as one that never was:

- the two others get one and the same answer: that they are turned away, or else `strange`;
- where `ANYBODY` may come, the other organization's thing is as good as one's own;
- a route about a thing in a special state names it: `row(…, booking_id="request_id")`;
- a second line for the same route is fine, where roles differ by what it is about.

What a route needs that the organizations do not have yet is made in `cast.build_house`. Names that
end in `token` are links: somebody else's is tried with a signature that is not ours. A body that
is one text, such as a CSV file, is sent as it is. Routes that hand out a link, or whose pages hold
one, are named at the end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain
from string import Formatter
from typing import TYPE_CHECKING, Any

from tests.security.cast import TOMORROW, Caller

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

GUEST = frozenset({Caller.GUEST})
EXTERNAL = frozenset({Caller.EXTERNAL})
LINKS = GUEST | EXTERNAL
ADMINS = frozenset({Caller.ADMIN, Caller.OTHER_ADMIN})
STAFF = ADMINS | {Caller.MEMBER}
ANYBODY = frozenset(Caller)
_NAMES = {STAFF: "staff", ADMINS: "admins", ANYBODY: "anybody"}

NOT_FOUND = 404
INVALID = 422

START = (TOMORROW.replace(hour=4)).isoformat()
"""13:00 in Tokyo: free."""
FORM_START = START.replace("+00:00", "Z")
GUEST_FIELDS = {"name": "Noor Ali", "email": "noor@guest.example", "time_zone": "Europe/Berlin"}
A_GUEST = {"start": START, **GUEST_FIELDS}
A_GUEST_FORM = {"start": FORM_START, **GUEST_FIELDS}
AN_INVITATION = {
    "name": "Hana Sato",
    "email": "hana@people.example",
    "person_in_charge_id": "{admin_id}",
}
HOURS = {"version": 0, "time_zone": "Asia/Tokyo", "weekdays": {}}
SETTINGS = {
    "title": "Portfolio review",
    "hosts": [{"kind": "member", "host_id": "{member_id}"}],
    "person_in_charge_id": "{admin_id}",
}
SETTINGS_FORM = {
    "title": "Portfolio review",
    "hosts": "member:{member_id}",
    "person_in_charge_id": "{admin_id}",
    "durations_minutes": "30",
    "version": "1",
    "time_zone": "Asia/Tokyo",
    "approval_within_minutes": "120",
}


@dataclass(frozen=True)
class Row:
    """A route, and what is expected of it."""

    route: str
    who: frozenset[Caller]
    status: int = 200
    """What whoever may use it gets."""
    body: Mapping[str, Any] | str | None = None
    strange: int = NOT_FOUND
    """What they may get, beside being turned away, for a thing that is not theirs."""
    things: Mapping[str, str] = field(default_factory=dict)
    """By what the path calls a thing: which one of an organization's it is."""

    @property
    def method(self) -> str:
        return self.route.partition(" ")[0]

    @property
    def path(self) -> str:
        """The path with the names of things in it."""
        declared = self.route.partition(" ")[2]
        return re.sub(
            r"\{(\w+)\}", lambda name: f"{{{self.things.get(name[1], name[1])}}}", declared
        )

    @property
    def only_reads(self) -> bool:
        return self.method in {"GET", "HEAD"}

    @property
    def place_of_body(self) -> str:
        """Where httpx takes it: as a query, a text, JSON or a form."""
        if self.only_reads:
            return "params"
        if isinstance(self.body, str):
            return "content"
        return "json" if self.path.startswith("/api/") else "data"

    @property
    def is_open(self) -> bool:
        """Whether knowing the name of a thing is all the right that it takes."""
        return self.who == ANYBODY

    @property
    def names(self) -> list[str]:
        """The things it is about, each of which may be somebody else's."""
        by_link = ["token"] if self.who <= LINKS else []
        return list(dict.fromkeys([*by_link, *names_in(self.path), *names_in(self.body)]))

    def __str__(self) -> str:
        return f"{self.route} by {_NAMES.get(self.who) or ' or '.join(sorted(self.who))}"


def row(
    route: str,
    who: frozenset[Caller],
    status: int = 200,
    body: Mapping[str, Any] | str | None = None,
    *,
    strange: int = NOT_FOUND,
    **things: str,
) -> Row:
    """Return a row; `things` say which thing of an organization a name in the path stands for."""
    return Row(route, who, status, body, strange, things)


def names_in(template: Any) -> Iterator[str]:
    """Yield the `{names}` in a text, or in all texts of a body."""
    match template:
        case str():
            yield from (name for _, name, _, _ in Formatter().parse(template) if name)
        case dict():
            for value in template.values():
                yield from names_in(value)
        case list():
            for value in template:
                yield from names_in(value)


def filled(template: Any, things: Mapping[str, str]) -> Any:
    """Return a body, or a text, with things in place of their names."""
    match template:
        case str():
            return template.format_map(things)
        case dict():
            return {key: filled(value, things) for key, value in template.items()}
        case list():
            return [filled(value, things) for value in template]
    return template


ROUTES: Mapping[str, list[Row]] = {
    "SignInFunction": [
        row("POST /api/sign-in-requests", ANYBODY, 202, {"email": "hana@people.example"}),
        row("POST /api/sessions", ANYBODY, 204, {"token": "{sign_in_token}"}),
        row("GET /api/sessions/current", STAFF),
        row("DELETE /api/sessions/current", ANYBODY, 204),
    ],
    "MembersFunction": [
        row("GET /api/members", STAFF),
        row("GET /api/members/{member_id}/working-hours", STAFF),
        row("PUT /api/members/{member_id}/working-hours", STAFF, 200, HOURS),
        row("PUT /api/members/{member_id}/working-hours", ADMINS, 200, HOURS, member_id="admin_id"),
        row(
            "POST /api/members/{member_id}/hand-over",
            ADMINS,
            200,
            {"to_member_id": "{member_id}"},
            member_id="admin_id",
        ),
    ],
    "ExternalMembersFunction": [
        row("GET /api/external-members", STAFF),
        row("POST /api/external-members", STAFF, 201, AN_INVITATION, strange=INVALID),
        row("GET /api/external-members/{external_member_id}", STAFF),
        row("DELETE /api/external-members/{external_member_id}", STAFF, 204),
        row("GET /api/external-members/{external_member_id}/availability", STAFF),
        row("POST /api/external-members/{external_member_id}/availability-requests", STAFF, 202),
    ],
    "AvailabilityFunction": [
        row("GET /api/availability", EXTERNAL),
        row(
            "PUT /api/availability",
            EXTERNAL,
            200,
            {"version": 1, "time_zone": "Asia/Tokyo", "windows": []},
        ),
    ],
    "BookingPagesFunction": [
        row("GET /api/booking-pages", STAFF),
        row("POST /api/booking-pages", STAFF, 201, SETTINGS, strange=INVALID),
        row("GET /api/booking-pages/{slug}/settings", STAFF),
        row(
            "PUT /api/booking-pages/{slug}/settings",
            STAFF,
            200,
            SETTINGS | {"version": 1},
            strange=INVALID,
        ),
        row("POST /api/booking-pages/{slug}/copies", STAFF, 201),
        row("PUT /api/booking-pages/{slug}/state", STAFF, 200, {"is_on": False}),
        row("GET /api/booking-pages/{slug}/explanations", STAFF, 200, {"date": "2026-12-02"}),
    ],
    "SlotsFunction": [
        row("GET /api/booking-pages/{slug}", ANYBODY),
        row("GET /api/booking-pages/{slug}/slots", ANYBODY),
    ],
    "BookingFunction": [
        row("POST /api/booking-pages/{slug}/holds", ANYBODY, 201, {"start": START}),
        row("DELETE /api/holds/{hold_id}", ANYBODY, 204, strange=204),
        row("POST /api/booking-pages/{slug}/bookings", ANYBODY, 201, A_GUEST),
        row("GET /api/guest/booking", GUEST),
        row("GET /api/guest/booking/slots", GUEST),
        row("POST /api/guest/booking/move", GUEST, 200, {"start": START}),
        row("POST /api/guest/booking/cancellation", GUEST, 200, {"reason": "Ill today"}),
    ],
    "BookingsFunction": [
        row("GET /api/bookings", STAFF),
        row("GET /api/bookings.csv", STAFF),
        row("POST /api/bookings", STAFF, 201, A_GUEST | {"booking_page_slug": "{slug}"}),
        row("GET /api/bookings/{booking_id}", STAFF),
        row("POST /api/bookings/{booking_id}/approval", STAFF, booking_id="request_id"),
        row("POST /api/bookings/{booking_id}/decline", STAFF, booking_id="request_id"),
        row("POST /api/bookings/{booking_id}/cancellation", STAFF),
        row("POST /api/bookings/{booking_id}/move", STAFF, 200, {"start": START}),
        row("POST /api/bookings/{booking_id}/no-show", STAFF, booking_id="begun_id"),
    ],
    "PublicPagesFunction": [
        row("GET /", ANYBODY, 303),
        row("GET /static/{file}", ANYBODY),
        row("GET /sign-in", ANYBODY),
        row("HEAD /sign-in", ANYBODY),
        row("POST /sign-in", ANYBODY, 200, {"email": "hana@people.example"}),
        row("POST /sign-in/finish", ANYBODY, 303, {"token": "{sign_in_token}"}),
        row("POST /sign-out", ANYBODY, 303),
        row("GET /l/{token}", LINKS),
        row("HEAD /l/{token}", LINKS),
        row("GET /l/{token}/times", GUEST),
        row("HEAD /l/{token}/times", GUEST),
        row(
            "POST /availability",
            EXTERNAL,
            303,
            {"token": "{token}", "version": "1", "time_zone": "Asia/Tokyo", "action": "save"},
        ),
        row("GET /book/{slug}", ANYBODY),
        row("HEAD /book/{slug}", ANYBODY),
        row("POST /book/{slug}", ANYBODY, 303, A_GUEST_FORM),
        row("POST /book/{slug}/holds", ANYBODY, 303, {"start": FORM_START}),
        row("POST /booking/move", GUEST, 303, {"token": "{token}", "start": FORM_START}),
        row("POST /booking/cancellation", GUEST, 303, {"token": "{token}"}),
    ],
    "ConsolePagesFunction": [
        row("GET /console", STAFF),
        row("GET /console/bookings", STAFF),
        row("GET /console/bookings.csv", STAFF),
        row("GET /console/bookings/new", STAFF),
        row("POST /console/bookings/new", STAFF, 303, A_GUEST_FORM | {"page": "{slug}"}),
        row("GET /console/bookings/{booking_id}", STAFF),
        row("POST /console/bookings/{booking_id}/approval", STAFF, 303, booking_id="request_id"),
        row("POST /console/bookings/{booking_id}/decline", STAFF, 303, booking_id="request_id"),
        row("POST /console/bookings/{booking_id}/cancellation", STAFF, 303),
        row("POST /console/bookings/{booking_id}/no-show", STAFF, 303, booking_id="begun_id"),
        row("GET /console/bookings/{booking_id}/move", STAFF),
        row("POST /console/bookings/{booking_id}/move", STAFF, 303, {"start": FORM_START}),
        row("GET /console/booking-pages", STAFF),
        row("GET /console/booking-pages/new", STAFF),
        row("POST /console/booking-pages/new", STAFF, 303, SETTINGS_FORM, strange=INVALID),
        row("GET /console/booking-pages/{slug}", STAFF),
        row("POST /console/booking-pages/{slug}", STAFF, 303, SETTINGS_FORM, strange=INVALID),
        row("POST /console/booking-pages/{slug}/copies", STAFF, 303),
        row("POST /console/booking-pages/{slug}/state", STAFF, 303, {"is_on": ""}),
        row("GET /console/booking-pages/{slug}/preview", STAFF),
        row("GET /console/booking-pages/{slug}/explanations", STAFF),
        row("GET /console/working-hours", STAFF),
        row(
            "POST /console/working-hours",
            STAFF,
            303,
            {"version": "0", "time_zone": "Asia/Tokyo", "weekdays.1": "9-12"},
        ),
        row("GET /console/external-members", STAFF),
        row("GET /console/external-members/new", STAFF),
        row(
            "POST /console/external-members/new",
            STAFF,
            303,
            AN_INVITATION | {"duration_minutes": "30"},
            strange=INVALID,
        ),
        row("GET /console/external-members/{external_member_id}", STAFF),
        row("GET /console/external-members/{external_member_id}/availability", STAFF),
        row("GET /console/external-members/{external_member_id}/availability-requests", STAFF),
        row(
            "POST /console/external-members/{external_member_id}/availability-requests", STAFF, 303
        ),
        row("GET /console/external-members/{external_member_id}/deletion", STAFF),
        row("POST /console/external-members/{external_member_id}/deletion", STAFF, 303),
    ],
}

ROWS = list(chain.from_iterable(ROUTES.values()))

HANDS_OUT_A_LINK = {
    "POST /api/booking-pages/{slug}/bookings",
    "POST /api/bookings",
    "POST /book/{slug}",
}
HANDS_OUT_A_SESSION = {"POST /api/sessions", "POST /sign-in/finish"}
PAGES_WITH_A_TOKEN = ("/l/", "/availability", "/booking/")
"""How their paths begin. They tell no other site where somebody comes from, nor search engines."""
