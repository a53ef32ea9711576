"""SES's mailbox simulator as it is documented, for addresses that do not exist."""

import base64
import json
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from dev.ses_events import SesEvents, events_of

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
TOPIC = "arn:aws:sns:eu-central-1:000000000000:parley-local-mail-feedback"


def request_to(address):
    message = EmailMessage()
    message["From"] = "Hanami Studio <bookings@mail.example>"
    message["To"] = address
    message["Subject"] = "When could you meet?"
    message.set_content("Hello")
    return {
        "FromEmailAddress": "bookings@mail.example",
        "Destination": {"ToAddresses": [address]},
        "Content": {"Raw": {"Data": base64.b64encode(message.as_bytes()).decode()}},
        "ConfigurationSetName": "parley-local",
        "EmailTags": [{"Name": "kind", "Value": "availability_request"}],
    }


def events_to(address):
    return list(events_of("m1", request_to(address), region="eu-central-1", now=NOW))


@pytest.mark.parametrize(
    ("address", "types"),
    [
        ("mia@guest.example", ["Delivery"]),
        ("bounce@guest.example", ["Delivery"]),
        ("success@simulator.amazonses.com", ["Delivery"]),
        ("bounce@simulator.amazonses.com", ["Bounce"]),
        ("bounce+kenji@simulator.amazonses.com", ["Bounce"]),
        ("suppressionlist@simulator.amazonses.com", ["Bounce"]),
        ("complaint@simulator.amazonses.com", ["Delivery", "Complaint"]),
    ],
)
def test_an_address_of_the_simulator_does_what_it_stands_for(address, types):
    assert [event["eventType"] for event in events_to(address)] == types


def test_an_event_says_of_which_mail_it_is():
    [event] = events_to("bounce@simulator.amazonses.com")

    assert event["bounce"]["bounceType"] == "Permanent"
    assert event["bounce"]["timestamp"] == "2026-12-01T09:00:00.000Z"
    assert event["mail"]["messageId"] == "m1"
    assert event["mail"]["tags"]["kind"] == ["availability_request"]
    assert event["mail"]["tags"]["ses:configuration-set"] == ["parley-local"]
    assert event["mail"]["commonHeaders"]["subject"] == "When could you meet?"


class RecordingEmulator:
    """Has one event destination, and keeps what is published."""

    region = "eu-central-1"

    def __init__(self, *types, enabled=True):
        self.destination = {
            "Enabled": enabled,
            "MatchingEventTypes": list(types),
            "SnsDestination": {"TopicArn": TOPIC},
        }
        self.published = []

    def client(self, _service, _config):
        return self

    def get_configuration_set_event_destinations(self, **_names):
        return {"EventDestinations": [self.destination]}

    def publish(self, *, TopicArn, Subject, Message):  # noqa: N803 - boto3's names
        self.published.append((TopicArn, json.loads(Message)["eventType"]))


@pytest.mark.parametrize(
    ("emulator", "told"),
    [
        (RecordingEmulator("DELIVERY", "COMPLAINT"), ["Delivery", "Complaint"]),
        (RecordingEmulator("COMPLAINT"), ["Complaint"]),
        (RecordingEmulator("DELIVERY", enabled=False), []),
    ],
)
def test_what_a_destination_asks_for_is_published(emulator, told):
    SesEvents(emulator).tell("m1", request_to("complaint@simulator.amazonses.com"))

    assert emulator.published == [(TOPIC, event_type) for event_type in told]


def test_a_mail_without_a_configuration_set_is_told_of_to_nobody():
    emulator = RecordingEmulator("DELIVERY")
    request = request_to("mia@guest.example")
    del request["ConfigurationSetName"]

    SesEvents(emulator).tell("m1", request)

    assert emulator.published == []
