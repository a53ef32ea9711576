"""Activity: who did what when, for admins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response

from handlers import activity_csv, csv_tables
from handlers.pages.activity_words import (
    activities_in_words,
    actor_in_words,
    details_in_words,
    subject_in_words,
)
from handlers.pages.console_frame import ROWS, address, console_page, query_of
from handlers.pages.forms import Form, parsed_day
from handlers.pages.rendering import HEADERS
from handlers.wiring import adapters
from scheduling.domain.audit import SUBJECT_KINDS, Activity, ThingKind
from scheduling.domain.people import Feature
from scheduling.domain.refusals import marked
from scheduling.domain.zones import instant
from scheduling.ports import EntryFilter
from scheduling.use_cases.activity import export_activity, list_activity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.sessions import SignedIn
    from scheduling.use_cases.activity import NamedEntry

LIST = "/console/activity"

FILTERS = ("person", "activity", "from", "to", "subject")

_WITH_PAGE = {
    ThingKind.MEMBER: "team/{}",
    ThingKind.MEMBER_IMPORT: "team/imports/{}",
    ThingKind.BOOKING: "bookings/{}",
    ThingKind.EXTERNAL_MEMBER: "external-members/{}",
}
"""Relative, since they stand in each row."""

logger = Logger()


@dataclass(frozen=True, slots=True)
class _Row:
    """An entry of the audit log, as the page tells it."""

    named: NamedEntry
    actor: str
    """Who, in words, as the others."""
    activity: str
    details: str
    subject: str
    page: str
    """Of what it was done to; empty where there is none."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The filters of the list, as they stand in its address, and what they mean."""

    which: EntryFilter
    problems: Mapping[str, str]
    """What could not be read, by the name of the filter."""


def list_page(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of_query(event)
    wanted = _wanted(by, form)
    cursor = form["cursor"] or None
    found = list_activity(
        by,
        wanted.which,
        cursor=cursor,
        limit=ROWS,
        now=adapters().now(),
        audit_log=adapters().audit_log,
        names=adapters().names,
    )
    query = query_of(form, FILTERS)
    activities = activities_in_words(by.locale)
    rows = [_row(by, named, activities) for named in found.items]
    return console_page(
        "activity.html",
        by,
        rows=rows,
        following=found.next_cursor and address("", query | {"cursor": found.next_cursor}),
        export=address(f"{LIST}.csv", query),
        form=form,
        is_filtered=bool(query),
        problems=wanted.problems,
        activities=activities,
        people=_people(rows),
    )


def export(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    """Return the filtered entries as a table to open elsewhere."""
    found = export_activity(
        by,
        _wanted(by, Form.of_query(event)).which,
        now=adapters().now(),
        audit_log=adapters().audit_log,
        names=adapters().names,
    )
    table = activity_csv.csv_of(found, ZoneInfo(by.member.time_zone))
    logger.info("activity exported", member_id=by.member.member_id)
    return Response(
        status_code=HTTPStatus.OK.value,
        content_type=csv_tables.CONTENT_TYPE,
        body=table,
        headers={**HEADERS, **activity_csv.HEADERS},
    )


def _row(by: SignedIn, named: NamedEntry, activities: Mapping[Activity, str]) -> _Row:
    entry, locale = named.entry, by.locale
    kind = SUBJECT_KINDS[entry.activity]
    return _Row(
        named,
        actor_in_words(named, locale),
        activities[entry.activity],
        details_in_words(entry, by.member.time_zone, locale),
        subject_in_words(kind, named.subject, locale),
        _page_of(by, kind, named),
    )


def _page_of(by: SignedIn, kind: ThingKind, named: NamedEntry) -> str:
    entry = named.entry
    match kind:
        case ThingKind.LISTED:
            return "settings/directory"
        case ThingKind.BOOKING_PAGE:
            return address("booking-pages", {"host": entry.facts["host_id"]})
        case ThingKind.MEMBER_IMPORT:
            return _WITH_PAGE[kind].format(entry.subject_id)
        case ThingKind.EXTERNAL_MEMBER if (
            named.subject is None
            or named.subject.is_gone
            or Feature.EXTERNAL_MEMBERS not in by.organization.features
        ):
            return ""
        case _ if kind in _WITH_PAGE and named.subject is not None:
            return _WITH_PAGE[kind].format(entry.subject_id)
        case _:
            return ""


def _people(rows: Sequence[_Row]) -> dict[str, str]:
    """Return who did what is listed, by their id."""
    found = {row.named.entry.actor.actor_id: row.actor for row in rows}
    return {actor_id: actor for actor_id, actor in found.items() if actor_id}


def _wanted(by: SignedIn, form: Form) -> _Wanted:
    zone = ZoneInfo(by.member.time_zone)
    first, last = parsed_day(form["from"]), parsed_day(form["to"])
    message = marked("Please choose a day, like 2026-12-01.")
    problems = {
        name: message for name, day in (("from", first), ("to", last)) if form[name] and day is None
    }
    which = EntryFilter(
        after=None if first is None else _midnight(first, zone),
        before=None if last is None else _midnight(last + timedelta(days=1), zone),
        actor_id=form["person"] or None,
        activity=next((each for each in Activity if each == form["activity"]), None),
        subject_id=form["subject"] or None,
    )
    return _Wanted(which, problems)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return instant(day, time(), zone)
