"""What SES tells about the mails that it was given, told as the deployed configuration set asks.

The emulator keeps event destinations and publishes nothing. Here every mail is delivered at once,
unless it goes to an address of SES's mailbox simulator, which does what that address stands for:
`bounce@simulator.amazonses.com`, `complaint+anything@simulator.amazonses.com`. Sources: Amazon SES
Developer Guide, "Using the mailbox simulator" and "Examples of event data ... in Amazon SNS".
"""

import base64
import email
import email.policy
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.config import Config

from dev.emulator import Emulator

_SIMULATOR = "simulator.amazonses.com"

_DELIVERED = ("Delivery",)
_OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "bounce": ("Bounce",),
    "suppressionlist": ("Suppressed",),
    "complaint": ("Delivery", "Complaint"),
}
"""By the first part of a simulator's address; other addresses are delivered to."""

_AT_ONCE = Config(connect_timeout=5, read_timeout=5, retries={"total_max_attempts": 1})
"""An emulator that is about to stop may not hold up whoever stops it."""

_SUBJECT = "Amazon SES Email Event Notification"
_ACCOUNT_ID = "000000000000"


class SesEvents:
    """Publishes what becomes of mails."""

    def __init__(self, emulator: Emulator) -> None:
        self._ses = emulator.client("sesv2", _AT_ONCE)
        self._sns = emulator.client("sns", _AT_ONCE)
        self._region = emulator.region

    def tell(self, mail_id: str, request: Mapping[str, Any]) -> None:
        """Publish the events of one mail.

        Args:
            mail_id: What SendEmail has answered.
            request: The request of SendEmail, as JSON.
        """
        configuration_set = request.get("ConfigurationSetName")
        if configuration_set is None:
            return
        destinations = self._ses.get_configuration_set_event_destinations(
            ConfigurationSetName=configuration_set
        )["EventDestinations"]
        for event in events_of(mail_id, request, region=self._region, now=datetime.now(UTC)):
            wanted = _matching_type(event["eventType"])
            for destination in destinations:
                if destination["Enabled"] and wanted in destination["MatchingEventTypes"]:
                    self._sns.publish(
                        TopicArn=destination["SnsDestination"]["TopicArn"],
                        Subject=_SUBJECT,
                        Message=json.dumps(event),
                    )


def events_of(
    mail_id: str, request: Mapping[str, Any], *, region: str, now: datetime
) -> Iterator[dict[str, Any]]:
    """Yield the events of a mail in the order in which SES has them."""
    mail = _mail(mail_id, request, region, now)
    for recipient in request["Destination"]["ToAddresses"]:
        local, _, domain = recipient.rpartition("@")
        is_simulated = domain.lower() == _SIMULATOR
        outcomes = _OUTCOMES.get(local.partition("+")[0], _DELIVERED)
        for outcome in outcomes if is_simulated else _DELIVERED:
            yield _event(outcome, recipient, mail, _written(now))


def _matching_type(event_type: str) -> str:
    """Return the name that an event destination has for a type of events."""
    return event_type.upper()


def _event(outcome: str, recipient: str, mail: dict[str, Any], at: str) -> dict[str, Any]:
    match outcome:
        case "Bounce":
            bounced = {
                "emailAddress": recipient,
                "action": "failed",
                "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 user unknown",
            }
            return _bounce("General", bounced, mail, at)
        case "Suppressed":
            return _bounce("Suppressed", {"emailAddress": recipient}, mail, at)
        case "Complaint":
            complaint = {
                "complainedRecipients": [{"emailAddress": recipient}],
                "timestamp": at,
                "feedbackId": f"{mail['messageId']}-complaint",
                "userAgent": "Amazon SES Mailbox Simulator",
                "complaintFeedbackType": "abuse",
                "arrivalDate": at,
            }
            return {"eventType": "Complaint", "complaint": complaint, "mail": mail}
        case _:
            delivery = {
                "timestamp": at,
                "processingTimeMillis": 546,
                "recipients": [recipient],
                "smtpResponse": "250 2.6.0 Message received",
                "reportingMTA": "mta.example.com",
            }
            return {"eventType": "Delivery", "mail": mail, "delivery": delivery}


def _bounce(subtype: str, bounced: dict[str, str], mail: dict[str, Any], at: str) -> dict[str, Any]:
    bounce = {
        "bounceType": "Permanent",
        "bounceSubType": subtype,
        "bouncedRecipients": [bounced],
        "timestamp": at,
        "feedbackId": f"{mail['messageId']}-bounce",
        "reportingMTA": "dsn; mta.example.com",
    }
    return {"eventType": "Bounce", "bounce": bounce, "mail": mail}


def _mail(mail_id: str, request: Mapping[str, Any], region: str, now: datetime) -> dict[str, Any]:
    raw = base64.b64decode(request["Content"]["Raw"]["Data"])
    message = email.message_from_bytes(raw, policy=email.policy.default)
    sender = request["FromEmailAddress"]
    domain = sender.rpartition("@")[2]
    tags = {tag["Name"]: [tag["Value"]] for tag in request.get("EmailTags", [])}
    return {
        "timestamp": _written(now),
        "source": sender,
        "sourceArn": f"arn:aws:ses:{region}:{_ACCOUNT_ID}:identity/{domain}",
        "sendingAccountId": _ACCOUNT_ID,
        "messageId": mail_id,
        "destination": request["Destination"]["ToAddresses"],
        "headersTruncated": False,
        "headers": [{"name": name, "value": str(value)} for name, value in message.items()],
        "commonHeaders": {
            "from": [str(message["From"])],
            "to": [str(message["To"])],
            "messageId": mail_id,
            "subject": str(message["Subject"]),
        },
        "tags": {
            "ses:configuration-set": [request["ConfigurationSetName"]],
            "ses:from-domain": [domain],
        }
        | tags,
    }


def _written(instant: datetime) -> str:
    """Return an instant as SES writes it: `2017-08-05T00:41:02.669Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
