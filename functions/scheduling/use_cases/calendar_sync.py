"""Reading connected calendars: the only way in which anything becomes known of them."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from scheduling.domain.calendar_sync import (
    CHANNEL_LIFE,
    ENDED_AT_LAST,
    KEPT_ALIVE_EVERY,
    MENDED_WITHIN,
    MOST_PAGES,
    NEVER,
    POLLED_EVERY,
    Mark,
    Reading,
    SyncedCalendar,
    after_reading,
    busy_of,
    event_key,
    next_reading,
    span_to_read,
)
from scheduling.domain.channels import channel_token
from scheduling.domain.connections import ConnectedBusy, ConnectionState, Platform
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.identifiers import new_id
from scheduling.domain.lists import every
from scheduling.domain.provider_events import ChangedEvent
from scheduling.domain.sync_turns import fraction
from scheduling.provider_ports import (
    AccessTokenRejected,
    CalendarGone,
    CiphertextRefused,
    CursorExpired,
    GrantRejected,
    PermissionMissing,
    ProviderUnavailable,
)
from scheduling.use_cases.calendar_changes import follow, mirror_of
from scheduling.use_cases.provider_calls import ConnectionBroken, call, note_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from scheduling.domain.calendar_sync import EventKey, MirrorEvent
    from scheduling.domain.connections import Connection, ConnectionKey
    from scheduling.domain.grants import Grant
    from scheduling.domain.hours import WeeklyHours
    from scheduling.domain.sync_turns import Ring, SyncRequest, SyncTurn
    from scheduling.provider_ports import Calendars, ChannelSecrets, SyncedCalendars, SyncTurns
    from scheduling.use_cases.calendar_changes import BookingDesk
    from scheduling.use_cases.provider_calls import Providers

NOTIFICATIONS = "/notifications/google"
"""Where Google rings, behind the origin that people use."""

LOOK_SECONDS = 35
"""After so long a look begins with no other calendar: one that is read takes up to 20 more.

`template.yaml` has the function end after 55, and with it the looks of the rest of its batch.
"""

SLOW_SECONDS = 5
"""What a provider that is well never needs to open a channel."""

_PASSING = frozenset(
    {ConnectionState.SYNCING, ConnectionState.DELAYED, ConnectionState.CALENDAR_GONE}
)
"""What a reading of all calendars puts an end to."""


@dataclass(frozen=True, slots=True)
class SyncRoom:
    """What looking at connections needs."""

    base_url: str
    providers: Providers
    turns: SyncTurns
    calendars: SyncedCalendars
    channel_secrets: ChannelSecrets
    desk: BookingDesk
    clock: Callable[[], float] = time.monotonic
    """In seconds, from whenever."""


class SyncEnd(StrEnum):
    """What came of a request."""

    READ = "read"
    KEPT_ALIVE = "kept_alive"
    """There is no calendar to read; the grant was used, so that it does not lapse."""
    GREETED = "greeted"
    """A channel is open."""
    OUTDATED = "outdated"
    """It was done already, is being done, or is about what there is no more: nobody was asked."""
    PUT_OFF = "put_off"
    """The provider does not answer as it should."""
    BROKEN = "broken"
    """A human has to do something."""
    ENDED = "ended"
    """The connection had been switched off: the provider knows, and we know nothing any more."""


class Overtaken(Exception):
    """Somebody else has read the same calendar meanwhile, or it is of another account now."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look at a connection came to."""

    end: SyncEnd
    next_at: datetime
    busy: ConnectedBusy | None = None
    """What is known from now on; None where that is nothing new."""


def sync_connection(request: SyncRequest, *, now: datetime, room: SyncRoom) -> SyncEnd:
    """Do what is to be done about a connection: mostly, read what has changed in its calendars.

    Whatever goes wrong in a way that anybody foresaw, the connection's turn comes again.
    """
    turn = room.turns.get(request.key)
    if turn is None:
        return SyncEnd.OUTDATED
    if request.ring is not None:
        rung = _rung(request.key, request.ring, room.calendars)
        if rung is None:
            return SyncEnd.OUTDATED
        if request.ring.only_greets:
            room.calendars.save(request.key, rung)
            return SyncEnd.GREETED
        if turn.failures and now < turn.due_at:
            # The provider is left alone for as long as it asked; all is read afterwards.
            return SyncEnd.PUT_OFF
    elif request.due_at != int(turn.due_at.timestamp()):
        return SyncEnd.OUTDATED
    taken = room.turns.take(turn, now=now)
    return SyncEnd.OUTDATED if taken is None else _done(taken, request.ring, now=now, room=room)


