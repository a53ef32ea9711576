"""Parley at Zoom, over HTTP: against the stand-in, which is held against Zoom's recorded types."""

from __future__ import annotations

import logging
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from aiohttp import web

from dev.providers.faults import Fault, Kind
from dev.providers.serving import serving_in_thread
from dev.providers.zoom.grants import s256
from dev.providers.zoom.world import CLIENT_ID, CLIENT_SECRET, SCOPES, ZoomWorld
from scheduling.adapters.zoom.asking import Asking
from scheduling.adapters.zoom.meetings import ZoomMeetings
from scheduling.adapters.zoom.sign_in import ZoomSignIn
from scheduling.domain.connections import ConnectionState, Platform, Provider
from scheduling.domain.grants import Account
from scheduling.domain.provider_events import WantedMeeting
from scheduling.domain.refusals import ProviderNotSetUp
from scheduling.domain.time_range import TimeRange
from scheduling.provider_ports import (
    AccessTokenRejected,
    CodeRefused,
    GrantRejected,
    MeetingGone,
    MeetingRefused,
    PermissionMissing,
    ProviderApp,
    ProviderUnavailable,
    SignInRequest,
)
from tests.support.zoom_schemas import serving_checked_zoom

AIKO = "aiko@hanami.example"
REN = "ren@hanami.example"
CALLBACK = "https://parley.example/connections/zoom/callback"
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
VERIFIER = "a-verifier-of-at-least-forty-three-characters"
MARK = "b7wq3nq2yfkz5tq3rm6w4x7zpe"
START = datetime(2026, 12, 2, 9, tzinfo=UTC)
GARDEN = WantedMeeting(
    mark=MARK,
    topic="Garden consultation",
    time=TimeRange(START, START + timedelta(minutes=30)),
    time_zone="Asia/Tokyo",
)
ZOOM = frozenset({Platform.ZOOM})


class Clock:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def world(clock):
    world = ZoomWorld(now=clock, redirect_uris={CALLBACK})
    world.add_user(AIKO, "Aiko Mori", "Asia/Tokyo")
    world.add_user(REN, "Ren Ito")
    return world


@pytest.fixture
def origin(world):
    with serving_checked_zoom(world) as origin:
        yield origin


def sign_in_at(origin, secret=CLIENT_SECRET):
    return ZoomSignIn(Asking(), RegisteredApp(secret), url=origin, api_url=origin)


@dataclass(frozen=True)
class RegisteredApp:
    client_secret: str

    def of(self, provider):
        assert provider is Provider.ZOOM
        return ProviderApp(CLIENT_ID, self.client_secret)


@pytest.fixture
def signing_in(origin):
    return sign_in_at(origin)


@pytest.fixture
def meetings(origin):
    return ZoomMeetings(Asking(), api_url=origin)


@pytest.fixture
def aiko(world):
    """Return an access token of Aiko's."""
    return world.sign_in(AIKO).access_token


@contextmanager
def answering(**answer):
    """Serve one answer to whatever is asked."""

    async def say(_):
        return web.Response(**answer)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", say)
    with serving_in_thread(application) as origin:
        yield origin


def come_back(signing_in, email=AIKO, decision="allow"):
    """Walk through Zoom's page; return what the browser brings to Parley."""
    request = SignInRequest(
        state="a-state",
        nonce="a-nonce",
        challenge=s256(VERIFIER),
        redirect_uri=CALLBACK,
        scopes=signing_in.scopes_for(ZOOM),
        login_hint=email,
    )
    form = {"email": email, "decision": decision}
    answer = httpx.post(signing_in.sign_in_url(request), data=form)
    assert answer.headers["Location"].startswith(CALLBACK)
    return parse_qs(urlsplit(answer.headers["Location"]).query)


def exchange(signing_in, code, verifier=VERIFIER):
    return signing_in.exchange(
        code, verifier=verifier, nonce="a-nonce", redirect_uri=CALLBACK, now=NOON
    )


def refused(status, reason, retry_after=None):
    return Fault(Kind.REFUSED, status, reason, retry_after=retry_after)


BROKEN = {
    "500": refused(500, "Internal"),
    "503": refused(503, "Service unavailable"),
    "429": refused(429, "Slow down"),
    "408": refused(408, "Timeout"),
    "reset": Fault(Kind.RESET_BEFORE),
    "half an answer": Fault(Kind.TRUNCATED),
    "a page of HTML": Fault(Kind.HTML),
}


@pytest.fixture(params=BROKEN.values(), ids=BROKEN)
def broken(request):
    return request.param


