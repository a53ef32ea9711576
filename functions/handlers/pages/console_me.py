"""My page: what whoever is signed in says about themselves."""

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
from scheduling.domain.refusals import InvalidInput, MemberChanged
from scheduling.use_cases.members import MemberEdit, edit_member, view_member

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.refusals import SchedulingError
    from scheduling.domain.sessions import SignedIn

ADDRESS = "/console/me"

logger = Logger()


def my_page(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form(
        {
            "version": [str(by.member.version)],
            "name": [by.member.name],
            "time_zone": [by.member.time_zone],
            "locale": [by.member.locale],
        }
    )
    return _page(by, form, news=Form.of_query(event)["news"])


def save(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of(event)
    try:
        edit_member(
            by,
            by.member.member_id,
            MemberEdit(name=form["name"], time_zone=form["time_zone"], locale=form["locale"]),
            version=parsed_number(form["version"]) or 0,
            now=adapters().now(),
            members=adapters().members,
            directories=adapters().directories,
        )
    except (InvalidInput, MemberChanged) as refusal:
        return _page(by, form, refusal=refusal)
    logger.info("member edited", member_id=by.member.member_id)
    return see_other(f"{ADDRESS}?news=saved")


def _page(
    by: SignedIn, form: Form, *, news: str = "", refusal: SchedulingError | None = None
) -> Response[str]:
    return console_page(
        "me.html",
        by,
        status=HTTPStatus.OK if refusal is None else status_of(refusal),
        overview=view_member(
            by,
            by.member.member_id,
            members=adapters().members,
            directories=adapters().directories,
        ),
        form=form,
        problems=by_field(refusal.problems) if isinstance(refusal, InvalidInput) else {},
        refusal="" if refusal is None or isinstance(refusal, InvalidInput) else str(refusal),
        zones=zone_groups(form["time_zone"], adapters().now(), by.organization.locale),
        locales=LANGUAGES,
        news=news,
    )
