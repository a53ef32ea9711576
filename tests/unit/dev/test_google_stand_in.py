"""Google's own client against the stand-in: all of it is checked against Google's own document."""

from datetime import UTC, date, datetime, timedelta
from http.client import HTTPException

import pytest
import requests
from googleapiclient.errors import HttpError

from dev.providers.faults import Fault, Kind
from dev.providers.google.conferences import Outcome
from dev.providers.google.state import Role
from tests.support.google import AIKO, REN, SCOPES, TOKYO

NOON = datetime(2026, 12, 1, 12, tzinfo=TOKYO)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
DECEMBER = {"timeMin": "2026-12-01T00:00:00+09:00", "timeMax": "2027-01-01T00:00:00+09:00"}

_AUTH = "https://www.googleapis.com/auth/"


def timed(start, length=HOUR):
    return {
        "start": {"dateTime": start.isoformat(), "timeZone": "Asia/Tokyo"},
        "end": {"dateTime": (start + length).isoformat(), "timeZone": "Asia/Tokyo"},
    }


def meeting(event_id="abcdef0123", **fields):
    return {"id": event_id, "summary": "Consultation"} | timed(NOON) | fields


def with_meet(request_id="r1"):
    request = {"requestId": request_id, "conferenceSolutionKey": {"type": "hangoutsMeet"}}
    return {"conferenceData": {"createRequest": request}}


def refusal(request):
    with pytest.raises(HttpError) as refused:
        request.execute()
    return refused.value.status_code, refused.value.error_details[0]["reason"]


def spans_of(reply, calendar_id="primary"):
    return [
        (each["start"][5:16], each["end"][5:16]) for each in reply["calendars"][calendar_id]["busy"]
    ]


def busy_in_december(client, calendar_id="primary"):
    return spans_of(
        client.freebusy().query(body=DECEMBER | {"items": [{"id": calendar_id}]}).execute(),
        calendar_id,
    )


def test_calendars_are_listed_with_what_the_account_may_do(google):
    projects = google.world.add_calendar(AIKO, "Projects", "Europe/Berlin")
    google.world.share(REN, AIKO, Role.FREE_BUSY_READER)

    listed = google.client().calendarList().list().execute()["items"]

    assert [(each["id"], each["accessRole"], each.get("primary")) for each in listed] == [
        (AIKO, "owner", True),
        (projects, "owner", None),
        (REN, "freeBusyReader", None),
    ]
    writable = google.client().calendarList().list(minAccessRole="writer").execute()["items"]
    assert [each["timeZone"] for each in writable] == ["Asia/Tokyo", "Europe/Berlin"]


def test_an_event_is_added_once_under_the_id_that_the_client_has_chosen(google):
    events = google.client().events()

    added = events.insert(calendarId="primary", sendUpdates="none", body=meeting()).execute()

    assert added["start"] == {"dateTime": "2026-12-01T12:00:00+09:00", "timeZone": "Asia/Tokyo"}
    assert events.get(calendarId=AIKO, eventId="abcdef0123").execute() == added
    again = events.insert(calendarId="primary", body=meeting())
    assert refusal(again) == (409, "duplicate")


def test_the_id_of_a_deleted_event_stays_taken(google):
    events = google.client().events()
    events.insert(calendarId="primary", body=meeting()).execute()
    delete = events.delete(calendarId="primary", eventId="abcdef0123", sendUpdates="none")

    assert delete.execute() == ""

    assert refusal(delete) == (410, "deleted")
    assert refusal(events.insert(calendarId="primary", body=meeting())) == (409, "duplicate")
    kept = events.get(calendarId="primary", eventId="abcdef0123").execute()
    assert kept["status"] == "cancelled"
    never = events.delete(calendarId="primary", eventId="never0")
    assert refusal(never) == (404, "notFound")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (meeting("UPPER"), "invalid"),
        ({"summary": "No times"}, "required"),
        (meeting() | timed(NOON, -HOUR), "timeRangeEmpty"),
        (meeting(start={"date": "2026-12-01"}), "invalid"),
        (
            meeting(start={"dateTime": NOON.isoformat()}, recurrence=["RRULE:FREQ=DAILY"]),
            "required",
        ),
        (meeting(recurrence=["RRULE:FREQ=SOMETIMES"]), "invalid"),
        (meeting(attendees=[{"displayName": "Nobody"}]), "required"),
        (meeting(transparency="glass"), "invalid"),
    ],
)
def test_what_is_no_event_is_refused(google, body, reason):
    insert = google.client().events().insert(calendarId="primary", body=body)

    assert refusal(insert) == (400, reason)


