"""For each function: everything it does, on real data, so that it needs all of its grants.

An exercise is prepared while every grant is in place, and then run, perhaps with one taken away.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx

from dev.demo import HANAMI_STUDIO
from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.calendar_events import DynamoDbCalendarEvents
from scheduling.adapters.dynamodb.circuits import DynamoDbCircuits
from scheduling.adapters.dynamodb.connections import AT_ONCE, DynamoDbConnections
from scheduling.adapters.dynamodb.grants import DynamoDbGrants
from scheduling.adapters.dynamodb.links import stored_link
from scheduling.adapters.dynamodb.organizations import new_member_puts
from scheduling.adapters.dynamodb.outbox import _message
from scheduling.adapters.dynamodb.sync_turns import DynamoDbSyncTurns, turn_item
from scheduling.adapters.dynamodb.synced_calendars import DynamoDbSyncedCalendars
from scheduling.adapters.dynamodb.table import Table, encoded, to_seconds, transact
from scheduling.adapters.kms.vault import KmsVault
from scheduling.domain.audit import Activity, Actor, ActorKind, Entry
from scheduling.domain.calendar_sync import SyncedCalendar
from scheduling.domain.channels import channel_token
from scheduling.domain.circuits import Circuit
from scheduling.domain.connections import (
    Connection,
    ConnectionKey,
    ConnectionState,
    Platform,
    Provider,
)
from scheduling.domain.grants import Grant
from scheduling.domain.identifiers import new_id
from scheduling.domain.links import LinkKey, token_for
from scheduling.domain.message_tags import tags_of
from scheduling.domain.people import Member, Role
from scheduling.domain.provider_events import event_id_of
from scheduling.domain.reputation import FEWEST_MAILS
from scheduling.domain.sync_turns import SyncRequest, SyncTurn
from tests.support.api_road import Road
from tests.support.builders import an_entry
from tests.support.connecting import a_connection
from tests.support.deployed import Deployed, InvocationFailed, an_address, rows_of, token_in
from tests.support.providers import decide

if TYPE_CHECKING:
    from collections.abc import Callable

    from scheduling.adapters.dynamodb.table import Item
    from scheduling.domain.calendar_events import HostEvent

type Exercise = Callable[[], None]


class NotDone(Exception):
    """A function failed, as it does when it may not what it has to."""


@dataclass
class Team:
    """An organization whose admin is signed in, with a host who has times and one booking.

    The admin works around the clock, and has a page.
    """

    stack: Deployed
    admin_email: str
    road: Road
    host: dict[str, Any]
    host_token: str
    booked: dict[str, Any]
    page_slug: str
    """Of the admin's page, which has enough slots for every run."""

    @property
    def admin(self) -> httpx.Client:
        return self.road.admin

    @property
    def public(self) -> httpx.Client:
        return self.road.public

    @property
    def slug(self) -> str:
        return str(self.host["booking_page"]["slug"])

    def sign_in_token(self) -> str:
        """Return the token of a fresh link that an operator was given."""
        return token_in(self.stack.create_organization(self.admin_email)["sign_in_url"])

    def invitation(self) -> dict[str, str]:
        return {
            "name": "Lena Fischer",
            "email": an_address("lena"),
            "person_in_charge_id": self.host["person_in_charge_id"],
            "duration_minutes": "30",
        }

    def placement(self) -> dict[str, str]:
        """Return what somebody who is invited into the team can be."""
        name = {"name": new_id()}
        department = self.admin.post("/api/directory/departments", json=name).json()
        designation = self.admin.post("/api/directory/designations", json=name).json()
        who = self.admin.get("/api/sessions/current").json()
        return {
            "department_id": department["department_id"],
            "designation_id": designation["designation_id"],
            "manager_id": who["member_id"],
        }

    def invitation_token(self, email: str) -> str:
        """Return the token of the link in a mail, which may be held back."""
        [invited] = [row for row in rows_of(self.stack.scheduling) if row.get("email") == email]
        link = self.stack.access.get(keys.link(invited["link_id"]))
        assert link is not None
        name = self.stack.environment("InvitationsFunction")["LINK_KEY_SECRET"]
        secret = self.stack.aws("secretsmanager").get_secret_value(SecretId=name)
        key = json.loads(secret["SecretString"])
        return token_for(stored_link(link), LinkKey(key["kid"], key["key"].encode()))

    def free_slot(self) -> str:
        return self.road.slots(self.slug)[0]

    def free_slots(self, slug: str) -> list[datetime]:
        """Return slots of two weeks: enough for every run, which may leave its bookings."""
        until = self.road.day + timedelta(weeks=2)
        slots = self.road.slots(slug, to=until.isoformat())
        return [datetime.fromisoformat(start) for start in slots]

    def colleague(self, email: str = "") -> str:
        """Return the id of a new member, who works around the clock."""
        who = self.admin.get("/api/sessions/current").json()
        member = Member(
            new_id(),
            who["organization_id"],
            "Ben Ode",
            email or an_address("ben"),
            Role.MEMBER,
            "UTC",
        )
        table = self.stack.scheduling
        transact(table.client, new_member_puts(table, member))
        work_around_the_clock(self.admin, member.member_id)
        return member.member_id

    def former_colleague(self) -> str:
        """Return the address of somebody who left."""
        address = an_address("ben")
        _ok(self.admin.delete(f"/api/members/{self.colleague(address)}"), HTTPStatus.NO_CONTENT)
        return address

    def times(self) -> tuple[datetime, datetime]:
        """Return start and end of the host's times: enough slots for every run."""
        return self.road.day, self.road.day + timedelta(hours=8)


def work_around_the_clock(admin: httpx.Client, member_id: str) -> None:
    """Save hours for a member who has not said when they work."""
    all_day = [{"start": "00:00", "end": "24:00"}]
    hours = {
        "version": 0,
        "time_zone": "UTC",
        "weekdays": {str(weekday): all_day for weekday in range(1, 8)},
    }
    _ok(admin.put(f"/api/members/{member_id}/working-hours", json=hours))


