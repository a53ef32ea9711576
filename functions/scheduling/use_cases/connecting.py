"""Connecting accounts at providers, by signing in there, and disconnecting them."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, entry_by
from scheduling.domain.connecting import (
    ATTEMPT_LIFE,
    PRIMARY,
    challenge_of,
    checked_conflicts,
    checked_target,
    is_foreign,
    kept_conflicts,
    kept_target,
    may_be_foreign,
)
from scheduling.domain.connections import (
    Connection,
    ConnectionKey,
    ConnectionState,
    Platform,
    Provider,
)
from scheduling.domain.grants import Grant
from scheduling.domain.identifiers import new_id
from scheduling.domain.links import hashed, new_secret
from scheduling.domain.policy import Act, require
from scheduling.domain.refusals import (
    AccessDenied,
    AccountInUse,
    AdminBlocksParley,
    AlreadyConnected,
    BlockedByPolicy,
    ConnectingUnavailable,
    ConnectionChanged,
    ConnectRefused,
    ForeignAccount,
    InsufficientScope,
    NotConnected,
    ProviderNotSetUp,
    SchedulingError,
    StillDisconnecting,
    WrongAccount,
)
from scheduling.provider_ports import (
    AccessTokenRejected,
    CalendarGone,
    CodeRefused,
    ConnectAttempt,
    GrantRejected,
    PermissionMissing,
    ProviderUnavailable,
    SignInRequest,
    VaultUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from scheduling.domain.audit import Entry
    from scheduling.domain.connections import ProviderCalendar
    from scheduling.domain.grants import Account, Tokens
    from scheduling.domain.sessions import SignedIn
    from scheduling.provider_ports import (
        Calendars,
        ConnectAttempts,
        Connections,
        Grants,
        OAuthProvider,
    )

_BLOCKED_BY_ADMIN = frozenset({"admin_policy_enforced", "org_internal"})
"""Source: Google Identity, "Using OAuth 2.0 for web server applications", Authorization errors."""

_NO_EVENT = "0" * 32
"""An event that never was: asking for it shows that we would be told of one."""


@dataclass(frozen=True, slots=True)
class SignInAnswer:
    """What somebody came back with from a provider; empty where it was not there."""

    state: str
    code: str = ""
    error: str = ""
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class Connected:
    """What has come of a sign-in."""

    connection: Connection
    platform: Platform
    """One of those that were asked for."""
    is_new: bool
    """Whether nothing was connected before."""
    is_foreign: bool
    """Whether the account is of none of the domains that the organization has named."""


def list_connections(by: SignedIn, *, connections: Connections) -> Sequence[Connection]:
    """Return what whoever asks has connected."""
    found = connections.of_member(by.organization.organization_id, by.member.member_id)
    return [connection for connection in found if connection.is_on]


def start_connecting(
    by: SignedIn,
    platform: Platform,
    *,
    session_hash: str,
    base_url: str,
    now: datetime,
    connections: Connections,
    connect_attempts: ConnectAttempts,
    oauth: Mapping[Provider, OAuthProvider],
) -> str | None:
    """Return where to sign in to connect a platform, or to connect it again.

    Nothing is on before whoever was sent there has come back. Where what they granted for another
    platform is enough, there is nothing to sign in for: it is on, and None is returned.

    Args:
        session_hash: Of the session that may come back.
        base_url: The origin that people use, without a slash at its end.

    Raises:
        BlockedByPolicy: The organization does not allow the platform.
        AlreadyConnected: It is on, and works.
        ProviderNotSetUp: Nobody has made Parley known at the provider.
        ConnectionChanged: Somebody changed the connection at the same moment.
    """
    if platform in by.organization.blocked_platforms:
        raise BlockedByPolicy
    key = _key(by, platform.provider)
    provider = oauth[key.provider]
    connection = connections.get(key)
    platforms, login_hint = frozenset({platform}), ""
    if connection is not None and connection.is_on:
        if connection.serves(platform):
            raise AlreadyConnected(connection.account)
        if _covers(connection, platform, provider) and not _is_refused(by, connection):
            _switch_on(by, connection, platform, now=now, connections=connections)
            return None
        platforms, login_hint = platforms | connection.platforms, connection.account
    return _sign_in_url(
        key,
        platform,
        provider.scopes_for(platforms),
        login_hint=login_hint,
        session_hash=session_hash,
        redirect_uri=f"{base_url}/connections/{key.provider}/callback",
        now=now,
        connect_attempts=connect_attempts,
        provider=provider,
    )


def _sign_in_url(
    key: ConnectionKey,
    platform: Platform,
    scopes: tuple[str, ...],
    *,
    login_hint: str,
    session_hash: str,
    redirect_uri: str,
    now: datetime,
    connect_attempts: ConnectAttempts,
    provider: OAuthProvider,
) -> str:
    state, nonce, verifier = new_secret(), new_secret(), new_secret()
    url = provider.sign_in_url(
        SignInRequest(
            state=state,
            nonce=nonce,
            challenge=challenge_of(verifier),
            redirect_uri=redirect_uri,
            scopes=scopes,
            login_hint=login_hint,
        )
    )
    connect_attempts.add(
        ConnectAttempt(
            state_hash=hashed(state),
            session_hash=session_hash,
            key=key,
            platforms=frozenset({platform}),
            verifier=verifier,
            nonce=nonce,
            redirect_uri=redirect_uri,
            expires_at=now + ATTEMPT_LIFE,
        )
    )
    return url


def finish_connecting(
    by: SignedIn,
    answer: SignInAnswer,
    *,
    provider: Provider,
    session_hash: str,
    now: datetime,
    connections: Connections,
    connect_attempts: ConnectAttempts,
    grants: Grants,
    oauth: Mapping[Provider, OAuthProvider],
    calendars: Mapping[Provider, Calendars],
) -> Connected:
    """Connect an account, once its provider has shown with what it granted that it lets us in.

    The provider is asked nothing before all that can be known without it is as it has to be. What
    was granted and is then refused is given back.

    Args:
        provider: At whose address the answer arrived.
        session_hash: Of the session it arrived with.

    Raises:
        ConnectRefused: Nobody was sent to the provider with this, or somebody else was, or too
            long ago, or to another one; or the provider does not know the answer.
        AccessDenied: They said no.
        AdminBlocksParley: The account's administrator did.
        BlockedByPolicy: The organization does not allow the platform by now.
        WrongAccount: Another account is connected.
        AccountInUse: Somebody else of the organization is connected with it.
        ForeignAccount: The organization allows only accounts of its own domains.
        InsufficientScope: With what was granted, nothing works.
        ProviderNotSetUp: What Parley is known by at the provider is wrong.
        ConnectingUnavailable: The provider does not answer, or tokens cannot be encrypted.
        StillDisconnecting: Another account was connected, and its provider was not told yet.
        ConnectionChanged: Somebody changed the connection at the same moment.
    """
    asking = oauth[provider]
    attempt = connect_attempts.take(
        hashed(answer.state), session_hash=session_hash, provider=provider, now=now
    )
    if attempt is None or attempt.key != _key(by, provider):
        raise ConnectRefused
    _refuse_other_answers(answer, asking)
    before = connections.get(attempt.key)
    there = before.platforms if before is not None else frozenset[Platform]()
    if by.organization.blocked_platforms & (attempt.platforms - there):
        raise BlockedByPolicy
    asked, wanted = _in_order(attempt.platforms), attempt.platforms | there
    with _reached(asked):
        tokens, account = asking.exchange(
            answer.code,
            verifier=attempt.verifier,
            nonce=attempt.nonce,
            redirect_uri=attempt.redirect_uri,
            now=now,
        )
    is_foreign_account = is_foreign(account, by.organization)
    with _given_back(tokens, account, provider, connections=connections, oauth=asking):
        _refuse_other_accounts(account, before)
        if asking.has_one_grant_per_account:
            _refuse_accounts_in_use(account, attempt.key, connections)
        if is_foreign_account and by.organization.refuses_other_accounts:
            raise ForeignAccount
        scopes = tokens.scopes or frozenset(asking.scopes_for(wanted))
        granted = asking.platforms_of(scopes)
        if granted.isdisjoint(wanted):
            raise InsufficientScope(_in_order(wanted))
        with _reached(asked):
            connection = _connected(
                attempt.key,
                wanted,
                before,
                account,
                scopes=scopes,
                granted=granted,
                calendars=_probed(calendars.get(provider), tokens.access_token, granted),
                now=now,
            )
            grant = Grant(
                key=connection.key,
                connection_id=connection.connection_id,
                refresh_token=tokens.refresh_token,
                access_token=tokens.access_token,
                access_expires_at=tokens.expires_at,
            )
            # Asking the provider took a while: the grant of whoever was quicker stays.
            _require_unchanged(before, connections.get(connection.key))
            # First: a connection that is on has a grant, and one without a connection is no use.
            grants.put(grant)
        is_new = before is None or not before.is_on
        activity = Activity.CONNECTED if is_new else Activity.RECONNECTED
        try:
            connections.put(connection, _entry(by, activity, connection.key, asked[0], now))
        except ConnectionChanged:
            grants.forget(grant.key, grant.sign_in_id)
            raise
    return Connected(connection, asked[0], is_new, is_foreign_account)


def switch_on(
    by: SignedIn,
    platform: Platform,
    *,
    now: datetime,
    connections: Connections,
    oauth: Mapping[Provider, OAuthProvider],
) -> Connection:
    """Switch a platform on with what was granted for another one of the same provider.

    Where it is on already, nothing is stored.

    Raises:
        BlockedByPolicy: The organization does not allow the platform.
        NotConnected: Nothing is connected at the provider.
        InsufficientScope: It takes another sign-in, since more has to be granted.
        ForeignAccount: The organization allows only accounts of its own domains by now; where
            this is one nevertheless, a sign-in shows it.
        ConnectionChanged: Somebody changed the connection at the same moment.
    """
    if platform in by.organization.blocked_platforms:
        raise BlockedByPolicy
    connection = _on(_key(by, platform.provider), connections)
    if connection.serves(platform):
        return connection
    if not _covers(connection, platform, oauth[platform.provider]):
        raise InsufficientScope([platform])
    if _is_refused(by, connection):
        raise ForeignAccount
    return _switch_on(by, connection, platform, now=now, connections=connections)


def switch_off(
    by: SignedIn, platform: Platform, *, now: datetime, connections: Connections
) -> Connection:
    """Switch a platform off; with the last one of a provider its grant ends. Bookings stay.

    Raises:
        NotConnected: It is not on.
        ConnectionChanged: Somebody changed the connection at the same moment.
    """
    connection = _on(_key(by, platform.provider), connections)
    if not connection.has(platform):
        raise NotConnected
    entry = _entry(by, Activity.DISCONNECTED, connection.key, platform, now)
    if connection.platforms == {platform}:
        over = connection.ended(now)
        connections.change(over, entry)
        return over
    rest = connection.without(platform, now)
    # Its turn is due: what was read of its calendars may have to be forgotten.
    connections.put(rest, entry)
    return rest


def remove_connection(
    by: SignedIn,
    member_id: str,
    provider: Provider,
    *,
    now: datetime,
    connections: Connections,
) -> None:
    """Disconnect all that a member has connected at a provider. Their bookings stay.

    Raises:
        NotAllowed: Only admins may.
        NotConnected: Nothing is connected.
        ConnectionChanged: Somebody changed the connection at the same moment.
    """
    require(by, Act.MANAGE_CONNECTIONS, now=now)
    key = ConnectionKey(by.organization.organization_id, member_id, provider)
    _remove(by, _on(key, connections), now=now, connections=connections)


def remove_all_connections(
    by: SignedIn, member_id: str, *, now: datetime, connections: Connections
) -> None:
    """Disconnect whatever a member has connected, because they leave.

    Raises:
        ConnectionChanged: Somebody changed a connection at the same moment.
    """
    for connection in connections.of_members(by.organization.organization_id, [member_id]):
        if connection.is_on:
            _remove(by, connection, now=now, connections=connections)


def choose_calendars(
    by: SignedIn,
    provider: Provider,
    *,
    conflict_calendar_ids: Collection[str],
    write_calendar_id: str,
    now: datetime,
    connections: Connections,
) -> Connection:
    """Choose the calendars that make a member busy, and the one their bookings are written to.

    Where they are the chosen ones already, nothing is stored.

    Raises:
        NotConnected: No calendar is connected at the provider.
        InvalidInput: Names `conflict_calendar_ids` or `write_calendar_id`.
        ConnectionChanged: Somebody changed the connection at the same moment.
    """
    connection = _on(_key(by, provider), connections)
    if not connection.has(Platform.GOOGLE_CALENDAR):
        raise NotConnected
    chosen = replace(
        connection,
        conflict_calendar_ids=checked_conflicts(connection, conflict_calendar_ids),
        write_calendar_id=checked_target(connection, write_calendar_id),
    )
    if chosen == connection:
        return connection
    chosen = replace(chosen, version=connection.version + 1)
    platform = Platform.GOOGLE_CALENDAR
    # Its turn is due, so what is busy from now on is known at once.
    connections.put(chosen, _entry(by, Activity.CALENDARS_CHOSEN, chosen.key, platform, now))
    return chosen


def _remove(
    by: SignedIn, connection: Connection, *, now: datetime, connections: Connections
) -> None:
    entry = entry_by(
        by,
        Activity.CONNECTION_REMOVED,
        now=now,
        subject_id=connection.key.member_id,
        provider=connection.key.provider.value,
    )
    connections.change(connection.ended(now), entry)


def _key(by: SignedIn, provider: Provider) -> ConnectionKey:
    return ConnectionKey(by.organization.organization_id, by.member.member_id, provider)


def _on(key: ConnectionKey, connections: Connections) -> Connection:
    """Raises NotConnected where nothing is, or no longer."""
    connection = connections.get(key)
    if connection is None or not connection.is_on:
        raise NotConnected
    return connection


def _covers(connection: Connection, platform: Platform, provider: OAuthProvider) -> bool:
    """Tell whether what was granted is enough for one more platform."""
    is_one_more = connection.works and not connection.has(platform)
    return is_one_more and platform in provider.platforms_of(connection.scopes)


def _is_refused(by: SignedIn, connection: Connection) -> bool:
    """Tell whether the organization may not allow by now that the account does more."""
    organization = by.organization
    return organization.refuses_other_accounts and may_be_foreign(connection, organization)


def _switch_on(
    by: SignedIn,
    connection: Connection,
    platform: Platform,
    *,
    now: datetime,
    connections: Connections,
) -> Connection:
    more = replace(
        connection, platforms=connection.platforms | {platform}, version=connection.version + 1
    )
    if platform is Platform.GOOGLE_CALENDAR:
        more = replace(
            more,
            conflict_calendar_ids=kept_conflicts(None, connection.calendars),
            state=ConnectionState.SYNCING,
            state_since=now,
        )
    # Its turn is due, so a calendar is read at once.
    connections.put(more, _entry(by, Activity.CONNECTED, more.key, platform, now))
    return more


def _refuse_other_answers(answer: SignInAnswer, asking: OAuthProvider) -> None:
    """Let only those answers pass that the provider itself gave, and that say yes.

    Raises:
        ConnectRefused: Another provider gave it (RFC 9207 section 2.4), or it is none.
        AccessDenied, AdminBlocksParley: The answer is no.
    """
    if answer.issuer and answer.issuer != asking.issuer:
        raise ConnectRefused
    if answer.error in _BLOCKED_BY_ADMIN:
        raise AdminBlocksParley
    if answer.error == "access_denied":
        raise AccessDenied
    if answer.error or not answer.code:
        raise ConnectRefused


def _in_order(platforms: Collection[Platform]) -> tuple[Platform, ...]:
    return tuple(platform for platform in Platform if platform in platforms)


def _refuse_other_accounts(account: Account, before: Connection | None) -> None:
    """Raises WrongAccount or StillDisconnecting where another one is, or was, connected."""
    if before is None or before.account_id == account.account_id:
        return
    if before.is_on:
        raise WrongAccount(before.account)
    # Its grant would be written over, and never be ended at the provider.
    raise StillDisconnecting


def _refuse_accounts_in_use(account: Account, key: ConnectionKey, connections: Connections) -> None:
    """Raises AccountInUse where a colleague's tokens would end with this sign-in, and so on."""
    for other in connections.with_account(key.provider, account.account_id):
        if other.organization_id == key.organization_id and other != key:
            raise AccountInUse


