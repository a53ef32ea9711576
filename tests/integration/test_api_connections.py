"""Connecting over HTTP: to a provider, through its pages, and back; nothing in between is ours."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import httpx
import pytest
import time_machine

from dev.providers.faults import Fault, Kind
from handlers.wiring import adapters
from scheduling.domain.connections import ConnectionKey, Platform, Provider
from scheduling.domain.identifiers import new_id
from tests.support.builders import an_entry
from tests.support.in_process import client
from tests.support.providers import AIKO, PRIVATE, providers_at_hand

HOME = "/console/integrations"


@pytest.fixture
def providers(deployed, monkeypatch):
    with providers_at_hand(monkeypatch) as found:
        yield found


@pytest.fixture
def aiko(road, created, providers):
    """An admin whose browser is signed in."""
    road.sign_in(created["sign_in_url"].rpartition("/l/")[2])
    return SimpleNamespace(
        client=road.admin,
        key=ConnectionKey(created["organization_id"], created["member_id"], Provider.GOOGLE),
    )


def start(who, platform):
    answer = who.client.post(f"/api/connections/{platform}/start")
    assert answer.status_code == 200, answer.text
    return answer.json()["url"]


def told(who, address):
    """Return what somebody reads at home after they were sent to an address of ours."""
    answer = who.client.get(httpx.URL(address).raw_path.decode())
    assert answer.status_code == 303
    page, _, query = answer.headers["location"].partition("?")
    assert page == HOME
    return dict(httpx.QueryParams(query))


def connected(who):
    return who.client.get("/api/connections").json()["connections"]


def connect(who, providers, platform="google_calendar", email=AIKO, but=()):
    return told(who, providers.allow(start(who, platform), email, but=but))


def test_c2_c9_c11_a_google_calendar_is_on_after_the_whole_way(aiko, providers):
    assert connect(aiko, providers) == {"news": "connected", "platform": "google_calendar"}

    [connection] = connected(aiko)
    assert connection["provider"] == "google"
    assert connection["platforms"] == ["google_calendar"]
    assert connection["account"] == AIKO
    assert connection["state"] == "syncing"
    [calendar] = connection["calendars"]
    assert calendar["is_primary"]
    assert connection["conflict_calendar_ids"] == [connection["write_calendar_id"]] == [AIKO]


def test_c2_zoom_is_on_after_the_whole_way(aiko, providers):
    assert connect(aiko, providers, "zoom") == {"news": "connected", "platform": "zoom"}

    [connection] = connected(aiko)
    assert (connection["platforms"], connection["state"]) == (["zoom"], "ok")
    assert connection["account"] == AIKO


def test_c2_meet_alone_is_on_after_the_whole_way(aiko, providers):
    assert connect(aiko, providers, "google_meet")["news"] == "connected"

    [connection] = connected(aiko)
    assert (connection["platforms"], connection["state"]) == (["google_meet"], "ok")


@pytest.mark.parametrize("platform", Platform)
def test_c8_a_form_of_the_console_leads_to_the_provider(aiko, providers, platform):
    answer = aiko.client.post(f"/connections/{platform}/start")

    assert answer.status_code == 303
    assert told(aiko, providers.allow(answer.headers["location"]))["news"] == "connected"


def test_c8_a_form_of_another_site_leads_nowhere(aiko, providers):
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}

    answer = aiko.client.post("/connections/zoom/start", headers=foreign)

    assert answer.headers["location"] == f"{HOME}?problem=foreign_origin&platform=zoom"
    assert providers.zoom.requests == []


def test_t28_what_the_provider_gave_is_in_no_answer_and_readable_in_no_table(
    aiko, providers, deployed
):
    connect(aiko, providers)

    grant = adapters().grants.get(aiko.key)
    tables = (deployed.scheduling, deployed.access, deployed.connections)
    stored = repr([table.client.scan(TableName=table.name)["Items"] for table in tables])
    seen = aiko.client.get("/api/connections").text + stored
    assert grant.refresh_token in providers.google.state.refresh_tokens
    assert grant.access_token not in seen
    assert grant.refresh_token not in seen


@pytest.mark.parametrize("platform", Platform)
def test_c10_whoever_denies_it_is_told_so_and_nothing_is_on(aiko, providers, platform):
    assert told(aiko, providers.deny(start(aiko, platform)))["problem"] == "access_denied"

    assert connected(aiko) == []
    assert providers.token_calls() == 0


def test_c10_a_box_that_was_not_ticked_is_told_and_nothing_is_on(aiko, providers):
    came = connect(aiko, providers, but=["events.freebusy"])

    assert came == {"problem": "insufficient_scope", "platform": "google_calendar"}
    assert connected(aiko) == []


def test_c10_with_a_box_missing_what_works_is_on_and_the_rest_is_named(aiko, providers):
    connect(aiko, providers, "google_meet")

    came = connect(aiko, providers, but=["events.freebusy"])

    assert came == {"problem": "insufficient_scope", "platform": "google_calendar"}
    [connection] = connected(aiko)
    assert connection["state"] == "insufficient_scope"
    assert connection["missing"] == ["google_calendar"]
    assert connect(aiko, providers)["news"] == "connected"
    assert connected(aiko)[0]["missing"] == []


def test_c9_another_account_is_refused_and_the_first_one_stays(aiko, providers):
    connect(aiko, providers, "google_meet")

    came = connect(aiko, providers, email=PRIVATE)

    assert came == {"problem": "wrong_account"}
    [connection] = connected(aiko)
    assert (connection["account"], connection["platforms"]) == (AIKO, ["google_meet"])
    assert providers.google.calls("oauth.revoke") == 1


def policy(who, **changes):
    """Let somebody have said what may be connected."""
    organizations = adapters().organizations
    before = organizations.get(who.key.organization_id)
    after = replace(before, version=before.version + 1, **changes)
    entry = an_entry(organization_id=before.organization_id, entry_id=new_id())
    organizations.replace(after, entry)


def test_c28_what_is_blocked_is_refused_and_what_is_connected_stays(aiko, providers):
    connect(aiko, providers, "zoom")
    policy(aiko, blocked_platforms=frozenset({Platform.GOOGLE_CALENDAR, Platform.ZOOM}))

    refused = aiko.client.post("/api/connections/google_calendar/start")

    assert (refused.status_code, refused.json()["code"]) == (403, "blocked_by_policy")
    assert [each["platforms"] for each in connected(aiko)] == [["zoom"]]


@pytest.mark.parametrize(
    ("refuses", "came"),
    [
        (False, {"news": "foreign", "platform": "google_calendar"}),
        (True, {"problem": "foreign_domain"}),
    ],
)
def test_c9_c27_a_private_account_is_warned_of_or_refused(aiko, providers, refuses, came):
    policy(aiko, account_domains=("hanami.example",), refuses_other_accounts=refuses)

    assert connect(aiko, providers, email=PRIVATE) == came
    assert len(connected(aiko)) == (not refuses)


@pytest.mark.parametrize("platform", ["google_calendar", "zoom"])
def test_c11_s14_an_abandoned_sign_in_ends_after_ten_minutes(aiko, providers, platform):
    back = providers.allow(start(aiko, platform))

    with time_machine.travel(adapters().now() + timedelta(minutes=10), tick=False):
        assert told(aiko, back)["problem"] == "connect_refused"

    assert connected(aiko) == []
    assert providers.token_calls() == 0


def test_s12_t29_a_foreign_browser_is_sent_to_sign_in_and_the_answer_stays_unused(aiko, providers):
    back = httpx.URL(providers.allow(start(aiko, "zoom"))).raw_path.decode()
    with client() as stranger:
        assert stranger.get(back).headers["location"] == "/sign-in"

    assert providers.token_calls() == 0
    assert told(aiko, back)["news"] == "connected"


@pytest.mark.parametrize("platform", ["google_calendar", "zoom"])
def test_s12_s15_the_same_answer_does_not_count_twice(aiko, providers, platform):
    back = providers.allow(start(aiko, platform))
    told(aiko, back)
    calls = providers.token_calls()

    assert told(aiko, back)["problem"] == "connect_refused"
    assert providers.token_calls() == calls


def test_s13_t30_a_google_code_at_zoom_s_address_is_refused_without_a_call(aiko, providers):
    back = providers.allow(start(aiko, "google_calendar"))

    came = told(aiko, back.replace("/google/", "/zoom/"))

    assert came["problem"] == "connect_refused"
    assert providers.token_calls() == 0


def test_s13_an_answer_of_another_issuer_is_refused_without_a_call(aiko, providers):
    back = httpx.URL(providers.allow(start(aiko, "google_calendar")))

    came = told(aiko, str(back.copy_set_param("iss", "https://evil.example")))

    assert came == {"problem": "connect_refused"}
    assert providers.token_calls() == 0


@pytest.mark.parametrize("platform", ["google_calendar", "zoom"])
def test_s15_the_code_of_another_sign_in_does_not_fit_the_verifier(aiko, providers, platform):
    theirs = httpx.URL(providers.allow(start(aiko, platform)))
    mine = httpx.URL(providers.allow(start(aiko, platform)))

    came = told(aiko, str(mine.copy_set_param("code", theirs.params["code"])))

    assert came["problem"] == "connect_refused"
    assert connected(aiko) == []


def test_c11_while_the_provider_does_not_answer_nothing_is_on(aiko, providers):
    back = providers.allow(start(aiko, "google_calendar"))
    providers.google.faults.switch_on(Fault(Kind.REFUSED), endpoint="calendarList.list")

    assert told(aiko, back) == {"problem": "connecting_unavailable"}
    assert connected(aiko) == []
    assert adapters().grants.get(aiko.key) is None


def test_two_toggles_share_one_sign_in(aiko, providers):
    connect(aiko, providers)

    assert start(aiko, "google_meet") is None

    [connection] = connected(aiko)
    assert connection["platforms"] == ["google_calendar", "google_meet"]
    assert providers.google.calls("oauth.consent") == 1


def test_meet_is_switched_off_and_on_without_a_sign_in(aiko, providers):
    connect(aiko, providers)
    meet = "/api/connections/google_meet"

    assert aiko.client.put(meet).json()["platforms"] == ["google_calendar", "google_meet"]
    assert aiko.client.delete(meet).status_code == 204
    assert aiko.client.delete(meet).json()["code"] == "not_connected"
    assert connected(aiko)[0]["platforms"] == ["google_calendar"]


def test_c32_a_second_account_is_a_conflict_that_names_the_first(aiko, providers):
    connect(aiko, providers)

    refused = aiko.client.post("/api/connections/google_calendar/start")

    assert (refused.status_code, refused.json()["code"]) == (409, "already_connected")
    assert refused.json()["account"] == AIKO


def test_c32_calendars_of_the_account_are_chosen(aiko, providers):
    team = providers.google.add_calendar(AIKO, "Team", "Asia/Tokyo")
    connect(aiko, providers)
    chosen = {"conflict_calendar_ids": [team, AIKO], "write_calendar_id": team}

    answer = aiko.client.put("/api/connections/google/calendars", json=chosen)

    assert answer.status_code == 200
    [connection] = connected(aiko)
    assert {*connection["conflict_calendar_ids"]} == {AIKO, team}
    assert connection["write_calendar_id"] == team
    unknown = aiko.client.put(
        "/api/connections/google/calendars", json=chosen | {"write_calendar_id": "bens"}
    )
    assert unknown.json()["errors"][0]["field"] == "write_calendar_id"


def test_c33_off_is_off_at_once_and_the_provider_is_told_by_the_worker(aiko, providers):
    connect(aiko, providers)

    assert aiko.client.delete("/api/connections/google_calendar").status_code == 204

    assert connected(aiko) == []
    assert adapters().connections.get(aiko.key).ended_at is not None
    assert connect(aiko, providers, email=PRIVATE) == {"problem": "still_disconnecting"}
    assert connect(aiko, providers)["news"] == "connected"


def test_no_other_platform_or_provider_is_known(aiko):
    unknown = aiko.client.post("/connections/teams/start")

    assert unknown.headers["location"] == f"{HOME}?problem=not_connected"
    assert told(aiko, "https://parley.example/connections/teams/callback?state=1") == {
        "problem": "not_connected"
    }
    assert aiko.client.post("/api/connections/teams/start").status_code == 422
