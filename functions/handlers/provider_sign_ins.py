"""Signing in at a provider and coming back, in a browser: every answer sends it on."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response

from handlers.problems import HTTPS_ONLY
from handlers.requests import refuse_foreign_origin
from handlers.sessions import session_hash, staff
from handlers.wiring import adapters
from scheduling.domain.connections import Platform, Provider
from scheduling.domain.refusals import (
    InsufficientScope,
    NotConnected,
    SchedulingError,
    SignInRequired,
)
from scheduling.use_cases.connecting import SignInAnswer, finish_connecting, start_connecting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

PAGE = "/console/integrations"

_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    # The address of a callback has the provider's code in it.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    **HTTPS_ONLY,
}

logger = Logger()


def start(event: APIGatewayProxyEventV2, platform: str) -> Response[str]:
    """Take a form of the console, and send the browser to the provider."""
    refuse_foreign_origin(event)
    by = staff(event)
    wanted = _platform(platform)
    url = start_connecting(
        by,
        wanted,
        session_hash=session_hash(event),
        base_url=adapters().base_url,
        now=adapters().now(),
        connections=adapters().connections,
        connect_attempts=adapters().connect_attempts,
        oauth=adapters().oauth,
    )
    logger.info("connecting begun", platform=wanted.value, is_granted=url is None)
    return _sent_to(url or _told("news", "switched_on", wanted))


def come_back(event: APIGatewayProxyEventV2, provider: str) -> Response[str]:
    """Take what a provider sends back: the protocol has it write with a GET (RFC 6749, 4.1.2).

    What lets it write is the one-time state, which only the session that asked for it can use.
    """
    by = staff(event)
    query = event.query_string_parameters
    connected = finish_connecting(
        by,
        SignInAnswer(
            state=query.get("state", ""),
            code=query.get("code", ""),
            error=query.get("error", ""),
            issuer=query.get("iss", ""),
        ),
        provider=_provider(provider),
        session_hash=session_hash(event),
        now=adapters().now(),
        connections=adapters().connections,
        connect_attempts=adapters().connect_attempts,
        grants=adapters().grants,
        oauth=adapters().oauth,
        calendars=adapters().calendars,
    )
    connection = connected.connection
    logger.info(
        "account connected",
        member_id=by.member.member_id,
        provider=connection.key.provider.value,
        state=connection.state.value,
        is_new=connected.is_new,
    )
    if connection.missing:
        return _sent_to(_told("problem", InsufficientScope.code, connection.missing[0]))
    news = "foreign" if connected.is_foreign else "connected"
    return _sent_to(_told("news", news, connected.platform))


def sent_back(refusal: SchedulingError, path: str) -> Response[str]:
    """Bring a browser back to where it came from, with what was refused."""
    if isinstance(refusal, SignInRequired):
        return _sent_to("/sign-in")
    logger.info("connecting refused", code=refusal.code)
    named = path.split("/")[2]
    about = named if named in {*Platform} else ""
    if isinstance(refusal, InsufficientScope):
        about = refusal.missing[0]
    return _sent_to(_told("problem", refusal.code, about))


def _told(what: str, code: str, platform: str) -> str:
    query = {what: code, "platform": platform} if platform else {what: code}
    return f"{PAGE}?{urlencode(query)}"


def _sent_to(address: str) -> Response[str]:
    return Response(
        status_code=HTTPStatus.SEE_OTHER.value,
        content_type="text/html; charset=utf-8",
        body="",
        headers={**_HEADERS, "Location": address},
    )


def _platform(text: str) -> Platform:
    """Raises NotConnected where there is no such platform."""
    if text not in {*Platform}:
        raise NotConnected
    return Platform(text)


def _provider(text: str) -> Provider:
    """Raises NotConnected where there is no such provider."""
    if text not in {*Provider}:
        raise NotConnected
    return Provider(text)
