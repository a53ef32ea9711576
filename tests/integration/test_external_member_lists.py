"""An organization with 10,000 external members: what its lists cost, and that nobody is lost."""

import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from moto.dynamodb.models import dynamodb_backends

from handlers.wiring import adapters
from scheduling.adapters.dynamodb.access import DynamoDbSessions
from scheduling.adapters.dynamodb.external_members import external_member_item
from scheduling.adapters.dynamodb.messages import message_put
from scheduling.adapters.dynamodb.organizations import member_item
from scheduling.adapters.dynamodb.table import encoded
from scheduling.domain.identifiers import derived_id
from scheduling.domain.links import hashed
from scheduling.domain.sessions import Session
from scheduling.domain.time_range import TimeRange
from tests.support.builders import (
    AIKO,
    DAY,
    EARLY,
    ORGANIZATION,
    an_entry,
    an_external_member,
)
from tests.support.deployment import REGION, deployment
from tests.support.in_process import client
from tests.support.request_counter import counted_requests

LIST, PAGE = "/api/external-members", "/console/external-members"
WHO_ASKS = Counter(GetItem=3)
"""Session, member and organization, on every route of the team."""
BEN = replace(AIKO, member_id=derived_id("ben"), name="Ben Ode", email="ben@hanami.example")
HOUR = timedelta(hours=1)


@contextmanager
def team_with(external_members):
    """Yield a client that Aiko is signed in with."""
    with (
        pytest.MonkeyPatch.context() as patch,
        time_machine.travel(EARLY, tick=False),
        deployment(patch) as deployed,
        client() as found,
    ):
        adapters().organizations.add(ORGANIZATION, AIKO, an_entry())
        deployed.scheduling.put_new(member_item(BEN))
        who = AIKO.organization_id, AIKO.member_id
        session = Session(hashed("secret"), *who, EARLY + 9 * HOUR, EARLY)
        DynamoDbSessions(deployed.scheduling, deployed.access).add(session)
        populate(deployed.scheduling, external_members)
        found.headers["cookie"] = "__Host-session=secret"
        yield found


def populate(table, external_members):
    """Store people where moto keeps a table: through its client that takes ten times as long."""
    [backends] = dynamodb_backends.values()
    stored = backends[REGION].get_table(table.name)
    for number, member in enumerate(external_members):
        stored.put_item(encoded(external_member_item(member)))
        # Of the others no list below shows the mail.
        if number < 50 or number % 50 == 0:
            stored.put_item(message_put(table, member.request_mail, now=EARLY)["Put"]["Item"])


def crowd(size):
    """Yield people, the newest first: each hundredth is called Yuki, Ben has each fiftieth.

    They have as many windows as anybody may have, so that few of them are a megabyte.
    """
    hours = [DAY + 2 * number * HOUR for number in range(200)]
    template = an_external_member(*(TimeRange(hour, hour + HOUR) for hour in hours))
    for number in range(size):
        yield replace(
            template,
            external_member_id=derived_id(f"external member {number}"),
            name="Yuki Sato" if number % 100 == 0 else "Kenji Tanaka",
            email=f"{number}@people.example",
            person_in_charge_id=BEN.member_id if number % 50 == 0 else AIKO.member_id,
            created_at=EARLY - number * timedelta(minutes=1),
        )


def emails(numbers):
    return [f"{number}@people.example" for number in numbers]


def shown(answer):
    return [row["email"] for row in answer.json()["items"]]


def asked(team, path, **query):
    """Return the answer, and how many requests of each kind it took beside those for who asks."""
    with counted_requests(adapters()._client) as counts:
        answer = team.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer, dict(counts - WHO_ASKS)


def walked(team, **query):
    """Return whom a list shows from its first part to its last, and how many parts there were."""
    found, parts = [], 0
    while True:
        answer, requests = asked(team, LIST, **query)
        found += shown(answer)
        parts += 1
        assert requests.pop("Query") <= 3
        assert requests in ({}, {"BatchGetItem": 2})
        if answer.json()["next_cursor"] is None:
            return found, parts
        query["cursor"] = answer.json()["next_cursor"]


def test_a9_of_ten_thousand_the_first_part_is_three_requests_and_a_search_five_at_a_time():
    with team_with(crowd(10_000)) as team:
        by_program, of_program = asked(team, LIST)
        by_browser, of_browser = asked(team, PAGE)
        searched, of_search = asked(team, LIST, q="YUKI")

    assert shown(by_program) == emails(range(50))
    assert re.findall(r"\d+@people.example", by_browser.text) == emails(range(50))
    assert of_program == {"Query": 1, "BatchGetItem": 2}
    assert of_browser == {"Query": 2, "BatchGetItem": 1}
    found = shown(searched)
    assert found
    assert found == emails(range(0, 100 * len(found), 100))
    assert searched.json()["next_cursor"] is not None
    assert of_search == {"Query": 3, "BatchGetItem": 2}


@pytest.mark.parametrize(
    ("query", "whom"),
    [
        ({"q": "yuki", "limit": 2}, range(0, 700, 100)),
        ({"person_in_charge_id": BEN.member_id, "limit": 5}, range(0, 700, 50)),
    ],
)
def test_a9_whoever_is_looked_for_is_found_once_up_to_the_end_of_four_megabytes(query, whom):
    with team_with(crowd(700)) as team:
        found, parts = walked(team, **query)

    assert found == emails(whom)
    assert parts > 1