def _require_unchanged(before: Connection | None, after: Connection | None) -> None:
    """Raises ConnectionChanged."""
    one, other = (each and (each.connection_id, each.version) for each in (before, after))
    if one != other:
        raise ConnectionChanged


def _probed(
    calendars: Calendars | None, access_token: str, granted: frozenset[Platform]
) -> Sequence[ProviderCalendar]:
    """Prove that the provider lets us in, and return the calendars of the account.

    One that has none was asked already who it is, in exchange for the code. Whoever did not grant
    the list of calendars has granted events of their own.
    """
    if calendars is None:
        return ()
    if Platform.GOOGLE_CALENDAR in granted:
        return calendars.all(access_token)
    calendars.read(access_token, PRIMARY, _NO_EVENT)
    return ()


def _connected(
    key: ConnectionKey,
    platforms: frozenset[Platform],
    before: Connection | None,
    account: Account,
    *,
    scopes: frozenset[str],
    granted: frozenset[Platform],
    calendars: Sequence[ProviderCalendar],
    now: datetime,
) -> Connection:
    """Return the connection after a sign-in."""
    same = before if before is not None and before.is_on else None
    missing = _in_order(platforms - granted)
    reads = Platform.GOOGLE_CALENDAR in platforms & granted
    did_read = same is not None and same.serves(Platform.GOOGLE_CALENDAR)
    state = ConnectionState.SYNCING if reads and not did_read else ConnectionState.OK
    writes = Platform.GOOGLE_CALENDAR.provider is key.provider
    return Connection(
        key=key,
        connection_id=same.connection_id if same else new_id(),
        platforms=platforms,
        account_id=account.account_id,
        account=account.account,
        scopes=scopes,
        state=ConnectionState.INSUFFICIENT_SCOPE if missing else state,
        state_since=now,
        connected_at=same.connected_at if same else now,
        verified_at=now,
        missing=missing,
        calendars=tuple(calendars),
        conflict_calendar_ids=kept_conflicts(same, calendars) if reads else (),
        write_calendar_id=kept_target(same, calendars) if writes else "",
        version=before.version + 1 if before else 1,
    )