def _rung(whose: ConnectionKey, ring: Ring, calendars: SyncedCalendars) -> SyncedCalendar | None:
    """Return the calendar that a channel rang for; None where it has not, or did so before."""
    for calendar in calendars.of(whose):
        opened = calendar.channel
        if opened is not None and opened.channel.channel_id == ring.channel_id:
            rung = calendar.rung(ring.channel_id, ring.number)
            is_genuine = opened.channel.resource_id == ring.resource_id
            return rung if is_genuine and rung is not calendar else None
    return None


def _done(taken: SyncTurn, ring: Ring | None, *, now: datetime, room: SyncRoom) -> SyncEnd:
    """Look at a connection whose turn was taken, and put the turn back."""
    connection = room.providers.connections.get(taken.key)
    if connection is None or connection.connection_id != taken.connection_id:
        return SyncEnd.OUTDATED
    try:
        if not connection.is_on:
            _end(connection, taken, now=now, room=room)
            return SyncEnd.ENDED
        look = _look(connection, taken, ring, now=now, room=room)
    except Overtaken:
        return SyncEnd.OUTDATED
    except ProviderUnavailable as error:
        if taken.is_delayed(now) and connection.state in _WORKING:
            _note(connection, ConnectionState.DELAYED, now=now, room=room)
        room.turns.put_back(taken, taken.failed(now, error.retry_after))
        return SyncEnd.PUT_OFF
    except ConnectionBroken as error:
        waits_for_sign_in = error.state is ConnectionState.RECONNECT_REQUIRED
        look = _Look(SyncEnd.BROKEN, now + (NEVER if waits_for_sign_in else MENDED_WITHIN))
    next_at = look.next_at.replace(microsecond=0)
    room.turns.put_back(taken, taken.succeeded(next_at), busy=look.busy)
    return look.end


_WORKING = frozenset({ConnectionState.OK, ConnectionState.SYNCING})


def _look(
    connection: Connection,
    taken: SyncTurn,
    ring: Ring | None,
    *,
    now: datetime,
    room: SyncRoom,
) -> _Look:
    """Raises Overtaken, ProviderUnavailable or ConnectionBroken."""
    until = room.clock() + LOOK_SECONDS
    wanted = _wanted(connection)
    if not wanted:
        # Before anybody is asked: whoever no longer has us read makes us wait for no provider.
        room.calendars.forget_busy(connection.key)
    try:
        read = call(
            connection,
            lambda token: _pulled(token, connection, wanted, ring, until, now=now, room=room),
            now=now,
            providers=room.providers,
        )
    except PermissionMissing:
        missing = (Platform.GOOGLE_CALENDAR,)
        _note(connection, ConnectionState.INSUFFICIENT_SCOPE, now=now, room=room, missing=missing)
        return _Look(SyncEnd.BROKEN, now + MENDED_WITHIN)
    except GrantRejected as error:
        _note(connection, error.state, now=now, room=room)
        return _Look(SyncEnd.BROKEN, now + MENDED_WITHIN)
    early = 1 - fraction(connection.connection_id) / 10
    if not wanted:
        return _Look(SyncEnd.KEPT_ALIVE, now + KEPT_ALIVE_EVERY * early)
    if not {*wanted} <= {calendar.calendar_id for calendar in read}:
        _note(connection, ConnectionState.CALENDAR_GONE, now=now, room=room)
        known = _busy(connection, read, now=now, trusted_until=None)
        return _Look(SyncEnd.BROKEN, now + MENDED_WITHIN, known)
    if connection.state in _PASSING:
        _note(connection, ConnectionState.OK, now=now, room=room)
    look = _as_read(connection, read, now=now, room=room)
    if not any(calendar.open_mirrors for calendar in read):
        return look
    # Whether a booking can follow is decided by what was read just now.
    if not room.turns.put_back(taken, taken, busy=look.busy):
        raise Overtaken
    alive = {
        mirror.booking_id
        for calendar in read
        for mirror in calendar.mirrors.values()
        if mirror.time is not None
    }
    read = [_followed(calendar, alive, connection.key, now=now, room=room) for calendar in read]
    return _as_read(connection, read, now=now, room=room)


