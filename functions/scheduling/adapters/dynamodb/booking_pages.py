"""Booking pages in DynamoDB."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.audit_log import entry_put
from scheduling.adapters.dynamodb.notation import (
    length,
    read_dates,
    read_limits,
    seconds,
    written_dates,
    written_limits,
)
from scheduling.adapters.dynamodb.table import (
    SLUG,
    TransactionRefused,
    encoded,
    from_seconds,
    timed_sort_key_of,
    to_seconds,
    transact,
)
from scheduling.domain.booking_page import BookingPage, BookingRules, Question, QuestionKind
from scheduling.domain.connections import Platform
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.lists import ListPage
from scheduling.domain.refusals import BookingPageChanged, BookingPageNotFound, SlugTaken
from scheduling.domain.slots import BufferRule

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from scheduling.adapters.dynamodb.table import Item, Table
    from scheduling.domain.audit import Entry

SCHEMA = 2
"""Stored on each page; those of schema 1 have no such attribute, and one external member."""


class DynamoDbBookingPages:
    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, page: BookingPage, entry: Entry) -> None:
        put = self._table.to_put_new(page_item(page))
        try:
            transact(self._table.client, [put, entry_put(self._table, entry)])
        except TransactionRefused as refused:
            raise SlugTaken from refused

    def replace(self, page: BookingPage, entry: Entry) -> None:
        put = page_replaced(self._table, page)
        try:
            transact(self._table.client, [put, entry_put(self._table, entry)])
        except TransactionRefused as refused:
            raise BookingPageChanged from refused

    def get(self, slug: str) -> BookingPage:
        item = self._table.get(keys.booking_page(slug), consistent=False)
        if item is None:
            raise BookingPageNotFound
        return _page(item)

    def list(
        self, organization_id: str, *, host_id: str | None = None, cursor: str | None, limit: int
    ) -> ListPage[BookingPage]:
        partition, after = keys.booking_pages(organization_id), None
        if cursor is not None:
            sort_key, slug = timed_sort_key_of(cursor, SLUG)
            after = {**keys.booking_page(slug), "GSI1PK": partition, "GSI1SK": sort_key}
        query: Item = {
            "IndexName": keys.BY_TIME,
            "KeyConditionExpression": "GSI1PK = :all",
            "ScanIndexForward": False,
        }
        values = {":all": partition}
        if host_id is not None:
            query["FilterExpression"] = "contains(host_ids, :host)"
            values[":host"] = host_id
        query["ExpressionAttributeValues"] = encoded(values)
        part = self._table.listed(query, after=after, limit=limit, sort="GSI1SK")
        return ListPage(tuple(map(_page, part.items)), part.next_cursor)


def page_replaced(table: Table, page: BookingPage) -> TransactWriteItemTypeDef:
    """Return the part of a transaction that stores a page whose version was the one before."""
    # Pages of schema 1 have never been changed and have no version.
    condition = "version = :before"
    if page.version - 1 == 1:
        condition += " OR (attribute_exists(PK) AND attribute_not_exists(version))"
    return table.to_put(page_item(page), condition=condition, values={":before": page.version - 1})


def page_item(page: BookingPage) -> Item:
    rules = page.rules
    return {
        **keys.booking_page(page.slug),
        "GSI1PK": keys.booking_pages(page.organization_id),
        "GSI1SK": f"{keys.moment(page.created_at)}#{page.slug}",
        "schema": SCHEMA,
        "slug": page.slug,
        "organization_id": page.organization_id,
        "person_in_charge_id": page.person_in_charge_id,
        "hosts": [{"kind": host.kind.value, "host_id": host.host_id} for host in page.hosts],
        "host_ids": [host.host_id for host in page.hosts],
        "needed_hosts": page.needed_hosts,
        "title": page.title,
        "location": page.location,
        **({"online_meeting": page.online_meeting.value} if page.online_meeting else {}),
        "description": page.description,
        "time_zone": page.time_zone,
        "zone_is_locked": page.zone_is_locked,
        "locale": page.locale,
        "rules": {
            "durations": [seconds(duration) for duration in rules.durations],
            "interval": None if rules.interval is None else seconds(rules.interval),
            "minimum_notice": seconds(rules.minimum_notice),
            "buffer_before": seconds(rules.buffer_before),
            "buffer_after": seconds(rules.buffer_after),
            "buffer_rule": rules.buffer_rule.value,
            "horizon_days": rules.horizon_days,
            "dates": None if rules.dates is None else written_dates(rules.dates),
            "limits": written_limits(rules.limits),
        },
        "questions": [asdict(question) for question in page.questions],
        "needs_approval": page.needs_approval,
        "approval_within": seconds(page.approval_within),
        "reminders": [seconds(before) for before in page.reminders],
        "is_on": page.is_on,
        "created_at": to_seconds(page.created_at),
        "version": page.version,
    }


def _page(item: Item) -> BookingPage:
    if "schema" not in item:
        return _page_of_schema_1(item)
    rules, needed_hosts = item["rules"], item["needed_hosts"]
    interval, dates = rules["interval"], rules["dates"]
    return BookingPage(
        slug=item["slug"],
        organization_id=item["organization_id"],
        person_in_charge_id=item["person_in_charge_id"],
        hosts=tuple(HostKey(HostKind(host["kind"]), host["host_id"]) for host in item["hosts"]),
        needed_hosts=None if needed_hosts is None else int(needed_hosts),
        title=item["title"],
        location=item["location"],
        # Those from before meetings could be online have none.
        online_meeting=Platform(item["online_meeting"]) if "online_meeting" in item else None,
        description=item["description"],
        time_zone=item["time_zone"],
        zone_is_locked=item["zone_is_locked"],
        locale=item["locale"],
        rules=BookingRules(
            durations=tuple(map(length, rules["durations"])),
            interval=None if interval is None else length(interval),
            minimum_notice=length(rules["minimum_notice"]),
            buffer_before=length(rules["buffer_before"]),
            buffer_after=length(rules["buffer_after"]),
            buffer_rule=BufferRule(rules["buffer_rule"]),
            horizon_days=int(rules["horizon_days"]),
            dates=None if dates is None else read_dates(dates),
            limits=read_limits(rules["limits"]),
        ),
        questions=tuple(map(_question, item["questions"])),
        needs_approval=item["needs_approval"],
        approval_within=length(item["approval_within"]),
        reminders=tuple(map(length, item["reminders"])),
        is_on=item["is_on"],
        created_at=from_seconds(item["created_at"]),
        version=int(item["version"]),
    )


def _question(stored: Item) -> Question:
    return Question(
        question_id=stored["question_id"],
        label=stored["label"],
        kind=QuestionKind(stored["kind"]),
        is_required=stored["is_required"],
        choices=tuple(stored["choices"]),
    )


def _page_of_schema_1(item: Item) -> BookingPage:
    """Return the page of one external member; when it was made was not stored."""
    rules, interval = item["rules"], item["rules"]["interval"]
    return BookingPage(
        slug=item["slug"],
        organization_id=item["organization_id"],
        person_in_charge_id=item["person_in_charge_id"],
        hosts=(HostKey(HostKind.EXTERNAL_MEMBER, item["external_member_id"]),),
        title=item["title"],
        location=item["location"],
        time_zone=item["time_zone"],
        rules=BookingRules(
            durations=(length(rules["duration"]),),
            interval=None if interval is None else length(interval),
            minimum_notice=length(rules["minimum_notice"]),
            buffer_before=length(rules["buffer_before"]),
            buffer_after=length(rules["buffer_after"]),
            horizon_days=length(rules["horizon"]) // timedelta(days=1),
        ),
        created_at=from_seconds(0),
    )
