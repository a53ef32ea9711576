"""What is promised of linked calendars, by the adapter and by its stand-in in memory."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from scheduling.adapters.dynamodb.calendar_feeds import DynamoDbCalendarFeeds
from scheduling.adapters.dynamodb.external_members import DynamoDbExternalMembers
from scheduling.adapters.dynamodb.hosts import DynamoDbHosts
from scheduling.domain.feeds import (
    LONGEST_PAUSE,
    PERIOD,
    SHORTEST_PAUSE,
    CalendarFeed,
    FeedAddress,
    FeedFailure,
    FeedTurn,
)
from scheduling.domain.identifiers import new_id
from scheduling.domain.refusals import ExternalMemberGone
from scheduling.domain.slots import span_of
from tests.support.builders import (
    EARLY,
    ORGANIZATION,
    a_link,
    a_page,
    an_entry,
    an_external_member,
    between,
    host_of,
)
from tests.support.in_memory import InMemoryAdapters
from tests.support.request_counter import counted_requests

ORG = ORGANIZATION.organization_id
ADDRESS = FeedAddress("calendar.example.org", "/kenji/secret-7f3a.ics?key=1")
BUSY = (span_of(between("09:00", "10:00")), span_of(between("11:00", "11:45")))


@pytest.fixture(params=["in memory", "dynamodb"])
def ports(request):
    if request.param == "in memory":
        return InMemoryAdapters()
    scheduling, access = request.getfixturevalue("tables")
    return SimpleNamespace(
        external_members=DynamoDbExternalMembers(scheduling, access),
        calendar_feeds=DynamoDbCalendarFeeds(scheduling, access),
        hosts=DynamoDbHosts(scheduling),
    )


@pytest.fixture
def kenji(ports):
    return invited(ports, "kenji@example.org")


def invited(ports, email):
    member = an_external_member(between("08:00", "16:00"), email=email)
    ports.external_members.add(
        member, a_page(member), a_link(member), [member.request_mail], an_entry()
    )
    return member


def linked(ports, member, address=ADDRESS, due_at=EARLY):
    """Link a calendar of the member; return it and its turn."""
    whose = ORG, member.external_member_id
    feed = CalendarFeed(*whose, new_id(), address.host_name, linked_at=EARLY)
    turn = FeedTurn(*whose, feed.feed_id, due_at=due_at)
    ports.calendar_feeds.link(feed, address, turn)
    return feed, turn


def test_nothing_is_linked_at_first(ports, kenji):
    whose = ORG, kenji.external_member_id

    assert ports.calendar_feeds.get(*whose) is None
    assert ports.calendar_feeds.address(*whose) is None
    assert ports.calendar_feeds.due(now=EARLY, limit=10) == []


def test_a_linked_calendar_is_stored_with_its_address_and_its_turn(ports, kenji):
    feed, turn = linked(ports, kenji)

    assert ports.calendar_feeds.get(ORG, kenji.external_member_id) == feed
    assert ports.calendar_feeds.address(ORG, kenji.external_member_id) == ADDRESS
    assert ports.calendar_feeds.due(now=EARLY, limit=10) == [turn]


def test_a_linked_calendar_is_that_of_one_organization(ports, kenji):
    linked(ports, kenji)

    assert ports.calendar_feeds.get(new_id(), kenji.external_member_id) is None


def test_those_that_are_linked_are_found_together(ports, kenji):
    lena = invited(ports, "lena@example.org")
    asked = [lena.external_member_id, kenji.external_member_id]
    feed, _ = linked(ports, kenji)

    assert ports.calendar_feeds.get_all(ORG, asked) == {kenji.external_member_id: feed}
    assert ports.calendar_feeds.get_all(new_id(), asked) == {}
    assert ports.calendar_feeds.get_all(ORG, []) == {}


def test_a_hundred_linked_calendars_are_one_request(tables):
    feeds = DynamoDbCalendarFeeds(*tables)

    with counted_requests(tables[0].client) as counts:
        feeds.get_all(ORG, [new_id() for _ in range(101)])

    assert counts == {"BatchGetItem": 2}


def test_nothing_is_linked_for_somebody_who_was_deleted(ports, kenji):
    ports.external_members.remove(replace(kenji, deleted_at=EARLY), an_entry())

    with pytest.raises(ExternalMemberGone):
        linked(ports, kenji)

    assert ports.calendar_feeds.get(ORG, kenji.external_member_id) is None
    assert ports.calendar_feeds.address(ORG, kenji.external_member_id) is None


def test_unlinking_forgets_everything(ports, kenji):
    linked(ports, kenji)

    for _ in range(2):
        ports.calendar_feeds.unlink(ORG, kenji.external_member_id)

    assert ports.calendar_feeds.get(ORG, kenji.external_member_id) is None
    assert ports.calendar_feeds.address(ORG, kenji.external_member_id) is None
    assert ports.calendar_feeds.due(now=EARLY, limit=10) == []


def test_deleting_somebody_forgets_their_calendar(ports, kenji):
    linked(ports, kenji)

    ports.external_members.remove(replace(kenji, deleted_at=EARLY), an_entry())

    assert ports.calendar_feeds.get(ORG, kenji.external_member_id) is None
    assert ports.calendar_feeds.address(ORG, kenji.external_member_id) is None
    assert ports.calendar_feeds.due(now=EARLY, limit=10) == []


def test_what_was_read_is_stored(ports, kenji):
    feed, _ = linked(ports, kenji)
    read = feed.read(BUSY, '"v1"', EARLY + timedelta(minutes=1))

    ports.calendar_feeds.record(read)

    assert ports.calendar_feeds.get(ORG, kenji.external_member_id) == read


def test_a_failure_is_stored_beside_what_was_read_before(ports, kenji):
    feed, _ = linked(ports, kenji)
    failed = feed.read(BUSY, "", EARLY).failed(FeedFailure.TOO_SLOW, EARLY + timedelta(hours=1))

    ports.calendar_feeds.record(failed)

    assert ports.calendar_feeds.get(ORG, kenji.external_member_id) == failed


def test_what_was_read_of_another_address_is_not_stored(ports, kenji):
    old, _ = linked(ports, kenji)
    new, _ = linked(ports, kenji, FeedAddress("other.example.org", "/"))

    ports.calendar_feeds.record(old.read(BUSY, "", EARLY))

    assert ports.calendar_feeds.get(ORG, kenji.external_member_id) == new


def test_what_was_read_of_a_calendar_that_was_unlinked_is_not_stored(ports, kenji):
    feed, _ = linked(ports, kenji)
    ports.calendar_feeds.unlink(ORG, kenji.external_member_id)

    ports.calendar_feeds.record(feed.read(BUSY, "", EARLY))

    assert ports.calendar_feeds.get(ORG, kenji.external_member_id) is None


def test_a_turn_comes_at_its_second(ports, kenji):
    _, turn = linked(ports, kenji, due_at=EARLY + PERIOD)
    second = timedelta(seconds=1)

    assert ports.calendar_feeds.due(now=EARLY + PERIOD - second, limit=10) == []
    assert ports.calendar_feeds.due(now=EARLY + PERIOD, limit=10) == [turn]


def test_a_turn_is_taken_once(ports, kenji):
    _, turn = linked(ports, kenji)

    taken = ports.calendar_feeds.take(turn, now=EARLY)

    assert taken == turn.taken(EARLY)
    assert ports.calendar_feeds.take(turn, now=EARLY) is None
    assert ports.calendar_feeds.due(now=EARLY, limit=10) == []


def test_a_turn_that_nobody_put_back_comes_again_after_ten_minutes(ports, kenji):
    _, turn = linked(ports, kenji)

    taken = ports.calendar_feeds.take(turn, now=EARLY)

    assert ports.calendar_feeds.due(now=EARLY + SHORTEST_PAUSE, limit=10) == [taken]


def test_a_turn_that_was_put_back_comes_after_half_an_hour(ports, kenji):
    _, turn = linked(ports, kenji)
    taken = ports.calendar_feeds.take(turn, now=EARLY)
    again = taken.succeeded(EARLY)

    ports.calendar_feeds.put_back(taken, again)

    assert ports.calendar_feeds.due(now=EARLY + PERIOD - timedelta(seconds=1), limit=10) == []
    assert ports.calendar_feeds.due(now=EARLY + PERIOD, limit=10) == [again]


def test_a_turn_that_somebody_else_took_meanwhile_is_not_put_back(ports, kenji):
    _, turn = linked(ports, kenji)
    first = ports.calendar_feeds.take(turn, now=EARLY)
    second = ports.calendar_feeds.take(first, now=EARLY + SHORTEST_PAUSE)

    ports.calendar_feeds.put_back(first, first.succeeded(EARLY))

    assert ports.calendar_feeds.due(now=EARLY + LONGEST_PAUSE, limit=10) == [second]


def test_a_turn_of_another_address_is_not_taken(ports, kenji):
    _, old = linked(ports, kenji)
    linked(ports, kenji)

    assert ports.calendar_feeds.take(old, now=EARLY) is None


def test_turns_of_many_are_found(ports):
    turns = [linked(ports, invited(ports, f"host{number}@example.org"))[1] for number in range(12)]

    found = ports.calendar_feeds.due(now=EARLY, limit=12)

    assert {turn.feed_id for turn in found} == {turn.feed_id for turn in turns}


def test_a_host_comes_with_their_calendar(ports, kenji):
    feed, _ = linked(ports, kenji)
    read = feed.read(BUSY, "", EARLY)
    ports.calendar_feeds.record(read)

    [host] = ports.hosts.get_all(ORG, [host_of(kenji).key])

    assert host == replace(host_of(kenji), calendar=read)


def test_hosts_and_their_calendars_are_one_request(tables):
    scheduling, access = tables
    ports = SimpleNamespace(
        external_members=DynamoDbExternalMembers(scheduling, access),
        calendar_feeds=DynamoDbCalendarFeeds(scheduling, access),
    )
    hosts = [invited(ports, f"host{number}@example.org") for number in range(10)]
    for host in hosts:
        linked(ports, host)

    with counted_requests(scheduling.client) as counts:
        found = DynamoDbHosts(scheduling).get_all(ORG, [host_of(host).key for host in hosts])

    assert counts == {"BatchGetItem": 1}
    assert all(host.calendar for host in found)


def test_what_public_functions_read_never_holds_the_address(tables):
    scheduling, access = tables
    ports = SimpleNamespace(
        external_members=DynamoDbExternalMembers(scheduling, access),
        calendar_feeds=DynamoDbCalendarFeeds(scheduling, access),
    )
    linked(ports, invited(ports, "kenji@example.org"))

    stored = scheduling.client.scan(TableName=scheduling.name)["Items"]

    assert "calendar.example.org" in repr(stored)
    assert "secret-7f3a" not in repr(stored)


def test_four_thousand_stretches_fit_into_32_kilobytes(tables):
    scheduling, access = tables
    ports = SimpleNamespace(
        external_members=DynamoDbExternalMembers(scheduling, access),
        calendar_feeds=DynamoDbCalendarFeeds(scheduling, access),
    )
    feed, _ = linked(ports, invited(ports, "kenji@example.org"))
    first = int(EARLY.timestamp())
    busy = tuple((first + 7200 * each, first + 7200 * each + 3600) for each in range(4000))

    ports.calendar_feeds.record(feed.read(busy, "", EARLY))

    stored = ports.calendar_feeds.get(ORG, feed.external_member_id)
    assert stored.busy == busy
    [item] = [
        item
        for item in scheduling.client.scan(TableName=scheduling.name)["Items"]
        if item["SK"] == {"S": "CALENDAR"}
    ]
    assert len(item["busy"]["B"]) == 32_000
