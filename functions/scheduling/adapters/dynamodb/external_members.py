"""External members and the times they offer, in DynamoDB."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.audit_log import entry_put
from scheduling.adapters.dynamodb.booking_pages import page_item, page_replaced
from scheduling.adapters.dynamodb.calendar_feeds import feed_removal
from scheduling.adapters.dynamodb.links import (
    link_item,
    link_prolonged,
    link_replaced,
    link_revoked,
)
from scheduling.adapters.dynamodb.messages import message_put
from scheduling.adapters.dynamodb.notation import length, read_dates, seconds, written_dates
from scheduling.adapters.dynamodb.table import (
    CONDITION_FAILED,
    TransactionRefused,
    encoded,
    from_optional_seconds,
    from_seconds,
    timed_sort_key_of,
    to_optional_seconds,
    to_seconds,
    transact,
)
from scheduling.domain.availability import Availability
from scheduling.domain.availability_request import (
    AvailabilityRequest,
    RequestFact,
    RequestTerms,
    usual_terms,
)
from scheduling.domain.links import AVAILABILITY_LIFE
from scheduling.domain.lists import ListPage
from scheduling.domain.people import ExternalMember
from scheduling.domain.refusals import (
    AvailabilityChanged,
    EmailAlreadyInvited,
    ExternalMemberChanged,
    ExternalMemberGone,
    ExternalMemberNotFound,
    IdempotencyKeyReused,
)
from scheduling.domain.standing import look_from, standing_of
from scheduling.domain.time_range import TimeRange

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from scheduling.adapters.dynamodb.table import Item, Table
    from scheduling.domain.audit import Entry
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.links import Link
    from scheduling.domain.messages import Message
    from scheduling.ports import ExternalMemberFilter


class DynamoDbExternalMembers:
    def __init__(self, table: Table, access: Table) -> None:
        self._table = table
        self._access = access

    def add(
        self,
        member: ExternalMember,
        page: BookingPage,
        link: Link,
        messages: Sequence[Message],
        entry: Entry,
    ) -> None:
        try:
            transact(
                self._table.client,
                [
                    self._address_put(member),
                    self._table.to_put_new(external_member_item(member)),
                    self._table.to_put_new(page_item(page)),
                    self._access.to_put_new(link_item(link)),
                    *self._queued(messages, now=member.created_at),
                    entry_put(self._table, entry),
                ],
            )
        except TransactionRefused as refused:
            if refused.reasons[0] == CONDITION_FAILED:
                raise EmailAlreadyInvited from refused
            if refused.reasons[1] == CONDITION_FAILED:
                raise IdempotencyKeyReused from refused
            raise

    def ask_again(
        self,
        member: ExternalMember,
        link: Link,
        messages: Iterable[Message],
        entry: Entry,
        *,
        replaces: str,
    ) -> None:
        look, values = _look_update(member)
        asked = self._table.to_update(
            _key(member),
            f"SET #request = :request{look}",
            condition="#request.link_id = :replaced AND attribute_not_exists(deleted_at)",
            names=_REQUEST,
            values={
                ":request": _request_attribute(member.request),
                ":replaced": replaces,
                **values,
            },
        )
        try:
            transact(
                self._table.client,
                [
                    asked,
                    link_replaced(self._access, replaces, link.created_at),
                    self._access.to_put_new(link_item(link)),
                    *self._queued(messages, now=link.created_at),
                    entry_put(self._table, entry),
                ],
            )
        except TransactionRefused as refused:
            raise ExternalMemberNotFound from refused

    def note(self, member: ExternalMember, fact: RequestFact, *, at: datetime) -> None:
        look, values = _look_update(replace(member, request=member.request.noted(fact, at)))
        self._table.update(
            _key(member),
            f"SET #request.facts.#fact = if_not_exists(#request.facts.#fact, :at){look}",
            condition="#request.#number = :number AND attribute_not_exists(deleted_at)",
            names={**_REQUEST, "#number": "number", "#fact": fact.value},
            values={
                ":at": to_seconds(at),
                ":number": member.request.number,
                **values,
            },
        )

    def replace_availability(
        self, member: ExternalMember, messages: Sequence[Message], entry: Entry, *, now: datetime
    ) -> None:
        availability, request = member.availability, member.request
        look, values = _look_update(member)
        saved = self._table.to_update(
            _key(member),
            "SET availability = :availability, #request = :request"
            f"{look or ' REMOVE GSI2PK, GSI2SK'}",
            condition="availability.version = :before AND #request.#number = :number"
            " AND attribute_not_exists(deleted_at)",
            names={**_REQUEST, "#number": "number"},
            values={
                **values,
                ":request": _request_attribute(request),
                ":availability": _availability_attribute(availability),
                ":before": availability.version - 1,
                ":number": request.number,
            },
        )
        prolonged = link_prolonged(self._access, request.link_id, request.link_expires_at)
        try:
            transact(
                self._table.client,
                [
                    saved,
                    prolonged,
                    *self._queued(messages, now=now),
                    entry_put(self._table, entry),
                ],
            )
        except TransactionRefused as refused:
            current = self.get(member.organization_id, member.external_member_id)
            if current.deleted_at is not None:
                raise ExternalMemberGone from refused
            raise AvailabilityChanged(current.availability.version) from refused

    def edit(
        self,
        before: ExternalMember,
        after: ExternalMember,
        page: BookingPage | None,
        entry: Entry,
    ) -> None:
        look, values = _look_update(after)
        edited = self._table.to_update(
            _key(after),
            "SET #name = :name, email = :email, searched = :searched,"
            " person_in_charge_id = :person, void_request = :void, version = :version"
            f"{look}",
            # Who was invited before versions were kept has none.
            condition=(
                "attribute_exists(PK) AND attribute_not_exists(deleted_at)"
                " AND #request.link_id = :link"
                " AND (attribute_not_exists(version) OR version = :before)"
            ),
            values={
                ":name": after.name,
                ":email": after.email,
                ":person": after.person_in_charge_id,
                ":void": after.void_request,
                ":version": after.version,
                ":searched": _searched(after),
                **values,
                ":link": before.request.link_id,
                ":before": before.version,
            },
            names={**_REQUEST, "#name": "name"},
        )
        writes = [edited, entry_put(self._table, entry)]
        if page is not None:
            writes.append(page_replaced(self._table, page))
        if after.email != before.email:
            former = keys.external_member_address(before.organization_id, before.email)
            writes += [
                self._table.to_delete(former),
                link_revoked(self._access, before.request.link_id, entry.at),
                self._address_put(after),
            ]
        try:
            transact(self._table.client, writes)
        except TransactionRefused as refused:
            if after.email != before.email and refused.reasons[:-1].count(CONDITION_FAILED) == 0:
                raise EmailAlreadyInvited from refused
            raise ExternalMemberChanged from refused

    def remove(self, member: ExternalMember, entry: Entry) -> None:
        if member.deleted_at is None:
            raise ValueError("a member who is removed has a time of deletion")
        removed = self._table.to_update(
            _key(member),
            "SET deleted_at = :at REMOVE GSI1PK, GSI1SK, GSI2PK, GSI2SK",
            condition="attribute_exists(PK) AND attribute_not_exists(deleted_at)",
            values={":at": to_seconds(member.deleted_at)},
        )
        whose = member.organization_id, member.email
        address = keys.external_member_address(*whose)
        former = keys.former_external_member_address(*whose, member.external_member_id)
        ids = {"external_member_id": member.external_member_id}
        calendar = feed_removal(
            self._table, self._access, member.organization_id, member.external_member_id
        )
        try:
            transact(
                self._table.client,
                [
                    removed,
                    self._table.to_delete(address),
                    self._table.to_put({**former, **ids}),
                    *calendar,
                    entry_put(self._table, entry),
                ],
            )
        except TransactionRefused as refused:
            raise ExternalMemberNotFound from refused

    def get(self, organization_id: str, external_member_id: str) -> ExternalMember:
        item = self._table.get(keys.external_member(organization_id, external_member_id))
        if item is None:
            raise ExternalMemberNotFound
        return stored_external_member(item)

    def with_email(self, organization_id: str, email: str) -> ExternalMember | None:
        address = self._table.get(keys.external_member_address(organization_id, email))
        if address is None:
            return None
        member = self.get(organization_id, address["external_member_id"])
        # Between the two requests they may have been deleted, or got another address.
        return member if (member.email, member.deleted_at) == (email, None) else None

    def list(
        self,
        organization_id: str,
        which: ExternalMemberFilter,
        *,
        now: datetime,
        cursor: str | None,
        limit: int,
    ) -> ListPage[ExternalMember]:
        partition, after = keys.external_members(organization_id), None
        if cursor is not None:
            sort_key, external_member_id = timed_sort_key_of(cursor)
            key = keys.external_member(organization_id, external_member_id)
            after = {**key, "GSI1PK": partition, "GSI1SK": sort_key}
        conditions, values = [], {":all": partition}
        if which.text:
            conditions.append("contains(searched, :text)")
            values[":text"] = which.text
        if which.person_in_charge_id is not None:
            conditions.append("person_in_charge_id = :person_in_charge")
            values[":person_in_charge"] = which.person_in_charge_id
        query: dict[str, Any] = {
            "IndexName": keys.BY_TIME,
            "KeyConditionExpression": "GSI1PK = :all",
            "ExpressionAttributeValues": encoded(values),
            "ScanIndexForward": False,
        }
        if conditions:
            query["FilterExpression"] = " AND ".join(conditions)

        def is_meant(item: Item) -> bool:
            return standing_of(stored_external_member(item), now) in which.standings

        part = self._table.listed(
            query,
            after=after,
            limit=limit,
            sort="GSI1SK",
            keep=is_meant if which.standings else None,
        )
        return ListPage(tuple(map(stored_external_member, part.items)), part.next_cursor)

    def to_look_at(
        self, organization_id: str, *, now: datetime, limit: int
    ) -> Sequence[ExternalMember]:
        query = {
            "IndexName": keys.TO_LOOK_AT,
            "KeyConditionExpression": "GSI2PK = :looks AND GSI2SK < :later",
            "ExpressionAttributeValues": encoded(
                {
                    ":looks": keys.looks(organization_id),
                    ":later": keys.moment(now + timedelta(seconds=1)),
                }
            ),
        }
        part = self._table.listed(
            query,
            after=None,
            limit=limit,
            sort="GSI2SK",
            keep=lambda item: standing_of(stored_external_member(item), now).needs_a_look,
        )
        return [stored_external_member(item) for item in part.items]

    def _queued(
        self, messages: Iterable[Message], *, now: datetime
    ) -> Iterator[TransactWriteItemTypeDef]:
        return (message_put(self._table, message, now=now) for message in messages)

    def _address_put(self, member: ExternalMember) -> TransactWriteItemTypeDef:
        """Return the part of a transaction that takes a member's address."""
        address = keys.external_member_address(member.organization_id, member.email)
        return self._table.to_put_new({**address, "external_member_id": member.external_member_id})


