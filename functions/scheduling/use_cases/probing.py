"""Asking providers when members are busy at this moment."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduling.domain.connections import Platform
from scheduling.domain.hours import merged
from scheduling.domain.refusals import BusyTryAgain
from scheduling.provider_ports import (
    AccessTokenRejected,
    CalendarGone,
    PermissionMissing,
    ProviderUnavailable,
)
from scheduling.use_cases.provider_calls import ConnectionBroken, call

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from scheduling.domain.connections import Connection
    from scheduling.domain.hours import Span
    from scheduling.domain.time_range import TimeRange
    from scheduling.use_cases.provider_calls import Providers

PATIENCE_SECONDS = 2.0
"""Somebody waits for their booking meanwhile."""

AT_ONCE = 10

_NOTHING_SEEN = (
    AccessTokenRejected,
    BusyTryAgain,
    CalendarGone,
    ConnectionBroken,
    PermissionMissing,
    ProviderUnavailable,
)

logger = logging.getLogger(__name__)


def busy_now(
    organization_id: str,
    member_ids: Sequence[str],
    within: TimeRange,
    *,
    now: datetime,
    providers: Providers,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Mapping[str, Sequence[Span]]:
    """Return when members are busy in the calendars they connected, within 2 seconds.

    Left out are those of whom nothing was found out: a calendar that does not answer is not free.
    """
    found = providers.connections.of_members(organization_id, member_ids)
    connected = [each for each in found if each.serves(Platform.GOOGLE_CALENDAR)]
    if not connected:
        return {}
    workers = ThreadPoolExecutor(min(len(connected), AT_ONCE))
    looks = {
        workers.submit(_busy, connection, within, now=now, providers=providers): connection
        for connection in connected
    }
    done, _ = wait(looks, timeout=patience_seconds)
    # Whoever is too slow is not waited for: their answer is of no use any more.
    workers.shutdown(wait=False, cancel_futures=True)
    seen = {looks[look].key.member_id: look.result() for look in done}
    return {who: busy for who, busy in seen.items() if busy is not None}


def _busy(
    connection: Connection, within: TimeRange, *, now: datetime, providers: Providers
) -> Sequence[Span] | None:
    """Return when somebody is busy; None where one of their calendars does not tell."""
    calendars = providers.calendars[connection.key.provider]
    chosen = connection.conflict_calendar_ids
    if not chosen:
        return None
    try:
        answers = call(
            connection,
            lambda token: calendars.busy(token, chosen, within),
            now=now,
            providers=providers,
        )
    except _NOTHING_SEEN as failure:
        logger.warning("nothing seen: %s", type(failure).__name__)
        return None
    spans = [answers.get(calendar_id) for calendar_id in chosen]
    if None in spans:
        return None
    return merged(span for busy in spans if busy is not None for span in busy)


@dataclass(frozen=True, slots=True)
class OwnLook:
    """LiveLook for functions that may open connected calendars themselves."""

    providers: Providers
    now: Callable[[], datetime]

    def busy(
        self, organization_id: str, member_ids: Sequence[str], within: TimeRange
    ) -> Mapping[str, Sequence[Span]]:
        return busy_now(
            organization_id, member_ids, within, now=self.now(), providers=self.providers
        )
