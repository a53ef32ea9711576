"""What use cases need from providers of calendars and meetings, and to keep of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from scheduling.domain.audit import Entry
    from scheduling.domain.calendar_events import EventTask, HostEvent, KnownEvents, OnlineMeeting
    from scheduling.domain.calendar_sync import SyncedCalendar
    from scheduling.domain.circuits import Circuit
    from scheduling.domain.connect_requests import ConnectRequest
    from scheduling.domain.connections import (
        ConnectedBusy,
        Connection,
        ConnectionKey,
        ConnectionState,
        Platform,
        Provider,
        ProviderCalendar,
    )
    from scheduling.domain.grants import Account, Grant, Tokens
    from scheduling.domain.hours import Span
    from scheduling.domain.messages import Message
    from scheduling.domain.provider_events import (
        ChangePage,
        Channel,
        MadeMeeting,
        WantedEvent,
        WantedMeeting,
        WrittenEvent,
    )
    from scheduling.domain.sync_turns import SyncRequest, SyncTurn
    from scheduling.domain.time_range import TimeRange


class ProviderUnavailable(Exception):
    """The provider did not answer as it should; another try may succeed."""

    def __init__(self, reason: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        """Short and without anything secret: `http_503`, `timeout`, `not_json`."""
        self.retry_after = retry_after
        """What it asked for; None where it did not."""

    @property
    def is_out_of_order(self) -> bool:
        """Whether others would fare no better; a quota of one account is no concern of theirs."""
        return self.reason.startswith(("timeout", "connection", "http_5", "http_429"))


class AccessTokenRejected(Exception):
    """The access token is not taken (any more); a new one may be."""


class GrantRejected(Exception):
    """No token is given for the grant any more; a human has to do something."""

    def __init__(self, state: ConnectionState) -> None:
        super().__init__(state)
        self.state = state


class PermissionMissing(Exception):
    """The grant does not cover what was asked for."""


class CalendarGone(Exception):
    """The calendar was deleted, or is no longer shared as it was."""


class CursorExpired(Exception):
    """What has changed since is not known any more: everything has to be read anew."""


class EventIdUsed(Exception):
    """There is, or was, an event with this id."""


class EventChangedMeanwhile(Exception):
    """The event is not as it was when it was read."""


class MeetingGone(Exception):
    """There is no such meeting any more."""


class MeetingRefused(Exception):
    """The account cannot make this meeting: no licence, or too many today."""

    def __init__(self, state: ConnectionState) -> None:
        super().__init__(state)
        self.state = state


class ClaimLost(Exception):
    """Another worker has taken the booking since, or may have: what this one knows is old."""


class CodeRefused(Exception):
    """What somebody came back with from a provider was not accepted there."""


@dataclass(frozen=True, slots=True)
class SignInRequest:
    """What somebody is sent to a provider with."""

    state: str
    nonce: str
    challenge: str
    """S256 of the verifier (RFC 7636)."""
    redirect_uri: str
    scopes: tuple[str, ...]
    login_hint: str = ""
    """Which account is meant; empty to choose one."""


@dataclass(frozen=True, slots=True)
class ProviderApp:
    """What Parley is known by at a provider."""

    client_id: str
    client_secret: str = field(repr=False)


class ProviderApps(Protocol):
    """What whoever operates the deployment has registered at providers."""

    def of(self, provider: Provider) -> ProviderApp:
        """Raises ProviderNotSetUp."""
        ...


class OAuthProvider(Protocol):
    """Signing in at one provider (RFC 6749, 7636, 9207)."""

    @property
    def issuer(self) -> str:
        """What a callback's `iss` has to be where there is one; empty where there never is."""
        ...

    @property
    def has_one_grant_per_account(self) -> bool:
        """Whether each sign-in ends the tokens of the one before it."""
        ...

    def scopes_for(self, platforms: frozenset[Platform]) -> tuple[str, ...]:
        """Return the least that has to be granted for these."""
        ...

    def platforms_of(self, scopes: frozenset[str]) -> frozenset[Platform]:
        """Return what works with what was granted."""
        ...

    def sign_in_url(self, request: SignInRequest) -> str:
        """Raises ProviderNotSetUp."""
        ...

    def exchange(
        self, code: str, *, verifier: str, nonce: str, redirect_uri: str, now: datetime
    ) -> tuple[Tokens, Account]:
        """Return what a code stands for, and whose account it is.

        Where the provider issues an ID token, its signature, issuer, audience, expiry and nonce
        are checked; elsewhere the provider is asked who it is.

        Raises:
            CodeRefused, ProviderUnavailable, GrantRejected, ProviderNotSetUp
        """
        ...

    def refresh(self, refresh_token: str, *, now: datetime) -> Tokens:
        """Raises GrantRejected or ProviderUnavailable."""
        ...

    def revoke(self, token: str) -> None:
        """End a grant; one that is dead already is dead.

        Raises:
            ProviderUnavailable
        """
        ...


