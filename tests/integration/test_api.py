"""The JSON API with its real wiring, in this process."""

import email
import email.policy
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from boto3.dynamodb.types import TypeDeserializer
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sesv2 import sesv2_backends

from handlers.schedules.retry_mails import MailsFailed
from tests.support.in_process import LambdaContext, handler_at


def token_in(url):
    return url.rpartition("/l/")[2]


def stream_records(deployed):
    """Return what the stream would carry: each message as it was inserted."""
    items = boto3.client("dynamodb").scan(TableName=deployed.scheduling.name)["Items"]
    return [
        {
            "eventID": str(number),
            "eventName": "INSERT",
            "eventSource": "aws:dynamodb",
            "dynamodb": {
                "Keys": {"PK": item["PK"], "SK": item["SK"]},
                "NewImage": item,
                "SequenceNumber": str(number),
            },
        }
        for number, item in enumerate(items)
        if item["SK"]["S"].startswith("OB#")
    ]


def send_mails(deployed):
    answer = handler_at("handlers.streams.send_mails.handler")(
        {"Records": stream_records(deployed)}, LambdaContext()
    )
    assert answer == {"batchItemFailures": []}


def inbox():
    backend = sesv2_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"]
    messages = backend.core_backend.sent_messages
    return [
        email.message_from_string(message.raw_data, policy=email.policy.default)
        for message in messages
    ]


def link_in(message):
    text = message.get_body(("plain",)).get_content()
    return next(word for word in text.split() if "/l/s1." in word)


def test_the_whole_road(road, created, deployed):
    who = road.sign_in(token_in(created["sign_in_url"]))
    assert (who["name"], who["organization_name"]) == ("Aiko Mori", "Hanami Studio")

    member = road.invite()
    assert member["request"]["delivery"] == "queued"
    slug = member["booking_page"]["slug"]
    road.find_not_open(slug)

    send_mails(deployed)
    [request] = inbox()
    assert request["to"].addresses[0].addr_spec == "kenji@example.org"
    assert request["from"].addresses[0].display_name == "Hanami Studio"
    url = road.admin.get(f"/api/external-members/{member['external_member_id']}").json()
    assert url["request"]["delivery"] == "sent"

    saved = road.enter_times(token_in(link_in(request)))
    assert road.staff_reads_times(member["external_member_id"]) == saved["windows"]
    assert len(road.slots(slug)) == 6

    booked = road.book(slug)
    assert len(road.slots(slug)) == 5
    send_mails(deployed)
    road.cancel(booked)
    assert len(road.slots(slug)) == 6
    send_mails(deployed)
    assert len(inbox()) == 1 + 1 + 3 + 3

    again = road.admin.post(
        f"/api/external-members/{member['external_member_id']}/availability-requests"
    )
    assert again.status_code == 202
    assert again.json()["request"]["number"] == 2
    pages = road.admin.get("/api/booking-pages").json()["items"]
    assert [(page["slug"], page["active"]) for page in pages] == [(slug, True)]
    road.sign_out()


def test_a_sign_in_link_is_mailed_and_finishes_in_the_same_browser_or_with_the_code(
    road, created, deployed
):
    asked = road.admin.post("/api/sign-in-requests", json={"email": "aiko@hanami.example"})
    assert asked.status_code == 202
    send_mails(deployed)
    [message] = inbox()
    token = token_in(link_in(message))

    elsewhere = road.public.post("/api/sessions", json={"token": token})
    assert elsewhere.status_code == 403
    assert elsewhere.json()["code"] == "sign_in_code_required"

    code = asked.json()["code"]
    signed_in = road.public.post("/api/sessions", json={"token": token, "code": code})
    assert signed_in.status_code == 204


def test_a_mail_that_failed_is_seen_and_sent_by_the_schedule(road, created, deployed, monkeypatch):
    road.sign_in(token_in(created["sign_in_url"]))
    boto3.client("sesv2").delete_email_identity(EmailIdentity="mail.example")
    member = road.invite()
    send_mails(deployed)

    seen = road.admin.get(f"/api/external-members/{member['external_member_id']}").json()
    assert seen["request"]["delivery"] == "send_failed"
    assert seen["request"]["last_error"] == "MessageRejected"

    boto3.client("sesv2").create_email_identity(EmailIdentity="mail.example")
    due_now(deployed)
    counts = handler_at("handlers.schedules.retry_mails.handler")({}, LambdaContext())

    assert counts == {"sent": 1}
    assert len(inbox()) == 1


def asking(records):
    """Return the records of mails that ask for times, without what follows up on them."""
    return [
        record
        for record in records
        if "availability_request" in record["dynamodb"]["Keys"]["SK"]["S"]
    ]


