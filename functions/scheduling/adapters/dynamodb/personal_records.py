"""What is held under an address in DynamoDB, and its end."""

from __future__ import annotations

from itertools import batched
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.booking_items import booking_item, host_items, unchanged
from scheduling.adapters.dynamodb.booking_pages import page_replaced
from scheduling.adapters.dynamodb.event_tasks import event_writes
from scheduling.adapters.dynamodb.external_members import (
    external_member_item,
    stored_external_member,
)
from scheduling.adapters.dynamodb.invitations import stored_invitation
from scheduling.adapters.dynamodb.links import stored_link
from scheduling.adapters.dynamodb.member_imports import row_attribute, stored_row
from scheduling.adapters.dynamodb.organizations import member_item
from scheduling.adapters.dynamodb.table import TransactionRefused, encoded, to_seconds, transact
from scheduling.domain.connections import ConnectionKey, Provider
from scheduling.domain.erasure import is_row_of, rows_without
from scheduling.domain.member_imports import ImportState
from scheduling.domain.messages import Subject
from scheduling.domain.refusals import (
    BookingChanged,
    BookingPageChanged,
    ExternalMemberChanged,
    MemberChanged,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from scheduling.adapters.dynamodb.table import Item, Table
    from scheduling.domain.booking import Booking
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.erasure import Person
    from scheduling.domain.invitations import Invitation
    from scheduling.domain.links import Link
    from scheduling.domain.member_imports import ImportRow
    from scheduling.domain.people import ExternalMember, Member

MOST_AT_ONCE = 100
"""Source: DynamoDB API reference, BatchGetItem."""

_MAIL_ERRORS = ("last_error", "diagnosis")


class DynamoDbPersonalRecords:
    """Of tokens it deletes the rows, and can read none."""

    def __init__(self, table: Table, access: Table, tokens: Table) -> None:
        self._table = table
        self._access = access
        self._tokens = tokens

    def external_members_at(self, organization_id: str, email: str) -> Sequence[ExternalMember]:
        address = keys.external_member_address(organization_id, email)
        ids = {row["external_member_id"] for row in _partition(self._table, address["PK"])}
        wanted = [keys.external_member(organization_id, each) for each in sorted(ids)]
        found = map(stored_external_member, _items(self._table, wanted))
        return [member for member in found if member.email == email]

    def invitations_at(self, organization_id: str, email: str) -> Sequence[Invitation]:
        address = keys.invitation_address(organization_id, email)
        ids = {row["invitation_id"] for row in _partition(self._table, address["PK"])}
        wanted = [keys.invitation(organization_id, each) for each in sorted(ids)]
        found = map(stored_invitation, _items(self._table, wanted))
        return [invitation for invitation in found if invitation.email == email]

    def typed_links_at(self, email: str) -> Sequence[Link]:
        rows = _partition(self._access, keys.typed_links(email))
        wanted = [keys.link(row["link_id"]) for row in rows]
        return [stored_link(item) for item in _items(self._access, wanted)]

    def import_rows_of(self, organization_id: str, person: Person) -> Sequence[ImportRow]:
        return [
            row
            for item in self._import_rows(organization_id)
            for row in map(stored_row, item["rows"])
            if is_row_of(person, row)
        ]

    def erase_from_booking(
        self, before: Booking, after: Booking, email: str, *, now: datetime
    ) -> None:
        if after.guest != before.guest:
            self._end_link(before.guest_link_id, after)
        condition, values = unchanged(before)
        old = host_items(before)
        writes = [
            self._table.to_put(booking_item(after), condition=condition, values=values),
            self._table.to_delete(
                keys.guest_booking(after.organization_id, email, after.booking_id)
            ),
            *(self._table.to_put(item) for item in host_items(after) if item not in old),
            *(
                self._table.to_delete(
                    keys.calendar_event(after.organization_id, after.booking_id, host.host_id)
                )
                for host in before.hosts
                if host not in after.hosts
            ),
            # Events in calendars name them, too.
            *event_writes(self._table, before, after, now=now),
        ]
        try:
            transact(self._table.client, writes)
        except TransactionRefused as refused:
            raise BookingChanged from refused

    def erase_from_page(self, before: BookingPage, after: BookingPage | None) -> None:
        write = (
            self._table.to_delete(
                keys.booking_page(before.slug),
                condition="attribute_not_exists(version) OR version = :before",
                values={":before": before.version},
            )
            if after is None
            else page_replaced(self._table, after)
        )
        try:
            transact(self._table.client, [write])
        except TransactionRefused as refused:
            raise BookingPageChanged from refused

    def erase_from_imports(self, organization_id: str, person: Person) -> bool:
        changed = [
            item
            for item in self._import_rows(organization_id)
            if _rows_without(person, item) != item["rows"]
        ]
        done = [self._erase_from_rows(organization_id, person, item) for item in changed]
        return all(done)

    def erase_mail_errors(self, organization_id: str, subject: Subject, subject_id: str) -> None:
        partition = keys.messages(organization_id, subject, subject_id)
        for row in _partition(self._table, partition, beginning=keys.MESSAGES):
            said = [name for name in _MAIL_ERRORS if row.get(name)]
            if said:
                self._table.update(
                    {"PK": row["PK"], "SK": row["SK"]},
                    "SET " + ", ".join(f"{name} = :nothing" for name in said),
                    condition="attribute_exists(PK)",
                    values={":nothing": ""},
                )

    def erase_invitation(self, invitation: Invitation) -> None:
        key = keys.invitation(invitation.organization_id, invitation.invitation_id)
        former = keys.former_invitation_address(
            invitation.organization_id, invitation.email, invitation.invitation_id
        )
        erased = self._table.to_update(
            key, "SET email = :nothing", condition="attribute_exists(PK)", values={":nothing": ""}
        )
        transact(self._table.client, [erased, self._table.to_delete(former)])

    def erase_link(self, link: Link) -> None:
        mails = keys.messages(link.organization_id, Subject.SIGN_IN, link.link_id)
        transact(
            self._table.client,
            [
                self._access.to_delete(keys.link(link.link_id)),
                self._access.to_delete(keys.typed_link(link.subject_id, link.link_id)),
                *(
                    self._table.to_delete({"PK": row["PK"], "SK": row["SK"]})
                    for row in _partition(self._table, mails, beginning=keys.MESSAGES)
                ),
            ],
        )

    def erase_external_member(self, before: ExternalMember, after: ExternalMember) -> None:
        if before.deleted_at is None:
            raise ValueError("an external member is deleted before they are erased")
        item = {
            **_unlisted(external_member_item(after)),
            "deleted_at": to_seconds(before.deleted_at),
        }
        put = self._table.to_put(
            item,
            condition=(
                "attribute_exists(deleted_at)"
                " AND (attribute_not_exists(version) OR version = :before)"
            ),
            values={":before": before.version},
        )
        former = keys.former_external_member_address(
            before.organization_id, before.email, before.external_member_id
        )
        try:
            transact(self._table.client, [put, self._table.to_delete(former)])
        except TransactionRefused as refused:
            raise ExternalMemberChanged from refused

    def erase_connected(self, organization_id: str, member_id: str) -> None:
        for row in _partition(self._table, keys.connected(organization_id, member_id)):
            if not row["SK"].startswith(keys.MESSAGES):
                _delete(self._table, {"PK": row["PK"], "SK": row["SK"]})
        for provider in Provider:
            whose = ConnectionKey(organization_id, member_id, provider)
            _delete(self._tokens, keys.grant(whose))

    def erase_member(self, before: Member, after: Member) -> None:
        put = self._table.to_put(
            _unlisted(member_item(after)),
            condition="attribute_not_exists(version) OR version = :before",
            values={":before": before.version},
        )
        organization_id, member_id = before.organization_id, before.member_id
        address = keys.member_address(before.email, organization_id)
        hours = keys.working_hours(organization_id, member_id)
        writes = [put, self._table.to_delete(address), self._table.to_delete(hours)]
        try:
            transact(self._table.client, writes)
        except TransactionRefused as refused:
            raise MemberChanged from refused

    def _end_link(self, link_id: str, after: Booking) -> None:
        self._access.update(
            keys.link(link_id),
            "SET revoked_at = :at",
            # Long after a meeting its link is gone, by the table's own time to live.
            condition="attribute_exists(PK)",
            values={":at": to_seconds(after.changed_at)},
        )

    def _import_rows(self, organization_id: str) -> Iterator[Item]:
        return _partition(self._table, keys.imported_rows(organization_id), index=keys.BY_TIME)

    def _erase_from_rows(self, organization_id: str, person: Person, listed: Item) -> bool:
        """Tell whether it was done: who reads a file has it in hand, and writes it back."""
        key = keys.member_import(organization_id, listed["import_id"])
        found = self._table.get(key)
        rows = self._table.get({"PK": listed["PK"], "SK": listed["SK"]})
        if found is None or rows is None:
            return True
        if found["state"] == ImportState.RUNNING:
            return False
        # The fingerprint is a digest of the rows: with few of them, a guess could be tested.
        blurred = self._table.to_update(
            key,
            "SET fingerprint = :nothing",
            condition="#state = :state AND attempts = :attempts",
            names={"#state": "state"},
            values={
                ":nothing": "",
                ":state": found["state"],
                ":attempts": found["attempts"],
            },
        )
        put = self._table.to_put({**rows, "rows": _rows_without(person, rows)})
        try:
            transact(self._table.client, [blurred, put])
        except TransactionRefused:
            return False
        return True


def _delete(table: Table, key: keys.Key) -> None:
    table.client.delete_item(TableName=table.name, Key=encoded(key))


def _rows_without(person: Person, item: Item) -> list[Item]:
    rows = [stored_row(row) for row in item["rows"]]
    return [row_attribute(row) for row in rows_without(person, rows)]


def _unlisted(item: Item) -> Item:
    """Return an item that is in no index."""
    return {name: value for name, value in item.items() if not name.startswith("GSI")}


def _partition(
    table: Table, partition: str, *, beginning: str = "", index: str | None = None
) -> Iterator[Item]:
    """Yield all items of a partition, of an index or of the table itself.

    Args:
        beginning: Of their sort keys; all where empty.
    """
    names = ("GSI1PK", "GSI1SK") if index else ("PK", "SK")
    condition, values = f"{names[0]} = :all", {":all": partition}
    if beginning:
        condition += f" AND begins_with({names[1]}, :beginning)"
        values[":beginning"] = beginning
    request = {"IndexName": index} if index else {"ConsistentRead": True}
    return table.each(
        {
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": encoded(values),
            **request,
        }
    )


def _items(table: Table, wanted: Sequence[keys.Key]) -> Iterator[Item]:
    for part in batched(wanted, MOST_AT_ONCE, strict=False):
        yield from table.found(part).values()
