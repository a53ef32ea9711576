"""Google's adapters at the stand-in, over HTTP: signing in, and what goes wrong (R10)."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from contextlib import closing, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
import pytest
import requests
import time_machine
from cryptography.hazmat.primitives.asymmetric import rsa

from dev.providers.faults import Fault, Kind
from dev.providers.google import oauth as stand_in
from dev.providers.google.world import CLIENT_ID, CLIENT_SECRET
from scheduling.adapters.google.answers import QUOTA_PAUSE
from scheduling.adapters.google.calendars import KEPT_SECONDS, GoogleCalendars
from scheduling.adapters.google.oauth import GoogleOAuth
from scheduling.domain import hours
from scheduling.domain.connections import ConnectionState, Platform
from scheduling.domain.grants import Account
from scheduling.domain.provider_events import WantedEvent, event_id_of
from scheduling.domain.refusals import ProviderNotSetUp
from scheduling.domain.time_range import TimeRange
from scheduling.provider_ports import (
    AccessTokenRejected,
    CalendarGone,
    CodeRefused,
    CursorExpired,
    EventIdUsed,
    GrantRejected,
    PermissionMissing,
    ProviderApp,
    ProviderUnavailable,
    SignInRequest,
)
from tests.support.builders import EARLY, between
from tests.support.google import AIKO, REDIRECT_URI, REN, SCOPES, TOKYO, running_google

APP = ProviderApp(CLIENT_ID, CLIENT_SECRET)
VERIFIER = "verifier-" * 6
NONCE = "nonce-of-a-test"
PREFIX = "https://www.googleapis.com/auth/"
CALENDAR = frozenset({Platform.GOOGLE_CALENDAR})
MEET = frozenset({Platform.GOOGLE_MEET})
BOTH = CALENDAR | MEET
CANARY = "1//a-secret-that-sings"

WEEK = TimeRange(EARLY, EARLY + timedelta(days=7))
EVENT = WantedEvent(
    event_id_of("booking-1", "host-1", 1),
    "booking-1",
    "mark-1",
    "Intro with Sora",
    "",
    "",
    between("10:00", "11:00"),
    "Asia/Tokyo",
)


class Apps:
    def __init__(self, app):
        self.app = app

    def of(self, provider):
        if self.app is None:
            raise ProviderNotSetUp
        return self.app


@pytest.fixture
def google():
    with running_google(EARLY) as google:
        yield google


PATIENCE = 5.0


def patience_with(fault):
    """Return how many seconds to wait for an answer that a fault spoils: not long for silence."""
    return 0.2 if fault.kind in {Kind.SILENT_BEFORE, Kind.SILENT_AFTER} else PATIENCE


def oauth_at(google, app=APP, *, patience=PATIENCE, **urls):
    places = {"accounts_url": google.origin, "oauth_url": google.origin, "api_url": google.origin}
    return GoogleOAuth(Apps(app), **(places | urls), timeout=(patience, patience))


def calendars_at(google, *, patience=PATIENCE):
    return closing(GoogleCalendars(google.origin, timeout=patience))


@pytest.fixture
def oauth(google):
    return oauth_at(google)


@pytest.fixture
def calendars(google):
    with calendars_at(google) as calendars:
        yield calendars


@pytest.fixture
def token(google):
    return google.world.sign_in(AIKO, *SCOPES).access_token


def a_request(oauth, platforms=BOTH, **fields):
    request = SignInRequest(
        "state-of-a-test",
        NONCE,
        stand_in.challenge_of(VERIFIER),
        REDIRECT_URI,
        oauth.scopes_for(platforms),
    )
    return replace(request, **fields)


def code_for(oauth, ticked=None):
    return allowed(oauth, oauth.sign_in_url(a_request(oauth)), ticked)


def allowed(oauth, url, ticked=None):
    """Choose Aiko's account in a browser, allow what is ticked, or all, and return the code."""
    scopes = oauth.scopes_for(BOTH) if ticked is None else ticked
    form = [("decision", "allow"), *(("scope", scope) for scope in scopes)]
    account = f"{url}&authuser={AIKO}"
    back = requests.post(account, data=form, allow_redirects=False, timeout=5)
    answer = dict(parse_qsl(urlsplit(back.headers["Location"]).query))
    assert (answer["state"], answer["iss"]) == ("state-of-a-test", oauth.issuer)
    return answer["code"]


