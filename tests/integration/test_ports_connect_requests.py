"""Promises about what members were asked to connect, kept by every adapter."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from scheduling.adapters.dynamodb.audit_log import DynamoDbAuditLog
from scheduling.adapters.dynamodb.connect_requests import DynamoDbConnectRequests
from scheduling.adapters.dynamodb.outbox import DynamoDbOutbox
from scheduling.domain.audit import Activity
from scheduling.domain.connect_requests import ConnectRequest
from scheduling.domain.connections import Platform
from scheduling.domain.identifiers import derived_id
from scheduling.domain.messages import DeliveryState, Subject
from scheduling.domain.refusals import ConnectionChanged
from scheduling.ports import EntryFilter
from tests.support.builders import AIKO, EARLY, ORGANIZATION, an_entry
from tests.support.in_memory import InMemoryAdapters

ORG, BEN = ORGANIZATION.organization_id, derived_id("ben")
FIRST = ConnectRequest(
    organization_id=ORG,
    member_id=BEN,
    platform=Platform.ZOOM,
    number=1,
    is_reconnect=False,
    asked_by_id=AIKO.member_id,
    asked_at=EARLY,
)
ENTRY = an_entry(Activity.CONNECT_REQUESTED)


@pytest.fixture(params=["in memory", "dynamodb"])
def ports(request):
    if request.param == "in memory":
        return InMemoryAdapters()
    scheduling, _ = request.getfixturevalue("tables")
    return SimpleNamespace(
        connect_requests=DynamoDbConnectRequests(scheduling),
        outbox=DynamoDbOutbox(scheduling),
        audit_log=DynamoDbAuditLog(scheduling),
    )


def entries(ports):
    return ports.audit_log.list(ORG, EntryFilter(), cursor=None, limit=9).items


def test_a_request_is_stored_with_its_mail_and_its_entry(ports):
    ports.connect_requests.add(FIRST, ENTRY)

    [posted] = ports.outbox.of_subject(ORG, Subject.CONNECTION, BEN)
    assert ports.connect_requests.get(ORG, BEN, Platform.ZOOM) == FIRST
    assert (posted.message, posted.delivery.state) == (FIRST.message, DeliveryState.QUEUED)
    assert entries(ports) == (ENTRY,)


def test_each_platform_is_asked_for_by_itself(ports):
    ports.connect_requests.add(FIRST, ENTRY)

    assert ports.connect_requests.get(ORG, BEN, Platform.GOOGLE_MEET) is None
    assert ports.connect_requests.get(ORG, AIKO.member_id, Platform.ZOOM) is None


def test_the_next_request_takes_the_place_of_the_one_before(ports):
    second = replace(FIRST, number=2, is_reconnect=True)
    ports.connect_requests.add(FIRST, ENTRY)

    ports.connect_requests.add(second, an_entry())

    assert ports.connect_requests.get(ORG, BEN, Platform.ZOOM) == second
    assert len(ports.outbox.of_subject(ORG, Subject.CONNECTION, BEN)) == 2


@pytest.mark.parametrize("number", [1, 3])
def test_of_two_requests_at_once_one_is_refused_with_its_mail(ports, number):
    ports.connect_requests.add(FIRST, ENTRY)

    with pytest.raises(ConnectionChanged):
        ports.connect_requests.add(replace(FIRST, number=number), an_entry())

    assert len(ports.outbox.of_subject(ORG, Subject.CONNECTION, BEN)) == 1
    assert entries(ports) == (ENTRY,)