_REQUEST = {"#request": "request"}


def _key(member: ExternalMember) -> keys.Key:
    return keys.external_member(member.organization_id, member.external_member_id)


def _look(member: ExternalMember) -> keys.Key:
    """Return where they stand among those whom a human may have to look at; empty for nowhere."""
    when = look_from(member)
    if when is None:
        return {}
    return keys.look_place(member.organization_id, member.external_member_id, when)


def _look_update(member: ExternalMember) -> tuple[str, Item]:
    """Return the end of an update, after a SET, that brings them there, and its values.

    Who is nowhere stays where they are: they may just have saved other times. Saving takes away.
    """
    look = _look(member)
    if not look:
        return "", {}
    values = {":looks": look["GSI2PK"], ":look": look["GSI2SK"]}
    return ", GSI2PK = :looks, GSI2SK = :look", values


def _searched(member: ExternalMember) -> str:
    return f"{member.name}\n{member.email}".lower()


def external_member_item(member: ExternalMember) -> Item:
    return {
        **_key(member),
        "GSI1PK": keys.external_members(member.organization_id),
        "GSI1SK": f"{keys.moment(member.created_at)}#{member.external_member_id}",
        **_look(member),
        "external_member_id": member.external_member_id,
        "organization_id": member.organization_id,
        "name": member.name,
        "email": member.email,
        "searched": _searched(member),
        "person_in_charge_id": member.person_in_charge_id,
        "booking_page_slug": member.booking_page_slug,
        "request": _request_attribute(member.request),
        "created_at": to_seconds(member.created_at),
        "availability": _availability_attribute(member.availability),
        "void_request": member.void_request,
        "version": member.version,
    }


