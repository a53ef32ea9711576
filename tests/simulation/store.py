"""A store that keeps DynamoDB's promises, in memory: transactions, conditions, tokens, an index.

Requests and answers have the form that boto3 gives them. What no adapter asks
for is refused, so that nothing is taken for granted that was never looked at.
Source: DynamoDB API reference and "Read consistency" in the developer guide.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from scheduling.adapters.dynamodb.keys import BY_TIME
from tests.simulation.expressions import (
    ExpressionInvalid,
    Item,
    condition,
    key_condition,
    update,
)

type Key = tuple[str, str]
"""`PK` and `SK`."""

type Place = tuple[str, Key]
"""A table and a key."""

type Partitions = dict[str, dict[str, Item]]
"""Items by `PK` and `SK`; what is inside of it is never changed in place."""

type Request = Mapping[str, Any]

MOST_WRITES = 100
"""Source: DynamoDB API reference, TransactWriteItems, TransactItems."""

TOKEN_LIFE_SECONDS = 600
"""Source: DynamoDB API reference, TransactWriteItems, ClientRequestToken."""

LONGEST_LAG = 3
"""How many commits a read may be behind that does not ask for consistency."""

_COMMON = {"TableName", "ExpressionAttributeNames", "ExpressionAttributeValues"}
_KNOWN = {
    "GetItem": {"TableName", "Key", "ConsistentRead"},
    "Query": _COMMON
    | {"IndexName", "KeyConditionExpression", "ScanIndexForward", "Limit", "ConsistentRead"},
    "Put": _COMMON | {"Item", "ConditionExpression"},
    "Update": _COMMON | {"Key", "UpdateExpression", "ConditionExpression", "ReturnValues"},
    "Delete": _COMMON | {"Key", "ConditionExpression"},
    "ConditionCheck": _COMMON | {"Key", "ConditionExpression"},
}


@dataclass(frozen=True, slots=True)
class Written:
    """What a commit did to one item."""

    table: str
    key: Key
    before: Item | None
    after: Item | None


@dataclass(frozen=True, slots=True)
class Transaction:
    """Writes that are on their way: nobody else may write these items meanwhile."""

    writes: Sequence[Mapping[str, Request]]
    token: str
    places: tuple[Place, ...]


class _Table:
    def __init__(self) -> None:
        self.items: Partitions = {}
        self.by_time: dict[str, dict[Key, Item]] = {}
        self.former: deque[tuple[Partitions, dict[str, dict[Key, Item]]]] = deque(
            maxlen=LONGEST_LAG
        )
        """What it was before the latest commits, the latest first."""

    def get(self, key: Key) -> Item | None:
        return self.items.get(key[0], {}).get(key[1])

    def remember(self) -> None:
        self.former.appendleft((dict(self.items), dict(self.by_time)))

    def as_of(self, lag: int) -> tuple[Partitions, dict[str, dict[Key, Item]]]:
        if not lag or not self.former:
            return self.items, self.by_time
        return self.former[min(lag, len(self.former)) - 1]

    def put(self, key: Key, item: Item | None) -> None:
        partition, sort = key
        before = self.get(key)
        self.items[partition] = _with(self.items.get(partition, {}), sort, item)
        if before is not None and "GSI1PK" in before:
            self._index(before["GSI1PK"]["S"], key, None)
        if item is not None and "GSI1PK" in item:
            self._index(item["GSI1PK"]["S"], key, item)

    def _index(self, partition: str, key: Key, item: Item | None) -> None:
        self.by_time[partition] = _with(self.by_time.get(partition, {}), key, item)


class Store:
    """Tables, and what may be asked of them; every method is one indivisible step."""

    def __init__(self, *, tables: Iterable[str], seconds: Callable[[], float]) -> None:
        """Make empty tables; `seconds` is a clock, for the life of tokens."""
        self._tables = {name: _Table() for name in tables}
        self._seconds = seconds
        self._in_flight: dict[Place, Transaction] = {}
        self._tokens: dict[str, tuple[Sequence[Mapping[str, Request]], float]] = {}
        self.on_commit: Callable[[Sequence[Written]], None] = lambda written: None

    def load(self, items: Mapping[str, Partitions]) -> None:
        """Put items into the tables, as they are found in another store."""
        for name, partitions in items.items():
            for partition, of_partition in partitions.items():
                for sort, item in of_partition.items():
                    self._tables[name].put((partition, sort), item)

    def forget_past(self) -> None:
        """Let everybody see what is stored now: it was stored long ago."""
        for table in self._tables.values():
            table.former.clear()

    def items(self, table: str) -> Partitions:
        return self._tables[table].items

    def get_item(self, request: Request, *, lag: int = 0) -> dict[str, Any]:
        _check_known("GetItem", request)
        items, _ = self._tables[request["TableName"]].as_of(_allowed(lag, request))
        partition, sort = _key_of(request["Key"])
        item = items.get(partition, {}).get(sort)
        return {} if item is None else {"Item": item}

    def batch_get_item(self, request: Request) -> dict[str, Any]:
        answers = {}
        for name, wanted in request["RequestItems"].items():
            table = self._tables[name]
            found = (table.get(_key_of(key)) for key in wanted["Keys"])
            answers[name] = [item for item in found if item is not None]
        return {"Responses": answers, "UnprocessedKeys": {}}

    def query(self, request: Request, *, lag: int = 0) -> dict[str, Any]:
        """Answer with what a partition has in a range, from the table or from the index."""
        _check_known("Query", request)
        is_of_index = request.get("IndexName") == BY_TIME
        text = request["KeyConditionExpression"]
        partition_key, sort_key = ("GSI1PK", "GSI1SK") if is_of_index else ("PK", "SK")
        items, by_time = self._tables[request["TableName"]].as_of(_allowed(lag, request))
        try:
            placeholder, holds = key_condition(text, partition_key)
        except ExpressionInvalid as invalid:
            raise _invalid(str(invalid)) from invalid
        values = request["ExpressionAttributeValues"]
        _check_placeholders(holds.placeholders, request)
        partition = values[placeholder]["S"]
        candidates: Iterable[Item] = (by_time if is_of_index else items).get(partition, {}).values()
        found = [item for item in candidates if holds.meaning(item, values)]
        is_forward = request.get("ScanIndexForward", True)
        found.sort(key=lambda item: str(item[sort_key]["S"]), reverse=not is_forward)
        return {"Items": found[: request.get("Limit")]}

    def put_item(self, request: Request) -> dict[str, Any]:
        return self._write("Put", request)

    def update_item(self, request: Request) -> dict[str, Any]:
        return self._write("Update", request)

    def delete_item(self, request: Request) -> dict[str, Any]:
        return self._write("Delete", request)

    def begin(self, request: Request) -> Transaction | None:
        """Let a transaction set out; None where its token says that it has arrived already.

        Raises:
            ClientError: It is in the way of another one, or makes no sense.
        """
        writes, token = request["TransactItems"], request["ClientRequestToken"]
        if token in self._tokens:
            known, since = self._tokens[token]
            if self._seconds() < since + TOKEN_LIFE_SECONDS:
                if known != writes:
                    raise refused("IdempotentParameterMismatchException", "TransactWriteItems")
                return None
        places = tuple(_place(*_only(write)) for write in writes)
        if len(places) > MOST_WRITES or len(set(places)) < len(places):
            raise _invalid("too many writes, or two of one item")
        others = [self._in_flight.get(place) for place in places]
        if any(other is not None and other.token == token for other in others):
            raise refused("TransactionInProgressException", "TransactWriteItems")
        if any(others):
            raise cancelled("TransactionConflict" if other else "None" for other in others)
        transaction = Transaction(writes, token, places)
        self._in_flight |= dict.fromkeys(places, transaction)
        return transaction

    def commit(self, transaction: Transaction) -> None:
        """Let a transaction arrive.

        Raises:
            ClientError: A condition did not hold; nothing was written.
        """
        for place in transaction.places:
            del self._in_flight[place]
        written: list[Written] = []
        reasons = []
        for (name, key), write in zip(transaction.places, transaction.writes, strict=True):
            verb, request = _only(write)
            before = self._tables[name].get(key)
            holds, after = _outcome(verb, request, before)
            reasons.append("None" if holds else "ConditionalCheckFailed")
            if verb != "ConditionCheck":
                written.append(Written(name, key, before, after))
        if "ConditionalCheckFailed" in reasons:
            raise cancelled(reasons)
        self._tokens[transaction.token] = transaction.writes, self._seconds()
        self._apply(written)

    def _write(self, verb: str, request: Request) -> dict[str, Any]:
        name, key = _place(verb, request)
        if (name, key) in self._in_flight:
            raise refused("TransactionConflictException", verb)
        before = self._tables[name].get(key)
        holds, after = _outcome(verb, request, before)
        if not holds:
            raise refused("ConditionalCheckFailedException", verb)
        self._apply([Written(name, key, before, after)])
        return {"Attributes": after} if request.get("ReturnValues") == "ALL_NEW" else {}

    def _apply(self, written: Sequence[Written]) -> None:
        for table in self._tables.values():
            table.remember()
        for one in written:
            self._tables[one.table].put(one.key, one.after)
        self.on_commit(written)


def refused(code: str, operation: str, **more: Any) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": code}, **more}
    return ClientError(answer, operation)


def cancelled(codes: Iterable[str]) -> ClientError:
    """Return the error of a transaction with one reason for each of its writes."""
    return refused(
        "TransactionCanceledException",
        "TransactWriteItems",
        CancellationReasons=[{"Code": code} for code in codes],
    )


def _invalid(what: str) -> ClientError:
    return ClientError({"Error": {"Code": "ValidationException", "Message": what}}, "Write")


def _outcome(verb: str, request: Request, before: Item | None) -> tuple[bool, Item | None]:
    """Return whether the condition of a write holds, and the item as it is after the write."""
    _check_known(verb, request)
    names = frozenset(request.get("ExpressionAttributeNames", {}).items())
    values = request.get("ExpressionAttributeValues", {})
    used: frozenset[str] = frozenset()
    try:
        if "ConditionExpression" in request:
            compiled = condition(request["ConditionExpression"], names)
            used |= compiled.placeholders
        if verb == "Update":
            change = update(request["UpdateExpression"], names)
            used |= change.placeholders
        _check_placeholders(used, request)
        if "ConditionExpression" in request and not compiled.meaning(before or {}, values):
            return False, before
        match verb:
            case "Put":
                return True, request["Item"]
            case "Update":
                after = dict(before or request["Key"])
                change.meaning(after, values)
                return True, after
            case "Delete":
                return True, None
            case _:
                return True, before
    except ExpressionInvalid as invalid:
        raise _invalid(str(invalid)) from invalid


def _check_known(operation: str, request: Request) -> None:
    if not _KNOWN[operation].issuperset(request):
        raise _invalid(f"unknown here: {sorted(request.keys() - _KNOWN[operation])}")


def _check_placeholders(used: frozenset[str], request: Request) -> None:
    given = {
        *request.get("ExpressionAttributeNames", ()),
        *request.get("ExpressionAttributeValues", ()),
    }
    if used != given:
        raise _invalid(f"unused or undefined: {sorted(used ^ given)}")


def _allowed(lag: int, request: Request) -> int:
    return 0 if request.get("ConsistentRead") else lag


def _only(write: Mapping[str, Request]) -> tuple[str, Request]:
    ((verb, request),) = write.items()
    return verb, request


def _place(verb: str, request: Request) -> Place:
    return request["TableName"], _key_of(request["Item" if verb == "Put" else "Key"])


def _key_of(item: Mapping[str, Any]) -> Key:
    return item["PK"]["S"], item["SK"]["S"]


def _with[Name](items: Mapping[Name, Item], name: Name, item: Item | None) -> dict[Name, Item]:
    """Return a copy in which one item is another, or is missing."""
    copy = dict(items)
    if item is None:
        copy.pop(name, None)
    else:
        copy[name] = item
    return copy