def exchanged(oauth, code, *, now=EARLY, **fields):
    usual = {"verifier": VERIFIER, "nonce": NONCE, "redirect_uri": REDIRECT_URI}
    return oauth.exchange(code, **(usual | fields), now=now)


# Signing in


def test_people_are_sent_to_google_with_everything_it_needs(google, oauth):
    url = urlsplit(oauth.sign_in_url(a_request(oauth, CALENDAR, login_hint=AIKO)))

    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{google.origin}/o/oauth2/v2/auth"
    assert {name: value for name, [value] in parse_qs(url.query).items()} == {
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "response_type": "code",
        "scope": " ".join(oauth.scopes_for(CALENDAR)),
        "state": "state-of-a-test",
        "nonce": NONCE,
        "code_challenge": stand_in.challenge_of(VERIFIER),
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "select_account consent",
        "include_granted_scopes": "true",
        "login_hint": AIKO,
    }


def test_t32_no_more_is_asked_for_than_is_needed(oauth):
    write = f"{PREFIX}calendar.events.owned"
    read = (f"{PREFIX}calendar.calendarlist.readonly", f"{PREFIX}calendar.events.freebusy")

    assert oauth.scopes_for(MEET) == ("openid", "email", write)
    assert oauth.scopes_for(CALENDAR) == oauth.scopes_for(BOTH) == ("openid", "email", *read, write)


def test_a_code_gives_tokens_and_whose_they_are(google, oauth, calendars):
    tokens, account = exchanged(oauth, code_for(oauth))

    assert account == Account(
        google.world.state.accounts[AIKO].subject, AIKO, domain="hanami.example"
    )
    assert tokens.expires_at == EARLY + timedelta(seconds=3599)
    assert oauth.platforms_of(tokens.scopes) == BOTH
    assert [each.calendar_id for each in calendars.all(tokens.access_token)] == [AIKO]


def test_t32_what_was_not_ticked_is_known(oauth):
    tokens, _ = exchanged(oauth, code_for(oauth, ticked=oauth.scopes_for(MEET)))

    assert oauth.platforms_of(tokens.scopes) == MEET


def test_a_grant_that_ends_with_its_first_token_is_none(google, oauth):
    url = oauth.sign_in_url(a_request(oauth)).replace("access_type=offline", "access_type=online")

    with pytest.raises(CodeRefused):
        exchanged(oauth, allowed(oauth, url))


def test_a_code_works_once(oauth):
    code = code_for(oauth)
    exchanged(oauth, code)

    with pytest.raises(CodeRefused):
        exchanged(oauth, code)


@pytest.mark.parametrize(
    "fields", [{"verifier": "another-" * 6}, {"nonce": "another"}], ids=["verifier", "nonce"]
)
def test_a_code_is_good_only_for_who_asked_for_it(oauth, fields):
    with pytest.raises(CodeRefused):
        exchanged(oauth, code_for(oauth), **fields)


def test_an_id_token_that_has_expired_names_nobody(oauth):
    with pytest.raises(CodeRefused):
        exchanged(oauth, code_for(oauth), now=EARLY + timedelta(hours=2))


def test_an_id_token_of_another_issuer_names_nobody(google):
    elsewhere = oauth_at(google, accounts_url="https://accounts.example")

    with pytest.raises(CodeRefused):
        exchanged(elsewhere, code_for(oauth_at(google)))


