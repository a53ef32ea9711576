"""Calendars that external members link by an address: when they are busy, never with what.

This module and what it imports stay free of pydantic and of everything that reads calendars,
since the functions which list slots and book them load it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from operator import itemgetter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scheduling.domain.availability import MAX_AHEAD
from scheduling.domain.refusals import FieldProblem, InvalidInput, marked
from scheduling.domain.time_range import TimeRange

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from scheduling.domain.hours import Span

PERIOD = timedelta(minutes=30)
"""From one successful reading to the next."""

RELIED_ON = 2 * PERIOD
"""How long after a reading a host's calendar counts as verified."""

SHORTEST_PAUSE = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(hours=6)
"""After one failure, and after many: each pause is twice as long as the one before."""

_READ_BACK = timedelta(days=1)
_READ_AHEAD = MAX_AHEAD + timedelta(days=2)
"""Nothing that can be booked lies further away, its buffers included."""

_ANEW_AFTER = timedelta(days=1)
"""A calendar that does not change is yet read so often: what recurs reaches into new days."""

MOST_BUSY = 4000
"""The most stretches kept for one calendar: eleven a day."""

ADDRESS_MAX_LENGTH = 2000

_HTTPS = 443
_SCHEMES = frozenset({"https", "webcal", "webcals"})
"""The last two are what calendar programs call the first."""

_HOST_NAME = re.compile(
    r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
"""A domain name; its last label starts with a letter, so no way to write an IP address is one.

Source: RFC 1123 section 2.1; "ends in a number" of the WHATWG URL Standard.
"""

_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,200}"')
"""Source: RFC 9110 section 8.8.3."""


class FeedFailure(StrEnum):
    """Why a calendar could not be read."""

    NOT_PUBLIC = "not_public"
    """Its name leads to a machine that is not on the public internet."""
    UNREACHABLE = "unreachable"
    """No such name, no connection, or no certificate for the name."""
    TOO_SLOW = "too_slow"
    REDIRECTED = "redirected"
    REFUSED = "refused"
    """The server answered with an error."""
    TOO_LARGE = "too_large"
    NOT_A_CALENDAR = "not_a_calendar"
    TOO_MUCH = "too_much"
    """More events, or more complicated ones, than can be read in time."""


class FeedState(StrEnum):
    """Whether a linked calendar can be relied on."""

    BEING_READ = "being_read"
    """It was linked a moment ago."""
    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    """Times may be taken in it and yet be offered."""


@dataclass(frozen=True, slots=True)
class FeedAddress:
    """Where a calendar is read from. Whoever knows the path can read it: it is a secret."""

    host_name: str
    path: str = field(repr=False)
    """With its query."""

    @property
    def url(self) -> str:
        return f"https://{self.host_name}{self.path}"


@dataclass(frozen=True, slots=True)
class FeedRequest:
    """What a calendar's server is asked."""

    address: FeedAddress
    etag: str = ""
    """Of what is known already; empty to be given the calendar in any case."""


@dataclass(frozen=True, slots=True)
class FeedAnswer:
    """What a calendar's server answered."""

    content: bytes | None
    """The iCalendar file; None where it is the one that is known already."""
    etag: str = ""