@contextmanager
def _reached(asked: Sequence[Platform]) -> Iterator[None]:
    """Turn what goes wrong on the way to a provider into what we refuse because of it."""
    try:
        yield
    except (ProviderUnavailable, VaultUnavailable) as failure:
        raise ConnectingUnavailable from failure
    except PermissionMissing as failure:
        raise InsufficientScope(asked) from failure
    except GrantRejected as failure:
        match failure.state:
            case ConnectionState.ADMIN_BLOCKED:
                raise AdminBlocksParley from failure
            case ConnectionState.APP_MISCONFIGURED:
                raise ProviderNotSetUp from failure
            case ConnectionState.INSUFFICIENT_SCOPE:
                raise InsufficientScope(asked) from failure
        raise ConnectRefused from failure
    except (CodeRefused, AccessTokenRejected, CalendarGone) as failure:
        raise ConnectRefused from failure


@contextmanager
def _given_back(
    tokens: Tokens,
    account: Account,
    provider: Provider,
    *,
    connections: Connections,
    oauth: OAuthProvider,
) -> Iterator[None]:
    """End what was granted where it is refused, unless something works with the same account."""
    try:
        yield
    except SchedulingError:
        if not connections.with_account(provider, account.account_id):
            # Nobody has the tokens: where the provider does not answer, they die unused.
            with suppress(ProviderUnavailable):
                oauth.revoke(tokens.access_token)
        raise


def _entry(
    by: SignedIn, activity: Activity, key: ConnectionKey, platform: Platform, now: datetime
) -> Entry:
    return entry_by(
        by,
        activity,
        now=now,
        subject_id=key.member_id,
        provider=key.provider.value,
        platform=platform.value,
    )
