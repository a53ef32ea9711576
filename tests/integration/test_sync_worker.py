"""The worker behind the queue: one bad request takes no other along (R11)."""

from handlers.streams.sync_calendars import handler
from scheduling.domain.connections import ConnectionKey, Provider
from scheduling.domain.identifiers import new_id
from scheduling.domain.sync_turns import SyncRequest
from tests.support.in_process import LambdaContext


def record(number, body):
    return {"messageId": str(number), "body": body, "eventSource": "aws:sqs"}


def test_r11_of_ten_requests_the_one_that_nobody_can_read_fails_alone(deployed, capsys):
    good = [
        SyncRequest(ConnectionKey(new_id(), new_id(), Provider.GOOGLE), due_at=0).written()
        for _ in range(9)
    ]
    records = [record(number, body) for number, body in enumerate(["poison", *good])]

    answer = handler({"Records": records}, LambdaContext())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if '"sync failed"' in line]) == 1
    assert len([line for line in lines if '"connection looked at"' in line]) == 9
