"""Booking pages in DynamoDB."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.domain.booking_page import BookingPage, BookingRules
from scheduling.domain.refusals import BookingPageNotFound

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from scheduling.adapters.dynamodb.table import Item, Table


class DynamoDbBookingPages:
    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, slug: str) -> BookingPage:
        item = self._table.get(keys.booking_page(slug), consistent=False)
        if item is None:
            raise BookingPageNotFound
        return _page(item)

    def get_all(self, slugs: Sequence[str]) -> Sequence[BookingPage]:
        return [_page(item) for item in self._table.get_all([keys.booking_page(s) for s in slugs])]


def page_item(page: BookingPage) -> Item:
    rules = page.rules
    return {
        **keys.booking_page(page.slug),
        "slug": page.slug,
        "organization_id": page.organization_id,
        "external_member_id": page.external_member_id,
        "host_name": page.host_name,
        "person_in_charge_id": page.person_in_charge_id,
        "title": page.title,
        "location": page.location,
        "time_zone": page.time_zone,
        "rules": {
            "duration": _seconds(rules.duration),
            "interval": None if rules.interval is None else _seconds(rules.interval),
            "minimum_notice": _seconds(rules.minimum_notice),
            "buffer_before": _seconds(rules.buffer_before),
            "buffer_after": _seconds(rules.buffer_after),
            "horizon": _seconds(rules.horizon),
        },
    }


def _page(item: Item) -> BookingPage:
    rules, interval = item["rules"], item["rules"]["interval"]
    return BookingPage(
        slug=item["slug"],
        organization_id=item["organization_id"],
        external_member_id=item["external_member_id"],
        host_name=item["host_name"],
        person_in_charge_id=item["person_in_charge_id"],
        title=item["title"],
        location=item["location"],
        time_zone=item["time_zone"],
        rules=BookingRules(
            duration=_length(rules["duration"]),
            interval=None if interval is None else _length(interval),
            minimum_notice=_length(rules["minimum_notice"]),
            buffer_before=_length(rules["buffer_before"]),
            buffer_after=_length(rules["buffer_after"]),
            horizon=_length(rules["horizon"]),
        ),
    )


def _length(seconds: Decimal) -> timedelta:
    return timedelta(seconds=int(seconds))


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())
