"""The public page on which guests book: picking a time, having it kept, booking it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from handlers.guest_browser import guest_cookie
from handlers.pages.forms import (
    Form,
    by_field,
    parsed_day,
    parsed_identifier,
    parsed_instant,
    parsed_minutes,
    parsed_month,
    typed_addresses,
    with_other_guests_as_one,
    written_instant,
    written_minutes,
)
from handlers.pages.picker import Days, picker
from handlers.pages.rendering import HEADERS, TOKEN_PAGE_HEADERS, page, see_other
from handlers.pages.zones import zone_groups
from handlers.problems import status_of
from handlers.requests import network_address
from handlers.sessions import cookie, private_cookie
from handlers.wiring import adapters
from scheduling.domain.booking import HOLD_LIFE, MOST_OTHER_GUESTS
from scheduling.domain.identifiers import new_id
from scheduling.domain.refusals import (
    BookingPageInactive,
    BusyTryAgain,
    HoldNotFound,
    IdempotencyKeyReused,
    InvalidInput,
    SlotUnavailable,
    TooManyHolds,
    TooManyOpenBookings,
    TryAgainLater,
    marked,
)
from scheduling.domain.time_range import TimeRange
from scheduling.domain.zones import time_zone
from scheduling.use_cases.booking import BookingRequest, book_slot, hold_slot
from scheduling.use_cases.booking_pages import BookingPageView, view_booking_page
from scheduling.use_cases.slots import slots_of_page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.booking import Hold

HOLD_COOKIE = "__Host-hold"
"""Holds the id of the hold that a browser has: its time is not in the browser's own way."""

_NOT_BOOKED = (
    InvalidInput,
    SlotUnavailable,
    BookingPageInactive,
    TooManyOpenBookings,
    TryAgainLater,
)
"""With these the form comes back, with everything that was typed."""

_PAGE_CLOSED = marked("This page takes no bookings any more.")


