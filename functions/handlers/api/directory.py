"""Departments and designations, for staff; admins change them."""

from __future__ import annotations

from typing import Any, Self

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from handlers.api.fields import IdempotencyKey
from handlers.requests import refuse_foreign_origin
from handlers.sessions import staff
from handlers.validation import answer_problems
from handlers.wiring import adapters
from scheduling.domain.directory import DirectoryPart, Listed
from scheduling.use_cases.directory import (
    add_to_directory,
    remove_from_directory,
    rename_in_directory,
    view_directory,
)

app = APIGatewayHttpResolver(enable_validation=True)
logger = Logger()
answer_problems(app)


class NameRequest(BaseModel):
    name: str


class DepartmentResponse(BaseModel):
    department_id: str
    name: str

    @classmethod
    def of(cls, listed: Listed) -> Self:
        return cls(department_id=listed.listed_id, name=listed.name)


class DesignationResponse(BaseModel):
    designation_id: str
    name: str

    @classmethod
    def of(cls, listed: Listed) -> Self:
        return cls(designation_id=listed.listed_id, name=listed.name)


class DirectoryResponse(BaseModel):
    """Each part by name."""

    departments: list[DepartmentResponse]
    designations: list[DesignationResponse]


@app.get("/api/directory", summary="List departments and designations")
def get_directory() -> DirectoryResponse:
    directory = view_directory(staff(app.current_event), directories=adapters().directories)
    return DirectoryResponse(
        departments=list(map(DepartmentResponse.of, directory.listed(DirectoryPart.DEPARTMENTS))),
        designations=list(
            map(DesignationResponse.of, directory.listed(DirectoryPart.DESIGNATIONS))
        ),
    )


@app.post("/api/directory/departments", summary="Add a department", status_code=201)
def post_department(
    request: NameRequest, idempotency_key: IdempotencyKey = None
) -> DepartmentResponse:
    return DepartmentResponse.of(_add(DirectoryPart.DEPARTMENTS, request, idempotency_key))


@app.patch("/api/directory/departments/<department_id>", summary="Rename a department")
def patch_department(department_id: str, request: NameRequest) -> DepartmentResponse:
    return DepartmentResponse.of(_rename(DirectoryPart.DEPARTMENTS, department_id, request))


@app.delete("/api/directory/departments/<department_id>", summary="Remove a department")
def delete_department(department_id: str) -> Response[str]:
    return _remove(DirectoryPart.DEPARTMENTS, department_id)


@app.post("/api/directory/designations", summary="Add a designation", status_code=201)
def post_designation(
    request: NameRequest, idempotency_key: IdempotencyKey = None
) -> DesignationResponse:
    return DesignationResponse.of(_add(DirectoryPart.DESIGNATIONS, request, idempotency_key))


@app.patch("/api/directory/designations/<designation_id>", summary="Rename a designation")
def patch_designation(designation_id: str, request: NameRequest) -> DesignationResponse:
    return DesignationResponse.of(_rename(DirectoryPart.DESIGNATIONS, designation_id, request))


@app.delete("/api/directory/designations/<designation_id>", summary="Remove a designation")
def delete_designation(designation_id: str) -> Response[str]:
    return _remove(DirectoryPart.DESIGNATIONS, designation_id)


def _add(part: DirectoryPart, request: NameRequest, key: str | None) -> Listed:
    refuse_foreign_origin(app.current_event)
    listed = add_to_directory(
        staff(app.current_event),
        part,
        request.name,
        key=key or "",
        now=adapters().now(),
        directories=adapters().directories,
    )
    logger.info("added to directory", part=part, listed_id=listed.listed_id)
    return listed


def _rename(part: DirectoryPart, listed_id: str, request: NameRequest) -> Listed:
    refuse_foreign_origin(app.current_event)
    listed = rename_in_directory(
        staff(app.current_event),
        part,
        listed_id,
        request.name,
        now=adapters().now(),
        directories=adapters().directories,
    )
    logger.info("renamed in directory", part=part, listed_id=listed_id)
    return listed


def _remove(part: DirectoryPart, listed_id: str) -> Response[str]:
    refuse_foreign_origin(app.current_event)
    remove_from_directory(
        staff(app.current_event),
        part,
        listed_id,
        now=adapters().now(),
        directories=adapters().directories,
    )
    logger.info("removed from directory", part=part, listed_id=listed_id)
    return Response(status_code=204, body="")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