def test_a_member_signs_in_and_the_account_is_theirs(world, signing_in):
    back = come_back(signing_in)

    tokens, account = exchange(signing_in, back["code"][0])

    assert back["state"] == ["a-state"]
    assert account == Account(world.users[AIKO].user_id, AIKO, "hanami.example")
    assert tokens.expires_at == NOON + timedelta(seconds=3599)
    assert tokens.scopes == SCOPES == set(signing_in.scopes_for(ZOOM))
    assert signing_in.platforms_of(tokens.scopes) == ZOOM
    assert world.grants.access[tokens.access_token].email == AIKO
    assert world.grants.refreshing[tokens.refresh_token].email == AIKO


def test_whoever_declines_brings_no_code(signing_in):
    back = come_back(signing_in, decision="deny")

    assert back == {"error": ["access_denied"], "state": ["a-state"]}


def test_zoom_is_not_asked_for_what_is_not_switched_on(signing_in):
    assert signing_in.scopes_for(frozenset({Platform.GOOGLE_MEET})) == ()
    assert signing_in.issuer == ""


@pytest.mark.parametrize("missing", sorted(SCOPES))
def test_zoom_does_not_work_with_less_than_all_scopes(signing_in, missing):
    assert signing_in.platforms_of(SCOPES - {missing}) == frozenset()


def test_scopes_of_before_they_were_granular_do_as_well(signing_in):
    assert signing_in.platforms_of(frozenset({"meeting:write", "user:read"})) == ZOOM


def test_a_code_is_refused_when_used_again_made_up_or_without_its_verifier(world, signing_in):
    used = come_back(signing_in)["code"][0]
    exchange(signing_in, used)

    for code, verifier in (
        (used, VERIFIER),
        ("made-up", VERIFIER),
        (come_back(signing_in)["code"][0], "another-verifier"),
    ):
        with pytest.raises(CodeRefused):
            exchange(signing_in, code, verifier)


def test_an_app_that_may_not_ask_who_somebody_is_misses_a_permission(world, signing_in):
    world.scopes = set(SCOPES) - {"user:read:user"}

    with pytest.raises(GrantRejected) as rejected:
        exchange(signing_in, come_back(signing_in)["code"][0])

    assert rejected.value.state is ConnectionState.INSUFFICIENT_SCOPE


def test_a_grant_of_an_app_that_is_gone_is_for_whoever_runs_parley():
    class NoApps:
        def of(self, provider):
            raise ProviderNotSetUp

    nowhere = "https://zoom.invalid"
    signing_in = ZoomSignIn(Asking(), NoApps(), url=nowhere, api_url=nowhere)

    with pytest.raises(GrantRejected) as refreshed:
        signing_in.refresh("refresh-1", now=NOON)

    assert refreshed.value.state is ConnectionState.APP_MISCONFIGURED


def test_an_app_that_zoom_does_not_know_is_for_whoever_runs_parley(world, signing_in, origin):
    code = come_back(signing_in)["code"][0]
    unknown = sign_in_at(origin, secret="rotated")

    with pytest.raises(GrantRejected) as exchanged:
        exchange(unknown, code)
    with pytest.raises(GrantRejected) as refreshed:
        unknown.refresh(world.sign_in(AIKO).refresh_token, now=NOON)

    assert exchanged.value.state is ConnectionState.APP_MISCONFIGURED
    assert refreshed.value.state is ConnectionState.APP_MISCONFIGURED


def test_an_address_that_zoom_has_not_verified_belongs_to_no_domain(world, signing_in):
    world.users[AIKO].is_verified = False

    _, account = exchange(signing_in, come_back(signing_in)["code"][0])

    assert (account.account, account.domain) == (AIKO, "")


def test_each_refresh_brings_another_refresh_token(world, signing_in):
    first = world.sign_in(AIKO).refresh_token

    second = signing_in.refresh(first, now=NOON)
    third = signing_in.refresh(second.refresh_token, now=NOON)

    assert len({first, second.refresh_token, third.refresh_token}) == 3
    assert third.scopes == SCOPES