@dataclass(frozen=True, slots=True)
class Visit:
    """What a guest looks at: a page, for meetings of one length, on the clocks of one zone."""

    view: BookingPageView
    zone: ZoneInfo
    duration: timedelta
    zone_is_a_guess: bool
    hold_id: str = ""
    """The hold that the guest's browser has, or had."""

    @property
    def slug(self) -> str:
        return self.view.page.slug

    @property
    def path(self) -> str:
        return f"/book/{self.slug}"

    @property
    def kept(self) -> dict[str, str]:
        """What each address of the page repeats."""
        page = self.view.page
        zone = {} if page.zone_is_locked else {"time_zone": self.zone.key}
        if self.duration == page.rules.duration:
            return zone
        return zone | {"duration": written_minutes(self.duration)}

    def starts(self, within: TimeRange) -> tuple[datetime, ...]:
        return slots_of_page(
            self.slug,
            within,
            duration=self.duration,
            apart_from=self.hold_id,
            now=adapters().now(),
            booking_pages=adapters().booking_pages,
            hosts=adapters().hosts,
            bookings=adapters().bookings,
        ).starts

    def offers(self, start: datetime) -> bool:
        return start in self.starts(TimeRange(start, start + timedelta(seconds=1)))

    def hold_at(self, start: datetime) -> Hold | None:
        """Return the browser's hold if it keeps the slot at `start`."""
        try:
            hold = adapters().bookings.get_hold(self.hold_id) if self.hold_id else None
        except HoldNotFound:
            return None
        if hold is None or hold.has_expired(adapters().now()):
            return None
        kept = hold.booking_page_slug, hold.claim.time
        return hold if kept == (self.slug, TimeRange(start, start + self.duration)) else None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a form comes back."""

    status: HTTPStatus = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)
    """Beside those that every page has."""
    problems: Mapping[str, str] = field(default_factory=dict)
    odd_addresses: Sequence[str] = ()
    """Of other guests, as typed: those that are none, or more than can be."""
    message: str = ""
    """Why the time cannot be booked."""
    alternatives: Sequence[datetime] | None = None
    """Other starts; None where the chosen one can be tried again."""


def times_page(slug: str, event: APIGatewayProxyEventV2) -> Response[str]:
    """Show the times that are free; or, where one is chosen, the form to book it."""
    query = Form.of_query(event)
    visit = _visit(slug, query, hold_id=query["hold"], event=event)
    if not visit.view.is_active:
        return _closed_page(visit)
    start = parsed_instant(query["start"])
    if start is not None and (visit.hold_at(start) or visit.offers(start)):
        return _form_page(visit, start, Form({"hold_id": [query["hold"]]}))
    return _pick_page(visit, query, gone=start)


def hold(slug: str, event: APIGatewayProxyEventV2) -> Response[str]:
    """Keep a time, then show the form; nobody is held up where it cannot be kept."""
    form = Form.of(event)
    start = parsed_instant(form["start"])
    if start is None:
        return see_other(f"/book/{slug}")
    chosen = {name: form[name] for name in ("time_zone", "duration") if form[name]}
    chosen["start"] = written_instant(start)
    try:
        kept = hold_slot(
            slug,
            start,
            duration=parsed_minutes(form["duration"]),
            key=f"{form['form_id'] or new_id()} {start.isoformat()} {form['duration']}",
            replaces=parsed_identifier(cookie(event, HOLD_COOKIE)),
            network_address=network_address(event),
            now=adapters().now(),
            booking_pages=adapters().booking_pages,
            hosts=adapters().hosts,
            bookings=adapters().bookings,
            rate_limits=adapters().rate_limits,
        )
    except (BookingPageInactive, BusyTryAgain, InvalidInput, SlotUnavailable, TooManyHolds):
        # The page itself tells whether the time can still be booked.
        return see_other(f"/book/{slug}?{urlencode(chosen)}")
    lifetime = int(HOLD_LIFE.total_seconds())
    return see_other(
        f"/book/{slug}?{urlencode({'hold': kept.hold_id, **chosen})}",
        cookies=[private_cookie(HOLD_COOKIE, kept.hold_id, max_age_seconds=lifetime)],
    )


def book(slug: str, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of(event)
    start = parsed_instant(form["start"])
    if start is None:
        return see_other(f"/book/{slug}")
    try:
        booked = book_slot(
            slug,
            _request(form, start),
            key=form["form_id"] or new_id(),
            hold_id=parsed_identifier(form["hold_id"]),
            network_address=network_address(event),
            now=adapters().now(),
            base_url=adapters().base_url,
            booking_pages=adapters().booking_pages,
            hosts=adapters().hosts,
            bookings=adapters().bookings,
            live_look=adapters().live_look,
            links=adapters().links,
            link_keys=adapters().link_keys,
            rate_limits=adapters().rate_limits,
        )
    except IdempotencyKeyReused as refusal:
        return _booked_before_page(slug, status_of(refusal))
    except _NOT_BOOKED as refusal:
        visit = _visit(slug, form, hold_id=form["hold_id"], event=event)
        return _form_page(visit, start, form, _refused(refusal, visit.view, form))
    # The hold has become the booking: from now on it is in the browser's way like any other.
    has_hold = cookie(event, HOLD_COOKIE) is not None
    ended = [private_cookie(HOLD_COOKIE, "", max_age_seconds=0)] if has_hold else []
    cookies = [guest_cookie(booked.booking), *ended]
    return see_other(booked.guest_link, headers=TOKEN_PAGE_HEADERS, cookies=cookies)


def view_of(slug: str) -> BookingPageView:
    """Raises BookingPageNotFound, BookingPageGone."""
    return view_booking_page(
        slug,
        now=adapters().now(),
        organizations=adapters().organizations,
        booking_pages=adapters().booking_pages,
        hosts=adapters().hosts,
    )


def locale_of(view: BookingPageView) -> str:
    return view.page.locale or view.organization.locale


def zone_of(view: BookingPageView, chosen: str, otherwise: str) -> ZoneInfo:
    """Return the zone that somebody chose, unless the page is shown in its own only."""
    page_zone = ZoneInfo(view.page.time_zone)
    return page_zone if view.page.zone_is_locked else time_zone(chosen) or ZoneInfo(otherwise)


def _visit(slug: str, typed: Form, *, hold_id: str, event: APIGatewayProxyEventV2) -> Visit:
    view = view_of(slug)
    duration = parsed_minutes(typed["duration"])
    durations = view.page.rules.durations
    return Visit(
        view=view,
        zone=zone_of(view, typed["time_zone"], view.page.time_zone),
        duration=duration if duration in durations else durations[0],
        zone_is_a_guess=not typed["time_zone"] and not view.page.zone_is_locked,
        hold_id=parsed_identifier(hold_id) or parsed_identifier(cookie(event, HOLD_COOKIE)),
    )


def _request(form: Form, start: datetime) -> BookingRequest:
    return BookingRequest(
        start=start,
        name=form["name"],
        email=form["email"],
        note=form["note"],
        time_zone=form["time_zone"],
        duration=parsed_minutes(form["duration"]),
        other_guests=typed_addresses(form["other_guests"]),
        answers={
            name.removeprefix("answers."): form[name]
            for name in form.fields
            if name.startswith("answers.")
        },
    )


def _odd_addresses(typed: Sequence[str], problems: Mapping[str, str]) -> list[str]:
    """Return the addresses of other guests that are none, or more than can be."""
    allowed = MOST_OTHER_GUESTS if "other_guests" in problems else len(typed)
    return [
        address
        for at, address in enumerate(typed)
        if at >= allowed or f"other_guests.{at}" in problems
    ]


def _refused(
    refusal: (
        InvalidInput | SlotUnavailable | BookingPageInactive | TooManyOpenBookings | TryAgainLater
    ),
    view: BookingPageView,
    form: Form,
) -> Refused:
    status = status_of(refusal)
    match refusal:
        case InvalidInput():
            problems = by_field(refusal.problems)
            odd = _odd_addresses(typed_addresses(form["other_guests"]), problems)
            return Refused(status, problems=with_other_guests_as_one(problems), odd_addresses=odd)
        case SlotUnavailable():
            return Refused(status, message=refusal.message, alternatives=refusal.alternatives)
        case BookingPageInactive():
            return Refused(status, message=refusal.message if view.page.is_on else _PAGE_CLOSED)
        case TooManyOpenBookings():
            return Refused(status, message=refusal.message)
        case TryAgainLater():
            headers = {"Retry-After": str(refusal.retry_after_seconds)}
            return Refused(status, headers, message=refusal.message)


def _booked_before_page(slug: str, status: HTTPStatus) -> Response[str]:
    return page("booked_before.html", status=status, locale=locale_of(view_of(slug)), slug=slug)


def _closed_page(visit: Visit) -> Response[str]:
    view = visit.view
    return page(
        "booking_closed.html",
        locale=locale_of(view),
        organization=view.organization,
        view=view,
        duration=visit.duration,
    )


def _pick_page(visit: Visit, query: Form, *, gone: datetime | None) -> Response[str]:
    """Show the days and times that are free.

    Args:
        gone: The start that was chosen, and is no longer free.
    """
    view, now = visit.view, adapters().now()
    gone_day = gone and gone.astimezone(visit.zone).date()
    return page(
        "booking_pick.html",
        locale=locale_of(view),
        organization=view.organization,
        view=view,
        duration=visit.duration,
        picker=picker(
            visit.path,
            visit.zone,
            Days.of(view.page.rules, visit.zone, now),
            visit.starts,
            day=parsed_day(query["date"]) or gone_day,
            month=parsed_month(query["month"]),
            kept=visit.kept,
        ),
        start_is_gone=gone is not None,
        now=now,
        form_id=new_id(),
        zones=zone_groups(visit.zone.key, now, locale_of(view)),
        zone_is_a_guess=visit.zone_is_a_guess,
    )


def _form_page(
    visit: Visit, start: datetime, form: Form, refused: Refused | None = None
) -> Response[str]:
    refused = refused or Refused()
    view, now = visit.view, adapters().now()
    hold = visit.hold_at(start) if refused.alternatives is None else None
    change = {**visit.kept, "date": f"{start.astimezone(visit.zone):%Y-%m-%d}"}
    return page(
        "booking_form.html",
        status=refused.status,
        locale=locale_of(view),
        headers={**HEADERS, **refused.headers},
        organization=view.organization,
        view=view,
        duration=visit.duration,
        start=start,
        zone=visit.zone.key,
        change=f"{visit.path}?{urlencode(change)}",
        form=form,
        form_id=form["form_id"] or new_id(),
        hold=hold,
        hold_id=hold.hold_id if hold else parsed_identifier(form["hold_id"]),
        seconds_kept=int((hold.expires_at - now).total_seconds()) if hold else 0,
        labels={f"answers.{each.question_id}": each.label for each in view.page.questions},
        refused=refused,
    )
