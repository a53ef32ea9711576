"""Calendar entries as iCalendar files, which mails carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icalendar import Calendar, Event, vCalAddress, vText, vUri

from scheduling.domain.mails import CalendarMethod
from scheduling.domain.typed_text import in_lines, on_one_line, place, unlinked

if TYPE_CHECKING:
    from scheduling.domain.mails import CalendarEntry, Mailbox

_PRODUCT = "-//Parley//Parley//EN"


class ICalendarFiles:
    """CalendarFiles through icalendar, which escapes and folds (RFC 5545 section 3.1)."""

    def render(self, entry: CalendarEntry) -> bytes:
        calendar = Calendar()
        calendar.add("prodid", _PRODUCT)
        calendar.add("version", "2.0")
        calendar.add("calscale", "GREGORIAN")
        calendar.add("method", entry.method.value)
        calendar.add_component(_event(entry))
        file: bytes = calendar.to_ical()
        return file


def _event(entry: CalendarEntry) -> Event:
    is_cancelled = entry.method is CalendarMethod.CANCEL
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.changed_at)
    event.add("last-modified", entry.changed_at)
    event.add("dtstart", entry.time.start)
    event.add("dtend", entry.time.end)
    event.add("summary", unlinked(on_one_line(entry.summary)))
    event.add("description", _description(entry))
    event.add("location", place(entry.join_url or entry.location))
    event.add("url", vUri(entry.join_url or entry.url))
    if entry.join_url:
        event.add("conference", _conference(entry.join_url))
    event.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    event.add("organizer", _address(entry.organizer))
    event.add("attendee", _attendee(entry))
    # Outlook goes by its own property, everybody else by TRANSP. Source:
    # MS-OXCICAL sections 2.1.3.1.1.20.31 and 2.1.3.1.1.20.25.
    event.add("transp", "OPAQUE" if entry.takes_part else "TRANSPARENT")
    event.add("x-microsoft-cdo-busystatus", "BUSY" if entry.takes_part else "FREE")
    return event


def _conference(join_url: str) -> vUri:
    """Return how to take part online (RFC 7986 section 5.11)."""
    conference = vUri(join_url)
    conference.params["value"] = vText("URI")
    conference.params["feature"] = vText("VIDEO")
    return conference


def _description(entry: CalendarEntry) -> str:
    """Return what was typed, and what the place of the link has left no room for."""
    typed = unlinked(in_lines(entry.description))
    if not entry.join_url:
        return typed
    return "\n".join(filter(None, (entry.join_url, place(entry.location), typed, entry.url)))


def _attendee(entry: CalendarEntry) -> vCalAddress:
    """Return the recipient as somebody who has agreed already and is not asked to reply."""
    attendee = _address(entry.attendee)
    attendee.params["role"] = vText("REQ-PARTICIPANT" if entry.takes_part else "NON-PARTICIPANT")
    attendee.params["partstat"] = vText("ACCEPTED")
    attendee.params["rsvp"] = vText("FALSE")
    return attendee


def _address(mailbox: Mailbox) -> vCalAddress:
    address = vCalAddress(f"mailto:{mailbox.email}")
    if mailbox.name:
        address.params["cn"] = vText(unlinked(on_one_line(mailbox.name)))
    return address