def test_a_refresh_token_that_was_used_replaced_or_revoked_ends_the_connection(world, signing_in):
    used = world.sign_in(AIKO).refresh_token
    signing_in.refresh(used, now=NOON)
    replaced = world.sign_in(AIKO).refresh_token
    revoked = world.sign_in(AIKO)
    signing_in.revoke(revoked.access_token)

    for dead in (used, replaced, revoked.refresh_token):
        with pytest.raises(GrantRejected) as rejected:
            signing_in.refresh(dead, now=NOON)
        assert rejected.value.state is ConnectionState.RECONNECT_REQUIRED


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        ("invalid_request Invalid Token!", ConnectionState.RECONNECT_REQUIRED),
        ("invalid_grant The app has been disabled (4717)", ConnectionState.APP_MISCONFIGURED),
        ("unauthorized_client Unknown", ConnectionState.APP_MISCONFIGURED),
    ],
)
def test_what_a_dead_token_died_of_is_told(world, signing_in, reason, state):
    world.faults.switch_on(refused(401, reason), endpoint="oauth.token")

    with pytest.raises(GrantRejected) as rejected:
        signing_in.refresh("a-token", now=NOON)

    assert rejected.value.state is state


def test_an_administrator_who_blocks_the_app_is_told_of(world, signing_in):
    tokens = world.sign_in(AIKO)
    world.grants.block(AIKO)

    with pytest.raises(GrantRejected) as rejected:
        signing_in.refresh(tokens.refresh_token, now=NOON)

    assert rejected.value.state is ConnectionState.ADMIN_BLOCKED


def test_nothing_but_a_dead_token_ends_a_connection(world, signing_in, broken):
    refresh_token = world.sign_in(AIKO).refresh_token
    world.faults.switch_on(broken, endpoint="oauth.token", times=1)

    with pytest.raises(ProviderUnavailable):
        signing_in.refresh(refresh_token, now=NOON)


@pytest.mark.parametrize(
    "reason", ["invalid_request Grant type missing", "temporarily_unavailable"]
)
def test_an_odd_refusal_does_not_end_a_connection(world, signing_in, reason):
    world.faults.switch_on(refused(400, reason), endpoint="oauth.token", times=1)

    with pytest.raises(ProviderUnavailable):
        signing_in.refresh(world.sign_in(AIKO).refresh_token, now=NOON)


@pytest.mark.parametrize("endpoint", ["oauth.token", "users.get"])
def test_signing_in_fails_for_now_where_zoom_does(world, signing_in, broken, endpoint):
    code = come_back(signing_in)["code"][0]
    world.faults.switch_on(broken, endpoint=endpoint)

    with pytest.raises(ProviderUnavailable):
        exchange(signing_in, code)


def test_a_grant_is_ended_once_and_is_dead_when_asked_again(world, signing_in):
    tokens = world.sign_in(AIKO)

    signing_in.revoke(tokens.access_token)
    signing_in.revoke(tokens.access_token)

    assert world.grants.access == world.grants.refreshing == {}


def test_a_grant_that_could_not_be_ended_is_not_taken_for_dead(world, signing_in, broken):
    world.faults.switch_on(broken, endpoint="oauth.revoke")

    with pytest.raises(ProviderUnavailable):
        signing_in.revoke(world.sign_in(AIKO).access_token)


def test_a_meeting_is_made_as_the_booking_is(world, meetings, aiko):
    made = meetings.create(aiko, GARDEN)

    meeting = world.meetings[int(made.meeting_id)]
    assert int(made.meeting_id) > 2**31
    assert made.time == GARDEN.time
    assert made.join_url.endswith(f"/j/{made.meeting_id}?pwd={meeting.passcode}")
    assert (meeting.host_email, meeting.topic) == (AIKO, "Garden consultation")
    assert (meeting.start, meeting.duration) == (START, timedelta(minutes=30))
    assert (meeting.time_zone, meeting.agenda) == ("Asia/Tokyo", MARK)
    assert meeting.settings == {"use_pmi": False}


def test_what_makes_anybody_the_host_stays_at_zoom(world, meetings, aiko, caplog):
    caplog.set_level(logging.DEBUG)

    made = meetings.create(aiko, GARDEN)

    found = meetings.find(aiko, MARK)
    key = world.meetings[int(made.meeting_id)].start_key
    assert key not in repr((made, found))
    assert key not in caplog.text


def test_a_long_title_is_cut_to_what_zoom_takes(world, meetings, aiko):
    title = "相談" * 150
    wanted = WantedMeeting(MARK, title, GARDEN.time, GARDEN.time_zone)

    made = meetings.create(aiko, wanted)

    assert world.meetings[int(made.meeting_id)].topic == title[:200]


def test_a_meeting_moves_with_its_booking(world, meetings, aiko):
    made = meetings.create(aiko, GARDEN)
    later = TimeRange(START + timedelta(days=1), START + timedelta(days=1, minutes=45))

    meetings.update(aiko, made.meeting_id, WantedMeeting(MARK, "Pond", later, "Europe/London"))

    meeting = world.meetings[int(made.meeting_id)]
    assert (meeting.start, meeting.end) == (later.start, later.end)
    assert (meeting.topic, meeting.time_zone) == ("Pond", "Europe/London")
    assert meeting.agenda == MARK


