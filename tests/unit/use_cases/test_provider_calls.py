"""One way to ask providers: with tokens that are valid, and not where that is of no use."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from scheduling.domain.audit import Activity
from scheduling.domain.circuits import FIRST_PAUSE
from scheduling.domain.connections import ConnectionState, Platform, Provider
from scheduling.domain.grants import REFRESHED_BEFORE, Tokens
from scheduling.domain.messages import MessageKind, Subject
from scheduling.domain.refusals import BusyTryAgain
from scheduling.provider_ports import (
    AccessTokenRejected,
    CalendarGone,
    CiphertextRefused,
    GrantRejected,
    PermissionMissing,
    ProviderUnavailable,
    VaultUnavailable,
)
from scheduling.use_cases.provider_calls import (
    SAVE_PAUSES,
    VERIFIED_EVERY,
    WAITS,
    ConnectionBroken,
    Providers,
    call,
    note_state,
    take_leave,
)
from tests.support.builders import EARLY
from tests.support.connecting import a_connection
from tests.support.grants import KEY, a_grant
from tests.support.in_memory import InMemoryAdapters
from tests.support.in_memory_grants import InMemoryCircuits, InMemoryGrants

LATE = EARLY + timedelta(hours=1) - REFRESHED_BEFORE
"""When the example's access token is to be replaced, and still works."""

EXPIRED = EARLY + timedelta(hours=1)

CONNECTED = a_connection(key=KEY, connection_id=a_grant().connection_id)


@dataclass
class Google:
    """A provider that hands out `access-2`, then `access-3`, and says what it was asked with."""

    refreshed_with: list[str] = field(default_factory=list)
    asked_with: list[str] = field(default_factory=list)
    fails_with: Exception | None = None
    rejects: set[str] = field(default_factory=set)
    rotates: bool = True

    def refresh(self, refresh_token, *, now):
        self.refreshed_with.append(refresh_token)
        if self.fails_with is not None:
            raise self.fails_with
        number = len(self.refreshed_with) + 1
        rotated = f"refresh-{number}" if self.rotates else ""
        return Tokens(f"access-{number}", now + timedelta(hours=1), frozenset(), rotated)

    def ask(self, access_token):
        self.asked_with.append(access_token)
        if access_token in self.rejects:
            raise AccessTokenRejected
        return "answer"


@pytest.fixture
def google():
    return Google()


@pytest.fixture
def adapters():
    adapters = InMemoryAdapters()
    adapters.store.connections[KEY] = CONNECTED
    return adapters


@pytest.fixture
def grants():
    grants = InMemoryGrants()
    grants.put(a_grant())
    return grants


@pytest.fixture
def providers(adapters, grants, google):
    return Providers(
        connections=adapters.connections,
        grants=grants,
        circuits=InMemoryCircuits(),
        oauth={Provider.GOOGLE: google},
        calendars={},
        meetings={},
        sleep=lambda seconds: None,
    )


def asked(providers, now=EARLY, connection=CONNECTED):
    return call(connection, providers.oauth[Provider.GOOGLE].ask, now=now, providers=providers)


def stored(adapters):
    return adapters.connections.get(KEY)


def mails(adapters):
    return [message.kind for message in adapters.store.messages]


def test_a_valid_access_token_is_used_as_it_is(providers, google):
    assert asked(providers) == "answer"

    assert google.asked_with == ["access-1"]
    assert google.refreshed_with == []


def test_tokens_are_replaced_five_minutes_before_their_end_and_stored_before_they_are_used(
    providers, google, grants
):
    def ask(access_token):
        assert grants.get(KEY).refresh_token == "refresh-2"
        return access_token

    assert call(CONNECTED, ask, now=LATE, providers=providers) == "access-2"

    assert grants.get(KEY).version == 2
    assert grants.get(KEY).leased_until is None


def test_a_provider_that_does_not_rotate_leaves_the_refresh_token(providers, google, grants):
    google.rotates = False

    asked(providers, now=LATE)

    assert grants.get(KEY).refresh_token == "refresh-1"
    assert grants.get(KEY).access_token == "access-2"


def test_r10_a_rejected_access_token_is_replaced_once_and_the_question_asked_again(
    providers, google
):
    google.rejects = {"access-1"}

    assert asked(providers) == "answer"

    assert google.asked_with == ["access-1", "access-2"]


def test_a_new_token_that_is_rejected_too_breaks_nothing(providers, google, adapters):
    google.rejects = {"access-1", "access-2"}

    with pytest.raises(ProviderUnavailable, match="new_token_rejected"):
        asked(providers)

    assert google.refreshed_with == ["refresh-1"]
    assert stored(adapters).state is ConnectionState.OK


