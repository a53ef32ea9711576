"""What is promised of messages that are due, kept by every adapter."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from scheduling.adapters.dynamodb.external_members import DynamoDbExternalMembers
from scheduling.adapters.dynamodb.outbox import DynamoDbOutbox
from scheduling.domain.messages import Delivery, DeliveryState
from tests.support.builders import a_link, a_page, an_entry, an_external_member, at
from tests.support.in_memory import InMemoryAdapters

NOW = at("12:00")
MESSAGES = 20
"""So many that each part of the queue has some."""


@pytest.fixture(params=["in memory", "dynamodb"])
def ports(request):
    if request.param == "in memory":
        return InMemoryAdapters()
    scheduling, access = request.getfixturevalue("tables")
    return SimpleNamespace(
        external_members=DynamoDbExternalMembers(scheduling, access),
        outbox=DynamoDbOutbox(scheduling),
    )


@pytest.fixture
def messages(ports):
    """Messages that failed once, the first of them most recently."""
    found = []
    for number in range(MESSAGES):
        host = an_external_member(email=f"{number}@example.org")
        ports.external_members.add(
            host, a_page(host), a_link(host), [host.request_mail], an_entry()
        )
        message, next_attempt_at = host.request_mail, NOW - timedelta(minutes=number)
        ports.outbox.claim(message, now=at("09:00"))
        ports.outbox.record(message, Delivery(DeliveryState.SEND_FAILED, 1, next_attempt_at))
        found.append(message)
    return found


def test_what_is_due_for_the_longest_is_found_first(ports, messages):
    assert list(ports.outbox.due(now=NOW, limit=MESSAGES)) == messages[::-1]
    assert list(ports.outbox.due(now=NOW, limit=3)) == messages[:-4:-1]


def test_whoever_takes_what_is_due_part_by_part_comes_to_all_of_it(ports, messages):
    taken = []
    while due := ports.outbox.due(now=NOW, limit=3):
        taken += [message for message in due if ports.outbox.claim(message, now=NOW)]

    assert taken == messages[::-1]


def test_of_two_who_find_the_same_only_one_gets_it(ports, messages):
    first, second = (ports.outbox.due(now=NOW, limit=3) for _ in range(2))

    assert [ports.outbox.claim(message, now=NOW) is not None for message in first] == [True] * 3
    assert [ports.outbox.claim(message, now=NOW) for message in second] == [None] * 3
