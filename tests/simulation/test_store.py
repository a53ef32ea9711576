"""The simulated store answers as DynamoDB does: as moto does, and where moto says nothing, as read.

Both get the same requests; moto in one thread.
"""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from scheduling.adapters.dynamodb.table import _deserializer, _serializer
from tests.simulation.store import Store, Transaction
from tests.simulation.wire import Deserializer, Serializer
from tests.support.tables import create_tables

if TYPE_CHECKING:
    from collections.abc import Callable

TABLE = "test-scheduling"
KEY = {"PK": {"S": "hour"}, "SK": {"S": "A"}}
OTHER = {"PK": {"S": "hour"}, "SK": {"S": "B"}}
OWNERS = {":me": {"S": "me"}, ":only_me": {"SS": ["me"]}, ":only_you": {"SS": ["you"]}}

UPDATES = [
    "SET m00 = :me",
    "REMOVE m00",
    "ADD b00 :only_me",
    "ADD b00 :only_you",
    "DELETE b00 :only_me",
    "DELETE b00 :only_you",
    "ADD tries :one SET #state = :queued",
    "SET #state = :sent REMOVE tries DELETE b00 :only_me",
]
CONDITIONS = [
    "attribute_not_exists(m00) AND attribute_not_exists(b00)",
    "attribute_not_exists(m00)",
    "m00 = :me",
    "contains(b00, :me)",
    "b00 = :only_me AND attribute_not_exists(m00)",
    "attribute_exists(PK)",
    "attribute_not_exists(PK) OR tries = :one",
    "#state = :queued OR tries <= :one",
    "#state IN (:queued, :sent)",
    "(contains(b00, :me) OR m00 = :me) AND tries < :one",
    "tries BETWEEN :one AND :two",
]
NAMES = {"#state": "state"}
VALUES = {
    **OWNERS,
    ":one": {"N": "1"},
    ":two": {"N": "2"},
    ":queued": {"S": "queued"},
    ":sent": {"S": "sent"},
}


@pytest.fixture
def moto(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "none")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    with mock_aws():
        client = boto3.client("dynamodb")
        create_tables(client)
        yield client


@pytest.fixture
def store():
    return Store(tables=[TABLE], seconds=lambda: 0.0)


def test_random_updates_end_alike(moto, store):
    random = Random(1)  # noqa: S311 - no secret

    for _ in range(300):
        request = _update(random)

        answer = _outcome(partial(store.update_item, request))
        assert answer == _outcome(partial(moto.update_item, **request))


def test_random_transactions_end_alike(moto, store):
    random = Random(2)  # noqa: S311 - no secret

    for number in range(200):
        writes = [
            {"Update": _without_answer(_update(random, KEY))},
            random.choice(
                [
                    {"Update": _without_answer(_update(random, OTHER))},
                    {"Put": {"TableName": TABLE, "Item": {**OTHER, "tries": {"N": "1"}}}},
                    {"Delete": {"TableName": TABLE, "Key": OTHER}},
                    {
                        "ConditionCheck": {
                            "TableName": TABLE,
                            "Key": OTHER,
                            "ConditionExpression": "attribute_not_exists(m00)",
                        }
                    },
                ]
            ),
        ]
        request = {"TransactItems": writes, "ClientRequestToken": f"token-{number}"}

        answer = _outcome(partial(_transact, store, request))
        assert answer == _outcome(partial(moto.transact_write_items, **request))
        for key in (KEY, OTHER):
            read = {"TableName": TABLE, "Key": key, "ConsistentRead": True}
            found = _outcome(partial(store.get_item, read))
            assert found == _outcome(partial(moto.get_item, **read))


@pytest.mark.parametrize(
    "query",
    [
        {
            "KeyConditionExpression": "PK = :pk AND SK BETWEEN :from AND :to",
            "ExpressionAttributeValues": {
                ":pk": {"S": "host"},
                ":from": {"S": "02"},
                ":to": {"S": "04"},
            },
        },
        {
            "IndexName": "by_time",
            "KeyConditionExpression": "GSI1PK = :pk AND GSI1SK < :to",
            "ExpressionAttributeValues": {":pk": {"S": "queue"}, ":to": {"S": "8"}},
            "Limit": 3,
        },
        {
            "IndexName": "by_time",
            "KeyConditionExpression": "GSI1PK = :pk",
            "ExpressionAttributeValues": {":pk": {"S": "queue"}},
            "ScanIndexForward": False,
        },
    ],
    ids=["between", "index, limited", "index, backward"],
)
def test_queries_find_the_same(moto, store, query):
    for number in range(6):
        item: dict[str, Any] = {"PK": {"S": "host"}, "SK": {"S": f"{number:02}"}}
        if number % 2:
            item |= {"GSI1PK": {"S": "queue"}, "GSI1SK": {"S": str(9 - number)}}
        moto.put_item(TableName=TABLE, Item=item)
        store.put_item({"TableName": TABLE, "Item": item})

    request = {"TableName": TABLE, **query}

    assert store.query(request)["Items"] == moto.query(**request)["Items"]
    assert store.query(request)["Items"]


