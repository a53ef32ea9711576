"""The team: finding its members, changing them, and removing one."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response

from handlers import csv_tables, members_csv
from handlers.pages.console_frame import (
    ROWS,
    address,
    console_page,
    headers_of,
    query_of,
    suggested_members,
)
from handlers.pages.forms import Form, by_field, parsed_number
from handlers.pages.rendering import HEADERS, see_other
from handlers.pages.zones import zone_groups
from handlers.problems import status_of
from handlers.wiring import adapters
from scheduling.domain.languages import LANGUAGES
from scheduling.domain.people import MemberFilter, Role, comparable
from scheduling.domain.refusals import (
    BusyTryAgain,
    ConnectionChanged,
    InvalidInput,
    LastAdmin,
    MemberChanged,
    NotHandedOver,
    ProofRequired,
)
from scheduling.use_cases.members import (
    MemberEdit,
    edit_member,
    export_members,
    list_member_overviews,
    member_id_at,
    view_member,
)
from scheduling.use_cases.removal import belongings_of, remove_member

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.refusals import SchedulingError
    from scheduling.domain.sessions import SignedIn
    from scheduling.use_cases.members import MemberOverview

LIST = "/console/team"

FILTERS = ("q", "state", "role", "department", "designation", "manager")

LISTED = 20
"""How many things of one kind the page names that asks before removing somebody."""

logger = Logger()


def list_page(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of_query(event)
    cursor = form["cursor"] or None
    found = list_member_overviews(
        by,
        _filter(form),
        cursor=cursor,
        limit=ROWS,
        members=adapters().members,
        directories=adapters().directories,
    )
    query = query_of(form, FILTERS)
    managers = {
        overview.manager.member_id: overview.manager.name
        for overview in found.items
        if overview.manager
    }
    return console_page(
        "team.html",
        by,
        rows=found.items,
        is_whole=cursor is None and found.next_cursor is None,
        following=found.next_cursor and address("", query | {"cursor": found.next_cursor}),
        export=address(f"{LIST}.csv", query),
        form=form,
        is_filtered=bool(query),
        directory=adapters().directories.get(by.organization.organization_id),
        managers=managers,
        news=form["news"],
    )


def export(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    """Return the filtered members as a table to open elsewhere."""
    found = export_members(
        by,
        _filter(Form.of_query(event)),
        now=adapters().now(),
        members=adapters().members,
        directories=adapters().directories,
    )
    logger.info("members exported")
    return Response(
        status_code=HTTPStatus.OK.value,
        content_type=csv_tables.CONTENT_TYPE,
        body=members_csv.csv_of(found),
        headers={**HEADERS, **members_csv.HEADERS},
    )


def member_page(by: SignedIn, member_id: str, event: APIGatewayProxyEventV2) -> Response[str]:
    overview = _overview(by, member_id)
    return _member_page(by, overview, _form_of(overview), news=Form.of_query(event)["news"])


def edit(by: SignedIn, member_id: str, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of(event)
    changes = MemberEdit(
        name=form["name"],
        time_zone=form["time_zone"],
        locale=form["locale"],
        department_id=form["department_id"],
        designation_id=form["designation_id"],
        manager_id=member_id_at(by, form["manager_id"], members=adapters().members),
        role=Role.ADMIN if form["role"] == Role.ADMIN else Role.MEMBER,
    )
    try:
        edit_member(
            by,
            member_id,
            changes,
            version=parsed_number(form["version"]) or 0,
            now=adapters().now(),
            members=adapters().members,
            directories=adapters().directories,
        )
    except (InvalidInput, LastAdmin, MemberChanged, ProofRequired) as refusal:
        return _member_page(by, _overview(by, member_id), form, refusal=refusal)
    logger.info("member edited", member_id=member_id)
    return see_other(f"{LIST}/{member_id}?news=saved")


def removal_page(by: SignedIn, member_id: str) -> Response[str]:
    return _removal_page(by, member_id, Form())


def remove(by: SignedIn, member_id: str, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of(event)
    cancels = form["bookings"] == "cancel"
    successor = member_id_at(by, form["hand_over_to"], members=adapters().members)
    try:
        remove_member(
            by,
            member_id,
            hand_over_to=successor,
            cancels_bookings=cancels,
            now=adapters().now(),
            members=adapters().members,
            booking_pages=adapters().booking_pages,
            bookings=adapters().bookings,
            external_members=adapters().external_members,
            connections=adapters().connections,
        )
    except (
        BusyTryAgain,
        ConnectionChanged,
        InvalidInput,
        LastAdmin,
        MemberChanged,
        NotHandedOver,
        ProofRequired,
    ) as refusal:
        return _removal_page(by, member_id, form, refusal=refusal)
    logger.info("member removed", member_id=member_id)
    return see_other(f"{LIST}?news=removed")


def _member_page(
    by: SignedIn,
    overview: MemberOverview,
    form: Form,
    *,
    news: str = "",
    refusal: SchedulingError | None = None,
) -> Response[str]:
    """Show a member; to admins with a form, as it was typed where that was refused."""
    return console_page(
        "member.html",
        by,
        status=HTTPStatus.OK if refusal is None else status_of(refusal),
        overview=overview,
        form=form,
        problems=_problems(refusal),
        refusal="" if refusal is None or isinstance(refusal, InvalidInput) else str(refusal),
        needs_proof=isinstance(refusal, ProofRequired),
        directory=adapters().directories.get(by.organization.organization_id),
        suggestions=suggested_members(by),
        zones=zone_groups(form["time_zone"], adapters().now(), by.locale),
        locales=LANGUAGES,
        news=news,
    )


def _removal_page(
    by: SignedIn, member_id: str, form: Form, *, refusal: SchedulingError | None = None
) -> Response[str]:
    """Ask before removing, and what becomes of what is theirs."""
    belongings = belongings_of(
        by,
        member_id,
        now=adapters().now(),
        booking_pages=adapters().booking_pages,
        bookings=adapters().bookings,
        external_members=adapters().external_members,
    )
    problems = _problems(refusal)
    needs_proof = isinstance(refusal, ProofRequired)
    if refusal is not None and not problems and not needs_proof:
        problems = {"hand_over_to": str(refusal)}
    return console_page(
        "member_removal.html",
        by,
        status=HTTPStatus.OK if refusal is None else status_of(refusal),
        headers=HEADERS if refusal is None else headers_of(refusal),
        overview=_overview(by, member_id),
        belongings=belongings,
        most=LISTED,
        form=form,
        problems=problems,
        needs_proof=needs_proof,
        suggestions=[member for member in suggested_members(by) if member.member_id != member_id],
    )


def _problems(refusal: SchedulingError | None) -> Mapping[str, str]:
    return by_field(refusal.problems) if isinstance(refusal, InvalidInput) else {}


def _overview(by: SignedIn, member_id: str) -> MemberOverview:
    return view_member(
        by, member_id, members=adapters().members, directories=adapters().directories
    )


def _form_of(overview: MemberOverview) -> Form:
    member = overview.member
    return Form(
        {
            "version": [str(member.version)],
            "name": [member.name],
            "time_zone": [member.time_zone],
            "locale": [member.locale],
            "department_id": [member.department_id if overview.department else ""],
            "designation_id": [member.designation_id if overview.designation else ""],
            "manager_id": [overview.manager.email if overview.manager else ""],
            "role": [member.role.value],
        }
    )


def _filter(form: Form) -> MemberFilter:
    return MemberFilter(
        is_active=form["state"] != "removed",
        text=comparable(form["q"].strip()),
        role=next((role for role in Role if role == form["role"]), None),
        department_id=form["department"] or None,
        designation_id=form["designation"] or None,
        manager_id=form["manager"] or None,
    )