@pytest.mark.parametrize("body", ["", "[]", "{"])
def test_what_is_no_json_object_is_refused(google, body):
    token = google.world.sign_in(AIKO, *SCOPES).access_token
    # What is no body fits no schema either.
    google.world.watchers.clear()

    answer = requests.post(
        f"{google.origin}/calendar/v3/calendars/primary/events",
        body,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        timeout=5,
    )

    assert answer.status_code == 400
    assert answer.json()["error"]["errors"][0]["reason"] == "parseError"


def test_times_are_shown_in_the_zone_that_was_asked_for(google):
    google.world.add_event(AIKO, NOON, NOON + HOUR)
    events = google.client().events()

    (shown,) = events.list(calendarId="primary", timeZone="Europe/Rome").execute()["items"]

    assert shown["start"]["dateTime"] == "2026-12-01T04:00:00+01:00"
    assert refusal(events.list(calendarId="primary", timeZone="Mars/Base")) == (400, "invalid")


def test_a_patch_merges_objects_replaces_lists_and_removes_by_null(google):
    events = google.client().events()
    properties = {"extendedProperties": {"private": {"sched": "b1", "schedv": "1"}}}
    guests = {"attendees": [{"email": "sofia@rossi.example"}, {"email": AIKO}]}
    body = meeting(location="Yanaka", **properties, **guests)
    added = events.insert(calendarId="primary", body=body).execute()
    assert [each.get("self") for each in added["attendees"]] == [None, True]

    patched = events.patch(
        calendarId="primary",
        eventId="abcdef0123",
        body={
            "location": None,
            "extendedProperties": {"private": {"schedv": "2"}},
            "attendees": [{"email": AIKO, "responseStatus": "accepted"}],
        }
        | timed(NOON + HOUR),
    ).execute()

    assert "location" not in patched
    assert patched["summary"] == "Consultation"
    assert patched["extendedProperties"] == {"private": {"sched": "b1", "schedv": "2"}}
    assert [each["responseStatus"] for each in patched["attendees"]] == ["accepted"]
    assert (added["sequence"], patched["sequence"]) == (0, 1)
    assert patched["etag"] != added["etag"]


def test_an_update_keeps_nothing_but_what_it_says(google):
    events = google.client().events()
    added = events.insert(calendarId="primary", body=meeting(location="Yanaka")).execute()

    updated = events.update(
        calendarId="primary", eventId="abcdef0123", body={"summary": "Moved"} | timed(NOON)
    ).execute()

    assert "location" not in updated
    assert updated["iCalUID"] == added["iCalUID"]
    without_end = {"summary": "Moved", "start": added["start"]}
    no_event = events.update(calendarId="primary", eventId="abcdef0123", body=without_end)
    assert refusal(no_event) == (400, "required")


def test_a_change_of_an_older_version_is_refused(google):
    events = google.client().events()
    added = events.insert(calendarId="primary", body=meeting()).execute()
    patch = {"calendarId": "primary", "eventId": "abcdef0123", "body": {"summary": "New"}}
    events.patch(**patch).execute()

    outdated = events.patch(**patch)
    outdated.headers["If-Match"] = added["etag"]

    assert refusal(outdated) == (412, "conditionNotMet")


def test_an_all_day_event_becomes_a_timed_one_only_if_its_date_is_removed(google):
    events = google.client().events()
    day = google.world.add_event(AIKO, date(2026, 12, 1), date(2026, 12, 2))
    change = {"calendarId": "primary", "eventId": day}

    assert refusal(events.patch(**change, body=timed(NOON))) == (400, "invalid")

    without_date = {side: {"date": None} | when for side, when in timed(NOON).items()}
    assert "date" not in events.patch(**change, body=without_date).execute()["start"]


def test_only_its_organizer_changes_what_attendees_share(google):
    invitation = google.world.add_event(
        AIKO, NOON, NOON + HOUR, organizer="lena@fischer.example", attendees=[{"email": AIKO}]
    )
    events = google.client().events()

    moved = events.patch(calendarId="primary", eventId=invitation, body=timed(NOON + HOUR))

    assert refusal(moved) == (403, "forbiddenForNonOrganizer")
    answer = {"attendees": [{"email": AIKO, "responseStatus": "declined"}]}
    events.patch(calendarId="primary", eventId=invitation, body=answer).execute()
    assert busy_in_december(google.client()) == []


def test_a_meet_link_comes_only_with_version_1(google):
    insert = google.client().events().insert

    with_link = insert(calendarId="primary", conferenceDataVersion=1, body=meeting() | with_meet())
    without = insert(calendarId="primary", body=meeting("abcdef0124") | with_meet())

    link = with_link.execute()
    assert link["conferenceData"]["createRequest"]["status"] == {"statusCode": "success"}
    assert link["conferenceData"]["entryPoints"][0]["uri"] == link["hangoutLink"]
    assert "conferenceData" not in without.execute()


