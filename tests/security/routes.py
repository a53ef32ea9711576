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
is one text, such as a CSV file, is sent as it is, and bytes in a form as a file in it. Routes that
hand out a link, or whose pages hold one, are named at the end.
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
A_SIGN_UP = {
    "organization_name": "Kite Lab",
    "name": "Noor Ali",
    "email": "noor@guest.example",
    "time_zone": "Europe/Berlin",
}
TO_THE_TEAM = {
    "emails": "hana@people.example",
    "department_id": "{department_id}",
    "designation_id": "{designation_id}",
    "manager_id": "{member_id}",
}
AN_ERASURE = {
    "email": "noor@guest.example",
    "confirm": "noor@guest.example",
    "bookings": "keep",
}
A_CONNECT_REQUEST = {"member_id": "{member_id}", "platform": "google_meet"}
A_PLATFORM_POLICY = {
    "blocked_platforms": ["zoom"],
    "account_domains": ["meadow.example"],
    "other_accounts": "refused",
}
AN_ACCEPTANCE = {"token": "{invitation_token}", "name": "Hana Sato", "time_zone": "Asia/Tokyo"}
A_FILE = "email,name\nhana@people.example,Hana Sato\n"
EXTERNAL_MEMBERS_FILE = (
    "name,email,person_in_charge\nHana Sato,hana@people.example,nobody@people.example\n"
)
A_CALENDAR = {"address": "https://calendar.example.org/new.ics"}
CALENDARS = {"conflict_calendar_ids": ["main"], "write_calendar_id": "main"}
CALENDARS_FORM = {"conflict_calendar_ids": "main", "write_calendar_id": "main"}
A_REFUSAL = {"state": "{connect_state}", "error": "access_denied"}
MYSELF = {"version": 1, "name": "Noor Ali", "time_zone": "Europe/Berlin", "locale": "ja"}
MYSELF_FORM = MYSELF | {"version": "1"}
PLACED = {
    "version": 1,
    "department_id": "{department_id}",
    "designation_id": "{designation_id}",
    "manager_id": "{admin_id}",
    "role": "admin",
}
A_DEPARTMENT_FORM = {"part": "departments", "name": "Garden"}
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