def test_a_token_makes_a_transaction_happen_once_for_ten_minutes():
    seconds = 0.0
    store = Store(tables=[TABLE], seconds=lambda: seconds)
    request = _counting("token")

    _transact(store, request)
    _transact(store, request)
    assert _tries(store) == 1

    seconds = 601.0
    _transact(store, request)
    assert _tries(store) == 2


def test_a_token_is_good_for_one_request_only(store):
    _transact(store, _counting("token"))
    other = {**_counting("token"), "TransactItems": [{"Delete": {"TableName": TABLE, "Key": KEY}}]}

    assert _code(lambda: _transact(store, other)) == "IdempotentParameterMismatchException"


def test_transactions_on_their_way_are_in_the_way_of_others(store):
    on_its_way = store.begin(_counting("one"))

    assert _code(lambda: store.begin(_counting("two"))) == "TransactionCanceledException"
    assert _code(lambda: store.begin(_counting("one"))) == "TransactionInProgressException"
    delete = {"TableName": TABLE, "Key": KEY}
    assert _code(lambda: store.delete_item(delete)) == "TransactionConflictException"

    assert isinstance(on_its_way, Transaction)
    store.commit(on_its_way)
    store.delete_item(delete)


@pytest.mark.parametrize(
    "change",
    [
        {"UpdateExpression": "SET m00 = :me, m00 = :me"},
        {"UpdateExpression": "SET m00 = m05"},
        {"UpdateExpression": "SET m00 = :you"},
        {"ConditionExpression": ""},
        {"ConditionExpression": "size(m00) > :me"},
        {"ConditionExpression": "attribute_not_exists(m00) AND"},
        {"ExpressionAttributeValues": OWNERS},
        {"ReturnConsumedCapacity": "TOTAL"},
    ],
    ids=str,
)
def test_what_makes_no_sense_or_was_never_looked_at_is_refused(store, change):
    request = {
        "TableName": TABLE,
        "Key": KEY,
        "UpdateExpression": "SET m00 = :me",
        "ExpressionAttributeValues": {":me": {"S": "me"}},
    }

    store.update_item(request)
    assert _code(lambda: store.update_item(request | change)) == "ValidationException"


def test_a_stale_read_sees_what_was_before(store):
    for tries in ("1", "2", "3"):
        store.put_item({"TableName": TABLE, "Item": {**KEY, "tries": {"N": tries}}})
    read = {"TableName": TABLE, "Key": KEY}

    assert store.get_item(read, lag=2)["Item"]["tries"] == {"N": "1"}
    assert store.get_item({**read, "ConsistentRead": True}, lag=2)["Item"]["tries"] == {"N": "3"}


@pytest.mark.parametrize(
    "value", ["", "a", 0, -5, True, None, {"only"}, [1, "a", None], {"a": {"b": [False]}}]
)
def test_values_travel_as_boto3_writes_and_reads_them(value):
    written = _serializer.serialize(value)

    assert Serializer().serialize(value) == written
    assert Deserializer().deserialize(written) == _deserializer.deserialize(written)


def _update(random: Random, key: dict[str, Any] = KEY) -> dict[str, Any]:
    """Return an update that adapters could ask for, with exactly the values that it needs."""
    update, condition = random.choice(UPDATES), random.choice(CONDITIONS)
    text = f"{update} {condition}"
    request: dict[str, Any] = {
        "TableName": TABLE,
        "Key": key,
        "UpdateExpression": update,
        "ConditionExpression": condition,
        "ReturnValues": "ALL_NEW",
    }
    values = {name: value for name, value in VALUES.items() if name in text}
    if values:
        request["ExpressionAttributeValues"] = values
    if "#state" in text:
        request["ExpressionAttributeNames"] = NAMES
    return request


def _without_answer(request: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in request.items() if name != "ReturnValues"}


def _counting(token: str) -> dict[str, Any]:
    add = {
        "TableName": TABLE,
        "Key": KEY,
        "UpdateExpression": "ADD tries :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    return {"TransactItems": [{"Update": add}], "ClientRequestToken": token}


def _tries(store: Store) -> int:
    return int(store.get_item({"TableName": TABLE, "Key": KEY})["Item"]["tries"]["N"])


def _transact(store: Store, request: dict[str, Any]) -> dict[str, Any]:
    transaction = store.begin(request)
    if transaction is not None:
        store.commit(transaction)
    return {}


def _outcome(ask: Callable[[], dict[str, Any]]) -> object:
    """Return what an answer says, or how it refuses."""
    try:
        answer = ask()
    except ClientError as error:
        reasons = error.response.get("CancellationReasons", [])
        return error.response["Error"]["Code"], [reason["Code"] for reason in reasons]
    item = answer.get("Attributes", answer.get("Item", {}))
    return {
        name: {"SS": sorted(value["SS"])} if "SS" in value else value
        for name, value in item.items()
    }


def _code(ask: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as refused:
        ask()
    return str(refused.value.response["Error"]["Code"])