def _ok(answer: httpx.Response, status: HTTPStatus = HTTPStatus.OK) -> httpx.Response:
    """Return an answer of the status that is right.

    Raises:
        NotDone: It is the function that failed. What else differs is a fault of the exercise.
    """
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise NotDone(answer.text)
    assert answer.status_code == status, answer.text
    return answer


def _sign_in(team: Team) -> Exercise:
    token = team.sign_in_token()

    def run() -> None:
        asked = {"email": an_address("somebody")}
        _ok(team.public.post("/api/sign-in-requests", json=asked), HTTPStatus.ACCEPTED)
        session = _ok(
            team.public.post("/api/sessions", json={"token": token}), HTTPStatus.NO_CONTENT
        )
        mine = {"cookie": session.headers["set-cookie"].partition(";")[0]}
        _ok(team.public.get("/api/sessions/current", headers=mine))
        _ok(team.public.delete("/api/sessions/current", headers=mine), HTTPStatus.NO_CONTENT)

    return run


def _members(team: Team) -> Exercise:
    # Removing somebody takes a fresh proof, and others have taken their time before.
    team.road.sign_in(team.sign_in_token())
    leaving, staying, gone = team.colleague(), team.colleague(), team.colleague()
    hours = f"/api/members/{leaving}/working-hours"
    slug = team.road.make_page({"kind": "member", "host_id": leaving})["slug"]
    _ok(team.road.post_booking(slug, team.free_slots(slug)[0]), HTTPStatus.CREATED)

    def run() -> None:
        _ok(team.admin.get("/api/members"))
        _ok(team.admin.put(hours, json=_ok(team.admin.get(hours)).json()))
        to = {"to_member_id": staying}
        done = _ok(team.admin.post(f"/api/members/{leaving}/hand-over", json=to)).json()
        assert len(done["handed_over"]) == 1
        member = _ok(team.admin.get(f"/api/members/{leaving}")).json()
        edit = {"version": member["version"], "name": "Ben Okoro", "manager_id": staying}
        _ok(team.admin.patch(f"/api/members/{leaving}", json=edit))
        _ok(team.admin.get("/api/members.csv"))
        _ok(team.admin.delete(f"/api/members/{gone}"), HTTPStatus.NO_CONTENT)

    return run


def _connection_matrix(team: Team) -> Exercise:
    member_id = team.colleague()
    organization_id = team.admin.get("/api/sessions/current").json()["organization_id"]
    now = datetime.now(UTC).replace(microsecond=0)
    connection = Connection(
        key=ConnectionKey(organization_id, member_id, Provider.ZOOM),
        connection_id=new_id(),
        platforms=frozenset({Platform.ZOOM}),
        account_id=new_id(),
        account=an_address("ben"),
        scopes=frozenset({"user:read:user"}),
        state=ConnectionState.OK,
        state_since=now,
        connected_at=now,
    )
    connected = Entry(organization_id, now, Actor(ActorKind.PARLEY), Activity.CONNECTED, member_id)
    DynamoDbConnections(team.stack.scheduling).put(connection, connected)
    everything = "/api/organization/connections"
    policy = {"account_domains": [], "other_accounts": "warned_of"}

    def run() -> None:
        _ok(team.admin.get(everything))
        wanted = {"member_id": member_id, "platform": "google_calendar"}
        _ok(team.admin.post(f"{everything}/requests", json=wanted), HTTPStatus.ACCEPTED)
        for blocked in (["zoom"], []):
            saved = _ok(
                team.admin.put(
                    "/api/organization/integrations", json={"blocked_platforms": blocked, **policy}
                )
            ).json()
            assert {each["platform"] for each in saved["still_connected"]} == set(blocked)
        _ok(team.admin.delete(f"{everything}/{member_id}/zoom"), HTTPStatus.NO_CONTENT)

    return run


def _setup(team: Team) -> Exercise:
    feature = "/api/organization/features/external_members"

    def run() -> None:
        _ok(team.admin.get("/api/organization/setup"))
        for is_enabled in (False, True):
            _ok(team.admin.put(feature, json={"enabled": is_enabled}))

    return run


def _directory(team: Team) -> Exercise:
    def run() -> None:
        for part, key in (("departments", "department_id"), ("designations", "designation_id")):
            parts = f"/api/directory/{part}"
            added = _ok(team.admin.post(parts, json={"name": new_id()}), HTTPStatus.CREATED).json()
            address = f"{parts}/{added[key]}"
            _ok(team.admin.patch(address, json={"name": new_id()}))
            _ok(team.admin.get("/api/directory"))
            _ok(team.admin.delete(address), HTTPStatus.NO_CONTENT)

    return run


def _invitations(team: Team) -> Exercise:
    # Inviting an admin takes a fresh proof, and others have taken their time before.
    team.road.sign_in(team.sign_in_token())
    placement = team.placement()
    joining, waiting = an_address("yuki"), an_address("tom")
    # Inviting an admin takes a fresh proof, and others have taken their time before.
    team.road.sign_in(team.sign_in_token())
    admin = {"emails": [joining], "role": "admin", **placement}
    _ok(team.admin.post("/api/invitations", json=admin))
    acceptance = {
        "token": team.invitation_token(joining),
        "name": "Yuki Sato",
        "time_zone": "Asia/Tokyo",
    }

    def run() -> None:
        accepted = team.public.post("/api/invitations/acceptance", json=acceptance)
        _ok(accepted, HTTPStatus.NO_CONTENT)
        invited = {"emails": [waiting, joining], **placement}
        [result, _] = _ok(team.admin.post("/api/invitations", json=invited)).json()["results"]
        _ok(team.admin.get("/api/invitations"))
        address = f"/api/invitations/{result['invitation_id']}"
        _ok(team.admin.post(f"{address}/resend"), HTTPStatus.ACCEPTED)
        _ok(team.admin.delete(address), HTTPStatus.NO_CONTENT)

    return run


