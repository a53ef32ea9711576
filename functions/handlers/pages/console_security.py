"""How whoever is signed in signs in, and out everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from handlers.pages.console_frame import console_page
from handlers.pages.rendering import see_other
from handlers.sessions import SESSION_COOKIE, private_cookie
from handlers.wiring import adapters
from scheduling.use_cases.security import end_sessions

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response

    from scheduling.domain.sessions import SignedIn

logger = Logger()


def security_page(by: SignedIn) -> Response[str]:
    return console_page("security.html", by)


def end_own_sessions(by: SignedIn) -> Response[str]:
    end_sessions(by, by.member.member_id, now=adapters().now(), members=adapters().members)
    logger.info("sessions ended", member_id=by.member.member_id)
    return see_other("/sign-in", cookies=[private_cookie(SESSION_COOKIE, "", max_age_seconds=0)])