def test_a_meet_link_may_take_a_while(google):
    google.world.conferences.outcome = Outcome.PENDING
    google.world.conferences.reads = 2
    events = google.client().events()

    added = events.insert(
        calendarId="primary", conferenceDataVersion=1, body=meeting() | with_meet()
    ).execute()
    reads = [events.get(calendarId="primary", eventId="abcdef0123").execute() for _ in range(2)]

    codes = [
        each["conferenceData"]["createRequest"]["status"]["statusCode"] for each in [added, *reads]
    ]
    assert codes == ["pending", "pending", "success"]
    assert ["hangoutLink" in each for each in reads] == [False, True]


def test_a_failed_meet_link_is_asked_for_under_another_request(google):
    google.world.conferences.outcome = Outcome.FAILURE
    events = google.client().events()
    change = {"calendarId": "primary", "eventId": "abcdef0123", "conferenceDataVersion": 1}
    events.insert(
        calendarId="primary", conferenceDataVersion=1, body=meeting() | with_meet()
    ).execute()

    google.world.conferences.outcome = Outcome.AT_ONCE
    same = events.patch(**change, body=with_meet()).execute()
    another = events.patch(**change, body=with_meet("r2")).execute()

    assert "hangoutLink" not in same
    assert "hangoutLink" in another
    assert "hangoutLink" not in events.patch(**change, body={"conferenceData": None}).execute()


def test_a_calendar_without_meet_gives_no_link(google):
    google.world.calendar(AIKO).conference_solutions = []

    insert = (
        google.client()
        .events()
        .insert(calendarId="primary", conferenceDataVersion=1, body=meeting() | with_meet())
    )

    assert refusal(insert) == (400, "invalid")


def test_free_busy_counts_what_takes_the_owners_time(google):
    world = google.world
    free = [
        {"transparency": "transparent"},
        {"eventType": "workingLocation"},
        {"eventType": "birthday"},
        {"attendees": [{"email": AIKO, "responseStatus": "declined"}]},
    ]
    busy = [
        {"status": "tentative"},
        {"attendees": [{"email": AIKO}]},
        {"eventType": "outOfOffice"},
        {"eventType": "focusTime"},
        {"visibility": "private"},
    ]
    for number, fields in enumerate(free):
        world.add_event(AIKO, NOON + number * DAY, NOON + number * DAY + HOUR, **fields)
    for number, fields in enumerate(busy, 10):
        world.add_event(AIKO, NOON + number * DAY, NOON + number * DAY + HOUR, **fields)
    world.add_event(AIKO, NOON + 20 * DAY, NOON + 20 * DAY)
    gone = world.add_event(AIKO, NOON + 21 * DAY, NOON + 21 * DAY + HOUR)
    world.delete_event(AIKO, gone)

    assert busy_in_december(google.client()) == [
        (f"12-{day}T03:00", f"12-{day}T04:00") for day in range(11, 16)
    ]


def test_free_busy_merges_what_touches_and_cuts_to_the_range(google):
    world = google.world
    world.add_event(AIKO, NOON, NOON + HOUR)
    world.add_event(AIKO, NOON + HOUR, NOON + 2 * HOUR)
    world.add_event(AIKO, date(2026, 11, 30), date(2026, 12, 1))
    world.add_event(AIKO, date(2026, 12, 31), date(2027, 1, 3))

    assert busy_in_december(google.client()) == [
        ("12-01T03:00", "12-01T05:00"),
        ("12-30T15:00", "12-31T15:00"),
    ]
    range_ = (datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 2, tzinfo=UTC))
    assert world.busy(AIKO, range_) == [(NOON, NOON + 2 * HOUR)]


def test_a_day_is_a_day_of_the_calendars_own_zone(google):
    new_york = google.world.add_calendar(AIKO, "New York", "America/New_York")
    google.world.add_event(new_york, date(2026, 12, 1), date(2026, 12, 2))

    assert busy_in_december(google.client(), new_york) == [("12-01T05:00", "12-02T05:00")]


def test_free_busy_says_which_calendars_it_knows_nothing_about(google):
    google.world.calendar(AIKO).free_busy_error = "internalError"
    items = {"items": [{"id": "primary"}, {"id": REN}]}

    calendars = google.client().freebusy().query(body=DECEMBER | items).execute()["calendars"]

    reasons = {name: each["errors"][0]["reason"] for name, each in calendars.items()}
    assert reasons == {"primary": "internalError", REN: "notFound"}


