"""What `make dev` shows of Google, and what it keeps of it."""

from datetime import UTC, datetime, timedelta

import pytest
import requests

from dev.demo import HANAMI_STUDIO
from dev.demo_team import REN
from dev.providers.faults import Kind
from dev.providers.google.conferences import Outcome
from dev.providers.google.keeping import keep, kept_google
from tests.support.google import AIKO, SCOPES
from tests.support.google import REN as REN_EMAIL


def in_two_weeks():
    now = datetime.now(UTC)
    return now, now + timedelta(days=14)


def test_the_members_of_the_demo_have_accounts_and_one_has_a_personal_one(tmp_path):
    accounts = kept_google(tmp_path / "google.json").state.accounts

    assert {HANAMI_STUDIO.admin_email, REN.email} < accounts.keys()
    domains = {account.hosted_domain for account in accounts.values()}
    assert domains == {"hanami.example", None}


def test_everybody_is_busy_at_some_time_in_the_coming_days(tmp_path):
    google = kept_google(tmp_path / "google.json")

    assert all(google.busy(calendar, in_two_weeks()) for calendar in google.state.calendars)


def test_grants_and_calendars_are_kept_until_the_next_start(tmp_path):
    file = tmp_path / "google.json"
    before = kept_google(file)
    before.sign_in(AIKO, *SCOPES)
    keep(before, file)

    after = kept_google(file)

    assert after.state == before.state
    assert after.state is not before.state


def test_what_an_earlier_version_has_kept_is_made_again(tmp_path):
    file = tmp_path / "google.json"
    file.write_text('{"serial": "a word"}')

    assert AIKO in kept_google(file).state.accounts


@pytest.fixture
def page(google):
    """Get a page of the stand-in by its path, or send it a form."""
    with requests.Session() as session:

        def ask(path="/", **form):
            method = "POST" if form else "GET"
            return session.request(method, f"{google.origin}{path}", data=form, timeout=5)

        yield ask


def test_the_page_shows_accounts_calendars_and_who_is_linked(google, page):
    google.client()

    text = page().text

    assert "Aiko Mori" in text
    assert f'href="/_look/calendars/{AIKO}"' in text.replace("%40", "@")
    assert (text.count("Linked to Parley"), text.count("Not linked")) == (1, 1)


def test_its_style_sheets_are_there(page):
    assert page("/_look/parley.css").headers["Content-Type"] == "text/css"
    assert page("/_look/stand_in.css").ok
    assert page("/_look/other.css").status_code == 404


ADDED = {"summary": "Choir", "start": "2026-12-01T10:00", "minutes": "90", "repeat": ""}


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"type": "busy"}, ["Tue 1 Dec 2026, 10:00 – 11:30", "busy"]),
        ({"type": "free"}, ["Tue 1 Dec 2026, 10:00 – 11:30", "free"]),
        ({"type": "outOfOffice", "all_day": "on"}, ["Tue 1 Dec 2026, all day", "busy"]),
        ({"type": "tentative", "repeat": "RRULE:FREQ=DAILY"}, ["Mon 7 Dec 2026, 10:00 – 11:30"]),
    ],
)
def test_an_event_is_added_on_a_calendars_page(page, fields, shown):
    answer = page(f"/_look/calendars/{AIKO}/add", **(ADDED | fields))

    for words in ["Choir", *shown]:
        assert words in answer.text


def test_an_event_is_moved_and_deleted_on_a_calendars_page(google, page):
    page(f"/_look/calendars/{AIKO}/add", **ADDED, type="busy")
    (event,) = google.world.events(AIKO)

    moved = page(f"/_look/calendars/{AIKO}/move", event=event["id"], start="2026-12-02T09:00")
    deleted = page(f"/_look/calendars/{AIKO}/delete", event=event["id"])

    assert "Wed 2 Dec 2026, 09:00 – 10:30" in moved.text
    assert "Choir" not in deleted.text
    assert google.world.events(AIKO) == []


def test_what_cannot_be_done_on_a_page_is_said(page):
    assert page(f"/_look/calendars/{AIKO}/delete", event="never0").status_code == 400
    assert page("/_look/calendars/nobodys").status_code == 404


def test_sync_tokens_are_forgotten_on_a_calendars_page(google, page):
    google.client().events().list(calendarId="primary").execute()

    page(f"/_look/calendars/{AIKO}/forget", really="yes")

    assert google.world.calendar(AIKO).sync_points == {}


def test_an_account_is_broken_and_mended_on_the_page(google, page):
    google.client()
    state = google.world.state

    page("/_look/accounts", account=AIKO, change="expire")
    assert (len(state.access_tokens), len(state.refresh_tokens)) == (0, 1)

    assert "Blocked" in page("/_look/accounts", account=AIKO, change="block").text
    assert "Blocked" not in page("/_look/accounts", account=AIKO, change="unblock").text

    page("/_look/accounts", account=AIKO, change="revoke")
    assert (state.refresh_tokens, state.consents) == ({}, {})


def test_faults_are_switched_on_and_off_on_the_page(google, page):
    form = {"account": REN_EMAIL, "endpoint": "events.*", "times": "3", "retry_after": "60"}
    refused = {"kind": "refused", "status": "429", "reason": "rateLimitExceeded", "seconds": "30"}

    text = page("/_look/faults", **(form | refused)).text

    assert "refused: 429 rateLimitExceeded, Retry-After 60" in text
    (switched,) = google.world.faults.switched_on()
    assert (switched.account, switched.times_left) == (REN_EMAIL, 3)
    assert switched.fault.kind is Kind.REFUSED
    assert page("/_look/faults", **(form | refused | {"status": "many"})).status_code == 400
    page("/_look/faults/off", number=str(switched.number))
    assert google.world.faults.switched_on() == []


def test_meet_links_are_held_back_on_the_page(google, page):
    page("/_look/meet", outcome="pending")
    assert google.world.conferences.outcome is Outcome.PENDING
    request = {"requestId": "r1", "conferenceSolutionKey": {"type": "hangoutsMeet"}}
    times = {side: {"dateTime": "2026-12-01T12:00:00Z"} for side in ("start", "end")}
    google.client().events().insert(
        calendarId="primary",
        conferenceDataVersion=1,
        body=times | {"conferenceData": {"createRequest": request}},
    ).execute()

    page("/_look/meet", outcome="at once")

    (event,) = google.world.events(AIKO)
    assert event["hangoutLink"].startswith("https://meet.google.com/")
