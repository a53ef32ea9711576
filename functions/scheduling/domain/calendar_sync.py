"""Keeping what we know of a connected calendar true: what is kept of it, and how often it is read.

Reading is the only way in which anything becomes known. A provider that rings, when something
has changed, only makes the next reading come sooner; one that does not ring is read all the more.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from scheduling.domain.availability import MAX_AHEAD
from scheduling.domain.hours import intersection, merged, windows_by_date
from scheduling.domain.sync_turns import fraction
from scheduling.domain.time_range import TimeRange

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scheduling.domain.hours import Span, WeeklyHours
    from scheduling.domain.provider_events import ChangedEvent, Channel

POLLED_EVERY = timedelta(minutes=13)
"""While somebody may be booked: with the wait in the queue, a change is known in 15 minutes."""

RUNG_FOR_EVERY = timedelta(minutes=60)
"""Where the provider rings. A calendar may be asked about 40 times a day: 24, and for changes."""

IDLE_EVERY = timedelta(hours=6)
"""Where nobody can be booked, or is not at work."""

KEPT_ALIVE_EVERY = timedelta(days=7)
"""Where there is no calendar to read: what is not used for months ends at the provider.

Source: Google, "Refresh token expiration", 6 months; Zoom, OAuth documentation, 90 days.
"""

MENDED_WITHIN = timedelta(hours=6)
"""How soon it is found out that what was broken at the provider is not any more."""

NEVER = timedelta(days=3650)
"""Until when nobody looks: a human has to sign in first, and then it is looked at at once."""

ENDED_AT_LAST = timedelta(hours=24)
"""So long a provider is given to be told that a connection has ended; the grant goes then."""

BASELINE_EVERY = timedelta(days=28)
"""How long a cursor is used: what it tells of keeps the range that it began with."""

_READ_BACK = timedelta(days=1)
_READ_AHEAD = MAX_AHEAD + BASELINE_EVERY + timedelta(days=7)
"""All that can be booked until well after the next baseline."""

CURSOR_KEPT = timedelta(days=1)
"""A cursor that tells of no change is stored so often: old ones stay valid for long."""

CHANNEL_LIFE = timedelta(days=7)
"""What is asked for; the provider may give less."""

_RENEWED_AFTER = 0.8
"""Of a channel's life."""

WATCHED_AGAIN = timedelta(minutes=5)
"""After a channel that could not be had, or renewed, the first times."""

_WATCH_TRIES = 12
"""After so many in a row there may well be none to be had: then `IDLE_EVERY`."""

MOST_EVENTS = 20_000
"""Kept of one calendar, 16 bytes each: 320 of the 400 kilobytes that an item may have."""

MOST_STRETCHES = 48_000
"""Kept of one connection, 8 bytes each: 384 of the 400 kilobytes that an item may have."""

MOST_PAGES = 100
"""Of one reading; a provider that goes on without end is out of order."""

type EventKey = bytes
"""The beginning of the hash of an event's id."""


def event_key(event_id: str) -> EventKey:
    return hashlib.sha256(event_id.encode()).digest()[:8]


class Mark(StrEnum):
    """How far an event that mirrors a booking has been dealt with."""

    SETTLED = "settled"
    """It is as we wrote it, or what was done to it was done to the booking."""
    OPEN = "open"
    """Somebody moved or deleted it, and the booking has yet to follow."""
    DIVERGED = "diverged"
    """The booking could not follow: the event makes its owner busy like any other."""


@dataclass(frozen=True, slots=True)
class MirrorEvent:
    """An event of ours, as it was last seen in the calendar."""

    event_id: str
    booking_id: str
    time: Span | None
    """None where it is gone."""
    content_hash: str
    mark: Mark = Mark.SETTLED