def test_a_meeting_that_is_gone_stays_gone(world, meetings, aiko):
    made = meetings.create(aiko, GARDEN)

    meetings.delete(aiko, made.meeting_id)
    meetings.delete(aiko, made.meeting_id)

    assert world.meetings == {}
    with pytest.raises(MeetingGone):
        meetings.update(aiko, made.meeting_id, GARDEN)


@pytest.mark.parametrize(
    "lost",
    [
        Fault(Kind.SILENT_AFTER, seconds=0.05),
        Fault(Kind.RESET_AFTER),
        Fault(Kind.TRUNCATED),
    ],
    ids=lambda fault: fault.kind,
)
def test_a_meeting_whose_answer_was_lost_is_found_again(world, meetings, aiko, lost):
    world.faults.switch_on(lost, endpoint="meetings.create", times=1)

    with pytest.raises(ProviderUnavailable):
        meetings.create(aiko, GARDEN)

    found = meetings.find(aiko, MARK)
    meeting = next(iter(world.meetings.values()))
    assert found.meeting_id == str(meeting.meeting_id)
    assert found.join_url.endswith(f"?pwd={meeting.passcode}")
    assert found.time == GARDEN.time
    assert world.counted("meetings.create") == 1


def test_a_meeting_is_found_among_many_and_only_by_its_whole_mark(world, meetings, aiko):
    for number in range(650):
        agenda = f"{MARK}{number}"
        world.add_meeting(AIKO, "Another", START, timedelta(hours=1), agenda=agenda)
    world.add_meeting(REN, "Ren's", START, timedelta(hours=1), agenda=MARK)

    missing = meetings.find(aiko, MARK)
    late = START + timedelta(days=30)
    note = f"{MARK} and what the host wrote about it"
    meeting = world.add_meeting(AIKO, "Garden", late, timedelta(hours=1), agenda=note)
    found = meetings.find(aiko, MARK)

    assert missing is None
    assert found.meeting_id == str(meeting.meeting_id)
    assert world.counted("meetings.list") == 6


def test_a_meeting_deleted_between_list_and_look_is_not_found(world, meetings, aiko):
    meetings.create(aiko, GARDEN)
    gone = refused(404, "3001 Meeting does not exist.")
    world.faults.switch_on(gone, endpoint="meetings.get")

    assert meetings.find(aiko, MARK) is None


def every_call(meetings, access_token, meeting_id):
    return {
        "meetings.create": lambda: meetings.create(access_token, GARDEN),
        "meetings.list": lambda: meetings.find(access_token, MARK),
        "meetings.update": lambda: meetings.update(access_token, meeting_id, GARDEN),
        "meetings.delete": lambda: meetings.delete(access_token, meeting_id),
    }


CALLS = ["meetings.create", "meetings.list", "meetings.update", "meetings.delete"]


@pytest.mark.parametrize("call", CALLS)
def test_r10_zoom_out_of_order_is_for_now(world, meetings, aiko, broken, call):
    made = meetings.create(aiko, GARDEN)
    if broken.kind is Kind.TRUNCATED and call in ("meetings.update", "meetings.delete"):
        # Of an answer without a body there is no half.
        broken = Fault(Kind.RESET_AFTER)
    world.faults.switch_on(broken, endpoint=call)

    with pytest.raises(ProviderUnavailable):
        every_call(meetings, aiko, made.meeting_id)[call]()


@pytest.mark.parametrize("call", CALLS)
def test_an_access_token_that_expired_or_is_unknown_is_told_apart(
    world, clock, meetings, aiko, call
):
    meeting_id = meetings.create(aiko, GARDEN).meeting_id
    clock.now += timedelta(hours=1)

    for access_token in (aiko, "made-up"):
        with pytest.raises(AccessTokenRejected):
            every_call(meetings, access_token, meeting_id)[call]()


