"""Behind a guest's link: picking another time for their meeting, and moving it there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from handlers.guest_browser import browser_marks, guest_cookie
from handlers.pages.booking import Refused, locale_of, view_of, zone_of
from handlers.pages.forms import Form, parsed_day, parsed_instant, parsed_month
from handlers.pages.guest import booking_of, language_of, refused_page
from handlers.pages.picker import Days, picker
from handlers.pages.rendering import TOKEN_PAGE_HEADERS, page, see_other
from handlers.pages.zones import zone_groups
from handlers.problems import status_of
from handlers.requests import network
from handlers.wiring import adapters
from scheduling.domain.refusals import (
    BookingChanged,
    BookingClosed,
    BookingPageGone,
    BookingPageInactive,
    BusyTryAgain,
    FreshLinkRequired,
    SlotUnavailable,
)
from scheduling.domain.time_range import TimeRange
from scheduling.use_cases.guest import move_guest_booking, slots_to_move_to

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.booking import Booking
    from scheduling.use_cases.booking_pages import BookingPageView


@dataclass(frozen=True, slots=True)
class Move:
    """A booking that can be moved, and the page that it was made on."""

    token: str
    booking: Booking
    view: BookingPageView
    zone: ZoneInfo
    """The one that times are shown in."""
    zone_is_chosen: bool
    """Whether it is another one than the guest booked in."""

    @property
    def path(self) -> str:
        return f"/l/{self.token}/times"

    @property
    def kept(self) -> dict[str, str]:
        """What each address of the page repeats."""
        return {"time_zone": self.zone.key} if self.zone_is_chosen else {}

    def starts(self, within: TimeRange) -> tuple[datetime, ...]:
        return slots_to_move_to(
            self.token,
            within,
            now=adapters().now(),
            links=adapters().links,
            link_keys=adapters().link_keys,
            booking_pages=adapters().booking_pages,
            hosts=adapters().hosts,
            bookings=adapters().bookings,
        ).starts

    def offers(self, start: datetime) -> bool:
        return start in self.starts(TimeRange(start, start + timedelta(seconds=1)))


def times_page(token: str, event: APIGatewayProxyEventV2) -> Response[str]:
    """Show the times that a meeting can be moved to; or, where one is chosen, old and new."""
    query = Form.of_query(event)
    try:
        move = _move(token, query, event)
        start = parsed_instant(query["start"])
        if start is None or start == move.booking.time.start:
            return _pick_page(move, query, gone=None)
        if not move.offers(start):
            return _pick_page(move, query, gone=start)
        return _confirm_page(move, start, Refused())
    except BookingClosed as refusal:
        return refused_page(token, event, refusal)
    except (BookingPageGone, BookingPageInactive) as refusal:
        return _stuck_page(token, event, refusal)


def move(event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of(event)
    token, start = form["token"], parsed_instant(form["start"])
    if start is None:
        return see_other(f"/l/{quote(token)}/times", headers=TOKEN_PAGE_HEADERS)
    try:
        moved = move_guest_booking(
            token,
            start,
            browser_marks=browser_marks(event),
            network=network(event),
            now=adapters().now(),
            links=adapters().links,
            link_keys=adapters().link_keys,
            booking_pages=adapters().booking_pages,
            hosts=adapters().hosts,
            bookings=adapters().bookings,
            live_look=adapters().live_look,
        )
    except (BookingClosed, BookingChanged, FreshLinkRequired) as refusal:
        return refused_page(token, event, refusal)
    except (BookingPageGone, BookingPageInactive) as refusal:
        return _stuck_page(token, event, refusal)
    except SlotUnavailable as refusal:
        status, others = status_of(refusal), refusal.alternatives
        refused = Refused(status, message=refusal.message, alternatives=others)
        return _confirm_page(_move(token, form, event), start, refused)
    except BusyTryAgain as refusal:
        headers = {"Retry-After": str(refusal.retry_after_seconds)}
        refused = Refused(status_of(refusal), headers, message=refusal.message)
        return _confirm_page(_move(token, form, event), start, refused)
    return see_other(f"/l/{token}", headers=TOKEN_PAGE_HEADERS, cookies=[guest_cookie(moved)])


def _move(token: str, typed: Form, event: APIGatewayProxyEventV2) -> Move:
    """Return the booking with what is needed to move it.

    Raises:
        LinkNotFound, LinkExpired: The link does not work.
        BookingOver, BookingCancelled: It can no longer be moved.
        BookingPageGone: There is nothing to move to.
    """
    booking = booking_of(token, event).booking
    booking.check_changeable(adapters().now())
    view = view_of(booking.booking_page_slug)
    zone = zone_of(view, typed["time_zone"], booking.guest.time_zone)
    return Move(token, booking, view, zone, zone.key == typed["time_zone"])


def _pick_page(move: Move, query: Form, *, gone: datetime | None) -> Response[str]:
    """Show the days and times that are free, the present time among them.

    Args:
        gone: The start that was chosen, and is no longer free.
    """
    view, now = move.view, adapters().now()
    gone_day = gone and gone.astimezone(move.zone).date()
    return page(
        "moving_pick.html",
        locale=locale_of(view),
        headers=TOKEN_PAGE_HEADERS,
        organization=view.organization,
        view=view,
        booking=move.booking,
        duration=move.booking.time.length,
        token=move.token,
        picker=picker(
            move.path,
            move.zone,
            Days.of(view.page.rules, move.zone, now),
            move.starts,
            day=parsed_day(query["date"]) or gone_day,
            month=parsed_month(query["month"]),
            kept=move.kept,
        ),
        start_is_gone=gone is not None,
        now=now,
        zones=zone_groups(move.zone.key, now, locale_of(view)),
    )


def _confirm_page(move: Move, start: datetime, refused: Refused) -> Response[str]:
    change = {**move.kept, "date": f"{start.astimezone(move.zone):%Y-%m-%d}"}
    return page(
        "moving_confirm.html",
        status=refused.status,
        locale=locale_of(move.view),
        headers={**TOKEN_PAGE_HEADERS, **refused.headers},
        organization=move.view.organization,
        view=move.view,
        booking=move.booking,
        duration=move.booking.time.length,
        token=move.token,
        start=start,
        zone=move.zone.key,
        change=f"{move.path}?{urlencode(change)}",
        refused=refused,
    )


def _stuck_page(
    token: str,
    event: APIGatewayProxyEventV2,
    refusal: BookingPageGone | BookingPageInactive,
) -> Response[str]:
    """Say that there are no times to move to, and that the meeting stays as it is."""
    found = booking_of(token, event)
    return page(
        "moving_stuck.html",
        status=status_of(refusal),
        locale=language_of(found),
        headers=TOKEN_PAGE_HEADERS,
        organization=found.organization,
        booking=found.booking,
        person_in_charge=found.person_in_charge,
        token=token,
    )