def _organization_settings(team: Team) -> Exercise:
    def run() -> None:
        _ok(team.admin.get("/api/organization"))
        # Only what changes something is stored.
        contact = an_address("help")
        _ok(team.admin.patch("/api/organization", json={"support_contact": contact}))

    return run


def _connections(team: Team) -> Exercise:
    # Somebody new: what others have connected needs no sign-in any more.
    link = team.stack.create_organization(an_address("ben"))["sign_in_url"]
    meet = "/api/connections/google_meet"

    def run() -> None:
        with team.stack.client() as admin:
            Road(admin, team.public).sign_in(token_in(link))
            started = _ok(admin.post(f"{meet}/start"))
            back = decide(started.json()["url"], HANAMI_STUDIO.admin_email)
            came = _ok(admin.get(back), HTTPStatus.SEE_OTHER)
            if "news=connected" not in came.headers["location"]:
                raise NotDone(came.headers["location"])
            _ok(admin.get("/api/connections"))
            _ok(admin.delete(meet), HTTPStatus.NO_CONTENT)

    return run


def _external_members(team: Team) -> Exercise:
    host = f"/api/external-members/{team.host['external_member_id']}"

    def run() -> None:
        _ok(team.admin.get("/api/external-members"))
        _ok(team.admin.get("/api/external-members.csv"))
        _ok(team.admin.get(f"{host}/availability"))
        invited = _ok(
            team.admin.post("/api/external-members", json=team.invitation()), HTTPStatus.CREATED
        )
        them = f"/api/external-members/{invited.json()['external_member_id']}"
        edited = {"version": 1, "email": an_address("lena")}
        _ok(team.admin.patch(them, json=edited))
        _ok(team.admin.post(f"{them}/availability-requests"), HTTPStatus.ACCEPTED)
        _ok(team.admin.post(f"{them}/link"))
        _ok(team.admin.delete(them, params={"bookings": "cancel"}), HTTPStatus.NO_CONTENT)

    return run


def _availability_grid(team: Team) -> Exercise:
    def run() -> None:
        asked = {"from": f"{team.road.day:%Y-%m-%d}", "days": 1}
        _ok(team.admin.get("/api/availability-grid", params=asked))

    return run


def _availability(team: Team) -> Exercise:
    mine = {"Authorization": f"Bearer {team.host_token}"}
    never_sent = {"Authorization": "Bearer s1.1.x"}
    start, end = team.times()

    def run() -> None:
        missed = team.public.get("/api/availability", headers=never_sent)
        _ok(missed, HTTPStatus.NOT_FOUND)
        version = _ok(team.public.get("/api/availability", headers=mine)).json()["version"]
        times = {
            "version": version,
            "time_zone": "Asia/Tokyo",
            "windows": [{"start": start.isoformat(), "end": end.isoformat()}],
        }
        _ok(team.public.put("/api/availability", headers=mine, json=times))
        _link_calendar(team)
        _ok(team.public.delete("/api/availability/calendar", headers=mine), HTTPStatus.NO_CONTENT)

    return run


def _booking_pages(team: Team) -> Exercise:
    def run() -> None:
        _ok(team.admin.get("/api/booking-pages"))
        page = _ok(team.road.post_page(), HTTPStatus.CREATED).json()
        address = f"/api/booking-pages/{page['slug']}"
        _ok(team.admin.put(f"{address}/settings", json=page))
        _ok(team.admin.get(f"{address}/explanations", params={"date": f"{team.road.day:%Y-%m-%d}"}))

    return run


def _slots(team: Team) -> Exercise:
    def run() -> None:
        _ok(team.public.get(f"/api/booking-pages/{team.slug}"))
        _ok(team.public.get(f"/api/booking-pages/{team.slug}/slots"))

    return run


def _booking(team: Team) -> Exercise:
    slug, key, guest = team.page_slug, new_id(), an_address("mia")
    aged = _aged_calendar(team)
    start, other, *_ = team.free_slots(slug)

    def run() -> None:
        held = _ok(team.road.post_hold(slug, start), HTTPStatus.CREATED).json()
        _ok(team.public.delete(f"/api/holds/{held['hold_id']}"), HTTPStatus.NO_CONTENT)
        for _ in range(2):
            booked = _ok(
                team.road.post_booking(slug, start, key=key, email=guest), HTTPStatus.CREATED
            )
        taken = team.road.post_booking(slug, start, key=new_id())
        _ok(taken, HTTPStatus.CONFLICT)
        mine = Road.as_guest(booked.json())
        _ok(team.public.get("/api/guest/booking", headers=mine))
        _ok(team.public.get("/api/guest/booking/slots", headers=mine))
        aged()
        _ok(team.road.move(booked.json(), other))
        _ok(team.public.post("/api/guest/booking/link", headers=mine), HTTPStatus.ACCEPTED)
        _ok(team.public.post("/api/guest/booking/cancellation", headers=mine, json={}))

    return run


def _bookings(team: Team) -> Exercise:
    slug = team.page_slug
    aged, busy = _aged_calendar(team), _busy_elsewhere(team)
    start, other, *_ = team.free_slots(slug)
    guest = {
        "booking_page_slug": slug,
        "start": start.isoformat(),
        "name": "Mia Weber",
        "email": an_address("mia"),
    }

    def run() -> None:
        _ok(team.admin.get("/api/bookings"))
        _ok(team.admin.get(f"/api/bookings/{team.booked['booking_id']}"))
        booked = _ok(team.admin.post("/api/bookings", json=guest), HTTPStatus.CREATED).json()
        _ok(team.admin.post("/api/bookings", json=guest), HTTPStatus.CONFLICT)
        address = f"/api/bookings/{booked['booking_id']}"
        aged()
        _refused(team.admin.post(f"{address}/move", json={"start": busy.isoformat()}))
        _ok(team.admin.post(f"{address}/move", json={"start": other.isoformat()}))
        _ok(team.admin.post(f"{address}/cancellation"))

    return run


