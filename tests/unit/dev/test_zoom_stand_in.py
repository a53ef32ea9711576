"""The Zoom on this machine does what Zoom does, as far as Parley could notice."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import aiohttp
import httpx
import pytest

from dev.ports import free_ports
from dev.providers.faults import Fault, Kind
from dev.providers.zoom.demo import demo_world, running_zoom
from dev.providers.zoom.grants import s256
from dev.providers.zoom.keeping import keep, remember
from dev.providers.zoom.limits import BUSINESS, Category
from dev.providers.zoom.server import serving_zoom
from dev.providers.zoom.world import CLIENT_ID, CLIENT_SECRET, SCOPES, ZoomWorld
from tests.support.zoom_schemas import mistakes, schemas, serving_checked_zoom

AIKO = "aiko@hanami.example"
REN = "ren@hanami.example"
CALLBACK = "http://localhost:8080/connections/zoom/callback"
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
VERIFIER = "a-verifier-of-at-least-forty-three-characters"
APP = (CLIENT_ID, CLIENT_SECRET)
MEETING = {"topic": "Garden", "type": 2, "start_time": "2026-12-02T09:00:00Z", "duration": 30}


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
    world.add_user(REN, "Ren Ito", "Asia/Tokyo")
    return world


@pytest.fixture
def zoom(world):
    with serving_checked_zoom(world) as origin, httpx.Client(base_url=origin) as client:
        yield client


def asked(**changed):
    """Return the query with which Parley sends somebody to the consent page."""
    query = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": CALLBACK,
        "state": "state & all",
        "code_challenge": s256(VERIFIER),
        "code_challenge_method": "S256",
    } | changed
    return {name: value for name, value in query.items() if value}


def allow(zoom, email=AIKO):
    """Return the code that a user comes back with."""
    answer = decide(zoom, "allow", email)
    return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]


def decide(zoom, decision, email=AIKO):
    form = {"email": email, "decision": decision}
    return zoom.post("/oauth/authorize", params=asked(), data=form)


def token(zoom, app=APP, **form):
    return zoom.post("/oauth/token", data=form, auth=app)


def exchange(zoom, code, **changed):
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    } | changed
    return token(zoom, **form)


def refresh(zoom, refresh_token):
    return token(zoom, grant_type="refresh_token", refresh_token=refresh_token)


def bearer(access_token):
    return {"Authorization": f"Bearer {access_token}"}


@pytest.fixture
def aiko(world):
    """Return the headers of requests on Aiko's behalf."""
    return bearer(world.sign_in(AIKO).access_token)


def create(zoom, headers, **changed):
    return zoom.post("/v2/users/me/meetings", headers=headers, json=MEETING | changed)


def test_a_user_chooses_an_account_and_comes_back_with_code_and_state(zoom):
    page = zoom.get("/oauth/authorize", params=asked())
    answer = decide(zoom, "allow", REN)

    assert AIKO in page.text
    assert REN in page.text
    assert answer.status_code == 302
    back = urlsplit(answer.headers["Location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == CALLBACK
    assert parse_qs(back.query)["state"] == ["state & all"]
    tokens = exchange(zoom, parse_qs(back.query)["code"][0]).json()
    me = zoom.get("/v2/users/me", headers=bearer(tokens["access_token"])).json()
    assert (me["email"], me["display_name"]) == (REN, "Ren Ito")


def test_a_user_who_declines_comes_back_without_a_code(zoom):
    back = parse_qs(urlsplit(decide(zoom, "deny").headers["Location"]).query)

    assert back == {"error": ["access_denied"], "state": ["state & all"]}


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "another-app"},
        {"redirect_uri": f"{CALLBACK}/"},
        {"redirect_uri": ""},
        {"response_type": "token"},
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
    ],
    ids=lambda changed: "{}={}".format(*next(iter(changed.items()))),
)
def test_whoever_is_sent_wrongly_sees_a_mistake_and_is_not_sent_back(zoom, changed):
    page = zoom.get("/oauth/authorize", params=asked(**changed))
    form = {"email": AIKO, "decision": "allow"}
    decided = zoom.post("/oauth/authorize", params=asked(**changed), data=form)

    assert {page.status_code, decided.status_code} == {400}
    assert "Location" not in decided.headers


