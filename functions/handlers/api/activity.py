"""Who did what in the organization, for admins."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from handlers import activity_csv, csv_tables
from handlers.api.fields import Instant
from handlers.sessions import staff
from handlers.validation import answer_problems
from handlers.wiring import adapters
from scheduling.domain.audit import SUBJECT_KINDS, Activity, ActorKind, ThingKind
from scheduling.ports import EntryFilter
from scheduling.use_cases.activity import (
    MOST_AT_ONCE,
    NamedEntry,
    export_activity,
    list_activity,
)

app = APIGatewayHttpResolver(enable_validation=True)
logger = Logger()
answer_problems(app)

After = Annotated[Instant | None, Query(description="At this instant or later.")]
Before = Annotated[Instant | None, Query(description="Sooner than this.")]
ActorId = Annotated[str | None, Query(description="Of a member or an external member.")]
What = Annotated[Activity | None, Query()]
SubjectId = Annotated[str | None, Query(description="Of what it was done to.")]


class ActorResponse(BaseModel):
    kind: ActorKind
    actor_id: str
    """Of a member or an external member; empty for others."""
    name: str
    """As of today; empty where there is none any more."""
    network: str
    """The part of the internet they came from; empty where nobody came from anywhere."""


class SubjectResponse(BaseModel):
    kind: ThingKind
    subject_id: str
    """Empty for the organization, or for the actor."""
    name: str
    """As of today; of a booking page, its first host's."""


class EntryResponse(BaseModel):
    entry_id: str
    at: datetime
    actor: ActorResponse
    activity: Activity
    subject: SubjectResponse
    facts: dict[str, str]
    """What else there is to know, such as which fields were changed."""

    @classmethod
    def of(cls, named: NamedEntry) -> Self:
        entry = named.entry
        return cls(
            entry_id=entry.entry_id,
            at=entry.at,
            actor=ActorResponse(
                kind=entry.actor.kind,
                actor_id=entry.actor.actor_id,
                name=named.actor.text if named.actor else "",
                network=entry.actor.network,
            ),
            activity=entry.activity,
            subject=SubjectResponse(
                kind=SUBJECT_KINDS[entry.activity],
                subject_id=entry.subject_id,
                name=named.subject.text if named.subject else "",
            ),
            facts=dict(entry.facts),
        )


class ActivityResponse(BaseModel):
    items: list[EntryResponse]
    next_cursor: str | None


@app.get("/api/activity", summary="List what was done, the latest first")
def get_activity(
    *,
    after: After = None,
    before: Before = None,
    actor_id: ActorId = None,
    activity: What = None,
    subject_id: SubjectId = None,
    cursor: Annotated[str | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_AT_ONCE)] = MOST_AT_ONCE,
) -> ActivityResponse:
    """List entries; a part may be short, or empty, and yet have a `next_cursor`."""
    page = list_activity(
        staff(app.current_event),
        EntryFilter(after, before, actor_id, activity, subject_id),
        cursor=cursor,
        limit=limit,
        now=adapters().now(),
        audit_log=adapters().audit_log,
        names=adapters().names,
    )
    return ActivityResponse(
        items=[EntryResponse.of(named) for named in page.items], next_cursor=page.next_cursor
    )


@app.get(
    "/api/activity.csv",
    summary="Export what was done, the latest 5,000 entries",
    responses={
        200: {"description": "A table", "content": {"text/csv": {"schema": {"type": "string"}}}}
    },
)
def get_activity_csv(
    *,
    after: After = None,
    before: Before = None,
    actor_id: ActorId = None,
    activity: What = None,
    subject_id: SubjectId = None,
) -> Response[str]:
    by = staff(app.current_event)
    found = export_activity(
        by,
        EntryFilter(after, before, actor_id, activity, subject_id),
        now=adapters().now(),
        audit_log=adapters().audit_log,
        names=adapters().names,
    )
    table = activity_csv.csv_of(found, ZoneInfo(by.member.time_zone))
    logger.info("activity exported", member_id=by.member.member_id)
    return Response(200, csv_tables.CONTENT_TYPE, table, headers=activity_csv.HEADERS)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
