"""All that is held about one e-mail address, for admins: a file of it, and its end."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from handlers.holdings import holdings
from handlers.personal_record_files import CONTENT_TYPE, HEADERS, file_of
from handlers.requests import has_time, refuse_foreign_origin
from handlers.sessions import staff
from handlers.validation import answer_problems
from handlers.wiring import adapters
from scheduling.use_cases.external_members import BookingsToCome
from scheduling.use_cases.personal_records import erase_person, export_person

app = APIGatewayHttpResolver(enable_validation=True)
logger = Logger()
answer_problems(app)


class ExportRequest(BaseModel):
    email: str


class ErasureRequest(BaseModel):
    email: str
    confirm: str
    """The same address once more."""
    bookings: BookingsToCome | None = None
    """What becomes of their meetings; refused where there are some and nobody says."""


class ErasureState(StrEnum):
    DONE = "done"
    """Nothing is left."""
    RUNNING = "running"
    """There was no time for all: the same request goes on."""


class ErasureResponse(BaseModel):
    state: ErasureState


@app.post("/api/data/exports", summary="Get all that is held about an e-mail address")
def post_export(request: ExportRequest) -> Response[dict[str, Any]]:
    refuse_foreign_origin(app.current_event)
    by, now = staff(app.current_event), adapters().now()
    record = export_person(by, request.email, now=now, holdings=holdings())
    logger.info("person exported", bookings=len(record.bookings))
    return Response(
        status_code=200, content_type=CONTENT_TYPE, headers=HEADERS, body=file_of(record, now=now)
    )


@app.post("/api/data/erasures", summary="Erase whoever has an e-mail address")
def post_erasure(request: ErasureRequest) -> ErasureResponse:
    refuse_foreign_origin(app.current_event)
    is_complete = erase_person(
        staff(app.current_event),
        request.email,
        confirmation=request.confirm,
        bookings_to_come=request.bookings,
        has_time=lambda: has_time(app.lambda_context),
        now=adapters().now(),
        holdings=holdings(),
    )
    logger.info("person erased", is_complete=is_complete)
    return ErasureResponse(state=ErasureState.DONE if is_complete else ErasureState.RUNNING)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