def test_an_administrator_keeps_the_app_out(world, zoom):
    tokens = world.sign_in(AIKO)

    world.grants.block(AIKO)

    assert decide(zoom, "allow").status_code == 403
    headers = bearer(tokens.access_token)
    assert zoom.get("/v2/users/me", headers=headers).status_code == 401
    assert refresh(zoom, tokens.refresh_token).json()["error"] == "invalid_grant"


def test_tokens_say_what_was_granted_and_for_how_long(world, zoom):
    world.scopes = {"user:read:user"}

    tokens = exchange(zoom, allow(zoom)).json()

    assert tokens["token_type"] == "bearer"
    assert tokens["expires_in"] == 3599
    assert tokens["scope"] == "user:read:user"


def test_a_code_is_good_once_for_five_minutes_with_its_verifier_and_redirect(clock, zoom):
    used = allow(zoom)
    exchange(zoom, used)
    late = allow(zoom)
    clock.now += timedelta(minutes=5)

    answers = [
        exchange(zoom, used),
        exchange(zoom, late),
        exchange(zoom, allow(zoom), code_verifier="another"),
        exchange(zoom, allow(zoom), redirect_uri="http://localhost:8080/"),
        exchange(zoom, "made-up"),
    ]

    assert {answer.status_code for answer in answers} == {400}
    assert [answer.json()["error"] for answer in answers] == [
        "invalid_grant",
        "invalid_grant",
        "invalid_grant",
        "invalid_request",
        "invalid_grant",
    ]


def test_only_the_app_gets_tokens(zoom):
    wrong = token(zoom, (CLIENT_ID, "wrong"), grant_type="refresh_token")
    without = token(zoom, None, grant_type="refresh_token")

    assert wrong.json()["error"] == without.json()["error"] == "invalid_client"


def test_a_refresh_token_is_good_once_and_the_access_token_lives_on(world, zoom):
    tokens = world.sign_in(AIKO)

    renewed = refresh(zoom, tokens.refresh_token).json()
    again = refresh(zoom, tokens.refresh_token)

    assert again.status_code == 400
    assert again.json() == {"reason": "Invalid Token!", "error": "invalid_grant"}
    for access_token in (tokens.access_token, renewed["access_token"]):
        assert zoom.get("/v2/users/me", headers=bearer(access_token)).status_code == 200
    assert refresh(zoom, renewed["refresh_token"]).status_code == 200


def test_signing_in_again_ends_all_that_the_user_had_allowed_before(world, zoom):
    before, ren = world.sign_in(AIKO), world.sign_in(REN)

    exchange(zoom, allow(zoom))

    access = zoom.get("/v2/users/me", headers=bearer(before.access_token))
    assert access.json() == {"code": 124, "message": "Invalid access token."}
    assert refresh(zoom, before.refresh_token).json()["error"] == "invalid_grant"
    assert refresh(zoom, ren.refresh_token).status_code == 200


def test_tokens_expire(world, clock, zoom):
    tokens = world.sign_in(AIKO)

    clock.now += timedelta(hours=1)
    answer = zoom.get("/v2/users/me", headers=bearer(tokens.access_token))
    clock.now += timedelta(days=90)

    assert answer.status_code == 401
    assert answer.json() == {"code": 201, "message": "Access token is expired."}
    assert refresh(zoom, tokens.refresh_token).json()["error"] == "invalid_grant"


