"""Pages to sign in by a mailed link, and to sign out."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from handlers.pages.forms import Form, by_field
from handlers.pages.rendering import TOKEN_PAGE_HEADERS, anybodys_page, see_other
from handlers.problems import status_of
from handlers.requests import network_address
from handlers.sessions import BROWSER_COOKIE, SESSION_COOKIE, cookie, private_cookie
from handlers.wiring import adapters
from scheduling.domain.links import SIGN_IN_LIFE, LinkPurpose
from scheduling.domain.refusals import InvalidInput, SignInCodeRefused, SignInCodeRequired
from scheduling.use_cases.links import read_link_for
from scheduling.use_cases.sign_in import finish_sign_in, needs_code, request_sign_in, sign_out

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.links import Link


def ask_page(event: APIGatewayProxyEventV2) -> Response[str]:
    return anybodys_page(event, "sign_in.html", email="", problems={})


def requested_page(event: APIGatewayProxyEventV2) -> Response[str]:
    """Have a link mailed and show the code that goes with it; the same page for every address."""
    form = Form.of(event)
    try:
        asked = request_sign_in(
            form["email"],
            network_address=network_address(event),
            now=adapters().now(),
            links=adapters().links,
            rate_limits=adapters().rate_limits,
        )
    except InvalidInput as refusal:
        return anybodys_page(
            event,
            "sign_in.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            email=form["email"],
            problems=by_field(refusal.problems),
        )
    lifetime = int(SIGN_IN_LIFE.total_seconds())
    return anybodys_page(
        event,
        "sign_in_requested.html",
        cookies=[private_cookie(BROWSER_COOKIE, asked.browser_secret, max_age_seconds=lifetime)],
        email=form["email"].strip(),
        code=f"{asked.code[:4]}-{asked.code[4:]}",
    )


def finish(event: APIGatewayProxyEventV2) -> Response[str]:
    """Use the link once, on somebody's press, and go on to the console."""
    form = Form.of(event)
    try:
        session = finish_sign_in(
            form["token"],
            browser_secret=cookie(event, BROWSER_COOKIE),
            code=form["code"],
            now=adapters().now(),
            links=adapters().links,
            link_keys=adapters().link_keys,
            members=adapters().members,
            sessions=adapters().sessions,
        )
    except (SignInCodeRequired, SignInCodeRefused) as refusal:
        link = read_link_for(
            LinkPurpose.SIGN_IN,
            form["token"],
            now=adapters().now(),
            links=adapters().links,
            link_keys=adapters().link_keys,
        )
        return finish_page(
            link,
            form["token"],
            event,
            code=form["code"],
            problems={"code": refusal.message},
            status=status_of(refusal),
        )
    lifetime = int(session.lifetime.total_seconds())
    return see_other(
        "/console",
        cookies=[
            private_cookie(SESSION_COOKIE, session.secret, max_age_seconds=lifetime),
            private_cookie(BROWSER_COOKIE, "", max_age_seconds=0),
        ],
    )


def end_session(event: APIGatewayProxyEventV2) -> Response[str]:
    sign_out(cookie(event, SESSION_COOKIE), sessions=adapters().sessions)
    return see_other("/sign-in", cookies=[private_cookie(SESSION_COOKIE, "", max_age_seconds=0)])


def finish_page(
    link: Link,
    token: str,
    event: APIGatewayProxyEventV2,
    *,
    code: str = "",
    problems: Mapping[str, str] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response[str]:
    """Ask whoever followed a sign-in link to go on; never done for them by script."""
    return anybodys_page(
        event,
        "sign_in_finish.html",
        status=status,
        headers=TOKEN_PAGE_HEADERS,
        email=link.subject_id,
        token=token,
        needs_code=needs_code(link, cookie(event, BROWSER_COOKIE)),
        code=code,
        problems=problems or {},
    )