def _note(
    connection: Connection,
    state: ConnectionState,
    *,
    now: datetime,
    room: SyncRoom,
    missing: tuple[Platform, ...] = (),
) -> None:
    note_state(connection, state, now=now, connections=room.providers.connections, missing=missing)


def _wanted(connection: Connection) -> tuple[str, ...]:
    """Return the calendars to read: those that make busy, and the one with our own events."""
    if not connection.has(Platform.GOOGLE_CALENDAR):
        return ()
    written = filter(None, [connection.write_calendar_id])
    return tuple(dict.fromkeys((*connection.conflict_calendar_ids, *written)))


def _as_read(
    connection: Connection, read: Sequence[SyncedCalendar], *, now: datetime, room: SyncRoom
) -> _Look:
    is_rung_for = all(calendar.rings(now) for calendar in read)
    hours = None if is_rung_for else _hours(connection.key, desk=room.desk)
    next_at = next_reading(connection.connection_id, now, is_rung_for=is_rung_for, hours=hours)
    busy = _busy(connection, read, now=now, trusted_until=now + 2 * (next_at - now))
    if any(calendar.open_mirrors for calendar in read):
        next_at = min(next_at, now + POLLED_EVERY)
    unwatched = (
        calendar.watched_again_at
        for calendar in read
        if calendar.channel is None or calendar.channel.channel.expires_at <= now
    )
    return _Look(SyncEnd.READ, min((next_at, *filter(None, unwatched))), busy)


def _busy(
    connection: Connection,
    read: Sequence[SyncedCalendar],
    *,
    now: datetime,
    trusted_until: datetime | None,
) -> ConnectedBusy | None:
    """Return when a member is busy; None where no calendar that tells may be read."""
    conflicting = [
        calendar for calendar in read if calendar.calendar_id in connection.conflict_calendar_ids
    ]
    if not conflicting:
        return None
    return ConnectedBusy(
        connection.key,
        connection.connection_id,
        busy_of(conflicting, now),
        read_at=now,
        trusted_until=trusted_until,
    )


def _hours(whose: ConnectionKey, *, desk: BookingDesk) -> WeeklyHours | None:
    """Return when a member can be booked; None where they have no page that is on."""
    pages = every(
        lambda cursor: desk.booking_pages.list(
            whose.organization_id, host_id=whose.member_id, cursor=cursor, limit=100
        )
    )
    if not any(page.is_on for page in pages):
        return None
    key = HostKey(HostKind.MEMBER, whose.member_id)
    [host] = desk.hosts.get_all(whose.organization_id, [key])
    return None if host.is_gone or isinstance(host.hours, tuple) else host.hours


def _pulled(
    token: str,
    connection: Connection,
    wanted: Sequence[str],
    ring: Ring | None,
    until: float,
    *,
    now: datetime,
    room: SyncRoom,
) -> list[SyncedCalendar]:
    """Read the calendars of a connection, and see to their channels; others are forgotten.

    Where our events were written before, they are followed until they are over.

    What was read is stored at once, so whoever is interrupted goes on from there. After a channel
    that was long in coming, or did not come at all, this look asks for no other; one that is
    refused at once says nothing of those of other calendars.

    Return those that there are.

    Args:
        until: By the room's clock, when to begin with no other calendar.

    Raises:
        AccessTokenRejected, PermissionMissing, GrantRejected, ProviderUnavailable, Overtaken
    """
    whose = connection.key
    stored = {calendar.calendar_id: calendar for calendar in room.calendars.of(whose)}
    read: list[SyncedCalendar] = []
    is_slow = False
    for calendar_id in _to_read(connection, wanted, stored.values(), now):
        if room.clock() >= until:
            raise ProviderUnavailable("too_slow")
        before = stored.get(calendar_id)
        if before is None or before.connection_id != connection.connection_id:
            version = 0 if before is None else before.version
            before = SyncedCalendar(connection.connection_id, calendar_id, version=version)
        try:
            after = _read(token, before, whose, is_rung=ring is not None, now=now, room=room)
        except CalendarGone:
            continue
        if ring is not None:
            after = after.rung(ring.channel_id, ring.number)
        if is_slow and after.is_to_watch(now):
            after = after.not_watched(now)
        elif after.is_to_watch(now):
            asked_at = room.clock()
            after = _watched(token, after, whose, now=now, room=room)
            is_slow = room.clock() - asked_at >= SLOW_SECONDS
        read.append(_kept(before, after, whose, room.calendars))
    kept = {*wanted, *(calendar.calendar_id for calendar in read)}
    _forget(token, [stored[each] for each in stored.keys() - kept], connection, room)
    return read


