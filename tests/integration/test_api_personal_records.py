"""E9: all that is held about one person, handed out and erased, over the JSON API.

Quillon Braithwaite is everything that somebody can be here: an external member who offers times,
a former member of the team with a page in their name, a guest, somebody who was brought along,
somebody who was invited, a row of a file, and somebody who asked to sign in. As a member they had
connected calendars and Zoom.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from handlers.streams.mail_feedback import handler as hear_of_mails
from handlers.wiring import adapters
from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.access import DynamoDbLinks
from scheduling.adapters.dynamodb.audit_log import DynamoDbAuditLog
from scheduling.adapters.dynamodb.booking_pages import DynamoDbBookingPages
from scheduling.adapters.dynamodb.bookings import DynamoDbBookings
from scheduling.adapters.dynamodb.calendar_feeds import DynamoDbCalendarFeeds
from scheduling.adapters.dynamodb.connect_requests import DynamoDbConnectRequests
from scheduling.adapters.dynamodb.connections import DynamoDbConnections
from scheduling.adapters.dynamodb.external_members import DynamoDbExternalMembers
from scheduling.adapters.dynamodb.invitations import DynamoDbInvitations
from scheduling.adapters.dynamodb.organizations import DynamoDbMembers, new_member_puts
from scheduling.adapters.dynamodb.outbox import DynamoDbOutbox
from scheduling.adapters.dynamodb.personal_records import DynamoDbPersonalRecords
from scheduling.adapters.dynamodb.reputation import DynamoDbReputation
from scheduling.adapters.dynamodb.table import Table, decoded, transact
from scheduling.domain.audit import Activity
from scheduling.domain.calendar_events import HostEvent
from scheduling.domain.calendar_sync import SyncedCalendar
from scheduling.domain.connections import ConnectionKey, ConnectionState, Platform, Provider
from scheduling.domain.feeds import CalendarFeed, FeedAddress, FeedTurn
from scheduling.domain.identifiers import derived_id
from scheduling.domain.message_tags import address_hash, tags_of
from scheduling.domain.people import Member, Role
from scheduling.domain.sessions import SignedIn
from scheduling.ports import EntryFilter
from scheduling.use_cases.external_members import BookingsToCome
from scheduling.use_cases.links import link_address
from scheduling.use_cases.personal_records import Holdings, erase_person
from scheduling.use_cases.provider_calls import note_state
from tests.support.builders import an_entry
from tests.support.connecting import HOLIDAYS, PRIMARY, a_connection
from tests.support.in_process import LambdaContext

NOW = datetime(2026, 11, 30, 15, tzinfo=UTC)
"""Midnight in Tokyo."""
EMAIL = "quillon@braithwaite.example"
NAME = "Quillon Braithwaite"
TRACES = ("quillon", "braithwaite")
QUILLON = derived_id("quillon")
ERASURE = {"email": EMAIL, "confirm": EMAIL, "bookings": "cancel"}
EXPORTS, ERASURES = "/api/data/exports", "/api/data/erasures"
AIKO = "aiko@hanami.example"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveler:
        yield traveler


@pytest.fixture
def aiko(clock, road, created):
    road.day = NOW + timedelta(days=1, hours=10)
    road.sign_in(created["sign_in_url"].rpartition("/l/")[2])
    for part in ("departments", "designations"):
        road.admin.post(f"/api/directory/{part}", json={"name": "Design"})
    return road


def say(answer, status):
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def everything(deployed):
    """Return each item of each table, as text."""
    return [
        json.dumps(decoded(item), default=repr, ensure_ascii=False)
        for table in (deployed.scheduling, deployed.access, deployed.limits, deployed.connections)
        for page in table.client.get_paginator("scan").paginate(TableName=table.name)
        for item in page["Items"]
    ]


def traces(deployed):
    """Return the items that tell of Quillon, or that a guess of the address could be tested with.

    Counters are digests, too. They are what holds back whoever sends too much, and end by
    themselves within two days.
    """
    words = (*TRACES, address_hash(EMAIL))
    found = (item for item in everything(deployed) if any(word in item.lower() for word in words))
    return [item for item in found if not item.startswith('{"PK": "RL#')]


def erase(road, **changes):
    return road.admin.post(ERASURES, json=ERASURE | changes)


def export(road):
    return say(road.admin.post(EXPORTS, json={"email": EMAIL}), 200)


def as_external_member(road, created):
    """Have them invited, enter times and link a calendar; a mail comes back with their address."""
    member = road.invite(name=NAME, email=EMAIL, title="")
    stored = adapters().external_members.get(
        created["organization_id"], member["external_member_id"]
    )
    link = adapters().links.get(stored.request.link_id)
    road.enter_times(link_address("", link, adapters().link_keys).rpartition("/l/")[2])
    whose = stored.organization_id, stored.external_member_id
    adapters().calendar_feeds.link(
        CalendarFeed(*whose, derived_id("calendar"), "calendars.example", linked_at=NOW),
        FeedAddress("calendars.example", "/quillon%40braithwaite.example/basic.ics"),
        FeedTurn(*whose, derived_id("calendar"), due_at=NOW, failures=0),
        an_entry(Activity.CALENDAR_LINKED),
    )
    come_back(stored.request_mail)
    return stored


def come_back(message):
    """Have a mail come back with what the mail server says, which has the address."""
    tags = {name: [value] for name, value in tags_of(message, EMAIL).items()}
    told = {
        "eventType": "Bounce",
        "mail": {"timestamp": "2026-11-30T15:00:00Z", "tags": tags},
        "bounce": {
            "timestamp": "2026-11-30T15:00:00Z",
            "bounceType": "Transient",
            "bounceSubType": "MailboxFull",
            "bouncedRecipients": [{"diagnosticCode": f"552 <{EMAIL}> is full"}],
        },
    }
    hear_of_mails({"Records": [{"Sns": {"Message": json.dumps(told)}}]}, LambdaContext())


def as_former_member(road, deployed, created):
    """Have them join, be booked on a page in their name, hand over and go."""
    who = Member(
        QUILLON,
        created["organization_id"],
        NAME,
        EMAIL,
        Role.MEMBER,
        "Europe/London",
        joined_at=NOW,
    )
    transact(deployed.scheduling.client, new_member_puts(deployed.scheduling, who))
    page = road.make_page({"kind": "member", "host_id": who.member_id}, title=f"Meet {NAME}")
    first = datetime.fromisoformat(road.slots(page["slug"])[0])
    booked = say(road.post_booking(page["slug"], first, note="Hello Quillon"), 201)
    connect(road, deployed, created["organization_id"], booked["booking_id"])
    gone = road.admin.request(
        "DELETE",
        f"/api/members/{who.member_id}",
        params={"hand_over_to": created["member_id"]},
    )
    say(gone, 204)


def connect(road, deployed, organization_id, booking_id):
    """Have them connect everything, be asked for it, and be busy; the sign-in at Zoom ends."""
    parley = adapters()
    google, zoom = (
        a_connection(
            provider,
            key=ConnectionKey(organization_id, QUILLON, provider),
            account=EMAIL,
            account_id=f"{provider} account of Quillon",
        )
        for provider in Provider
    )
    own = replace(PRIMARY, calendar_id=EMAIL, name=NAME)
    google = replace(
        google,
        calendars=(own, HOLIDAYS),
        conflict_calendar_ids=(EMAIL,),
        write_calendar_id=EMAIL,
    )
    for connection in (google, zoom):
        entry = an_entry(
            Activity.CONNECTED,
            organization_id=organization_id,
            subject_id=QUILLON,
            entry_id=derived_id(connection.key.provider),
        )
        parley.connections.put(connection, entry)
        deployed.connections.put_new(keys.grant(connection.key) | {"tokens": b"encrypted"})
    parley.synced_calendars.save(google.key, SyncedCalendar(google.connection_id, EMAIL))
    task = parley.calendar_events.claim(organization_id, booking_id, now=NOW)
    event = HostEvent(
        organization_id, booking_id, QUILLON, google.connection_id, google.calendar_to_write, 1
    )
    parley.calendar_events.keep(event, task)
    state = ConnectionState.RECONNECT_REQUIRED
    note_state(zoom, state, now=NOW, connections=parley.connections)
    wanted = {"member_id": QUILLON, "platform": "zoom"}
    say(road.admin.post("/api/organization/connections/requests", json=wanted), 202)
    come_back(parley.connect_requests.get(organization_id, QUILLON, Platform.ZOOM).message)


def tell_providers(created):
    """Have what has ended be forgotten, but for what a worker leaves that dies on the way."""
    for connection in adapters().connections.of_member(created["organization_id"], QUILLON):
        adapters().connections.forget(connection)


def as_guest(road):
    """Have them book with Aiko, and be brought along by Mia."""
    page = road.make_page(title="First talk")
    slots = [datetime.fromisoformat(start) for start in road.slots(page["slug"])]
    booked = say(
        road.post_booking(
            page["slug"], slots[2], name=NAME, email=EMAIL, note="My phone is 555-0199"
        ),
        201,
    )
    mine = road.post_booking(
        page["slug"], slots[6], other_guests=[EMAIL], note=f"{NAME} comes along"
    )
    say(mine, 201)
    return booked


@pytest.fixture
def known(aiko, deployed, created):
    """The road, once Quillon is everything."""
    file = "email,name,role,department,designation,manager\n" + "\n".join(
        f"{email},{name},member,Design,Design,{AIKO}"
        for email, name in ((EMAIL, NAME), ("ben@hanami.example", "Ben Ode"))
    )
    aiko.admin.post(
        "/api/members/imports",
        content=file,
        params={"dry_run": "true"},
        headers={"content-type": "text/csv"},
    )
    directory = aiko.admin.get("/api/directory").json()
    placement = {
        "department_id": directory["departments"][0]["department_id"],
        "designation_id": directory["designations"][0]["designation_id"],
        "manager_id": created["member_id"],
    }
    say(aiko.admin.post("/api/invitations", json={"emails": EMAIL} | placement), 200)
    [invited] = aiko.admin.get("/api/invitations").json()["items"]
    say(aiko.admin.delete(f"/api/invitations/{invited['invitation_id']}"), 204)
    member = as_external_member(aiko, created)
    say(aiko.post_booking(member.booking_page_slug, aiko.day, note="Dear Quillon"), 201)
    aiko.hold(member.booking_page_slug, aiko.day + timedelta(minutes=30))
    as_former_member(aiko, deployed, created)
    as_guest(aiko)
    aiko.public.post("/api/sign-in-requests", json={"email": EMAIL})
    return aiko


def bookings(road):
    return road.admin.get("/api/bookings", params={"from": "2026-01-01T00:00:00Z"}).json()["items"]


def test_e9_after_an_erasure_nothing_anywhere_tells_who_somebody_was(known, deployed, created):
    before = bookings(known)
    page = next(each["slug"] for each in booking_pages(known) if "quillon" in each["slug"])
    assert len(traces(deployed)) > 20
    tell_providers(created)

    first = erase(known)

    assert say(first, 200) == {"state": "done"}
    assert traces(deployed) == []
    of_connections = [item for item in everything(deployed) if f"#CN#{QUILLON}" in item]
    assert of_connections
    assert all('"SK": "OB#' in item and "is full" not in item for item in of_connections)
    after = bookings(known)
    assert len(after) == len(before) == 4
    assert {each["booking_id"] for each in after} == {each["booking_id"] for each in before}
    entries = [item for item in everything(deployed) if "person_erased" in item]
    assert len(entries) == 1
    assert created["member_id"] in entries[0]
    assert known.public.get(f"/api/booking-pages/{page}").status_code == 404
    for address in ("/console", "/console/bookings", "/console/team", "/console/external-members"):
        assert known.admin.get(address).status_code == 200
    shown = [known.admin.get(f"/console/bookings/{each['booking_id']}").text for each in after]
    assert all("Erased person" in page or "<h1>Meeting</h1>" in page for page in shown)

    left = sorted(everything(deployed))
    again = erase(known)

    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert sorted(everything(deployed)) == left


def test_e9_nobody_is_erased_while_a_provider_still_lets_us_in_for_them(known, deployed, created):
    before = sorted(everything(deployed))

    refused = erase(known)

    assert (refused.status_code, refused.json()["code"]) == (409, "still_connected")
    assert refused.json()["providers"] == ["google", "zoom"]
    assert sorted(everything(deployed)) == before


def booking_pages(road):
    return road.admin.get("/api/booking-pages").json()["items"]


def test_e9_an_erasure_that_dies_again_and_again_is_finished_by_doing_it_again(
    known, deployed, created
):
    organization_id, member_id = created["organization_id"], created["member_id"]
    by = SignedIn(
        adapters().members.get(organization_id, member_id),
        adapters().organizations.get(organization_id),
        proven_at=NOW,
    )
    before = bookings(known)
    tell_providers(created)
    calls = 0
    is_complete = False
    while not is_complete and calls < 40:
        calls += 1
        try:
            with dying_after(4, deployed.scheduling.client):
                is_complete = erase_person(
                    by,
                    EMAIL,
                    confirmation=EMAIL,
                    bookings_to_come=BookingsToCome.CANCEL,
                    has_time=lambda: True,
                    now=NOW,
                    holdings=holdings_in(deployed),
                )
        except Died:
            continue

    assert is_complete
    assert calls > 3
    assert traces(deployed) == []
    assert len(bookings(known)) == len(before)


class Died(Exception):
    """As if the function's time were up, in the middle of things."""


