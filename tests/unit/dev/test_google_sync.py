"""What the stand-in tells whoever keeps a copy of a calendar, and how it rings the bell."""

from datetime import UTC, date, datetime, timedelta
from queue import SimpleQueue
from random import Random
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from googleapiclient.errors import HttpError

from dev.providers.google import listing, recurrence
from dev.providers.google.state import Query, Role
from dev.providers.serving import serving_in_thread
from tests.support.google import AIKO, REN, TOKYO

NOON = datetime(2026, 12, 1, 12, tzinfo=TOKYO)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HALF = HOUR / 2
WINDOW = {"timeMin": "2026-12-01T00:00:00+09:00", "timeMax": "2026-12-08T00:00:00+09:00"}
WEEKDAYS = "RRULE:FREQ=DAILY;COUNT=5"


class Copy:
    """A copy of a calendar, kept as Google's guide says."""

    def __init__(self, google, *, calendar_id="primary", single_events=True, **query):
        self._events = google.client().events()
        self._same = {"calendarId": calendar_id, "singleEvents": single_events}
        self.rows = {}
        self.token = None
        self.pages = 0
        self._pull(query)

    def pull(self):
        """Return what has changed: id and status."""
        return self._pull({"syncToken": self.token})

    def _pull(self, query):
        request = self._events.list(**self._same, **query)
        told = []
        while request is not None:
            reply = request.execute()
            self.pages += 1
            for row in reply["items"]:
                told.append((row["id"], row["status"]))
                if row["status"] == "cancelled":
                    self.rows.pop(row["id"], None)
                else:
                    self.rows[row["id"]] = row
            self.token = reply.get("nextSyncToken")
            assert (self.token is None) == ("nextPageToken" in reply)
            request = self._events.list_next(request, reply)
        return told

    def starts(self):
        return sorted(
            row["start"].get("dateTime", row["start"].get("date"))[5:16]
            for row in self.rows.values()
        )


def refusal(request):
    with pytest.raises(HttpError) as refused:
        request.execute()
    return refused.value.status_code, refused.value.error_details[0]["reason"]


def test_a_pull_tells_what_was_added_moved_and_deleted_since(google):
    world = google.world
    moved = world.add_event(AIKO, NOON, NOON + HOUR)
    deleted = world.add_event(AIKO, NOON, NOON + HOUR)
    copy = Copy(google, **WINDOW)
    assert copy.pull() == []

    world.move_event(AIKO, moved, NOON + DAY, NOON + DAY + HOUR)
    world.delete_event(AIKO, deleted)
    added = world.add_event(AIKO, date(2026, 12, 4), date(2026, 12, 5))

    told = copy.pull()
    assert told == [(moved, "confirmed"), (deleted, "cancelled"), (added, "confirmed")]
    assert copy.starts() == ["12-02T12:00", "12-04"]
    assert copy.pull() == []


def test_what_came_and_went_between_two_pulls_is_told_as_cancelled(google):
    copy = Copy(google, **WINDOW)

    short_lived = google.world.add_event(AIKO, NOON, NOON + HOUR)
    google.world.delete_event(AIKO, short_lived)

    assert copy.pull() == [(short_lived, "cancelled")]


def test_what_leaves_the_window_is_told_with_its_new_time(google):
    event = google.world.add_event(AIKO, NOON, NOON + HOUR)
    copy = Copy(google, **WINDOW)

    google.world.move_event(AIKO, event, NOON + 30 * DAY, NOON + 30 * DAY + HOUR)

    assert copy.pull() == [(event, "confirmed")]
    assert copy.starts() == ["12-31T12:00"]
    google.world.change_event(AIKO, event, summary="Far away")
    assert copy.pull() == []


