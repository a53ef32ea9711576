from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from scheduling.adapters.ses.mailer import SesMailer
from scheduling.domain.mails import Mailbox, OutgoingMail, RenderedMail
from scheduling.ports import MailNotAccepted

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

ADDRESS = "bookings@parley.example"
MAIL = OutgoingMail(
    message_id="01JDXQ.1.availability_request.host",
    sender_name="Hanami Studio",
    recipient=Mailbox("Kenji Tanaka", "kenji@tanaka.example"),
    reply_to=Mailbox("Aiko Mori", "aiko@hanami.example"),
    rendered=RenderedMail(subject="When could you meet?", text="Hello\n", html="<p>Hello</p>\n"),
)


@pytest.fixture
def client(aws: None) -> SESV2Client:
    client = boto3.client("sesv2")
    client.create_email_identity(EmailIdentity="parley.example")
    return client


def test_a_mail_is_handed_over_whole(client: SESV2Client) -> None:
    SesMailer(client, ADDRESS).send(MAIL)

    (sent,) = ses_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].sent_messages
    message = message_from_bytes(sent.raw_data.encode(), policy=default)
    assert sent.destinations[0] == "kenji@tanaka.example"
    assert message["From"] == "Hanami Studio <bookings@parley.example>"
    assert message["Subject"] == "When could you meet?"


def test_ses_is_told_the_configuration_set_and_the_tags_and_tells_its_name_for_the_mail(
    client: SESV2Client,
) -> None:
    with Stubber(client) as stubber:
        stubber.add_response(
            "send_email",
            {"MessageId": "1"},
            {
                "FromEmailAddress": ADDRESS,
                "Destination": {"ToAddresses": ["kenji@tanaka.example"]},
                "Content": AnyContent(),
                "ConfigurationSetName": "parley",
                "EmailTags": [{"Name": "kind", "Value": "availability_request"}],
            },
        )
        mail = replace(MAIL, tags={"kind": "availability_request"})

        assert SesMailer(client, ADDRESS, "parley").send(mail) == "1"


def test_a_refusal_is_told_by_its_code_without_the_address(client: SESV2Client) -> None:
    with Stubber(client) as stubber:
        stubber.add_client_error(
            "send_email",
            service_error_code="MessageRejected",
            service_message="Address is not verified: kenji@tanaka.example",
        )

        with pytest.raises(MailNotAccepted) as refused:
            SesMailer(client, ADDRESS).send(MAIL)

    assert str(refused.value) == "MessageRejected"
    assert refused.value.__suppress_context__


def test_silence_is_told_by_its_kind(client: SESV2Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(**_request: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://email.example")

    monkeypatch.setattr(client, "send_email", unreachable)

    with pytest.raises(MailNotAccepted, match=r"^EndpointConnectionError$"):
        SesMailer(client, ADDRESS).send(MAIL)


def test_the_mailer_tells_which_address_it_sends_from(client: SESV2Client) -> None:
    assert SesMailer(client, ADDRESS).address == ADDRESS


class AnyContent:
    """Equal to whatever content a request has."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dict) and "Raw" in other

    __hash__ = None  # type: ignore[assignment]
