"""Bookings: finding them, looking at one, and deciding about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response

from handlers import bookings_csv, csv_tables
from handlers.online_meetings import join_url_of
from handlers.pages.console_frame import (
    ROWS,
    address,
    console_page,
    headers_of,
    host_names,
    member_or_none,
    query_of,
    suggested_members,
)
from handlers.pages.forms import Form, by_field, parsed_day
from handlers.pages.rendering import HEADERS, see_other
from handlers.problems import status_of
from handlers.wiring import adapters
from scheduling.domain.booking import BookingState
from scheduling.domain.calendar_events import EventState, KnownEvents
from scheduling.domain.connections import ConnectionState
from scheduling.domain.hosts import HostKind
from scheduling.domain.messages import Recipient
from scheduling.domain.refusals import (
    BookingChanged,
    BookingClosed,
    BookingNotBegun,
    BookingUndecided,
    BusyTryAgain,
    InvalidInput,
    RequestDecided,
    marked,
)
from scheduling.domain.zones import instant
from scheduling.ports import BookingFilter
from scheduling.use_cases.bookings import (
    approve_booking,
    cancel_booking,
    decline_booking,
    export_bookings,
    list_bookings,
    mark_no_show,
    view_booking,
)
from scheduling.use_cases.members import member_id_at
from translations.catalogue import translations_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.booking import Booking
    from scheduling.domain.calendar_events import EventTask
    from scheduling.domain.refusals import SchedulingError
    from scheduling.domain.sessions import SignedIn

LIST = "/console/bookings"

FILTERS = ("state", "host", "person", "q", "from", "to", "order")

ENDED_BY = {
    Recipient.GUEST: marked("by the guest"),
    Recipient.HOST: marked("by the host"),
    Recipient.PERSON_IN_CHARGE: marked("by the person in charge"),
    Recipient.MEMBER: marked("by the team"),
}

STATES = {
    BookingState.PENDING: marked("Waiting for approval"),
    BookingState.CONFIRMED: marked("Confirmed"),
    BookingState.CANCELLED: marked("Cancelled"),
    BookingState.DECLINED: marked("Declined"),
    BookingState.EXPIRED: marked("Expired"),
    BookingState.NO_SHOW: marked("Did not come"),
}

REASONS = {
    "not_connected": marked("none of the hosts has connected it."),
    "meeting_pending": marked("the provider has not made it yet."),
    ConnectionState.RECONNECT_REQUIRED: marked("the sign-in has expired."),
    ConnectionState.INSUFFICIENT_SCOPE: marked("not everything was allowed that is needed."),
    ConnectionState.ADMIN_BLOCKED: marked("the administrator of the account blocks Parley."),
    ConnectionState.ACCOUNT_DISABLED: marked("the account is disabled."),
    ConnectionState.CALENDAR_GONE: marked("the calendar is gone, or no longer shared."),
    ConnectionState.NO_MEET: marked("the account cannot make Meet meetings."),
    ConnectionState.MEETING_LIMIT: marked("the account has made as many meetings as it may today."),
    ConnectionState.APP_MISCONFIGURED: marked("Parley is not known to the provider any more."),
}
"""Why calendars or meetings are not as they shall be."""

PROVIDER_FAILED = marked("the provider does not answer as it should.")

REFUSED = (
    BookingChanged,
    BookingClosed,
    BookingNotBegun,
    BookingUndecided,
    BusyTryAgain,
    RequestDecided,
)
"""What can stand in the way of a change; the page of the booking says so."""

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

logger = Logger()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The filters of the list, as they stand in its address, and what they mean."""

    which: BookingFilter
    problems: Mapping[str, str]
    """What could not be read, by the name of the filter."""