@dataclass(frozen=True, slots=True)
class CalendarFeed:
    """A linked calendar, as far as it was read."""

    organization_id: str
    external_member_id: str
    feed_id: str
    """A new one each time an address is saved."""
    host_name: str
    """What is shown of the address."""
    linked_at: datetime
    checked_at: datetime | None = None
    """When it was last tried to read it."""
    verified_at: datetime | None = None
    """When that last succeeded."""
    failure: FeedFailure | None = None
    """Why it did not succeed the last time."""
    etag: str = ""
    busy: tuple[Span, ...] = ()
    """When the host is busy: seconds since 1970, sorted, apart from each other."""
    read_until: datetime | None = None
    """How far into the future `busy` goes."""

    def state(self, now: datetime) -> FeedState:
        if self.checked_at is None:
            return FeedState.BEING_READ
        if self.verified_at is None or now - self.verified_at > RELIED_ON:
            return FeedState.UNVERIFIED
        return FeedState.VERIFIED

    def busy_within(self, within: TimeRange) -> list[TimeRange]:
        """Return the stretches that reach into some time, none of them cut."""
        start, end = within.start.timestamp(), within.end.timestamp()
        first = bisect_right(self.busy, start, key=itemgetter(1))
        last = bisect_left(self.busy, end, key=itemgetter(0))
        return [
            TimeRange(datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(until, UTC))
            for begin, until in self.busy[first:last]
        ]

    def request(self, address: FeedAddress, now: datetime) -> FeedRequest:
        """Return what to ask for: only for news, unless too much time has passed."""
        read_until = self.read_until
        is_known = read_until is not None and span_to_read(now).end - read_until < _ANEW_AFTER
        return FeedRequest(address, self.etag if is_known else "")

    def verified(self, now: datetime) -> CalendarFeed:
        """Return the feed after a reading that brought nothing new."""
        return replace(self, checked_at=now, verified_at=now, failure=None)

    def read(self, busy: tuple[Span, ...], etag: str, now: datetime) -> CalendarFeed:
        """Return the feed after `span_to_read(now)` was read."""
        known = etag if _ETAG.fullmatch(etag) else ""
        return replace(self.verified(now), busy=busy, etag=known, read_until=span_to_read(now).end)

    def failed(self, failure: FeedFailure, now: datetime) -> CalendarFeed:
        """Return the feed after a try: what was known stays."""
        return replace(self, checked_at=now, failure=failure)


@dataclass(frozen=True, slots=True)
class FeedTurn:
    """The next reading of a feed, as it waits in the queue."""

    organization_id: str
    external_member_id: str
    feed_id: str
    due_at: datetime
    failures: int = 0
    """How many tries in a row have not succeeded; one that is under way is among them."""

    def taken(self, now: datetime) -> FeedTurn:
        """Return the turn as it waits while it is being done.

        A try counts as failed until it has succeeded: one that takes the whole
        function down with it is not repeated at once.
        """
        failures = self.failures + 1
        pause = min(SHORTEST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
        return replace(self, failures=failures, due_at=now + pause)

    def succeeded(self, now: datetime) -> FeedTurn:
        return replace(self, failures=0, due_at=now + PERIOD)


def span_to_read(now: datetime) -> TimeRange:
    """Return the time that is read of a calendar: all that can be booked."""
    return TimeRange(now - _READ_BACK, now + _READ_AHEAD)


def checked_address(typed: str) -> FeedAddress:
    """Return the address that somebody typed.

    Only what the name leads to decides whether it may be fetched, so that is
    looked at then: see `adapters/https/calendar_servers.py`.

    Raises:
        InvalidInput: It is no https address of a public name; names `address`.
    """
    text = typed.strip()
    if not text:
        raise _refused("missing", marked("Please enter the address of your calendar."))
    if len(text) > ADDRESS_MAX_LENGTH:
        raise _refused("too_long", marked("This address is too long."))
    parts = _parts(text)
    if parts.scheme not in _SCHEMES:
        message = marked("The address has to start with https:// or webcal://.")
        raise _refused("not_https", message)
    if "@" in parts.netloc:
        message = marked("Addresses with a user name or a password are not read.")
        raise _refused("has_user", message)
    if parts.port not in {None, _HTTPS}:
        message = marked("Addresses with a port of their own are not read.")
        raise _refused("other_port", message)
    host_name = (parts.hostname or "").removesuffix(".")
    if not _HOST_NAME.fullmatch(host_name):
        message = marked("This is no address on the public internet.")
        raise _refused("not_public", message)
    query = f"?{parts.query}" if parts.query else ""
    return FeedAddress(host_name, f"{parts.path or '/'}{query}")


def _parts(text: str) -> SplitResult:
    is_plain = text.isascii() and text.isprintable() and not {" ", "\\"} & {*text}
    try:
        parts = urlsplit(text if is_plain else "")
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        parts = urlsplit("")
    if not parts.netloc:
        message = marked("Please copy the whole address, as your calendar shows it.")
        raise _refused("unreadable", message)
    return parts


def _refused(code: str, message: str) -> InvalidInput:
    return InvalidInput([FieldProblem("address", code, message)])