class Calendars(Protocol):
    """The calendars of one provider.

    Everything may raise ProviderUnavailable, AccessTokenRejected and PermissionMissing, and
    GrantRejected where the account is kept out altogether; what names a calendar may raise
    CalendarGone.
    """

    def all(self, access_token: str) -> Sequence[ProviderCalendar]: ...

    def changes(
        self,
        access_token: str,
        calendar_id: str,
        *,
        cursor: str | None,
        page: str | None,
        within: TimeRange,
    ) -> ChangePage:
        """Return a part of what has changed since `cursor`; of all there is where None.

        Args:
            page: From the part before; None for the first.
            within: What is read where there is no cursor; one keeps the range it began with.

        Raises:
            CursorExpired
        """
        ...

    def busy(
        self, access_token: str, calendar_ids: Sequence[str], within: TimeRange
    ) -> Mapping[str, tuple[Span, ...] | None]:
        """Return when calendars are busy, our own events among it; None: unknown, never free."""
        ...

    def insert(self, access_token: str, calendar_id: str, event: WantedEvent) -> WrittenEvent:
        """Raises EventIdUsed."""
        ...

    def read(self, access_token: str, calendar_id: str, event_id: str) -> WrittenEvent | None:
        """Return an event of ours; None where there never was one.

        Of a cancelled one, nothing but its id is promised.
        """
        ...

    def update(
        self, access_token: str, calendar_id: str, event: WantedEvent, *, etag: str
    ) -> WrittenEvent:
        """Raises EventChangedMeanwhile where the event has another etag by now."""
        ...

    def delete(self, access_token: str, calendar_id: str, event_id: str) -> None:
        """Remove an event; one that is gone stays gone."""
        ...

    def watch(
        self,
        access_token: str,
        calendar_id: str,
        *,
        channel_id: str,
        token: str,
        address: str,
        life: timedelta,
    ) -> Channel: ...

    def stop(self, access_token: str, channel: Channel) -> None:
        """End a channel; one that is over is over."""
        ...


class Meetings(Protocol):
    """Online meetings of one provider.

    Everything may raise ProviderUnavailable, AccessTokenRejected and PermissionMissing.
    """

    def create(self, access_token: str, meeting: WantedMeeting) -> MadeMeeting:
        """Raises MeetingRefused."""
        ...

    def find(self, access_token: str, mark: str) -> MadeMeeting | None:
        """Return the upcoming meeting with this mark: after an answer that was lost."""
        ...

    def update(self, access_token: str, meeting_id: str, meeting: WantedMeeting) -> None:
        """Raises MeetingGone or MeetingRefused."""
        ...

    def delete(self, access_token: str, meeting_id: str) -> None:
        """Remove a meeting; one that is gone stays gone."""
        ...


class Connections(Protocol):
    """What members have connected. Ended ones are there until the provider has been told."""

    def get(self, key: ConnectionKey) -> Connection | None: ...

    def of_member(self, organization_id: str, member_id: str) -> Sequence[Connection]:
        """Return a member's connections, in one request."""
        ...

    def of_members(self, organization_id: str, member_ids: Sequence[str]) -> Sequence[Connection]:
        """Return the connections of at most 50 members, in one request."""
        ...

    def of_organization(self, organization_id: str) -> Sequence[Connection]:
        """Return all connections of an organization, in one request for each megabyte."""
        ...

    def put(self, connection: Connection, entry: Entry) -> None:
        """Store a connection that is to be looked at: it, its turn (due now) and the entry.

        It is new, connected again, or has another platform or other calendars than before. Where
        nothing is known yet of calendars it connects, that is stored as well: until they are read
        nobody knows when their owner is busy.

        Raises:
            ConnectionChanged: The stored version is not the one before; 1 means none is stored,
                or one that has ended and was told to the provider. Or the member was removed.
        """
        ...

    def change(
        self, connection: Connection, entry: Entry | None, messages: Sequence[Message] = ()
    ) -> None:
        """Store the next version of a connection, its messages and the entry: all, or nothing.

        Where it ends, its turn is due now.

        Raises:
            ConnectionChanged: The stored version is not the one before.
        """
        ...

    def verified(self, connection: Connection, *, at: datetime) -> None:
        """Note that the provider has answered as it should; where it changed since, do nothing."""
        ...

    def with_account(self, provider: Provider, account_id: str) -> Sequence[ConnectionKey]:
        """Return who, in whichever organization, is connected with this account."""
        ...

    def everywhere(self, provider: Provider) -> Iterable[ConnectionKey]:
        """Return who, in whichever organization, is connected with a provider; a few reads behind.

        In one request for each megabyte of all connections there are.
        """
        ...

    def forget(self, connection: Connection) -> None:
        """Remove an ended connection with all that was read through it; not its grant."""
        ...