def _sending(team: Team) -> Exercise:
    def run() -> None:
        _ok(team.admin.get("/api/sending"))
        _ok(team.admin.post("/api/sending/resumption"))

    return run


def _activity(team: Team) -> Exercise:
    def run() -> None:
        _ok(team.admin.get("/api/activity"))
        _ok(team.admin.get("/api/activity.csv"))

    return run


def _personal_records(team: Team) -> Exercise:
    # Erasing somebody takes a fresh proof, and others have taken their time before.
    team.road.sign_in(team.sign_in_token())
    address = _somebody_known(team)
    left = team.former_colleague()

    def run() -> None:
        _ok(team.admin.post("/api/data/exports", json={"email": address}))
        for email in (address, left):
            erasure = {"email": email, "confirm": email, "bookings": "cancel"}
            _ok(team.admin.post("/api/data/erasures", json=erasure))

    return run


def _somebody_known(team: Team) -> str:
    """Return the address of an external member, who has booked and who asked to sign in."""
    address = an_address("quill")
    _ok(
        team.admin.post("/api/external-members", json=team.invitation() | {"email": address}),
        HTTPStatus.CREATED,
    )
    start = team.free_slots(team.page_slug)[0]
    _ok(team.road.post_booking(team.page_slug, start, email=address), HTTPStatus.CREATED)
    asked = {"email": address}
    _ok(team.public.post("/api/sign-in-requests", json=asked), HTTPStatus.ACCEPTED)
    return address


def _public_pages(team: Team) -> Exercise:
    aged = _aged_calendar(team)
    sign_in_token, start, form_id = team.sign_in_token(), team.free_slot(), new_id()
    first, last = (moment + timedelta(hours=9) for moment in team.times())
    of_member, later, *_ = team.free_slots(team.page_slug)

    def run() -> None:
        _ok(team.public.post("/sign-in", data={"email": an_address("somebody")}))
        session = _ok(
            team.public.post("/sign-in/finish", data={"token": sign_in_token}),
            HTTPStatus.SEE_OTHER,
        )
        mine = {"cookie": session.headers["set-cookie"].partition(";")[0]}
        _ok(team.public.post("/sign-out", headers=mine), HTTPStatus.SEE_OTHER)
        version = _ok(team.public.get(f"/l/{team.host_token}")).text.partition('name="version"')[2]
        times = {
            "token": team.host_token,
            "version": version.partition('value="')[2].partition('"')[0],
            "time_zone": "Asia/Tokyo",
            "date": f"{first:%Y-%m-%d}",
            "start": f"{first:%H:%M}",
            "end": f"{last:%H:%M}",
        }
        _ok(team.public.post("/availability", data=times), HTTPStatus.SEE_OTHER)
        calendar = {"token": team.host_token, "address": "webcal://calendar.invalid/"}
        for action in ("link", "remove"):
            done = team.public.post("/availability/calendar", data=calendar | {"action": action})
            _ok(done, HTTPStatus.SEE_OTHER)
        guest = {
            "start": start,
            "name": "Mia Weber",
            "email": an_address("mia"),
            "time_zone": "Europe/Berlin",
            "form_id": form_id,
        }
        _ok(team.public.get(f"/book/{team.slug}"))
        booked = _ok(team.public.post(f"/book/{team.slug}", data=guest), HTTPStatus.SEE_OTHER)
        token = token_in(booked.headers["location"])
        _ok(team.public.post("/booking/cancellation", data={"token": token}), HTTPStatus.SEE_OTHER)
        theirs = team.road.post_booking(team.page_slug, of_member, email=an_address("mia"))
        mine = {"token": token_in(_ok(theirs, HTTPStatus.CREATED).json()["manage_url"])}
        aged()
        moved = team.public.post("/booking/move", data=mine | {"start": later.isoformat()})
        _ok(moved, HTTPStatus.SEE_OTHER)
        _ok(team.public.post("/booking/cancellation", data=mine), HTTPStatus.SEE_OTHER)

    return run


def _console_pages(team: Team) -> Exercise:
    # Exporting somebody takes a fresh proof, and others have taken their time before.
    team.road.sign_in(team.sign_in_token())
    aged, busy = _aged_calendar(team), _busy_elsewhere(team)
    known, left = _somebody_known(team), team.former_colleague()
    invited_members = {"emails": an_address("yuki"), **team.placement()}
    host = f"/console/external-members/{team.host['external_member_id']}"
    start, other, *_ = team.free_slots(team.page_slug)
    guest = {
        "form_id": new_id(),
        "page": team.page_slug,
        "duration_minutes": "30",
        "start": start.isoformat(),
        "name": "Mia Weber",
        "email": an_address("mia"),
        "time_zone": "Europe/Berlin",
    }

    def run() -> None:
        for page in ("", "/external-members", "/bookings", "/booking-pages"):
            _ok(team.admin.get(f"/console{page}"))
        _ok(team.admin.post(f"{host}/availability"))
        invited = _ok(
            team.admin.post("/console/external-members/new", data=team.invitation()),
            HTTPStatus.SEE_OTHER,
        )
        them = invited.headers["location"].partition("?")[0]
        _ok(team.admin.post(f"{them}/availability-requests"), HTTPStatus.SEE_OTHER)
        _ok(team.admin.post(f"{them}/link"))
        _ok(team.admin.post(f"{them}/suppression"), HTTPStatus.SEE_OTHER)
        _ok(team.admin.post(f"{them}/deletion"), HTTPStatus.SEE_OTHER)
        _ok(team.admin.post("/console/settings/sending"), HTTPStatus.SEE_OTHER)
        _ok(team.admin.post("/console/team/invitations/new", data=invited_members))
        _ok(team.admin.post("/console/settings/data/export", data={"email": known}))
        erasure = {"email": left, "confirm": left}
        _ok(team.admin.post("/console/settings/data/erasure", data=erasure), HTTPStatus.SEE_OTHER)
        booked = _ok(team.admin.post("/console/bookings/new", data=guest), HTTPStatus.SEE_OTHER)
        booking = booked.headers["location"].partition("?")[0]
        aged()
        _refused(team.admin.post(f"{booking}/move", data={"start": busy.isoformat()}))
        moved = team.admin.post(f"{booking}/move", data={"start": other.isoformat()})
        _ok(moved, HTTPStatus.SEE_OTHER)
        _ok(team.admin.post(f"{booking}/cancellation"), HTTPStatus.SEE_OTHER)

    return run


