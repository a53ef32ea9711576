"""Keeps what SES tells about the mails it has taken: delivered, delayed, bounced, complained.

What arrives says which message it is about, by the tags that the mail was sent with; the row with
that key decides whether there is such a message. Events come twice and in any order.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import SNSEvent, event_source
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from handlers.wiring import adapters
from scheduling.domain.feedback import (
    Bounced,
    BounceKind,
    Complained,
    Delayed,
    Delivered,
    Feedback,
    diagnosis_of,
)
from scheduling.domain.message_tags import TagsRefused, tagged_message
from scheduling.use_cases.reputation import note_feedback

NOT_SPAM = "not-spam"
"""A complaint that takes an earlier one back. Source: RFC 5965 registry, "Feedback Report Type"."""

_NAMES_NOBODY = ConfigDict(hide_input_in_errors=True)
"""What cannot be read has addresses in it, and its error is logged."""

logger = Logger()
metrics = Metrics()


class Told(BaseModel):
    model_config = _NAMES_NOBODY


class SentMail(Told):
    tags: dict[str, list[str]] = {}
    """Those of the mail, each once, and some of SES itself."""

    def single_tags(self) -> dict[str, str]:
        return {name: values[0] for name, values in self.tags.items() if values}


class Occurrence(Told):
    timestamp: datetime


class DeliveryEvent(Told):
    """Source of all these: Amazon SES Developer Guide, "Contents of event data ... in SNS"."""

    event_type: Literal["Delivery"] = Field(alias="eventType")
    mail: SentMail
    delivery: Occurrence

    def feedback(self) -> Feedback:
        return Delivered(self.delivery.timestamp)


class DelayEvent(Told):
    event_type: Literal["DeliveryDelay"] = Field(alias="eventType")
    mail: SentMail
    delay: Occurrence = Field(alias="deliveryDelay")

    def feedback(self) -> Feedback:
        return Delayed(self.delay.timestamp)


class BouncedRecipient(Told):
    diagnostic_code: str = Field(default="", alias="diagnosticCode")


class Bounce(Told):
    bounce_type: Literal["Undetermined", "Permanent", "Transient"] = Field(alias="bounceType")
    subtype: str = Field(alias="bounceSubType")
    recipients: list[BouncedRecipient] = Field(alias="bouncedRecipients")
    timestamp: datetime


class BounceEvent(Told):
    event_type: Literal["Bounce"] = Field(alias="eventType")
    mail: SentMail
    bounce: Bounce

    def feedback(self) -> Feedback:
        answers = " ".join(recipient.diagnostic_code for recipient in self.bounce.recipients)
        return Bounced(
            at=self.bounce.timestamp,
            kind=BounceKind(self.bounce.bounce_type.lower()),
            subtype=self.bounce.subtype,
            diagnosis=diagnosis_of(answers),
        )


class RejectedMail(SentMail):
    timestamp: datetime


class Reject(Told):
    reason: str


class RejectEvent(Told):
    event_type: Literal["Reject"] = Field(alias="eventType")
    mail: RejectedMail
    reject: Reject

    def feedback(self) -> Feedback:
        return Bounced(
            at=self.mail.timestamp,
            kind=BounceKind.REJECTED,
            diagnosis=diagnosis_of(self.reject.reason),
        )


class Complaint(Told):
    feedback_type: str | None = Field(default=None, alias="complaintFeedbackType")
    timestamp: datetime


class ComplaintEvent(Told):
    event_type: Literal["Complaint"] = Field(alias="eventType")
    mail: SentMail
    complaint: Complaint

    def feedback(self) -> Feedback | None:
        if self.complaint.feedback_type == NOT_SPAM:
            return None
        return Complained(self.complaint.timestamp)


type SesEvent = Annotated[
    DeliveryEvent | DelayEvent | BounceEvent | RejectEvent | ComplaintEvent,
    Field(discriminator="event_type"),
]

_EVENTS: TypeAdapter[SesEvent] = TypeAdapter(SesEvent, config=_NAMES_NOBODY)


def note(told: str) -> None:
    """Keep one event, given as JSON.

    Raises:
        ValidationError: SES speaks otherwise than it says.
    """
    event = _EVENTS.validate_json(told)
    try:
        message, email_hash = tagged_message(event.mail.single_tags())
    except TagsRefused:
        logger.warning("feedback about a mail of somebody else", event_type=event.event_type)
        return
    feedback = event.feedback()
    if feedback is None:
        return
    paused = note_feedback(
        message,
        email_hash,
        feedback,
        now=adapters().now(),
        external_members=adapters().external_members,
        reputation=adapters().reputation,
    )
    logger.info("feedback noted", message_id=message.message_id, event_type=event.event_type)
    metrics.add_metric(event.event_type, MetricUnit.Count, 1)
    if paused is not None:
        logger.error(
            "organization paused", organization_id=message.organization_id, reason=paused.value
        )
        metrics.add_metric("PausedOrganizations", MetricUnit.Count, 1)


@metrics.log_metrics
@logger.inject_lambda_context
@event_source(data_class=SNSEvent)
def handler(event: SNSEvent, _context: LambdaContext) -> dict[str, Any]:
    """Return how many events were kept.

    Raises:
        ValidationError: At least one could not be read; Lambda tries again, then tells the queue.
    """
    # An alarm needs a metric that is there before anything happens.
    metrics.add_metric("PausedOrganizations", MetricUnit.Count, 0)
    told = [record.sns.message for record in event.records]
    for each in told:
        note(each)
    return {"noted": len(told)}
