"""Google rings: what is passed on, and what makes no work at all."""

import boto3
import pytest

from handlers.api import notifications
from handlers.wiring import adapters
from scheduling.domain.channels import channel_token
from scheduling.domain.connections import ConnectionKey, Provider
from scheduling.domain.identifiers import new_id
from scheduling.domain.sync_turns import BUCKET_SECONDS, Ring, SyncRequest, read_request
from tests.support.deployment import CHANNEL_SECRET
from tests.support.in_memory_sync import InMemoryChannelSecrets, InMemorySyncQueue
from tests.support.in_process import LambdaContext

SECRET = CHANNEL_SECRET.encode()
WHOSE = ConnectionKey(new_id(), new_id(), Provider.GOOGLE)
NOON = 1_796_126_400_000
"""In milliseconds since 1970; a bucket begins."""


@pytest.fixture
def queue():
    """What the receiver puts into the queue, without AWS behind it."""
    queue = InMemorySyncQueue()
    adapters.cache_clear()
    adapters().sync_queue = queue
    adapters().channel_secrets = InMemoryChannelSecrets(SECRET)
    notifications._passed_on.clear()
    yield queue
    adapters.cache_clear()


def notification(channel_id, *, number=2, at=NOON, **headers):
    """Return the event of a message on one of Google's channels."""
    usual = {
        "x-goog-channel-id": channel_id,
        "x-goog-channel-token": channel_token(SECRET, WHOSE, channel_id),
        "x-goog-channel-expiration": "Tue, 08 Dec 2026 12:00:00 GMT",
        "x-goog-resource-id": "o3hgv1538sdjfh",
        "x-goog-resource-uri": "https://www.googleapis.com/calendar/v3/calendars/primary/events",
        "x-goog-resource-state": "exists" if number > 1 else "sync",
        "x-goog-message-number": str(number),
    }
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "version": "2.0",
        "routeKey": "POST /notifications/google",
        "headers": {name: each for name, each in (usual | named).items() if each is not None},
        "requestContext": {"timeEpoch": at},
        "isBase64Encoded": False,
    }


def status(event):
    return notifications.handler(event, LambdaContext())["statusCode"]


def test_a_ring_is_passed_on_and_says_no_more_than_whose_channel_it_is(queue):
    channel_id = new_id()

    assert status(notification(channel_id, number=7)) == 202

    ring = Ring(channel_id, "o3hgv1538sdjfh", 7, NOON // 1000 // BUCKET_SECONDS)
    assert [*queue.waiting] == [SyncRequest(WHOSE, ring=ring)]


@pytest.mark.parametrize(
    "forged",
    [
        {"x_goog_channel_token": None},
        {"x_goog_channel_token": ""},
        {"x_goog_channel_token": "x" * 256},
        {"x_goog_channel_token": channel_token(b"another", WHOSE, "c" * 26)},
        {"x_goog_channel_token": channel_token(SECRET, WHOSE, "d" * 26)},
        {
            "x_goog_channel_token": channel_token(SECRET, WHOSE, "c" * 26).replace(
                WHOSE.member_id, new_id()
            )
        },
        {"x_goog_channel_token": channel_token(SECRET, WHOSE, "c" * 26) + "\n"},
        {"x_goog_channel_id": None},
        {"x_goog_channel_id": "e" * 26},
        {"x_goog_channel_id": "<script>"},
        {"x_goog_resource_id": None},
        {"x_goog_message_number": None},
        {"x_goog_message_number": "-1"},
        {"x_goog_message_number": "\u0663"},
    ],
)
def test_t33_what_is_forged_makes_no_work(queue, forged):
    assert status(notification("c" * 26, **forged)) == 404
    assert not queue.taken


def test_t33_ten_thousand_forged_rings_make_no_work(queue):
    for _ in range(10_000):
        assert status(notification(new_id(), x_goog_channel_token="a.b.c")) == 404

    assert not queue.waiting


def test_t34_ten_thousand_rings_at_once_are_one_request(queue):
    channel_id = new_id()

    answers = {status(notification(channel_id, number=2 + each)) for each in range(10_000)}

    assert answers == {202, 200}
    assert len(queue.waiting) == 1


def test_t34_ten_thousand_rings_on_as_many_machines_are_one_request(queue):
    channel_id = new_id()

    for number in range(2, 10_002):
        notifications._passed_on.clear()
        status(notification(channel_id, number=number))

    assert len(queue.waiting) == 1


def test_each_half_minute_passes_on_one_ring_of_a_channel(queue):
    channel_id = new_id()
    seconds = [0, 1, 29, 30, 31, 59, 60]

    answers = [status(notification(channel_id, at=NOON + 1000 * each)) for each in seconds]

    assert answers == [202, 200, 200, 202, 200, 200, 202]
    assert len(queue.waiting) == 3


def test_a_greeting_does_not_stand_for_a_ring(queue):
    channel_id = new_id()

    status(notification(channel_id, number=1))
    status(notification(channel_id, number=2))

    assert [request.ring.number for request in queue.waiting] == [1, 2]


def test_t34_with_the_queue_down_google_is_told_to_ring_again(queue):
    channel_id = new_id()
    queue.is_down = True
    assert status(notification(channel_id)) == 503

    queue.is_down = False
    assert status(notification(channel_id)) == 202


def test_sqs_is_given_the_group_and_takes_a_ring_once(deployed):
    notifications._passed_on.clear()
    channel_id = new_id()
    for _ in range(3):
        notifications._passed_on.clear()
        assert status(notification(channel_id)) == 202

    sqs = boto3.client("sqs")
    queue_url = sqs.get_queue_url(QueueName="syncs.fifo")["QueueUrl"]
    [message] = sqs.receive_message(
        QueueUrl=queue_url, MaxNumberOfMessages=10, AttributeNames=["All"]
    )["Messages"]
    request = read_request(message["Body"])
    assert request.key == WHOSE
    assert message["Attributes"]["MessageGroupId"] == request.group
    assert request.group.startswith(WHOSE.organization_id)
