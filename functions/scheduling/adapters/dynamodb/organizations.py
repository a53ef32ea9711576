"""Organizations and their members in DynamoDB."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.audit_log import entry_put
from scheduling.adapters.dynamodb.table import (
    CONDITION_FAILED,
    TransactionRefused,
    decoded,
    encoded,
    from_optional_seconds,
    sort_key_of,
    to_optional_seconds,
    transact,
)
from scheduling.domain.connections import Platform
from scheduling.domain.lists import ListPage
from scheduling.domain.people import ACTIVE_MEMBERS, Feature, Member, Organization, Role, comparable
from scheduling.domain.refusals import LastAdmin, MemberChanged, MemberNotFound, OrganizationChanged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from scheduling.adapters.dynamodb.table import Item, Table
    from scheduling.domain.audit import Entry
    from scheduling.domain.people import MemberFilter


_IS_VERSION_BEFORE = "attribute_exists(PK) AND (attribute_not_exists(version) OR version = :before)"
"""Items from before there were versions are taken to be of the right one."""


class DynamoDbOrganizations:
    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, organization: Organization, admin: Member, entry: Entry) -> None:
        transact(
            self._table.client,
            [
                self._table.to_put_new(_organization_item(organization)),
                *_member_puts(self._table, admin),
                self._table.to_put_new(
                    {**keys.admins(organization.organization_id), "admins": {admin.member_id}}
                ),
                entry_put(self._table, entry),
            ],
        )

    def get(self, organization_id: str) -> Organization:
        item = self._table.get(keys.organization(organization_id), consistent=False)
        if item is None:
            raise LookupError(f"no organization {organization_id}")
        return Organization(
            organization_id=item["organization_id"],
            name=item["name"],
            time_zone=item["time_zone"],
            locale=item["locale"],
            features=frozenset(map(Feature, item.get("features", ()))),
            support_contact=item.get("support_contact", ""),
            blocked_platforms=frozenset(map(Platform, item.get("blocked_platforms", ()))),
            account_domains=tuple(item.get("account_domains", ())),
            refuses_other_accounts=item.get("refuses_other_accounts", False),
            version=int(item.get("version", 1)),
        )

    def replace(self, organization: Organization, entry: Entry) -> None:
        stored = self._table.to_put(
            _organization_item(organization),
            condition=_IS_VERSION_BEFORE,
            values={":before": organization.version - 1},
        )
        try:
            transact(self._table.client, [stored, entry_put(self._table, entry)])
        except TransactionRefused as refused:
            raise OrganizationChanged from refused


class DynamoDbMembers:
    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, organization_id: str, member_id: str) -> Member:
        item = self._table.get(keys.member(organization_id, member_id))
        if item is None:
            raise MemberNotFound
        return stored_member(item)

    def get_all(self, organization_id: str, member_ids: Sequence[str]) -> Sequence[Member]:
        wanted = [keys.member(organization_id, member_id) for member_id in member_ids]
        return [stored_member(item) for item in self._table.found(wanted).values()]

    def list(
        self,
        organization_id: str,
        which: MemberFilter = ACTIVE_MEMBERS,
        *,
        cursor: str | None,
        limit: int,
    ) -> ListPage[Member]:
        partition, after = keys.members(organization_id), None
        if not which.is_active:
            partition = keys.former_members(organization_id)
        if cursor is not None:
            sort_key = sort_key_of(cursor)
            key = keys.member(organization_id, sort_key.rpartition("#")[2])
            after = {**key, "GSI1PK": partition, "GSI1SK": sort_key}
        conditions, names, values = _conditions(which)
        query: Item = {
            "IndexName": keys.BY_TIME,
            "KeyConditionExpression": "GSI1PK = :members",
            "ExpressionAttributeValues": encoded({":members": partition, **values}),
        }
        if conditions:
            query["FilterExpression"] = " AND ".join(conditions)
        if names:
            query["ExpressionAttributeNames"] = names
        # Who looks at the list waits for the names of departments and managers, too.
        part = self._table.listed(
            query, after=after, limit=limit, sort="GSI1SK", filtered_requests=1
        )
        return ListPage(tuple(map(stored_member, part.items)), part.next_cursor)

    def at_addresses(self, organization_id: str, emails: Sequence[str]) -> Mapping[str, Member]:
        addresses = [keys.member_address(email, organization_id) for email in emails]
        taken = self._table.found(addresses).values()
        found = self.get_all(organization_id, [item["member_id"] for item in taken])
        return {member.email: member for member in found}

    def with_email(self, email: str) -> Sequence[Member]:
        answer = self._table.client.query(
            TableName=self._table.name,
            KeyConditionExpression="PK = :address",
            ExpressionAttributeValues=encoded({":address": keys.addressees(email)}),
            ConsistentRead=True,
        )
        addresses = map(decoded, answer["Items"])
        wanted = [keys.member(item["organization_id"], item["member_id"]) for item in addresses]
        return [stored_member(item) for item in self._table.found(wanted).values()]

    def replace(self, member: Member, entry: Entry) -> None:
        writes = changed_member_writes(self._table, member)
        try:
            transact(self._table.client, [*writes, entry_put(self._table, entry)])
        except TransactionRefused as refused:
            if refused.reasons[0] == CONDITION_FAILED:
                raise MemberChanged from refused
            raise LastAdmin from refused


def new_member_puts(table: Table, member: Member) -> Sequence[TransactWriteItemTypeDef]:
    """Return the parts of a transaction that store a new member and take their address.

    The second is refused where the organization has, or had, a member with it.
    """
    puts = _member_puts(table, member)
    return [*puts, _admins_update(table, member)] if member.is_admin else puts


def _member_puts(table: Table, member: Member) -> Sequence[TransactWriteItemTypeDef]:
    address = keys.member_address(member.email, member.organization_id)
    ids = {"organization_id": member.organization_id, "member_id": member.member_id}
    return [table.to_put_new(member_item(member)), table.to_put_new({**address, **ids})]


def changed_member_writes(table: Table, member: Member) -> Sequence[TransactWriteItemTypeDef]:
    """Return the parts of a transaction that store the next version of a member.

    The first is refused where somebody else changed them, the second where
    nobody would be an admin any more.
    """
    stored = table.to_put(
        member_item(member),
        condition=_IS_VERSION_BEFORE,
        values={":before": member.version - 1},
    )
    return [stored, _admins_update(table, member)]


def _admins_update(table: Table, member: Member) -> TransactWriteItemTypeDef:
    """Return the part of a transaction that keeps the set of active admins, and never empties it.

    A set, because adding somebody twice changes nothing, as it would a number.
    Two admins who cease to be so at once are in each other's way here: the
    second is refused.
    """
    key = keys.admins(member.organization_id)
    if member.is_admin and member.is_active:
        return table.to_update(
            key, "ADD admins :them", condition=None, values={":them": {member.member_id}}
        )
    return table.to_update(
        key,
        "DELETE admins :them",
        condition="NOT contains(admins, :id) OR size(admins) > :one",
        values={":them": {member.member_id}, ":id": member.member_id, ":one": 1},
    )


def _conditions(which: MemberFilter) -> tuple[list[str], dict[str, str], dict[str, str]]:
    """Return what a filter asks of each member, with the names and values in it."""
    wanted = {
        "role": which.role,
        "department_id": which.department_id,
        "designation_id": which.designation_id,
        "manager_id": which.manager_id,
    }
    given = {name: str(value) for name, value in wanted.items() if value is not None}
    conditions = [f"#{name} = :{name}" for name in given]
    values = {f":{name}": value for name, value in given.items()}
    if which.text:
        conditions.append("contains(searched, :text)")
        values[":text"] = which.text
    return conditions, {f"#{name}": name for name in given}, values


def _organization_item(organization: Organization) -> Item:
    return {
        **keys.organization(organization.organization_id),
        **asdict(organization),
        "features": sorted(organization.features),
        "blocked_platforms": sorted(organization.blocked_platforms),
        "account_domains": list(organization.account_domains),
    }


def member_item(member: Member) -> Item:
    return {
        **keys.member(member.organization_id, member.member_id),
        **keys.member_place(
            member.organization_id, member.member_id, member.name, is_active=member.is_active
        ),
        **asdict(member),
        "searched": comparable(f"{member.name}\n{member.email}"),
        "joined_at": to_optional_seconds(member.joined_at),
        "removed_at": to_optional_seconds(member.removed_at),
    }


def stored_member(item: Item) -> Member:
    return Member(
        member_id=item["member_id"],
        organization_id=item["organization_id"],
        name=item["name"],
        email=item["email"],
        role=Role(item["role"]),
        time_zone=item["time_zone"],
        locale=item.get("locale", ""),
        department_id=item.get("department_id", ""),
        designation_id=item.get("designation_id", ""),
        manager_id=item.get("manager_id", ""),
        joined_at=from_optional_seconds(item.get("joined_at")),
        removed_at=from_optional_seconds(item.get("removed_at")),
        session_epoch=int(item.get("session_epoch", 0)),
        version=int(item.get("version", 1)),
    )
