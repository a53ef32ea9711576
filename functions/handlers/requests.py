"""What both faces read from a request before anything else."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import TYPE_CHECKING

from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from handlers.wiring import adapters
from scheduling.domain.refusals import ForeignOrigin, LinkNotFound
from scheduling.use_cases.sign_in import signed_in

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.sessions import SignedIn

SESSION_COOKIE = "__Host-session"
BROWSER_COOKIE = "__Host-sign-in"


def cookie(event: APIGatewayProxyEventV2, name: str) -> str | None:
    """Return the value of a cookie, or None where the request has none."""
    for header in event.cookies:
        found = SimpleCookie(header).get(name)
        if found is not None:
            return found.value
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


def staff(event: APIGatewayProxyEventV2) -> SignedIn:
    """Return who is signed in.

    Raises:
        SignInRequired: Nobody is.
    """
    return signed_in(
        cookie(event, SESSION_COOKIE),
        now=adapters().now(),
        sessions=adapters().sessions,
        members=adapters().members,
        organizations=adapters().organizations,
    )


def link_token(event: APIGatewayProxyEventV2) -> str:
    """Return the token of a mailed link, sent as `Authorization: Bearer <token>`.

    Raises:
        LinkNotFound: There is none.
    """
    scheme, _, token = event.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise LinkNotFound
    return token.strip()


def network_address(event: APIGatewayProxyEventV2) -> str:
    """Return the address that a request came from.

    It is what API Gateway saw: headers such as `X-Forwarded-For` say whatever the caller likes.
    """
    return event.request_context.http.source_ip


def refuse_foreign_origin(event: APIGatewayProxyEventV2) -> None:
    """Let only our own pages, and programs that are no browser, change anything.

    Raises:
        ForeignOrigin: A page of another origin made the browser send this.
    """
    origin = event.headers.get("origin")
    site = event.headers.get("sec-fetch-site")
    if origin is not None and origin != adapters().base_url:
        raise ForeignOrigin
    if site is not None and site not in {"same-origin", "none"}:
        raise ForeignOrigin
