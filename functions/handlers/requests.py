"""What both faces read from a request before anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.wiring import adapters
from scheduling.domain.audit import masked_network
from scheduling.domain.refusals import ForeignOrigin, LinkNotFound

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2


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


def network(event: APIGatewayProxyEventV2) -> str:
    """Return the network that a request came from, as the log of what was done keeps it."""
    return masked_network(network_address(event))


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