def _send_mails(team: Team) -> Exercise:
    rows = _queued_mails(team)
    records = [_inserted(row) for row in rows]
    return lambda: _send(team.stack, "SendMailsFunction", {"Records": records}, rows)


def _retry_mails(team: Team) -> Exercise:
    # A run takes so many at once, and others have queued mails before.
    team.stack.forget_queued_mails()
    rows = _queued_mails(team)

    def run() -> None:
        for row in rows:
            make_due(team.stack, row)
        _send(team.stack, "RetryMailsFunction", {}, rows)

    return run


def _mail_feedback(team: Team) -> Exercise:
    invited = _ok(
        team.admin.post("/api/external-members", json=team.invitation()), HTTPStatus.CREATED
    ).json()
    [row] = [
        row
        for row in rows_of(team.stack.scheduling)
        if row.get("subject_id") == invited["external_member_id"]
        and row.get("kind") == "availability_request"
    ]
    bounced = {
        "eventType": "Bounce",
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": invited["email"]}],
            "timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}",
        },
        "mail": {
            "tags": {
                name: [value] for name, value in tags_of(_message(row), invited["email"]).items()
            }
        },
    }

    def run() -> None:
        _bring_near_a_pause(team, row["organization_id"])
        try:
            team.stack.invoke(
                "MailFeedbackFunction", {"Records": [{"Sns": {"Message": json.dumps(bounced)}}]}
            )
        except InvocationFailed as failure:
            raise NotDone from failure
        _ok(team.admin.post("/api/sending/resumption"))

    return run


def _bring_near_a_pause(team: Team, organization_id: str) -> None:
    """Let as many of today's mails have come back that one more stops the organization."""
    table = team.stack.scheduling
    table.client.update_item(
        TableName=table.name,
        Key=encoded(keys.sending_day(organization_id, datetime.now(UTC).date())),
        UpdateExpression="ADD sent :many, bounced :many",
        ExpressionAttributeValues=encoded({":many": FEWEST_MAILS}),
    )


def _import_members(team: Team) -> Exercise:
    colleague = team.admin.get(f"/api/members/{team.colleague()}").json()
    name = {"name": new_id()}
    for part in ("departments", "designations"):
        _ok(team.admin.post(f"/api/directory/{part}", json=name), HTTPStatus.CREATED)

    def run() -> None:
        rows = [
            {"email": colleague["email"], "name": f"Ben {new_id()}"},
            {
                "email": an_address("ana"),
                "department": name["name"],
                "designation": name["name"],
                "manager": team.admin_email,
            },
        ]
        started = _ok(
            team.admin.post("/api/members/imports", json={"rows": rows}), HTTPStatus.ACCEPTED
        ).json()
        with suppress(InvocationFailed):
            team.stack.invoke("ImportMembersFunction", {})
        address = f"/api/members/imports/{started['import_id']}"
        ended = _ok(team.admin.get(address)).json()
        if (ended["counts"]["updated"], ended["counts"]["created"]) != (1, 1):
            raise NotDone(ended)

    return run


def _write_calendar_events(team: Team) -> Exercise:
    organization_id = team.admin.get("/api/sessions/current").json()["organization_id"]
    connected = _ok(team.admin.get("/api/connections")).json()["connections"]
    if not any(each["provider"] == "zoom" for each in connected):
        started = _ok(team.admin.post("/api/connections/zoom/start"))
        back = decide(started.json()["url"], HANAMI_STUDIO.admin_email)
        _ok(team.admin.get(back), HTTPStatus.SEE_OTHER)
    slug = team.road.make_page(online_meeting="zoom")["slug"]
    member_id = team.admin.get("/api/sessions/current").json()["member_id"]
    whose = ConnectionKey(organization_id, member_id, Provider.ZOOM)
    table, circuits = team.stack.scheduling, DynamoDbCircuits(team.stack.scheduling)
    name = team.stack.environment("ConnectionsFunction")["CONNECTIONS_TABLE"]

    def run() -> None:
        [start, *_] = team.free_slots(slug)
        booked = _ok(
            team.road.post_booking(slug, start, email=an_address("mia")), HTTPStatus.CREATED
        ).json()
        # Tokens are replaced, and a provider that failed before answers again.
        table.client.update_item(
            TableName=name,
            Key=encoded(keys.grant(whose)),
            UpdateExpression="SET access_expires_at = :past REMOVE leased_until",
            ExpressionAttributeValues=encoded({":past": 0}),
        )
        circuits.close(organization_id, Provider.ZOOM)
        circuits.change(organization_id, Provider.ZOOM, Circuit(failures=1, version=1))
        try:
            team.stack.invoke("WriteCalendarEventsFunction", {})
        except InvocationFailed as failure:
            raise NotDone from failure
        seen = _ok(team.admin.get(f"/api/bookings/{booked['booking_id']}")).json()
        is_closed = circuits.get(organization_id, Provider.ZOOM).is_closed
        if not seen["join_url"] or not is_closed:
            raise NotDone(table.get(keys.calendar_events(organization_id, booked["booking_id"])))

    return run