@pytest.mark.parametrize("forgery", ["key", "audience", "none", "hmac"])
def test_t31_a_forged_id_token_names_nobody(monkeypatch, oauth, forgery):
    claims = {
        "iss": oauth.issuer,
        "aud": CLIENT_ID if forgery != "audience" else "another app",
        "sub": "somebody else",
        "nonce": NONCE,
        "exp": EARLY + timedelta(hours=1),
    }
    key_id = stand_in.published_keys()["keys"][0]["kid"]
    strangers = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    key, algorithm = {
        "key": (strangers, "RS256"),
        "audience": (stand_in._key(), "RS256"),
        "none": (None, "none"),
        "hmac": ("s" * 32, "HS256"),
    }[forgery]
    forged = jwt.encode(claims, key, algorithm, headers={"kid": key_id})
    monkeypatch.setattr(stand_in.SignIn, "_id_token", lambda *_: forged)

    with pytest.raises(CodeRefused):
        exchanged(oauth, code_for(oauth))


def test_a_refresh_token_gives_new_access_tokens_and_stays(google, oauth, calendars):
    tokens, _ = exchanged(oauth, code_for(oauth))
    google.world.expire_access_tokens()

    refreshed = oauth.refresh(tokens.refresh_token, now=EARLY)

    assert refreshed.refresh_token == ""
    assert refreshed.access_token != tokens.access_token
    assert refreshed.scopes == tokens.scopes
    assert calendars.all(refreshed.access_token)


def test_a_grant_is_ended_once_and_dead_ones_are_dead(oauth):
    tokens, _ = exchanged(oauth, code_for(oauth))

    oauth.revoke(tokens.refresh_token)
    oauth.revoke(tokens.refresh_token)

    with pytest.raises(GrantRejected) as rejected:
        oauth.refresh(tokens.refresh_token, now=EARLY)
    assert rejected.value.state is ConnectionState.RECONNECT_REQUIRED


def test_without_an_app_nobody_is_sent_anywhere(google):
    oauth = oauth_at(google, app=None)

    with pytest.raises(ProviderNotSetUp):
        oauth.sign_in_url(a_request(oauth))
    with pytest.raises(GrantRejected) as rejected:
        oauth.refresh("1//token", now=EARLY)
    assert rejected.value.state is ConnectionState.APP_MISCONFIGURED


@pytest.mark.parametrize(
    ("reason", "status", "state"),
    [
        ("invalid_grant", 400, ConnectionState.RECONNECT_REQUIRED),
        ("admin_policy_enforced", 400, ConnectionState.ADMIN_BLOCKED),
        ("invalid_client", 401, ConnectionState.APP_MISCONFIGURED),
        ("deleted_client", 401, ConnectionState.APP_MISCONFIGURED),
        ("unauthorized_client", 400, ConnectionState.APP_MISCONFIGURED),
    ],
)
def test_r10_the_token_endpoint_says_who_has_to_do_something(google, oauth, reason, status, state):
    google.world.faults.switch_on(Fault(Kind.REFUSED, status, reason), endpoint="oauth.token")

    with pytest.raises(GrantRejected) as rejected:
        oauth.refresh("1//token", now=EARLY)

    assert rejected.value.state is state


def test_a_code_is_not_given_to_an_app_that_google_does_not_know(google):
    strangers = oauth_at(google, ProviderApp(CLIENT_ID, "another secret"))

    with pytest.raises(GrantRejected) as rejected:
        exchanged(strangers, code_for(strangers))

    assert rejected.value.state is ConnectionState.APP_MISCONFIGURED


# What goes wrong

TRANSIENT = [
    pytest.param(Fault(Kind.REFUSED, 429), ("http_429", None), id="429"),
    pytest.param(
        Fault(Kind.REFUSED, 429, retry_after="120"),
        ("http_429", timedelta(minutes=2)),
        id="429 with seconds",
    ),
    pytest.param(Fault(Kind.REFUSED, 500), ("http_500", None), id="500"),
    pytest.param(Fault(Kind.REFUSED, 502), ("http_502", None), id="502"),
    pytest.param(
        Fault(Kind.REFUSED, 503, retry_after="7"), ("http_503", timedelta(seconds=7)), id="503"
    ),
    pytest.param(Fault(Kind.SILENT_BEFORE, seconds=0.4), ("timeout", None), id="timeout before"),
    pytest.param(Fault(Kind.SILENT_AFTER, seconds=0.4), ("timeout", None), id="timeout after"),
    pytest.param(Fault(Kind.RESET_BEFORE), ("connection", None), id="reset before"),
    pytest.param(Fault(Kind.RESET_AFTER), ("connection", None), id="reset after"),
    pytest.param(Fault(Kind.TRUNCATED), ("connection", None), id="half an answer"),
    pytest.param(Fault(Kind.HTML), ("not_json", None), id="HTML"),
]
"""What goes wrong, and what is told of it: a reason, and for how long to wait."""


