"""External members: who was asked, how far they are, and seeing them off."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from handlers.pages.availability import staff_page
from handlers.pages.console_frame import ROWS, console_page, every_member
from handlers.pages.forms import Form, by_field
from handlers.pages.rendering import see_other
from handlers.pages.wording import has_failed
from handlers.problems import status_of
from handlers.wiring import adapters
from scheduling.domain.booking import BookingState
from scheduling.domain.booking_page import BookingRules
from scheduling.domain.refusals import EmailAlreadyInvited, InvalidInput, UpcomingBookings
from scheduling.ports import BookingFilter
from scheduling.use_cases.availability import availability_for_staff
from scheduling.use_cases.booking_pages import list_booking_pages
from scheduling.use_cases.bookings import export_bookings
from scheduling.use_cases.external_members import (
    LISTED_BOOKINGS,
    BookingsToCome,
    ExternalMemberOverview,
    ask_again,
    delete_external_member,
    external_member_overview,
    invite_external_member,
    list_external_members,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.sessions import SignedIn

LIST = "/console/external-members"

DURATIONS = {str(minutes): timedelta(minutes=minutes) for minutes in (15, 20, 30, 45, 60, 90, 120)}
"""By what the form sends."""

logger = Logger()


def list_page(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    query = Form.of_query(event)
    found = list_external_members(
        by,
        cursor=query["cursor"] or None,
        limit=ROWS,
        members=adapters().members,
        external_members=adapters().external_members,
        outbox=adapters().outbox,
    )
    return console_page(
        "external_members.html",
        by,
        members=found.items,
        next_cursor=found.next_cursor,
        news=query["news"],
    )


def invitation_page(
    by: SignedIn,
    form: Form | None = None,
    *,
    problems: Mapping[str, str] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response[str]:
    blank = Form({"person_in_charge_id": [by.member.member_id], "duration_minutes": ["30"]})
    return console_page(
        "invite.html",
        by,
        status=status,
        form=form or blank,
        problems=problems or {},
        members=list(every_member(by)),
        durations=DURATIONS,
    )


def invite(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of(event)
    duration = DURATIONS.get(form["duration_minutes"], timedelta(0))
    try:
        member = invite_external_member(
            by,
            name=form["name"],
            email=form["email"],
            person_in_charge_id=form["person_in_charge_id"],
            title=form["title"],
            location=form["location"],
            rules=BookingRules(durations=(duration,)),
            now=adapters().now(),
            members=adapters().members,
            external_members=adapters().external_members,
        )
    except InvalidInput as refusal:
        problems = by_field(refusal.problems)
        if "durations_minutes.0" in problems:
            problems["duration_minutes"] = problems.pop("durations_minutes.0")
        return invitation_page(by, form, problems=problems, status=status_of(refusal))
    except EmailAlreadyInvited as refusal:
        return invitation_page(
            by, form, problems={"email": refusal.message}, status=status_of(refusal)
        )
    logger.info("external member invited", external_member_id=member.external_member_id)
    return see_other(f"{LIST}/{member.external_member_id}?news=invited")


def detail_page(
    by: SignedIn, external_member_id: str, event: APIGatewayProxyEventV2
) -> Response[str]:
    overview = _overview(by, external_member_id)
    pages = list_booking_pages(
        by,
        host_id=external_member_id,
        cursor=None,
        limit=ROWS,
        now=adapters().now(),
        booking_pages=adapters().booking_pages,
        hosts=adapters().hosts,
    )
    return console_page(
        "external_member.html",
        by,
        overview=overview,
        pages=pages.items,
        has_more_pages=pages.next_cursor is not None,
        has_failed=has_failed(overview.delivery),
        news=Form.of_query(event)["news"],
    )


def request_page(by: SignedIn, external_member_id: str) -> Response[str]:
    """Ask before asking again: nothing is sent from here."""
    return console_page("ask_again.html", by, overview=_overview(by, external_member_id))


def request(by: SignedIn, external_member_id: str) -> Response[str]:
    ask_again(
        by,
        external_member_id,
        now=adapters().now(),
        external_members=adapters().external_members,
        rate_limits=adapters().rate_limits,
    )
    logger.info("external member asked again", external_member_id=external_member_id)
    return see_other(f"{LIST}/{external_member_id}?news=asked")


def availability_page(by: SignedIn, external_member_id: str) -> Response[str]:
    view = availability_for_staff(
        by,
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


def deletion_page(
    by: SignedIn, external_member_id: str, *, refusal: UpcomingBookings | None = None
) -> Response[str]:
    """Ask before deleting, and what becomes of the bookings to come."""
    overview = _overview(by, external_member_id)
    to_come = BookingFilter(
        after=adapters().now(),
        host_id=external_member_id,
        states=(BookingState.PENDING, BookingState.CONFIRMED),
    )
    found = export_bookings(by, to_come, bookings=adapters().bookings)
    return console_page(
        "external_member_deletion.html",
        by,
        status=HTTPStatus.OK if refusal is None else status_of(refusal),
        overview=overview,
        bookings=list(islice(found, LISTED_BOOKINGS)),
        most=LISTED_BOOKINGS,
        problems={} if refusal is None else {"bookings": refusal.message},
    )


def delete(by: SignedIn, external_member_id: str, event: APIGatewayProxyEventV2) -> Response[str]:
    said = Form.of(event)["bookings"]
    try:
        delete_external_member(
            by,
            external_member_id,
            bookings_to_come=BookingsToCome(said) if said in list(BookingsToCome) else None,
            now=adapters().now(),
            external_members=adapters().external_members,
            bookings=adapters().bookings,
        )
    except UpcomingBookings as refusal:
        return deletion_page(by, external_member_id, refusal=refusal)
    logger.info("external member deleted", external_member_id=external_member_id)
    return see_other(f"{LIST}?news=deleted")


def _overview(by: SignedIn, external_member_id: str) -> ExternalMemberOverview:
    return external_member_overview(
        by,
        external_member_id,
        members=adapters().members,
        external_members=adapters().external_members,
        outbox=adapters().outbox,
    )