def test_what_another_worker_has_fetched_is_used(providers, google, grants):
    google.rejects = {"access-1"}
    newer = Tokens("access-9", EARLY + timedelta(hours=2), frozenset(), "refresh-9")

    def ask(access_token):
        if access_token == "access-1":
            grants.save(grants.get(KEY).with_tokens(newer))
        return google.ask(access_token)

    call(CONNECTED, ask, now=EARLY, providers=providers)

    assert google.asked_with == ["access-1", "access-9"]
    assert google.refreshed_with == []


def test_while_another_worker_replaces_a_token_it_is_used_until_it_ends(providers, google, grants):
    grants.lease(a_grant(), now=LATE)

    asked(providers, now=LATE)

    assert google.asked_with == ["access-1"]


def test_r9_whoever_has_no_lease_waits_for_the_tokens_and_fetches_none(providers, google, grants):
    leased = grants.lease(a_grant(), now=EXPIRED)
    newer = Tokens("access-9", EXPIRED + timedelta(hours=1), frozenset(), "refresh-9")
    waited = []

    def sleep(seconds):
        waited.append(seconds)
        if len(waited) == 2:
            grants.save(leased.with_tokens(newer))

    asked(replace(providers, sleep=sleep), now=EXPIRED)

    assert google.asked_with == ["access-9"]
    assert google.refreshed_with == []
    assert waited == [*WAITS[:2]]


def test_r9_nobody_waits_for_ever(providers, google, grants):
    grants.lease(a_grant(), now=EXPIRED)

    with pytest.raises(ProviderUnavailable, match="refreshed_elsewhere") as caught:
        asked(providers, now=EXPIRED)

    assert caught.value.retry_after
    assert google.refreshed_with == []


def test_r9_a_rejected_grant_breaks_the_connection_and_its_member_is_told_once(
    providers, google, adapters
):
    google.fails_with = GrantRejected(ConnectionState.RECONNECT_REQUIRED)

    with pytest.raises(ConnectionBroken):
        asked(providers, now=LATE)
    with pytest.raises(ConnectionBroken):
        asked(providers, now=LATE, connection=stored(adapters))

    broken = stored(adapters)
    assert (broken.state, broken.state_since) == (ConnectionState.RECONNECT_REQUIRED, LATE)
    assert google.refreshed_with == ["refresh-1"]
    (message,) = adapters.store.messages
    assert (message.kind, message.subject) == (MessageKind.CONNECTION_BROKEN, Subject.CONNECTION)
    assert message.subject_id == KEY.member_id
    assert message.which == f"google.{CONNECTED.connection_id}"
    (entry,) = adapters.store.entries
    assert entry.activity is Activity.CONNECTION_BROKEN
    assert entry.facts == {"provider": "google", "state": "reconnect_required"}


def test_a_provider_that_rejects_the_account_itself_breaks_the_connection(providers, adapters):
    def ask(access_token):
        raise GrantRejected(ConnectionState.ADMIN_BLOCKED)

    with pytest.raises(ConnectionBroken):
        call(CONNECTED, ask, now=EARLY, providers=providers)

    assert stored(adapters).state is ConnectionState.ADMIN_BLOCKED


def test_r9_a_token_that_was_replaced_meanwhile_breaks_nothing(providers, google, grants, adapters):
    anew = replace(a_grant(), sign_in_id="b" * 26, refresh_token="anew", access_token="anew")

    def refresh(refresh_token, *, now):
        grants.put(replace(anew, access_expires_at=now + timedelta(hours=1)))
        raise GrantRejected(ConnectionState.RECONNECT_REQUIRED)

    google.refresh = refresh

    assert asked(providers, now=LATE) == "answer"

    assert google.asked_with == ["anew"]
    assert stored(adapters).state is ConnectionState.OK


def test_r9_the_write_is_retried_and_not_the_refresh(providers, google, grants):
    left = [BusyTryAgain(), VaultUnavailable(), BusyTryAgain(), BusyTryAgain()]
    waited = []
    save = grants.save

    def fail_first(grant):
        if left:
            raise left.pop()
        return save(grant)

    grants.save = fail_first

    asked(replace(providers, sleep=waited.append), now=LATE)

    assert google.refreshed_with == ["refresh-1"]
    assert waited == [*SAVE_PAUSES]
    assert grants.get(KEY).refresh_token == "refresh-2"


def test_r10_a_token_endpoint_out_of_order_breaks_nothing_and_leaves_no_lease(
    providers, google, grants, adapters
):
    google.fails_with = ProviderUnavailable("http_503", retry_after=timedelta(seconds=7))

    with pytest.raises(ProviderUnavailable) as caught:
        asked(providers, now=LATE)

    assert caught.value.retry_after == timedelta(seconds=7)
    assert stored(adapters) == CONNECTED
    assert grants.get(KEY) == a_grant()


