"""Departments and designations in DynamoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.domain.directory import Directory

if TYPE_CHECKING:
    from scheduling.adapters.dynamodb.table import Table


class DynamoDbDirectories:
    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, organization_id: str) -> Directory:
        item = self._table.get(keys.directory(organization_id))
        if item is None:
            return Directory(organization_id)
        return Directory(
            organization_id, int(item["version"]), item["departments"], item["designations"]
        )