def test_an_access_token_revokes_the_whole_grant_and_a_refresh_token_nothing(world, zoom):
    tokens = world.sign_in(AIKO)

    nothing = zoom.post("/oauth/revoke", data={"token": tokens.refresh_token}, auth=APP)
    everything = zoom.post("/oauth/revoke", data={"token": tokens.access_token}, auth=APP)

    assert nothing.status_code == 400
    assert everything.json() == {"status": "success"}
    assert refresh(zoom, tokens.refresh_token).json()["error"] == "invalid_grant"


def test_a_meeting_is_made_read_moved_and_deleted(world, zoom, aiko):
    made = create(zoom, aiko, agenda="A mark", settings={"use_pmi": False})
    meeting = made.json()
    one = f"/v2/meetings/{meeting['id']}"
    moved = zoom.patch(one, headers=aiko, json={"start_time": "2026-12-03T10:00:00Z"})
    read = zoom.get(one, headers=aiko).json()
    deleted = zoom.delete(one, headers=aiko)
    gone = zoom.get(one, headers=aiko)

    assert made.status_code == 201
    assert meeting["id"] > 2**31
    assert moved.status_code == deleted.status_code == 204
    assert read["start_time"] == "2026-12-03T10:00:00Z"
    assert (read["duration"], read["agenda"], read["topic"]) == (30, "A mark", "Garden")
    assert (gone.status_code, gone.json()["code"]) == (404, 3001)
    assert world.meetings == {}


def test_whoever_has_the_start_url_is_the_host_so_only_details_have_it(zoom, aiko):
    made = create(zoom, aiko).json()
    listed = zoom.get("/v2/users/me/meetings", headers=aiko).json()["meetings"][0]

    assert "zak=" in made["start_url"]
    assert not [name for name, value in listed.items() if "zak=" in str(value)]
    assert "pwd=" not in listed["join_url"]
    assert "Garden" in zoom.get(made["join_url"]).text
    assert zoom.get(listed["join_url"]).status_code == 404


@pytest.mark.parametrize(
    ("changed", "start"),
    [
        ({"start_time": "2026-12-02T09:00:00Z", "timezone": "Asia/Tokyo"}, "2026-12-02T09:00:00Z"),
        ({"start_time": "2026-12-02T09:00:00", "timezone": "Asia/Tokyo"}, "2026-12-02T00:00:00Z"),
        ({"start_time": "2026-12-02T09:00:00"}, "2026-12-02T00:00:00Z"),
    ],
    ids=["UTC", "wall clock there", "wall clock of the user"],
)
def test_a_start_without_an_offset_is_of_the_wall_clock(zoom, aiko, changed, start):
    assert create(zoom, aiko, **changed).json()["start_time"] == start


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("topic", "x" * 201),
        ("agenda", "x" * 2001),
        ("password", "x" * 11),
        ("duration", 0),
        ("start_time", "tomorrow"),
        ("timezone", "Mars/Olympus"),
    ],
)
def test_what_cannot_be_is_refused_by_field(world, aiko, field, value):
    # Not held against the recorded types: those have no lengths.
    with serving_zoom(world) as origin, httpx.Client(base_url=origin) as zoom:
        answer = create(zoom, aiko, **{field: value})

    assert answer.status_code == 400
    assert answer.json()["code"] == 300
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert world.meetings == {}


def test_upcoming_meetings_are_listed_by_start_in_pages_with_short_agendas(world, zoom, aiko):
    for hours in (5, -5, 1, 3):
        start, length = NOON + timedelta(hours=hours), timedelta(hours=1)
        world.add_meeting(AIKO, f"In {hours}", start, length, agenda="x" * 300)
    world.add_meeting(REN, "Ren's", NOON + timedelta(hours=2), timedelta(hours=1))

    query = {"type": "upcoming", "page_size": 2}
    first = zoom.get("/v2/users/me/meetings", headers=aiko, params=query).json()
    query["next_page_token"] = first["next_page_token"]
    second = zoom.get("/v2/users/me/meetings", headers=aiko, params=query).json()

    listed = first["meetings"] + second["meetings"]
    assert [meeting["topic"] for meeting in listed] == ["In 1", "In 3", "In 5"]
    assert {len(meeting["agenda"]) for meeting in listed} == {250}
    assert second["next_page_token"] == ""


