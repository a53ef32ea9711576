"""Departments and designations in DynamoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.audit_log import entry_put
from scheduling.adapters.dynamodb.table import TransactionRefused, transact
from scheduling.domain.directory import Directory
from scheduling.domain.refusals import DirectoryChanged

if TYPE_CHECKING:
    from scheduling.adapters.dynamodb.table import Table
    from scheduling.domain.audit import Entry


class DynamoDbDirectories:
    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, organization_id: str) -> Directory:
        item = self._table.get(keys.directory(organization_id))
        if item is None:
            return Directory(organization_id)
        return Directory(
            organization_id=organization_id,
            version=int(item["version"]),
            departments=item["departments"],
            designations=item["designations"],
        )

    def replace(self, directory: Directory, entry: Entry) -> None:
        item = {
            **keys.directory(directory.organization_id),
            "organization_id": directory.organization_id,
            "version": directory.version,
            "departments": dict(directory.departments),
            "designations": dict(directory.designations),
        }
        if directory.version == 1:
            stored = self._table.to_put_new(item)
        else:
            stored = self._table.to_put(
                item, condition="version = :before", values={":before": directory.version - 1}
            )
        try:
            transact(self._table.client, [stored, entry_put(self._table, entry)])
        except TransactionRefused as refused:
            raise DirectoryChanged from refused