def _end_overdue(team: Team) -> Exercise:
    slug = team.road.make_page(needs_approval=True)["slug"]
    start, other, *_ = team.free_slots(slug)
    asked = team.road.post_booking(slug, start, email=an_address("mia"))
    request = _ok(asked, HTTPStatus.CREATED).json()
    hold_id = team.road.hold(slug, other)
    booking_id = request["booking_id"]
    organization_id = team.admin.get("/api/sessions/current").json()["organization_id"]
    of_hold, of_booking = keys.hold(hold_id), keys.booking(organization_id, booking_id)
    of_expiry = keys.booking_expiry(organization_id, booking_id)
    table = team.stack.scheduling

    def run() -> None:
        for key, what in ((of_hold, hold_id), (of_expiry, booking_id), (of_booking, None)):
            _make_overdue(team.stack, key, what)
        with suppress(InvocationFailed):
            team.stack.invoke("EndOverdueFunction", {})
        booking = table.get(of_booking)
        if table.get(of_hold) is not None or booking is None or booking["state"] != "expired":
            raise NotDone(booking)

    return run


def _fetch_calendars(team: Team) -> Exercise:
    organization_id = team.admin.get("/api/sessions/current").json()["organization_id"]
    key = keys.calendar_feed(organization_id, team.host["external_member_id"])

    def run() -> None:
        with team.stack.unscheduled("FetchCalendarsFunction"):
            _link_calendar(team)
            with suppress(InvocationFailed):
                team.stack.invoke("FetchCalendarsFunction", {})
        calendar = team.stack.scheduling.get(key)
        if calendar is None or calendar["checked_at"] is None:
            raise NotDone(calendar)

    return run


def _notifications(team: Team) -> Exercise:
    whose = _google_account(team)
    name = team.stack.environment("NotificationsFunction")["CHANNEL_SECRET"]
    stored = team.stack.aws("secretsmanager").get_secret_value(SecretId=name)
    secret = stored["SecretString"].encode()

    def run() -> None:
        channel_id = new_id()
        headers = {
            "X-Goog-Channel-ID": channel_id,
            "X-Goog-Channel-Token": channel_token(secret, whose, channel_id),
            "X-Goog-Resource-ID": "resource",
            "X-Goog-Resource-State": "exists",
            "X-Goog-Message-Number": "2",
        }
        rung = team.public.post("/notifications/google", headers=headers)
        _ok(rung, HTTPStatus.ACCEPTED)

    return run


def _dispatch_syncs(team: Team) -> Exercise:
    whose = replace(_google_account(team), member_id=new_id())

    def run() -> None:
        _come_due(team.stack, whose)
        try:
            asked = team.stack.invoke("DispatchSyncsFunction", {})
        except InvocationFailed as failure:
            raise NotDone from failure
        if not asked["requested"]:
            raise NotDone(asked)

    return run


def _sync_calendars(team: Team) -> Exercise:
    """Move a meeting by its event, with tokens to replace; and see a connection to its end."""
    whose, stack = _google_account(team), team.stack
    organization_id = whose.organization_id
    _connect_google(team)
    table = stack.scheduling
    connections, circuits = DynamoDbConnections(table), DynamoDbCircuits(table)
    events, grants = DynamoDbCalendarEvents(table), _grants(stack)

    def run() -> None:
        start, other, *_ = team.free_slots(team.page_slug)
        booked = _ok(
            team.road.post_booking(team.page_slug, start, email=an_address("mia")),
            HTTPStatus.CREATED,
        ).json()
        stack.invoke("WriteCalendarEventsFunction", {})
        written = events.known(organization_id, booked["booking_id"]).of_host(whose.member_id)
        grant = grants.get(whose)
        if written is None or written.time is None or grant is None:
            raise NotDone(written)
        _look(stack, whose)
        _move_event(stack, grant.access_token, written, other)
        grants.put(replace(grant, access_expires_at=datetime.now(UTC)))
        circuits.close(organization_id, Provider.GOOGLE)
        circuits.change(organization_id, Provider.GOOGLE, Circuit(failures=1, version=1))
        ended = _ended_connection(stack.scheduling, grants, whose)
        _look(stack, whose)
        _look(stack, ended)
        seen = _ok(team.admin.get(f"/api/bookings/{booked['booking_id']}")).json()
        is_closed = circuits.get(organization_id, Provider.GOOGLE).is_closed
        is_forgotten = connections.get(ended) is None and grants.get(ended) is None
        if datetime.fromisoformat(seen["start"]) != other or not (is_closed and is_forgotten):
            raise NotDone(seen, is_closed, is_forgotten)

    return run


def _probe_free_busy(team: Team) -> Exercise:
    """Look into a calendar with tokens to replace, after the provider has failed once.

    The provider has answered long ago, and after that somebody finds the connection broken.
    """
    whose, stack = _google_account(team), team.stack
    _connect_google(team)
    circuits, grants = DynamoDbCircuits(stack.scheduling), _grants(stack)
    connections = DynamoDbConnections(stack.scheduling)

    def run() -> None:
        grant, connection = grants.get(whose), connections.get(whose)
        if grant is None or connection is None:
            raise NotDone(whose)
        grants.put(replace(grant, access_expires_at=datetime.now(UTC)))
        connections.verified(connection, at=datetime.now(UTC) - timedelta(hours=1))
        circuits.close(whose.organization_id, Provider.GOOGLE)
        circuits.change(whose.organization_id, Provider.GOOGLE, Circuit(failures=1, version=1))
        seen = _probe(stack, whose)
        if whose.member_id not in seen or not circuits.get(*_of(whose)).is_closed:
            raise NotDone(seen)
        _probe_what_is_broken(stack, whose)

    return run


def _probe_what_is_broken(stack: Deployed, like: ConnectionKey) -> None:
    """Look into the calendar of a new member whose connection has lost its grant."""
    connections = DynamoDbConnections(stack.scheduling)
    connection = a_connection(key=replace(like, member_id=new_id()), account_id=new_id())
    connections.put(connection, an_entry(organization_id=like.organization_id))
    _probe(stack, connection.key)
    broken = connections.get(connection.key)
    if broken is None or not broken.state.needs_human:
        raise NotDone(connection.key)
    connections.change(broken.ended(datetime.now(UTC)), None)


