"""A5: the grid of 200 external members and two weeks costs at most ten requests."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from handlers.wiring import adapters
from scheduling.adapters.dynamodb.access import DynamoDbSessions
from scheduling.adapters.dynamodb.booking_items import booking_item
from scheduling.adapters.dynamodb.calendar_feeds import feed_item
from scheduling.adapters.dynamodb.external_members import (
    DynamoDbExternalMembers,
    external_member_item,
)
from scheduling.adapters.dynamodb.table import encoded
from scheduling.domain.feeds import MOST_BUSY, CalendarFeed
from scheduling.domain.links import hashed
from scheduling.domain.sessions import Session
from scheduling.domain.time_range import TimeRange
from tests.support.builders import (
    AIKO,
    DAY,
    EARLY,
    ORGANIZATION,
    a_booking,
    a_link,
    a_page,
    an_entry,
    an_external_member,
)
from tests.support.in_process import client
from tests.support.request_counter import counted_requests

EXTERNAL_MEMBERS, DAYS = 200, 14
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(EARLY, tick=False):
        yield


@pytest.fixture
def signed_in(deployed):
    """A client that Aiko is signed in with."""
    adapters().organizations.add(ORGANIZATION, AIKO, an_entry())
    session = Session(
        hashed("secret"), AIKO.organization_id, AIKO.member_id, EARLY + 200 * HOUR, EARLY
    )
    DynamoDbSessions(deployed.scheduling, deployed.access).add(session)
    with client() as found:
        found.headers["cookie"] = "__Host-session=secret"
        yield found


def windows():
    """Return mornings and afternoons of 100 days: as many windows as anybody may have."""
    return tuple(
        TimeRange(start, start + 4 * HOUR)
        for day in range(100)
        for start in (DAY + timedelta(days=day, hours=8), DAY + timedelta(days=day, hours=13))
    )


def feed_of(member):
    """Return as much of a calendar as is kept: an hour of every second afternoon, and the past."""
    seconds = int(DAY.timestamp())
    afternoons = [(seconds + day * 86400 + 14 * 3600, 3600) for day in range(1, 366, 2)]
    past = [(seconds + number * 600, 300) for number in range(len(afternoons) - MOST_BUSY, 0)]
    busy = tuple((start, start + length) for start, length in past + afternoons)
    whose = member.organization_id, member.external_member_id
    feed = CalendarFeed(*whose, "feed", "calendar.example.org", linked_at=EARLY)
    return feed.read(busy, "", EARLY)


def store(table, items):
    for part in itertools.batched(items, 25, strict=False):
        puts = [{"PutRequest": {"Item": encoded(item)}} for item in part]
        table.client.batch_write_item(RequestItems={table.name: puts})


def populate(deployed):
    """Store external members, each with a booking on every other day, and a linked calendar."""
    members = [an_external_member(*windows()) for _ in range(EXTERNAL_MEMBERS)]
    nines = [DAY + timedelta(days=day, hours=9) for day in range(0, DAYS, 2)]
    meetings = (
        a_booking(member, TimeRange(nine, nine + HOUR)) for member in members for nine in nines
    )
    feeds = map(feed_of, members)
    items = [
        *map(external_member_item, members),
        *map(booking_item, meetings),
        *map(feed_item, feeds),
    ]
    store(deployed.scheduling, items)


def test_a5_the_grid_of_two_hundred_and_two_weeks_is_ten_requests_at_most(deployed, signed_in):
    populate(deployed)
    asked = {"from": "2026-12-01", "days": DAYS, "time_zone": "UTC", "limit": EXTERNAL_MEMBERS}

    with counted_requests(adapters()._client) as counts:
        answer = signed_in.get("/api/availability-grid", params=asked)

    assert answer.status_code == 200, answer.text
    found = answer.json()["items"]
    assert len(found) == EXTERNAL_MEMBERS
    for row in found:
        assert [len(day["free"]) for day in row["days"]] == [3, 3] * 7
        assert [len(day["taken"]) for day in row["days"]] == [1, 0] * 7
    assert counts.total() <= 10, counts


def test_a5_the_grid_is_a_table_in_which_nothing_is_a_formula(deployed, signed_in):
    member = replace(
        an_external_member(TimeRange(DAY + 8 * HOUR, DAY + 24 * HOUR)), name='=HYPERLINK("x")'
    )
    members = DynamoDbExternalMembers(deployed.scheduling, deployed.access)
    members.add(member, a_page(member), a_link(member), [member.request_mail], an_entry())

    answer = signed_in.get(
        "/api/availability-grid.csv",
        params={"from": "2026-12-01", "days": 2, "time_zone": "UTC"},
    )

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    header, row, *rest = answer.text.removeprefix("\ufeff").splitlines()
    assert header.endswith(
        "2026-12-01 (UTC),2026-12-01 (UTC) booked,2026-12-02 (UTC),2026-12-02 (UTC) booked"
    )
    assert row.startswith('"\'=HYPERLINK(""x"")",kenji@example.org,Aiko Mori,')
    assert row.endswith(",08:00-24:00,,,")
    assert rest == []


def names_in(answer):
    return [line.partition(",")[0] for line in answer.text.splitlines()[1:]]


def test_a5_the_table_has_everybody_or_leads_to_the_rest(deployed, signed_in, monkeypatch):
    everybody = [
        replace(an_external_member(), name=f"N{number}") for number in range(EXTERNAL_MEMBERS + 1)
    ]
    store(deployed.scheduling, map(external_member_item, everybody))
    asked = {"from": "2026-12-01", "days": 1, "time_zone": "UTC"}
    table = "/api/availability-grid.csv"

    whole = signed_in.get(table, params=asked)
    monkeypatch.setattr("scheduling.use_cases.availability_grid.EXPORTED", EXTERNAL_MEMBERS)
    first = signed_in.get(table, params=asked)
    rest = signed_in.get(first.links["next"]["url"])

    assert sorted(names_in(whole)) == sorted(member.name for member in everybody)
    assert names_in(first) + names_in(rest) == names_in(whole)
    assert len(names_in(rest)) == 1
    assert (whole.links, rest.links) == ({}, {})


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"from": "tomorrow"}, "from"),
        ({"from": "1999-12-31"}, "from"),
        ({"days": 32}, "days"),
        ({"limit": 201}, "limit"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"cursor": "x"}, "cursor"),
    ],
)
def test_a5_wrong_parameters_are_named(signed_in, asked, field):
    answer = signed_in.get("/api/availability-grid", params=asked)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