def due_now(deployed):
    """Let the pauses of all waiting messages be over."""
    for record in asking(stream_records(deployed)):
        row = {n: TypeDeserializer().deserialize(v) for n, v in record["dynamodb"]["Keys"].items()}
        boto3.client("dynamodb").update_item(
            TableName=deployed.scheduling.name,
            Key=record["dynamodb"]["Keys"],
            UpdateExpression="SET next_attempt_at = :past, GSI1SK = :first",
            ConditionExpression="attribute_exists(GSI1PK)",
            ExpressionAttributeValues={":past": {"N": "1"}, ":first": {"S": f"0#{row['SK']}"}},
        )


def test_a_poisonous_message_does_not_hold_up_the_others(road, created, deployed):
    road.sign_in(token_in(created["sign_in_url"]))
    poisonous = road.invite(email="poison@example.org")
    road.invite(email="kenji@example.org")
    due_now(deployed)
    boto3.client("dynamodb").update_item(
        TableName=deployed.scheduling.name,
        Key={"PK": {"S": f"P#{poisonous['booking_page']['slug']}"}, "SK": {"S": "A"}},
        UpdateExpression="REMOVE title",
    )

    with pytest.raises(MailsFailed):
        handler_at("handlers.schedules.retry_mails.handler")({}, LambdaContext())

    assert [message["to"].addresses[0].addr_spec for message in inbox()] == ["kenji@example.org"]


def test_a_record_that_is_no_message_is_reported_and_no_other(road, created, deployed):
    road.sign_in(token_in(created["sign_in_url"]))
    road.invite()
    [record] = asking(stream_records(deployed))
    broken = {**record, "dynamodb": {**record["dynamodb"], "SequenceNumber": "broken"}}
    broken["dynamodb"]["NewImage"] = broken["dynamodb"]["Keys"]
    handler = handler_at("handlers.streams.send_mails.handler")
    reported = {"batchItemFailures": [{"itemIdentifier": "broken"}]}

    assert handler({"Records": [broken]}, LambdaContext()) == reported
    assert handler({"Records": [record, broken]}, LambdaContext()) == reported
    assert len(inbox()) == 1


def test_t4_a_tampered_stream_record_does_nothing(road, created, deployed):
    road.sign_in(token_in(created["sign_in_url"]))
    road.invite()
    [record] = asking(stream_records(deployed))
    record["dynamodb"]["NewImage"]["organization_id"] = {"S": "another"}

    answer = handler_at("handlers.streams.send_mails.handler")(
        {"Records": [record]}, LambdaContext()
    )

    assert inbox() == []
    assert answer == {"batchItemFailures": []}


ANY_BODY = {
    "answers": {},
    "booking_page_slug": "x",
    "email": "a@example.org",
    "enabled": True,
    "hosts": [],
    "is_on": True,
    "name": "A",
    "organization_name": "A",
    "person_in_charge_id": "x",
    "start": "2026-12-01T10:00:00Z",
    "time_zone": "UTC",
    "title": "A",
    "to_member_id": "x",
    "token": "t",
    "version": 0,
    "weekdays": {},
}
"""Something of the right shape for every route that changes anything."""

STAFF_ONLY = [
    ("GET", "/api/members"),
    ("GET", "/api/members/me/working-hours"),
    ("PUT", "/api/members/me/working-hours"),
    ("POST", "/api/members/me/hand-over"),
    ("DELETE", "/api/members/me/sessions"),
    ("GET", "/api/organization"),
    ("PATCH", "/api/organization"),
    ("DELETE", "/api/sessions"),
    ("GET", "/api/organization/features"),
    ("PUT", "/api/organization/features/external_members"),
    ("GET", "/api/organization/setup"),
    ("GET", "/api/availability-grid"),
    ("GET", "/api/availability-grid.csv"),
    ("GET", "/api/external-members"),
    ("POST", "/api/external-members"),
    ("GET", "/api/external-members/x"),
    ("GET", "/api/external-members/x/availability"),
    ("POST", "/api/external-members/imports"),
    ("PATCH", "/api/external-members/x"),
    ("DELETE", "/api/external-members/x"),
    ("POST", "/api/external-members/x/availability-requests"),
    ("GET", "/api/booking-pages"),
    ("POST", "/api/booking-pages"),
    ("GET", "/api/booking-pages/x/settings"),
    ("PUT", "/api/booking-pages/x/settings"),
    ("POST", "/api/booking-pages/x/copies"),
    ("PUT", "/api/booking-pages/x/state"),
    ("GET", "/api/booking-pages/x/explanations?date=2026-12-01"),
    ("GET", "/api/bookings"),
    ("POST", "/api/bookings"),
    ("GET", "/api/bookings.csv"),
    ("GET", "/api/bookings/x"),
    ("POST", "/api/bookings/x/approval"),
    ("POST", "/api/bookings/x/decline"),
    ("POST", "/api/bookings/x/cancellation"),
    ("POST", "/api/bookings/x/move"),
    ("POST", "/api/bookings/x/no-show"),
    ("GET", "/api/sessions/current"),
]