def test_the_window_holds_what_ends_after_it_begins_and_begins_before_it_ends(google):
    world = google.world
    begin = datetime(2026, 12, 1, tzinfo=TOKYO)
    end = datetime(2026, 12, 8, tzinfo=TOKYO)
    world.add_event(AIKO, begin - HOUR, begin)
    over_the_begin = world.add_event(AIKO, begin - HOUR, begin + HOUR)
    last_day = world.add_event(AIKO, date(2026, 12, 7), date(2026, 12, 8))
    world.add_event(AIKO, end, end + HOUR)

    assert set(Copy(google, **WINDOW).rows) == {over_the_begin, last_day}


def test_a_changed_instance_is_told_alone(google):
    world = google.world
    series = world.add_event(AIKO, NOON, NOON + HOUR, recurrence=[WEEKDAYS])
    copy = Copy(google, **WINDOW)
    first, second, third = sorted(copy.rows)[:3]
    assert second == f"{series}_20261202T030000Z"

    world.move_event(AIKO, first, NOON + 3 * HOUR, NOON + 4 * HOUR)
    world.delete_event(AIKO, second)
    world.change_event(AIKO, third, summary="Another title")

    told = {first: "confirmed", second: "cancelled", third: "confirmed"}
    assert dict(copy.pull()) == told
    assert copy.starts() == ["12-01T15:00", "12-03T12:00", "12-04T12:00", "12-05T12:00"]
    assert copy.rows[first]["originalStartTime"]["dateTime"] == "2026-12-01T12:00:00+09:00"
    assert copy.rows[first]["recurringEventId"] == series


def test_a_deleted_series_is_told_instance_by_instance(google):
    series = google.world.add_event(AIKO, NOON, NOON + HOUR, recurrence=[WEEKDAYS])
    copy = Copy(google, **WINDOW)
    google.world.move_event(AIKO, min(copy.rows), NOON + HOUR, NOON + 2 * HOUR)

    google.world.delete_event(AIKO, series)

    told = copy.pull()
    assert len(told) == 5
    assert {status for _, status in told} == {"cancelled"}
    assert series not in dict(told)


def test_a_series_that_changes_its_hour_or_its_end_replaces_its_instances(google):
    world = google.world
    series = world.add_event(AIKO, NOON, NOON + HOUR, recurrence=[WEEKDAYS])
    copy = Copy(google, **WINDOW)

    world.move_event(AIKO, series, NOON + HOUR, NOON + 2 * HOUR)
    copy.pull()
    assert copy.starts() == [f"12-0{day}T13:00" for day in range(1, 6)]

    world.change_event(AIKO, series, recurrence=["RRULE:FREQ=DAILY;UNTIL=20261202T150000Z"])
    copy.pull()
    assert copy.starts() == ["12-01T13:00", "12-02T13:00"]


def test_a_series_keeps_its_hour_when_the_clocks_change(google):
    berlin = google.world.add_calendar(AIKO, "Berlin", "Europe/Berlin")
    monday = datetime(2026, 3, 23, 9, tzinfo=ZoneInfo("Europe/Berlin"))
    google.world.add_event(
        berlin,
        monday,
        monday + HOUR,
        recurrence=["RRULE:FREQ=WEEKLY;COUNT=2", "RDATE:20260401T070000Z"],
    )

    in_march = {"timeMin": "2026-03-01T00:00:00Z", "timeMax": "2026-05-01T00:00:00Z"}
    rows = Copy(google, calendar_id=berlin, **in_march).rows.values()

    starts = sorted(row["start"]["dateTime"] for row in rows)
    assert starts == [
        "2026-03-23T09:00:00+01:00",
        "2026-03-30T09:00:00+02:00",
        "2026-04-01T09:00:00+02:00",
    ]


def test_an_all_day_series_skips_its_exception_dates(google):
    rules = ["RRULE:FREQ=DAILY;UNTIL=20261204", "EXDATE;VALUE=DATE:20261202"]
    google.world.add_event(AIKO, date(2026, 12, 1), date(2026, 12, 2), recurrence=rules)

    assert Copy(google, **WINDOW).starts() == ["12-01", "12-03", "12-04"]


