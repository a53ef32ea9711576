"""What stands before every route that takes the token of a mailed link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handlers.requests import network_address
from handlers.whose import remember
from handlers.wiring import adapters
from scheduling.domain.refusals import LinkEnded
from scheduling.use_cases.links import counted_misses

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
    from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2


def count_token_misses(
    app: APIGatewayHttpResolver, carries_token: Callable[[APIGatewayProxyEventV2], bool]
) -> None:
    """Have `app` refuse those who tried too many tokens that were never sent.

    Such a try is counted, whatever the method: it is the one thing that a GET ever writes.
    Where a link that we sent has ended, the answer may name whom to turn to.
    """

    def guarded(app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[Any]:
        event = app.current_event
        if not carries_token(event):
            return next_middleware(app)
        with counted_misses(
            network_address(event), now=adapters().now(), rate_limits=adapters().rate_limits
        ):
            try:
                return next_middleware(app)
            except LinkEnded as refusal:
                if refusal.organization_id:
                    remember(adapters().organizations.get(refusal.organization_id))
                raise

    app.use(middlewares=[guarded])


def has_bearer_token(event: APIGatewayProxyEventV2) -> bool:
    return "authorization" in event.headers
