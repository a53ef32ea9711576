"""The page behind an external member's link, where they enter their times."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import Response

from handlers.pages.availability_rows import (
    BLANK_ROWS,
    Row,
    changed_rows,
    entered,
    rows_for,
    rows_of,
)
from handlers.pages.forms import Form, by_field, parsed_number
from handlers.pages.rendering import HEADERS, TOKEN_PAGE_HEADERS, page, see_other
from handlers.pages.zones import zone_groups
from handlers.requests import network
from handlers.wiring import adapters
from scheduling.domain.availability import CONFIRM_BEFORE
from scheduling.domain.refusals import AvailabilityChanged, InvalidInput
from scheduling.domain.zones import time_zone
from scheduling.use_cases.availability import (
    AvailabilityPage,
    availability_for_link,
    confirm_availability,
    note_opened,
    save_availability,
)
from scheduling.use_cases.feeds import link_calendar, unlink_calendar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it goes back to whoever typed it."""

    token: str
    version: int
    """The saved version that the next save replaces."""
    zone: str
    rows: Sequence[Row]
    problems: Mapping[str, str] = field(default_factory=dict)
    changed: bool = False
    """Whether somebody saved since the form was opened."""
    calendar_address: str = ""
    """As it cannot be accepted."""


def save(event: APIGatewayProxyEventV2) -> Response[str]:
    """Save the times; or, with another button, give the form back with a line more or less."""
    form = Form.of(event)
    token, zone, rows = form["token"], form["time_zone"], rows_of(form)
    version = parsed_number(form["version"]) or 0
    if form["action"] not in {"", "save"}:
        changed = changed_rows(rows, form["action"])
        return _typed_page(Typed(token, version, zone, changed), HTTPStatus.OK)
    meant = entered(rows, zone)
    if meant.problems:
        return _refused_page(Typed(token, version, zone, rows, by_field(meant.problems)))
    try:
        save_availability(
            token,
            version=version,
            time_zone=zone,
            entries=meant.windows,
            now=adapters().now(),
            network=network(event),
            links=adapters().links,
            link_keys=adapters().link_keys,
            external_members=adapters().external_members,
        )
    except InvalidInput as refusal:
        problems = by_field(meant.at_rows(refusal.problems))
        return _refused_page(Typed(token, version, zone, rows, problems))
    except AvailabilityChanged as refusal:
        return _typed_page(
            Typed(token, refusal.current_version, zone, rows, changed=True), HTTPStatus.CONFLICT
        )
    return see_other(f"/l/{token}?saved=1", headers=TOKEN_PAGE_HEADERS)


def confirm(event: APIGatewayProxyEventV2) -> Response[str]:
    """Take it that the saved times are still right, on somebody's press."""
    form = Form.of(event)
    token = form["token"]
    try:
        confirm_availability(
            token,
            version=parsed_number(form["version"]) or 0,
            now=adapters().now(),
            network=network(event),
            links=adapters().links,
            link_keys=adapters().link_keys,
            external_members=adapters().external_members,
        )
    except AvailabilityChanged:
        return see_other(f"/l/{token}", headers=TOKEN_PAGE_HEADERS)
    return see_other(f"/l/{token}?confirmed=1", headers=TOKEN_PAGE_HEADERS)


def opened(event: APIGatewayProxyEventV2) -> Response[str]:
    """Note that a person has the page before them: a script tells it on their first touch."""
    note_opened(
        Form.of(event)["token"],
        now=adapters().now(),
        links=adapters().links,
        link_keys=adapters().link_keys,
        external_members=adapters().external_members,
    )
    return Response(
        status_code=HTTPStatus.NO_CONTENT.value,
        content_type="text/html; charset=utf-8",
        body="",
        headers=TOKEN_PAGE_HEADERS,
    )


