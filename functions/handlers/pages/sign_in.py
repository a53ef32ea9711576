"""Pages to sign in by a mailed link, and to sign out."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from handlers.pages.forms import Form, by_field
from handlers.pages.rendering import TOKEN_PAGE_HEADERS, anybodys_page, page, see_other
from handlers.pages.returning import return_path
from handlers.problems import status_of
from handlers.requests import network, network_address
from handlers.sessions import BROWSER_COOKIE, SESSION_COOKIE, cookie, private_cookie
from handlers.wiring import adapters
from scheduling.domain.links import SIGN_IN_LIFE
from scheduling.domain.refusals import (
    InvalidInput,
    OrganizationChoiceRequired,
    SignInCodeRefused,
    SignInCodeRequired,
)
from scheduling.use_cases.sign_in import (
    finish_sign_in,
    needs_code,
    read_sign_in_link,
    request_proof,
    request_sign_in,
    sign_out,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.links import Link
    from scheduling.domain.refusals import OrganizationChoice
    from scheduling.domain.sessions import SignedIn
    from scheduling.use_cases.sign_in import SignInRequest

LINK_IS_ON_ITS_WAY = "sign_in_requested.html"


def ask_page(
    event: APIGatewayProxyEventV2, email: str = "", refusal: InvalidInput | None = None
) -> Response[str]:
    return anybodys_page(
        event,
        "sign_in.html",
        status=status_of(refusal) if refusal else HTTPStatus.OK,
        email=email,
        problems=by_field(refusal.problems) if refusal else {},
        can_sign_up=adapters().sign_up_policy.is_open,
    )


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
        return ask_page(event, form["email"], refusal)
    return link_is_on_its_way(event, asked, form["email"].strip())


def again_page(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    """Ask whoever is signed in to prove once more who they are; nothing is sent from here."""
    back = return_path(Form.of_query(event)["next"])
    return page(
        "sign_in_again.html",
        locale=by.member.locale or by.organization.locale,
        email=by.member.email,
        next=back,
    )


def ask_again(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    asked = request_proof(
        by,
        return_to=return_path(Form.of(event)["next"]),
        network_address=network_address(event),
        now=adapters().now(),
        links=adapters().links,
        rate_limits=adapters().rate_limits,
    )
    locale = by.member.locale or by.organization.locale
    return page(LINK_IS_ON_ITS_WAY, locale=locale, **on_its_way(asked, by.member.email))


def link_is_on_its_way(
    event: APIGatewayProxyEventV2, asked: SignInRequest, email: str
) -> Response[str]:
    """Show the code that goes with a mailed link, whether or not one was mailed."""
    return anybodys_page(event, LINK_IS_ON_ITS_WAY, **on_its_way(asked, email))


def on_its_way(asked: SignInRequest, email: str) -> dict[str, Any]:
    lifetime = int(SIGN_IN_LIFE.total_seconds())
    return {
        "cookies": [private_cookie(BROWSER_COOKIE, asked.browser_secret, max_age_seconds=lifetime)],
        "email": email,
        "code": f"{asked.code[:4]}-{asked.code[4:]}",
    }


def finish(event: APIGatewayProxyEventV2) -> Response[str]:
    """Use the link once, on somebody's press, and go on to the console."""
    form = Form.of(event)
    try:
        session = finish_sign_in(
            form["token"],
            browser_secret=cookie(event, BROWSER_COOKIE),
            code=form["code"],
            organization_id=form["organization_id"],
            former_secret=cookie(event, SESSION_COOKIE),
            network=network(event),
            now=adapters().now(),
            links=adapters().links,
            link_keys=adapters().link_keys,
            members=adapters().members,
            organizations=adapters().organizations,
            sessions=adapters().sessions,
        )
    except (SignInCodeRequired, SignInCodeRefused) as refusal:
        problems = {"code": refusal.message}
        return _finish_again(form, event, problems=problems, status=status_of(refusal))
    except OrganizationChoiceRequired as refusal:
        return _finish_again(form, event, choices=refusal.choices)
    lifetime = int(session.lifetime.total_seconds())
    return see_other(
        return_path(session.return_to),
        cookies=[
            private_cookie(SESSION_COOKIE, session.secret, max_age_seconds=lifetime),
            private_cookie(BROWSER_COOKIE, "", max_age_seconds=0),
        ],
    )


def end_session(event: APIGatewayProxyEventV2) -> Response[str]:
    sign_out(
        cookie(event, SESSION_COOKIE),
        network=network(event),
        now=adapters().now(),
        sessions=adapters().sessions,
    )
    return see_other("/sign-in", cookies=[private_cookie(SESSION_COOKIE, "", max_age_seconds=0)])


def _finish_again(
    form: Form,
    event: APIGatewayProxyEventV2,
    *,
    choices: Sequence[OrganizationChoice] = (),
    problems: Mapping[str, str] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response[str]:
    """Ask for what is missing; the link has not been used."""
    link = read_sign_in_link(
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
        choices=choices,
        problems=problems,
        status=status,
    )


def finish_page(
    link: Link,
    token: str,
    event: APIGatewayProxyEventV2,
    *,
    code: str = "",
    choices: Sequence[OrganizationChoice] = (),
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
        choices=choices,
        problems=problems or {},
    )
