"""Who is signed in, and the cookies that tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from handlers.requests import network
from handlers.whose import remember
from handlers.wiring import adapters
from scheduling.domain.links import hashed
from scheduling.use_cases.sign_in import signed_in

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.sessions import SignedIn

SESSION_COOKIE = "__Host-session"
BROWSER_COOKIE = "__Host-sign-in"


def cookie(event: APIGatewayProxyEventV2, name: str) -> str | None:
    """Return the value of a cookie, or None where the request has none.

    Others on this origin may be called anything: no word of theirs is read.
    """
    for header in event.cookies:
        found, _, value = header.partition("=")
        if found == name:
            return value
    return None


def private_cookie(name: str, value: str, *, max_age_seconds: int) -> Cookie:
    """Return a cookie that only this origin gets back; 0 seconds end it."""
    return Cookie(
        name=name,
        value=value,
        path="/",
        secure=True,
        http_only=True,
        same_site=SameSite.LAX_MODE,
        max_age=max_age_seconds,
    )


def session_hash(event: APIGatewayProxyEventV2) -> str:
    """Return what the session that a request came with is stored under."""
    return hashed(cookie(event, SESSION_COOKIE) or "")


def staff(event: APIGatewayProxyEventV2) -> SignedIn:
    """Return who is signed in.

    Raises:
        SignInRequired: Nobody is.
    """
    by = signed_in(
        cookie(event, SESSION_COOKIE),
        now=adapters().now(),
        network=network(event),
        sessions=adapters().sessions,
        members=adapters().members,
        organizations=adapters().organizations,
    )
    remember(by.organization)
    return by