def test_without_single_events_a_series_is_one_row_beside_its_exceptions(google):
    world = google.world
    series = world.add_event(AIKO, NOON, NOON + HOUR, recurrence=["RRULE:FREQ=DAILY"])
    copy = Copy(google, single_events=False, **WINDOW)
    assert list(copy.rows) == [series]

    moved, deleted = f"{series}_20261202T030000Z", f"{series}_20261203T030000Z"
    world.move_event(AIKO, moved, NOON + 30 * HOUR, NOON + 31 * HOUR)
    world.delete_event(AIKO, deleted)

    assert copy.pull() == [(moved, "confirmed"), (deleted, "cancelled")]
    fresh = google.client().events().list(calendarId="primary", **WINDOW).execute()["items"]
    assert [row["status"] for row in fresh] == ["confirmed", "confirmed", "cancelled"]
    assert fresh[2].keys() == {
        "kind", "etag", "id", "status", "recurringEventId", "originalStartTime"
    }  # fmt: skip


def test_instances_of_a_series_are_listed_by_themselves(google):
    series = google.world.add_event(AIKO, NOON, NOON + HOUR, recurrence=["RRULE:FREQ=DAILY"])
    google.world.delete_event(AIKO, f"{series}_20261202T030000Z")
    asked = {"calendarId": "primary", "eventId": series} | WINDOW

    reply = google.client().events().instances(**asked, maxResults=4).execute()
    rest = google.client().events().instances(**asked, pageToken=reply["nextPageToken"]).execute()

    days = [row["start"]["dateTime"][8:10] for row in reply["items"] + rest["items"]]
    assert days == ["01", "03", "04", "05", "06", "07"]
    assert "nextSyncToken" not in rest


def test_pages_may_be_short_or_empty_and_only_the_last_has_a_sync_token(google):
    google.world.rows_per_page = 2
    google.world.has_empty_pages = True
    for number in range(5):
        google.world.add_event(AIKO, NOON + number * HOUR, NOON + (number + 1) * HOUR)

    copy = Copy(google, maxResults=100, **WINDOW)

    assert len(copy.rows) == 5
    assert copy.pages == 4


def test_what_changes_while_pages_are_read_comes_with_the_next_pull(google):
    google.world.rows_per_page = 1
    first, second = (google.world.add_event(AIKO, NOON, NOON + HOUR) for _ in range(2))
    events = google.client().events()
    page = events.list(calendarId="primary").execute()
    google.world.change_event(AIKO, first, summary="Changed in between")

    last = events.list(calendarId="primary", pageToken=page["nextPageToken"]).execute()
    told = events.list(calendarId="primary", syncToken=last["nextSyncToken"]).execute()["items"]

    assert [row["id"] for row in page["items"] + last["items"]] == [first, second]
    assert [row["id"] for row in told] == [first]


@pytest.mark.parametrize(
    "parameter",
    [
        {"timeMin": "2026-12-01T00:00:00Z"},
        {"timeMax": "2026-12-01T00:00:00Z"},
        {"orderBy": "updated"},
        {"iCalUID": "a@b"},
        {"privateExtendedProperty": "sched=b1"},
        {"sharedExtendedProperty": "schedb=b1"},
        {"showDeleted": False},
        {"singleEvents": False},
        {"eventTypes": "default"},
    ],
)
def test_a_sync_token_goes_with_the_parameters_of_the_first_call_only(google, parameter):
    copy = Copy(google)

    query = {"calendarId": "primary", "singleEvents": True, "syncToken": copy.token} | parameter

    assert refusal(google.client().events().list(**query)) == (400, "invalid")


def test_a_sync_token_that_is_too_old_ends_with_410(google):
    copy = Copy(google)
    pull = (
        google.client().events().list(calendarId="primary", singleEvents=True, syncToken=copy.token)
    )

    google.world.forget_sync_tokens(AIKO)

    assert refusal(pull) == (410, "fullSyncRequired")


