"""Departments and designations: all may see them, admins change them."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from handlers.pages.console_frame import console_page
from handlers.pages.forms import Form, FormRefused
from handlers.pages.rendering import see_other
from handlers.problems import status_of
from handlers.wiring import adapters
from scheduling.domain.directory import DirectoryPart
from scheduling.domain.policy import Act, may
from scheduling.domain.refusals import DirectoryChanged, InvalidInput
from scheduling.use_cases.directory import (
    add_to_directory,
    remove_from_directory,
    rename_in_directory,
    view_directory,
)

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.sessions import SignedIn

ADDRESS = "/console/settings/directory"

logger = Logger()


def directory_page(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    return _page(by, news=Form.of_query(event)["news"])


def add(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of(event)
    part = _part(form)
    try:
        listed = add_to_directory(
            by,
            part,
            form["name"],
            key="",
            now=adapters().now(),
            directories=adapters().directories,
        )
    except (DirectoryChanged, InvalidInput) as refusal:
        return _refused(by, part, "", form["name"], refusal)
    logger.info("added to directory", part=part, listed_id=listed.listed_id)
    return see_other(f"{ADDRESS}?news=added")


def rename(by: SignedIn, listed_id: str, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of(event)
    part = _part(form)
    try:
        rename_in_directory(
            by,
            part,
            listed_id,
            form["name"],
            now=adapters().now(),
            directories=adapters().directories,
        )
    except (DirectoryChanged, InvalidInput) as refusal:
        return _refused(by, part, listed_id, form["name"], refusal)
    logger.info("renamed in directory", part=part, listed_id=listed_id)
    return see_other(f"{ADDRESS}?news=renamed")


def remove(by: SignedIn, listed_id: str, event: APIGatewayProxyEventV2) -> Response[str]:
    part = _part(Form.of(event))
    remove_from_directory(
        by, part, listed_id, now=adapters().now(), directories=adapters().directories
    )
    logger.info("removed from directory", part=part, listed_id=listed_id)
    return see_other(f"{ADDRESS}?news=removed")


def _part(form: Form) -> DirectoryPart:
    """Raises FormRefused where the form is none of ours."""
    try:
        return DirectoryPart(form["part"])
    except ValueError as error:
        raise FormRefused from error


def _refused(
    by: SignedIn,
    part: DirectoryPart,
    listed_id: str,
    typed: str,
    refusal: DirectoryChanged | InvalidInput,
) -> Response[str]:
    """Show what was typed again, with what is wrong with it."""
    message = refusal.problems[0].message if isinstance(refusal, InvalidInput) else refusal.message
    # Fields are named after what they name; the one for something new after its part.
    field = listed_id or part.value
    return _page(by, typed={field: typed}, problems={field: message}, status=status_of(refusal))


def _page(
    by: SignedIn,
    *,
    typed: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
    news: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> Response[str]:
    directory = view_directory(by, directories=adapters().directories)
    return console_page(
        "directory.html",
        by,
        status=status,
        names={**directory.departments, **directory.designations},
        parts_of_directory={part.value: directory.listed(part) for part in DirectoryPart},
        may_edit=may(by, Act.EDIT_DIRECTORY),
        typed=typed or {},
        problems=problems or {},
        news=news,
    )
