"""Integrations: what a member has connected and the organization switched on, each on a card."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from handlers.feature_words import FEATURES
from handlers.pages.connecting_news import news_of
from handlers.pages.console_connections import card_values, provider_at
from handlers.pages.console_frame import console_page
from handlers.pages.forms import Form, by_field
from handlers.pages.rendering import headers_of_forms_to, see_other
from handlers.problems import status_of
from handlers.wiring import adapters
from scheduling.domain.people import Feature
from scheduling.domain.policy import Act, may
from scheduling.domain.refusals import InvalidInput
from scheduling.use_cases.connecting import choose_calendars
from scheduling.use_cases.organization_features import list_features, switch_feature

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.sessions import SignedIn

PAGE = "/console/integrations"

STARTS = {Feature.EXTERNAL_MEMBERS: "/console/external-members"}
"""Where each feature begins, once it is on."""

logger = Logger()


def integrations_page(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of_query(event)
    return _cards_page(by, Form(), asked=form)


def save_calendars(by: SignedIn, provider: str, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of(event)
    which = provider_at(provider)
    try:
        choose_calendars(
            by,
            which,
            conflict_calendar_ids=form.every("conflict_calendar_ids"),
            write_calendar_id=form["write_calendar_id"],
            now=adapters().now(),
            connections=adapters().connections,
        )
    except InvalidInput as refusal:
        return _cards_page(by, form, refusal=refusal)
    logger.info("calendars chosen", provider=which.value)
    return see_other(f"{PAGE}?news=calendars")


def switch_external_members(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    is_enabled = Form.of(event)["enabled"] == "yes"
    feature = Feature.EXTERNAL_MEMBERS
    switch_feature(
        by,
        feature,
        is_enabled=is_enabled,
        now=adapters().now(),
        organizations=adapters().organizations,
    )
    logger.info("feature switched", feature=feature.value, is_enabled=is_enabled)
    return see_other(f"{PAGE}?news={'on' if is_enabled else 'off'}")


def _cards_page(
    by: SignedIn, form: Form, *, asked: Form | None = None, refusal: InvalidInput | None = None
) -> Response[str]:
    """Show all cards, with calendars as they were chosen where that was refused.

    Args:
        asked: What the address says has happened.
    """
    asked = asked or Form()
    return console_page(
        "integrations.html",
        by,
        status=HTTPStatus.OK if refusal is None else status_of(refusal),
        # Browsers apply the policy to where a form is sent on to, too.
        headers=headers_of_forms_to(adapters().sign_in_origins),
        features=[(state, FEATURES[state.feature]) for state in list_features(by)],
        starts=STARTS,
        may_switch=may(by, Act.SWITCH_FEATURE),
        may_manage=may(by, Act.MANAGE_CONNECTIONS),
        news=news_of(asked["news"], asked["problem"]),
        news_platform=asked["platform"],
        form=form,
        problems={} if refusal is None else by_field(refusal.problems),
        **card_values(by),
    )
