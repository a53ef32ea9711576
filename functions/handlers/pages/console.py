"""The console: what members see."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from handlers.pages.availability import staff_page
from handlers.pages.entry import answer, page_app
from handlers.pages.forms import Form, by_field
from handlers.pages.rendering import page, see_other
from handlers.pages.wording import has_failed, is_overdue
from handlers.problems import status_of
from handlers.requests import staff
from handlers.wiring import adapters
from scheduling.domain.booking import BookingState
from scheduling.domain.booking_page import BookingRules
from scheduling.domain.refusals import EmailAlreadyInvited, InvalidInput
from scheduling.use_cases.availability import availability_for_staff
from scheduling.use_cases.booking import list_bookings
from scheduling.use_cases.booking_pages import list_booking_pages
from scheduling.use_cases.external_members import (
    ExternalMemberOverview,
    ask_again,
    external_member_overview,
    invite_external_member,
    list_external_members,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from scheduling.domain.people import Member
    from scheduling.domain.sessions import SignedIn
    from scheduling.ports import ListPage

ROWS = 50
"""How many rows a page of a list has."""

NEXT_BOOKINGS = 8

DURATIONS = {str(minutes): timedelta(minutes=minutes) for minutes in (15, 20, 30, 45, 60, 90, 120)}
"""By what the form sends."""

app = page_app()
logger = Logger()


@app.get("/console")
def get_today() -> Response[str]:
    by = staff(app.current_event)
    now = adapters().now()
    external_members = list(_every_external_member(by))
    bookings = list_bookings(by, after=now, cursor=None, limit=ROWS, bookings=adapters().bookings)
    taking_place = [
        booking for booking in bookings.items if booking.state is BookingState.CONFIRMED
    ]
    return _console_page(
        "today.html",
        by,
        has_external_members=bool(external_members),
        waiting=[
            overview
            for overview in external_members
            if has_failed(overview.delivery) or is_overdue(overview.member, now)
        ],
        bookings=taking_place[:NEXT_BOOKINGS],
    )


@app.get("/console/external-members")
def get_external_members() -> Response[str]:
    by = staff(app.current_event)
    found = _external_members(by, cursor=Form.of_query(app.current_event)["cursor"] or None)
    return _console_page(
        "external_members.html", by, members=found.items, next_cursor=found.next_cursor
    )


@app.get("/console/external-members/new")
def get_invitation() -> Response[str]:
    by = staff(app.current_event)
    blank = Form({"person_in_charge_id": [by.member.member_id], "duration_minutes": ["30"]})
    return _invitation_page(by, blank)


@app.post("/console/external-members/new")
def post_invitation() -> Response[str]:
    by = staff(app.current_event)
    form = Form.of(app.current_event)
    try:
        member = invite_external_member(
            by,
            name=form["name"],
            email=form["email"],
            person_in_charge_id=form["person_in_charge_id"],
            title=form["title"],
            location=form["location"],
            rules=BookingRules(duration=DURATIONS.get(form["duration_minutes"], timedelta(0))),
            now=adapters().now(),
            members=adapters().members,
            external_members=adapters().external_members,
        )
    except InvalidInput as refusal:
        return _invitation_page(
            by, form, problems=by_field(refusal.problems), status=status_of(refusal)
        )
    except EmailAlreadyInvited as refusal:
        return _invitation_page(
            by, form, problems={"email": refusal.message}, status=status_of(refusal)
        )
    logger.info("external member invited", external_member_id=member.external_member_id)
    return see_other(f"/console/external-members/{member.external_member_id}?news=invited")


@app.get("/console/external-members/<external_member_id>")
def get_external_member(external_member_id: str) -> Response[str]:
    by = staff(app.current_event)
    overview = _overview(by, external_member_id)
    return _console_page(
        "external_member.html",
        by,
        overview=overview,
        has_failed=has_failed(overview.delivery),
        news=Form.of_query(app.current_event)["news"],
    )


@app.get("/console/external-members/<external_member_id>/availability-requests")
def get_request(external_member_id: str) -> Response[str]:
    """Ask before asking again: nothing is sent from here."""
    by = staff(app.current_event)
    return _console_page("ask_again.html", by, overview=_overview(by, external_member_id))


@app.post("/console/external-members/<external_member_id>/availability-requests")
def post_request(external_member_id: str) -> Response[str]:
    by = staff(app.current_event)
    ask_again(
        by,
        external_member_id,
        now=adapters().now(),
        external_members=adapters().external_members,
    )
    logger.info("external member asked again", external_member_id=external_member_id)
    return see_other(f"/console/external-members/{external_member_id}?news=asked")


@app.get("/console/external-members/<external_member_id>/availability")
def get_availability(external_member_id: str) -> Response[str]:
    view = availability_for_staff(
        staff(app.current_event),
        external_member_id,
        now=adapters().now(),
        links=adapters().links,
        members=adapters().members,
        external_members=adapters().external_members,
        booking_pages=adapters().booking_pages,
        bookings=adapters().bookings,
    )
    logger.info("availability page seen by staff", external_member_id=external_member_id)
    return staff_page(view)


@app.get("/console/bookings")
def get_bookings() -> Response[str]:
    by = staff(app.current_event)
    found = list_bookings(
        by,
        after=adapters().now(),
        cursor=Form.of_query(app.current_event)["cursor"] or None,
        limit=ROWS,
        bookings=adapters().bookings,
    )
    return _console_page("bookings.html", by, bookings=found.items, next_cursor=found.next_cursor)


@app.get("/console/booking-pages")
def get_booking_pages() -> Response[str]:
    by = staff(app.current_event)
    found = list_booking_pages(
        by,
        cursor=Form.of_query(app.current_event)["cursor"] or None,
        limit=ROWS,
        now=adapters().now(),
        booking_pages=adapters().booking_pages,
        external_members=adapters().external_members,
    )
    return _console_page("booking_pages.html", by, pages=found.items, next_cursor=found.next_cursor)


def _console_page(
    template: str, by: SignedIn, *, status: HTTPStatus = HTTPStatus.OK, **values: Any
) -> Response[str]:
    now = adapters().now()
    return page(
        f"console/{template}",
        status=status,
        locale=by.organization.locale,
        by=by,
        now=now,
        zone=by.member.time_zone,
        base_url=adapters().base_url,
        **values,
    )


def _invitation_page(
    by: SignedIn,
    form: Form,
    *,
    problems: Mapping[str, str] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response[str]:
    return _console_page(
        "invite.html",
        by,
        status=status,
        form=form,
        problems=problems or {},
        members=list(_every_member(by)),
        durations=DURATIONS,
    )


def _overview(by: SignedIn, external_member_id: str) -> ExternalMemberOverview:
    return external_member_overview(
        by,
        external_member_id,
        members=adapters().members,
        external_members=adapters().external_members,
        outbox=adapters().outbox,
    )


def _external_members(by: SignedIn, *, cursor: str | None) -> ListPage[ExternalMemberOverview]:
    return list_external_members(
        by,
        cursor=cursor,
        limit=ROWS,
        members=adapters().members,
        external_members=adapters().external_members,
        outbox=adapters().outbox,
    )


def _every_external_member(by: SignedIn) -> Iterator[ExternalMemberOverview]:
    found = _external_members(by, cursor=None)
    yield from found.items
    while found.next_cursor:
        found = _external_members(by, cursor=found.next_cursor)
        yield from found.items


def _every_member(by: SignedIn) -> Iterator[Member]:
    cursor = None
    while True:
        found = adapters().members.list(by.organization.organization_id, cursor=cursor, limit=ROWS)
        yield from found.items
        cursor = found.next_cursor
        if cursor is None:
            return


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return answer(app, event, context)
