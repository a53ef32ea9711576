"""Picking a time for somebody else: moving a meeting, booking for a guest."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aws_lambda_powertools import Logger

from handlers.pages.console_bookings import LIST, REFUSED, booking_page
from handlers.pages.console_frame import ROWS, address, console_page, headers_of
from handlers.pages.forms import (
    Form,
    by_field,
    parsed_day,
    parsed_instant,
    parsed_minutes,
    parsed_month,
    typed_addresses,
    with_other_guests_as_one,
    written_minutes,
)
from handlers.pages.picker import Days, picker
from handlers.pages.rendering import HEADERS, see_other
from handlers.pages.zones import zone_groups
from handlers.problems import status_of
from handlers.wiring import adapters
from scheduling.domain.identifiers import new_id
from scheduling.domain.refusals import (
    BookingPageGone,
    BookingPageInactive,
    BusyTryAgain,
    IdempotencyKeyReused,
    InvalidInput,
    SlotUnavailable,
)
from scheduling.use_cases.booking import BookingRequest, book_for_guest
from scheduling.use_cases.booking_pages import list_booking_pages
from scheduling.use_cases.bookings import move_booking, view_booking
from scheduling.use_cases.slots import offer_of, open_starts, own_page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from handlers.pages.picker import Picker
    from scheduling.domain.booking import Booking
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.hosts import Host
    from scheduling.domain.refusals import SchedulingError
    from scheduling.domain.sessions import SignedIn
    from scheduling.domain.time_range import TimeRange
    from scheduling.use_cases.slots import Offer

logger = Logger()


def move_page(by: SignedIn, booking_id: str, event: APIGatewayProxyEventV2) -> Response[str]:
    """Offer the times of the booking's page; once one is chosen, ask before moving."""
    booking = view_booking(by, booking_id, bookings=adapters().bookings)
    query = Form.of_query(event)
    start = parsed_instant(query["start"])
    if start is not None:
        return _confirm_page(by, booking, start)
    try:
        booking.check_changeable(adapters().now())
        page = own_page(by, booking.booking_page_slug, booking_pages=adapters().booking_pages)
        offer = _open_offer(page, booking.time.length)
    except (BookingPageGone, BookingPageInactive, *REFUSED) as refusal:
        return booking_page(by, booking, refusal=refusal)
    picked = _picker(by, offer, query, path=f"{LIST}/{booking_id}/move", apart_from=booking_id)
    return console_page(
        "booking_move.html",
        by,
        booking=booking,
        picker=picked,
        stale=_names(offer.stale_hosts(adapters().now())),
        unverified=_names(offer.unverified_hosts(adapters().now())),
    )


def move(by: SignedIn, booking_id: str, event: APIGatewayProxyEventV2) -> Response[str]:
    start = parsed_instant(Form.of(event)["start"])
    if start is None:
        return see_other(f"{LIST}/{booking_id}/move")
    try:
        move_booking(
            by,
            booking_id,
            start,
            now=adapters().now(),
            booking_pages=adapters().booking_pages,
            hosts=adapters().hosts,
            bookings=adapters().bookings,
            live_look=adapters().live_look,
        )
    except SlotUnavailable as refusal:
        booking = view_booking(by, booking_id, bookings=adapters().bookings)
        return _confirm_page(by, booking, start, refusal=refusal)
    except (BookingPageGone, BookingPageInactive, *REFUSED) as refusal:
        booking = view_booking(by, booking_id, bookings=adapters().bookings)
        return booking_page(by, booking, refusal=refusal)
    logger.info("booking moved by staff", booking_id=booking_id)
    return see_other(f"{LIST}/{booking_id}?news=moved")


