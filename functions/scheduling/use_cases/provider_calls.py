"""Asking providers something: the only way from a connection to what its grant opens."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

from scheduling.domain.audit import Activity, Actor, ActorKind, Entry
from scheduling.domain.connections import ConnectionState
from scheduling.domain.messages import Message, MessageKind, Recipient, Subject
from scheduling.domain.refusals import BusyTryAgain, ConnectionChanged
from scheduling.provider_ports import (
    AccessTokenRejected,
    CalendarGone,
    CiphertextRefused,
    CursorExpired,
    EventChangedMeanwhile,
    EventIdUsed,
    GrantRejected,
    MeetingGone,
    MeetingRefused,
    PermissionMissing,
    ProviderUnavailable,
    VaultUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from scheduling.domain.circuits import Circuit
    from scheduling.domain.connections import Connection, Platform, Provider
    from scheduling.domain.grants import Grant
    from scheduling.provider_ports import Calendars, Circuits, Connections, Grants, Meetings
    from scheduling.provider_ports import OAuthProvider as OAuth

WAITS = (0.1, 0.2, 0.4, 0.8)
"""Seconds between the looks for the tokens that somebody else is fetching."""

SAVE_PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds after each failed try to store new tokens: with what a try takes, within the lease."""

AGAIN_SOON = timedelta(seconds=5)

VERIFIED_EVERY = timedelta(minutes=15)
"""How exactly it is known when a provider last answered: each time would be a write per call."""

_MENDED_ELSEWHERE = frozenset({ConnectionState.ADMIN_BLOCKED, ConnectionState.APP_MISCONFIGURED})
"""What ends at the provider, or with another secret: the grant itself may be as good as before.

That an account is disabled is said of its meetings only, so no other answer disproves it.
"""


_ANSWERS = (
    CalendarGone,
    CursorExpired,
    EventChangedMeanwhile,
    EventIdUsed,
    MeetingGone,
    MeetingRefused,
    PermissionMissing,
)
"""Refusals: whoever gives them is in order."""


class ConnectionBroken(Exception):
    """The connection cannot be used until a human has done something; its state says so."""

    def __init__(self, state: ConnectionState) -> None:
        super().__init__(state)
        self.state = state


class _NotNow(ProviderUnavailable):
    """It is not the provider that hinders: not to be counted against it."""


@dataclass(frozen=True, slots=True)
class Providers:
    """What asking providers needs."""

    connections: Connections
    grants: Grants
    circuits: Circuits
    oauth: Mapping[Provider, OAuth]
    calendars: Mapping[Provider, Calendars]
    meetings: Mapping[Provider, Meetings]
    sleep: Callable[[float], None] = time.sleep


def call[Answer](
    connection: Connection, ask: Callable[[str], Answer], *, now: datetime, providers: Providers
) -> Answer:
    """Ask a provider something with a valid access token, and once more where it is rejected.

    What `ask` raises is raised; that the provider is out of order counts for the circuit.

    Args:
        ask: Is given the access token, and keeps it to itself.
        now: The moment of this very call, since leases are counted from it.

    Raises:
        ProviderUnavailable: Another try may succeed; nothing is asked while the circuit is open.
        ConnectionBroken: A human has to do something, or the connection has ended.
    """
    if not connection.is_on or connection.state is ConnectionState.RECONNECT_REQUIRED:
        raise ConnectionBroken(connection.state)
    answer = _asked(connection, ask, now=now, providers=providers)
    _note_answer(connection, now=now, connections=providers.connections)
    return answer


def take_leave[Answer](
    connection: Connection, ask: Callable[[str], Answer], *, now: datetime, providers: Providers
) -> Answer:
    """Ask a provider something for a connection that has ended, as `call` does for one that is on.

    Raises:
        ProviderUnavailable: Another try may succeed.
        ConnectionBroken: The grant is dead already.
    """
    return _asked(connection, ask, now=now, providers=providers)