def inserted(google, token, *, patience=PATIENCE):
    with calendars_at(google, patience=patience) as calendars:
        return calendars.insert(token, AIKO, EVENT)


def told_of(unavailable):
    return unavailable.value.reason, unavailable.value.retry_after


@pytest.mark.parametrize(("fault", "told"), TRANSIENT)
def test_r10_a_fault_of_the_token_endpoint_breaks_nothing(google, oauth, fault, told):
    refresh_token = google.world.sign_in(AIKO, *SCOPES).refresh_token
    google.world.faults.switch_on(fault, endpoint="oauth.token", times=1)

    with pytest.raises(ProviderUnavailable) as unavailable:
        oauth_at(google, patience=patience_with(fault)).refresh(refresh_token, now=EARLY)

    assert told_of(unavailable) == told
    assert oauth.refresh(refresh_token, now=EARLY).access_token


@pytest.mark.parametrize(("fault", "told"), TRANSIENT)
def test_r10_a_fault_of_the_calendar_passes_and_an_event_is_there_once(google, token, fault, told):
    had_effect = fault.kind in {Kind.SILENT_AFTER, Kind.RESET_AFTER, Kind.TRUNCATED}
    google.world.faults.switch_on(fault, endpoint="events.insert", times=1)

    with pytest.raises(ProviderUnavailable) as unavailable:
        inserted(google, token, patience=patience_with(fault))
    with pytest.raises(EventIdUsed) if had_effect else nullcontext():
        inserted(google, token)

    assert told_of(unavailable) == told
    assert [event["id"] for event in google.world.events(AIKO)] == [EVENT.event_id]


def test_r10_a_date_to_wait_for_is_compared_with_googles_own_clock(google, calendars, token):
    in_an_hour = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 3600))
    google.world.faults.switch_on(Fault(Kind.REFUSED, 503, retry_after=in_an_hour))

    with pytest.raises(ProviderUnavailable) as unavailable:
        calendars.all(token)

    pause = unavailable.value.retry_after
    assert timedelta(seconds=3590) < pause <= timedelta(hours=1)


@pytest.mark.parametrize(
    ("refusal", "raised"),
    [
        ((401, "authError"), AccessTokenRejected()),
        ((403, "insufficientPermissions"), PermissionMissing()),
        ((403, "requiredAccessLevel"), CalendarGone()),
        ((403, "accessNotConfigured"), GrantRejected(ConnectionState.APP_MISCONFIGURED)),
        ((403, "domainPolicy"), GrantRejected(ConnectionState.ADMIN_BLOCKED)),
        ((403, "userRateLimitExceeded"), ProviderUnavailable("http_403")),
        ((403, "quotaExceeded"), ProviderUnavailable("quota", retry_after=QUOTA_PAUSE)),
        ((404, "notFound"), CalendarGone()),
        ((410, "fullSyncRequired"), CursorExpired()),
        ((400, "invalid"), ProviderUnavailable("http_400")),
        ((302, "moved"), ProviderUnavailable("http_302")),
    ],
)
def test_r10_a_refusal_is_told_in_our_words(google, calendars, token, refusal, raised):
    google.world.faults.switch_on(Fault(Kind.REFUSED, *refusal))

    with pytest.raises(type(raised)) as told:
        calendars.changes(token, AIKO, cursor=None, page=None, within=WEEK)

    assert vars(told.value) == vars(raised)


def test_r10_a_cursor_that_google_cannot_read_leads_to_reading_all_anew(calendars, token, google):
    google.world.faults.switch_on(Fault(Kind.REFUSED, 400, "invalid"), times=2)

    for place in ({"cursor": "nonsense", "page": None}, {"cursor": None, "page": "nonsense"}):
        with pytest.raises(CursorExpired):
            calendars.changes(token, AIKO, **place, within=WEEK)


