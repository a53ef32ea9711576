"""What the page functions share: refusals as pages, protected forms, HEAD."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from handlers.pages.forms import FormRefused
from handlers.pages.rendering import HEADERS, TOKEN_PAGE_HEADERS, anybodys_page, see_other
from handlers.pages.returning import return_path
from handlers.problems import status_of
from handlers.requests import refuse_foreign_origin
from handlers.whose import forget, support_contact
from scheduling.domain import refusals
from scheduling.domain.refusals import marked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()

_ENDED_LINKS: Mapping[type[refusals.SchedulingError], str] = {
    refusals.LinkNotFound: "not_found",
    refusals.LinkExpired: "expired",
    refusals.LinkReplaced: "replaced",
    refusals.LinkRevoked: "revoked",
    refusals.LinkUsed: "used",
    refusals.InvitationRevoked: "taken_back",
}

_TOKEN_FORMS = frozenset(
    {
        "/availability",
        "/availability/confirmation",
        "/availability/opened",
        "/availability/calendar",
        "/booking/cancellation",
        "/booking/link",
        "/booking/move",
        "/invitation/accept",
        "/sign-in/finish",
    }
)

_ONE_CLICK = "/unsubscribe/"
"""What mail programs and their servers press for somebody: whoever holds the token may."""

_TOKEN_PATHS = ("/l/", _ONE_CLICK)
"""A token comes after each of these."""


def page_app() -> APIGatewayHttpResolver:
    """Return a resolver that answers what goes wrong with a page, never with JSON."""
    app = APIGatewayHttpResolver()
    app.use(middlewares=[_protect_forms])
    app.exception_handler(refusals.SchedulingError)(partial(_refusal_page, app))
    app.exception_handler(refusals.SignInRequired)(_sign_in_first)
    app.exception_handler(refusals.ProofRequired)(partial(_prove_first, app))
    app.exception_handler(FormRefused)(partial(_form_refused_page, app))
    app.exception_handler(Exception)(partial(_failure_page, app))
    app.not_found(partial(_not_found_page, app))
    return app


def answer(
    app: APIGatewayHttpResolver, event: dict[str, Any], context: LambdaContext
) -> dict[str, Any]:
    """Answer a request; HEAD like GET, without its body."""
    response = app.resolve(event, context)
    if event["requestContext"]["http"]["method"] == "HEAD":
        response["body"] = ""
    return response


def carries_token(event: APIGatewayProxyEventV2) -> bool:
    """Tell whether a request has the token of a mailed link in its path or its form."""
    return event.path.startswith(_TOKEN_PATHS) or event.path in _TOKEN_FORMS


def _protect_forms(app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[str]:
    forget()
    event = app.current_event
    if event.http_method == "POST" and not event.path.startswith(_ONE_CLICK):
        _refuse_foreign_form(event)
    return next_middleware(app)


def _refuse_foreign_form(event: APIGatewayProxyEventV2) -> None:
    """Let only forms of our own pages change anything.

    A form on a page with `Referrer-Policy: no-referrer` is sent with
    `Origin: null` (Fetch Standard, "append a request Origin header"). For
    these the browser's own `Sec-Fetch-Site`, which no page can set, decides;
    browsers that are too old to send it (Safari before 16.4) are taken at
    their word where a form's right is the token in it, which nobody forges.

    Raises:
        ForeignOrigin: Another origin's page made the browser send this.
    """
    trusted = "same-origin" if event.path in _TOKEN_FORMS else None
    is_own_token_page = (
        event.headers.get("origin") == "null"
        and event.headers.get("sec-fetch-site", trusted) == "same-origin"
    )
    if not is_own_token_page:
        refuse_foreign_origin(event)


def _refusal_page(app: APIGatewayHttpResolver, refusal: refusals.SchedulingError) -> Response[str]:
    if type(refusal) in _ENDED_LINKS:
        return _link_ended_page(app, refusal)
    status = status_of(refusal)
    if status is HTTPStatus.NOT_FOUND:
        return _not_found_page(app, refusal)
    if status is HTTPStatus.GONE:
        return _message_page(
            app,
            "gone.html",
            status=status,
            headers=TOKEN_PAGE_HEADERS,
            is_invitation=isinstance(refusal, refusals.ExternalMemberGone),
        )
    headers = dict(_headers(app))
    if isinstance(refusal, refusals.TryAgainLater):
        headers["Retry-After"] = str(refusal.retry_after_seconds)
    return _refused_page(app, refusal.message, status, headers)


def _link_ended_page(
    app: APIGatewayHttpResolver, refusal: refusals.SchedulingError
) -> Response[str]:
    """Say why a mailed link does not work, and what to do next."""
    return _message_page(
        app,
        "link_ended.html",
        status=status_of(refusal),
        headers=TOKEN_PAGE_HEADERS,
        reason=_ENDED_LINKS[type(refusal)],
    )


def _sign_in_first(_: refusals.SignInRequired) -> Response[str]:
    return see_other("/sign-in")


def _prove_first(app: APIGatewayHttpResolver, _: refusals.ProofRequired) -> Response[str]:
    """Have somebody prove who they are, and come back to the page that they came from."""
    came_from = urlsplit(app.current_event.headers.get("referer", ""))
    back = came_from.path + (f"?{came_from.query}" if came_from.query else "")
    return see_other(f"/sign-in/again?{urlencode({'next': return_path(back)})}")


def _form_refused_page(app: APIGatewayHttpResolver, _: FormRefused) -> Response[str]:
    message = marked("That form did not arrive in one piece.")
    return _refused_page(app, message, HTTPStatus.BAD_REQUEST)


def _refused_page(
    app: APIGatewayHttpResolver,
    message: str,
    status: HTTPStatus,
    headers: Mapping[str, str] = HEADERS,
) -> Response[str]:
    return _message_page(app, "refused.html", status=status, headers=headers, message=message)


def _not_found_page(app: APIGatewayHttpResolver, _: Exception) -> Response[str]:
    """Answer an address that leads nowhere; it may be a damaged link that holds a token."""
    return _message_page(
        app,
        "not_found.html",
        status=HTTPStatus.NOT_FOUND,
        headers=TOKEN_PAGE_HEADERS,
    )


def _failure_page(app: APIGatewayHttpResolver, failure: Exception) -> Response[str]:
    """Answer a defect of ours: the log keeps what happened, the alarm on 5xx calls somebody."""
    logger.error("page failed", exc_info=failure)
    return _message_page(
        app, "failure.html", status=HTTPStatus.INTERNAL_SERVER_ERROR, headers=_headers(app)
    )


def _headers(app: APIGatewayHttpResolver) -> Mapping[str, str]:
    return TOKEN_PAGE_HEADERS if carries_token(app.current_event) else HEADERS


def _message_page(
    app: APIGatewayHttpResolver,
    template: str,
    *,
    status: HTTPStatus,
    headers: Mapping[str, str] = HEADERS,
    **values: Any,
) -> Response[str]:
    """Say what went wrong, and whom to turn to where that is known."""
    return anybodys_page(
        app.current_event,
        template,
        status=status,
        headers=headers,
        support_contact=support_contact(),
        **values,
    )