def _to_read(
    connection: Connection,
    wanted: Sequence[str],
    stored: Iterable[SyncedCalendar],
    now: datetime,
) -> Iterable[str]:
    """Return the calendars wanted, and those in which events of ours are left."""
    left = (
        calendar.calendar_id
        for calendar in stored
        if calendar.connection_id == connection.connection_id and calendar.mirrors_at(now)
    )
    return dict.fromkeys((*wanted, *left)) if wanted else ()


def _forget(
    token: str, calendars: Iterable[SyncedCalendar], connection: Connection, room: SyncRoom
) -> None:
    whose = connection.key
    for calendar in calendars:
        if calendar.connection_id == connection.connection_id:
            with suppress(ProviderUnavailable):
                _stop(token, calendar, whose, room.providers)
        room.calendars.forget(whose, calendar.calendar_id)


def _kept(
    before: SyncedCalendar,
    after: SyncedCalendar,
    whose: ConnectionKey,
    calendars: SyncedCalendars,
) -> SyncedCalendar:
    """Store a calendar where it is another than before; raises Overtaken."""
    if after is before:
        return before
    kept = calendars.save(whose, after)
    if kept is None:
        raise Overtaken
    return kept


def _read(
    token: str,
    calendar: SyncedCalendar,
    whose: ConnectionKey,
    *,
    is_rung: bool,
    now: datetime,
    room: SyncRoom,
) -> SyncedCalendar:
    """Return a calendar with what has changed in it; all of it, where that is not to be had."""
    asked = room.providers.calendars[whose.provider]
    cursor = None if calendar.needs_baseline(now) else calendar.cursor
    try:
        reading = _reading(token, asked, calendar.calendar_id, cursor, now=now)
    except CursorExpired:
        if cursor is None:
            raise ProviderUnavailable("cursor_expired_at_once") from None
        reading = _reading(token, asked, calendar.calendar_id, None, now=now)
    mirrors = _mirrors(token, calendar, reading, whose, now=now, room=room)
    after = after_reading(calendar, reading, mirrors, now=now)
    is_silent = bool(reading.changes) and not (is_rung or reading.is_baseline)
    return after.unannounced() if is_silent else after


def _reading(
    token: str, asked: Calendars, calendar_id: str, cursor: str | None, *, now: datetime
) -> Reading:
    """Return all pages of what has changed, or of what there is.

    Raises:
        CursorExpired
    """
    changes: list[ChangedEvent] = []
    page: str | None = None
    for _ in range(MOST_PAGES):
        part = asked.changes(token, calendar_id, cursor=cursor, page=page, within=span_to_read(now))
        changes += part.events
        if part.cursor is not None:
            return Reading(tuple(changes), part.cursor, is_baseline=cursor is None)
        page = part.next_page
    raise ProviderUnavailable("too_many_pages")


def _mirrors(
    token: str,
    calendar: SyncedCalendar,
    reading: Reading,
    whose: ConnectionKey,
    *,
    now: datetime,
    room: SyncRoom,
) -> Mapping[EventKey, MirrorEvent]:
    """Return what mirrors bookings after a reading.

    What a baseline does not have any more is asked for, one by one: it may be gone, or far away.
    What is past may as well be left out of it.
    """
    mirrors = dict(calendar.mirrors)
    changes = list(reading.changes)
    if reading.is_baseline:
        there = {event_key(change.event_id) for change in reading.changes}
        asked = room.providers.calendars[whose.provider]
        changes += (
            _left_out(token, asked, calendar.calendar_id, mirror)
            for key, mirror in calendar.mirrors.items()
            if key not in there and (mirror.time is None or mirror.time[1] > now.timestamp())
        )
    for change in changes:
        key = event_key(change.event_id)
        mirror = mirror_of(change, whose, mirrors.get(key), now=now, desk=room.desk)
        if mirror is None:
            mirrors.pop(key, None)
        else:
            mirrors[key] = mirror
    return mirrors