@pytest.mark.parametrize("others", [None, replace(a_grant(), connection_id="d" * 26)])
def test_without_a_grant_of_its_own_a_connection_has_to_be_made_anew(
    providers, grants, adapters, others
):
    grants.forget(KEY, a_grant().sign_in_id)
    if others is not None:
        grants.put(others)

    with pytest.raises(ConnectionBroken):
        asked(providers)

    assert stored(adapters).state is ConnectionState.RECONNECT_REQUIRED


def test_t27_a_grant_that_cannot_be_decrypted_breaks_the_connection(providers, grants, adapters):
    def get(key):
        raise CiphertextRefused

    grants.get = get

    with pytest.raises(ConnectionBroken):
        asked(providers)

    assert stored(adapters).state is ConnectionState.RECONNECT_REQUIRED


def test_s10_a_disabled_key_breaks_nothing(providers, grants, adapters):
    def get(key):
        raise VaultUnavailable("DisabledException")

    grants.get = get

    with pytest.raises(ProviderUnavailable, match="grant_out_of_reach"):
        asked(providers)

    assert stored(adapters) == CONNECTED


def test_what_was_switched_off_is_not_used(providers, google):
    with pytest.raises(ConnectionBroken):
        asked(providers, connection=replace(CONNECTED, ended_at=EARLY, platforms=frozenset()))

    assert google.asked_with == []


def test_a_connection_that_has_ended_takes_leave_without_telling_anybody(
    providers, google, adapters
):
    over = CONNECTED.ended(EARLY)
    adapters.store.connections[KEY] = over

    assert take_leave(over, google.ask, now=EARLY, providers=providers) == "answer"
    google.fails_with = GrantRejected(ConnectionState.RECONNECT_REQUIRED)
    with pytest.raises(ConnectionBroken):
        take_leave(over, google.ask, now=LATE, providers=providers)

    assert stored(adapters) == over
    assert mails(adapters) == []


def unavailable(access_token):
    raise ProviderUnavailable("http_500")


def fails(providers, times, connection=CONNECTED, now=EARLY):
    for _ in range(times):
        with pytest.raises(ProviderUnavailable, match="http_500"):
            call(connection, unavailable, now=now, providers=providers)


def test_r10_after_five_failures_in_a_row_nothing_is_asked_for_a_while(providers, google):
    fails(providers, 5)

    with pytest.raises(ProviderUnavailable, match="circuit_open") as caught:
        asked(providers, now=EARLY + timedelta(seconds=10))

    assert caught.value.retry_after == FIRST_PAUSE - timedelta(seconds=10)
    assert google.asked_with == []


def test_r10_an_answer_forgets_the_failures_before_it(providers):
    fails(providers, 4)
    asked(providers)
    fails(providers, 4)

    assert asked(providers) == "answer"


def test_r10_after_the_pause_one_asks_and_others_wait_for_what_comes_of_it(providers, google):
    fails(providers, 5)
    over = EARLY + FIRST_PAUSE

    def ask(access_token):
        with pytest.raises(ProviderUnavailable, match="circuit_open"):
            asked(providers, now=over)
        return "answer of the first"

    assert call(CONNECTED, ask, now=over, providers=providers) == "answer of the first"
    assert asked(providers, now=over) == "answer"
    assert google.asked_with == ["access-1"]


def test_r10_a_probe_that_fails_doubles_the_pause(providers):
    fails(providers, 5)
    over = EARLY + FIRST_PAUSE
    fails(providers, 1, now=over)

    with pytest.raises(ProviderUnavailable, match="circuit_open") as caught:
        asked(providers, now=over)

    assert caught.value.retry_after == 2 * FIRST_PAUSE


def test_r10_a_circuit_is_of_one_organization_alone(providers, adapters, grants):
    fails(providers, 5)
    others = replace(KEY, organization_id="z" * 26)
    elsewhere = replace(CONNECTED, key=others)
    adapters.store.connections[others] = elsewhere
    grants.put(a_grant(others))

    assert asked(providers, connection=elsewhere) == "answer"


def test_what_hinders_parley_itself_is_not_held_against_the_provider(providers, grants):
    grants.lease(a_grant(), now=EXPIRED)
    for _ in range(6):
        with pytest.raises(ProviderUnavailable, match="refreshed_elsewhere"):
            asked(providers, now=EXPIRED)

    assert asked(providers) == "answer"