def _of(whose: ConnectionKey) -> tuple[str, Provider]:
    return whose.organization_id, whose.provider


def _probe(stack: Deployed, whose: ConnectionKey) -> dict[str, Any]:
    asked = {
        "organization_id": whose.organization_id,
        "member_ids": [whose.member_id],
        "start": int(time.time()),
        "end": int(time.time()) + 3600,
    }
    try:
        busy: dict[str, Any] = stack.invoke("ProbeFreeBusyFunction", asked)["busy"]
    except InvocationFailed as failure:
        raise NotDone(failure) from failure
    return busy


def _aged_calendar(team: Team) -> Callable[[], None]:
    """Return what makes the admin's connected calendar one that was read long ago, and is trusted.

    A guest's meeting moves only if somebody looks into it.
    """
    whose, table = _google_account(team), team.stack.scheduling
    _connect_google(team)
    # The first look takes long: a function has to wake up.
    _probe(team.stack, whose)

    def age() -> None:
        trusted_until = datetime.now(UTC) + timedelta(days=1)
        aged = table.update(
            keys.connected_busy(whose),
            "SET read_at = :long_ago, trusted_until = :tomorrow",
            condition="attribute_exists(PK)",
            values={":long_ago": 0, ":tomorrow": to_seconds(trusted_until)},
        )
        assert aged

    return age


def _refused(moved: httpx.Response) -> None:
    """Raises NotDone where a meeting was moved to `_busy_elsewhere`."""
    if moved.status_code != HTTPStatus.CONFLICT:
        raise NotDone(moved.text)


def _busy_elsewhere(team: Team) -> datetime:
    """Return the last free slot, at which the admin's connected calendar has an event from now on.

    Staff move a meeting there unless somebody looks into it.
    """
    start = team.free_slots(team.page_slug)[-1]
    grant = _grants(team.stack).get(_google_account(team))
    if grant is None:
        raise NotDone(start)
    added = httpx.post(
        f"{team.stack.facts.google_url}/calendar/v3/calendars/primary/events",
        headers={"Authorization": f"Bearer {grant.access_token}"},
        json={
            "start": {"dateTime": start.isoformat()},
            "end": {"dateTime": (start + timedelta(minutes=30)).isoformat()},
        },
    )
    _ok(added)
    return start


def _connect_google(team: Team) -> None:
    """Connect the admin's Google Calendar, unless it is, and have it read as it is now."""
    connected = _ok(team.admin.get("/api/connections")).json()["connections"]
    if not any("google_calendar" in each["platforms"] for each in connected):
        started = _ok(team.admin.post("/api/connections/google_calendar/start"))
        back = decide(started.json()["url"], HANAMI_STUDIO.admin_email)
        _ok(team.admin.get(back), HTTPStatus.SEE_OTHER)
    _look(team.stack, _google_account(team))


def _google_account(team: Team) -> ConnectionKey:
    session = team.admin.get("/api/sessions/current").json()
    return ConnectionKey(session["organization_id"], session["member_id"], Provider.GOOGLE)


def _grants(stack: Deployed) -> DynamoDbGrants:
    names = stack.environment("ConnectionsFunction")
    table = Table(stack.scheduling.client, names["CONNECTIONS_TABLE"])
    return DynamoDbGrants(table, KmsVault(stack.aws("kms"), names["GRANT_KEY"]))


def _come_due(stack: Deployed, whose: ConnectionKey) -> SyncTurn:
    """Have the turn of a connection come now, whoever was at it."""
    before = DynamoDbSyncTurns(stack.scheduling).get(whose)
    connection_id = new_id() if before is None else before.connection_id
    turn = SyncTurn(whose, connection_id, datetime.now(UTC).replace(microsecond=0))
    transact(stack.scheduling.client, [stack.scheduling.to_put(turn_item(turn))])
    return turn


def _look(stack: Deployed, whose: ConnectionKey) -> None:
    """Have SyncCalendars look at a connection, as its queue would."""
    turn = _come_due(stack, whose)
    request = SyncRequest(whose, due_at=int(turn.due_at.timestamp()))
    record = {"messageId": new_id(), "body": request.written(), "eventSource": "aws:sqs"}
    with suppress(InvocationFailed):
        stack.invoke("SyncCalendarsFunction", {"Records": [record]})


def _move_event(stack: Deployed, token: str, written: HostEvent, start: datetime) -> None:
    """Move an event in the stand-in of Google, as its owner does."""
    event_id = event_id_of(written.booking_id, written.host_id, written.generation)
    times = (start, start + timedelta(minutes=30))
    moved = httpx.patch(
        f"{stack.facts.google_url}/calendar/v3/calendars/primary/events/{event_id}",
        headers={"Authorization": f"Bearer {token}"},
        json={
            name: {"dateTime": moment.isoformat()}
            for name, moment in zip(("start", "end"), times, strict=True)
        },
    )
    _ok(moved)


def _ended_connection(table: Table, grants: DynamoDbGrants, like: ConnectionKey) -> ConnectionKey:
    """Store a connection that somebody has switched off, with its grant.

    Of its calendars were read more than a transaction can forget.
    """
    connections, synced_calendars = DynamoDbConnections(table), DynamoDbSyncedCalendars(table)
    connection = a_connection(key=replace(like, member_id=new_id()), account_id=new_id())
    connections.put(connection, an_entry(organization_id=like.organization_id))
    grants.put(
        Grant(
            connection.key,
            connection.connection_id,
            refresh_token="1//unknown",
            access_token="ya29.unknown",
            access_expires_at=datetime.now(UTC) + timedelta(hours=1),
        )
    )
    for number in range(AT_ONCE + 1):
        calendar = SyncedCalendar(connection.connection_id, f"calendar {number}")
        synced_calendars.save(connection.key, calendar)
    ended = connection.ended(datetime.now(UTC))
    connections.change(ended, an_entry(organization_id=like.organization_id))
    return connection.key