@pytest.mark.parametrize(
    ("bounds", "reason"),
    [
        ({"timeMin": "2026-12-01T00:00:00Z"}, "required"),
        (DECEMBER | {"timeMax": "2026-12-01T00:00:00+09:00"}, "timeRangeEmpty"),
        (DECEMBER | {"timeMax": "2027-04-01T00:00:00Z"}, "timeRangeTooLong"),
    ],
)
def test_free_busy_takes_a_range_of_up_to_three_months(google, bounds, reason):
    query = google.client().freebusy().query(body=bounds | {"items": [{"id": "primary"}]})

    assert refusal(query) == (400, reason)


def test_a_token_reaches_as_far_as_its_scopes(google):
    google.world.share(REN, AIKO, Role.WRITER)
    owned = google.client(AIKO, f"{_AUTH}calendar.events.owned")
    all_events = google.client(AIKO, f"{_AUTH}calendar.events")

    refused = [
        owned.calendarList().list(),
        owned.freebusy().query(body=DECEMBER | {"items": [{"id": "primary"}]}),
        owned.events().insert(calendarId=REN, body=meeting()),
        all_events.calendarList().list(),
    ]

    assert {refusal(each) for each in refused} == {(403, "insufficientPermissions")}
    all_events.events().insert(calendarId=REN, body=meeting()).execute()


def test_a_role_reaches_no_further(google):
    google.world.share(REN, AIKO, Role.READER)
    scope = f"{_AUTH}calendar.events"
    events = google.client(AIKO, scope).events()

    assert refusal(events.insert(calendarId=REN, body=meeting())) == (403, "requiredAccessLevel")
    assert events.list(calendarId=REN).execute()["accessRole"] == "reader"

    google.world.unshare(REN, AIKO)
    assert refusal(events.list(calendarId=REN)) == (404, "notFound")


def test_free_busy_access_shows_times_and_no_more(google):
    google.world.share(REN, AIKO, Role.FREE_BUSY_READER)
    google.world.add_event(REN, NOON, NOON + HOUR, summary="Dentist")
    google.world.add_event(REN, NOON, NOON + HOUR, summary="Lunch", transparency="transparent")

    shared = google.client().events().list(calendarId=REN).execute()
    scope = f"{_AUTH}calendar.events.freebusy"
    own = google.client(REN, scope).events().list(calendarId="primary").execute()

    for listed in (shared, own):
        (event,) = listed["items"]
        assert event["start"]["dateTime"] == "2026-12-01T12:00:00+09:00"
        assert "summary" not in event


def test_a_token_lasts_an_hour_and_its_refresh_token_gives_another(google):
    client = google.client()
    google.clock.pass_by(HOUR)
    tokens = google.world.sign_in(REN, f"{_AUTH}calendar.events")
    google.clock.pass_by(HOUR)

    # Google's client refreshes when it is told 401.
    assert client.calendarList().list().execute()["items"]
    assert google.world.calls("oauth.token", AIKO) == 1

    answer = requests.get(
        f"{google.origin}/calendar/v3/calendars/primary/events",
        headers={"Authorization": f"Bearer {tokens.access_token}"},
        timeout=5,
    )
    assert answer.status_code == 401
    assert answer.json()["error"]["errors"][0]["reason"] == "authError"


def test_an_answer_holds_only_the_fields_that_were_asked_for(google):
    google.world.add_event(AIKO, NOON, NOON + HOUR, summary="Dentist")

    fields = "nextSyncToken,items(id,start/dateTime)"
    listed = google.client().events().list(calendarId="primary", fields=fields).execute()

    assert listed.keys() == {"items", "nextSyncToken"}
    (event,) = listed["items"]
    assert event.keys() == {"id", "start"}
    assert event["start"].keys() == {"dateTime"}
    unreadable = google.client().events().list(calendarId="primary", fields="items(id")
    assert refusal(unreadable) == (400, "invalid")


def test_an_event_whose_answer_is_lost_is_there_all_the_same(google):
    google.world.faults.switch_on(Fault(Kind.RESET_AFTER), endpoint="events.insert", times=1)
    events = google.client().events()

    with pytest.raises((OSError, HTTPException)):
        events.insert(calendarId="primary", body=meeting()).execute()

    assert refusal(events.insert(calendarId="primary", body=meeting())) == (409, "duplicate")


def test_a_refusal_that_was_switched_on_looks_like_any_other(google):
    fault = Fault(Kind.REFUSED, 403, "quotaExceeded", retry_after="3600")
    google.world.faults.switch_on(fault, account=AIKO, endpoint="events.*")

    assert refusal(google.client().events().list(calendarId="primary")) == (403, "quotaExceeded")
    assert google.client(REN).events().list(calendarId="primary").execute()["items"] == []
    assert google.world.calls("events.list") == 2


def test_what_the_stand_in_would_have_to_guess_at_it_refuses(google):
    search = google.client().events().list(calendarId="primary", q="dentist")

    assert refusal(search) == (400, "invalid")
