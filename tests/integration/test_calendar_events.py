"""Bookings in Google's calendars and at Zoom, over HTTP: one link everywhere (C3, R10)."""

from __future__ import annotations

import email
import email.policy
from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sesv2 import sesv2_backends

from dev.providers.faults import Fault, Kind
from dev.providers.google.conferences import Outcome
from handlers.event_room import event_room
from handlers.wiring import adapters
from scheduling.adapters.dynamodb.connected_busy import connected_busy_item
from scheduling.domain.calendar_events import EventState, TaskState
from scheduling.domain.connections import ConnectedBusy, ConnectionKey, Provider
from scheduling.use_cases.calendar_events import write_calendar_events
from tests.support.deployment import REGION
from tests.support.in_process import LambdaContext, handler_at
from tests.support.providers import AIKO, providers_at_hand

WRITE = "handlers.streams.write_calendar_events.handler"
MAIL = "handlers.schedules.retry_mails.handler"


@pytest.fixture
def providers(deployed, monkeypatch):
    with providers_at_hand(monkeypatch) as found:
        yield found


@pytest.fixture
def aiko(road, created, providers, deployed):
    """An admin who works around the clock and has connected all that there is."""
    road.sign_in(created["sign_in_url"].rpartition("/l/")[2])
    for platform in ("google_calendar", "google_meet", "zoom"):
        url = road.admin.post(f"/api/connections/{platform}/start").json()["url"]
        if url is not None:
            address = providers.allow(url)
            road.admin.get(address.partition("parley.example")[2])
    all_day = [{"start": "00:00", "end": "24:00"}]
    hours = {
        "version": 0,
        "time_zone": "UTC",
        "weekdays": {str(weekday): all_day for weekday in range(1, 8)},
    }
    assert road.admin.put("/api/members/me/working-hours", json=hours).status_code == 200
    read_their_calendar(deployed.scheduling, created)
    return SimpleNamespace(road=road, organization_id=created["organization_id"])


def read_their_calendar(table, created):
    """Let the admin's calendar be one that was read a moment ago, whenever that is."""
    key = ConnectionKey(created["organization_id"], created["member_id"], Provider.GOOGLE)
    until = adapters().now() + timedelta(days=30)
    connection = adapters().connections.get(key)
    known = ConnectedBusy(key, connection.connection_id, read_at=until, trusted_until=until)
    table.put(connected_busy_item(known), condition="attribute_exists(PK)")


def write():
    return handler_at(WRITE)({}, LambdaContext())


def mailed(road):
    """Have mails sent; return those that went to the guest."""
    handler_at(MAIL)({}, LambdaContext())
    sent = sesv2_backends[DEFAULT_ACCOUNT_ID][REGION].core_backend.sent_messages
    parsed = [
        email.message_from_string(each.raw_data, policy=email.policy.default) for each in sent
    ]
    return [mail for mail in parsed if road.guest_email in str(mail["To"])]


def booked(aiko, platform, *, hour=0):
    """Book a slot of a page whose meetings take place on a platform; return what was answered."""
    page = aiko.road.make_page(online_meeting=platform, location="Studio 2")
    assert page["online_meeting"] == platform
    start = aiko.road.day + timedelta(hours=hour)
    # Nobody may have more than a few meetings to come.
    guest = {"email": f"guest-{hour}@guest.example"} if hour else {}
    answer = aiko.road.post_booking(page["slug"], start, **guest)
    assert answer.status_code == 201, answer.text
    return answer.json()


def known(aiko, booking):
    return adapters().calendar_events.known(aiko.organization_id, booking["booking_id"])


def staff_sees(aiko, booking):
    return aiko.road.admin.get(f"/api/bookings/{booking['booking_id']}").json()


def guest_page(aiko, booking):
    return aiko.road.public.get(booking["manage_url"].partition("parley.example")[2]).text


def events_of(providers):
    return [event for event in providers.google.events(AIKO) if event["status"] != "cancelled"]


@pytest.mark.parametrize("platform", ["google_meet", "zoom"])
def test_c3_one_booking_one_event_and_one_link_in_mail_calendar_file_api_and_page(
    aiko, providers, platform
):
    booking = booked(aiko, platform)
    assert booking["join_url"] == ""
    assert mailed(aiko.road) == []
    assert "The link to join is not there yet" in guest_page(aiko, booking)

    write()

    [event] = events_of(providers)
    join_url = known(aiko, booking).meeting.join_url
    assert join_url.startswith("http")
    assert event["location"] == join_url
    assert join_url in event["description"]
    assert "Studio 2" in event["description"]
    if platform == "google_meet":
        assert event["hangoutLink"] == join_url
        assert providers.zoom.meetings_of(AIKO) == []
    else:
        [meeting] = providers.zoom.meetings_of(AIKO)
        assert f"/j/{meeting.meeting_id}" in join_url
    # The stream sends it at once; nobody carries the stream here.
    with time_machine.travel(timedelta(seconds=31)):
        [mail] = mailed(aiko.road)
    body = mail.get_body(("plain",)).get_content()
    calendar_file = next(mail.iter_attachments()).get_content()
    if isinstance(calendar_file, bytes):
        calendar_file = calendar_file.decode()
    unfolded = calendar_file.replace("\r\n ", "")
    assert f"Join: {join_url}" in body
    assert f"LOCATION:{join_url}" in unfolded
    assert f"CONFERENCE;FEATURE=VIDEO;VALUE=URI:{join_url}" in unfolded
    assert f"URL:{join_url}" in unfolded
    assert staff_sees(aiko, booking)["join_url"] == join_url
    listed = aiko.road.admin.get("/api/bookings").json()["items"]
    assert [each["join_url"] for each in listed] == [join_url]
    token = booking["manage_url"].rpartition("/")[2]
    own = aiko.road.public.get(
        "/api/guest/booking", headers={"Authorization": f"Bearer {token}"}
    ).json()
    assert own["join_url"] == join_url
    assert f'href="{join_url}"' in guest_page(aiko, booking)
    console = aiko.road.admin.get(f"/console/bookings/{booking['booking_id']}").text
    assert f'href="{join_url}"' in console