def new_booking_page(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    """Offer the pages to book on, then the times of one, then the form."""
    query = Form.of_query(event)
    if not query["page"]:
        return _choose_page(by, query)
    page = own_page(by, query["page"], booking_pages=adapters().booking_pages)
    duration = _duration(page, query)
    start = parsed_instant(query["start"])
    if start is not None:
        return _guest_form_page(by, page, duration, start, Form(), form_id=new_id())
    try:
        offer = _open_offer(page, duration)
    except (BookingPageGone, BookingPageInactive) as refusal:
        return _choose_page(by, query, refusal=refusal)
    return console_page(
        "booking_new.html",
        by,
        page=page,
        duration=duration,
        picker=_picker(by, offer, query, path=f"{LIST}/new"),
        stale=_names(offer.stale_hosts(adapters().now())),
        unverified=_names(offer.unverified_hosts(adapters().now())),
        durations=[
            (length, address("", {"page": page.slug, "duration_minutes": written_minutes(length)}))
            for length in page.rules.durations
        ],
    )


def book(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of(event)
    start = parsed_instant(form["start"])
    if start is None:
        return see_other(f"{LIST}/new")
    page = own_page(by, form["page"], booking_pages=adapters().booking_pages)
    duration = _duration(page, form)
    form_id = form["form_id"] or new_id()
    request = BookingRequest(
        start=start,
        name=form["name"],
        email=form["email"],
        note=form["note"],
        time_zone=form["time_zone"],
        duration=duration,
        other_guests=typed_addresses(form["other_guests"]),
        answers={
            question.question_id: form[f"answers.{question.question_id}"]
            for question in page.questions
        },
    )
    try:
        booked = book_for_guest(
            by,
            page.slug,
            request,
            key=form_id,
            now=adapters().now(),
            base_url=adapters().base_url,
            booking_pages=adapters().booking_pages,
            hosts=adapters().hosts,
            bookings=adapters().bookings,
            live_look=adapters().live_look,
            links=adapters().links,
            link_keys=adapters().link_keys,
        )
    except IdempotencyKeyReused as refusal:
        return _guest_form_page(by, page, duration, start, form, form_id=new_id(), refusal=refusal)
    except (
        BookingPageGone,
        BookingPageInactive,
        BusyTryAgain,
        InvalidInput,
        SlotUnavailable,
    ) as refusal:
        return _guest_form_page(by, page, duration, start, form, form_id=form_id, refusal=refusal)
    booking_id = booked.booking.booking_id
    logger.info("slot booked by staff", booking_id=booking_id)
    return see_other(f"{LIST}/{booking_id}?news=booked")


def _confirm_page(
    by: SignedIn, booking: Booking, start: datetime, *, refusal: SlotUnavailable | None = None
) -> Response[str]:
    return console_page(
        "booking_move_confirm.html",
        by,
        status=HTTPStatus.OK if refusal is None else status_of(refusal),
        booking=booking,
        start=start,
        refusal="" if refusal is None else refusal.message,
        alternatives=() if refusal is None else refusal.alternatives,
    )


def _choose_page(
    by: SignedIn, query: Form, *, refusal: SchedulingError | None = None
) -> Response[str]:
    found = list_booking_pages(
        by,
        cursor=query["cursor"] or None,
        limit=ROWS,
        now=adapters().now(),
        booking_pages=adapters().booking_pages,
        hosts=adapters().hosts,
    )
    return console_page(
        "booking_new_page.html",
        by,
        status=HTTPStatus.OK if refusal is None else status_of(refusal),
        pages=[view for view in found.items if view.is_active],
        next_cursor=found.next_cursor,
        refusal="" if refusal is None else refusal.message,
    )


def _guest_form_page(
    by: SignedIn,
    page: BookingPage,
    duration: timedelta,
    start: datetime,
    form: Form,
    *,
    form_id: str,
    refusal: SchedulingError | None = None,
) -> Response[str]:
    """Show the form with what was typed, and what stands in the way."""
    locale, zone = by.locale, form["time_zone"] or page.time_zone
    problems = by_field(refusal.problems) if isinstance(refusal, InvalidInput) else {}
    return console_page(
        "booking_new_guest.html",
        by,
        status=HTTPStatus.OK if refusal is None else status_of(refusal),
        headers=HEADERS if refusal is None else headers_of(refusal),
        page=page,
        duration=duration,
        duration_minutes=written_minutes(duration),
        start=start,
        form=form,
        form_id=form_id,
        guest_zone=zone,
        zones=zone_groups(zone, adapters().now(), locale),
        problems=with_other_guests_as_one(problems),
        refusal="" if refusal is None or problems else str(refusal),
        alternatives=refusal.alternatives if isinstance(refusal, SlotUnavailable) else None,
        back=address(
            f"{LIST}/new", {"page": page.slug, "duration_minutes": written_minutes(duration)}
        ),
    )


def _open_offer(page: BookingPage, duration: timedelta) -> Offer:
    """Return what a page offers.

    Raises:
        BookingPageGone, BookingPageInactive: It offers nothing.
    """
    offer = offer_of(page, duration, hosts=adapters().hosts)
    offer.check_active(adapters().now())
    return offer


def _names(hosts: Sequence[Host]) -> list[str]:
    return [host.name for host in hosts]


def _picker(by: SignedIn, offer: Offer, query: Form, *, path: str, apart_from: str = "") -> Picker:
    """Return the times of a page on the clocks of whoever picks."""
    page, zone, now = offer.page, ZoneInfo(by.member.time_zone), adapters().now()

    def starts(within: TimeRange) -> Sequence[datetime]:
        return open_starts(
            offer, within, apart_from=apart_from, now=now, bookings=adapters().bookings
        )

    length = written_minutes(offer.duration)
    kept = {} if apart_from else {"page": page.slug, "duration_minutes": length}
    return picker(
        path,
        zone,
        Days.of(page.rules, zone, now),
        starts,
        day=parsed_day(query["date"]),
        month=parsed_month(query["month"]),
        kept=kept,
    )


def _duration(page: BookingPage, form: Form) -> timedelta:
    """Return the length that was chosen, or the first that the page has."""
    chosen = parsed_minutes(form["duration_minutes"])
    return chosen if chosen in page.rules.durations else page.rules.duration