def _left_out(token: str, asked: Calendars, calendar_id: str, mirror: MirrorEvent) -> ChangedEvent:
    """Return how an event of ours is that a baseline does not have.

    One that was dragged beyond what is read, or made the first of a series, is there still.
    """
    found = asked.read(token, calendar_id, mirror.event_id)
    if found is None or found.is_gone:
        return ChangedEvent(mirror.event_id, None, is_gone=True)
    return ChangedEvent(
        mirror.event_id,
        None,
        time=found.time,
        booking_id=mirror.booking_id,
        content_hash=found.content_hash,
        etag=found.etag,
    )


def _watched(
    token: str, calendar: SyncedCalendar, whose: ConnectionKey, *, now: datetime, room: SyncRoom
) -> SyncedCalendar:
    """Return a calendar with another channel, if one is to be had: some have none at all."""
    asked, channel_id = room.providers.calendars[whose.provider], new_id()
    try:
        channel = asked.watch(
            token,
            calendar.calendar_id,
            channel_id=channel_id,
            token=channel_token(room.channel_secrets.current(), whose, channel_id),
            address=room.base_url + NOTIFICATIONS,
            life=CHANNEL_LIFE,
        )
        with suppress(ProviderUnavailable):
            _stop(token, calendar, whose, room.providers)
    except (ProviderUnavailable, CalendarGone, PermissionMissing):
        return calendar.not_watched(now)
    return calendar.watched(channel, now)


def _stop(token: str, calendar: SyncedCalendar, whose: ConnectionKey, providers: Providers) -> None:
    """Have a provider ring no more; a channel that goes on ends by itself, and is not heeded.

    Raises:
        AccessTokenRejected, PermissionMissing, GrantRejected, ProviderUnavailable
    """
    if calendar.channel is not None:
        providers.calendars[whose.provider].stop(token, calendar.channel.channel)


def _followed(
    calendar: SyncedCalendar,
    alive: set[str],
    whose: ConnectionKey,
    *,
    now: datetime,
    room: SyncRoom,
) -> SyncedCalendar:
    """Return a calendar after bookings followed what was done to their events in it.

    Args:
        alive: The bookings that have an event in some calendar of the connection.
    """
    after = calendar
    for mirror in calendar.open_mirrors:
        is_alive = mirror.booking_id in alive
        mark = follow(mirror, whose, is_alive=is_alive, now=now, desk=room.desk)
        if mark is not Mark.OPEN:
            after = after.marked(mirror, mark)
    return _kept(calendar, after, whose, room.calendars)


def _end(connection: Connection, taken: SyncTurn, *, now: datetime, room: SyncRoom) -> None:
    """Tell the provider that a connection has ended, and forget all there is of it.

    Where the provider cannot be told in a day, the grant goes nevertheless. What was connected
    anew meanwhile stays.

    Raises:
        Overtaken, ProviderUnavailable
    """
    providers, whose = room.providers, connection.key
    room.calendars.forget_busy(whose)
    try:
        grant = providers.grants.get(whose)
    except CiphertextRefused:
        grant = None
    if grant is not None and grant.connection_id == connection.connection_id:
        try:
            _tell_of_end(connection, grant, now=now, room=room)
        except ProviderUnavailable:
            if now - (taken.failing_since or now) < ENDED_AT_LAST:
                raise
        providers.grants.forget(whose, grant.sign_in_id)
    providers.connections.forget(connection)


def _tell_of_end(connection: Connection, grant: Grant, *, now: datetime, room: SyncRoom) -> None:
    """Stop the channels, and end the grant unless others are connected by the same account.

    A provider ends all that an account has granted us at once.

    Raises:
        Overtaken: It was connected anew.
        ProviderUnavailable
    """
    providers, whose = room.providers, connection.key
    oauth = providers.oauth[whose.provider]
    if not grant.is_fresh(now):
        try:
            tokens = oauth.refresh(grant.refresh_token, now=now)
        except GrantRejected:
            # It has ended already.
            return
        grant = grant.with_tokens(tokens)
        providers.grants.save(grant)
    for calendar in room.calendars.of(whose):
        with suppress(AccessTokenRejected, PermissionMissing, GrantRejected):
            _stop(grant.access_token, calendar, whose, providers)
    if providers.connections.get(whose) != connection:
        raise Overtaken
    if not providers.connections.with_account(whose.provider, connection.account_id):
        oauth.revoke(grant.access_token)
