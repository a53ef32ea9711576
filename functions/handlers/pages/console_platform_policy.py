"""What members may connect: a form for admins."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from handlers.pages.console_frame import console_page
from handlers.pages.forms import Form, by_field, parsed_number, typed_addresses
from handlers.pages.rendering import see_other
from handlers.problems import status_of
from handlers.wiring import adapters
from scheduling.domain.connection_words import PLATFORM_NAMES
from scheduling.domain.connections import Platform
from scheduling.domain.refusals import InvalidInput, OrganizationChanged
from scheduling.use_cases.platform_policy import (
    PlatformPolicy,
    edit_platform_policy,
    still_connected,
)

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.sessions import SignedIn

PAGE = "/console/integrations/policy"

REFUSED, WARNED_OF = "refused", "warned_of"
"""What becomes of accounts of other domains."""

logger = Logger()


def policy_page(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    organization = by.organization
    form = Form(
        {
            "version": [str(organization.version)],
            "allowed": [each for each in Platform if each not in organization.blocked_platforms],
            "account_domains": ["\n".join(organization.account_domains)],
            "other_accounts": [REFUSED if organization.refuses_other_accounts else WARNED_OF],
        }
    )
    return _typed_page(by, form, news=Form.of_query(event)["news"])


def save(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of(event)
    allowed = form.every("allowed")
    policy = PlatformPolicy(
        blocked_platforms=frozenset(each for each in Platform if each not in allowed),
        account_domains=tuple(typed_addresses(form["account_domains"])),
        refuses_other_accounts=form["other_accounts"] == REFUSED,
    )
    try:
        edit_platform_policy(
            by,
            policy,
            version=parsed_number(form["version"]),
            now=adapters().now(),
            organizations=adapters().organizations,
        )
    except (InvalidInput, OrganizationChanged) as refusal:
        return _typed_page(by, form, refusal=refusal)
    logger.info("platform policy edited", blocked=len(policy.blocked_platforms))
    return see_other(f"{PAGE}?news=saved")


def _typed_page(
    by: SignedIn,
    form: Form,
    *,
    refusal: InvalidInput | OrganizationChanged | None = None,
    news: str = "",
) -> Response[str]:
    """Show the policy as it was typed, and what is connected in spite of it."""
    return console_page(
        "platform_policy.html",
        by,
        status=HTTPStatus.OK if refusal is None else status_of(refusal),
        form=form,
        problems=by_field(refusal.problems) if isinstance(refusal, InvalidInput) else {},
        refusal=str(refusal) if isinstance(refusal, OrganizationChanged) else "",
        news=news,
        platform_names=PLATFORM_NAMES,
        connected=still_connected(
            by,
            now=adapters().now(),
            members=adapters().members,
            connections=adapters().connections,
        ),
    )