class ConnectRequests(Protocol):
    """That members were asked to connect something."""

    def get(
        self, organization_id: str, member_id: str, platform: Platform
    ) -> ConnectRequest | None:
        """Return the latest time that a member was asked for a platform; None where never."""
        ...

    def add(self, request: ConnectRequest, entry: Entry) -> None:
        """Store the next request for a platform, its mail and the entry: all, or nothing.

        Raises:
            ConnectionChanged: Somebody else has asked at the same moment.
        """
        ...


class VaultUnavailable(Exception):
    """Nothing can be encrypted or decrypted now: the key is disabled, or out of reach."""


class CiphertextRefused(Exception):
    """It was changed, or was encrypted for another place than the one it was found in."""


class Vault(Protocol):
    """Turns texts into what nobody reads who holds but a copy of it.

    Everything may raise VaultUnavailable.
    """

    def encrypted(self, text: str, context: Mapping[str, str]) -> bytes:
        """Return `text` such that it can be decrypted in the same context only.

        Args:
            context: Identifiers only: whoever may read the log of the key sees them.
        """
        ...

    def decrypted(self, ciphertext: bytes, context: Mapping[str, str]) -> str:
        """Raises CiphertextRefused."""
        ...


class Grants(Protocol):
    """The tokens of connections, readable by no one who holds but a copy of the table.

    What encrypts or decrypts may raise VaultUnavailable, what decrypts CiphertextRefused, and what
    writes BusyTryAgain.
    """

    def put(self, grant: Grant) -> None:
        """Store a grant in place of whatever there is."""
        ...

    def get(self, key: ConnectionKey) -> Grant | None: ...

    def lease(self, grant: Grant, *, now: datetime) -> Grant | None:
        """Take the replacing of its tokens upon oneself for `REFRESH_LEASE`.

        Return the grant as it is stored, with the lease; None where somebody else has it, or where
        the stored version is another one by now.
        """
        ...

    def save(self, grant: Grant) -> bool:
        """Store the next version of a grant and end the lease.

        Tell whether that is what is stored now: it is not where the stored version was not the
        one before, or came from another sign-in. Doing it again is safe.
        """
        ...

    def release(self, grant: Grant) -> None:
        """End one's own lease without new tokens."""
        ...

    def forget(self, key: ConnectionKey, sign_in_id: str) -> None:
        """Remove the grant that came from a sign-in; one from another sign-in stays."""
        ...


@dataclass(frozen=True, slots=True)
class ConnectAttempt:
    """Somebody who was sent to a provider and has not come back."""

    state_hash: str
    session_hash: str
    """Of the session that may come back."""
    key: ConnectionKey
    platforms: frozenset[Platform]
    """What shall be on afterwards, beside what is on by then."""
    verifier: str
    nonce: str
    redirect_uri: str
    expires_at: datetime


class ConnectAttempts(Protocol):
    def add(self, attempt: ConnectAttempt) -> None: ...

    def take(
        self, state_hash: str, *, session_hash: str, provider: Provider, now: datetime
    ) -> ConnectAttempt | None:
        """Return an attempt, once: it is deleted in the same conditional write that accepts it.

        None where there is none, its time is up, or it was another session's or provider's.
        """
        ...


class Circuits(Protocol):
    """Whether providers answer organizations at all."""

    def get(self, organization_id: str, provider: Provider) -> Circuit:
        """Return a circuit; a closed one where nothing has failed."""
        ...

    def change(self, organization_id: str, provider: Provider, circuit: Circuit) -> bool:
        """Store the next version; tell whether the stored one was the one before."""
        ...

    def close(self, organization_id: str, provider: Provider) -> None: ...


