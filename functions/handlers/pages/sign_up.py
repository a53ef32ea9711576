"""The page to start an organization."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from handlers.pages.forms import Form, by_field
from handlers.pages.languages import preferred_language
from handlers.pages.rendering import anybodys_page
from handlers.pages.sign_in import link_is_on_its_way
from handlers.pages.zones import zone_groups
from handlers.problems import status_of
from handlers.requests import network_address
from handlers.wiring import adapters
from scheduling.domain.refusals import InvalidInput
from scheduling.use_cases.sign_up import request_sign_up

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2


def form_page(
    event: APIGatewayProxyEventV2, form: Form | None = None, refusal: InvalidInput | None = None
) -> Response[str]:
    zone_is_a_guess = form is None
    form = form or Form({"time_zone": ["UTC"]})
    locale = preferred_language(event.headers.get("accept-language", ""))
    return anybodys_page(
        event,
        "sign_up.html",
        status=status_of(refusal) if refusal else HTTPStatus.OK,
        form=form,
        zones=zone_groups(form["time_zone"], adapters().now(), locale),
        zone_is_a_guess=zone_is_a_guess,
        problems=by_field(refusal.problems) if refusal else {},
    )


def request(event: APIGatewayProxyEventV2) -> Response[str]:
    """Have a link mailed; the same page for every address."""
    form = Form.of(event)
    try:
        asked = request_sign_up(
            form["organization_name"],
            form["name"],
            form["email"],
            form["time_zone"],
            preferred_language(event.headers.get("accept-language", "")),
            sign_up_policy=adapters().sign_up_policy,
            network_address=network_address(event),
            now=adapters().now(),
            links=adapters().links,
            rate_limits=adapters().rate_limits,
        )
    except InvalidInput as refusal:
        return form_page(event, form, refusal)
    return link_is_on_its_way(event, asked, form["email"].strip())
