"""How an organization's mails fare, for staff."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from handlers.requests import refuse_foreign_origin
from handlers.sessions import staff
from handlers.validation import answer_problems
from handlers.wiring import adapters
from scheduling.domain.reputation import PauseReason
from scheduling.use_cases.reputation import resume_sending, sending_health

app = APIGatewayHttpResolver(enable_validation=True)
logger = Logger()
answer_problems(app)


class SendingResponse(BaseModel):
    """What became of the mails of the last 7 days, or since they were resumed."""

    sent: int
    bounced: int
    """Came back for good."""
    complained: int
    paused_at: datetime | None
    """Since when mails wait; sign-in mails never do."""
    pause_reason: PauseReason | None


class ResumptionResponse(BaseModel):
    requeued: int
    """How many mails had waited and go out now."""


@app.get("/api/sending", summary="See how the organization's mails fare")
def get_sending() -> SendingResponse:
    health = sending_health(
        staff(app.current_event), now=adapters().now(), reputation=adapters().reputation
    )
    return SendingResponse(
        sent=health.sent,
        bounced=health.bounced,
        complained=health.complained,
        paused_at=health.paused_at,
        pause_reason=health.pause_reason,
    )


@app.post("/api/sending/resumption", summary="Let the organization's mails go on")
def post_resumption() -> ResumptionResponse:
    refuse_foreign_origin(app.current_event)
    requeued = resume_sending(
        staff(app.current_event),
        now=adapters().now(),
        reputation=adapters().reputation,
        outbox=adapters().outbox,
        audit_log=adapters().audit_log,
    )
    logger.info("sending resumed", requeued=requeued)
    return ResumptionResponse(requeued=requeued)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
