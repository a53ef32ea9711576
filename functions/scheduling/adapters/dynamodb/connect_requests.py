"""In DynamoDB: what members were asked to connect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.audit_log import entry_put
from scheduling.adapters.dynamodb.messages import message_put
from scheduling.adapters.dynamodb.table import (
    TransactionRefused,
    from_seconds,
    to_seconds,
    transact,
)
from scheduling.domain.connect_requests import ConnectRequest
from scheduling.domain.connections import Platform
from scheduling.domain.refusals import ConnectionChanged

if TYPE_CHECKING:
    from scheduling.adapters.dynamodb.table import Item, Table
    from scheduling.domain.audit import Entry


class DynamoDbConnectRequests:
    def __init__(self, table: Table) -> None:
        self._table = table

    def get(
        self, organization_id: str, member_id: str, platform: Platform
    ) -> ConnectRequest | None:
        item = self._table.get(keys.asked_to_connect(organization_id, member_id, platform))
        return None if item is None else _stored(item)

    def add(self, request: ConnectRequest, entry: Entry) -> None:
        before = request.number - 1
        put = self._table.to_put(
            _item(request),
            condition="asked = :before" if before else "attribute_not_exists(PK)",
            values={":before": before} if before else None,
        )
        message = message_put(self._table, request.message, now=request.asked_at)
        try:
            transact(self._table.client, [put, message, entry_put(self._table, entry)])
        except TransactionRefused as refused:
            raise ConnectionChanged from refused


def _item(request: ConnectRequest) -> Item:
    return {
        **keys.asked_to_connect(request.organization_id, request.member_id, request.platform),
        "organization_id": request.organization_id,
        "member_id": request.member_id,
        "platform": request.platform.value,
        "asked": request.number,
        "is_reconnect": request.is_reconnect,
        "asked_by_id": request.asked_by_id,
        "asked_at": to_seconds(request.asked_at),
    }


def _stored(item: Item) -> ConnectRequest:
    return ConnectRequest(
        organization_id=item["organization_id"],
        member_id=item["member_id"],
        platform=Platform(item["platform"]),
        number=int(item["asked"]),
        is_reconnect=item["is_reconnect"],
        asked_by_id=item["asked_by_id"],
        asked_at=from_seconds(item["asked_at"]),
    )