@contextmanager
def dying_after(writes, client):
    """Let a few writes pass, and none after them."""
    left = iter(range(writes))

    def count(event_name, **_):
        is_write = event_name.rpartition(".")[2] in {"PutItem", "UpdateItem", "TransactWriteItems"}
        if is_write and next(left, None) is None:
            raise Died

    client.meta.events.register_first("request-created.dynamodb.*", count)
    try:
        yield
    finally:
        client.meta.events.unregister("request-created.dynamodb.*", count)


def holdings_in(deployed):
    table, access = deployed.scheduling, Table(deployed.scheduling.client, deployed.access.name)
    return Holdings(
        members=DynamoDbMembers(table),
        external_members=DynamoDbExternalMembers(table, access),
        invitations=DynamoDbInvitations(table, access),
        booking_pages=DynamoDbBookingPages(table),
        bookings=DynamoDbBookings(table, access),
        calendar_feeds=DynamoDbCalendarFeeds(table, access),
        links=DynamoDbLinks(table, access),
        outbox=DynamoDbOutbox(table),
        reputation=DynamoDbReputation(table),
        audit_log=DynamoDbAuditLog(table),
        connections=DynamoDbConnections(table),
        connect_requests=DynamoDbConnectRequests(table),
        personal_records=DynamoDbPersonalRecords(table, access, deployed.connections),
    )