def test_nobody_reaches_anothers_meetings(world, zoom, aiko):
    other = world.add_meeting(REN, "Ren's", NOON, timedelta(hours=1)).meeting_id

    answers = [
        zoom.get(f"/v2/meetings/{other}", headers=aiko),
        zoom.delete(f"/v2/meetings/{other}", headers=aiko),
        zoom.get(f"/v2/users/{REN}/meetings", headers=aiko),
    ]

    assert [answer.json()["code"] for answer in answers] == [3001, 3001, 1001]
    assert other in world.meetings


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_each_method_needs_its_scope(world, zoom, scope):
    meeting = world.add_meeting(AIKO, "Garden", NOON, timedelta(hours=1)).meeting_id
    world.scopes = set(SCOPES) - {scope}
    headers = bearer(world.sign_in(AIKO).access_token)

    answers = [
        zoom.get("/v2/users/me", headers=headers),
        create(zoom, headers),
        zoom.get("/v2/users/me/meetings", headers=headers),
        zoom.get(f"/v2/meetings/{meeting}", headers=headers),
        zoom.patch(f"/v2/meetings/{meeting}", headers=headers, json={"topic": "Pond"}),
        zoom.delete(f"/v2/meetings/{meeting}", headers=headers),
    ]

    refused = [answer for answer in answers if answer.status_code >= 400]
    assert len(refused) == 1
    assert refused[0].json()["code"] == 4711
    assert scope in refused[0].json()["message"]


def test_a_host_makes_and_changes_100_meetings_a_day_of_utc(world, clock, zoom, aiko):
    meeting = create(zoom, aiko).json()["id"]
    for _ in range(99):
        world.limits.count_write(AIKO)

    refused = create(zoom, aiko)
    moved = zoom.patch(f"/v2/meetings/{meeting}", headers=aiko, json={"duration": 45})
    ren = create(zoom, bearer(world.sign_in(REN).access_token))
    clock.now = datetime(2026, 12, 2, 0, 0, tzinfo=UTC)
    next_day = create(zoom, bearer(world.sign_in(AIKO).access_token))

    assert refused.status_code == moved.status_code == 429
    assert refused.headers["Retry-After"] == "2026-12-02T00:00:00Z"
    assert refused.headers["X-RateLimit-Type"] == "Daily-limit"
    assert "daily rate limit (100)" in refused.json()["message"]
    assert ren.status_code == next_day.status_code == 201


def test_an_account_asks_so_often_in_a_second(world, clock, zoom, aiko):
    world.limits.per_second = {Category.LIGHT: 3, Category.MEDIUM: 1}

    statuses = [zoom.get("/v2/users/me", headers=aiko).status_code for _ in range(4)]
    made = create(zoom, aiko).status_code
    clock.now += timedelta(seconds=1)
    later = zoom.get("/v2/users/me", headers=aiko).status_code

    assert statuses == [200, 200, 200, 429]
    assert (made, later) == (201, 200)


def test_requests_are_kept_to_be_counted(world, zoom, aiko):
    create(zoom, aiko)
    zoom.get("/v2/users/me", headers=bearer("made-up"))

    seen = [(each.method, each.path, each.endpoint, each.email) for each in world.requests]

    assert seen == [
        ("POST", "/v2/users/me/meetings", "meetings.create", AIKO),
        ("GET", "/v2/users/me", "users.get", None),
    ]
    assert world.counted("meetings.create") == 1