def _request_attribute(request: AvailabilityRequest) -> Item:
    terms = request.terms
    return {
        "number": request.number,
        "asked_at": to_seconds(request.asked_at),
        "link_id": request.link_id,
        "link_expires_at": to_seconds(request.link_expires_at),
        "deadline": to_seconds(terms.deadline),
        "wished": None if terms.wished is None else written_dates(terms.wished),
        "minimum_windows": terms.minimum_windows,
        "minimum_length": seconds(terms.minimum_length),
        "message": terms.message,
        "reminders": [seconds(before) for before in terms.reminders],
        "facts": {fact.value: to_seconds(at) for fact, at in request.facts.items()},
        "fulfilled_at": to_optional_seconds(request.fulfilled_at),
    }


def _availability_attribute(availability: Availability) -> Item:
    return {
        "version": availability.version,
        "windows_version": availability.windows_version,
        "time_zone": availability.time_zone,
        "windows": " ".join(
            f"{to_seconds(window.start)}-{to_seconds(window.end)}"
            for window in availability.windows
        ),
        "saved_at": to_optional_seconds(availability.saved_at),
        "confirmed_at": to_optional_seconds(availability.confirmed_at),
    }


def stored_external_member(item: Item) -> ExternalMember:
    stored = item["availability"]
    return ExternalMember(
        external_member_id=item["external_member_id"],
        organization_id=item["organization_id"],
        name=item["name"],
        email=item["email"],
        person_in_charge_id=item["person_in_charge_id"],
        booking_page_slug=item["booking_page_slug"],
        request=_stored_request(item),
        created_at=from_seconds(item["created_at"]),
        availability=Availability(
            version=int(stored["version"]),
            time_zone=stored["time_zone"],
            windows=tuple(_window(text) for text in stored["windows"].split()),
            saved_at=from_optional_seconds(stored["saved_at"]),
            confirmed_at=from_optional_seconds(stored.get("confirmed_at")),
            # Not kept from the beginning: of those from before, the latest counts.
            windows_version=int(stored.get("windows_version", stored["version"])),
        ),
        deleted_at=from_optional_seconds(item.get("deleted_at")),
        void_request=int(item.get("void_request", 0)),
        version=int(item.get("version", 1)),
    )


