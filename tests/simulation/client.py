"""A DynamoDB client through which things go wrong, and others come between."""

from __future__ import annotations

from collections import Counter
from enum import Enum
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.simulation.store import LONGEST_LAG, cancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from tests.simulation.scheduler import Scheduler
    from tests.simulation.store import Store


class Fault(Enum):
    CONFLICT = "conflict"
    """A transaction was in the way of another one."""
    REQUEST_LOST = "request lost"
    ANSWER_LOST = "answer lost"
    CRASH_BEFORE = "crash before the call"
    CRASH_AFTER = "crash after the call"


_OFTEN = {
    Fault.CONFLICT: 0.05,
    Fault.REQUEST_LOST: 0.02,
    Fault.ANSWER_LOST: 0.05,
    Fault.CRASH_BEFORE: 0.02,
    Fault.CRASH_AFTER: 0.03,
}
"""How likely a write meets each of them."""

_STALE_OFTEN = 0.3


class Crash(BaseException):
    """The process that ran a task died; not to be caught by what is tested."""


class Client:
    """What the adapters see of boto3; faults meet only whom a scheduler runs."""

    def __init__(self, store: Store, scheduler: Scheduler, random: Random) -> None:
        self.scheduler = scheduler
        self._store = store
        self._random = random
        self.met: Counter[str] = Counter()
        """How often each fault was met, and how often a transaction was in another's way."""
        self.note: Callable[[str, object], None] = lambda what, detail: None
        """Is told of every step."""

    def get_item(self, **request: Any) -> dict[str, Any]:
        self._pause("get", request["Key"])
        return self._store.get_item(request, lag=self._lag())

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        self._pause("batch get", ())
        return self._store.batch_get_item(request)

    def query(self, **request: Any) -> dict[str, Any]:
        self._pause("query", request["ExpressionAttributeValues"])
        return self._store.query(request, lag=self._lag())

    def get_paginator(self, operation: str) -> _OnePage:
        if operation != "query":
            raise ValueError(f"nobody pages through this: {operation}")
        return _OnePage(self)

    def put_item(self, **request: Any) -> dict[str, Any]:
        return self._write(self._store.put_item, request)

    def update_item(self, **request: Any) -> dict[str, Any]:
        return self._write(self._store.update_item, request)

    def delete_item(self, **request: Any) -> dict[str, Any]:
        return self._write(self._store.delete_item, request)

    def transact_write_items(self, **request: Any) -> dict[str, Any]:
        fault = self._fault()
        self._pause("transact", request["TransactItems"])
        self._meet_before(fault)
        if fault is Fault.REQUEST_LOST:
            raise _timeout()
        if fault is Fault.CONFLICT:
            raise cancelled(["TransactionConflict"] * len(request["TransactItems"]))
        try:
            transaction = self._store.begin(request)
        except ClientError:
            self.met["in the way"] += 1
            raise
        if transaction is not None:
            # It holds its items for a while, on which others fail.
            self.scheduler.pause()
            self._store.commit(transaction)
        self._pause("done", ())
        self._meet_after(fault)
        if fault is Fault.ANSWER_LOST:
            raise _timeout()
        return {}

    def _write(
        self, write: Callable[[dict[str, Any]], dict[str, Any]], request: dict[str, Any]
    ) -> dict[str, Any]:
        fault = self._fault()
        self._pause("write", request.get("Key"))
        self._meet_before(fault)
        answer = write(request)
        self._meet_after(fault)
        if fault is Fault.ANSWER_LOST:
            # boto3 sends a plain write again by itself.
            self._pause("write again", request.get("Key"))
            answer = write(request)
        return answer

    def _pause(self, what: str, detail: object) -> None:
        self.note(what, detail)
        self.scheduler.pause()

    def _fault(self) -> Fault | None:
        if not self.scheduler.is_running:
            return None
        chosen = self._random.random()
        for fault, often in _OFTEN.items():
            if chosen < often:
                return fault
            chosen -= often
        return None

    def _lag(self) -> int:
        if not self.scheduler.is_running or self._random.random() >= _STALE_OFTEN:
            return 0
        self.met["stale read"] += 1
        return self._random.randint(1, LONGEST_LAG)

    def _meet_before(self, fault: Fault | None) -> None:
        if fault is None:
            return
        self.met[fault.value] += 1
        self.note(fault.value, ())
        if fault is Fault.CRASH_BEFORE:
            raise Crash

    def _meet_after(self, fault: Fault | None) -> None:
        if fault is Fault.CRASH_AFTER:
            raise Crash


class _OnePage:
    """A paginator: everything that a query finds fits into one page here."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        yield self._client.query(**request)


def _timeout() -> ReadTimeoutError:
    return ReadTimeoutError(endpoint_url="https://dynamodb.example")
