"""When events are, and which instances a recurring one has; dateutil knows the rules."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from dev.providers.google.state import Resource, Span

_FAR = datetime(2100, 1, 1, tzinfo=UTC)
_DAY = "%Y%m%d"
_MOMENT = "%Y%m%dT%H%M%SZ"
"""How ids of instances name the original start. Source: Calendar API, "Events", `id`."""

_LONGEST = timedelta(days=3 * 366)
"""How far past its start an endless series is followed where no end is asked for."""


def moment(when: Resource, time_zone: str) -> datetime:
    """Return the instant of an event's start or end; days begin in the calendar's zone."""
    if "date" in when:
        return datetime.combine(date.fromisoformat(when["date"]), time(), ZoneInfo(time_zone))
    return datetime.fromisoformat(when["dateTime"])


def span(event: Resource, time_zone: str) -> Span:
    """Return when an event is, or the first instance of a recurring one; in UTC."""
    return Span(
        moment(event["start"], time_zone).astimezone(UTC),
        moment(event["end"], time_zone).astimezone(UTC),
    )


def is_within(times: Span, window: tuple[datetime | None, datetime | None]) -> bool:
    """Return whether it ends after the window begins, and begins before the window ends."""
    begin, end = window
    return (begin is None or times.end > begin) and (end is None or times.start < end)


def is_recurring(event: Resource) -> bool:
    return bool(event.get("recurrence"))


def check_rules(event: Resource) -> None:
    """Check that the rules of a recurring event can be read.

    Raises:
        ValueError: They cannot.
    """
    _rules_of(event)


def instances(
    event: Resource, time_zone: str, window: tuple[datetime | None, datetime | None]
) -> Iterator[Resource]:
    """Yield the instances that the rules of a recurring event put into a window, in their order."""
    first = span(event, time_zone)
    length = first.end - first.start
    begin, end = window
    # A day more on either side: a day of the wall clock may be longer or shorter than 24 hours.
    earliest = (begin or first.start) - length - timedelta(days=1)
    latest = min((end or first.start + _LONGEST) + timedelta(days=1), _FAR)
    for start in _starts(event, earliest, latest):
        instance = _instance(event, start)
        if is_within(span(instance, time_zone), window):
            yield instance


def instance(event: Resource, instance_id: str) -> Resource | None:
    """Return one instance of a recurring event, if its rules have it."""
    start = _original_start(event, instance_id)
    if start is None or not _rules_of(event).between(start, start, inc=True):
        return None
    return _instance(event, start)


def recurring_id(instance_id: str) -> str | None:
    """Return the id of the recurring event if the id is that of an instance."""
    before, separator, _ = instance_id.rpartition("_")
    return before if separator else None


@lru_cache(maxsize=4096)
def _rules(lines: tuple[str, ...], first: datetime) -> Any:
    return rrulestr("\n".join(lines), dtstart=first, forceset=True, cache=True, tzids=ZoneInfo)


def _rules_of(event: Resource) -> Any:
    """Return when a recurring event starts: by the wall clock of its zone, naive if all-day."""
    start = event["start"]
    if "date" in start:
        first = datetime.combine(date.fromisoformat(start["date"]), time())
    else:
        first = datetime.fromisoformat(start["dateTime"]).astimezone(ZoneInfo(start["timeZone"]))
    return _rules(tuple(event["recurrence"]), first)


def _starts(event: Resource, earliest: datetime, latest: datetime) -> list[datetime]:
    if "date" in event["start"]:
        earliest, latest = (
            each.astimezone(UTC).replace(tzinfo=None) for each in (earliest, latest)
        )
    starts: list[datetime] = _rules_of(event).between(earliest, latest, inc=True)
    return starts


def _original_start(event: Resource, instance_id: str) -> datetime | None:
    """Return the start that the id of an instance names, as the rules would give it."""
    written = instance_id.rpartition("_")[2]
    try:
        if "date" in event["start"]:
            return datetime.strptime(written, _DAY)  # noqa: DTZ007 - a day has no zone
        in_utc = datetime.strptime(written, _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return None
    return in_utc.astimezone(ZoneInfo(event["start"]["timeZone"]))


def _instance(event: Resource, start: datetime) -> Resource:
    if "date" in event["start"]:
        days = date.fromisoformat(event["end"]["date"]) - date.fromisoformat(event["start"]["date"])
        suffix = start.strftime(_DAY)
        begin: Resource = {"date": start.date().isoformat()}
        end: Resource = {"date": (start.date() + days).isoformat()}
    else:
        zone = ZoneInfo(event["start"]["timeZone"])
        in_utc = start.astimezone(UTC)
        length = moment(event["end"], "UTC") - moment(event["start"], "UTC")
        suffix = in_utc.strftime(_MOMENT)
        begin, end = (
            {"dateTime": each.astimezone(zone).isoformat(), "timeZone": event[side]["timeZone"]}
            for each, side in ((in_utc, "start"), (in_utc + length, "end"))
        )
    shared = {name: value for name, value in event.items() if name != "recurrence"}
    return shared | {
        "id": f"{event['id']}_{suffix}",
        "recurringEventId": event["id"],
        "originalStartTime": begin,
        "start": begin,
        "end": end,
    }
