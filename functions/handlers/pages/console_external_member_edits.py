"""Changing who an external member is."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from handlers.pages.console_frame import console_page, suggested_members
from handlers.pages.forms import Form, by_field, parsed_number
from handlers.pages.rendering import see_other
from handlers.problems import status_of
from handlers.wiring import adapters
from scheduling.domain.refusals import EmailAlreadyInvited, ExternalMemberChanged, InvalidInput
from scheduling.use_cases.external_member_edits import edit_external_member
from scheduling.use_cases.external_members import external_member_overview
from scheduling.use_cases.members import member_id_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.sessions import SignedIn

LIST = "/console/external-members"

logger = Logger()


def edit_page(
    by: SignedIn,
    external_member_id: str,
    form: Form | None = None,
    *,
    problems: Mapping[str, str] | None = None,
    is_changed: bool = False,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response[str]:
    """Show the form.

    Args:
        form: What was typed; what is stored where None.
        is_changed: Whether somebody else has changed it meanwhile.
    """
    overview = external_member_overview(
        by,
        external_member_id,
        members=adapters().members,
        external_members=adapters().external_members,
        outbox=adapters().outbox,
    )
    member = overview.member
    stored = {
        "name": [member.name],
        "email": [member.email],
        "person_in_charge_id": [overview.person_in_charge.email],
    }
    return console_page(
        "external_member_edit.html",
        by,
        status=status,
        member=member,
        form=form or Form(stored),
        problems=problems or {},
        is_changed=is_changed,
        suggestions=suggested_members(by),
    )


def edit(by: SignedIn, external_member_id: str, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of(event)
    try:
        member = edit_external_member(
            by,
            external_member_id,
            version=parsed_number(form["version"]) or 0,
            name=form["name"],
            email=form["email"],
            person_in_charge_id=member_id_at(
                by, form["person_in_charge_id"], members=adapters().members
            ),
            now=adapters().now(),
            members=adapters().members,
            external_members=adapters().external_members,
            booking_pages=adapters().booking_pages,
        )
    except InvalidInput as refusal:
        problems = by_field(refusal.problems)
        return edit_page(by, external_member_id, form, problems=problems, status=status_of(refusal))
    except EmailAlreadyInvited as refusal:
        problems = {"email": refusal.message}
        return edit_page(by, external_member_id, form, problems=problems, status=status_of(refusal))
    except ExternalMemberChanged as refusal:
        return edit_page(by, external_member_id, form, is_changed=True, status=status_of(refusal))
    logger.info("external member edited", external_member_id=external_member_id)
    return see_other(f"{LIST}/{member.external_member_id}?news=edited")
