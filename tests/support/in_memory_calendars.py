"""Calendars of a provider in memory: what simulations and tests of use cases ask and change.

`tests/integration/test_calendar_providers.py` runs the same promises against these and Google's.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from threading import RLock
from typing import TYPE_CHECKING

from scheduling.domain.hours import intersection, merged
from scheduling.domain.provider_events import ChangedEvent, ChangePage, Channel, WrittenEvent
from scheduling.provider_ports import (
    AccessTokenRejected,
    CalendarGone,
    CursorExpired,
    EventChangedMeanwhile,
    EventIdUsed,
    PermissionMissing,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta

    from scheduling.domain.connections import ProviderCalendar
    from scheduling.domain.hours import Span
    from scheduling.domain.provider_events import WantedEvent
    from scheduling.domain.time_range import TimeRange


@dataclass(frozen=True, slots=True)
class Event:
    """An event, as the calendar has it now."""

    event_id: str
    time: Span
    changed: int
    """Rises with each change anywhere."""
    is_busy: bool = True
    is_declined: bool = False
    is_cancelled: bool = False
    written: WantedEvent | None = None
    """What we last wrote; None for somebody else's event."""
    reads_until_meet: int | None = None
    """None where the meeting is not waited for."""
    join_url: str = ""
    meet_failed: bool = False

    @property
    def etag(self) -> str:
        return f'"{self.changed}"'

    @property
    def busy(self) -> Span | None:
        takes_time = self.is_busy and not self.is_gone and self.time[0] < self.time[1]
        return self.time if takes_time else None

    @property
    def is_gone(self) -> bool:
        return self.is_cancelled or self.is_declined


@dataclass(slots=True)
class Calendar:
    calendar: ProviderCalendar
    events: dict[str, Event] = field(default_factory=dict)
    """By id, deleted ones too; in the order in which they were last changed."""
    oldest_cursor: int = 0
    """Cursors from before are not known any more."""
    is_unknown: bool = False
    """Whether free/busy cannot say anything about it."""


@dataclass(slots=True)
class _Failure:
    call: str | None
    error: Exception
    times: int
    is_after: bool


