"""What SES tells, into the ledger, out of the JSON API; nothing in between is patched."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from pydantic import ValidationError

from handlers.wiring import adapters
from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.access import DynamoDbSessions
from scheduling.domain.links import hashed
from scheduling.domain.message_tags import tags_of
from scheduling.domain.people import Member, Role
from scheduling.domain.reputation import PauseReason
from scheduling.domain.sessions import Session
from tests.support.in_process import LambdaContext, client, handler_at

NOW = datetime(2026, 11, 30, 15, tzinfo=UTC)
WRITTEN = "2026-11-30T15:00:00Z"
TOLD = {"timestamp": "2026-11-30T15:00:00.250Z"}
BOUNCE = {
    "bounceType": "Permanent",
    "bounceSubType": "General",
    "bouncedRecipients": [{"diagnosticCode": "smtp; 550 <kenji@example.org> unknown"}],
} | TOLD


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def staff(clock, road, created):
    """The road of an admin who is signed in."""
    road.sign_in(created["sign_in_url"].rpartition("/l/")[2])
    return road


@pytest.fixture
def kenji(staff):
    return staff.invite(email="kenji@example.org")


@pytest.fixture
def request_mail(created, kenji):
    """The message that asks Kenji for his times."""
    return (
        adapters()
        .external_members.get(created["organization_id"], kenji["external_member_id"])
        .request_mail
    )


def tell(message, event_type, **event):
    tags = {name: [value] for name, value in tags_of(message, "kenji@example.org").items()}
    told = {"eventType": event_type, "mail": TOLD | {"tags": tags}} | event
    return told_as_it_is(json.dumps(told))


def told_as_it_is(text):
    handler = handler_at("handlers.streams.mail_feedback.handler")
    return handler({"Records": [{"Sns": {"Message": text}}]}, LambdaContext())


def latest(staff, member):
    address = f"/api/external-members/{member['external_member_id']}/deliveries"
    return staff.admin.get(address).json()["items"][0]


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (("Delivery", {"delivery": TOLD}), "delivered"),
        (("DeliveryDelay", {"deliveryDelay": TOLD}), "queued"),
        (("Bounce", {"bounce": BOUNCE}), "bounced"),
        (("Bounce", {"bounce": BOUNCE | {"bounceType": "Transient"}}), "bounced"),
        (("Reject", {"reject": {"reason": "Bad content"}}), "bounced"),
        (("Complaint", {"complaint": TOLD}), "complained"),
        (("Complaint", {"complaint": TOLD | {"complaintFeedbackType": "not-spam"}}), "queued"),
    ],
)
def test_e7_what_ses_tells_is_in_the_ledger(staff, kenji, request_mail, told, state):
    event_type, event = told
    for _ in range(2):
        assert tell(request_mail, event_type, **event) == {"noted": 1}

    assert latest(staff, kenji)["state"] == state


def test_e7_a_bounce_says_why_and_names_nobody(staff, kenji, request_mail):
    tell(request_mail, "Bounce", bounce=BOUNCE)

    assert latest(staff, kenji)["bounce"] == {
        "at": WRITTEN,
        "kind": "permanent",
        "subtype": "General",
        "diagnosis": "smtp; 550 <•••> unknown",
    }


def test_what_is_told_of_mails_of_somebody_else_is_passed_over(staff, kenji, request_mail):
    others = replace(request_mail, organization_id="o" * 26)

    assert tell(others, "Bounce", bounce=BOUNCE) == {"noted": 1}
    assert told_as_it_is(
        json.dumps({"eventType": "Delivery", "mail": {"tags": {}}, "delivery": TOLD})
    ) == {"noted": 1}

    assert latest(staff, kenji)["state"] == "queued"


@pytest.mark.parametrize("text", ["", "{}", '{"eventType": "Open", "mail": {}}'])
def test_what_ses_never_tells_is_left_for_somebody_to_look_at(deployed, text):
    with pytest.raises(ValidationError):
        told_as_it_is(text)


def test_nothing_that_is_logged_of_a_bounce_is_an_address(staff, kenji, request_mail, caplog):
    caplog.clear()
    tell(request_mail, "Bounce", bounce=BOUNCE)
    with pytest.raises(ValidationError) as unread:
        tell(request_mail, "Bounce", bounce=BOUNCE | {"bounceType": "kenji@example.org"})

    assert "feedback noted" in caplog.text
    fields = [str(record.__dict__) for record in caplog.records]
    assert "example.org" not in "".join([caplog.text, *fields, str(unread.value)])


def test_e7_a_bounced_address_is_not_asked_again_until_it_is_said_to_work(
    staff, kenji, request_mail
):
    tell(request_mail, "Bounce", bounce=BOUNCE)
    them = f"/api/external-members/{kenji['external_member_id']}"

    refused = staff.admin.post(f"{them}/availability-requests")
    page = staff.admin.post(f"/console{them.removeprefix('/api')}/availability-requests")

    assert refused.status_code == page.status_code == 409
    assert (refused.json()["code"], refused.json()["reason"]) == ("address_suppressed", "bounced")
    for _ in range(2):
        assert staff.admin.delete(f"{them}/suppression").status_code == 204
    assert staff.admin.post(f"{them}/availability-requests").status_code == 202


def test_e7_staff_copy_the_link_that_was_mailed(staff, kenji):
    address = f"/api/external-members/{kenji['external_member_id']}/link"
    link = staff.admin.post(address).json()

    token = link["url"].rpartition("/l/")[2]
    times = staff.public.get("/api/availability", headers={"Authorization": f"Bearer {token}"})
    assert times.status_code == 200
    assert staff.public.post(address).status_code == 401


def test_the_mails_about_a_booking_are_listed(staff, kenji):
    link = f"/api/external-members/{kenji['external_member_id']}/link"
    staff.enter_times(staff.admin.post(link).json()["url"].rpartition("/l/")[2])
    booked = staff.post_booking(kenji["booking_page"]["slug"], staff.day).json()
    address = f"/api/bookings/{booked['booking_id']}/deliveries"

    items = staff.admin.get(address).json()["items"]

    assert {(item["kind"], item["recipient"], item["state"]) for item in items} >= {
        ("booking_confirmed", "guest", "queued"),
        ("booking_confirmed", "host", "queued"),
        ("booking_reminder", "guest", "scheduled"),
    }
    assert staff.public.get(address).status_code == 401


def test_t41_an_admin_sees_why_mails_wait_and_lets_them_go_on(staff, created):
    adapters().reputation.pause(created["organization_id"], PauseReason.BOUNCES, now=NOW)

    paused = staff.admin.get("/api/sending").json()
    resumed = staff.admin.post("/api/sending/resumption")

    assert (paused["paused_at"], paused["pause_reason"]) == (WRITTEN, "bounces")
    assert resumed.json() == {"requeued": 0}
    assert staff.admin.get("/api/sending").json()["paused_at"] is None


def test_only_admins_let_mails_go_on(deployed, created):
    ben = Member("ben", created["organization_id"], "Ben", "b@h.example", Role.MEMBER, "UTC")
    deployed.scheduling.put_new(keys.member(ben.organization_id, "ben") | asdict(ben))
    DynamoDbSessions(deployed.access).add(
        Session(hashed("secret"), ben.organization_id, "ben", NOW + timedelta(hours=1), NOW)
    )
    with client() as as_ben:
        as_ben.headers["cookie"] = "__Host-session=secret"

        assert as_ben.get("/api/sending").status_code == 200
        assert as_ben.post("/api/sending/resumption").status_code == 403