@dataclass(frozen=True, slots=True)
class OpenChannel:
    """Where a provider rings for a calendar."""

    channel: Channel
    opened_at: datetime
    last_ring: int = 0
    """The highest number of a message that came."""
    is_heard: bool = False
    """Whether its rings come: not before the first, nor after a change that it was silent about."""

    def is_to_renew(self, now: datetime) -> bool:
        life = self.channel.expires_at - self.opened_at
        return now >= self.opened_at + life * _RENEWED_AFTER

    def rings(self, now: datetime) -> bool:
        return self.is_heard and now < self.channel.expires_at


@dataclass(frozen=True, slots=True)
class SyncedCalendar:
    """What was read of one calendar."""

    connection_id: str
    calendar_id: str
    cursor: str | None = None
    """None before the first reading."""
    cursor_at: datetime | None = None
    """When the provider gave it."""
    baseline_at: datetime | None = None
    """When all was last read anew."""
    read_until: datetime | None = None
    """How far that reached."""
    events: Mapping[EventKey, Span] = field(default_factory=dict)
    """When the owner is busy, without what mirrors bookings."""
    mirrors: Mapping[EventKey, MirrorEvent] = field(default_factory=dict)
    channel: OpenChannel | None = None
    watch_failures: int = 0
    """How often in a row no channel was to be had."""
    watched_again_at: datetime | None = None
    """When to try again."""
    version: int = 0
    """How often it was stored."""

    def needs_baseline(self, now: datetime) -> bool:
        return (
            self.cursor is None
            or self.baseline_at is None
            or (now - self.baseline_at >= BASELINE_EVERY)
        )

    def rings(self, now: datetime) -> bool:
        return self.channel is not None and self.channel.rings(now)

    def is_to_watch(self, now: datetime) -> bool:
        """Tell whether to ask for a channel now, the first or one after another."""
        if self.watched_again_at is not None and now < self.watched_again_at:
            return False
        return self.channel is None or self.channel.is_to_renew(now)

    def watched(self, channel: Channel, now: datetime) -> SyncedCalendar:
        opened = OpenChannel(channel, now)
        return replace(self, channel=opened, watch_failures=0, watched_again_at=None)

    def not_watched(self, now: datetime) -> SyncedCalendar:
        failures = self.watch_failures + 1
        pause = WATCHED_AGAIN if failures < _WATCH_TRIES else IDLE_EVERY
        return replace(self, watch_failures=failures, watched_again_at=now + pause)

    @property
    def busy(self) -> Iterable[Span]:
        yield from self.events.values()
        for mirror in self.mirrors.values():
            if mirror.mark is Mark.DIVERGED and mirror.time is not None:
                yield mirror.time

    @property
    def open_mirrors(self) -> list[MirrorEvent]:
        return [mirror for mirror in self.mirrors.values() if mirror.mark is Mark.OPEN]

    def mirrors_at(self, now: datetime) -> bool:
        """Tell whether it has an event of ours that is not over, or yet to be dealt with."""
        return any(
            mirror.mark is Mark.OPEN
            or (mirror.time is not None and mirror.time[1] > now.timestamp())
            for mirror in self.mirrors.values()
        )

    def marked(self, mirror: MirrorEvent, mark: Mark) -> SyncedCalendar:
        """Return the calendar with one of its mirrors dealt with; one that is gone is forgotten."""
        mirrors = dict(self.mirrors)
        if mirror.time is None and mark is not Mark.OPEN:
            del mirrors[event_key(mirror.event_id)]
        else:
            mirrors[event_key(mirror.event_id)] = replace(mirror, mark=mark)
        return replace(self, mirrors=mirrors)

    def rung(self, channel_id: str, number: int) -> SyncedCalendar:
        """Return the calendar after its channel rang; the same object where it is no news."""
        opened = self.channel
        if opened is None or opened.channel.channel_id != channel_id or number <= opened.last_ring:
            return self
        return replace(self, channel=replace(opened, last_ring=number, is_heard=True))

    def unannounced(self) -> SyncedCalendar:
        """Return the calendar after a change that nobody rang for."""
        if self.channel is None or not self.channel.is_heard:
            return self
        return replace(self, channel=replace(self.channel, is_heard=False))


