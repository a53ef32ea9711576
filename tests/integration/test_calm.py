"""Being in each other's way, or throttled, is not being refused (R14)."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
import time_machine

from handlers.wiring import adapters
from scheduling.adapters.dynamodb.table import MAX_TRIES, Table, transact

NOW = datetime(2026, 11, 30, 15, tzinfo=UTC)
NINE = NOW + timedelta(hours=9)
"""In Tokyo."""

CONFLICT = {
    "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
    "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}],
}
THROTTLED_ITEM = CONFLICT | {"CancellationReasons": [{"Code": "ThrottlingError"}]}


def refusal(code):
    return {"Error": {"Code": code, "Message": code}}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def slug(clock, road, created):
    road.day = NOW
    road.sign_in(created["sign_in_url"].rpartition("/l/")[2])
    return road.make_page()["slug"]


@pytest.fixture
def undecided():
    """Answer the next so many requests of an operation with an error; returns what is left."""
    left = []

    def answer(**_):
        if not left:
            return None
        return type("Refused", (), {"status_code": 400, "headers": {}}), left.pop()

    def prepare(operation, error, times):
        left.extend([error] * times)
        adapters()._client.meta.events.register_first(f"before-call.dynamodb.{operation}", answer)
        return left

    with (
        patch.dict(transact.__kwdefaults__, sleep=lambda seconds: None),
        patch.dict(Table.update.__kwdefaults__, sleep=lambda seconds: None),
    ):
        yield prepare


@pytest.mark.parametrize("times", [1, MAX_TRIES - 1])
@pytest.mark.parametrize(
    "error",
    [
        CONFLICT,
        THROTTLED_ITEM,
        refusal("TransactionInProgressException"),
        refusal("ThrottlingException"),
    ],
    ids=["conflict", "throttled item", "in progress", "throttled"],
)
def test_up_to_seven_conflicts_are_waited_out(road, slug, undecided, error, times):
    left = undecided("TransactWriteItems", error, times)

    assert road.post_booking(slug, NINE).status_code == 201
    assert left == []


@pytest.mark.parametrize("error", [CONFLICT, refusal("TransactionInProgressException")])
def test_after_eight_the_guest_is_asked_to_try_again(road, slug, undecided, error):
    left = undecided("TransactWriteItems", error, MAX_TRIES)

    answer = road.post_booking(slug, NINE)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.json()["code"] == "busy_try_again"
    assert left == []
    assert road.post_booking(slug, NINE).status_code == 201


def test_a_count_of_holds_waits_for_a_transaction_too(road, slug, undecided):
    left = undecided("UpdateItem", refusal("TransactionConflictException"), MAX_TRIES - 1)

    assert road.post_hold(slug, NINE).status_code == 201
    assert left == []