def test_nothing_is_asked_twice_by_itself(google, calendars, token):
    google.world.faults.switch_on(Fault(Kind.REFUSED, 503))

    with pytest.raises(ProviderUnavailable):
        calendars.all(token)

    assert google.world.calls("calendarList.list") == 1


def test_a_connection_of_which_half_an_answer_came_is_not_used_again(google, calendars, token):
    google.world.faults.switch_on(Fault(Kind.TRUNCATED), times=1)

    with pytest.raises(ProviderUnavailable):
        calendars.all(token)

    assert calendars.all(token)


@pytest.mark.parametrize("kind", [Kind.REFUSED, Kind.HTML, Kind.RESET_AFTER])
def test_t28_no_failure_tells_a_secret(google, calendars, token, caplog, kind):
    oauth = oauth_at(google)
    caplog.set_level(logging.DEBUG)
    google.world.faults.switch_on(Fault(kind))

    for ask in (
        lambda: oauth.refresh(CANARY, now=EARLY),
        lambda: oauth.revoke(CANARY),
        lambda: exchanged(oauth, CANARY),
        lambda: calendars.insert(token, AIKO, EVENT),
    ):
        with pytest.raises(ProviderUnavailable) as told:
            ask()
        shown = "".join(traceback.format_exception(told.value)) + caplog.text
        assert "ProviderUnavailable" in shown
        assert not [each for each in (CANARY, token, CLIENT_SECRET) if each in shown]


# Events


def at_ten(days):
    start = between("10:00", "11:00").start + timedelta(days=days)
    return start, start + timedelta(hours=1)


def read_all(calendars, token, **place):
    """Return all events of a week by id, of as many pages as there are, and the cursor."""
    found, page = {}, None
    while True:
        part = calendars.changes(token, AIKO, **({"cursor": None} | place), page=page, within=WEEK)
        found |= {event.event_id: event for event in part.events}
        page = part.next_page
        if page is None:
            return found, part.cursor


def busy_of(found):
    """Return when somebody is busy, as spans in UTC that touch nowhere."""
    spans = hours.merged(event.busy for event in found.values() if event.busy)
    return [tuple(datetime.fromtimestamp(each, UTC) for each in span) for span in spans]


@pytest.mark.parametrize(
    ("fields", "is_busy"),
    [
        ({}, True),
        ({"status": "tentative"}, True),
        ({"eventType": "outOfOffice"}, True),
        ({"eventType": "focusTime"}, True),
        ({"visibility": "private"}, True),
        ({"transparency": "transparent"}, False),
        ({"eventType": "workingLocation"}, False),
        ({"eventType": "birthday"}, False),
    ],
    ids=str,
)
def test_an_event_makes_busy_as_google_itself_says(google, calendars, token, fields, is_busy):
    event_id = google.world.add_event(AIKO, *at_ten(0), **fields)

    found, _ = read_all(calendars, token)

    assert (found[event_id].busy is not None) is is_busy
    assert busy_of(found) == google.world.busy(AIKO, (WEEK.start, WEEK.end))


@pytest.mark.parametrize(
    ("answer", "is_busy"),
    [("accepted", True), ("tentative", True), ("needsAction", True), ("declined", False)],
)
def test_an_invitation_makes_busy_unless_it_is_declined(google, calendars, token, answer, is_busy):
    others_decline = {"email": REN, "responseStatus": "declined"}
    event_id = google.world.add_event(
        AIKO, *at_ten(0), organizer=REN, attendees=[others_decline, {"email": AIKO}]
    )
    google.world.answer(AIKO, event_id, answer)

    found, _ = read_all(calendars, token)

    assert (found[event_id].busy is not None) is is_busy
    assert found[event_id].is_gone is not is_busy