def test_e9_an_export_has_all_that_is_held_about_somebody_and_no_secret(known, created):
    answer = known.admin.post(EXPORTS, json={"email": EMAIL.upper()})

    held = say(answer, 200)
    assert answer.headers["content-disposition"] == 'attachment; filename="person.json"'
    assert (held["email"], held["names"]) == (EMAIL, [NAME])
    assert len(held["members"]) == len(held["external_members"]) == len(held["invitations"]) == 1
    assert len(held["external_members"][0]["availability"]["windows"]) == 2
    assert held["linked_calendars"][0]["server"] == "calendars.example"
    assert "basic.ics" not in answer.text
    google, zoom = held["connections"]
    assert (google["provider"], google["account"], google["state"]) == ("google", EMAIL, "ok")
    assert google["account_id"] == "google account of Quillon"
    assert google["ended_at"]
    assert [(each["name"], each["makes_busy"]) for each in google["calendars"]] == [
        (NAME, True),
        ("Holidays", False),
    ]
    assert zoom["state"] == "reconnect_required"
    [asked] = held["connect_requests"]
    assert (asked["platform"], asked["asked_by_id"]) == ("zoom", created["member_id"])
    assert "encrypted" not in answer.text
    assert len(held["import_rows"]) == 1
    assert {page["title"] for page in held["booking_pages"]} == {NAME, f"Meet {NAME}"}
    roles = [booking["roles"] for booking in held["bookings"]]
    assert sorted(roles) == [["guest"], ["host"], ["named"], ["other_guest"]]
    [own] = [booking for booking in held["bookings"] if booking["roles"] == ["guest"]]
    assert own["note"] == "My phone is 555-0199"
    purposes = {link["purpose"] for link in held["links"]}
    assert purposes == {"sign_in", "availability", "invitation", "guest"}
    assert "s1." not in answer.text
    kinds = {message["kind"] for message in held["messages"]}
    assert {"availability_request", "booking_confirmed", "sign_in_link"} <= kinds
    assert {"connection_broken", "reconnect_requested"} <= kinds
    assert {entry["activity"] for entry in held["activity"]} >= {
        "external_member_invited",
        "member_removed",
    }
    assert "mia@guest.example" not in answer.text
    assert "Mia Weber" not in answer.text
    organization_id = created["organization_id"]
    which = EntryFilter(activity=Activity.PERSON_EXPORTED)
    log = adapters().audit_log.list(organization_id, which, cursor=None, limit=9)
    assert len(log.items) == 1


