"""The hours of whoever is signed in."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from handlers.pages.console_frame import console_page
from handlers.pages.forms import Form, parsed_number
from handlers.pages.rendering import see_other
from handlers.pages.working_hours_form import WEEKDAYS, HoursReading, form_of
from handlers.pages.zones import zone_groups
from handlers.problems import status_of
from handlers.wiring import adapters
from scheduling.domain.refusals import InvalidInput, WorkingHoursChanged
from scheduling.use_cases.working_hours import save_working_hours, view_working_hours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from handlers.pages.form_reading import Mistake
    from scheduling.domain.sessions import SignedIn
    from scheduling.domain.working_hours import WorkingHours

ADDRESS = "/console/working-hours"

logger = Logger()


def hours_page(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    return _typed_page(by, form_of(_saved(by)), news=Form.of_query(event)["news"])


def save(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of(event)
    reading = HoursReading(form)
    hours, limits = reading.hours(), reading.limits()
    if reading.mistakes:
        return _refused(by, form, reading.mistakes)
    try:
        save_working_hours(
            by,
            by.member.member_id,
            hours,
            limits,
            version=parsed_number(form["version"]) or 0,
            now=adapters().now(),
            members=adapters().members,
            working_hours=adapters().working_hours,
        )
    except InvalidInput as refusal:
        reading.refuse_all(refusal.problems)
        return _refused(by, form, reading.mistakes)
    except WorkingHoursChanged as refusal:
        form = Form({**form.fields, "version": [str(_saved(by).version)]})
        return _typed_page(by, form, has_changed=True, status=status_of(refusal))
    logger.info("working hours saved", member_id=by.member.member_id)
    return see_other(f"{ADDRESS}?news=saved")


def _saved(by: SignedIn) -> WorkingHours:
    return view_working_hours(
        by,
        by.member.member_id,
        members=adapters().members,
        working_hours=adapters().working_hours,
    )


def _refused(by: SignedIn, form: Form, mistakes: Sequence[Mistake]) -> Response[str]:
    return _typed_page(by, form, mistakes=mistakes, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _typed_page(
    by: SignedIn,
    form: Form,
    *,
    mistakes: Sequence[Mistake] = (),
    has_changed: bool = False,
    news: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> Response[str]:
    """Show the hours as they were typed.

    Args:
        has_changed: They were saved elsewhere meanwhile; `form` has that version.
    """
    zone = form["time_zone"]
    return console_page(
        "working_hours.html",
        by,
        status=status,
        form=form,
        mistakes=mistakes,
        has_changed=has_changed,
        news=news,
        weekdays=WEEKDAYS,
        zones=zone_groups(zone, adapters().now(), by.locale),
    )
