"""External members: who was asked, how far they are, and seeing them off."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from handlers.pages.availability import staff_page
from handlers.pages.console_frame import (
    ROWS,
    address,
    console_page,
    query_of,
    suggested_members,
)
from handlers.pages.forms import Form, by_field
from handlers.pages.rendering import see_other
from handlers.pages.request_terms_form import REMINDERS, typed_terms, usual_fields
from handlers.pages.wording import STANDINGS
from handlers.problems import status_of
from handlers.wiring import adapters
from scheduling.domain.booking import BookingState
from scheduling.domain.booking_page import BookingRules
from scheduling.domain.people import Feature
from scheduling.domain.refusals import (
    EmailAlreadyInvited,
    InvalidInput,
    TooManyRequests,
    UpcomingBookings,
)
from scheduling.domain.standing import Standing
from scheduling.ports import BookingFilter, ExternalMemberFilter
from scheduling.use_cases.availability import show_availability_to_staff
from scheduling.use_cases.availability_requests import ask_again
from scheduling.use_cases.booking_pages import list_booking_pages
from scheduling.use_cases.bookings import export_bookings
from scheduling.use_cases.external_members import (
    LISTED_BOOKINGS,
    BookingsToCome,
    ExternalMemberOverview,
    delete_external_member,
    external_member_overview,
    invite_external_member,
    list_external_members,
)
from scheduling.use_cases.feeds import linked_calendar
from scheduling.use_cases.members import member_id_at
from scheduling.use_cases.organization_features import require_feature

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.sessions import SignedIn

LIST = "/console/external-members"

FILTERS = ("q", "person", "standing")

DURATIONS = {str(minutes): timedelta(minutes=minutes) for minutes in (15, 20, 30, 45, 60, 90, 120)}
"""By what the form sends."""

logger = Logger()


def list_page(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of_query(event)
    cursor = form["cursor"] or None
    suggestions = suggested_members(by)
    wanted = _wanted(by, form)
    found = list_external_members(
        by,
        wanted,
        cursor=cursor,
        limit=ROWS,
        now=adapters().now(),
        members=adapters().members,
        external_members=adapters().external_members,
        outbox=adapters().outbox,
        known=suggestions,
    )
    query = query_of(form, FILTERS)
    return console_page(
        "external_members.html",
        by,
        members=found.items,
        is_whole=cursor is None and found.next_cursor is None,
        following=found.next_cursor and address("", query | {"cursor": found.next_cursor}),
        export=_export_of(wanted),
        form=form,
        is_filtered=bool(query),
        standings=STANDINGS,
        suggestions=suggestions,
        news=form["news"],
    )


def _wanted(by: SignedIn, form: Form) -> ExternalMemberFilter:
    standing = form["standing"]
    return ExternalMemberFilter(
        text=form["q"].strip().lower(),
        person_in_charge_id=member_id_at(by, form["person"], members=adapters().members) or None,
        standings=(Standing(standing),) if standing in STANDINGS else (),
    )


def _export_of(wanted: ExternalMemberFilter) -> str:
    """Return where the API has the same external members as a table."""
    query = {
        "q": wanted.text,
        "person_in_charge_id": wanted.person_in_charge_id or "",
        "standing": "".join(wanted.standings),
    }
    given = {name: value for name, value in query.items() if value}
    return address("/api/external-members.csv", given)


def invitation_page(
    by: SignedIn,
    form: Form | None = None,
    *,
    problems: Mapping[str, str] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response[str]:
    require_feature(by, Feature.EXTERNAL_MEMBERS)
    blank = Form(
        {
            "person_in_charge_id": [by.member.email],
            "duration_minutes": ["30"],
            **usual_fields(by, adapters().now()),
        }
    )
    return console_page(
        "invite.html",
        by,
        status=status,
        form=form or blank,
        problems=problems or {},
        suggestions=suggested_members(by),
        durations=DURATIONS,
        reminders=REMINDERS,
    )


def invite(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of(event)
    duration = DURATIONS.get(form["duration_minutes"], timedelta(0))
    now = adapters().now()
    try:
        member = invite_external_member(
            by,
            name=form["name"],
            email=form["email"],
            person_in_charge_id=member_id_at(
                by, form["person_in_charge_id"], members=adapters().members
            ),
            title=form["title"],
            location=form["location"],
            rules=BookingRules(durations=(duration,)),
            terms=typed_terms(form, by, now=now),
            now=now,
            members=adapters().members,
            external_members=adapters().external_members,
            rate_limits=adapters().rate_limits,
        )
    except InvalidInput as refusal:
        problems = by_field(refusal.problems)
        if "durations_minutes.0" in problems:
            problems["duration_minutes"] = problems.pop("durations_minutes.0")
        return invitation_page(by, form, problems=problems, status=status_of(refusal))
    except (EmailAlreadyInvited, TooManyRequests) as refusal:
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
        calendar=linked_calendar(by, external_member_id, calendar_feeds=adapters().calendar_feeds),
        news=Form.of_query(event)["news"],
    )


def request_page(
    by: SignedIn,
    external_member_id: str,
    form: Form | None = None,
    *,
    problems: Mapping[str, str] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response[str]:
    """Ask before asking again: nothing is sent from here."""
    return console_page(
        "ask_again.html",
        by,
        status=status,
        overview=_overview(by, external_member_id),
        form=form or Form(usual_fields(by, adapters().now())),
        problems=problems or {},
        reminders=REMINDERS,
    )


def request(by: SignedIn, external_member_id: str, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of(event)
    now = adapters().now()
    try:
        ask_again(
            by,
            external_member_id,
            typed_terms(form, by, now=now),
            now=now,
            external_members=adapters().external_members,
            rate_limits=adapters().rate_limits,
            reputation=adapters().reputation,
        )
    except InvalidInput as refusal:
        problems = by_field(refusal.problems)
        return request_page(
            by, external_member_id, form, problems=problems, status=status_of(refusal)
        )
    logger.info("external member asked again", external_member_id=external_member_id)
    return see_other(f"{LIST}/{external_member_id}?news=asked")


def availability_page(by: SignedIn, external_member_id: str) -> Response[str]:
    """Show staff what the external member sees; that they looked is written down."""
    view = show_availability_to_staff(
        by,
        external_member_id,
        now=adapters().now(),
        links=adapters().links,
        members=adapters().members,
        external_members=adapters().external_members,
        booking_pages=adapters().booking_pages,
        bookings=adapters().bookings,
        audit_log=adapters().audit_log,
        calendar_feeds=adapters().calendar_feeds,
    )
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