def test_nothing_is_held_about_somebody_unknown_and_erasing_them_writes_nothing(aiko, deployed):
    before = sorted(everything(deployed))

    assert say(erase(aiko), 200) == {"state": "done"}

    assert sorted(everything(deployed)) == before
    held = export(aiko)
    assert {name for name, value in held.items() if value} == {"email", "exported_at"}


def test_who_has_bookings_to_come_is_erased_once_it_is_said_what_becomes_of_them(aiko):
    booked = as_guest(aiko)

    refused = erase(aiko, bookings=None)

    assert refused.status_code == 409
    assert refused.json()["code"] == "upcoming_bookings"
    assert booked["booking_id"] in refused.json()["booking_ids"]
    assert say(erase(aiko, bookings="keep"), 200) == {"state": "done"}
    kept = say(aiko.admin.get(f"/api/bookings/{booked['booking_id']}"), 200)
    assert kept["state"] == "confirmed"
    assert kept["guest"] == {"name": "", "email": "", "note": "", "time_zone": "UTC"}
    ended = aiko.public.get("/api/guest/booking", headers=aiko.as_guest(booked))
    assert ended.json()["code"] == "link_revoked"


def test_a_member_is_erased_only_after_they_were_removed_and_the_last_admin_never(
    aiko, deployed, created
):
    ben = Member(derived_id("ben"), created["organization_id"], "Ben", EMAIL, Role.MEMBER, "UTC")
    transact(deployed.scheduling.client, new_member_puts(deployed.scheduling, ben))

    of_member = erase(aiko)
    of_last_admin = erase(aiko, email=AIKO, confirm=AIKO)

    assert (of_member.status_code, of_member.json()["code"]) == (409, "still_member")
    assert of_member.json()["member_id"] == ben.member_id
    assert (of_last_admin.status_code, of_last_admin.json()["code"]) == (409, "last_admin")