class InMemoryCalendars:
    """The port Calendars, and the calendars behind it, which tests change and look into.

    Any thread may use it. An access token is an account's; several may be.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.now = now
        self.accounts: dict[str, list[str]] = {}
        """Ids of calendars, by access token. Without the token: AccessTokenRejected."""
        self.calendars: dict[str, Calendar] = {}
        self.channels: dict[str, tuple[Channel, str, str, str]] = {}
        """Open channels by id: channel, calendar id, token, address."""
        self.rung: list[str] = []
        """Ids of the channels that changes have rung, in order."""
        self.calls: Counter[str] = Counter()
        """How often each method was called, whatever came of it."""
        self.pause: Callable[[str], None] = lambda moment: None
        """Is told `insert` before the effect of an insert and `insert done` after it, and so on:
        a simulation lets others come between there, or dies."""
        self.rows_per_page = 2500
        self.reads_until_meet: int | None = 0
        """How often a new event with a Meet meeting is read until its link is there."""
        self.makes_meet = True
        """Whether new meetings come about at all."""
        self._failures: list[_Failure] = []
        self._serial = count(1)
        self._latest = 0
        self._lock = RLock()

    # What tests set up, change and look into

    def add_calendar(self, access_token: str, calendar: ProviderCalendar) -> None:
        """Give an account a calendar; its token is let in from now on."""
        self.accounts.setdefault(access_token, []).append(calendar.calendar_id)
        self.calendars[calendar.calendar_id] = Calendar(calendar)

    def add_event(
        self, calendar_id: str, time: Span, *, event_id: str = "", is_busy: bool = True
    ) -> str:
        """Let the owner add an event; return its id."""
        with self._lock:
            changed = self._next()
            event_id = event_id or f"event{changed}"
            self._put(calendar_id, Event(event_id, time, changed, is_busy=is_busy))
        return event_id

    def change_event(self, calendar_id: str, event_id: str, **fields: object) -> None:
        """Let the owner change an event: any fields of `Event` but `changed`."""
        with self._lock:
            event = self.event(calendar_id, event_id)
            self._put(calendar_id, replace(event, **fields, changed=self._next()))

    def move_event(self, calendar_id: str, event_id: str, time: Span) -> None:
        self.change_event(calendar_id, event_id, time=time)

    def delete_event(self, calendar_id: str, event_id: str) -> None:
        self.change_event(calendar_id, event_id, is_cancelled=True)

    def decline_event(self, calendar_id: str, event_id: str) -> None:
        self.change_event(calendar_id, event_id, is_declined=True)

    def remove_calendar(self, calendar_id: str) -> None:
        """Let a calendar be deleted, or no longer shared."""
        with self._lock:
            del self.calendars[calendar_id]
            for calendar_ids in self.accounts.values():
                if calendar_id in calendar_ids:
                    calendar_ids.remove(calendar_id)

    def forget_cursors(self, calendar_id: str) -> None:
        """Let whoever asks with a cursor from before be told to begin anew."""
        with self._lock:
            self.calendars[calendar_id].oldest_cursor = self._next()

    def finish_meetings(self) -> None:
        """Let every meeting that is waited for be there."""
        with self._lock:
            for calendar_id, calendar in self.calendars.items():
                for event in list(calendar.events.values()):
                    if event.reads_until_meet is not None:
                        self._finish_meeting(calendar_id, event)

    def event(self, calendar_id: str, event_id: str) -> Event:
        return self.calendars[calendar_id].events[event_id]

    def events(self, calendar_id: str) -> list[Event]:
        """Return the events that are not deleted."""
        with self._lock:
            events = self.calendars[calendar_id].events.values()
            return [event for event in events if not event.is_cancelled]

    def fail(
        self,
        error: Exception,
        *,
        call: str | None = None,
        times: int = 1,
        after: bool = False,
    ) -> None:
        """Let the next calls raise `error`.

        Args:
            error: What they raise.
            call: The method, such as "insert"; any if not given.
            times: How many calls.
            after: Whether they have had their effect by then.
        """
        self._failures.append(_Failure(call, error, times, after))

    def recover(self) -> None:
        """Let nothing fail any more."""
        self._failures.clear()

    # The port

    def all(self, access_token: str) -> Sequence[ProviderCalendar]:
        def answer() -> list[ProviderCalendar]:
            return [self.calendars[each].calendar for each in self._account(access_token)]

        return self._call("all", answer)

    def changes(
        self,
        access_token: str,
        calendar_id: str,
        *,
        cursor: str | None,
        page: str | None,
        within: TimeRange,
    ) -> ChangePage:
        def answer() -> ChangePage:
            calendar = self._calendar(access_token, calendar_id)
            return _changes(
                calendar,
                cursor,
                page,
                within,
                latest=self._latest,
                rows_per_page=self.rows_per_page,
            )

        return self._call("changes", answer)

    def busy(
        self, access_token: str, calendar_ids: Sequence[str], within: TimeRange
    ) -> Mapping[str, tuple[Span, ...] | None]:
        def answer() -> dict[str, tuple[Span, ...] | None]:
            own = self._account(access_token)
            return {
                each: self._busy_of(each, within) if each in own else None for each in calendar_ids
            }

        return self._call("busy", answer)

    def insert(self, access_token: str, calendar_id: str, event: WantedEvent) -> WrittenEvent:
        def effect() -> WrittenEvent:
            calendar = self._writable(access_token, calendar_id)
            if event.event_id in calendar.events:
                raise EventIdUsed
            stored = Event(event.event_id, _span(event.time), self._next(), written=event)
            of = calendar.calendar.calendar_id
            return _as_written(self._put(of, self._with_meet(stored, calendar)))

        return self._call("insert", effect)

    def read(self, access_token: str, calendar_id: str, event_id: str) -> WrittenEvent | None:
        def answer() -> WrittenEvent | None:
            calendar = self._calendar(access_token, calendar_id)
            event = calendar.events.get(event_id)
            if event is None:
                return None
            return _as_written(self._read_once_more(calendar.calendar.calendar_id, event))

        return self._call("read", answer)

    def update(
        self, access_token: str, calendar_id: str, event: WantedEvent, *, etag: str
    ) -> WrittenEvent:
        def effect() -> WrittenEvent:
            calendar = self._writable(access_token, calendar_id)
            before = calendar.events.get(event.event_id)
            if before is None or before.is_cancelled or before.etag != etag:
                raise EventChangedMeanwhile
            stored = replace(before, time=_span(event.time), written=event, changed=self._next())
            of = calendar.calendar.calendar_id
            return _as_written(self._put(of, self._with_meet(stored, calendar)))

        return self._call("update", effect)

    def delete(self, access_token: str, calendar_id: str, event_id: str) -> None:
        def effect() -> None:
            calendar = self._writable(access_token, calendar_id)
            event = calendar.events.get(event_id)
            if event is not None and not event.is_cancelled:
                gone = replace(event, is_cancelled=True, changed=self._next())
                self._put(calendar.calendar.calendar_id, gone)

        self._call("delete", effect)

    def watch(
        self,
        access_token: str,
        calendar_id: str,
        *,
        channel_id: str,
        token: str,
        address: str,
        life: timedelta,
    ) -> Channel:
        def effect() -> Channel:
            self._calendar(access_token, calendar_id)
            channel = Channel(channel_id, f"resource of {calendar_id}", self.now() + life)
            self.channels[channel_id] = (channel, calendar_id, token, address)
            return channel

        return self._call("watch", effect)

    def stop(self, access_token: str, channel: Channel) -> None:
        def effect() -> None:
            self._account(access_token)
            self.channels.pop(channel.channel_id, None)

        self._call("stop", effect)

    # How

    def _call[Answer](self, name: str, effect: Callable[[], Answer]) -> Answer:
        with self._lock:
            self.calls[name] += 1
            failure = self._failure(name)
        self.pause(name)
        if failure is not None and not failure.is_after:
            raise failure.error
        with self._lock:
            answer = effect()
        self.pause(f"{name} done")
        if failure is not None:
            raise failure.error
        return answer

    def _failure(self, call: str) -> _Failure | None:
        for failure in self._failures:
            if failure.call in {None, call}:
                failure.times -= 1
                if not failure.times:
                    self._failures.remove(failure)
                return failure
        return None

    def _next(self) -> int:
        self._latest = next(self._serial)
        return self._latest

    def _account(self, access_token: str) -> list[str]:
        try:
            return self.accounts[access_token]
        except KeyError:
            raise AccessTokenRejected from None

    def _calendar(self, access_token: str, calendar_id: str) -> Calendar:
        for each in self._account(access_token):
            calendar = self.calendars[each]
            if calendar_id == each or (calendar_id == "primary" and calendar.calendar.is_primary):
                return calendar
        raise CalendarGone

    def _writable(self, access_token: str, calendar_id: str) -> Calendar:
        calendar = self._calendar(access_token, calendar_id)
        if not calendar.calendar.can_write:
            raise PermissionMissing
        return calendar

    def _put(self, calendar_id: str, event: Event) -> Event:
        events = self.calendars[calendar_id].events
        events.pop(event.event_id, None)
        events[event.event_id] = event
        now = self.now()
        self.rung += [
            channel.channel_id
            for channel, of, _, _ in self.channels.values()
            if of == calendar_id and channel.expires_at > now
        ]
        return event

    def _busy_of(self, calendar_id: str, within: TimeRange) -> tuple[Span, ...] | None:
        calendar = self.calendars[calendar_id]
        if calendar.is_unknown:
            return None
        busy = (event.busy for event in calendar.events.values())
        return tuple(intersection(merged(each for each in busy if each), [_span(within)]))

    def _with_meet(self, event: Event, calendar: Calendar) -> Event:
        """Return an event with the meeting that it wants; one that it has stays the same."""
        if event.written is None or not event.written.wants_meet:
            return replace(event, join_url="", reads_until_meet=None, meet_failed=False)
        if event.join_url or event.reads_until_meet is not None or event.meet_failed:
            return event
        if not (self.makes_meet and calendar.calendar.offers_meet):
            return replace(event, meet_failed=True)
        if self.reads_until_meet == 0:
            return replace(event, join_url=_join_url(event))
        return replace(event, reads_until_meet=self.reads_until_meet)

    def _read_once_more(self, calendar_id: str, event: Event) -> Event:
        if event.reads_until_meet is None:
            return event
        if event.reads_until_meet > 1:
            waiting = replace(event, reads_until_meet=event.reads_until_meet - 1)
            self.calendars[calendar_id].events[event.event_id] = waiting
            return waiting
        return self._finish_meeting(calendar_id, event)

    def _finish_meeting(self, calendar_id: str, event: Event) -> Event:
        done = replace(event, reads_until_meet=None, join_url=_join_url(event))
        return self._put(calendar_id, replace(done, changed=self._next()))


def _changes(
    calendar: Calendar,
    cursor: str | None,
    page: str | None,
    within: TimeRange,
    *,
    latest: int,
    rows_per_page: int,
) -> ChangePage:
    """Return a page; a cursor is `changed/start/end`, a page what was told, and the next cursor."""
    if cursor is None:
        since, (start, end) = 0, _span(within)
    else:
        since, start, end = map(int, cursor.split("/"))
        if since < calendar.oldest_cursor:
            raise CursorExpired
    told, until = map(int, page.split("/")) if page else (since, latest)
    rows = [
        event
        for event in calendar.events.values()
        if event.changed > told and _is_told(event, (start, end), is_first=cursor is None)
    ]
    part = tuple(map(_as_changed, rows[:rows_per_page]))
    if len(rows) > rows_per_page:
        return ChangePage(part, f"{rows[rows_per_page - 1].changed}/{until}", None)
    return ChangePage(part, None, f"{until}/{start}/{end}")


def _is_told(event: Event, within: Span, *, is_first: bool) -> bool:
    """Tell whether a page names an event: later ones name what has gone or moved away, too."""
    return not is_first or (not event.is_cancelled and _overlaps(event.time, within))


def _overlaps(time: Span, within: Span) -> bool:
    return time[1] > within[0] and time[0] < within[1]


def _as_changed(event: Event) -> ChangedEvent:
    if event.is_cancelled:
        # Providers say no more than that of what is deleted.
        return ChangedEvent(event.event_id, None, is_gone=True)
    ours = event.written
    return ChangedEvent(
        event.event_id,
        event.busy,
        is_gone=event.is_gone,
        time=event.time,
        booking_id=ours.booking_id if ours else "",
        content_hash=ours.content_hash if ours else "",
        shared_mark=ours.shared_mark if ours else "",
        etag=event.etag,
    )


def _as_written(event: Event) -> WrittenEvent:
    if event.is_cancelled:
        return WrittenEvent(event.event_id, event.etag, "", (0, 0), is_gone=True)
    return WrittenEvent(
        event.event_id,
        event.etag,
        event.written.content_hash if event.written else "",
        event.time,
        join_url=event.join_url,
        meet_failed=event.meet_failed,
    )


def _join_url(event: Event) -> str:
    return f"https://meet.example/{event.event_id[:10]}"


def _span(time: TimeRange) -> Span:
    return int(time.start.timestamp()), int(time.end.timestamp())
