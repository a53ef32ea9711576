"""Which events a list holds, and what has changed since a sync token was given out."""

from bisect import bisect_right
from collections.abc import Iterator

from dev.providers.google import recurrence
from dev.providers.google.state import Calendar, Query, Resource, Span

_FREE_TYPES = ("birthday", "workingLocation")

_OF_FREE_BUSY = frozenset(
    {"kind", "etag", "id", "status", "start", "end", "created", "updated", "iCalUID", "sequence"}
    | {"eventType", "recurringEventId", "originalStartTime", "recurrence"}
)
"""What whoever may only see busy times is told of an event."""


def current(calendar: Calendar, event_id: str) -> Resource | None:
    """Return an event, cancelled or not, or an instance that only the rules of another have."""
    return _at(calendar, event_id, None)


def _at(calendar: Calendar, event_id: str, serial: int | None) -> Resource | None:
    """Return an event as it was at `serial`; now, if None."""
    stored = _stored(calendar, event_id, serial)
    parent_id = recurrence.recurring_id(event_id)
    if parent_id is None:
        return stored
    parent = _stored(calendar, parent_id, serial)
    if parent is None or not recurrence.is_recurring(parent):
        return stored
    by_rule = recurrence.instance(parent, event_id)
    if by_rule is None or stored is None:
        return by_rule
    # What is left of a deleted series is deleted, too.
    return stored if parent["status"] != "cancelled" else stored | {"status": "cancelled"}


def _stored(calendar: Calendar, event_id: str, serial: int | None) -> Resource | None:
    versions = calendar.versions.get(event_id, [])
    if serial is None:
        return versions[-1].resource if versions else None
    before = bisect_right(versions, serial, key=lambda version: version.serial)
    return versions[before - 1].resource if before else None


def rows(calendar: Calendar, query: Query) -> list[Resource]:
    """Return what a list restricted by `query` holds now."""
    in_order = [
        row
        for event_id in calendar.versions
        if recurrence.recurring_id(event_id) is None
        for row in of_event(calendar, event_id, query, None)
    ]
    if query.order_by == "startTime":
        in_order.sort(key=lambda row: recurrence.span(row, calendar.time_zone))
    if query.order_by == "updated":
        in_order.sort(key=lambda row: row["updated"])
    return in_order


def changes(calendar: Calendar, query: Query, serial: int) -> list[Resource]:
    """Return what a list has to be told that was up to date at `serial`."""
    first = bisect_right(calendar.changes, serial, key=lambda change: change[0])
    event_ids = dict.fromkeys(event_id for _, event_id in calendar.changes[first:])
    return [row for event_id in event_ids for row in _difference(calendar, event_id, query, serial)]


def busy_view(row: Resource, calendar: Calendar) -> Resource | None:
    """Return what free/busy access shows of a row; None if it takes no time."""
    if row["status"] == "cancelled":
        return cancelled(row)
    if not takes_time(row, calendar):
        return None
    shown = {name: value for name, value in row.items() if name in _OF_FREE_BUSY}
    return shown | {"visibility": "private"}


def takes_time(event: Resource, calendar: Calendar) -> bool:
    """Return whether the owner of the calendar is not free while an event goes on."""
    answers = [each["responseStatus"] for each in event.get("attendees", []) if each.get("self")]
    times = recurrence.span(event, calendar.time_zone)
    return (
        event["status"] != "cancelled"
        and event.get("transparency") != "transparent"
        and event["eventType"] not in _FREE_TYPES
        and "declined" not in answers
        and times.start < times.end
    )


def busy_spans(calendar: Calendar, within: Span) -> list[Span]:
    """Return when the owner is not free, in order, cut to `within`; what touches is one span."""
    query = Query(single_events=True, window=within)
    merged: list[Span] = []
    for start, end in sorted(
        recurrence.span(row, calendar.time_zone)
        for row in rows(calendar, query)
        if takes_time(row, calendar)
    ):
        if merged and start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(end, merged[-1].end))
        else:
            merged.append(Span(start, end))
    return [Span(max(start, within.start), min(end, within.end)) for start, end in merged]


def cancelled(row: Resource) -> Resource:
    """Return the little that lists say about what is gone."""
    of_instances = {"recurringEventId", "originalStartTime"}
    names = {"kind", "etag", "id"} | of_instances
    return {name: value for name, value in row.items() if name in names} | {"status": "cancelled"}


def _difference(calendar: Calendar, event_id: str, query: Query, serial: int) -> Iterator[Resource]:
    known = {row["id"]: row for row in of_event(calendar, event_id, query, serial)}
    now = {row["id"]: row for row in of_event(calendar, event_id, query, None)}
    for row_id, row in now.items():
        if known.get(row_id) != row:
            yield row
    for row_id, row in known.items():
        if row_id not in now:
            still = current(calendar, row_id)
            is_elsewhere = still is not None and still["status"] != "cancelled"
            yield still if still is not None and is_elsewhere else cancelled(row)
    for row in _deleted_meanwhile(calendar, event_id, query, serial):
        if row["id"] not in known | now:
            yield cancelled(row)


def _deleted_meanwhile(
    calendar: Calendar, event_id: str, query: Query, serial: int
) -> Iterator[Resource]:
    """Yield what was added and deleted since, which clients are told of all the same."""
    for each in (event_id, *calendar.exceptions.get(event_id, [])):
        latest = calendar.versions[each][-1]
        is_series = query.single_events and recurrence.is_recurring(latest.resource)
        if latest.serial > serial and latest.resource["status"] == "cancelled" and not is_series:
            yield latest.resource


def of_event(
    calendar: Calendar, event_id: str, query: Query, serial: int | None = None
) -> Iterator[Resource]:
    """Yield the rows that an event and its instances have in a list, as of `serial`."""
    event = _stored(calendar, event_id, serial)
    if event is None or not _matches(event, query):
        return
    if not recurrence.is_recurring(event):
        if _is_shown(event, query) and _is_within(event, calendar, query):
            yield event
        return
    changed = {
        each: row
        for each in calendar.exceptions.get(event_id, [])
        if _stored(calendar, each, serial) and (row := _at(calendar, each, serial)) is not None
    }
    if event["status"] == "cancelled":
        if query.show_deleted and not query.single_events:
            yield event
        return
    by_rule = recurrence.instances(event, calendar.time_zone, query.window)
    if query.single_events:
        yield from (row for row in by_rule if row["id"] not in changed)
    elif next(by_rule, None) is not None:
        yield event
    for row in changed.values():
        is_gone = row["status"] == "cancelled"
        if (not is_gone or query.show_deleted or not query.single_events) and _is_within(
            row, calendar, query
        ):
            yield cancelled(row) if is_gone else row


def _is_shown(event: Resource, query: Query) -> bool:
    return event["status"] != "cancelled" or bool(query.show_deleted)


def _is_within(event: Resource, calendar: Calendar, query: Query) -> bool:
    return recurrence.is_within(recurrence.span(event, calendar.time_zone), query.window)


def _matches(event: Resource, query: Query) -> bool:
    properties = event.get("extendedProperties", {})
    return (
        (not query.event_types or event["eventType"] in query.event_types)
        and (query.ical_uid is None or event["iCalUID"] == query.ical_uid)
        and _has(properties.get("private", {}), query.private_properties)
        and _has(properties.get("shared", {}), query.shared_properties)
    )


def _has(properties: dict[str, str], wanted: tuple[str, ...]) -> bool:
    pairs = [each.partition("=") for each in wanted]
    return all(properties.get(name) == value for name, _, value in pairs)
