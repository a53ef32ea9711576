"""The public page on which guests book."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from http import HTTPStatus
from itertools import chain
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from handlers.pages.calendar_month import CalendarMonth, calendar_month, span_of_month
from handlers.pages.forms import Form, by_field, parsed_day, parsed_instant
from handlers.pages.rendering import HEADERS, TOKEN_PAGE_HEADERS, page, see_other
from handlers.pages.zones import zone_groups
from handlers.problems import status_of
from handlers.wiring import adapters
from scheduling.domain.identifiers import new_id
from scheduling.domain.refusals import (
    BookingPageInactive,
    BusyTryAgain,
    IdempotencyKeyReused,
    InvalidInput,
    SlotUnavailable,
)
from scheduling.domain.time_range import TimeRange
from scheduling.domain.zones import time_zone
from scheduling.use_cases.booking import book_slot
from scheduling.use_cases.booking_pages import BookingPageView, view_booking_page
from scheduling.use_cases.slots import LONGEST_RANGE, slots_of_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2


def times_page(slug: str, event: APIGatewayProxyEventV2) -> Response[str]:
    query = Form.of_query(event)
    view = _view(slug)
    if not view.is_active:
        return _closed_page(view, HTTPStatus.OK)
    zone = _zone(query["time_zone"], view)
    start = parsed_instant(query["start"])
    if start is not None and start in _starts(slug, TimeRange(start, start + timedelta(seconds=1))):
        return _form_page(view, start, zone, Form(), form_id=new_id())
    return _pick_page(view, zone, query, start_is_gone=start is not None)


def book(slug: str, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of(event)
    start = parsed_instant(form["start"])
    if start is None:
        return see_other(f"/book/{slug}")
    try:
        booked = book_slot(
            slug,
            start,
            name=form["name"],
            email=form["email"],
            note=form["note"],
            time_zone=form["time_zone"],
            key=form["form_id"] or new_id(),
            now=adapters().now(),
            base_url=adapters().base_url,
            booking_pages=adapters().booking_pages,
            external_members=adapters().external_members,
            bookings=adapters().bookings,
            links=adapters().links,
            link_keys=adapters().link_keys,
        )
    except BookingPageInactive as refusal:
        return _closed_page(_view(slug), status_of(refusal))
    except IdempotencyKeyReused as refusal:
        return page("booked_before.html", status=status_of(refusal), slug=slug)
    except (InvalidInput, SlotUnavailable, BusyTryAgain) as refusal:
        return _refused_form_page(slug, start, form, refusal)
    return see_other(booked.guest_link, headers=TOKEN_PAGE_HEADERS)


def _refused_form_page(
    slug: str, start: datetime, form: Form, refusal: InvalidInput | SlotUnavailable | BusyTryAgain
) -> Response[str]:
    """Give the form back as it was typed, with what stands in the way."""
    view = _view(slug)
    zone = _zone(form["time_zone"], view)
    form_id = form["form_id"] or new_id()
    status = status_of(refusal)
    match refusal:
        case InvalidInput():
            problems = by_field(refusal.problems)
            return _form_page(
                view, start, zone, form, form_id=form_id, status=status, problems=problems
            )
        case SlotUnavailable():
            return _form_page(
                view,
                start,
                zone,
                form,
                form_id=form_id,
                status=status,
                refusal=refusal.message,
                alternatives=refusal.alternatives,
            )
        case BusyTryAgain():
            return _form_page(
                view,
                start,
                zone,
                form,
                form_id=form_id,
                status=status,
                refusal=refusal.message,
                headers={**HEADERS, "Retry-After": str(refusal.retry_after_seconds)},
            )


def _closed_page(view: BookingPageView, status: HTTPStatus) -> Response[str]:
    return page(
        "booking_closed.html",
        status=status,
        locale=view.organization.locale,
        organization=view.organization,
        view=view,
    )


def _pick_page(
    view: BookingPageView, zone: ZoneInfo, query: Form, *, start_is_gone: bool
) -> Response[str]:
    """Show the days and times that are free; the first free day is open until one is chosen."""
    wanted_day = parsed_day(query["date"])
    wanted_month = wanted_day or parsed_day(f"{query['month']}-01")
    month = _month(view, zone, wanted_month or _first_free_day(view, zone))
    return page(
        "booking_pick.html",
        locale=view.organization.locale,
        organization=view.organization,
        view=view,
        month=month,
        chosen_day=wanted_day or month.first_free_day,
        start_is_gone=start_is_gone,
        zone=zone.key,
        zones=zone_groups(zone.key, adapters().now(), view.organization.locale),
        zone_is_a_guess=not query["time_zone"],
    )


def _form_page(
    view: BookingPageView,
    start: datetime,
    zone: ZoneInfo,
    form: Form,
    *,
    form_id: str,
    status: HTTPStatus = HTTPStatus.OK,
    headers: Mapping[str, str] = HEADERS,
    problems: Mapping[str, str] | None = None,
    refusal: str = "",
    alternatives: Sequence[datetime] | None = None,
) -> Response[str]:
    return page(
        "booking_form.html",
        status=status,
        locale=view.organization.locale,
        headers=headers,
        organization=view.organization,
        view=view,
        start=start,
        chosen_day=start.astimezone(zone).date(),
        zone=zone.key,
        form=form,
        form_id=form_id,
        problems=problems or {},
        refusal=refusal,
        alternatives=alternatives,
    )


def _month(view: BookingPageView, zone: ZoneInfo, day: date) -> CalendarMonth:
    first_day = day.replace(day=1)
    now = adapters().now()
    return calendar_month(
        first_day,
        _starts(view.page.slug, span_of_month(first_day, zone)),
        zone,
        today=now.astimezone(zone).date(),
        last_day=(now + view.page.rules.horizon).astimezone(zone).date(),
    )


def _first_free_day(view: BookingPageView, zone: ZoneInfo) -> date:
    """Return the first day with an open slot, or today where there is none."""
    now = adapters().now()
    parts = _parts(TimeRange(now, now + view.page.rules.horizon + timedelta(seconds=1)))
    starts = chain.from_iterable(_starts(view.page.slug, part) for part in parts)
    return next(starts, now).astimezone(zone).date()


def _parts(within: TimeRange) -> Iterator[TimeRange]:
    """Yield a range in parts as long as the slots of a page can be asked for."""
    start = within.start
    while start < within.end:
        end = min(start + LONGEST_RANGE, within.end)
        yield TimeRange(start, end)
        start = end


def _starts(slug: str, within: TimeRange) -> tuple[datetime, ...]:
    return slots_of_page(
        slug,
        within,
        now=adapters().now(),
        booking_pages=adapters().booking_pages,
        external_members=adapters().external_members,
        bookings=adapters().bookings,
    ).starts


def _view(slug: str) -> BookingPageView:
    return view_booking_page(
        slug,
        now=adapters().now(),
        organizations=adapters().organizations,
        booking_pages=adapters().booking_pages,
        external_members=adapters().external_members,
    )


def _zone(name: str, view: BookingPageView) -> ZoneInfo:
    """Return the zone a guest chose, or the page's own."""
    return time_zone(name) or ZoneInfo(view.page.time_zone)