def _create_organization(team: Team) -> Exercise:
    def run() -> None:
        try:
            for address in [an_address("founder"), team.admin_email]:
                team.stack.create_organization(address)
        except InvocationFailed as failure:
            raise NotDone from failure

    return run


def _revoke_grants(team: Team) -> Exercise:
    organization_id = team.admin.get("/api/sessions/current").json()["organization_id"]
    connections = DynamoDbConnections(team.stack.scheduling)

    def run() -> None:
        # A new member each time: what has ended stays until the provider was told.
        key = ConnectionKey(organization_id, new_id(), Provider.ZOOM)
        connections.put(
            a_connection(Provider.ZOOM, key=key), an_entry(organization_id=organization_id)
        )
        try:
            team.stack.invoke("RevokeGrantsFunction", {"provider": "zoom"})
        except InvocationFailed as failure:
            raise NotDone from failure
        stored = connections.get(key)
        if stored is not None and stored.is_on:
            raise NotDone(stored)

    return run


EXERCISES: dict[str, Callable[[Team], Exercise]] = {
    "SignInFunction": _sign_in,
    "MembersFunction": _members,
    "OrganizationSettingsFunction": _organization_settings,
    "ConnectionsFunction": _connections,
    "ConnectionMatrixFunction": _connection_matrix,
    "SetupFunction": _setup,
    "DirectoryFunction": _directory,
    "InvitationsFunction": _invitations,
    "ExternalMembersFunction": _external_members,
    "AvailabilityGridFunction": _availability_grid,
    "AvailabilityFunction": _availability,
    "BookingPagesFunction": _booking_pages,
    "SlotsFunction": _slots,
    "BookingFunction": _booking,
    "BookingsFunction": _bookings,
    "SendingFunction": _sending,
    "ActivityFunction": _activity,
    "PersonalRecordsFunction": _personal_records,
    "PublicPagesFunction": _public_pages,
    "ConsolePagesFunction": _console_pages,
    "SendMailsFunction": _send_mails,
    "RetryMailsFunction": _retry_mails,
    "MailFeedbackFunction": _mail_feedback,
    "ImportMembersFunction": _import_members,
    "WriteCalendarEventsFunction": _write_calendar_events,
    "EndOverdueFunction": _end_overdue,
    "FetchCalendarsFunction": _fetch_calendars,
    "NotificationsFunction": _notifications,
    "DispatchSyncsFunction": _dispatch_syncs,
    "SyncCalendarsFunction": _sync_calendars,
    "ProbeFreeBusyFunction": _probe_free_busy,
    "CreateOrganizationFunction": _create_organization,
    "RevokeGrantsFunction": _revoke_grants,
}


def _link_calendar(team: Team) -> None:
    """Link another calendar of the host, under a name that leads nowhere (RFC 6761)."""
    mine = {"Authorization": f"Bearer {team.host_token}"}
    address = {"address": f"https://calendar.invalid/{new_id()}.ics"}
    _ok(team.public.put("/api/availability/calendar", headers=mine, json=address))


def _queued_mails(team: Team) -> list[Item]:
    """Queue mails that together take every kind of reading, and return their rows.

    One has a sign-in link, the other tells a host that a booking was cancelled.
    """
    address = an_address("aiko")
    team.stack.create_organization(address)
    asked = {"email": address}
    _ok(team.public.post("/api/sign-in-requests", json=asked), HTTPStatus.ACCEPTED)
    links = {
        row["link_id"] for row in rows_of(team.stack.access) if row.get("subject_id") == address
    }
    start = team.free_slots(team.page_slug)[0]
    answer = team.road.post_booking(team.page_slug, start, email=an_address("mia"))
    booked = _ok(answer, HTTPStatus.CREATED).json()
    team.road.cancel(booked)
    messages = rows_of(team.stack.scheduling)
    [sign_in] = [row for row in messages if row.get("subject_id") in links]
    [news] = [
        row
        for row in messages
        if row.get("subject_id") == booked["booking_id"]
        and (row.get("kind"), row.get("recipient")) == ("booking_cancelled", "host")
    ]
    return [sign_in, news]


def _inserted(row: Item) -> dict[str, Any]:
    """Return what the stream carries when a row was inserted."""
    image = encoded(row)
    return {
        "eventID": row["SK"],
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "Keys": {"PK": image["PK"], "SK": image["SK"]},
            "NewImage": image,
            "SequenceNumber": f"{row['PK']} {row['SK']}",
        },
    }


def make_due(stack: Deployed, row: Item) -> None:
    """Let the pause of a message be over."""
    table = stack.scheduling
    table.client.update_item(
        TableName=table.name,
        Key=encoded({"PK": row["PK"], "SK": row["SK"]}),
        UpdateExpression="SET next_attempt_at = :past, GSI1SK = :first",
        ConditionExpression="attribute_exists(GSI1PK)",
        ExpressionAttributeValues=encoded({":past": 1, ":first": f"0#{row['SK']}"}),
    )


def _make_overdue(stack: Deployed, key: keys.Key, owner_id: str | None) -> None:
    """Let the time of a hold or a request be up; `owner_id` where the item stands in the queue."""
    place = ", GSI1SK = :first" if owner_id else ""
    values = {":past": 1} | ({":first": f"0000000001#{owner_id}"} if owner_id else {})
    stack.scheduling.client.update_item(
        TableName=stack.scheduling.name,
        Key=encoded(key),
        UpdateExpression=f"SET expires_at = :past{place}",
        ConditionExpression="attribute_exists(PK)",
        ExpressionAttributeValues=encoded(values),
    )


def _send(stack: Deployed, function: str, event: dict[str, Any], rows: list[Item]) -> None:
    with suppress(InvocationFailed):
        stack.invoke(function, event)
    for row in rows:
        after = stack.scheduling.get({"PK": row["PK"], "SK": row["SK"]})
        if after is None or after["state"] != "sent":
            raise NotDone(after)