def span_to_read(now: datetime) -> TimeRange:
    """Return what a baseline has."""
    return TimeRange(now - _READ_BACK, now + _READ_AHEAD)


@dataclass(frozen=True, slots=True)
class Reading:
    """All that one reading brought."""

    changes: tuple[ChangedEvent, ...]
    cursor: str
    is_baseline: bool


def after_reading(
    calendar: SyncedCalendar,
    reading: Reading,
    mirrors: Mapping[EventKey, MirrorEvent],
    *,
    now: datetime,
) -> SyncedCalendar:
    """Return a calendar with what a reading brought; the same object where that is nothing.

    Args:
        mirrors: Those of the changes that mirror bookings, and what became of the others known.
    """
    is_stale = calendar.cursor_at is None or now - calendar.cursor_at >= CURSOR_KEPT
    if not (reading.changes or reading.is_baseline or is_stale):
        return calendar
    past, future = _seconds_to_read(now)
    events: dict[EventKey, Span] = {} if reading.is_baseline else dict(calendar.events)
    for change in reading.changes:
        key = event_key(change.event_id)
        span = None if change.busy is None else _within(change.busy, (past, future))
        if span is None or key in mirrors:
            events.pop(key, None)
        else:
            events[key] = span
    kept = sorted((item for item in events.items() if item[1][1] > past), key=_start)
    after = replace(
        calendar,
        cursor=reading.cursor,
        cursor_at=now,
        events=dict(kept[:MOST_EVENTS]),
        mirrors={
            key: mirror
            for key, mirror in mirrors.items()
            if mirror.time is None or mirror.time[1] > past
        },
    )
    if reading.is_baseline:
        after = replace(after, baseline_at=now, read_until=span_to_read(now).end)
    return after


def _seconds_to_read(now: datetime) -> Span:
    read = span_to_read(now)
    return int(read.start.timestamp()), int(read.end.timestamp())


def _within(span: Span, limits: Span) -> Span | None:
    """Return the part of a span that is within limits: one may last from 1960 until 9999."""
    start, end = max(span[0], limits[0]), min(span[1], limits[1])
    return (start, end) if start < end else None


def _start(item: tuple[EventKey, Span]) -> int:
    return item[1][0]


def busy_of(calendars: Iterable[SyncedCalendar], now: datetime) -> tuple[Span, ...]:
    """Return when somebody is busy in any of these: sorted, apart from each other.

    Of more than `MOST_STRETCHES` the last are one, so that nobody is free who may not be.
    """
    spans = merged(span for calendar in calendars for span in calendar.busy)
    busy = tuple(intersection(spans, [_seconds_to_read(now)]))
    if len(busy) <= MOST_STRETCHES:
        return busy
    first = busy[: MOST_STRETCHES - 1]
    return *first, (busy[len(first)][0], busy[-1][1])


def next_reading(
    connection_id: str, now: datetime, *, is_rung_for: bool, hours: WeeklyHours | None
) -> datetime:
    """Return when a connection is read next where nobody rings before.

    All are a little early, each by its own: what was due together does not stay together.

    Args:
        is_rung_for: Whether the provider rings for all of its calendars.
        hours: When the member can be booked; None where they have no page.
    """
    early = 1 - fraction(connection_id) / 10
    if is_rung_for:
        return now + RUNG_FOR_EVERY * early
    idle = now + IDLE_EVERY * early
    if hours is None:
        return idle
    start, end = int(now.timestamp()), int(idle.timestamp())
    windows = [window for window in windows_by_date(hours, (start, end)) if window[1] > start]
    soonest = now + POLLED_EVERY * early
    if not windows:
        return idle
    begins = datetime.fromtimestamp(windows[0][0], UTC) - POLLED_EVERY * fraction(connection_id)
    return max(soonest, min(begins, idle))
