"""Members' hours in DynamoDB."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.audit_log import entry_put
from scheduling.adapters.dynamodb.notation import (
    read_dates,
    read_limits,
    read_spans,
    written_dates,
    written_limits,
    written_spans,
)
from scheduling.adapters.dynamodb.table import TransactionRefused, transact
from scheduling.domain.hours import DateOverride, Travel, WeeklyHours
from scheduling.domain.refusals import WorkingHoursChanged
from scheduling.domain.working_hours import WorkingHours, usual_hours

if TYPE_CHECKING:
    from scheduling.adapters.dynamodb.table import Item, Table
    from scheduling.domain.audit import Entry
    from scheduling.domain.people import Member


class DynamoDbWorkingHours:
    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, member: Member) -> WorkingHours:
        item = self._table.get(keys.working_hours(member.organization_id, member.member_id))
        return usual_hours(member) if item is None else stored_hours(item)

    def replace(self, hours: WorkingHours, entry: Entry) -> None:
        before = hours.version - 1
        condition = "version = :before" if before else "attribute_not_exists(PK)"
        values = {":before": before} if before else None
        put = self._table.to_put(_item(hours), condition=condition, values=values)
        try:
            transact(self._table.client, [put, entry_put(self._table, entry)])
        except TransactionRefused as refused:
            raise WorkingHoursChanged from refused


def _item(saved: WorkingHours) -> Item:
    hours = saved.hours
    return {
        **keys.working_hours(saved.organization_id, saved.member_id),
        "organization_id": saved.organization_id,
        "member_id": saved.member_id,
        "version": saved.version,
        "time_zone": hours.time_zone,
        "weekdays": {str(day): written_spans(spans) for day, spans in hours.weekdays.items()},
        "overrides": [
            {"day": override.day.isoformat(), "spans": written_spans(override.spans)}
            for override in hours.overrides
        ],
        "out_of_office": [written_dates(dates) for dates in hours.out_of_office],
        "travel": [
            {"dates": written_dates(travel.dates), "time_zone": travel.time_zone}
            for travel in hours.travel
        ],
        "limits": written_limits(saved.limits),
    }


def stored_hours(item: Item) -> WorkingHours:
    return WorkingHours(
        organization_id=item["organization_id"],
        member_id=item["member_id"],
        version=int(item["version"]),
        hours=WeeklyHours(
            time_zone=item["time_zone"],
            weekdays={int(day): read_spans(spans) for day, spans in item["weekdays"].items()},
            overrides=tuple(
                DateOverride(date.fromisoformat(override["day"]), read_spans(override["spans"]))
                for override in item["overrides"]
            ),
            out_of_office=tuple(map(read_dates, item["out_of_office"])),
            travel=tuple(
                Travel(read_dates(travel["dates"]), travel["time_zone"])
                for travel in item["travel"]
            ),
        ),
        limits=read_limits(item["limits"]),
    )
