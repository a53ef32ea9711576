"""Connecting: what has to be so before something is on, and what is when it is off again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.audit import Activity
from scheduling.domain.connecting import PRIMARY, challenge_of
from scheduling.domain.connections import (
    ConnectionKey,
    ConnectionState,
    Platform,
    Provider,
    ProviderCalendar,
)
from scheduling.domain.grants import Account
from scheduling.domain.identifiers import new_id
from scheduling.domain.people import Role
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
    InvalidInput,
    NotAllowed,
    NotConnected,
    ProviderNotSetUp,
    StillDisconnecting,
    WrongAccount,
)
from scheduling.domain.sync_turns import SyncTurn
from scheduling.provider_ports import (
    AccessTokenRejected,
    CodeRefused,
    GrantRejected,
    PermissionMissing,
    ProviderUnavailable,
    VaultUnavailable,
)
from scheduling.use_cases.connecting import (
    SignInAnswer,
    choose_calendars,
    finish_connecting,
    list_connections,
    remove_connection,
    start_connecting,
    switch_off,
    switch_on,
)
from tests.support.builders import AIKO, ORGANIZATION, STAFF, an_entry
from tests.support.connecting import a_connection
from tests.support.in_memory import InMemoryAdapters
from tests.support.in_memory_calendars import InMemoryCalendars
from tests.support.in_memory_grants import InMemoryGrants
from tests.support.in_memory_oauth import InMemoryOAuth
from tests.support.road import do

CALENDAR, MEET, ZOOM = Platform
GOOGLE_ISSUER = "https://accounts.google.example"
AIKOS = Account("1138", "aiko@hanami.example", "hanami.example")
OTHERS = Account("42", "aiko@mail.example")
SESSION = "5" * 64
TOKEN = "an-access-token"
MAIN = ProviderCalendar("main", "Aiko", "Asia/Tokyo", is_primary=True, can_write=True)
TEAM = ProviderCalendar("team", "Team", "Asia/Tokyo", is_primary=False, can_write=True)
HOLIDAYS = ProviderCalendar("days", "Holidays", "Asia/Tokyo", is_primary=False, can_write=False)
KEY = ConnectionKey(ORGANIZATION.organization_id, AIKO.member_id, Provider.GOOGLE)
MEMBER = (AIKO.organization_id, AIKO.member_id)
BEN = replace(AIKO, member_id=new_id(), email="ben@hanami.example", role=Role.MEMBER)


@pytest.fixture
def parley():
    parley = InMemoryAdapters()
    parley.oauth = {
        Provider.GOOGLE: InMemoryOAuth(
            GOOGLE_ISSUER, frozenset({CALENDAR, MEET}), access_token=TOKEN
        ),
        Provider.ZOOM: InMemoryOAuth(platforms=frozenset({ZOOM}), has_one_grant_per_account=True),
    }
    google = InMemoryCalendars()
    for calendar in (MAIN, TEAM, HOLIDAYS, replace(HOLIDAYS, calendar_id=PRIMARY)):
        google.add_calendar(TOKEN, calendar)
    parley.calendars = {Provider.GOOGLE: google}
    parley.grants = InMemoryGrants()
    return parley


def begin(parley, platform, by=STAFF, session=SESSION):
    return do(parley, start_connecting, by, platform, session_hash=session)


def come_back(parley, provider, by=STAFF, session=SESSION, **brought):
    answer = SignInAnswer(**brought)
    return do(parley, finish_connecting, by, answer, provider=provider, session_hash=session)


def connect(parley, platform=CALENDAR, account=AIKOS, by=STAFF, but=frozenset()):
    begin(parley, platform, by)
    brought = parley.oauth[platform.provider].consent(account, but=but)
    return come_back(parley, platform.provider, by, **brought).connection


def stored(parley, provider=Provider.GOOGLE):
    return parley.connections.get(replace(KEY, provider=provider))


def under(**policy):
    return replace(STAFF, organization=replace(ORGANIZATION, **policy))


def broken(parley, state=ConnectionState.RECONNECT_REQUIRED):
    connection = stored(parley).in_state(state, now=parley.now())
    parley.connections.change(connection, None)
    return connection


# Starting


def test_c8_the_toggle_starts_a_sign_in_and_nothing_is_on_yet(parley):
    url = begin(parley, CALENDAR)

    [sent] = parley.oauth[Provider.GOOGLE].sent
    assert url == f"https://provider.example/authorize?state={sent.state}"
    assert list_connections(STAFF, connections=parley.connections) == []


def test_c8_t29_state_challenge_and_nonce_are_random_and_the_session_s(parley):
    begin(parley, CALENDAR)
    begin(parley, CALENDAR)

    one, other = parley.oauth[Provider.GOOGLE].sent
    attempts = list(parley.store.connect_attempts.values())
    assert len({one.state, one.nonce, one.challenge, other.state, other.nonce}) == 5
    assert all(len(secret) == 43 for secret in (one.state, one.nonce, one.challenge))
    assert [attempt.session_hash for attempt in attempts] == [SESSION, SESSION]
    assert [challenge_of(attempt.verifier) for attempt in attempts] == [
        one.challenge,
        other.challenge,
    ]
    assert one.state not in repr(attempts)


def test_t30_each_provider_has_an_address_of_its_own_to_come_back_to(parley):
    begin(parley, MEET)
    begin(parley, ZOOM)

    assert [oauth.sent[0].redirect_uri for oauth in parley.oauth.values()] == [
        "https://parley.example/connections/google/callback",
        "https://parley.example/connections/zoom/callback",
    ]


def test_t32_a_sign_in_asks_for_what_the_platforms_need_and_no_more(parley):
    begin(parley, MEET)
    begin(parley, CALENDAR)

    meet, calendar = parley.oauth[Provider.GOOGLE].sent
    assert meet.scopes == ("events",)
    assert calendar.scopes == ("busy", "events", "list")


def test_c28_a_blocked_platform_is_not_connected(parley):
    with pytest.raises(BlockedByPolicy):
        begin(parley, ZOOM, by=under(blocked_platforms=frozenset({ZOOM})))

    assert parley.oauth[Provider.ZOOM].sent == []


def test_c28_what_was_blocked_while_somebody_signed_in_is_not_connected(parley):
    begin(parley, ZOOM)
    brought = parley.oauth[Provider.ZOOM].consent(AIKOS)

    with pytest.raises(BlockedByPolicy):
        come_back(parley, Provider.ZOOM, by=under(blocked_platforms=frozenset({ZOOM})), **brought)

    assert parley.oauth[Provider.ZOOM].calls.total() == 0


def test_c32_a_second_account_is_refused_with_the_first_one_s_name(parley):
    connect(parley)

    with pytest.raises(AlreadyConnected) as refused:
        begin(parley, CALENDAR)

    assert refused.value.account == AIKOS.account


def test_nobody_is_sent_to_a_provider_that_is_not_set_up(parley):
    class NotSetUp(InMemoryOAuth):
        def sign_in_url(self, request):
            raise ProviderNotSetUp

    parley.oauth[Provider.ZOOM] = NotSetUp()

    with pytest.raises(ProviderNotSetUp):
        begin(parley, ZOOM)

    assert parley.store.connect_attempts == {}


# Coming back


def test_c2_c11_an_account_is_on_once_its_calendars_were_listed(parley):
    connection = connect(parley)

    assert connection == stored(parley)
    assert connection.platforms == {CALENDAR}
    assert (connection.account_id, connection.account) == ("1138", "aiko@hanami.example")
    assert connection.scopes == {"list", "busy", "events"}
    assert connection.state is ConnectionState.SYNCING
    assert connection.verified_at == connection.connected_at == parley.now()
    assert parley.calendars[Provider.GOOGLE].calls == {"all": 1}


def test_at_first_the_main_calendar_counts_and_is_written_to(parley):
    connection = connect(parley)

    assert [calendar.name for calendar in connection.calendars][:3] == ["Aiko", "Team", "Holidays"]
    assert connection.conflict_calendar_ids == ("main",)
    assert connection.write_calendar_id == "main"


def test_c2_a_zoom_account_is_on_once_zoom_has_said_whose_it_is(parley):
    connection = connect(parley, ZOOM)

    assert connection.platforms == {ZOOM}
    assert connection.state is ConnectionState.OK
    assert (connection.calendars, connection.write_calendar_id) == ((), "")


def test_c11_meet_alone_is_proven_without_looking_at_calendars(parley):
    connection = connect(parley, MEET)

    assert parley.calendars[Provider.GOOGLE].calls == {"read": 1}
    assert connection.state is ConnectionState.OK
    assert connection.conflict_calendar_ids == ()
    assert connection.write_calendar_id == PRIMARY


def test_what_is_connected_has_a_grant_and_is_read_at_once(parley):
    connection = connect(parley)

    grant = parley.grants.get(KEY)
    assert grant.connection_id == connection.connection_id
    assert grant.access_token == TOKEN
    assert grant.refresh_token in parley.oauth[Provider.GOOGLE].refresh_tokens
    assert parley.store.sync_turns[KEY] == SyncTurn(
        KEY, connection.connection_id, due_at=parley.now()
    )


def test_c29_connecting_is_in_the_log(parley):
    connect(parley, ZOOM)

    [entry] = parley.store.entries
    assert entry.activity is Activity.CONNECTED
    assert (entry.subject_id, entry.actor.actor_id) == (AIKO.member_id, AIKO.member_id)
    assert entry.facts == {"provider": "zoom", "platform": "zoom"}


def test_what_was_granted_is_what_was_asked_for_where_the_answer_does_not_say(parley):
    parley.oauth[Provider.ZOOM].says_scopes = False

    assert connect(parley, ZOOM).scopes == {"meetings"}


# S12 to S15: what is refused before the provider is asked anything

PROVIDERS = pytest.mark.parametrize("platform", [CALENDAR, ZOOM], ids=["google", "zoom"])


def refused_without_a_call(parley, platform, refusal=ConnectRefused, **how):
    """Tell that an answer is refused, that the provider hears nothing, and that nothing is on."""
    provider = how.pop("provider", platform.provider)
    with pytest.raises(refusal):
        come_back(parley, provider, **how)
    assert all(oauth.calls.total() == 0 for oauth in parley.oauth.values())
    assert parley.connections.of_organization(KEY.organization_id) == []
    assert parley.grants.grants == {}


@PROVIDERS
@pytest.mark.parametrize("state", ["", "guessed"])
def test_s12_an_answer_without_our_state_is_refused(parley, platform, state):
    begin(parley, platform)
    brought = parley.oauth[platform.provider].consent(AIKOS)

    refused_without_a_call(parley, platform, **{**brought, "state": state})


@PROVIDERS
def test_s12_t29_an_answer_in_somebody_else_s_browser_is_refused(parley, platform):
    begin(parley, platform)
    brought = parley.oauth[platform.provider].consent(AIKOS)

    refused_without_a_call(parley, platform, session="6" * 64, **brought)


@PROVIDERS
def test_s12_an_answer_to_another_member_of_the_same_browser_is_refused(parley, platform):
    begin(parley, platform)
    brought = parley.oauth[platform.provider].consent(AIKOS)

    refused_without_a_call(parley, platform, by=replace(STAFF, member=BEN), **brought)


@PROVIDERS
def test_s13_t30_a_code_of_another_provider_is_refused(parley, platform):
    other = ZOOM if platform is CALENDAR else CALENDAR
    begin(parley, platform)
    brought = parley.oauth[platform.provider].consent(AIKOS)

    refused_without_a_call(parley, platform, provider=other.provider, **brought)


@PROVIDERS
def test_s13_an_answer_that_names_another_issuer_is_refused(parley, platform):
    begin(parley, platform)
    brought = parley.oauth[platform.provider].consent(AIKOS)

    refused_without_a_call(parley, platform, **{**brought, "issuer": "https://evil.example"})


@PROVIDERS
def test_s13_no_issuer_is_as_good_as_the_right_one(parley, platform):
    begin(parley, platform)
    brought = parley.oauth[platform.provider].consent(AIKOS)

    assert come_back(parley, platform.provider, **{**brought, "issuer": ""}).is_new


@PROVIDERS
def test_s14_c11_whoever_comes_back_after_ten_minutes_is_refused(parley, platform):
    begin(parley, platform)
    brought = parley.oauth[platform.provider].consent(AIKOS)
    parley.clock += timedelta(minutes=10)

    refused_without_a_call(parley, platform, **brought)


@PROVIDERS
@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        ("access_denied", AccessDenied),
        ("admin_policy_enforced", AdminBlocksParley),
        ("org_internal", AdminBlocksParley),
        ("server_error", ConnectRefused),
    ],
)
def test_s14_a_no_is_told_as_what_it_is(parley, platform, error, refusal):
    begin(parley, platform)
    state = parley.oauth[platform.provider].sent[0].state

    refused_without_a_call(parley, platform, refusal, state=state, error=error)
    refused_without_a_call(parley, platform, ConnectRefused, state=state, code="late")


@PROVIDERS
def test_s14_an_answer_with_neither_code_nor_error_is_refused(parley, platform):
    begin(parley, platform)

    refused_without_a_call(parley, platform, state=parley.oauth[platform.provider].sent[0].state)


@PROVIDERS
def test_s12_s15_an_answer_counts_once(parley, platform):
    begin(parley, platform)
    oauth = parley.oauth[platform.provider]
    brought = oauth.consent(AIKOS)
    come_back(parley, platform.provider, **brought)

    with pytest.raises(ConnectRefused):
        come_back(parley, platform.provider, **brought)

    assert oauth.calls == {"exchange": 1}


@PROVIDERS
def test_s15_a_code_that_was_used_elsewhere_is_refused(parley, platform):
    begin(parley, platform)
    brought = parley.oauth[platform.provider].consent(AIKOS)

    with pytest.raises(ConnectRefused):
        come_back(parley, platform.provider, **{**brought, "code": "used"})

    assert parley.connections.of_organization(KEY.organization_id) == []


@PROVIDERS
def test_s15_a_code_for_another_verifier_is_refused(parley, platform):
    oauth = parley.oauth[platform.provider]
    begin(parley, platform)
    theirs = oauth.consent(AIKOS)
    begin(parley, platform)
    mine = oauth.consent(AIKOS)

    with pytest.raises(ConnectRefused):
        come_back(parley, platform.provider, **{**mine, "code": theirs["code"]})

    assert parley.connections.of_organization(KEY.organization_id) == []


# What is granted and then refused


@pytest.mark.parametrize(
    ("failure", "refusal"),
    [
        (ProviderUnavailable("http_503"), ConnectingUnavailable),
        (CodeRefused(), ConnectRefused),
        (GrantRejected(ConnectionState.ADMIN_BLOCKED), AdminBlocksParley),
        (GrantRejected(ConnectionState.APP_MISCONFIGURED), ProviderNotSetUp),
        (GrantRejected(ConnectionState.INSUFFICIENT_SCOPE), InsufficientScope),
        (GrantRejected(ConnectionState.RECONNECT_REQUIRED), ConnectRefused),
    ],
    ids=lambda what: getattr(what, "__name__", repr(what)),
)
def test_c11_without_an_exchange_nothing_is_on(parley, failure, refusal):
    begin(parley, CALENDAR)
    brought = parley.oauth[Provider.GOOGLE].consent(AIKOS)
    parley.oauth[Provider.GOOGLE].failure = failure

    with pytest.raises(refusal):
        come_back(parley, Provider.GOOGLE, **brought)

    assert stored(parley) is None
    assert parley.grants.grants == {}


@pytest.mark.parametrize(
    ("failure", "refusal"),
    [
        (ProviderUnavailable("timeout"), ConnectingUnavailable),
        (AccessTokenRejected(), ConnectRefused),
        (PermissionMissing(), InsufficientScope),
        (GrantRejected(ConnectionState.ADMIN_BLOCKED), AdminBlocksParley),
    ],
    ids=lambda what: getattr(what, "__name__", repr(what)),
)
@pytest.mark.parametrize("platform", [CALENDAR, MEET])
def test_c11_without_a_probe_nothing_is_on_and_the_grant_is_given_back(
    parley, platform, failure, refusal
):
    parley.calendars[Provider.GOOGLE].fail(failure)

    with pytest.raises(refusal):
        connect(parley, platform)

    assert stored(parley) is None
    assert parley.grants.grants == {}
    assert parley.oauth[Provider.GOOGLE].refresh_tokens == set()


def test_what_cannot_be_encrypted_is_not_connected(parley):
    class Disabled(InMemoryGrants):
        def put(self, grant):
            raise VaultUnavailable

    parley.grants = Disabled()

    with pytest.raises(ConnectingUnavailable):
        connect(parley, ZOOM)

    assert stored(parley, Provider.ZOOM) is None
    assert parley.oauth[Provider.ZOOM].refresh_tokens == set()


def test_c10_t32_where_nothing_works_with_what_was_granted_nothing_is_on(parley):
    with pytest.raises(InsufficientScope) as refused:
        connect(parley, CALENDAR, but=frozenset({"busy"}))

    assert refused.value.missing == (CALENDAR,)
    assert stored(parley) is None
    assert parley.oauth[Provider.GOOGLE].refresh_tokens == set()


def test_c10_t32_where_some_of_it_works_the_rest_is_named(parley):
    connect(parley, MEET)
    connection = connect(parley, CALENDAR, but=frozenset({"busy"}))

    assert connection.state is ConnectionState.INSUFFICIENT_SCOPE
    assert connection.missing == (CALENDAR,)
    assert connection.serves(MEET)
    assert not connection.serves(CALENDAR)
    assert connection.conflict_calendar_ids == ()


def test_c10_ticking_every_box_the_next_time_mends_it(parley):
    connect(parley, MEET)
    partial = connect(parley, CALENDAR, but=frozenset({"busy"}))

    mended = connect(parley, CALENDAR)

    assert mended.connection_id == partial.connection_id
    assert (mended.state, mended.missing) == (ConnectionState.SYNCING, ())


def test_c9_c27_an_account_of_another_domain_is_warned_of(parley):
    by = under(account_domains=("hanami.example",))
    begin(parley, ZOOM, by)
    brought = parley.oauth[Provider.ZOOM].consent(OTHERS)

    assert come_back(parley, Provider.ZOOM, by, **brought).is_foreign


@pytest.mark.parametrize("domain", ["hanami.example", "Hanami.Example"])
def test_c9_an_account_of_the_organization_s_domain_is_not_warned_of(parley, domain):
    by = under(account_domains=("studio.example", "hanami.example"))
    begin(parley, ZOOM, by)
    brought = parley.oauth[Provider.ZOOM].consent(replace(AIKOS, domain=domain))

    assert not come_back(parley, Provider.ZOOM, by, **brought).is_foreign


def test_c9_c27_an_account_of_another_domain_is_refused_where_the_policy_says_so(parley):
    by = under(account_domains=("hanami.example",), refuses_other_accounts=True)

    with pytest.raises(ForeignAccount):
        connect(parley, CALENDAR, OTHERS, by)

    assert stored(parley) is None
    assert parley.oauth[Provider.GOOGLE].refresh_tokens == set()


def test_what_is_refused_is_not_given_back_while_the_account_is_connected_elsewhere(parley):
    elsewhere = replace(STAFF, organization=replace(ORGANIZATION, organization_id=new_id()))
    connect(parley, CALENDAR, OTHERS, elsewhere)
    by = under(account_domains=("hanami.example",), refuses_other_accounts=True)

    with pytest.raises(ForeignAccount):
        connect(parley, CALENDAR, OTHERS, by)

    assert parley.oauth[Provider.GOOGLE].calls["revoke"] == 0


def test_what_cannot_be_given_back_is_refused_all_the_same(parley):
    class Silent(InMemoryOAuth):
        def revoke(self, token):
            raise ProviderUnavailable("timeout")

    parley.oauth[Provider.ZOOM] = Silent(platforms=frozenset({ZOOM}))

    with pytest.raises(ForeignAccount):
        connect(
            parley,
            ZOOM,
            OTHERS,
            under(account_domains=("hanami.example",), refuses_other_accounts=True),
        )


# Connecting again


def test_c26_whoever_connects_again_is_asked_for_the_same_account_and_the_error_is_gone(parley):
    first = connect(parley)
    broken(parley)
    parley.clock += timedelta(days=1)

    again = connect(parley)

    assert parley.oauth[Provider.GOOGLE].sent[-1].login_hint == AIKOS.account
    assert again.connection_id == first.connection_id
    assert again.connected_at == first.connected_at
    assert not again.state.needs_human
    assert parley.store.entries[-1].activity is Activity.RECONNECTED


def test_whoever_connects_again_keeps_the_calendars_they_chose(parley):
    connect(parley)
    choose(parley, {"team", "days"}, "team")
    broken(parley)

    again = connect(parley)

    assert again.conflict_calendar_ids == ("team", "days")
    assert again.write_calendar_id == "team"


def test_c26_a_chosen_calendar_that_is_gone_gives_way_to_the_main_one(parley):
    connect(parley)
    choose(parley, {"team"}, "team")
    broken(parley, ConnectionState.CALENDAR_GONE)
    parley.calendars[Provider.GOOGLE].accounts[TOKEN].remove("team")

    again = connect(parley)

    assert (again.conflict_calendar_ids, again.write_calendar_id) == (("main",), "main")


def test_c9_t31_another_account_is_refused_and_nothing_changes(parley):
    connect(parley)
    before, grant = broken(parley), parley.grants.get(KEY)

    with pytest.raises(WrongAccount) as refused:
        connect(parley, CALENDAR, OTHERS)

    assert refused.value.account == AIKOS.account
    assert stored(parley) == before
    assert parley.grants.get(KEY) == grant
    assert parley.oauth[Provider.GOOGLE].refresh_tokens == {grant.refresh_token}


def test_t31_the_same_account_under_a_new_address_stays_the_same_connection(parley):
    first = connect(parley)
    broken(parley)

    again = connect(parley, CALENDAR, replace(AIKOS, account="aiko.mori@hanami.example"))

    assert again.connection_id == first.connection_id
    assert again.account == "aiko.mori@hanami.example"


def test_t31_another_account_with_the_same_address_is_another_account(parley):
    connect(parley)
    broken(parley)

    with pytest.raises(WrongAccount):
        connect(parley, CALENDAR, replace(OTHERS, account=AIKOS.account))


def test_of_two_sign_ins_at_once_the_later_one_is_told(parley):
    begin(parley, ZOOM)
    first = parley.oauth[Provider.ZOOM].consent(AIKOS)
    begin(parley, ZOOM)
    second = parley.oauth[Provider.ZOOM].consent(AIKOS)
    come_back(parley, Provider.ZOOM, **second)

    again = come_back(parley, Provider.ZOOM, **first)

    assert not again.is_new
    assert stored(parley, Provider.ZOOM) == again.connection


def meanwhile(parley, happens):
    """Have something happen while the provider is asked what a code stands for."""
    oauth = parley.oauth[Provider.GOOGLE]
    exchange = oauth.exchange

    def slow(*args, **named):
        oauth.exchange = exchange
        happens()
        return exchange(*args, **named)

    oauth.exchange = slow


def test_of_two_sign_ins_that_end_at_once_the_quicker_one_keeps_its_grant(parley):
    begin(parley, CALENDAR)
    slow = parley.oauth[Provider.GOOGLE].consent(AIKOS)
    begin(parley, CALENDAR)
    quick = parley.oauth[Provider.GOOGLE].consent(AIKOS)
    meanwhile(parley, lambda: come_back(parley, Provider.GOOGLE, **quick))

    with pytest.raises(ConnectionChanged):
        come_back(parley, Provider.GOOGLE, **slow)

    assert parley.grants.get(KEY).connection_id == stored(parley).connection_id
    assert parley.oauth[Provider.GOOGLE].calls["revoke"] == 0


def test_b21_whoever_is_removed_during_a_sign_in_is_not_connected(parley):
    begin(parley, CALENDAR)
    brought = parley.oauth[Provider.GOOGLE].consent(AIKOS)
    removed = replace(AIKO, removed_at=parley.now())
    meanwhile(parley, lambda: parley.store.members.update({MEMBER: removed}))

    with pytest.raises(ConnectionChanged):
        come_back(parley, Provider.GOOGLE, **brought)

    assert stored(parley) is None
    assert parley.grants.get(KEY) is None
    assert parley.oauth[Provider.GOOGLE].refresh_tokens == set()


def test_of_what_was_refused_at_the_last_moment_no_token_is_kept(parley):
    begin(parley, CALENDAR)
    brought = parley.oauth[Provider.GOOGLE].consent(AIKOS)

    class Late(InMemoryGrants):
        def put(self, grant):
            super().put(grant)
            parley.connections.put(a_connection(), an_entry())

    parley.grants = Late()

    with pytest.raises(ConnectionChanged):
        come_back(parley, Provider.GOOGLE, **brought)

    assert parley.grants.get(KEY) is None


def test_what_was_forgotten_during_a_sign_in_leaves_no_token_behind(parley):
    connect(parley)
    grant = parley.grants.get(KEY)
    do(parley, switch_off, STAFF, CALENDAR)
    begin(parley, CALENDAR)
    brought = parley.oauth[Provider.GOOGLE].consent(AIKOS)

    def forget():
        parley.grants.forget(KEY, grant.sign_in_id)
        parley.connections.forget(stored(parley))

    meanwhile(parley, forget)

    with pytest.raises(ConnectionChanged):
        come_back(parley, Provider.GOOGLE, **brought)

    assert parley.grants.get(KEY) is None
    assert stored(parley) is None


def test_a_zoom_account_is_of_one_member_of_an_organization(parley):
    mine = connect(parley, ZOOM)

    with pytest.raises(AccountInUse):
        connect(parley, ZOOM, by=replace(STAFF, member=BEN))

    assert stored(parley, Provider.ZOOM) == mine
    assert parley.connections.of_member(KEY.organization_id, BEN.member_id) == []
    assert parley.oauth[Provider.ZOOM].calls["revoke"] == 0


def test_a_zoom_account_may_be_connected_in_another_organization_too(parley):
    connect(parley, ZOOM)
    elsewhere = replace(STAFF, organization=replace(ORGANIZATION, organization_id=new_id()))

    assert connect(parley, ZOOM, by=elsewhere).is_on


# Two toggles on one grant


def test_meet_needs_no_sign_in_once_the_calendar_is_connected(parley):
    connect(parley)

    assert begin(parley, MEET) is None

    assert stored(parley).platforms == {CALENDAR, MEET}
    assert len(parley.oauth[Provider.GOOGLE].sent) == 1
    assert parley.store.entries[-1].facts == {"provider": "google", "platform": "google_meet"}


def test_the_calendar_needs_another_sign_in_where_only_meet_is_connected(parley):
    meet = connect(parley, MEET)

    with pytest.raises(InsufficientScope):
        do(parley, switch_on, STAFF, CALENDAR)
    both = connect(parley, CALENDAR)

    assert both.platforms == {CALENDAR, MEET}
    assert both.connection_id == meet.connection_id
    assert both.state is ConnectionState.SYNCING
    assert both.conflict_calendar_ids == ("main",)
    assert both.write_calendar_id == "main"


def test_switching_on_what_was_granted_is_done_at_once_and_only_once(parley):
    connect(parley)

    on = do(parley, switch_on, STAFF, MEET)

    assert on == stored(parley)
    assert on.platforms == {CALENDAR, MEET}
    assert do(parley, switch_on, STAFF, MEET) == on


def test_the_calendar_that_is_on_again_is_read_anew(parley):
    connect(parley)
    begin(parley, MEET)
    do(parley, switch_off, STAFF, CALENDAR)

    on = do(parley, switch_on, STAFF, CALENDAR)

    assert on.state is ConnectionState.SYNCING
    assert on.conflict_calendar_ids == ("main",)


def test_of_two_toggles_in_two_tabs_both_are_on(parley):
    begin(parley, CALENDAR)
    calendar = parley.oauth[Provider.GOOGLE].consent(AIKOS)
    begin(parley, MEET)
    meet = parley.oauth[Provider.GOOGLE].consent(AIKOS)

    come_back(parley, Provider.GOOGLE, **meet)
    come_back(parley, Provider.GOOGLE, **calendar)

    assert stored(parley).platforms == {CALENDAR, MEET}
    assert stored(parley).serves(CALENDAR)
    assert stored(parley).serves(MEET)


def test_what_was_switched_off_during_a_sign_in_for_another_platform_stays_off(parley):
    connect(parley, MEET)
    begin(parley, CALENDAR)
    brought = parley.oauth[Provider.GOOGLE].consent(AIKOS)
    do(parley, switch_off, STAFF, MEET)

    come_back(parley, Provider.GOOGLE, **brought)

    assert stored(parley).platforms == {CALENDAR}


def test_c27_an_account_that_is_not_allowed_any_more_is_not_used_for_more(parley):
    connect(parley, CALENDAR, OTHERS)
    by = under(account_domains=("hanami.example",), refuses_other_accounts=True)

    with pytest.raises(ForeignAccount):
        do(parley, switch_on, by, MEET)
    with pytest.raises(ForeignAccount):
        connect(parley, MEET, OTHERS, by)

    assert stored(parley).platforms == {CALENDAR}
    assert parley.oauth[Provider.GOOGLE].calls["revoke"] == 0


def test_c27_an_account_of_the_organization_is_used_for_more_without_a_sign_in(parley):
    connect(parley)

    on = do(
        parley,
        switch_on,
        under(account_domains=("hanami.example",), refuses_other_accounts=True),
        MEET,
    )

    assert on.platforms == {CALENDAR, MEET}


@pytest.mark.parametrize("platform", Platform)
def test_nothing_is_switched_on_where_nothing_is_connected(parley, platform):
    with pytest.raises(NotConnected):
        do(parley, switch_on, STAFF, platform)


def test_what_is_broken_is_mended_by_a_sign_in_and_not_by_a_switch(parley):
    connect(parley)
    broken(parley)

    with pytest.raises(InsufficientScope):
        do(parley, switch_on, STAFF, MEET)

    assert begin(parley, MEET) is not None


def test_an_account_that_made_no_meetings_is_mended_by_a_sign_in_too(parley):
    connect(parley)
    begin(parley, MEET)
    broken(parley, ConnectionState.NO_MEET)

    assert begin(parley, MEET) is not None


def test_c28_what_is_blocked_is_not_switched_on(parley):
    connect(parley)

    with pytest.raises(BlockedByPolicy):
        do(parley, switch_on, under(blocked_platforms=frozenset({MEET})), MEET)


def test_c28_what_is_blocked_and_on_already_can_be_mended_through_another_platform(parley):
    connect(parley)
    begin(parley, MEET)
    broken(parley)

    again = connect(parley, MEET, by=under(blocked_platforms=frozenset({CALENDAR})))

    assert again.platforms == {CALENDAR, MEET}


# Off


def test_meet_goes_off_and_the_calendar_stays_on(parley):
    connect(parley)
    begin(parley, MEET)

    rest = do(parley, switch_off, STAFF, MEET)

    assert rest == stored(parley)
    assert rest.platforms == {CALENDAR}
    assert rest.is_on
    assert rest.conflict_calendar_ids == ("main",)


def test_a_calendar_that_is_off_makes_nobody_busy_and_that_is_seen_to_at_once(parley):
    connect(parley)
    begin(parley, MEET)
    parley.clock += timedelta(hours=1)

    rest = do(parley, switch_off, STAFF, CALENDAR)

    assert rest.conflict_calendar_ids == ()
    assert rest.state is ConnectionState.OK
    assert parley.store.sync_turns[KEY].due_at == parley.now()


def test_a_permission_is_missed_no_longer_once_its_platform_is_off(parley):
    connect(parley, MEET)
    connect(parley, CALENDAR, but=frozenset({"busy"}))

    rest = do(parley, switch_off, STAFF, CALENDAR)

    assert (rest.state, rest.missing) == (ConnectionState.OK, ())


@pytest.mark.parametrize("state", [ConnectionState.RECONNECT_REQUIRED, ConnectionState.NO_MEET])
def test_what_is_broken_stays_so_when_another_platform_goes_off(parley, state):
    connect(parley)
    begin(parley, MEET)
    broken(parley, state)

    assert do(parley, switch_off, STAFF, CALENDAR).state is state


def test_c33_with_the_last_platform_the_connection_ends(parley):
    connect(parley)
    parley.clock += timedelta(hours=1)

    over = do(parley, switch_off, STAFF, CALENDAR)

    assert (over.platforms, over.ended_at) == (frozenset(), parley.now())
    assert list_connections(STAFF, connections=parley.connections) == []
    assert parley.store.sync_turns[KEY].due_at == parley.now()
    assert parley.store.entries[-1].activity is Activity.DISCONNECTED


def test_what_is_off_cannot_be_switched_off(parley):
    connect(parley)
    with pytest.raises(NotConnected):
        do(parley, switch_off, STAFF, MEET)
    do(parley, switch_off, STAFF, CALENDAR)

    with pytest.raises(NotConnected):
        do(parley, switch_off, STAFF, CALENDAR)


def test_c33_whoever_connects_the_same_account_again_at_once_can(parley):
    first = connect(parley)
    do(parley, switch_off, STAFF, CALENDAR)

    again = connect(parley)

    assert again.is_on
    assert again.connection_id != first.connection_id
    assert parley.store.entries[-1].activity is Activity.CONNECTED


def test_c38_another_account_waits_until_the_one_before_was_ended_at_the_provider(parley):
    connect(parley)
    over = do(parley, switch_off, STAFF, CALENDAR)
    with pytest.raises(StillDisconnecting):
        connect(parley, CALENDAR, OTHERS)
    parley.connections.forget(over)

    assert connect(parley, CALENDAR, OTHERS).account_id == OTHERS.account_id


# Others


def test_c7_c35_a_member_sees_and_changes_only_their_own(parley):
    mine = connect(parley)
    ben = replace(STAFF, member=BEN)

    assert list_connections(ben, connections=parley.connections) == []
    for act in (switch_off, switch_on):
        with pytest.raises(NotConnected):
            do(parley, act, ben, CALENDAR)
    with pytest.raises(NotConnected):
        choose(parley, {"team"}, "team", by=ben)
    assert list_connections(STAFF, connections=parley.connections) == [mine]


def test_c13_removing_mine_changes_nothing_for_whoever_has_the_same_account(parley):
    ben = replace(STAFF, member=BEN)
    connect(parley)
    bens = connect(parley, by=ben)

    do(parley, switch_off, STAFF, CALENDAR)

    assert list_connections(ben, connections=parley.connections) == [bens]
    assert parley.connections.with_account(Provider.GOOGLE, AIKOS.account_id) == [bens.key]


def test_c15_an_admin_removes_what_a_member_connected(parley):
    ben = replace(STAFF, member=BEN)
    connection = connect(parley, by=ben)

    do(parley, remove_connection, STAFF, BEN.member_id, Provider.GOOGLE)

    assert parley.connections.get(connection.key).ended_at == parley.now()
    entry = parley.store.entries[-1]
    assert entry.activity is Activity.CONNECTION_REMOVED
    assert (entry.actor.actor_id, entry.subject_id) == (AIKO.member_id, BEN.member_id)


def test_c15_nobody_but_an_admin_removes_what_somebody_else_connected(parley):
    connect(parley)

    with pytest.raises(NotAllowed):
        do(
            parley,
            remove_connection,
            replace(STAFF, member=BEN),
            AIKO.member_id,
            Provider.GOOGLE,
        )

    assert stored(parley).is_on


@pytest.mark.parametrize("provider", Provider)
def test_what_is_not_there_is_not_removed(parley, provider):
    connect(parley)
    elsewhere = replace(STAFF, organization=replace(ORGANIZATION, organization_id=new_id()))

    with pytest.raises(NotConnected):
        do(parley, remove_connection, elsewhere, AIKO.member_id, provider)

    assert stored(parley).is_on


# Calendars


def choose(parley, conflicts, target, by=STAFF, provider=Provider.GOOGLE):
    return do(
        parley,
        choose_calendars,
        by,
        provider,
        conflict_calendar_ids=conflicts,
        write_calendar_id=target,
    )


def test_c32_several_calendars_of_an_account_make_its_owner_busy(parley):
    connect(parley)
    parley.clock += timedelta(hours=1)

    chosen = choose(parley, ["days", "main", "days"], "team")

    assert chosen == stored(parley)
    assert chosen.conflict_calendar_ids == ("main", "days")
    assert chosen.write_calendar_id == "team"
    assert parley.store.sync_turns[KEY].due_at == parley.now()
    assert parley.store.entries[-1].activity is Activity.CALENDARS_CHOSEN


def test_choosing_what_is_chosen_stores_nothing(parley):
    connection = connect(parley)
    writes = parley.store.writes

    assert choose(parley, ["main"], "main") == connection
    assert parley.store.writes == writes


@pytest.mark.parametrize(
    ("conflicts", "target", "field", "code"),
    [
        ([], "main", "conflict_calendar_ids", "missing"),
        (["main", "bens"], "main", "conflict_calendar_ids", "unknown_calendar"),
        ([str(number) for number in range(51)], "main", "conflict_calendar_ids", "too_many"),
        (["main"], "bens", "write_calendar_id", "unknown_calendar"),
        (["main"], "", "write_calendar_id", "unknown_calendar"),
        (["main"], "days", "write_calendar_id", "read_only"),
    ],
)
def test_only_calendars_of_the_account_can_be_chosen(parley, conflicts, target, field, code):
    connection = connect(parley)

    with pytest.raises(InvalidInput) as refused:
        choose(parley, conflicts, target)

    assert [(each.field, each.code) for each in refused.value.problems] == [(field, code)]
    assert stored(parley) == connection


def test_where_no_calendar_is_on_none_is_chosen(parley):
    connect(parley, MEET)
    connect(parley, ZOOM)

    for provider in Provider:
        with pytest.raises(NotConnected):
            choose(parley, {"main"}, "main", provider=provider)


def test_of_two_changes_at_once_the_later_one_is_told(parley):
    connect(parley)

    class Stale:
        """Shows a connection as it was a moment ago."""

        get = staticmethod(lambda key: replace(stored(parley), version=0))
        put = staticmethod(parley.connections.put)

    parley_of_a_moment_ago = {"connections": Stale(), "now": parley.now()}
    with pytest.raises(ConnectionChanged):
        switch_on(STAFF, MEET, oauth=parley.oauth, **parley_of_a_moment_ago)