def test_of_a_series_each_instance_counts_where_it_is(google, calendars, token):
    series = google.world.add_event(AIKO, *at_ten(-1), recurrence=["RRULE:FREQ=DAILY;COUNT=5"])
    found, cursor = read_all(calendars, token)
    moved, cancelled, *_ = sorted(found)

    google.world.move_event(AIKO, moved, *(each + timedelta(hours=3) for each in at_ten(0)))
    google.world.delete_event(AIKO, cancelled)
    later, cursor = read_all(calendars, token, cursor=cursor)

    assert later.keys() == {moved, cancelled}
    assert busy_of(found | later) == google.world.busy(AIKO, (WEEK.start, WEEK.end))

    google.world.delete_event(AIKO, series)
    gone, _ = read_all(calendars, token, cursor=cursor)

    assert busy_of(found | later | gone) == []


def test_an_all_day_event_lasts_from_midnight_to_midnight_where_the_calendar_is(
    google, calendars, token
):
    day = (EARLY + timedelta(days=2)).date()
    google.world.add_event(AIKO, day, day + timedelta(days=1))

    found, _ = read_all(calendars, token)

    [(start, end)] = busy_of(found)
    assert start.astimezone(TOKYO) == datetime.combine(day, clock(), TOKYO)
    assert end - start == timedelta(days=1)


def test_empty_pages_are_no_end(google, calendars, token):
    event_id = google.world.add_event(AIKO, *at_ten(0))
    google.world.has_empty_pages = True

    found, cursor = read_all(calendars, token)

    assert list(found) == [event_id]
    assert cursor


def test_google_writes_to_nobody_and_is_told_of_no_guest(google, calendars, token):
    exchanges = []
    google.world.watchers.append(exchanges.append)

    written = calendars.insert(token, AIKO, EVENT)
    calendars.update(token, AIKO, replace(EVENT, wants_meet=True), etag=written.etag)
    calendars.delete(token, AIKO, EVENT.event_id)

    assert {each.query["sendUpdates"] for each in exchanges} == {"none"}
    assert not [each for each in exchanges if "attendees" in (each.body or {})]


def test_what_the_owner_has_added_to_an_event_stays(google, calendars, token):
    calendars.insert(token, AIKO, EVENT)
    google.world.change_event(AIKO, EVENT.event_id, colorId="7", attendees=[{"email": REN}])
    day = EVENT.time.start.date()
    google.world.move_event(AIKO, EVENT.event_id, day, day + timedelta(days=1))
    etag = calendars.read(token, AIKO, EVENT.event_id).etag

    written = calendars.update(token, AIKO, EVENT, etag=etag)

    event = google.world.event(AIKO, EVENT.event_id)
    assert (event["colorId"], event["attendees"][0]["email"]) == ("7", REN)
    assert written.time == (EVENT.time.start.timestamp(), EVENT.time.end.timestamp())


def test_where_there_is_no_meet_an_event_is_written_without(google, calendars, token):
    google.world.calendar(AIKO).conference_solutions.clear()
    wanted = replace(EVENT, wants_meet=True)

    written = calendars.insert(token, AIKO, wanted)
    again = calendars.update(token, AIKO, wanted, etag=written.etag)

    assert (written.meet_failed, again.meet_failed) == (True, True)
    assert calendars.all(token)[0].offers_meet is False
    assert len(google.world.events(AIKO)) == 1


def test_more_calendars_than_google_lists_or_asks_at_once_are_all_there(google, calendars, token):
    for number in range(60):
        google.world.add_calendar(AIKO, f"Calendar {number}")
    google.world.rows_per_page = 25

    calendar_ids = [each.calendar_id for each in calendars.all(token)]
    busy = calendars.busy(token, calendar_ids, WEEK)

    assert len(calendar_ids) == 61
    assert busy == dict.fromkeys(calendar_ids, ())
    assert google.world.calls("freebusy.query") == 2


# Connections


class _Counted(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        self.server.connections += 1
        super().setup()

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


def test_a_connection_serves_many_requests_but_none_after_a_long_sleep():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Counted) as server:
        server.connections = 0
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        with closing(GoogleCalendars(f"http://127.0.0.1:{server.server_port}")) as calendars:
            for _ in range(3):
                calendars.all("token")
            before = server.connections
            with time_machine.travel(time.time() + KEPT_SECONDS + 1):
                calendars.all("token")
        server.shutdown()

    assert (before, server.connections) == (1, 2)
