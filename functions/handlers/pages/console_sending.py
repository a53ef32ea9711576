"""How the organization's mails fare, and letting them go on after a pause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from handlers.pages.console_frame import console_page
from handlers.pages.forms import Form
from handlers.pages.rendering import see_other
from handlers.wiring import adapters
from scheduling.domain.policy import Act, may
from scheduling.use_cases.reputation import resume_sending, sending_health

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.sessions import SignedIn

ADDRESS = "/console/settings/sending"

logger = Logger()


def sending_page(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    return console_page(
        "sending.html",
        by,
        health=sending_health(by, now=adapters().now(), reputation=adapters().reputation),
        may_resume=may(by, Act.RESUME_SENDING),
        news=Form.of_query(event)["news"],
    )


def resume(by: SignedIn) -> Response[str]:
    requeued = resume_sending(
        by,
        now=adapters().now(),
        reputation=adapters().reputation,
        outbox=adapters().outbox,
        audit_log=adapters().audit_log,
    )
    logger.info("sending resumed", requeued=requeued)
    return see_other(f"{ADDRESS}?news=resumed")
