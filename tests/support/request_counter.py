"""Counting the requests that a piece of work sends to DynamoDB."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient


@contextmanager
def counted_requests(client: DynamoDBClient) -> Iterator[Counter[str]]:
    """Count requests by operation, such as `Query`; a second try counts as well."""
    counts: Counter[str] = Counter()

    def count(event_name: str, **_: Any) -> None:
        counts[event_name.rpartition(".")[2]] += 1

    # "before-send" would never be reached: moto answers there.
    client.meta.events.register_first("request-created.dynamodb.*", count)
    try:
        yield counts
    finally:
        client.meta.events.unregister("request-created.dynamodb.*", count)