def test_without_a_link_the_mail_goes_after_two_minutes_and_says_where_it_will_be(aiko, providers):
    booking = booked(aiko, "google_meet")
    providers.google.faults.switch_on(Fault(Kind.REFUSED, status=503))
    write()
    assert mailed(aiko.road) == []

    with time_machine.travel(timedelta(minutes=2, seconds=5)):
        [mail] = mailed(aiko.road)

    body = mail.get_body(("plain",)).get_content()
    assert "The link to join will be on the page of the booking." in body
    assert staff_sees(aiko, booking)["state"] == "confirmed"


def test_a_booking_that_is_cancelled_leaves_no_event_and_no_meeting(aiko, providers):
    booking = booked(aiko, "zoom")
    write()

    answer = aiko.road.admin.post(f"/api/bookings/{booking['booking_id']}/cancellation", json={})
    assert answer.status_code == 200, answer.text
    write()

    assert events_of(providers) == []
    assert providers.zoom.meetings_of(AIKO) == []
    assert staff_sees(aiko, booking)["join_url"] == ""


FAULTS = {
    "429 with seconds": Fault(
        Kind.REFUSED, status=429, reason="rateLimitExceeded", retry_after="300"
    ),
    "503": Fault(Kind.REFUSED, status=503),
    "reset before": Fault(Kind.RESET_BEFORE),
    "reset after": Fault(Kind.RESET_AFTER),
    "truncated": Fault(Kind.TRUNCATED),
    "HTML": Fault(Kind.HTML),
}


@pytest.mark.parametrize("provider", ["google", "zoom"])
def test_r10_a_booking_stays_confirmed_while_its_provider_fails_and_is_written_afterwards(
    aiko, providers, provider
):
    faults = getattr(providers, provider).faults
    for hour, (name, fault) in enumerate(FAULTS.items()):
        booking = booked(aiko, "zoom", hour=hour)
        faults.switch_on(fault)

        write()

        task = known(aiko, booking).task
        assert staff_sees(aiko, booking)["state"] == "confirmed", name
        assert task.state is TaskState.WAITING, name
        assert task.problems, name
        if name == "429 with seconds":
            assert task.due_at - adapters().now() >= timedelta(seconds=295)
        page = aiko.road.admin.get(f"/console/bookings/{booking['booking_id']}").text
        assert "The booking stands. We go on trying." in page
        faults.clear()
        with time_machine.travel(task.due_at + timedelta(seconds=1)):
            write()
        assert known(aiko, booking).task.problems == (), name
        assert len(events_of(providers)) == hour + 1, name
        assert len(providers.zoom.meetings_of(AIKO)) == hour + 1, name


def test_r10_a_missing_permission_waits_for_a_human_and_is_told_on_today(aiko, providers):
    booking = booked(aiko, "zoom")
    fault = Fault(Kind.REFUSED, status=403, reason="insufficientPermissions")
    providers.google.faults.switch_on(fault)

    write()

    assert known(aiko, booking).task.state is TaskState.FAILED
    assert staff_sees(aiko, booking)["state"] == "confirmed"
    assert "Not in every calendar" in aiko.road.admin.get("/console").text
    page = aiko.road.admin.get(f"/console/bookings/{booking['booking_id']}").text
    assert "Not in the calendar of Aiko Mori" in page


def test_a_meet_link_that_comes_later_is_waited_for_and_written_into_the_event(aiko, providers):
    providers.google.conferences.outcome = Outcome.PENDING
    providers.google.conferences.reads = 100
    booking = booked(aiko, "google_meet")
    write_calendar_events(
        aiko.organization_id, booking["booking_id"], clock=adapters().now, room=event_room()
    )
    assert known(aiko, booking).meeting.is_awaited

    providers.google.finish_conferences()
    with time_machine.travel(timedelta(seconds=30)):
        write()

    [event] = events_of(providers)
    assert event["location"] == known(aiko, booking).meeting.join_url == event["hangoutLink"]


def test_an_event_that_its_owner_moved_is_not_moved_back_by_the_comparison(aiko, providers):
    booking = booked(aiko, None)
    write()
    [event] = events_of(providers)
    known_before = known(aiko, booking)
    start = known_before.task.starts_at + timedelta(hours=1)
    providers.google.move_event(AIKO, event["id"], start, start + timedelta(minutes=30))

    with time_machine.travel(timedelta(minutes=6)):
        write()

    [moved] = events_of(providers)
    assert moved["etag"] == providers.google.event(AIKO, event["id"])["etag"]
    [kept] = known(aiko, booking).of_hosts
    assert kept.state is EventState.DIVERGED
    page = aiko.road.admin.get(f"/console/bookings/{booking['booking_id']}").text
    assert "Changed in a calendar" in page


def test_nobody_has_meetings_on_a_platform_that_no_host_has_connected(road, created):
    road.sign_in(created["sign_in_url"].rpartition("/l/")[2])

    answer = road.post_page(online_meeting="zoom")

    assert answer.status_code == 422
    [problem] = answer.json()["errors"]
    assert (problem["field"], problem["code"]) == ("online_meeting", "not_connected")