def test_a_refusal_is_an_answer_and_reaches_whoever_asked(providers):
    def ask(access_token):
        raise PermissionMissing

    for _ in range(6):
        with pytest.raises(PermissionMissing):
            call(CONNECTED, ask, now=EARLY, providers=providers)


@pytest.mark.parametrize("reason", ["http_400", "http_403", "quota", "too_many_pages"])
def test_r10_what_is_about_one_account_does_not_shut_out_the_others(providers, reason):
    def ask(access_token):
        raise ProviderUnavailable(reason)

    for _ in range(6):
        with pytest.raises(ProviderUnavailable, match=reason):
            call(CONNECTED, ask, now=EARLY, providers=providers)

    assert asked(providers) == "answer"


@pytest.mark.parametrize("reason", ["timeout", "connection", "http_502", "http_429_zoom_1"])
def test_r10_what_is_about_the_provider_opens_the_circuit(providers, reason):
    def ask(access_token):
        raise ProviderUnavailable(reason)

    for _ in range(5):
        with pytest.raises(ProviderUnavailable, match=reason):
            call(CONNECTED, ask, now=EARLY, providers=providers)

    with pytest.raises(ProviderUnavailable, match="circuit_open"):
        asked(providers)


@pytest.mark.parametrize("answer", [CalendarGone(), ProviderUnavailable("http_400")])
def test_r10_a_refusal_after_the_pause_closes_the_circuit(providers, answer):
    def ask(access_token):
        raise answer

    fails(providers, 5)
    over = EARLY + FIRST_PAUSE
    with pytest.raises(type(answer)):
        call(CONNECTED, ask, now=over, providers=providers)

    assert asked(providers, now=over) == "answer"


def test_when_a_provider_answered_is_noted_every_quarter_of_an_hour(providers, adapters):
    asked(providers, now=EARLY + VERIFIED_EVERY - timedelta(seconds=1))
    assert stored(adapters).verified_at == EARLY

    asked(providers, now=EARLY + VERIFIED_EVERY)
    assert stored(adapters).verified_at == EARLY + VERIFIED_EVERY


def test_what_was_mended_elsewhere_is_well_with_the_first_answer(providers, adapters):
    wrong = CONNECTED.in_state(ConnectionState.APP_MISCONFIGURED, now=EARLY)
    adapters.store.connections[KEY] = wrong

    asked(providers, now=LATE, connection=wrong)

    assert stored(adapters).state is ConnectionState.OK
    assert stored(adapters).verified_at == LATE


def noted(adapters, state, connection=CONNECTED, missing=()):
    return note_state(
        connection, state, now=LATE, connections=adapters.connections, missing=missing
    )


def test_a_state_it_is_in_already_is_not_written_again(adapters):
    assert noted(adapters, ConnectionState.OK) is CONNECTED
    assert adapters.store.writes == 0


def test_a_passing_state_is_told_to_nobody(adapters):
    after = noted(adapters, ConnectionState.DELAYED)

    assert after == stored(adapters) == CONNECTED.in_state(ConnectionState.DELAYED, now=LATE)
    assert mails(adapters) == []
    assert adapters.store.entries == []


def test_from_one_state_that_needs_somebody_to_another_no_second_mail_is_sent(adapters):
    first = noted(adapters, ConnectionState.CALENDAR_GONE)
    noted(adapters, ConnectionState.RECONNECT_REQUIRED, first)

    assert mails(adapters) == [MessageKind.CONNECTION_BROKEN]
    assert len(adapters.store.entries) == 2


def test_each_time_a_connection_breaks_anew_a_mail_is_sent(adapters):
    first = noted(adapters, ConnectionState.CALENDAR_GONE)
    well = noted(adapters, ConnectionState.OK, first)
    noted(adapters, ConnectionState.CALENDAR_GONE, well)

    assert mails(adapters) == [MessageKind.CONNECTION_BROKEN] * 2


def test_more_that_is_missing_is_noted_without_another_mail(adapters):
    first = noted(adapters, ConnectionState.INSUFFICIENT_SCOPE, missing=(Platform.GOOGLE_MEET,))
    both = (Platform.GOOGLE_MEET, Platform.GOOGLE_CALENDAR)
    after = noted(adapters, ConnectionState.INSUFFICIENT_SCOPE, first, missing=both)

    assert stored(adapters).missing == after.missing == both
    assert len(mails(adapters)) == 1


def test_of_what_was_changed_meanwhile_nothing_is_noted(adapters):
    changed = replace(CONNECTED, version=2, write_calendar_id="another")
    adapters.store.connections[KEY] = changed

    assert noted(adapters, ConnectionState.RECONNECT_REQUIRED) == changed
    assert stored(adapters) == changed
    assert mails(adapters) == []