class BusyStore(Protocol):
    """When members are busy in calendars they connected, as slots read it."""

    def get_all(self, keys: Sequence[ConnectionKey]) -> Sequence[ConnectedBusy]: ...


class CalendarEvents(Protocol):
    """What of bookings is to be written into calendars and meetings, and what was.

    Each change of a booking with a member among its hosts asks for it in its own transaction.
    """

    def ask(self, organization_id: str, booking_id: str, *, now: datetime) -> None:
        """Have a booking's events looked at now; where there never were any, do nothing."""
        ...

    def claim(self, organization_id: str, booking_id: str, *, now: datetime) -> EventTask | None:
        """Take a booking for `LEASE`; None where there is nothing to do now, or somebody has it."""
        ...

    def finish(self, before: EventTask, after: EventTask) -> bool:
        """Store what is next and give the booking back; tell whether nothing was asked meanwhile.

        Otherwise it is due still, and may be claimed at once. Where another worker has taken it
        since, nothing changes.
        """
        ...

    def due(self, *, now: datetime, limit: int) -> Sequence[EventTask]:
        """Return at most `limit` tasks that are due, the longest due first."""
        ...

    def failed(self, organization_id: str, *, now: datetime, limit: int) -> Sequence[EventTask]:
        """Return failed tasks of meetings that have not begun, by start, in one request."""
        ...

    def known(self, organization_id: str, booking_id: str) -> KnownEvents:
        """Return all that is known of a booking's events, in one request."""
        ...

    def keep(self, event: HostEvent, task: EventTask) -> None:
        """Store what is known of the event in one host's calendar.

        Raises:
            ClaimLost: Somebody else has claimed the booking since.
        """
        ...

    def keep_meeting(self, meeting: OnlineMeeting, task: EventTask) -> None:
        """Store what is known of the online meeting.

        Raises:
            ClaimLost: Somebody else has claimed the booking since.
        """
        ...

    def flag(self, event: HostEvent) -> None:
        """Note that somebody changed an event in the calendar, and the booking stays as it is.

        Args:
            event: As it is known; where it was written since, nothing changes.
        """
        ...


class OnlineMeetings(Protocol):
    """Where bookings take place online, for whoever shows them."""

    def get(self, organization_id: str, booking_id: str) -> OnlineMeeting | None: ...

    def of_bookings(
        self, organization_id: str, booking_ids: Sequence[str]
    ) -> Mapping[str, OnlineMeeting]:
        """Return those that there are, by booking, of at most 100; in one request, or none."""
        ...


class SyncTurns(Protocol):
    """When connections are looked at next. `Connections` makes turns, and removes them."""

    def due(self, *, now: datetime, limit: int) -> Sequence[SyncTurn]:
        """Return turns that have come, at most `limit` of each part of the queue."""
        ...

    def get(self, key: ConnectionKey) -> SyncTurn | None: ...

    def take(self, turn: SyncTurn, *, now: datetime) -> SyncTurn | None:
        """Have the turn for `LEASE`; None where it is not as it was read, or somebody has it."""
        ...

    def put_back(
        self, taken: SyncTurn, after: SyncTurn, *, busy: ConnectedBusy | None = None
    ) -> bool:
        """Store what is next and, with it, when the member is busy; tell whether it was stored.

        It is not where somebody else has taken the turn since, or another account was connected.
        """
        ...


class SyncedCalendars(Protocol):
    """What was read of calendars."""

    def of(self, key: ConnectionKey) -> Sequence[SyncedCalendar]: ...

    def save(self, key: ConnectionKey, calendar: SyncedCalendar) -> SyncedCalendar | None:
        """Store what was read, and return it in its next version.

        None, and nothing is stored, where the stored version is not the one it came from.
        """
        ...

    def forget(self, key: ConnectionKey, calendar_id: str) -> None: ...

    def forget_busy(self, key: ConnectionKey) -> None:
        """Forget when a member is busy: no calendar of theirs is read any more."""
        ...


class SyncQueue(Protocol):
    """Asks for looks at connections, one of each organization's share after the other."""

    def send(self, requests: Sequence[SyncRequest]) -> None:
        """Put requests into the queue; one that is like another of the last minutes is not.

        Raises:
            QueueUnavailable: Some of them may be there, and some not.
        """
        ...


class QueueUnavailable(Exception):
    """The queue does not take requests now."""


class ChannelSecrets(Protocol):
    """What the tokens of channels are made with."""

    def current(self) -> bytes: ...
