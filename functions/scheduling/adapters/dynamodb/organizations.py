"""Organizations and their members in DynamoDB."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.table import (
    decoded,
    encoded,
    sort_key_of,
    transact,
)
from scheduling.domain.lists import ListPage
from scheduling.domain.people import Member, Organization, Role
from scheduling.domain.refusals import MemberNotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scheduling.adapters.dynamodb.table import Item, Table


class DynamoDbOrganizations:
    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, organization: Organization, admin: Member) -> None:
        member = asdict(admin)
        address = keys.member_address(admin.email, admin.organization_id, admin.member_id)
        transact(
            self._table.client,
            [
                self._table.to_put_new(
                    {**keys.organization(organization.organization_id), **asdict(organization)}
                ),
                self._table.to_put_new(
                    {**keys.member(admin.organization_id, admin.member_id), **member}
                ),
                self._table.to_put_new({**address, **member}),
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
        )


class DynamoDbMembers:
    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, organization_id: str, member_id: str) -> Member:
        item = self._table.get(keys.member(organization_id, member_id))
        if item is None:
            raise MemberNotFound
        return stored_member(item)

    def list(self, organization_id: str, *, cursor: str | None, limit: int) -> ListPage[Member]:
        partition, after = keys.members(organization_id), None
        if cursor is not None:
            after = {"PK": partition, "SK": sort_key_of(cursor)}
        query = {
            "KeyConditionExpression": "PK = :members",
            "ExpressionAttributeValues": encoded({":members": partition}),
        }
        part = self._table.listed(query, after=after, limit=limit, sort="SK")
        return ListPage(tuple(map(stored_member, part.items)), part.next_cursor)

    def with_email(self, email: str) -> Sequence[Member]:
        answer = self._table.client.query(
            TableName=self._table.name,
            KeyConditionExpression="PK = :address",
            ExpressionAttributeValues=encoded({":address": keys.addressees(email)}),
            ConsistentRead=True,
        )
        return [stored_member(decoded(item)) for item in answer["Items"]]


def stored_member(item: Item) -> Member:
    return Member(
        member_id=item["member_id"],
        organization_id=item["organization_id"],
        name=item["name"],
        email=item["email"],
        role=Role(item["role"]),
        time_zone=item["time_zone"],
    )