def _asked[Answer](
    connection: Connection, ask: Callable[[str], Answer], *, now: datetime, providers: Providers
) -> Answer:
    with _circuit(connection, now=now, providers=providers):
        grant = _grant_to_use(connection, rejected=None, now=now, providers=providers)
        try:
            try:
                return ask(grant.access_token)
            except AccessTokenRejected:
                grant = _grant_to_use(connection, rejected=grant, now=now, providers=providers)
                return ask(grant.access_token)
        except AccessTokenRejected as error:
            raise _NotNow("new_token_rejected") from error
        except GrantRejected as error:
            _break(connection, error.state, now=now, providers=providers)


def note_state(
    connection: Connection,
    state: ConnectionState,
    *,
    now: datetime,
    connections: Connections,
    missing: Sequence[Platform] = (),
) -> Connection:
    """Bring a connection into a state; write to its member once it needs them.

    The log tells when it breaks, and when it works again after nothing could be asked at all: what
    failed meanwhile is then tried again. A calendar that can be read may still refuse to be
    written to: trying again for that would have its member written to without an end.

    Return it as it is stored now. Where it has ended or was changed meanwhile nothing is noted:
    whoever uses it next comes to know the same, if it is still so.
    """
    is_same = state is connection.state and tuple(missing) == connection.missing
    if is_same or not connection.is_on:
        return connection
    noted = replace(
        connection,
        state=state,
        state_since=connection.state_since if state is connection.state else now,
        missing=tuple(missing),
        version=connection.version + 1,
    )
    is_new = state.needs_human and state is not connection.state
    is_mended = connection.state in _MENDED_ELSEWHERE and not state.needs_human
    messages = [_broken_message(noted)] if is_new and not connection.state.needs_human else []
    activity = Activity.CONNECTION_BROKEN if is_new else Activity.CONNECTION_MENDED
    entry = _entry(activity, noted, now) if is_new or is_mended else None
    try:
        connections.change(noted, entry, messages)
    except ConnectionChanged:
        return connections.get(connection.key) or connection
    return noted


def _broken_message(connection: Connection) -> Message:
    return Message(
        organization_id=connection.key.organization_id,
        subject=Subject.CONNECTION,
        subject_id=connection.key.member_id,
        version=connection.version,
        kind=MessageKind.CONNECTION_BROKEN,
        recipient=Recipient.MEMBER,
        # Versions begin anew with each connection.
        which=f"{connection.key.provider}.{connection.connection_id}",
    )


def _entry(activity: Activity, connection: Connection, now: datetime) -> Entry:
    return Entry(
        organization_id=connection.key.organization_id,
        at=now,
        actor=Actor(ActorKind.PARLEY),
        activity=activity,
        subject_id=connection.key.member_id,
        facts={"provider": connection.key.provider.value, "state": connection.state.value},
    )


def _note_answer(connection: Connection, *, now: datetime, connections: Connections) -> None:
    if connection.state in _MENDED_ELSEWHERE:
        connection = note_state(connection, ConnectionState.OK, now=now, connections=connections)
    verified_at = connection.verified_at
    if verified_at is None or now - verified_at >= VERIFIED_EVERY:
        connections.verified(connection, at=now)


@contextmanager
def _circuit(connection: Connection, *, now: datetime, providers: Providers) -> Iterator[None]:
    """Let a provider be asked unless it has not answered for long; count how it goes."""
    whose = connection.key.organization_id, connection.key.provider
    circuit = providers.circuits.get(*whose)
    if circuit.is_open(now):
        raise _circuit_open(circuit.open_until, now)
    if circuit.is_half_open(now):
        circuit = circuit.probing(now)
        if not providers.circuits.change(*whose, circuit):
            raise _circuit_open(None, now)
    try:
        yield
    except _NotNow:
        raise
    except ProviderUnavailable as failure:
        if failure.is_out_of_order:
            # Where others failed at the same moment, one count stands for all.
            providers.circuits.change(*whose, circuit.failed(now))
        else:
            _close(circuit, whose, providers)
        raise
    except _ANSWERS:
        _close(circuit, whose, providers)
        raise
    _close(circuit, whose, providers)


