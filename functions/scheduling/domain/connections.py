"""Connections: what a member has linked at a provider. Facts only; what opens it is a grant.

This module and what it imports stay free of pydantic and of every provider's library, since the
functions which list slots and book them load it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Provider(StrEnum):
    """At whom members have accounts."""

    GOOGLE = "google"
    ZOOM = "zoom"


class Platform(StrEnum):
    """What a member switches on; several may share the grant of one provider."""

    GOOGLE_CALENDAR = "google_calendar"
    GOOGLE_MEET = "google_meet"
    ZOOM = "zoom"

    @property
    def provider(self) -> Provider:
        return _PROVIDERS[self]

    @property
    def makes_meetings(self) -> bool:
        """Whether meetings can take place on it."""
        return self is not Platform.GOOGLE_CALENDAR

    @property
    def label(self) -> str:
        """What people call it, in every language."""
        return _LABELS[self]

    @property
    def comes_with_event(self) -> bool:
        """Whether its meetings are made by writing a calendar event, and only so."""
        return self is Platform.GOOGLE_MEET


_PROVIDERS: Mapping[Platform, Provider] = {
    Platform.GOOGLE_CALENDAR: Provider.GOOGLE,
    Platform.GOOGLE_MEET: Provider.GOOGLE,
    Platform.ZOOM: Provider.ZOOM,
}


_LABELS: Mapping[Platform, str] = {
    Platform.GOOGLE_CALENDAR: "Google Calendar",
    Platform.GOOGLE_MEET: "Google Meet",
    Platform.ZOOM: "Zoom",
}


class ConnectionState(StrEnum):
    """Whether a connection does its work, and if not, why."""

    OK = "ok"
    SYNCING = "syncing"
    """Its calendars are read for the first time."""
    DELAYED = "delayed"
    """The provider is slow or out of order; it is tried again without anybody's help."""
    INSUFFICIENT_SCOPE = "insufficient_scope"
    """The member did not allow everything that is needed."""
    RECONNECT_REQUIRED = "reconnect_required"
    """The sign-in has expired, or access was withdrawn."""
    ADMIN_BLOCKED = "admin_blocked"
    """The administrator of the account does not let this app in."""
    ACCOUNT_DISABLED = "account_disabled"
    CALENDAR_GONE = "calendar_gone"
    """A chosen calendar was deleted, or is no longer shared."""
    NO_MEET = "no_meet"
    """The account cannot make Meet meetings."""
    MEETING_LIMIT = "meeting_limit"
    """As many meetings as the provider allows a day."""
    APP_MISCONFIGURED = "app_misconfigured"
    """What Parley itself is known by at the provider is wrong or has expired."""

    @property
    def needs_human(self) -> bool:
        """Whether it stays so until somebody does something: shown with an X."""
        return self not in _PASSING


_PASSING = frozenset(
    {
        ConnectionState.OK,
        ConnectionState.SYNCING,
        ConnectionState.DELAYED,
        ConnectionState.MEETING_LIMIT,
    }
)

ONLY_OF: Mapping[ConnectionState, Platform] = {
    ConnectionState.SYNCING: Platform.GOOGLE_CALENDAR,
    ConnectionState.CALENDAR_GONE: Platform.GOOGLE_CALENDAR,
    ConnectionState.NO_MEET: Platform.GOOGLE_MEET,
}
"""Of states that are about one platform only, and end with it: which."""


@dataclass(frozen=True, slots=True)
class ProviderCalendar:
    """One of the calendars in an account."""

    calendar_id: str
    """The provider's own."""
    name: str
    time_zone: str
    is_primary: bool
    can_write: bool
    offers_meet: bool = False


@dataclass(frozen=True, slots=True)
class ConnectionKey:
    """Whose connection to whom."""

    organization_id: str
    member_id: str
    provider: Provider