def list_page(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of_query(event)
    wanted = _wanted(by, form)
    cursor = form["cursor"] or None
    found = list_bookings(by, wanted.which, cursor=cursor, limit=ROWS, bookings=adapters().bookings)
    query = query_of(form, FILTERS)
    return console_page(
        "bookings.html",
        by,
        bookings=found.items,
        is_whole=cursor is None and found.next_cursor is None,
        following=found.next_cursor and address("", query | {"cursor": found.next_cursor}),
        export=address(f"{LIST}.csv", query),
        form=form,
        is_filtered=bool(query),
        problems=wanted.problems,
        states=STATES,
        hosts=host_names(by),
        suggestions=suggested_members(by),
        today=adapters().now().astimezone(ZoneInfo(by.member.time_zone)).date(),
    )


def export(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    """Return the filtered bookings as a table to open elsewhere."""
    wanted = _wanted(by, Form.of_query(event))
    found = export_bookings(by, wanted.which, bookings=adapters().bookings)
    logger.info("bookings exported")
    return Response(
        status_code=HTTPStatus.OK.value,
        content_type=csv_tables.CONTENT_TYPE,
        body=bookings_csv.csv_of(found, ZoneInfo(by.member.time_zone)),
        headers={**HEADERS, **bookings_csv.HEADERS},
    )


def detail_page(by: SignedIn, booking_id: str, event: APIGatewayProxyEventV2) -> Response[str]:
    booking = view_booking(by, booking_id, bookings=adapters().bookings)
    return booking_page(by, booking, news=Form.of_query(event)["news"])


def booking_page(
    by: SignedIn,
    booking: Booking,
    *,
    news: str = "",
    refusal: SchedulingError | None = None,
    action: str = "",
    reason: str = "",
) -> Response[str]:
    """Show a booking with what can be done about it.

    Args:
        refusal: Why `action` was not done.
        reason: What was typed for it.
    """
    now = adapters().now()
    known = _known_events(booking)
    problems = by_field(refusal.problems) if isinstance(refusal, InvalidInput) else {}
    return console_page(
        "booking.html",
        by,
        status=HTTPStatus.OK if refusal is None else status_of(refusal),
        headers=HEADERS if refusal is None else headers_of(refusal),
        booking=booking,
        join_url=join_url_of(booking),
        unwritten=_unwritten(by, booking, known.task) if known.task else [],
        is_tried_again=known.task is not None and known.task.due_at is not None,
        diverged=[
            host.name
            for host in booking.hosts
            for event in known.of_hosts
            if event.host_id == host.host_id and event.state is EventState.DIVERGED
        ],
        person_in_charge=member_or_none(by, booking.person_in_charge_id),
        can_be_decided=booking.state is BookingState.PENDING and not booking.is_overdue(now),
        can_be_changed=booking.is_changeable(now),
        may_be_missed=booking.state is BookingState.CONFIRMED and now >= booking.time.start,
        ended_by=booking.ended_by and ENDED_BY[booking.ended_by],
        news=news,
        refusal="" if refusal is None or problems else str(refusal),
        problems=problems,
        action=action,
        reason=reason,
    )


def _known_events(booking: Booking) -> KnownEvents:
    """Return what is known of events in calendars; only those of members are written into."""
    if not any(host.key.kind is HostKind.MEMBER for host in booking.hosts):
        return KnownEvents()
    return adapters().calendar_events.known(booking.organization_id, booking.booking_id)


def _unwritten(by: SignedIn, booking: Booking, task: EventTask) -> list[str]:
    """Return sentences that say what of a booking is missing elsewhere, and why."""
    _ = translations_for(by.locale).gettext
    names = {host.host_id: host.name for host in booking.hosts}
    sentences = []
    for problem in task.problems:
        reason = _(REASONS.get(problem.reason, PROVIDER_FAILED))
        name = names.get(problem.host_id, "") or _("a former host")
        sentence = (
            _("There is no link to join yet: %(reason)s")
            if problem.is_meeting
            else _("Not in the calendar of %(name)s: %(reason)s")
        )
        sentences.append(sentence % {"name": name, "reason": reason})
    return sentences


def approve(by: SignedIn, booking_id: str) -> Response[str]:
    return _changed(
        by,
        booking_id,
        "approved",
        lambda: approve_booking(by, booking_id, now=adapters().now(), bookings=adapters().bookings),
    )


def decline(by: SignedIn, booking_id: str, event: APIGatewayProxyEventV2) -> Response[str]:
    reason = Form.of(event)["reason"]
    return _changed(
        by,
        booking_id,
        "declined",
        lambda: decline_booking(
            by, booking_id, reason=reason, now=adapters().now(), bookings=adapters().bookings
        ),
        reason=reason,
    )


def cancel(by: SignedIn, booking_id: str, event: APIGatewayProxyEventV2) -> Response[str]:
    reason = Form.of(event)["reason"]
    return _changed(
        by,
        booking_id,
        "cancelled",
        lambda: cancel_booking(
            by, booking_id, reason=reason, now=adapters().now(), bookings=adapters().bookings
        ),
        reason=reason,
    )


def miss(by: SignedIn, booking_id: str) -> Response[str]:
    return _changed(
        by,
        booking_id,
        "missed",
        lambda: mark_no_show(by, booking_id, now=adapters().now(), bookings=adapters().bookings),
    )


def _changed(
    by: SignedIn,
    booking_id: str,
    action: str,
    change: Callable[[], Booking],
    *,
    reason: str = "",
) -> Response[str]:
    """Change a booking and show it; where that is refused, show it as it is, and why."""
    try:
        change()
    except (InvalidInput, *REFUSED) as refusal:
        booking = view_booking(by, booking_id, bookings=adapters().bookings)
        return booking_page(by, booking, refusal=refusal, action=action, reason=reason)
    logger.info("booking changed", booking_id=booking_id, change=action)
    return see_other(f"{LIST}/{booking_id}?news={action}")


def _wanted(by: SignedIn, form: Form) -> _Wanted:
    """Return what the filters mean; without dates, what is still to come."""
    zone = ZoneInfo(by.member.time_zone)
    first, last = parsed_day(form["from"]), parsed_day(form["to"])
    message = marked("Please choose a day, like 2026-12-01.")
    problems = {
        name: message for name, day in (("from", first), ("to", last)) if form[name] and day is None
    }
    if first is not None:
        after = _midnight(first, zone)
    else:
        after = adapters().now() if last is None else _LONG_AGO
    which = BookingFilter(
        after=after,
        before=None if last is None else _midnight(last + timedelta(days=1), zone),
        host_id=form["host"] or None,
        person_in_charge_id=member_id_at(by, form["person"], members=adapters().members) or None,
        states=tuple(state for state in BookingState if state == form["state"]),
        text=form["q"].strip().lower(),
        latest_first=form["order"] == "latest",
    )
    return _Wanted(which, problems)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return instant(day, time(), zone)