def test_an_address_is_erased_when_it_was_typed_twice_and_the_proof_is_fresh(aiko, clock):
    refused = erase(aiko, confirm="quillon@elsewhere.example")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "confirm"
    for path in (EXPORTS, ERASURES):
        wrong = aiko.admin.post(path, json={"email": "quillon", "confirm": "quillon"})
        assert wrong.json()["errors"][0]["field"] == "email"

    clock.shift(timedelta(minutes=11))

    for path in (EXPORTS, ERASURES):
        late = aiko.admin.post(path, json=ERASURE)
        assert (late.status_code, late.json()["code"]) == (403, "proof_required")


def test_links_of_who_is_a_member_elsewhere_are_none_of_our_business(aiko, deployed, created):
    as_guest(aiko)
    elsewhere = Member(derived_id("q"), derived_id("other"), NAME, EMAIL, Role.MEMBER, "UTC")
    transact(deployed.scheduling.client, new_member_puts(deployed.scheduling, elsewhere))
    aiko.public.post("/api/sign-in-requests", json={"email": EMAIL})

    assert "sign_in" not in {link["purpose"] for link in export(aiko)["links"]}
    say(erase(aiko), 200)

    [link] = adapters().personal_records.typed_links_at(EMAIL)
    assert adapters().links.get(link.link_id) == link
    assert adapters().members.with_email(EMAIL) == [elsewhere]