def test_rows_are_found_by_the_properties_that_an_app_has_given_them(google):
    ours = {"extendedProperties": {"private": {"sched": "b1"}, "shared": {"schedb": "o1"}}}
    marked = google.world.add_event(AIKO, NOON, NOON + HOUR, **ours)
    google.world.add_event(AIKO, NOON, NOON + HOUR)
    events = google.client().events()

    for query in (
        {"privateExtendedProperty": "sched=b1"},
        {"sharedExtendedProperty": "schedb=o1"},
        {"iCalUID": f"{marked}@google.com"},
    ):
        reply = events.list(calendarId="primary", **query).execute()
        assert [row["id"] for row in reply["items"]] == [marked]
        assert "nextSyncToken" not in reply


def test_free_busy_access_is_told_when_an_event_takes_no_time_any_more(google):
    google.world.share(REN, AIKO, Role.FREE_BUSY_READER)
    event = google.world.add_event(REN, NOON, NOON + HOUR)
    copy = Copy(google, calendar_id=REN)

    google.world.change_event(REN, event, transparency="transparent")

    assert copy.pull() == [(event, "cancelled")]


def watch(google, **fields):
    body = {"id": "channel-1", "type": "web_hook", "address": "https://parley.example/n"}
    return google.client().events().watch(calendarId="primary", body=body | fields)


def test_each_change_of_a_watched_calendar_rings_until_its_channel_ends(google):
    channel = watch(google, token="secret", params={"ttl": "3600"}).execute()
    google.world.add_event(AIKO, NOON, NOON + HOUR)
    google.world.add_event(REN, NOON, NOON + HOUR)
    google.clock.pass_by(HOUR)
    google.world.add_event(AIKO, NOON, NOON + HOUR)

    sync, change = google.world.pushes.kept
    assert sync.address == "https://parley.example/n"
    assert sync.headers["X-Goog-Resource-State"] == "sync"
    assert change.headers.items() >= {
        ("X-Goog-Channel-ID", "channel-1"),
        ("X-Goog-Channel-Token", "secret"),
        ("X-Goog-Message-Number", "2"),
        ("X-Goog-Resource-ID", channel["resourceId"]),
        ("X-Goog-Resource-State", "exists"),
        ("X-Goog-Resource-URI", channel["resourceUri"]),
    }
    expires = datetime.fromtimestamp(int(channel["expiration"]) / 1000, UTC)
    assert expires == google.clock.now
    assert change.headers["X-Goog-Channel-Expiration"] == expires.strftime(
        "%a, %d %b %Y %H:%M:%S GMT"
    )


def test_a_channel_lasts_a_week_at_most_and_ends_when_it_is_stopped(google):
    month = str(int((google.clock.now + 30 * DAY).timestamp() * 1000))
    channel = watch(google, expiration=month).execute()
    assert [each.expires_at for each in google.world.channels()] == [google.clock.now + 7 * DAY]
    stop = {"id": channel["id"], "resourceId": channel["resourceId"]}

    assert refusal(google.client(REN).channels().stop(body=stop)) == (404, "notFound")
    google.client().channels().stop(body=stop).execute()

    google.world.add_event(AIKO, NOON, NOON + HOUR)
    assert len(google.world.pushes.kept) == 1


def test_a_channel_needs_an_id_of_its_own_and_a_safe_address(google):
    watch(google).execute()

    assert refusal(watch(google)) == (400, "channelIdNotUnique")
    unsafe = watch(google, id="channel-2", address="http://parley.example/n")
    assert refusal(unsafe) == (400, "push.webhookUrlNotHttps")
    assert refusal(watch(google, id="channel 2")) == (400, "invalid")
    watch(google, id="channel-3", address="http://localhost:8080/n").execute()


def test_a_part_of_the_notifications_is_lost(google):
    watch(google).execute()
    google.world.pushes.loss = 0.3

    for _ in range(200):
        google.world.add_event(AIKO, NOON, NOON + HOUR)

    numbers = [int(each.headers["X-Goog-Message-Number"]) for each in google.world.pushes.kept]
    assert 120 < len(numbers) < 160
    assert numbers == sorted(set(numbers))