@pytest.mark.parametrize("call", CALLS)
def test_a_grant_without_a_scope_misses_a_permission(world, meetings, call):
    world.scopes = {"user:read:user"}
    access_token = world.sign_in(AIKO).access_token

    with pytest.raises(PermissionMissing):
        every_call(meetings, access_token, "81234567890")[call]()


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        ("7", timedelta(seconds=7)),
        ("{iso}", timedelta(hours=2)),
        ("{http}", timedelta(hours=2)),
        ("2020-05-31T00:00:00Z", timedelta(0)),
        ("soon", None),
        (None, None),
    ],
    ids=["seconds", "ISO", "HTTP date", "past", "words", "nothing"],
)
def test_r10_what_zoom_asks_to_wait_is_told(world, meetings, aiko, retry_after, wait):
    moment = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2)
    if retry_after:
        iso = moment.isoformat().replace("+00:00", "Z")
        retry_after = retry_after.format(iso=iso, http=format_datetime(moment, usegmt=True))
    world.faults.switch_on(refused(429, "Too many", retry_after))

    with pytest.raises(ProviderUnavailable) as unavailable:
        meetings.find(aiko, MARK)

    told = unavailable.value.retry_after
    assert unavailable.value.reason == "http_429"
    assert told == wait or abs(told - wait) < timedelta(seconds=30)


def test_a_host_with_100_meetings_today_is_told_apart(world, meetings, aiko):
    made = meetings.create(aiko, GARDEN)
    for _ in range(99):
        world.limits.count_write(AIKO)

    for call in ("meetings.create", "meetings.update"):
        with pytest.raises(MeetingRefused) as told:
            every_call(meetings, aiko, made.meeting_id)[call]()
        assert told.value.state is ConnectionState.MEETING_LIMIT
    meetings.create(world.sign_in(REN).access_token, GARDEN)


def test_a_refusal_that_nobody_foresaw_says_its_number(world, meetings, aiko):
    world.faults.switch_on(refused(400, "300 Validation Failed."), endpoint="meetings.update")

    with pytest.raises(ProviderUnavailable) as unavailable:
        meetings.update(aiko, meetings.create(aiko, GARDEN).meeting_id, GARDEN)

    assert unavailable.value.reason == "http_400_zoom_300"


@pytest.mark.parametrize("code", [1001, 3161])
def test_a_user_who_may_not_host_is_told_apart(world, meetings, aiko, code):
    world.faults.switch_on(refused(400, f"{code} No."), endpoint="meetings.create")

    with pytest.raises(MeetingRefused) as told:
        meetings.create(aiko, GARDEN)

    assert told.value.state is ConnectionState.ACCOUNT_DISABLED


@pytest.mark.parametrize(
    "body",
    ["[]", "{}", '{"access_token": "", "refresh_token": "r", "expires_in": 3600}', "null"],
)
def test_a_good_answer_without_tokens_is_none(body):
    with answering(text=body, content_type="application/json") as origin:
        signing_in = sign_in_at(origin)

        with pytest.raises(ProviderUnavailable):
            signing_in.refresh("a-token", now=NOON)


def test_a_token_is_sent_nowhere_but_to_zoom(world, origin, aiko):
    with answering(status=307, headers={"Location": f"{origin}/v2/users/me/meetings"}) as elsewhere:
        meetings = ZoomMeetings(Asking(), api_url=elsewhere)

        with pytest.raises(ProviderUnavailable):
            meetings.create(aiko, GARDEN)

    assert world.requests == []


def test_nobody_is_waited_for_without_end(world, origin, aiko):
    world.faults.switch_on(Fault(Kind.SILENT_BEFORE, seconds=0.3))
    meetings = ZoomMeetings(Asking((1, 0.05)), api_url=origin)

    with pytest.raises(ProviderUnavailable) as failure:
        meetings.create(aiko, GARDEN)

    assert failure.value.reason == "timeout"


def test_no_failure_says_a_token_or_the_secret(world, signing_in, meetings, broken):
    tokens = world.sign_in(AIKO)
    secrets = (tokens.access_token, tokens.refresh_token, CLIENT_SECRET)
    world.faults.switch_on(broken)

    said = []
    for call in (
        lambda: signing_in.refresh(tokens.refresh_token, now=NOON),
        lambda: signing_in.revoke(tokens.access_token),
        lambda: meetings.find(tokens.access_token, MARK),
    ):
        with pytest.raises(ProviderUnavailable) as failure:
            call()
        said += traceback.format_exception(failure.value)

    assert not [secret for secret in secrets if secret in "".join(said)]


def test_no_cookie_of_one_member_goes_with_another():
    seen = []

    async def remember(request):
        seen.append(dict(request.cookies))
        answer = web.json_response({})
        answer.set_cookie("_zm_ssid", "of-aiko")
        return answer

    application = web.Application()
    application.router.add_get("/", remember)
    with serving_in_thread(application) as origin:
        asking = Asking()
        asking.ask("GET", f"{origin}/")
        asking.ask("GET", f"{origin}/")

    assert seen == [{}, {}]
