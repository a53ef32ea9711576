"""Invitations to the team in DynamoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.audit_log import entry_put
from scheduling.adapters.dynamodb.links import link_item, link_replaced, link_used
from scheduling.adapters.dynamodb.messages import message_put
from scheduling.adapters.dynamodb.organizations import changed_member_writes, new_member_puts
from scheduling.adapters.dynamodb.table import (
    CONDITION_FAILED,
    TransactionRefused,
    encoded,
    from_optional_seconds,
    from_seconds,
    timed_sort_key_of,
    to_seconds,
    transact,
)
from scheduling.domain.invitations import Invitation, Placement
from scheduling.domain.lists import ListPage
from scheduling.domain.people import Role
from scheduling.domain.refusals import (
    EmailAlreadyInvited,
    InvitationChanged,
    InvitationNotFound,
    LinkUsed,
    MemberChanged,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from scheduling.adapters.dynamodb.table import Item, Table
    from scheduling.domain.audit import Entry
    from scheduling.domain.links import Link
    from scheduling.domain.people import Member

_OPEN = "attribute_not_exists(accepted_at) AND attribute_not_exists(revoked_at)"


class DynamoDbInvitations:
    def __init__(self, table: Table, access: Table) -> None:
        self._table = table
        self._access = access

    def add(self, invitation: Invitation, link: Link, entry: Entry) -> None:
        address = keys.invitation_address(invitation.organization_id, invitation.email)
        try:
            transact(
                self._table.client,
                [
                    self._table.to_put_new({**address, "invitation_id": invitation.invitation_id}),
                    self._table.to_put_new(_item(invitation)),
                    self._access.to_put_new(link_item(link)),
                    message_put(self._table, invitation.message, now=invitation.sent_at),
                    entry_put(self._table, entry),
                ],
            )
        except TransactionRefused as refused:
            raise EmailAlreadyInvited from refused

    def send_again(
        self, invitation: Invitation, link: Link, entry: Entry, *, replaces: str
    ) -> None:
        try:
            transact(
                self._table.client,
                [
                    self._put(invitation, link_id=replaces),
                    link_replaced(self._access, replaces, invitation.sent_at),
                    self._access.to_put_new(link_item(link)),
                    message_put(self._table, invitation.message, now=invitation.sent_at),
                    entry_put(self._table, entry),
                ],
            )
        except TransactionRefused as refused:
            raise InvitationChanged from refused

    def revoke(self, invitation: Invitation, entry: Entry) -> None:
        try:
            transact(
                self._table.client,
                [
                    self._put(invitation, link_id=invitation.link_id),
                    *self._address_freed(invitation),
                    entry_put(self._table, entry),
                ],
            )
        except TransactionRefused as refused:
            raise InvitationChanged from refused

    def accept(self, invitation: Invitation, member: Member, entry: Entry) -> None:
        if invitation.accepted_at is None:
            raise ValueError("an invitation that is accepted has a time of that")
        try:
            transact(
                self._table.client,
                [
                    self._put(invitation, link_id=invitation.link_id),
                    link_used(self._access, invitation.link_id, invitation.accepted_at),
                    *self._address_freed(invitation),
                    entry_put(self._table, entry),
                    *self._member_puts(member),
                ],
            )
        except TransactionRefused as refused:
            if CONDITION_FAILED in refused.reasons[:2]:
                raise LinkUsed from refused
            raise MemberChanged from refused

    def get(self, organization_id: str, invitation_id: str) -> Invitation:
        item = self._table.get(keys.invitation(organization_id, invitation_id))
        if item is None:
            raise InvitationNotFound
        return stored_invitation(item)

    def open_to(self, organization_id: str, emails: Sequence[str]) -> Mapping[str, Invitation]:
        addresses = [keys.invitation_address(organization_id, email) for email in emails]
        taken = self._table.found(addresses).values()
        wanted = [keys.invitation(organization_id, item["invitation_id"]) for item in taken]
        found = map(stored_invitation, self._table.found(wanted).values())
        return {invitation.email: invitation for invitation in found if invitation.is_open}

    def list(self, organization_id: str, *, cursor: str | None, limit: int) -> ListPage[Invitation]:
        partition, after = keys.invitations(organization_id), None
        if cursor is not None:
            sort_key, invitation_id = timed_sort_key_of(cursor)
            key = keys.invitation(organization_id, invitation_id)
            after = {**key, "GSI1PK": partition, "GSI1SK": sort_key}
        query = {
            "IndexName": keys.BY_TIME,
            "KeyConditionExpression": "GSI1PK = :all",
            "ExpressionAttributeValues": encoded({":all": partition}),
            "ScanIndexForward": False,
        }
        part = self._table.listed(query, after=after, limit=limit, sort="GSI1SK")
        return ListPage(tuple(map(stored_invitation, part.items)), part.next_cursor)

    def _put(self, invitation: Invitation, *, link_id: str) -> TransactWriteItemTypeDef:
        """Return the part that stores an open invitation with this link as it is from now on."""
        return self._table.to_put(
            _item(invitation), condition=f"link_id = :link AND {_OPEN}", values={":link": link_id}
        )

    def _address_freed(self, invitation: Invitation) -> Sequence[TransactWriteItemTypeDef]:
        """Return the parts that free an address, which leads to the invitation all the same."""
        whose = invitation.organization_id, invitation.email
        former = keys.former_invitation_address(*whose, invitation.invitation_id)
        return [
            self._table.to_delete(keys.invitation_address(*whose)),
            self._table.to_put({**former, "invitation_id": invitation.invitation_id}),
        ]

    def _member_puts(self, member: Member) -> Sequence[TransactWriteItemTypeDef]:
        if member.version == 1:
            return new_member_puts(self._table, member)
        return changed_member_writes(self._table, member)


def _item(invitation: Invitation) -> Item:
    """Return the item of an invitation; it stands in the list while it is open."""
    item: Item = {
        **keys.invitation(invitation.organization_id, invitation.invitation_id),
        "invitation_id": invitation.invitation_id,
        "organization_id": invitation.organization_id,
        "email": invitation.email,
        "department_id": invitation.placement.department_id,
        "designation_id": invitation.placement.designation_id,
        "manager_id": invitation.placement.manager_id,
        "role": invitation.placement.role.value,
        "invited_by_id": invitation.invited_by_id,
        "invited_at": to_seconds(invitation.invited_at),
        "number": invitation.number,
        "link_id": invitation.link_id,
        "sent_at": to_seconds(invitation.sent_at),
        "expires_at": to_seconds(invitation.expires_at),
    }
    if invitation.accepted_at is not None:
        return {**item, "accepted_at": to_seconds(invitation.accepted_at)}
    if invitation.revoked_at is not None:
        return {**item, "revoked_at": to_seconds(invitation.revoked_at)}
    place = f"{keys.moment(invitation.invited_at)}#{invitation.invitation_id}"
    return {**item, "GSI1PK": keys.invitations(invitation.organization_id), "GSI1SK": place}


def stored_invitation(item: Item) -> Invitation:
    return Invitation(
        invitation_id=item["invitation_id"],
        organization_id=item["organization_id"],
        email=item["email"],
        placement=Placement(
            department_id=item["department_id"],
            designation_id=item["designation_id"],
            manager_id=item["manager_id"],
            role=Role(item["role"]),
        ),
        invited_by_id=item["invited_by_id"],
        invited_at=from_seconds(item["invited_at"]),
        number=int(item["number"]),
        link_id=item["link_id"],
        sent_at=from_seconds(item["sent_at"]),
        expires_at=from_seconds(item["expires_at"]),
        accepted_at=from_optional_seconds(item.get("accepted_at")),
        revoked_at=from_optional_seconds(item.get("revoked_at")),
    )
