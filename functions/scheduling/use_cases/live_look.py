"""Looking at connected calendars at the moment of booking: what was read of them may have aged."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from scheduling.domain.hosts import HostKind
from scheduling.domain.hours import without
from scheduling.domain.slots import span_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.hosts import Host
    from scheduling.domain.hours import Span
    from scheduling.domain.time_range import TimeRange

FRESH = timedelta(seconds=60)
"""What was read so recently is believed without another look."""

RELIED_ON = timedelta(minutes=15)
"""What was read so recently is relied on where a look finds nothing out."""


def looked_at(
    hosts: Sequence[Host],
    within: TimeRange,
    *,
    now: datetime,
    bookings: ports.Bookings,
    live_look: ports.LiveLook,
) -> tuple[Host, ...]:
    """Return hosts with what their connected calendars say at this moment about some time.

    Calendars show our own bookings as well, without saying so. A host's bookings keep their time
    by themselves, so it is left out of what is new; what was known before stays.
    """
    aged = [host.host_id for host in hosts if _has_aged(host, now)]
    if not aged:
        return tuple(hosts)
    seen = live_look.busy(hosts[0].organization_id, aged, within)
    return tuple(
        _having_seen(host, _foreign(host, seen[host.host_id], within, bookings=bookings), now)
        if host.host_id in seen
        else host
        for host in hosts
    )


def is_unknown(host: Host, now: datetime) -> bool:
    """Tell whether nobody knows if a member is busy elsewhere: read long ago, and not seen now."""
    return any(known.read_at is None or now - known.read_at > RELIED_ON for known in host.connected)


def _has_aged(host: Host, now: datetime) -> bool:
    return host.key.kind is HostKind.MEMBER and any(
        known.read_at is None or now - known.read_at > FRESH for known in host.connected
    )


def _having_seen(host: Host, busy: Sequence[Span], now: datetime) -> Host:
    connected = tuple(
        replace(known, busy=(*known.busy, *busy), read_at=now, trusted_until=now + FRESH)
        for known in host.connected
    )
    return replace(host, connected=connected)


def _foreign(
    host: Host, busy: Sequence[Span], within: TimeRange, *, bookings: ports.Bookings
) -> Sequence[Span]:
    """Return what of a host's busy time none of their meetings explains.

    Holds and requests explain nothing: only confirmed meetings stand in calendars.
    """
    if not busy:
        return busy
    own = bookings.taken(host.organization_id, host.host_id, within)
    return without(busy, [span_of(each.time) for each in own if each.expires_at is None])
