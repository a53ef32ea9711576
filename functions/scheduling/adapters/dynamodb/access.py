"""Links and sessions in DynamoDB: what opens doors, in a table of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.audit_log import entry_put
from scheduling.adapters.dynamodb.links import link_puts, link_used, stored_link
from scheduling.adapters.dynamodb.messages import message_put
from scheduling.adapters.dynamodb.table import (
    TransactionRefused,
    from_seconds,
    to_seconds,
    transact,
)
from scheduling.domain.links import SIGN_IN_CODE_ATTEMPTS
from scheduling.domain.refusals import LinkNotFound, LinkUsed
from scheduling.domain.sessions import Session

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling.adapters.dynamodb.table import Table
    from scheduling.domain.audit import Entry
    from scheduling.domain.links import Link
    from scheduling.domain.messages import Message


class DynamoDbLinks:
    def __init__(self, table: Table, access: Table) -> None:
        self._table = table
        self._access = access

    def get(self, link_id: str) -> Link:
        item = self._access.get(keys.link(link_id))
        if item is None:
            raise LinkNotFound
        return stored_link(item)

    def add(self, link: Link, message: Message | None = None) -> None:
        writes = link_puts(self._access, link)
        if message is not None:
            writes.append(message_put(self._table, message, now=link.created_at))
        transact(self._access.client, writes)

    def use(self, link: Link, entry: Entry | None, *, now: datetime) -> None:
        written = [] if entry is None else [entry_put(self._table, entry)]
        try:
            transact(self._access.client, [link_used(self._access, link.link_id, now), *written])
        except TransactionRefused as refused:
            raise LinkUsed from refused

    def count_code_attempt(self, link: Link) -> None:
        counted = self._access.update(
            keys.link(link.link_id),
            "ADD code_attempts :one",
            condition="attribute_not_exists(code_attempts) OR code_attempts < :most",
            values={":one": 1, ":most": SIGN_IN_CODE_ATTEMPTS},
        )
        if counted is None:
            raise LinkUsed


class DynamoDbSessions:
    def __init__(self, table: Table, access: Table) -> None:
        self._table = table
        self._access = access

    def add(self, session: Session) -> None:
        expires_at = to_seconds(session.expires_at)
        self._access.put_new(
            {
                **keys.session(session.session_hash),
                "session_hash": session.session_hash,
                "organization_id": session.organization_id,
                "member_id": session.member_id,
                "expires_at": expires_at,
                "proven_at": to_seconds(session.proven_at),
                "epoch": session.epoch,
                "ttl": expires_at,
            }
        )

    def get(self, session_hash: str) -> Session | None:
        item = self._access.get(keys.session(session_hash))
        if item is None:
            return None
        return Session(
            session_hash=item["session_hash"],
            organization_id=item["organization_id"],
            member_id=item["member_id"],
            expires_at=from_seconds(item["expires_at"]),
            # Sessions from before this was kept prove nothing any more.
            proven_at=from_seconds(item.get("proven_at", 0)),
            epoch=int(item.get("epoch", 0)),
        )

    def end(self, session_hash: str, entry: Entry) -> None:
        ended = self._access.to_delete(keys.session(session_hash), condition="attribute_exists(PK)")
        try:
            transact(self._access.client, [ended, entry_put(self._table, entry)])
        except TransactionRefused:
            return
