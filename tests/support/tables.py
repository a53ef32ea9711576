"""Tables as template.yaml declares them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from dev.build.template import written
from scheduling.adapters.dynamodb.table import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SCHEMA = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


_template = cache(written)


def create_limits_table(client: DynamoDBClient, prefix: str = "test") -> Table:
    return _create(client, "LimitsTable", f"{prefix}-limits")


def create_connections_table(client: DynamoDBClient, prefix: str = "test") -> Table:
    return _create(client, "ConnectionsTable", f"{prefix}-connections")


def create_tables(client: DynamoDBClient, prefix: str = "test") -> tuple[Table, Table]:
    """Create the tables that are kept, and return them: scheduling, access."""
    return (
        _create(client, "SchedulingTable", f"{prefix}-scheduling"),
        _create(client, "AccessTable", f"{prefix}-access"),
    )


def _create(client: DynamoDBClient, resource: str, name: str) -> Table:
    declared = _template()["Resources"][resource]["Properties"]
    schema = {part: declared[part] for part in _SCHEMA if part in declared}
    client.create_table(TableName=name, **schema)
    return Table(client, name)
