"""The organization's settings: admins edit them, everybody reads them."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from handlers.pages.console_frame import console_page
from handlers.pages.forms import Form, by_field, parsed_number
from handlers.pages.rendering import see_other
from handlers.pages.zones import zone_groups
from handlers.problems import status_of
from handlers.wiring import adapters
from scheduling.domain.languages import LANGUAGES
from scheduling.domain.policy import Act, may
from scheduling.domain.refusals import InvalidInput, OrganizationChanged
from scheduling.use_cases.organization_settings import OrganizationEdit, edit_organization

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.sessions import SignedIn

ADDRESS = "/console/settings"

logger = Logger()


def settings_page(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    organization = by.organization
    form = Form(
        {
            "version": [str(organization.version)],
            "name": [organization.name],
            "time_zone": [organization.time_zone],
            "locale": [organization.locale],
            "support_contact": [organization.support_contact],
        }
    )
    return _typed_page(by, form, news=Form.of_query(event)["news"])


def save(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of(event)
    edit = OrganizationEdit(
        form["name"], form["time_zone"], form["locale"], form["support_contact"]
    )
    try:
        edit_organization(
            by,
            edit,
            version=parsed_number(form["version"]),
            now=adapters().now(),
            organizations=adapters().organizations,
        )
    except (InvalidInput, OrganizationChanged) as refusal:
        return _typed_page(by, form, refusal=refusal)
    logger.info("organization edited")
    return see_other(f"{ADDRESS}?news=saved")


def _typed_page(
    by: SignedIn,
    form: Form,
    *,
    refusal: InvalidInput | OrganizationChanged | None = None,
    news: str = "",
) -> Response[str]:
    """Show the settings as they were typed."""
    return console_page(
        "settings.html",
        by,
        status=HTTPStatus.OK if refusal is None else status_of(refusal),
        form=form,
        problems=by_field(refusal.problems) if isinstance(refusal, InvalidInput) else {},
        refusal=str(refusal) if isinstance(refusal, OrganizationChanged) else "",
        news=news,
        can_edit=may(by, Act.EDIT_ORGANIZATION),
        languages=LANGUAGES,
        zones=zone_groups(form["time_zone"], adapters().now(), by.organization.locale),
    )
