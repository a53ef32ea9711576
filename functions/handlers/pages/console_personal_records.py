"""All that is held about one e-mail address: admins get it as a file, and erase it."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response

from handlers.holdings import holdings
from handlers.pages.console_frame import console_page
from handlers.pages.forms import Form, by_field
from handlers.pages.rendering import HEADERS, see_other
from handlers.personal_record_files import CONTENT_TYPE, file_of
from handlers.personal_record_files import HEADERS as FILE_HEADERS
from handlers.problems import status_of
from handlers.requests import has_time
from handlers.wiring import adapters
from scheduling.domain.policy import Act, may
from scheduling.domain.refusals import (
    InvalidInput,
    LastAdmin,
    NotAllowed,
    StillConnected,
    StillMember,
    UpcomingBookings,
)
from scheduling.use_cases.external_members import BookingsToCome
from scheduling.use_cases.personal_records import erase_person, export_person

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from scheduling.domain.sessions import SignedIn

ADDRESS = "/console/settings/data"

_NOTHING_TYPED = Form({})

logger = Logger()


def personal_records_page(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    return _page(by, news=Form.of_query(event)["news"])


def export(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    form, now = Form.of(event), adapters().now()
    try:
        record = export_person(by, form["email"], now=now, holdings=holdings())
    except InvalidInput as refusal:
        problems = {"export_email": by_field(refusal.problems)["email"]}
        return _page(by, export_form=form, problems=problems, status=status_of(refusal))
    logger.info("person exported", bookings=len(record.bookings))
    return Response(
        status_code=HTTPStatus.OK.value,
        content_type=CONTENT_TYPE,
        body=json.dumps(file_of(record, now=now), ensure_ascii=False, indent=2),
        headers={**HEADERS, **FILE_HEADERS},
    )


def erase(by: SignedIn, event: APIGatewayProxyEventV2, context: LambdaContext) -> Response[str]:
    form = Form.of(event)
    said = form["bookings"]
    try:
        is_complete = erase_person(
            by,
            form["email"],
            confirmation=form["confirm"],
            bookings_to_come=BookingsToCome(said) if said in list(BookingsToCome) else None,
            has_time=lambda: has_time(context),
            now=adapters().now(),
            holdings=holdings(),
        )
    except InvalidInput as refusal:
        problems = by_field(refusal.problems)
        return _page(by, erasure_form=form, problems=problems, status=status_of(refusal))
    except UpcomingBookings as refusal:
        problems = {"bookings": refusal.message}
        return _page(by, erasure_form=form, problems=problems, status=status_of(refusal))
    except (StillMember, StillConnected, LastAdmin) as refusal:
        problems = {"email": refusal.message}
        return _page(by, erasure_form=form, problems=problems, status=status_of(refusal))
    logger.info("person erased", is_complete=is_complete)
    if not is_complete:
        return _page(by, erasure_form=form, news="running")
    return see_other(f"{ADDRESS}?news=erased")


def _page(
    by: SignedIn,
    *,
    export_form: Form = _NOTHING_TYPED,
    erasure_form: Form = _NOTHING_TYPED,
    problems: Mapping[str, str] | None = None,
    news: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> Response[str]:
    """Show both forms as they were typed.

    Raises:
        NotAllowed: Neither would do anything.
    """
    if not may(by, Act.EXPORT_PERSON):
        raise NotAllowed
    return console_page(
        "personal_records.html",
        by,
        status=status,
        export_form=export_form,
        erasure_form=erasure_form,
        problems=problems or {},
        news=news,
    )
