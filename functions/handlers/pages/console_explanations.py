"""Why a time of a booking page is offered, or is not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from handlers.pages.console_frame import address, console_page, query_of
from handlers.pages.forms import Form, parsed_day, parsed_minutes
from handlers.pages.wording import Badge
from handlers.wiring import adapters
from scheduling.domain.refusals import marked
from scheduling.domain.slots import Verdict
from scheduling.ports import BookingFilter
from scheduling.use_cases.bookings import list_bookings
from scheduling.use_cases.slots import explain_day, own_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.booking import Booking
    from scheduling.domain.sessions import SignedIn
    from scheduling.domain.slots import Explanation
    from scheduling.use_cases.slots import ExplainedDay

VERDICTS = {
    Verdict.OPEN: Badge("good", "check", marked("Open")),
    Verdict.OUTSIDE_HOURS: Badge("neutral", "clock", marked("Outside the hours")),
    Verdict.CLOSED_BY_OVERRIDE: Badge("neutral", "cross", marked("Closed on this date")),
    Verdict.OUT_OF_OFFICE: Badge("neutral", "cross", marked("Away")),
    Verdict.TOO_SOON: Badge("neutral", "clock", marked("Too soon")),
    Verdict.BEYOND_HORIZON: Badge("neutral", "calendar", marked("Too far ahead")),
    Verdict.BUSY: Badge("warning", "booked", marked("Taken")),
    Verdict.HELD: Badge("warning", "clock", marked("Kept")),
    Verdict.BUFFER: Badge("warning", "clock", marked("Too close to another meeting")),
    Verdict.LIMIT: Badge("warning", "alert", marked("Limit reached")),
}

_WIDELY = timedelta(days=2)
"""Meetings that take time on a day, with their buffers, start this near to it."""

_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class ExplainedTimes:
    """Times of a day in a row that share a verdict and its cause."""

    starts: tuple[datetime, ...]
    """In UTC."""
    explanation: Explanation
    """Of the first of them."""
    host_name: str
    """Who fails; empty where nobody does."""
    booking: Booking | None
    """What is in the way."""


def explanations_page(by: SignedIn, slug: str, event: APIGatewayProxyEventV2) -> Response[str]:
    query = Form.of_query(event)
    page = own_page(by, slug, booking_pages=adapters().booking_pages)
    zone = ZoneInfo(page.time_zone)
    day = parsed_day(query["date"]) or adapters().now().astimezone(zone).date()
    explained = explain_day(
        by,
        slug,
        day,
        duration=parsed_minutes(query["duration"]),
        now=adapters().now(),
        booking_pages=adapters().booking_pages,
        hosts=adapters().hosts,
        bookings=adapters().bookings,
    )
    chosen = query_of(query, ["duration"])
    return console_page(
        "explanations.html",
        by,
        page=page,
        duration=explained.offer.duration,
        day_shown=day,
        is_active=explained.is_active,
        unverified=explained.unverified,
        stale=explained.stale,
        times=_grouped(explained, _bookings_around(by, explained)),
        verdicts=VERDICTS,
        chosen=chosen,
        before=address("", chosen | {"date": (day - timedelta(days=1)).isoformat()}),
        after=address("", chosen | {"date": (day + timedelta(days=1)).isoformat()}),
    )


def _grouped(explained: ExplainedDay, bookings: Sequence[Booking]) -> list[ExplainedTimes]:
    names = {host.host_id: host.name for host in explained.offer.hosts}
    by_id = {booking.booking_id: booking for booking in bookings}
    rows = []
    for _, alike in groupby(explained.explanations, key=_cause):
        group = tuple(alike)
        rows.append(
            ExplainedTimes(
                starts=tuple(datetime.fromtimestamp(each.start, UTC) for each in group),
                explanation=group[0],
                host_name=names.get(group[0].host_id, ""),
                booking=by_id.get(group[0].reference),
            )
        )
    return rows


def _cause(explanation: Explanation) -> tuple[object, ...]:
    return (
        explanation.verdict,
        explanation.host_id,
        explanation.source,
        explanation.reference,
        explanation.limit,
    )


def _bookings_around(by: SignedIn, explained: ExplainedDay) -> Sequence[Booking]:
    """Return the bookings that can be in the way on a day, in one list."""
    if not any(each.reference for each in explained.explanations):
        return ()
    starts = [datetime.fromtimestamp(each.start, UTC) for each in explained.explanations]
    which = BookingFilter(after=starts[0] - _WIDELY, before=starts[-1] + _WIDELY)
    found = list_bookings(by, which, cursor=None, limit=_AT_ONCE, bookings=adapters().bookings)
    return found.items
