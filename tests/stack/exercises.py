"""For each function: everything it does, on real data, so that it needs all of its grants.

An exercise is prepared while every grant is in place, and then run, perhaps with one taken away.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from scheduling.adapters.dynamodb.table import encoded
from scheduling.domain.identifiers import new_id
from tests.support.api_road import Road
from tests.support.deployed import Deployed, InvocationFailed, an_address, rows_of, token_in

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from scheduling.adapters.dynamodb.table import Item

type Exercise = Callable[[], None]


class NotDone(Exception):
    """A function failed, as it does when it may not what it has to."""


@dataclass
class Team:
    """An organization whose admin is signed in, with a host who has times and one booking."""

    stack: Deployed
    admin_email: str
    road: Road
    host: dict[str, Any]
    host_token: str
    booked: dict[str, Any]

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

    def free_slot(self) -> str:
        return self.road.slots(self.slug)[0]

    def times(self) -> tuple[datetime, datetime]:
        """Return start and end of the host's times: enough slots for every run."""
        return self.road.day, self.road.day + timedelta(hours=8)


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
    def run() -> None:
        _ok(team.admin.get("/api/members"))

    return run


def _external_members(team: Team) -> Exercise:
    host = f"/api/external-members/{team.host['external_member_id']}"

    def run() -> None:
        _ok(team.admin.get("/api/external-members"))
        _ok(team.admin.get(f"{host}/availability"))
        invited = _ok(
            team.admin.post("/api/external-members", json=team.invitation()), HTTPStatus.CREATED
        )
        them = f"/api/external-members/{invited.json()['external_member_id']}"
        _ok(team.admin.post(f"{them}/availability-requests"), HTTPStatus.ACCEPTED)

    return run


def _availability(team: Team) -> Exercise:
    mine = {"Authorization": f"Bearer {team.host_token}"}
    start, end = team.times()

    def run() -> None:
        version = _ok(team.public.get("/api/availability", headers=mine)).json()["version"]
        times = {
            "version": version,
            "time_zone": "Asia/Tokyo",
            "windows": [{"start": start.isoformat(), "end": end.isoformat()}],
        }
        _ok(team.public.put("/api/availability", headers=mine, json=times))

    return run


def _booking_pages(team: Team) -> Exercise:
    def run() -> None:
        _ok(team.admin.get("/api/booking-pages"))

    return run


def _slots(team: Team) -> Exercise:
    def run() -> None:
        _ok(team.public.get(f"/api/booking-pages/{team.slug}"))
        _ok(team.public.get(f"/api/booking-pages/{team.slug}/slots"))

    return run


def _booking(team: Team) -> Exercise:
    start, key = datetime.fromisoformat(team.free_slot()), new_id()

    def run() -> None:
        booked = _ok(team.road.post_booking(team.slug, start, key=key), HTTPStatus.CREATED)
        _ok(team.road.post_booking(team.slug, start, key=key), HTTPStatus.CREATED)
        taken = team.road.post_booking(team.slug, start, key=new_id())
        _ok(taken, HTTPStatus.CONFLICT)
        mine = Road.as_guest(booked.json())
        _ok(team.public.get("/api/guest/booking", headers=mine))
        _ok(team.public.post("/api/guest/booking/cancellation", headers=mine, json={}))

    return run


def _bookings(team: Team) -> Exercise:
    def run() -> None:
        _ok(team.admin.get("/api/bookings"))
        _ok(team.admin.get(f"/api/bookings/{team.booked['booking_id']}"))

    return run


def _public_pages(team: Team) -> Exercise:
    sign_in_token, start, form_id = team.sign_in_token(), team.free_slot(), new_id()
    first, last = (moment + timedelta(hours=9) for moment in team.times())

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

    return run


def _console_pages(team: Team) -> Exercise:
    host = f"/console/external-members/{team.host['external_member_id']}"

    def run() -> None:
        for page in ("", "/external-members", "/bookings", "/booking-pages"):
            _ok(team.admin.get(f"/console{page}"))
        _ok(team.admin.get(f"{host}/availability"))
        invited = _ok(
            team.admin.post("/console/external-members/new", data=team.invitation()),
            HTTPStatus.SEE_OTHER,
        )
        them = invited.headers["location"].partition("?")[0]
        _ok(team.admin.post(f"{them}/availability-requests"), HTTPStatus.SEE_OTHER)

    return run


def _send_mails(team: Team) -> Exercise:
    row = _queued_mail(team)
    image = encoded(row)
    record = {
        "eventID": "1",
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "Keys": {"PK": image["PK"], "SK": image["SK"]},
            "NewImage": image,
            "SequenceNumber": "1",
        },
    }
    return lambda: _send(team.stack, "SendMailsFunction", {"Records": [record]}, row)


def _retry_mails(team: Team) -> Exercise:
    row = _queued_mail(team)

    def run() -> None:
        make_due(team.stack, row)
        _send(team.stack, "RetryMailsFunction", {}, row)

    return run


def _create_organization(team: Team) -> Exercise:
    def run() -> None:
        try:
            team.stack.create_organization()
        except InvocationFailed as failure:
            raise NotDone from failure

    return run


EXERCISES: dict[str, Callable[[Team], Exercise]] = {
    "SignInFunction": _sign_in,
    "MembersFunction": _members,
    "ExternalMembersFunction": _external_members,
    "AvailabilityFunction": _availability,
    "BookingPagesFunction": _booking_pages,
    "SlotsFunction": _slots,
    "BookingFunction": _booking,
    "BookingsFunction": _bookings,
    "PublicPagesFunction": _public_pages,
    "ConsolePagesFunction": _console_pages,
    "SendMailsFunction": _send_mails,
    "RetryMailsFunction": _retry_mails,
    "CreateOrganizationFunction": _create_organization,
}


def _queued_mail(team: Team) -> Item:
    """Queue a mail with a sign-in link, which takes every kind of reading, and return its row."""
    address = an_address("aiko")
    team.stack.create_organization(address)
    asked = {"email": address}
    _ok(team.public.post("/api/sign-in-requests", json=asked), HTTPStatus.ACCEPTED)
    links = {
        row["link_id"] for row in rows_of(team.stack.access) if row.get("subject_id") == address
    }
    [message] = [row for row in rows_of(team.stack.scheduling) if row.get("subject_id") in links]
    return message


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


def _send(stack: Deployed, function: str, event: dict[str, Any], row: Item) -> None:
    with suppress(InvocationFailed):
        stack.invoke(function, event)
    after = stack.scheduling.get({"PK": row["PK"], "SK": row["SK"]})
    if after is None or after["state"] != "sent":
        raise NotDone(after)