def test_notifications_are_sent_behind_the_back_of_whoever_makes_the_change(google):
    received = SimpleQueue()

    async def receive(request):
        received.put((request.headers["X-Goog-Resource-State"], await request.text()))
        return web.Response(status=204)

    receiver = web.Application()
    receiver.router.add_post("/n", receive)
    google.world.pushes.are_sent = True
    with serving_in_thread(receiver) as origin:
        watch(google, address=f"{origin}/n").execute()
        google.world.add_event(AIKO, NOON, NOON + HOUR)

        assert [received.get(timeout=5) for _ in range(2)] == [("sync", ""), ("exists", "")]


def edit(random, world, rows):
    """Do one thing to Aiko's calendar, of which `rows` are shown."""
    start = NOON + random.randrange(14 * 48) * HALF - 4 * DAY
    end = start + random.choice((HALF, HOUR, 30 * HOUR))
    if random.random() < 0.3:
        start, end = start.date(), start.date() + random.choice((DAY, 2 * DAY))
    what = random.choice(("add", "repeat", "change", "change", "change"))
    if what == "repeat":
        rule = random.choice(("FREQ=DAILY;COUNT=4", "FREQ=WEEKLY", "FREQ=DAILY;INTERVAL=3"))
        world.add_event(AIKO, start, end, recurrence=[f"RRULE:{rule}"])
    elif what == "add" or not rows:
        world.add_event(AIKO, start, end)
    else:
        row = random.choice(rows)
        # The whole series, or one instance of it.
        event_id = random.choice((row["id"], row.get("recurringEventId", row["id"])))
        match random.choice(("move", "delete", "free", "busy", "decline")):
            case "move":
                world.move_event(AIKO, event_id, start, end)
            case "delete":
                world.delete_event(AIKO, event_id)
            case "free":
                world.change_event(AIKO, event_id, transparency="transparent")
            case "busy":
                world.change_event(AIKO, event_id, transparency=None, attendees=None)
            case "decline":
                answer = {"email": AIKO, "responseStatus": "declined"}
                world.change_event(AIKO, event_id, attendees=[answer])


@pytest.mark.parametrize("seed", range(3))
def test_a_copy_that_follows_all_changes_holds_what_a_fresh_one_holds(google, seed):
    random = Random(seed)  # noqa: S311 - the same edits each time
    google.world.rows_per_page = 7
    copy = Copy(google, **WINDOW)
    begin, end = (datetime.fromisoformat(each) for each in WINDOW.values())

    for _ in range(12):
        for _ in range(random.randrange(10)):
            shown = listing.rows(
                google.world.calendar(AIKO), Query(single_events=True, window=(begin, end))
            )
            edit(random, google.world, shown)
        copy.pull()

        in_window = {
            row_id: row
            for row_id, row in copy.rows.items()
            if recurrence.is_within(recurrence.span(row, "Asia/Tokyo"), (begin, end))
        }
        assert in_window == Copy(google, **WINDOW).rows
    busy = google.world.busy(AIKO, (begin, end))
    assert busy == merged(in_window.values(), begin, end)


def merged(rows, begin, end):
    """Return when rows take time, half an hour after the other."""
    halves = set()
    for row in rows:
        answers = [each["responseStatus"] for each in row.get("attendees", [])]
        if row.get("transparency") is None and answers != ["declined"]:
            times = recurrence.span(row, "Asia/Tokyo")
            first, last = max(times.start, begin), min(times.end, end)
            halves.update(first + step * HALF for step in range(int((last - first) / HALF)))
    spans = []
    for half in sorted(halves):
        if spans and spans[-1][1] == half:
            spans[-1] = (spans[-1][0], half + HALF)
        else:
            spans.append((half, half + HALF))
    return spans