def test_staff_routes_want_a_session(road):
    for method, path in STAFF_ONLY:
        body = ANY_BODY if method in {"POST", "PUT", "PATCH"} else None

        answer = road.public.request(method, path, json=body)

        assert (method, path, answer.status_code) == (method, path, 401)
        assert answer.json()["code"] == "sign_in_required"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/availability"),
        ("GET", "/api/guest/booking"),
        ("GET", "/api/guest/booking/slots"),
        ("POST", "/api/guest/booking/cancellation"),
        ("POST", "/api/guest/booking/move"),
        ("POST", "/api/guest/booking/link"),
    ],
)
@pytest.mark.parametrize("authorization", [None, "Bearer", "Basic abc", "Bearer s1.1.x.y"])
def test_link_routes_want_a_link(road, method, path, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    body = ANY_BODY if method == "POST" else None

    answer = road.public.request(method, path, headers=headers, json=body)

    assert answer.status_code == 404
    assert answer.json()["code"] == "link_not_found"


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}],
)
def test_t18_pages_of_other_origins_change_nothing(road, created, headers):
    road.sign_in(token_in(created["sign_in_url"]))
    changing = [
        ("POST", "/api/sign-in-requests"),
        ("POST", "/api/sessions"),
        ("DELETE", "/api/sessions/current"),
        ("POST", "/api/sign-ups"),
        *((method, path) for method, path in STAFF_ONLY if method != "GET"),
    ]
    for method, path in changing:
        answer = road.admin.request(method, path, json=ANY_BODY, headers=headers)

        assert (method, path, answer.status_code) == (method, path, 403)
        assert answer.json()["code"] == "foreign_origin"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["name", "email", "person_in_charge_id"]),
        (
            {"name": "A", "email": "a@", "person_in_charge_id": "x"},
            ["email", "person_in_charge_id"],
        ),
        (
            {
                "name": 1,
                "email": "a@b.example",
                "person_in_charge_id": "x",
                "durations_minutes": ["x"],
            },
            ["name", "durations_minutes.0"],
        ),
    ],
)
def test_each_wrong_field_of_an_invitation_is_named(road, created, body, fields):
    road.sign_in(token_in(created["sign_in_url"]))
    road.connect_external_members()

    answer = road.admin.post("/api/external-members", json=body)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == fields


def test_a_person_in_charge_must_be_a_member_and_an_address_is_invited_once(road, created):
    road.sign_in(token_in(created["sign_in_url"]))
    member = road.invite()

    again = road.admin.post(
        "/api/external-members",
        json={
            "name": "Other",
            "email": member["email"].upper(),
            "person_in_charge_id": created["member_id"],
        },
    )

    assert again.status_code == 409
    assert again.json()["code"] == "email_taken"


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"from": "tomorrow"}, "from"),
        ({"from": "2026-12-01T00:00:00"}, "from"),
        ({"to": "2020-01-01T00:00:00Z"}, "to"),
        ({"from": "2026-12-01T00:00:00Z", "to": "2027-12-01T00:00:00Z"}, "to"),
        ({"from": "9999-12-31T00:00:00Z"}, "from"),
        ({"to": "0001-01-01T00:00:00+14:00"}, "to"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"duration_minutes": "half an hour"}, "duration_minutes"),
        ({"duration_minutes": "9999999"}, "duration_minutes"),
    ],
)
def test_wrong_parameters_of_slots_are_named(road, parameters, field):
    answer = road.public.get("/api/booking-pages/nobody/slots", params=parameters)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    "path", ["/api/booking-pages/nobody", "/api/sessions/current", "/api/members"]
)
def test_no_answer_is_kept_or_taken_for_something_else(road, created, path):
    road.sign_in(token_in(created["sign_in_url"]))

    answer = road.admin.get(path)

    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_unknown_booking_page_is_a_404(road):
    assert road.public.get("/api/booking-pages/nobody").status_code == 404
    assert road.public.get("/api/booking-pages/nobody/slots").status_code == 404
    assert road.post_booking("nobody", datetime.now(UTC) + timedelta(days=1)).status_code == 404


@pytest.mark.parametrize("text", [b"{", b"[]", b'"x"', b""])
def test_a_body_that_is_no_json_object_is_named(road, text):
    answer = road.public.post(
        "/api/sessions", content=text, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] in {"body", "token"}


def test_a_time_without_an_offset_is_refused(road, created, deployed):
    road.sign_in(token_in(created["sign_in_url"]))
    slug = road.invite()["booking_page"]["slug"]

    answer = road.public.post(
        f"/api/booking-pages/{slug}/bookings",
        json={"start": "2026-12-01T10:00:00", "name": "A", "email": "a@example.org"},
    )

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["start"]
