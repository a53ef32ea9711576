"""Requests whose shape is wrong, answered like every other refusal: naming each field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from handlers.json_texts import refuse_half_characters
from handlers.problems import answer_refusals, problem
from scheduling.domain.refusals import FieldProblem, InvalidInput

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
    from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

_PLACES = frozenset({"body", "query", "path", "header"})


def answer_problems(app: APIGatewayHttpResolver) -> None:
    """Have `app` answer refusals, and requests of the wrong shape, as problems."""
    answer_refusals(app)
    app.exception_handler(RequestValidationError)(_wrong_shape)
    app.use(middlewares=[_whole_characters])


def _whole_characters(
    app: APIGatewayHttpResolver, next_middleware: NextMiddleware
) -> Response[Any]:
    """Refuse half characters, whichever field they are in.

    Raises:
        InvalidInput: Names each field that has one.
    """
    try:
        body = app.current_event.json_body
    except (ValueError, RecursionError):
        # A file, or nothing that was validated.
        body = None
    refuse_half_characters(body)
    return next_middleware(app)


def _wrong_shape(error: RequestValidationError) -> Response[str]:
    return problem(
        InvalidInput(
            [
                FieldProblem(_path(found["loc"]), str(found["type"]), str(found["msg"]))
                for found in error.errors()
            ]
        )
    )


def _path(location: tuple[str | int, ...]) -> str:
    """Return `windows.0.start` for a place in a body; the body itself where it is no JSON.

    Which one of several types was tried, as `literal['not_connected']`, is no place in it.
    """
    parts = location[1:] if location[0] in _PLACES else location
    if not parts or isinstance(parts[0], int):
        return "body"
    return ".".join(part for part in map(str, parts) if "[" not in part)
