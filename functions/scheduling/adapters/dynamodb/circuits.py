"""Circuits in DynamoDB: an item only while something has failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.table import encoded, from_optional_seconds, to_seconds
from scheduling.domain.circuits import Circuit

if TYPE_CHECKING:
    from scheduling.adapters.dynamodb.table import Item, Table
    from scheduling.domain.connections import Provider


class DynamoDbCircuits:
    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, organization_id: str, provider: Provider) -> Circuit:
        item = self._table.get(keys.circuit(organization_id, provider))
        if item is None:
            return Circuit()
        return Circuit(
            failures=int(item["failures"]),
            open_until=from_optional_seconds(item.get("open_until")),
            version=int(item["version"]),
        )

    def change(self, organization_id: str, provider: Provider, circuit: Circuit) -> bool:
        is_first = circuit.version == 1
        changes: Item = {"failures": circuit.failures, "version": circuit.version}
        if circuit.open_until is not None:
            changes["open_until"] = to_seconds(circuit.open_until)
        changed = self._table.update(
            keys.circuit(organization_id, provider),
            "SET " + ", ".join(f"{name} = :{name}" for name in changes),
            condition="attribute_not_exists(version)" if is_first else "version = :before",
            values={f":{name}": value for name, value in changes.items()}
            | ({} if is_first else {":before": circuit.version - 1}),
        )
        return changed is not None

    def close(self, organization_id: str, provider: Provider) -> None:
        key = keys.circuit(organization_id, provider)
        self._table.client.delete_item(TableName=self._table.name, Key=encoded(key))