def _stored_request(item: Item) -> AvailabilityRequest:
    if "request" not in item:
        return _request_of_schema_2(item)
    stored = item["request"]
    return AvailabilityRequest(
        number=int(stored["number"]),
        asked_at=from_seconds(stored["asked_at"]),
        link_id=stored["link_id"],
        link_expires_at=from_seconds(stored["link_expires_at"]),
        terms=RequestTerms(
            deadline=from_seconds(stored["deadline"]),
            wished=None if stored["wished"] is None else read_dates(stored["wished"]),
            minimum_windows=int(stored["minimum_windows"]),
            minimum_length=length(stored["minimum_length"]),
            message=stored["message"],
            reminders=tuple(map(length, stored["reminders"])),
        ),
        facts={RequestFact(fact): from_seconds(at) for fact, at in stored["facts"].items()},
        fulfilled_at=from_optional_seconds(stored["fulfilled_at"]),
    )


def _request_of_schema_2(item: Item) -> AvailabilityRequest:
    """Return what is known of a request from before it had terms."""
    asked_at = from_seconds(item["requested_at"])
    return AvailabilityRequest(
        number=int(item["request_number"]),
        asked_at=asked_at,
        link_id=item["request_link_id"],
        link_expires_at=asked_at + AVAILABILITY_LIFE,
        terms=usual_terms(asked_at),
        fulfilled_at=from_optional_seconds(item["availability"]["saved_at"]),
    )


def _window(text: str) -> TimeRange:
    start, _, end = text.partition("-")
    return TimeRange(from_seconds(start), from_seconds(end))
