"""Integrations: what the organization has switched on, each on a card with its details."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from handlers.feature_words import FEATURES
from handlers.pages.console_frame import console_page
from handlers.pages.forms import Form
from handlers.pages.rendering import see_other
from handlers.wiring import adapters
from scheduling.domain.people import Feature
from scheduling.domain.policy import Act, may
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
    return console_page(
        "integrations.html",
        by,
        features=[(state, FEATURES[state.feature]) for state in list_features(by)],
        starts=STARTS,
        may_switch=may(by, Act.SWITCH_FEATURE),
        news=Form.of_query(event)["news"],
    )


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
