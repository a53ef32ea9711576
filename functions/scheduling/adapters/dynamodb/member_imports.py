"""Members from files in DynamoDB: an item tells how far each is; its rows are 25 to an item."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.audit_log import entry_put
from scheduling.adapters.dynamodb.table import (
    TransactionRefused,
    from_optional_seconds,
    from_seconds,
    to_seconds,
    transact,
)
from scheduling.domain.member_imports import (
    KEPT,
    LEASE,
    ROWS_AT_ONCE,
    ImportRow,
    ImportState,
    MemberImport,
    RowOutcome,
)
from scheduling.domain.refusals import IdempotencyKeyReused, ImportNotFound, ImportStarted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from scheduling.adapters.dynamodb.table import Item, Table
    from scheduling.domain.audit import Entry


class DynamoDbMemberImports:
    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, new: MemberImport, rows: Sequence[ImportRow], entry: Entry | None) -> None:
        writes = [self._table.to_put_new(_item(new)), *self._row_puts(new, rows)]
        if entry is not None:
            writes.append(entry_put(self._table, entry))
        try:
            transact(self._table.client, writes)
        except TransactionRefused as refused:
            raise IdempotencyKeyReused from refused

    def start(self, started: MemberImport, rows: Sequence[ImportRow], entry: Entry) -> None:
        put = self._table.to_put(
            _item(started),
            condition="#state = :checked",
            names={"#state": "state"},
            values={":checked": ImportState.CHECKED.value},
        )
        puts = self._row_puts(started, rows)
        try:
            transact(self._table.client, [put, *puts, entry_put(self._table, entry)])
        except TransactionRefused as refused:
            raise ImportStarted from refused

    def get(self, organization_id: str, import_id: str) -> MemberImport:
        item = self._table.get(keys.member_import(organization_id, import_id))
        if item is None:
            raise ImportNotFound
        return _stored(item)

    def rows(self, found: MemberImport) -> Sequence[ImportRow]:
        parts = range(-(-found.rows // ROWS_AT_ONCE))
        items = self._table.get_all([_rows_key(found, number) for number in parts])
        return [stored_row(row) for item in items for row in item["rows"]]

    def next_rows(self, found: MemberImport) -> Sequence[ImportRow]:
        [item] = self._table.get_all([_rows_key(found, found.done // ROWS_AT_ONCE)])
        return [stored_row(row) for row in item["rows"]]

    def claim(self, found: MemberImport, *, now: datetime) -> MemberImport | None:
        until = now + LEASE
        claimed = self._table.update(
            keys.member_import(found.organization_id, found.import_id),
            "SET due_at = :until, GSI1SK = :place ADD attempts :one",
            condition="#state = :running AND due_at <= :now",
            names={"#state": "state"},
            values={
                ":until": to_seconds(until),
                ":place": keys.import_place(found.import_id, until)["GSI1SK"],
                ":one": 1,
                ":running": ImportState.RUNNING.value,
                ":now": to_seconds(now),
            },
        )
        return None if claimed is None else _stored(claimed)

    def record(self, before: MemberImport, after: MemberImport, rows: Sequence[ImportRow]) -> bool:
        put = self._table.to_put(
            _item(after), condition="attempts = :mine", values={":mine": before.attempts}
        )
        rows_put = self._rows_put(after, before.done // ROWS_AT_ONCE, rows)
        try:
            transact(self._table.client, [put, rows_put])
        except TransactionRefused:
            return False
        return True

    def due(self, *, now: datetime, limit: int) -> Sequence[MemberImport]:
        found = self._table.due([keys.RUNNING_IMPORTS], now=now, limit=limit)
        return [_stored(item) for item in found]

    def _row_puts(
        self, found: MemberImport, rows: Sequence[ImportRow]
    ) -> Iterator[TransactWriteItemTypeDef]:
        for number, part in enumerate(itertools.batched(rows, ROWS_AT_ONCE, strict=False)):
            yield self._rows_put(found, number, part)

    def _rows_put(
        self, found: MemberImport, number: int, rows: Sequence[ImportRow]
    ) -> TransactWriteItemTypeDef:
        return self._table.to_put(
            {
                **_rows_key(found, number),
                **keys.imported_rows_place(
                    found.organization_id, found.import_id, number, found.created_at
                ),
                "import_id": found.import_id,
                "rows": [row_attribute(row) for row in rows],
                "ttl": to_seconds(found.created_at + KEPT),
            }
        )


def _rows_key(found: MemberImport, number: int) -> keys.Key:
    return keys.import_rows(found.organization_id, found.import_id, number)


def _item(found: MemberImport) -> Item:
    item: Item = {
        **keys.member_import(found.organization_id, found.import_id),
        "import_id": found.import_id,
        "organization_id": found.organization_id,
        "member_id": found.member_id,
        "network": found.network,
        "proven_at": to_seconds(found.proven_at),
        "created_at": to_seconds(found.created_at),
        "started_at": to_seconds(found.started_at),
        "state": found.state.value,
        "rows": found.rows,
        "fingerprint": found.fingerprint,
        "counts": {outcome.value: count for outcome, count in found.counts.items()},
        "attempts": found.attempts,
        "ttl": to_seconds(found.created_at + KEPT),
    }
    if found.due_at is not None:
        item["due_at"] = to_seconds(found.due_at)
        item |= keys.import_place(found.import_id, found.due_at)
    return item


def _stored(item: Item) -> MemberImport:
    return MemberImport(
        import_id=item["import_id"],
        organization_id=item["organization_id"],
        member_id=item["member_id"],
        network=item["network"],
        proven_at=from_seconds(item["proven_at"]),
        created_at=from_seconds(item["created_at"]),
        # Not kept from the beginning.
        started_at=from_seconds(item["started_at" if "started_at" in item else "created_at"]),
        state=ImportState(item["state"]),
        rows=int(item["rows"]),
        fingerprint=item["fingerprint"],
        counts={RowOutcome(outcome): int(count) for outcome, count in item["counts"].items()},
        attempts=int(item["attempts"]),
        due_at=from_optional_seconds(item.get("due_at")),
    )


def row_attribute(row: ImportRow) -> Item:
    return {
        "number": row.number,
        "cells": dict(row.cells),
        "outcome": None if row.outcome is None else row.outcome.value,
        "column": row.column,
        "code": row.code,
        "message": row.message,
    }


def stored_row(item: Item) -> ImportRow:
    outcome = item["outcome"]
    return ImportRow(
        number=int(item["number"]),
        cells=item["cells"],
        outcome=None if outcome is None else RowOutcome(outcome),
        column=item["column"],
        code=item["code"],
        message=item["message"],
    )