def _close(circuit: Circuit, whose: tuple[str, Provider], providers: Providers) -> None:
    if not circuit.is_closed:
        providers.circuits.close(*whose)


def _circuit_open(until: datetime | None, now: datetime) -> ProviderUnavailable:
    return _NotNow("circuit_open", retry_after=until - now if until else AGAIN_SOON)


def _grant_to_use(
    connection: Connection, *, rejected: Grant | None, now: datetime, providers: Providers
) -> Grant:
    """Return the connection's grant with an access token that should work.

    Args:
        rejected: With the access token that does not.
    """
    with _vault(connection, now=now, providers=providers):
        grant = _stored(connection, now=now, providers=providers)
        if _is_new(grant, rejected) and grant.is_fresh(now):
            return grant
        leased = providers.grants.lease(grant, now=now)
        if leased is None:
            return _fetched_by_another(grant, rejected, now=now, providers=providers)
        return _refreshed(connection, leased, now=now, providers=providers)


def _is_new(grant: Grant, rejected: Grant | None) -> bool:
    return rejected is None or grant.access_token != rejected.access_token


@contextmanager
def _vault(connection: Connection, *, now: datetime, providers: Providers) -> Iterator[None]:
    try:
        yield
    except (BusyTryAgain, VaultUnavailable) as error:
        raise _NotNow("grant_out_of_reach", retry_after=AGAIN_SOON) from error
    except CiphertextRefused:
        _break(connection, ConnectionState.RECONNECT_REQUIRED, now=now, providers=providers)


def _stored(connection: Connection, *, now: datetime, providers: Providers) -> Grant:
    """Return the grant of this very connection; without one somebody has to connect anew."""
    grant = providers.grants.get(connection.key)
    if grant is None or grant.connection_id != connection.connection_id:
        _break(connection, ConnectionState.RECONNECT_REQUIRED, now=now, providers=providers)
    return grant


def _fetched_by_another(
    before: Grant, rejected: Grant | None, *, now: datetime, providers: Providers
) -> Grant:
    """Return the grant with the tokens that somebody else is fetching, or has fetched."""
    if _is_new(before, rejected) and now < before.access_expires_at:
        return before
    for seconds in WAITS:
        providers.sleep(seconds)
        grant = providers.grants.get(before.key)
        if grant is not None and grant.access_token != before.access_token:
            return grant
    raise _NotNow("refreshed_elsewhere", retry_after=AGAIN_SOON)


def _refreshed(
    connection: Connection, leased: Grant, *, now: datetime, providers: Providers
) -> Grant:
    """Fetch new tokens and store them before anybody uses them."""
    try:
        tokens = providers.oauth[connection.key.provider].refresh(leased.refresh_token, now=now)
    except ProviderUnavailable:
        providers.grants.release(leased)
        raise
    except GrantRejected as error:
        # The lease stays: whoever comes next need not hear the same from the provider.
        stored = _stored(connection, now=now, providers=providers)
        if stored.refresh_token == leased.refresh_token:
            _break(connection, error.state, now=now, providers=providers)
        return stored
    fresh = leased.with_tokens(tokens)
    if _saved(fresh, providers):
        return fresh
    # Somebody signed in anew meanwhile.
    return _stored(connection, now=now, providers=providers)


def _saved(grant: Grant, providers: Providers) -> bool:
    """Store new tokens, stubbornly: of the one before the provider may know nothing any more."""
    for seconds in SAVE_PAUSES:
        try:
            return providers.grants.save(grant)
        except (BusyTryAgain, VaultUnavailable):
            providers.sleep(seconds)
    return providers.grants.save(grant)


def _break(
    connection: Connection, state: ConnectionState, *, now: datetime, providers: Providers
) -> NoReturn:
    noted = note_state(connection, state, now=now, connections=providers.connections)
    if noted.is_on and not noted.state.needs_human:
        raise _NotNow("connection_changed", retry_after=AGAIN_SOON)
    raise ConnectionBroken(noted.state)
