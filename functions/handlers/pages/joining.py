"""The page behind the link of an invitation, on which somebody joins the team."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from handlers.pages.forms import Form, by_field
from handlers.pages.rendering import TOKEN_PAGE_HEADERS, anybodys_page, page, see_other
from handlers.pages.zones import zone_groups
from handlers.problems import status_of
from handlers.requests import network_address
from handlers.sessions import SESSION_COOKIE, private_cookie
from handlers.wiring import adapters
from scheduling.domain.audit import masked_network
from scheduling.domain.refusals import AlreadyMember, InvalidInput
from scheduling.use_cases.joining import accept_invitation, open_invitation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

logger = Logger()


def join_page(
    token: str,
    event: APIGatewayProxyEventV2,
    form: Form | None = None,
    *,
    problems: Mapping[str, str] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response[str]:
    """Ask whoever followed the link to go on; never done for them by script."""
    try:
        view = open_invitation(
            token,
            now=adapters().now(),
            links=adapters().links,
            link_keys=adapters().link_keys,
            organizations=adapters().organizations,
            members=adapters().members,
            invitations=adapters().invitations,
        )
    except AlreadyMember as refusal:
        return _sign_in_instead(refusal, event)
    organization = view.organization
    typed = form or Form({"time_zone": [organization.time_zone]})
    return page(
        "join.html",
        status=status,
        locale=organization.locale,
        headers=TOKEN_PAGE_HEADERS,
        organization=organization,
        email=view.invitation.email,
        invited_by=view.invited_by,
        token=token,
        form=typed,
        problems=problems or {},
        zone_is_a_guess=form is None,
        zones=zone_groups(typed["time_zone"], adapters().now(), organization.locale),
    )


def accept(event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of(event)
    try:
        session = accept_invitation(
            form["token"],
            form["name"],
            form["time_zone"],
            network=masked_network(network_address(event)),
            now=adapters().now(),
            links=adapters().links,
            link_keys=adapters().link_keys,
            members=adapters().members,
            invitations=adapters().invitations,
            sessions=adapters().sessions,
        )
    except InvalidInput as refusal:
        problems = by_field(refusal.problems)
        return join_page(form["token"], event, form, problems=problems, status=status_of(refusal))
    except AlreadyMember as refusal:
        return _sign_in_instead(refusal, event)
    logger.info("invitation accepted")
    lifetime = int(session.lifetime.total_seconds())
    return see_other(
        "/console",
        cookies=[private_cookie(SESSION_COOKIE, session.secret, max_age_seconds=lifetime)],
    )


def _sign_in_instead(refusal: AlreadyMember, event: APIGatewayProxyEventV2) -> Response[str]:
    return anybodys_page(
        event,
        "already_member.html",
        status=status_of(refusal),
        headers=TOKEN_PAGE_HEADERS,
        message=refusal.message,
    )