def test_a_fault_answers_in_zooms_words(world, zoom, aiko):
    fault = Fault(Kind.REFUSED, 400, "3161 Not allowed to host.", retry_after="3")
    world.faults.switch_on(fault, account=AIKO, endpoint="meetings.*", times=1)
    dead = Fault(Kind.REFUSED, 400, "invalid_grant Invalid Token!")
    world.faults.switch_on(dead, account=REN, endpoint="oauth.token")

    refused, made = create(zoom, aiko), create(zoom, aiko)

    assert refused.json() == {"code": 3161, "message": "Not allowed to host."}
    assert refused.headers["Retry-After"] == "3"
    assert made.status_code == 201
    answer = refresh(zoom, world.sign_in(REN).refresh_token).json()
    assert answer == {"reason": "Invalid Token!", "error": "invalid_grant"}
    assert refresh(zoom, world.sign_in(AIKO).refresh_token).status_code == 200


def test_somebody_looks_into_it_and_breaks_it(world, zoom, aiko):
    meeting = create(zoom, aiko).json()["id"]
    form = {
        "kind": "refused",
        "status": "503",
        "reason": "Service unavailable",
        "retry_after": "",
        "seconds": "1",
        "times": "",
        "account": REN,
        "endpoint": "meetings.*",
    }

    before = zoom.get("/").text
    zoom.post("/_look/faults", data=form)
    zoom.post("/_look/meetings/delete", data={"meeting_id": str(meeting)})
    zoom.post("/_look/users/end", data={"email": AIKO})
    zoom.post("/_look/users/block", data={"email": REN})
    zoom.post("/_look/scopes", data={"scope": "user:read:user"})
    after = zoom.get("/").text

    assert "Garden" in before
    assert "Garden" not in after
    assert "kept out by the administrator" in after
    assert "503 Service unavailable" in after
    assert zoom.get("/v2/users/me", headers=aiko).status_code == 401
    assert world.scopes == {"user:read:user"}
    zoom.post("/_look/faults/off", data={"number": "1"})
    zoom.post("/_look/users/unblock", data={"email": REN})
    assert world.faults.switched_on() == []
    assert decide(zoom, "allow", REN).status_code == 302


def test_the_demo_knows_members_of_the_organization_and_a_private_account():
    world = demo_world("http://localhost:8080")

    assert world.redirect_uris == {CALLBACK}
    assert {AIKO, REN, "tom@hanami.example", "yui.sato@mail.example"} == set(world.users)
    assert [meeting.topic for meeting in world.meetings_of(REN)] == ["Weekly design review"]
    assert world.limits.per_second == BUSINESS


def test_connections_outlive_a_restart(tmp_path, world, clock):
    meeting = world.add_meeting(AIKO, "Garden", NOON, timedelta(hours=1), agenda="A mark")
    tokens = world.sign_in(AIKO)
    world.grants.block(REN)
    world.scopes = {"user:read:user"}
    file = tmp_path / "zoom.json"

    keep(world, file)
    again = ZoomWorld(now=clock)
    remember(again, file)

    assert again.meetings == {meeting.meeting_id: meeting}
    assert (again.users, again.scopes) == (world.users, world.scopes)
    assert again.grants.blocked == {REN}
    assert again.grants.refresh(tokens.refresh_token).scopes == SCOPES


def test_the_demo_is_served_and_keeps_itself(tmp_path):
    file = tmp_path / "zoom.json"
    port = free_ports().zoom

    async def look():
        async with (
            running_zoom("http://localhost:8080", port, file),
            aiohttp.ClientSession() as session,
            session.get(f"http://localhost:{port}/") as page,
        ):
            return await page.text()

    first, second = asyncio.run(look()), asyncio.run(look())
    file.write_text('{"of": "an earlier version"}')
    third = asyncio.run(look())

    assert [page.count("Weekly design review") for page in (first, second, third)] == [1, 1, 1]
    assert second == first


def test_recorded_types_know_no_further_fields():
    assert mistakes("meetings.create", "body", MEETING) == []
    assert mistakes("meetings.create", "body", {"title": "Garden"})
    assert mistakes("meetings.create", "body", {"settings": {"approval_type": 5}})
    assert mistakes("meetings.list", "query", {"type": "next"})
    assert mistakes("meetings.delete", "body", {"id": 1})
    assert len(schemas()) == 6