def link(event: APIGatewayProxyEventV2) -> Response[str]:
    """Link a calendar; or, with the other button, forget it."""
    form = Form.of(event)
    token = form["token"]
    if form["action"] == "remove":
        unlink_calendar(
            token,
            network=network(event),
            now=adapters().now(),
            links=adapters().links,
            link_keys=adapters().link_keys,
            calendar_feeds=adapters().calendar_feeds,
        )
        return see_other(f"/l/{token}?calendar=removed", headers=TOKEN_PAGE_HEADERS)
    try:
        link_calendar(
            token,
            form["address"],
            network=network(event),
            now=adapters().now(),
            links=adapters().links,
            link_keys=adapters().link_keys,
            external_members=adapters().external_members,
            calendar_feeds=adapters().calendar_feeds,
        )
    except InvalidInput as refusal:
        return _address_page(token, form["address"], by_field(refusal.problems))
    return see_other(f"/l/{token}?calendar=linked", headers=TOKEN_PAGE_HEADERS)


def saved_page(token: str, event: APIGatewayProxyEventV2) -> Response[str]:
    """Show what is saved, ready to be changed."""
    view, query = _view(token), Form.of_query(event)
    saved = view.external_member.availability
    return page(
        "availability.html",
        locale=view.organization.locale,
        headers=TOKEN_PAGE_HEADERS,
        staff_view=False,
        saved=bool(saved.version and query["saved"]),
        confirmed=bool(saved.confirmed_at and query["confirmed"]),
        calendar_news=query["calendar"],
        zone_is_a_guess=not saved.version,
        **_values(view, _saved(view, token)),
    )


def staff_page(view: AvailabilityPage) -> Response[str]:
    """Show the page to staff, to look at."""
    return page(
        "availability.html",
        locale=view.organization.locale,
        headers=HEADERS,
        staff_view=True,
        saved=False,
        confirmed=False,
        calendar_news="",
        zone_is_a_guess=False,
        **_values(view, _saved(view, "")),
    )


def _address_page(token: str, address: str, problems: Mapping[str, str]) -> Response[str]:
    typed = replace(_saved(_view(token), token), problems=problems, calendar_address=address)
    return _refused_page(typed)


def _refused_page(typed: Typed) -> Response[str]:
    return _typed_page(typed, HTTPStatus.UNPROCESSABLE_ENTITY)


def _typed_page(typed: Typed, status: HTTPStatus) -> Response[str]:
    view = _view(typed.token)
    return page(
        "availability.html",
        status=status,
        locale=view.organization.locale,
        headers=TOKEN_PAGE_HEADERS,
        staff_view=False,
        saved=False,
        confirmed=False,
        calendar_news="",
        zone_is_a_guess=False,
        **_values(view, typed),
    )


def _values(view: AvailabilityPage, typed: Typed) -> dict[str, Any]:
    saved_zone = view.external_member.availability.time_zone
    zone = typed.zone if time_zone(typed.zone) else saved_zone
    return {
        "organization": view.organization,
        "view": view,
        "terms": view.external_member.request.terms,
        "is_fulfilled": view.external_member.request.fulfilled_at is not None,
        "can_confirm": _can_confirm(view),
        "token": typed.token,
        "version": typed.version,
        "zone": zone,
        "zones": zone_groups(zone, adapters().now(), view.organization.locale),
        "rows": typed.rows or [Row()],
        "blank_row": Row(),
        "problems": typed.problems,
        "changed": typed.changed,
        "calendar_address": typed.calendar_address,
        "now": adapters().now(),
    }


def _can_confirm(view: AvailabilityPage) -> bool:
    """Tell whether it is time to ask whether the times are still right."""
    until = view.external_member.availability.valid_until
    return bool(view.windows) and until is not None and adapters().now() >= until - CONFIRM_BEFORE


def _saved(view: AvailabilityPage, token: str) -> Typed:
    """Return the form as somebody finds it."""
    saved = view.external_member.availability
    rows = rows_for(view.windows, saved.time_zone) or [Row()] * BLANK_ROWS
    return Typed(token, saved.version, saved.time_zone, rows)


def _view(token: str) -> AvailabilityPage:
    return availability_for_link(
        token,
        now=adapters().now(),
        links=adapters().links,
        link_keys=adapters().link_keys,
        organizations=adapters().organizations,
        members=adapters().members,
        external_members=adapters().external_members,
        booking_pages=adapters().booking_pages,
        bookings=adapters().bookings,
        calendar_feeds=adapters().calendar_feeds,
    )