WORDS_OF_OURS = {"feature", "platform", "platform_on", "provider"}
"""Nobody has a feature or a provider of their own."""


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
        """Where httpx takes it: as a query, a text, files, JSON or a form."""
        if self.only_reads:
            return "params"
        if isinstance(self.body, str):
            return "content"
        if any(isinstance(value, bytes) for value in (self.body or {}).values()):
            return "files"
        return "json" if self.path.startswith("/api/") else "data"

    @property
    def is_open(self) -> bool:
        """Whether knowing the name of a thing is all the right that it takes."""
        return self.who == ANYBODY

    @property
    def names(self) -> list[str]:
        """The things it is about, each of which may be somebody else's."""
        by_link = ["token"] if self.who <= LINKS else []
        names = dict.fromkeys([*by_link, *names_in(self.path), *names_in(self.body)])
        return [name for name in names if name not in WORDS_OF_OURS]

    def __str__(self) -> str:
        who = _NAMES.get(self.who) or " or ".join(sorted(self.who))
        return f"{self.method} {self.path} by {who}"


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
        row("DELETE /api/sessions", STAFF, 204),
        row("POST /api/sign-ups", ANYBODY, 202, A_SIGN_UP),
    ],
    "MembersFunction": [
        row("GET /api/me", STAFF),
        row("PATCH /api/me", STAFF, 200, MYSELF),
        row("GET /api/members", STAFF),
        row("GET /api/members.csv", ADMINS),
        row("POST /api/members/imports", ADMINS, 202, A_FILE),
        row("GET /api/members/imports/{import_id}", ADMINS),
        row("GET /api/members/{member_id}", STAFF),
        row("PATCH /api/members/{member_id}", STAFF, 200, MYSELF),
        row("PATCH /api/members/{member_id}", ADMINS, 200, PLACED, strange=INVALID),
        row("DELETE /api/members/{member_id}", ADMINS, 204),
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
        row("DELETE /api/members/{member_id}/sessions", STAFF, 204),
        row("DELETE /api/members/{member_id}/sessions", ADMINS, 204, member_id="admin_id"),
    ],
    "OrganizationSettingsFunction": [
        row("GET /api/organization", STAFF),
        row("PATCH /api/organization", ADMINS, 200, {"support_contact": "Room 4"}),
    ],
    "InvitationsFunction": [
        row("GET /api/invitations", ADMINS),
        row("POST /api/invitations", ADMINS, 200, TO_THE_TEAM, strange=INVALID),
        row("POST /api/invitations/acceptance", ANYBODY, 204, AN_ACCEPTANCE),
        row("POST /api/invitations/{invitation_id}/resend", ADMINS, 202),
        row("DELETE /api/invitations/{invitation_id}", ADMINS, 204),
    ],
    "DirectoryFunction": [
        row("GET /api/directory", STAFF),
        row("POST /api/directory/departments", ADMINS, 201, {"name": "Garden"}),
        row("PATCH /api/directory/departments/{department_id}", ADMINS, 200, {"name": "Garden"}),
        row("DELETE /api/directory/departments/{department_id}", ADMINS, 204),
        row("POST /api/directory/designations", ADMINS, 201, {"name": "Gardener"}),
        row(
            "PATCH /api/directory/designations/{designation_id}", ADMINS, 200, {"name": "Gardener"}
        ),
        row("DELETE /api/directory/designations/{designation_id}", ADMINS, 204),
    ],
    "ConnectionsFunction": [
        row("GET /api/connections", STAFF),
        row("POST /api/connections/{platform}/start", STAFF),
        row("PUT /api/connections/{platform}", STAFF, platform="platform_on"),
        row("DELETE /api/connections/{platform}", STAFF, 204, platform="platform_on"),
        row("PUT /api/connections/{provider}/calendars", STAFF, 200, CALENDARS),
        row("POST /connections/{platform}/start", STAFF, 303),
        row("GET /connections/{provider}/callback", STAFF, 303, A_REFUSAL, strange=303),
    ],
    "SetupFunction": [
        row("GET /api/organization/setup", STAFF),
        row("GET /api/organization/features", STAFF),
        row("PUT /api/organization/features/{feature}", ADMINS, 200, {"enabled": False}),
    ],
    "SendingFunction": [
        row("GET /api/sending", STAFF),
        row("POST /api/sending/resumption", ADMINS),
    ],
    "ActivityFunction": [
        row("GET /api/activity", ADMINS),
        row("GET /api/activity.csv", ADMINS),
    ],
    "ConnectionMatrixFunction": [
        row("GET /api/organization/connections", ADMINS),
        row("GET /api/organization/connections.csv", ADMINS),
        row("POST /api/organization/connections/requests", ADMINS, 202, A_CONNECT_REQUEST),
        row("DELETE /api/organization/connections/{member_id}/{provider}", ADMINS, 204),
        row("GET /api/organization/integrations", ADMINS),
        row("PUT /api/organization/integrations", ADMINS, 200, A_PLATFORM_POLICY),
    ],
    "PersonalRecordsFunction": [
        row("POST /api/data/exports", ADMINS, 200, {"email": "noor@guest.example"}),
        row("POST /api/data/erasures", ADMINS, 200, AN_ERASURE),
    ],
    "ExternalMembersFunction": [
        row("GET /api/external-members", STAFF),
        row("GET /api/external-members.csv", STAFF),
        row("POST /api/external-members", STAFF, 201, AN_INVITATION, strange=INVALID),
        row("GET /api/external-members/{external_member_id}", STAFF),
        row("POST /api/external-members/imports", STAFF, 200, EXTERNAL_MEMBERS_FILE),
        row(
            "PATCH /api/external-members/{external_member_id}",
            STAFF,
            200,
            AN_INVITATION | {"version": 1},
            strange=INVALID,
        ),
        row("DELETE /api/external-members/{external_member_id}", STAFF, 204),
        row("GET /api/external-members/{external_member_id}/availability", STAFF),
        row("POST /api/external-members/{external_member_id}/availability-requests", STAFF, 202),
        row("POST /api/external-members/{external_member_id}/link", STAFF),
        row("GET /api/external-members/{external_member_id}/deliveries", STAFF),
        row("DELETE /api/external-members/{external_member_id}/suppression", STAFF, 204),
    ],
    "AvailabilityGridFunction": [
        row("GET /api/availability-grid", STAFF),
        row("GET /api/availability-grid.csv", STAFF),
    ],
    "AvailabilityFunction": [
        row("GET /api/availability", EXTERNAL),
        row(
            "PUT /api/availability",
            EXTERNAL,
            200,
            {"version": 1, "time_zone": "Asia/Tokyo", "windows": []},
        ),
        row("POST /api/availability/confirmation", EXTERNAL, 200, {"version": 1}),
        row("PUT /api/availability/calendar", EXTERNAL, 200, A_CALENDAR),
        row("DELETE /api/availability/calendar", EXTERNAL, 204),
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
        row("POST /api/guest/booking/link", GUEST, 202),
    ],
    "BookingsFunction": [
        row("GET /api/bookings", STAFF),
        row("GET /api/bookings.csv", STAFF),
        row("POST /api/bookings", STAFF, 201, A_GUEST | {"booking_page_slug": "{slug}"}),
        row("GET /api/bookings/{booking_id}", STAFF),
        row("GET /api/bookings/{booking_id}/deliveries", STAFF),
        row("POST /api/bookings/{booking_id}/approval", STAFF, booking_id="request_id"),
        row("POST /api/bookings/{booking_id}/decline", STAFF, booking_id="request_id"),
        row("POST /api/bookings/{booking_id}/cancellation", STAFF),
        row("POST /api/bookings/{booking_id}/move", STAFF, 200, {"start": START}),
        row("POST /api/bookings/{booking_id}/no-show", STAFF, booking_id="begun_id"),
    ],
    "NotificationsFunction": [
        # Nobody who comes in a browser: see tests/integration/test_notifications.py.
        row("POST /notifications/google", frozenset()),
    ],
    "PublicPagesFunction": [
        row("GET /", ANYBODY, 303),
        row("GET /static/{file}", ANYBODY),
        row("GET /sign-in", ANYBODY),
        row("HEAD /sign-in", ANYBODY),
        row("POST /sign-in", ANYBODY, 200, {"email": "hana@people.example"}),
        row("POST /sign-in/finish", ANYBODY, 303, {"token": "{sign_in_token}"}),
        row("POST /sign-out", ANYBODY, 303),
        row("GET /sign-in/again", STAFF),
        row("HEAD /sign-in/again", STAFF),
        row("POST /sign-in/again", STAFF, 200, {"next": "/console/team"}),
        row("GET /sign-up", ANYBODY),
        row("HEAD /sign-up", ANYBODY),
        row("POST /sign-up", ANYBODY, 200, A_SIGN_UP),
        row("GET /l/{token}", LINKS),
        row("HEAD /l/{token}", LINKS),
        row("GET /l/{token}", ANYBODY, token="sign_in_token"),
        row("HEAD /l/{token}", ANYBODY, token="sign_in_token"),
        row("GET /l/{token}", ANYBODY, token="sign_up_token"),
        row("HEAD /l/{token}", ANYBODY, token="sign_up_token"),
        row("GET /l/{token}", ANYBODY, token="invitation_token"),
        row("HEAD /l/{token}", ANYBODY, token="invitation_token"),
        row("GET /l/{token}/times", GUEST),
        row("HEAD /l/{token}/times", GUEST),
        row(
            "POST /availability",
            EXTERNAL,
            303,
            {"token": "{token}", "version": "1", "time_zone": "Asia/Tokyo", "action": "save"},
        ),
        row("POST /availability/confirmation", EXTERNAL, 303, {"token": "{token}", "version": "1"}),
        row("POST /availability/opened", EXTERNAL, 204, {"token": "{token}"}),
        row("POST /availability/calendar", EXTERNAL, 303, A_CALENDAR | {"token": "{token}"}),
        row("POST /invitation/accept", ANYBODY, 303, AN_ACCEPTANCE),
        row("GET /unsubscribe/{token}", ANYBODY, token="unsubscribe_token"),
        row("HEAD /unsubscribe/{token}", ANYBODY, token="unsubscribe_token"),
        row("POST /unsubscribe/{token}", ANYBODY, token="unsubscribe_token"),
        row("GET /book/{slug}", ANYBODY),
        row("HEAD /book/{slug}", ANYBODY),
        row("POST /book/{slug}", ANYBODY, 303, A_GUEST_FORM),
        row("POST /book/{slug}/holds", ANYBODY, 303, {"start": FORM_START}),
        row("POST /booking/move", GUEST, 303, {"token": "{token}", "start": FORM_START}),
        row("POST /booking/cancellation", GUEST, 303, {"token": "{token}"}),
        row("POST /booking/link", GUEST, 303, {"token": "{token}"}),
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
        row("GET /console/security", STAFF),
        row("POST /console/security/sessions", STAFF, 303),
        row("GET /console/settings", STAFF),
        row("GET /console/settings/sending", STAFF),
        row("POST /console/settings/sending", ADMINS, 303),
        row(
            "POST /console/settings",
            ADMINS,
            303,
            {"name": "Meadow", "time_zone": "UTC", "locale": "en", "support_contact": "Room 4"},
        ),
        row("GET /console/settings/data", ADMINS),
        row("POST /console/settings/data/export", ADMINS, 200, {"email": "noor@guest.example"}),
        row("POST /console/settings/data/erasure", ADMINS, 303, AN_ERASURE),
        row("GET /console/external-members", STAFF),
        row("GET /console/external-members/new", STAFF),
        row(
            "POST /console/external-members/new",
            STAFF,
            303,
            AN_INVITATION | {"duration_minutes": "30"},
            strange=INVALID,
        ),
        row("GET /console/external-members/grid", STAFF),
        row("GET /console/external-members/import", STAFF),
        row(
            "POST /console/external-members/import",
            STAFF,
            200,
            {"content": EXTERNAL_MEMBERS_FILE, "action": "try"},
        ),
        row("GET /console/external-members/{external_member_id}", STAFF),
        row("GET /console/external-members/{external_member_id}/edit", STAFF),
        row(
            "POST /console/external-members/{external_member_id}/edit",
            STAFF,
            303,
            AN_INVITATION | {"version": "1"},
            strange=INVALID,
        ),
        row("POST /console/external-members/{external_member_id}/availability", STAFF),
        row("GET /console/external-members/{external_member_id}/availability-requests", STAFF),
        row(
            "POST /console/external-members/{external_member_id}/availability-requests", STAFF, 303
        ),
        row("GET /console/external-members/{external_member_id}/deletion", STAFF),
        row("POST /console/external-members/{external_member_id}/deletion", STAFF, 303),
        row("GET /console/activity", ADMINS),
        row("GET /console/activity.csv", ADMINS),
        row("POST /console/external-members/{external_member_id}/link", STAFF),
        row("GET /console/external-members/{external_member_id}/suppression", STAFF),
        row("POST /console/external-members/{external_member_id}/suppression", STAFF, 303),
        row("GET /console/me", STAFF),
        row("POST /console/me", STAFF, 303, MYSELF_FORM),
        row("GET /console/team", STAFF),
        row("GET /console/team.csv", ADMINS),
        row("GET /console/team/import", ADMINS),
        row("POST /console/team/import", ADMINS, 303, {"file": A_FILE.encode()}),
        row("GET /console/team/import/template.csv", ADMINS),
        row("GET /console/team/imports/{import_id}", ADMINS),
        row("POST /console/team/imports/{import_id}", ADMINS, 303),
        row("GET /console/team/{member_id}", STAFF),
        row("POST /console/team/{member_id}", STAFF, 303, MYSELF_FORM),
        row(
            "POST /console/team/{member_id}",
            ADMINS,
            303,
            PLACED | MYSELF_FORM,
            strange=INVALID,
        ),
        row("GET /console/team/{member_id}/removal", ADMINS),
        row("POST /console/team/{member_id}/removal", ADMINS, 303),
        row("GET /console/team/invitations", ADMINS),
        row("GET /console/team/invitations/new", ADMINS),
        row("POST /console/team/invitations/new", ADMINS, 200, TO_THE_TEAM, strange=INVALID),
        row("POST /console/team/invitations/{invitation_id}/resend", ADMINS, 303),
        row("GET /console/team/invitations/{invitation_id}/revocation", ADMINS),
        row("POST /console/team/invitations/{invitation_id}/revocation", ADMINS, 303),
        row("GET /console/settings/directory", STAFF),
        row("POST /console/settings/directory", ADMINS, 303, A_DEPARTMENT_FORM),
        row(
            "POST /console/settings/directory/{listed_id}",
            ADMINS,
            303,
            A_DEPARTMENT_FORM,
            listed_id="department_id",
        ),
        row(
            "POST /console/settings/directory/{listed_id}/removal",
            ADMINS,
            303,
            {"part": "designations"},
            listed_id="designation_id",
        ),
        row("GET /console/integrations", STAFF),
        row("POST /console/integrations/external-members", ADMINS, 303),
        row("GET /console/integrations/{platform}/off", STAFF, platform="platform_on"),
        row("POST /console/integrations/{platform}/off", STAFF, 303, platform="platform_on"),
        row("POST /console/integrations/{provider}/calendars", STAFF, 303, CALENDARS_FORM),
        row("GET /console/integrations/members", ADMINS),
        row("GET /console/integrations/members.csv", ADMINS),
        row(
            "POST /console/integrations/members/requests",
            ADMINS,
            303,
            A_CONNECT_REQUEST,
        ),
        row("GET /console/integrations/members/{member_id}/{provider}/removal", ADMINS),
        row("POST /console/integrations/members/{member_id}/{provider}/removal", ADMINS, 303),
        row("GET /console/integrations/policy", ADMINS),
        row("POST /console/integrations/policy", ADMINS, 303, {"allowed": "zoom"}),
    ],
}

ROWS = list(chain.from_iterable(ROUTES.values()))

HANDS_OUT_A_LINK = {
    "POST /api/booking-pages/{slug}/bookings",
    "POST /api/bookings",
    "POST /book/{slug}",
}
SHOWS_A_LINK = {
    "POST /api/external-members/{external_member_id}/link": "external_token",
    "POST /console/external-members/{external_member_id}/link": "external_token",
}
"""Which of an organization's links its staff may read there."""
HANDS_OUT_A_SESSION = {
    "POST /api/invitations/acceptance",
    "POST /api/sessions",
    "POST /invitation/accept",
    "POST /sign-in/finish",
}
PAGES_WITH_A_TOKEN = ("/l/", "/availability", "/booking/", "/unsubscribe/")
"""How their paths begin. They tell no other site where somebody comes from, nor search engines."""
