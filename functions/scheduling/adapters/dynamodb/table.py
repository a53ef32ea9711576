"""Talking to DynamoDB: items as plain dictionaries, transactions that end in an answer."""

from __future__ import annotations

import base64
import random
import re
import secrets
import time
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004

from scheduling.adapters.dynamodb import keys
from scheduling.domain.lists import ListPage
from scheduling.domain.refusals import BusyTryAgain, FieldProblem, InvalidInput, marked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

type Item = dict[str, Any]
"""An item with Python values; numbers come back as `Decimal`."""

CONDITION_FAILED = "ConditionalCheckFailed"

FILTERED_REQUESTS = 3

MAX_TRIES = 8
PATIENCE_SECONDS = 3.0
SHORTEST_PAUSE_SECONDS = 0.025
LONGEST_PAUSE_SECONDS = 0.8

_UNDECIDED_REASONS = frozenset(
    {"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)
"""Reasons of a cancelled transaction that say nothing about its conditions.

Source: DynamoDB API reference, TransactWriteItems, TransactionCanceledException.
"""

_UNDECIDED_ERRORS = frozenset(
    {
        "TransactionConflictException",
        "TransactionInProgressException",
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "InternalServerError",
        "ServiceUnavailable",
    }
)

IDENTIFIER = "[a-z2-7]{26}"
SLUG = "[a-z0-9-]+"

_serializer = TypeSerializer()
_deserializer = TypeDeserializer()


class TransactionRefused(Exception):
    """A condition did not hold; nothing was written."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(reasons)
        self.reasons = tuple(reasons)
        """One code per item, in their order; `CONDITION_FAILED` where one did not hold."""


def encoded(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _serializer.serialize(value) for name, value in item.items()}


def decoded(item: Mapping[str, Any]) -> Item:
    return {name: _deserializer.deserialize(value) for name, value in item.items()}


def to_seconds(instant: datetime) -> int:
    """Return an instant as it is stored: whole seconds since 1970."""
    return int(instant.timestamp())


def from_seconds(stored: Decimal | int | str) -> datetime:
    return datetime.fromtimestamp(int(stored), UTC)


def to_optional_seconds(instant: datetime | None) -> int | None:
    return None if instant is None else to_seconds(instant)


def from_optional_seconds(stored: Decimal | int | None) -> datetime | None:
    return None if stored is None else from_seconds(stored)


class Table:
    """One table, and the client it is reached through."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self.client = client
        self.name = name

    def get(self, key: Mapping[str, str], *, consistent: bool = True) -> Item | None:
        answer = self.client.get_item(
            TableName=self.name, Key=encoded(key), ConsistentRead=consistent
        )
        item = answer.get("Item")
        return None if item is None else decoded(item)

    def found(self, keys: Sequence[Mapping[str, str]]) -> dict[tuple[str, str], Item]:
        """Return those items with these keys that exist, by `PK` and `SK`; at most 100."""
        found: dict[tuple[str, str], Item] = {}
        wanted: Any = {self.name: {"Keys": [encoded(key) for key in keys], "ConsistentRead": True}}
        while wanted and keys:
            answer = self.client.batch_get_item(RequestItems=wanted)
            for item in map(decoded, answer["Responses"].get(self.name, [])):
                found[item["PK"], item["SK"]] = item
            wanted = answer.get("UnprocessedKeys")
        return found

    def get_all(self, keys: Sequence[Mapping[str, str]]) -> list[Item]:
        """Return the items with these keys, in the order of the keys, at most 100.

        Raises:
            KeyError: One of them does not exist.
        """
        found = self.found(keys)
        return [found[key["PK"], key["SK"]] for key in keys]

    def each(self, query: Mapping[str, Any]) -> Iterator[Item]:
        """Yield all that a query finds, in one request for each megabyte."""
        pages = self.client.get_paginator("query").paginate(TableName=self.name, **query)
        for page in pages:
            yield from map(decoded, page["Items"])

    def due(self, queues: Iterable[str], *, now: datetime, limit: int) -> list[Item]:
        """Return what waits in each of these queues until now, the longest waiting first.

        Args:
            queues: Partitions of the index by time.
            limit: Of how many to read of each queue, in one request.
        """
        found: list[Item] = []
        for queue in queues:
            answer = self.client.query(
                TableName=self.name,
                IndexName=keys.BY_TIME,
                KeyConditionExpression="GSI1PK = :queue AND GSI1SK < :later",
                ExpressionAttributeValues=encoded(
                    {":queue": queue, ":later": keys.moment(now + timedelta(seconds=1))}
                ),
                Limit=limit,
            )
            found += map(decoded, answer["Items"])
        return sorted(found, key=itemgetter("GSI1SK"))

    def listed(
        self,
        query: Mapping[str, Any],
        *,
        after: Mapping[str, str] | None,
        limit: int,
        sort: str,
        filtered_requests: int = FILTERED_REQUESTS,
        keep: Callable[[Item], bool] | None = None,
    ) -> ListPage[Item]:
        """Return a part of what a query finds, in one request; with a filter, in a few.

        A filter is applied to a megabyte at a time, so that part may be shorter than `limit`.

        Args:
            query: The rest of the request.
            after: The whole key of the item that the part follows; None for the first part.
            sort: The attribute that the query is sorted by; the cursor is made of it.
            filtered_requests: How many to make at most where there is a filter.
            keep: Which items are meant, where DynamoDB has no words for it.
        """
        request: Any = {"TableName": self.name, **query}
        requests = filtered_requests
        if "FilterExpression" not in query and keep is None:
            request["Limit"], requests = limit, 1
        found: list[Item] = []
        last: Any = None if after is None else encoded(after)
        for _ in range(requests):
            if last is not None:
                request["ExclusiveStartKey"] = last
            answer = self.client.query(**request)
            items = map(decoded, answer["Items"])
            found += items if keep is None else filter(keep, items)
            last = answer.get("LastEvaluatedKey")
            if last is None or len(found) >= limit:
                break
        sort_key = None if last is None else decoded(last)[sort]
        if len(found) > limit:
            sort_key = found[limit - 1][sort]
        cursor = None if sort_key is None else cursor_for(sort_key)
        return ListPage(tuple(found[:limit]), cursor)

    def put_new(self, item: Mapping[str, Any]) -> None:
        self.client.put_item(
            TableName=self.name, Item=encoded(item), ConditionExpression="attribute_not_exists(PK)"
        )

    def put(
        self,
        item: Mapping[str, Any],
        *,
        condition: str,
        values: Mapping[str, Any] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> bool:
        """Store an item; tell whether the condition held.

        A transaction that has to do with the item is waited for.

        Raises:
            BusyTryAgain: It was undecided after 8 tries or 3 seconds.
        """
        request = self.to_put(item, condition=condition, values=values)["Put"]
        try:
            _until_decided(lambda: self.client.put_item(**request), sleep)
        except ClientError as error:
            if error.response["Error"]["Code"] == f"{CONDITION_FAILED}Exception":
                return False
            raise
        return True

    def update(
        self,
        key: Mapping[str, str],
        update: str,
        *,
        condition: str,
        values: Mapping[str, Any],
        names: Mapping[str, str] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Item | None:
        """Change an item, and return it; None if the condition did not hold.

        A transaction that has to do with the item is waited for.

        Raises:
            BusyTryAgain: It was undecided after 8 tries or 3 seconds.
        """
        part = self.to_update(key, update, condition=condition, values=values, names=names)
        request = part["Update"]
        try:
            answer = _until_decided(
                lambda: self.client.update_item(**request, ReturnValues="ALL_NEW"), sleep
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == f"{CONDITION_FAILED}Exception":
                return None
            raise
        return decoded(answer["Attributes"])

    def to_put(
        self,
        item: Mapping[str, Any],
        *,
        condition: str | None = None,
        values: Mapping[str, Any] | None = None,
        names: Mapping[str, str] | None = None,
    ) -> TransactWriteItemTypeDef:
        """Return the part of a transaction that stores `item`."""
        request: Any = {"TableName": self.name, "Item": encoded(item)}
        if condition is not None:
            request["ConditionExpression"] = condition
        if values:
            request["ExpressionAttributeValues"] = encoded(values)
        if names:
            request["ExpressionAttributeNames"] = dict(names)
        return {"Put": request}

    def to_put_new(self, item: Mapping[str, Any]) -> TransactWriteItemTypeDef:
        """Return the part of a transaction that stores `item` where nothing is yet."""
        return self.to_put(item, condition="attribute_not_exists(PK)")

    def to_delete(
        self,
        key: Mapping[str, str],
        *,
        condition: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> TransactWriteItemTypeDef:
        request: Any = {"TableName": self.name, "Key": encoded(key)}
        if condition is not None:
            request["ConditionExpression"] = condition
        if values:
            request["ExpressionAttributeValues"] = encoded(values)
        return {"Delete": request}

    def to_check(
        self,
        key: Mapping[str, str],
        *,
        condition: str,
        values: Mapping[str, Any] | None = None,
    ) -> TransactWriteItemTypeDef:
        """Return the part of a transaction that changes nothing and may refuse it."""
        request: Any = {
            "TableName": self.name,
            "Key": encoded(key),
            "ConditionExpression": condition,
        }
        if values:
            request["ExpressionAttributeValues"] = encoded(values)
        return {"ConditionCheck": request}

    def to_update(
        self,
        key: Mapping[str, str],
        update: str,
        *,
        condition: str | None = None,
        values: Mapping[str, Any],
        names: Mapping[str, str] | None = None,
    ) -> TransactWriteItemTypeDef:
        request: Any = {
            "TableName": self.name,
            "Key": encoded(key),
            "UpdateExpression": update,
            "ExpressionAttributeValues": encoded(values),
        }
        if condition is not None:
            request["ConditionExpression"] = condition
        if names:
            request["ExpressionAttributeNames"] = dict(names)
        return {"Update": request}


def transact(
    client: DynamoDBClient,
    writes: Sequence[TransactWriteItemTypeDef],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Do all `writes`, or none of them.

    Being in each other's way is not being refused: such a transaction is sent
    again, under the same token, so one whose answer got lost is not done twice.
    The token is new for each call: DynamoDB remembers it for ten minutes, and
    what was done and undone may well be done once more by then.

    Raises:
        TransactionRefused: A condition did not hold.
        BusyTryAgain: It was undecided after 8 tries or 3 seconds.
    """
    token = secrets.token_hex(16)
    _until_decided(
        lambda: client.transact_write_items(TransactItems=writes, ClientRequestToken=token), sleep
    )


def _until_decided[Answer](send: Callable[[], Answer], sleep: Callable[[float], None]) -> Answer:
    """Send a write until it is decided, and return the answer.

    Raises:
        BusyTryAgain: It was not after 8 tries or 3 seconds.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    for attempt in range(1, MAX_TRIES + 1):
        try:
            return send()
        except ClientError as error:
            _raise_if_decided(error)
        except (ConnectionError, HTTPClientError):
            # The answer was lost, perhaps after the write: the next try finds out.
            pass
        longest = min(LONGEST_PAUSE_SECONDS, SHORTEST_PAUSE_SECONDS * 2**attempt)
        pause = random.uniform(SHORTEST_PAUSE_SECONDS, longest)  # noqa: S311 - no secret
        if time.monotonic() + pause > until:
            break
        sleep(pause)
    raise BusyTryAgain


def _raise_if_decided(error: ClientError) -> None:
    code = error.response["Error"]["Code"]
    if code in _UNDECIDED_ERRORS:
        return
    if code != "TransactionCanceledException":
        raise error
    reasons = error.response.get("CancellationReasons", [])
    codes = [reason.get("Code", "None") for reason in reasons]
    if CONDITION_FAILED in codes:
        raise TransactionRefused(codes) from error
    if not _UNDECIDED_REASONS.issuperset(codes):
        raise error


def cursor_for(sort_key: str) -> str:
    """Return an opaque cursor that continues after `sort_key`."""
    return base64.urlsafe_b64encode(sort_key.encode()).decode().rstrip("=")


def sort_key_of(cursor: str) -> str:
    """Return the sort key a cursor continues after.

    Raises:
        InvalidInput: No list gave out this cursor.
    """
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise cursor_refused() from error


def timed_sort_key_of(cursor: str, identifier: str = IDENTIFIER) -> tuple[str, str]:
    """Return the sort key `<moment>#<identifier>` a cursor continues after, and what it names.

    Args:
        identifier: The regular expression that all identifiers in this list match.

    Raises:
        InvalidInput: No list gave out this cursor.
    """
    sort_key = sort_key_of(cursor)
    if not re.fullmatch(rf"\d{{10}}#{identifier}", sort_key, re.ASCII):
        raise cursor_refused()
    return sort_key, sort_key.partition("#")[2]


def cursor_refused() -> InvalidInput:
    message = marked("This list has no such page. Please start from its beginning.")
    return InvalidInput([FieldProblem("cursor", "invalid_cursor", message)])
