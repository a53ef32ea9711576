"""The worker behind the queue: one bad request takes no other along (R11)."""

from collections import Counter

from handlers.streams.sync_calendars import handler
from scheduling.domain.connections import ConnectionKey, Provider
from scheduling.domain.identifiers import new_id
from scheduling.domain.sync_turns import SyncRequest
from tests.support.in_process import LambdaContext


def record(number, body):
    return {"messageId": str(number), "body": body, "eventSource": "aws:sqs"}


def test_r11_of_ten_requests_the_one_that_nobody_can_read_fails_alone(deployed, caplog):
    good = [
        SyncRequest(ConnectionKey(new_id(), new_id(), Provider.GOOGLE), due_at=0).written()
        for _ in range(9)
    ]
    records = [record(number, body) for number, body in enumerate(["poison", *good])]

    answer = handler({"Records": records}, LambdaContext())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    messages = Counter(record.getMessage() for record in caplog.records)
    assert (messages["sync failed"], messages["connection looked at"]) == (1, 9)
