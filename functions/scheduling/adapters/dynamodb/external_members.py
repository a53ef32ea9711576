"""External members and the times they offer, in DynamoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.audit_log import entry_put
from scheduling.adapters.dynamodb.booking_pages import page_item
from scheduling.adapters.dynamodb.links import link_item, link_prolonged
from scheduling.adapters.dynamodb.messages import message_put
from scheduling.adapters.dynamodb.table import (
    CONDITION_FAILED,
    TransactionRefused,
    encoded,
    from_seconds,
    timed_sort_key_of,
    to_seconds,
    transact,
)
from scheduling.domain.availability import Availability
from scheduling.domain.lists import ListPage
from scheduling.domain.people import ExternalMember
from scheduling.domain.refusals import (
    AvailabilityChanged,
    EmailAlreadyInvited,
    ExternalMemberNotFound,
)
from scheduling.domain.time_range import TimeRange

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling.adapters.dynamodb.table import Item, Table
    from scheduling.domain.audit import Entry
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.links import Link
    from scheduling.domain.messages import Message


class DynamoDbExternalMembers:
    def __init__(self, table: Table, access: Table) -> None:
        self._table = table
        self._access = access

    def add(self, member: ExternalMember, page: BookingPage, link: Link, message: Message) -> None:
        address = keys.external_member_address(member.organization_id, member.email)
        try:
            transact(
                self._table.client,
                [
                    self._table.to_put_new(
                        {**address, "external_member_id": member.external_member_id}
                    ),
                    self._table.to_put_new(_item(member)),
                    self._table.to_put_new(page_item(page)),
                    self._access.to_put_new(link_item(link)),
                    message_put(self._table, message, now=member.requested_at),
                ],
            )
        except TransactionRefused as refused:
            if refused.reasons[0] == CONDITION_FAILED:
                raise EmailAlreadyInvited from refused
            raise

    def ask_again(
        self, member: ExternalMember, link: Link, message: Message, *, replaces: str
    ) -> None:
        asked = self._table.to_update(
            keys.external_member(member.organization_id, member.external_member_id),
            "SET request_number = :number, request_link_id = :link, requested_at = :at",
            condition="request_link_id = :replaced AND attribute_not_exists(deleted_at)",
            values={
                ":number": member.request_number,
                ":link": member.request_link_id,
                ":at": to_seconds(member.requested_at),
                ":replaced": replaces,
            },
        )
        ended = self._access.to_update(
            keys.link(replaces),
            "SET replaced_at = :at",
            condition="attribute_exists(PK)",
            values={":at": to_seconds(member.requested_at)},
        )
        try:
            transact(
                self._table.client,
                [
                    asked,
                    ended,
                    self._access.to_put_new(link_item(link)),
                    message_put(self._table, message, now=member.requested_at),
                ],
            )
        except TransactionRefused as refused:
            raise ExternalMemberNotFound from refused

    def replace_availability(
        self, member: ExternalMember, message: Message, *, link_expires_at: datetime
    ) -> None:
        availability = member.availability
        if availability.saved_at is None:
            raise ValueError("availability that is saved has a time of saving")
        saved = self._table.to_update(
            keys.external_member(member.organization_id, member.external_member_id),
            "SET availability = :availability",
            condition="availability.version = :before",
            values={
                ":availability": _availability_attribute(availability),
                ":before": availability.version - 1,
            },
        )
        prolonged = link_prolonged(self._access, member.request_link_id, link_expires_at)
        try:
            transact(
                self._table.client,
                [saved, prolonged, message_put(self._table, message, now=availability.saved_at)],
            )
        except TransactionRefused as refused:
            current = self.get(member.organization_id, member.external_member_id)
            raise AvailabilityChanged(current.availability.version) from refused

    def remove(self, member: ExternalMember) -> None:
        if member.deleted_at is None:
            raise ValueError("a member who is removed has a time of deletion")
        removed = self._table.to_update(
            keys.external_member(member.organization_id, member.external_member_id),
            "SET deleted_at = :at REMOVE GSI1PK, GSI1SK",
            condition="attribute_exists(PK) AND attribute_not_exists(deleted_at)",
            values={":at": to_seconds(member.deleted_at)},
        )
        address = keys.external_member_address(member.organization_id, member.email)
        try:
            transact(self._table.client, [removed, self._table.to_delete(address)])
        except TransactionRefused as refused:
            raise ExternalMemberNotFound from refused

    def put_in_charge(self, member: ExternalMember, person_in_charge_id: str, entry: Entry) -> None:
        changed = self._table.to_update(
            keys.external_member(member.organization_id, member.external_member_id),
            "SET person_in_charge_id = :new",
            condition="person_in_charge_id = :old AND attribute_not_exists(deleted_at)",
            values={":new": person_in_charge_id, ":old": member.person_in_charge_id},
        )
        try:
            transact(self._table.client, [changed, entry_put(self._table, entry)])
        except TransactionRefused as refused:
            raise ExternalMemberNotFound from refused

    def get(self, organization_id: str, external_member_id: str) -> ExternalMember:
        item = self._table.get(keys.external_member(organization_id, external_member_id))
        if item is None:
            raise ExternalMemberNotFound
        return stored_external_member(item)

    def list(
        self, organization_id: str, *, cursor: str | None, limit: int
    ) -> ListPage[ExternalMember]:
        partition, after = keys.external_members(organization_id), None
        if cursor is not None:
            sort_key, external_member_id = timed_sort_key_of(cursor)
            key = keys.external_member(organization_id, external_member_id)
            after = {**key, "GSI1PK": partition, "GSI1SK": sort_key}
        query = {
            "IndexName": keys.BY_TIME,
            "KeyConditionExpression": "GSI1PK = :all",
            "ExpressionAttributeValues": encoded({":all": partition}),
            "ScanIndexForward": False,
        }
        part = self._table.listed(query, after=after, limit=limit, sort="GSI1SK")
        return ListPage(tuple(map(stored_external_member, part.items)), part.next_cursor)


def _item(member: ExternalMember) -> Item:
    return {
        **keys.external_member(member.organization_id, member.external_member_id),
        "GSI1PK": keys.external_members(member.organization_id),
        "GSI1SK": f"{keys.moment(member.created_at)}#{member.external_member_id}",
        "external_member_id": member.external_member_id,
        "organization_id": member.organization_id,
        "name": member.name,
        "email": member.email,
        "person_in_charge_id": member.person_in_charge_id,
        "booking_page_slug": member.booking_page_slug,
        "request_number": member.request_number,
        "request_link_id": member.request_link_id,
        "requested_at": to_seconds(member.requested_at),
        "created_at": to_seconds(member.created_at),
        "availability": _availability_attribute(member.availability),
    }


def _availability_attribute(availability: Availability) -> Item:
    saved_at = availability.saved_at
    return {
        "version": availability.version,
        "time_zone": availability.time_zone,
        "windows": " ".join(
            f"{to_seconds(window.start)}-{to_seconds(window.end)}"
            for window in availability.windows
        ),
        "saved_at": None if saved_at is None else to_seconds(saved_at),
    }


def stored_external_member(item: Item) -> ExternalMember:
    stored = item["availability"]
    saved_at = stored["saved_at"]
    return ExternalMember(
        external_member_id=item["external_member_id"],
        organization_id=item["organization_id"],
        name=item["name"],
        email=item["email"],
        person_in_charge_id=item["person_in_charge_id"],
        booking_page_slug=item["booking_page_slug"],
        request_number=int(item["request_number"]),
        request_link_id=item["request_link_id"],
        requested_at=from_seconds(item["requested_at"]),
        created_at=from_seconds(item["created_at"]),
        availability=Availability(
            version=int(stored["version"]),
            time_zone=stored["time_zone"],
            windows=tuple(_window(text) for text in stored["windows"].split()),
            saved_at=None if saved_at is None else from_seconds(saved_at),
        ),
        deleted_at=from_seconds(item["deleted_at"]) if "deleted_at" in item else None,
    )


def _window(text: str) -> TimeRange:
    start, _, end = text.partition("-")
    return TimeRange(from_seconds(start), from_seconds(end))
