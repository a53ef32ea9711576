"""Booking pages: the list, and what guests see."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aws_lambda_powertools import Logger

from handlers.pages.console_frame import (
    ROWS,
    address,
    console_page,
    host_names,
    query_of,
)
from handlers.pages.forms import Form
from handlers.pages.rendering import see_other
from handlers.wiring import adapters
from scheduling.domain.time_range import TimeRange
from scheduling.use_cases.booking_pages import list_booking_pages
from scheduling.use_cases.page_settings import copy_booking_page, switch_booking_page
from scheduling.use_cases.slots import LONGEST_RANGE, offer_of, open_starts, own_page

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.sessions import SignedIn

LIST = "/console/booking-pages"

logger = Logger()


def list_page(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of_query(event)
    query = query_of(form, ["host"])
    found = list_booking_pages(
        by,
        host_id=form["host"] or None,
        cursor=form["cursor"] or None,
        limit=ROWS,
        now=adapters().now(),
        booking_pages=adapters().booking_pages,
        hosts=adapters().hosts,
    )
    return console_page(
        "booking_pages.html",
        by,
        pages=found.items,
        following=found.next_cursor and address("", query | {"cursor": found.next_cursor}),
        hosts=host_names(by),
        form=form,
        is_filtered=bool(query),
        news=form["news"],
    )


def copy(by: SignedIn, slug: str) -> Response[str]:
    page = copy_booking_page(by, slug, now=adapters().now(), booking_pages=adapters().booking_pages)
    logger.info("booking page copied", slug=page.slug, original=slug)
    return see_other(f"{LIST}/{page.slug}?news=copied")


def switch(by: SignedIn, slug: str, event: APIGatewayProxyEventV2) -> Response[str]:
    is_on = Form.of(event)["is_on"] == "yes"
    switch_booking_page(by, slug, is_on=is_on, booking_pages=adapters().booking_pages)
    logger.info("booking page switched", slug=slug, is_on=is_on)
    return see_other(f"{LIST}?news={'on' if is_on else 'off'}")


def preview_page(by: SignedIn, slug: str) -> Response[str]:
    """Show what guests see, with the times that they would find if the page were switched on."""
    page = own_page(by, slug, booking_pages=adapters().booking_pages)
    offer = offer_of(page, page.rules.duration, hosts=adapters().hosts)
    now, zone = adapters().now(), ZoneInfo(page.time_zone)
    within = TimeRange(now, now + LONGEST_RANGE)
    starts = open_starts(offer, within, now=now, bookings=adapters().bookings)
    days = groupby(starts, key=lambda start: start.astimezone(zone).date())
    first_day, first_starts = next(days, (None, ()))
    return console_page(
        "booking_page_preview.html",
        by,
        page=page,
        host_names=[host.name for host in offer.hosts],
        is_active=offer.is_active(now),
        is_unverified=offer.is_unverified(now),
        is_stale=bool(offer.stale_hosts(now)),
        first_day=first_day,
        starts=list(first_starts),
    )
