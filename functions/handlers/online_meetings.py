"""The links that lead into the online meetings of bookings, for whoever shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.wiring import adapters
from scheduling.domain.calendar_events import link_of, takes_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scheduling.domain.booking import Booking


def join_url_of(booking: Booking) -> str:
    """Return the link into a booking's meeting; empty where there is none, or none yet."""
    if booking.online_meeting is None or not takes_place(booking):
        return ""
    meeting = adapters().online_meetings.get(booking.organization_id, booking.booking_id)
    return link_of(booking, meeting)


def join_urls_of(bookings: Iterable[Booking]) -> Mapping[str, str]:
    """Return the links that there are, by booking: of bookings of one organization."""
    online = [each for each in bookings if each.online_meeting is not None and takes_place(each)]
    if not online:
        return {}
    found = adapters().online_meetings.of_bookings(
        online[0].organization_id, [booking.booking_id for booking in online]
    )
    return {each.booking_id: link_of(each, found.get(each.booking_id)) for each in online}