@dataclass(frozen=True, slots=True)
class Connection:
    """What a member has connected at a provider: one account."""

    key: ConnectionKey
    connection_id: str
    """A new one when something was connected that was not; the same after a reconnect."""
    platforms: frozenset[Platform]
    """Those that are switched on; none where it has ended."""
    account_id: str
    """The provider's lasting key of the account (Google `sub`, Zoom user id). Never an address."""
    account: str
    """The address or name that people know the account by."""
    scopes: frozenset[str]
    """What was granted."""
    state: ConnectionState
    state_since: datetime
    connected_at: datetime
    verified_at: datetime | None = None
    """When the provider last answered as it should."""
    missing: tuple[Platform, ...] = ()
    """Those that cannot work with what was granted."""
    calendars: tuple[ProviderCalendar, ...] = ()
    conflict_calendar_ids: tuple[str, ...] = ()
    """Those whose events make the member busy."""
    write_calendar_id: str = ""
    """Where events of bookings are written; empty where no calendar is connected."""
    ended_at: datetime | None = None
    """Switched off: kept until the provider has been told."""
    version: int = 1
    """1 when connected, one more with each change but of `verified_at`."""

    @property
    def is_on(self) -> bool:
        return self.ended_at is None

    @property
    def works(self) -> bool:
        """Whether it may be used at all; for which platforms, `serves` tells."""
        return any(map(self.serves, self.platforms))

    def has(self, platform: Platform) -> bool:
        """Tell whether a platform is switched on, whether or not it works."""
        return platform in self.platforms

    @property
    def calendar_to_write(self) -> str:
        """The calendar that events are written into; the account's own where none was chosen.

        That one is named so, not by its id, which is the account's address: what is known of an
        event outlives the connection.
        """
        own = {calendar.calendar_id for calendar in self.calendars if calendar.is_primary}
        return "primary" if self.write_calendar_id in {"", *own} else self.write_calendar_id

    def serves(self, platform: Platform) -> bool:
        """Tell whether a platform is switched on and may be used."""
        is_barred = platform in self.missing or (self.state.needs_human and self.is_about(platform))
        return self.is_on and self.has(platform) and not is_barred

    def is_about(self, platform: Platform) -> bool:
        """Tell whether the state is also that of a platform, which may do better than others."""
        if self.state is ConnectionState.INSUFFICIENT_SCOPE:
            return not self.missing or platform in self.missing
        return ONLY_OF.get(self.state, platform) is platform

    def ended(self, now: datetime) -> Connection:
        """Return the connection with everything switched off."""
        return replace(
            self, platforms=frozenset(), missing=(), ended_at=now, version=self.version + 1
        )

    def without(self, platform: Platform, now: datetime) -> Connection:
        """Return the connection with one platform switched off, and others still on."""
        missing = tuple(each for each in self.missing if each is not platform)
        lacks_nothing = self.state is ConnectionState.INSUFFICIENT_SCOPE and not missing
        is_mended = lacks_nothing or ONLY_OF.get(self.state) is platform
        rest = self.in_state(ConnectionState.OK, now=now) if is_mended else self
        return replace(
            rest,
            platforms=self.platforms - {platform},
            missing=missing,
            conflict_calendar_ids=(
                () if platform is Platform.GOOGLE_CALENDAR else self.conflict_calendar_ids
            ),
            version=self.version + 1,
        )

    def in_state(self, state: ConnectionState, *, now: datetime) -> Connection:
        """Return the connection in a state; the same object where it is in that one."""
        if state is self.state:
            return self
        return replace(self, state=state, state_since=now, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class ConnectedBusy:
    """When a member is busy in the calendars they connected: never with what."""

    key: ConnectionKey
    connection_id: str
    busy: tuple[tuple[int, int], ...] = ()
    """Seconds since 1970, sorted, apart from each other; without what mirrors a booking of ours."""
    read_at: datetime | None = None
    """When the provider was last asked, and answered."""
    trusted_until: datetime | None = None
    """From when on it counts as unverified; None where it does from the beginning."""

    def is_unverified(self, now: datetime) -> bool:
        return self.trusted_until is None or now > self.trusted_until
