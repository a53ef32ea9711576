"""Inviting people into the team, for admins, and accepting, for whoever was invited."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from handlers.api.fields import IdempotencyKey
from handlers.requests import network_address, refuse_foreign_origin
from handlers.sessions import SESSION_COOKIE, private_cookie, staff
from handlers.token_misses import count_token_misses
from handlers.validation import answer_problems
from handlers.wiring import adapters
from scheduling.domain.audit import masked_network
from scheduling.domain.identifiers import new_id
from scheduling.domain.invitations import InvitationOutcome, InvitationState, Placement
from scheduling.domain.messages import DeliveryState
from scheduling.domain.people import Role
from scheduling.use_cases.invitations import (
    InvitationOverview,
    InvitationResult,
    invitation_overview,
    invite_members,
    list_invitations,
    revoke_invitation,
    send_invitation_again,
)
from scheduling.use_cases.joining import accept_invitation

app = APIGatewayHttpResolver(enable_validation=True)
logger = Logger()
answer_problems(app)
count_token_misses(app, lambda event: event.path == "/api/invitations/acceptance")


class InviteMembersRequest(BaseModel):
    emails: str | list[str]
    """At most 100. In one text, commas, semicolons or line ends stand between them."""
    department_id: str = ""
    designation_id: str = ""
    manager_id: str = ""
    role: Role = Role.MEMBER

    def typed(self) -> str:
        return self.emails if isinstance(self.emails, str) else "\n".join(self.emails)


class ResultResponse(BaseModel):
    email: str
    """As it was sent where it is no address."""
    outcome: InvitationOutcome
    invitation_id: str
    """Empty where nothing was sent."""

    @classmethod
    def of(cls, result: InvitationResult) -> Self:
        return cls(email=result.email, outcome=result.outcome, invitation_id=result.invitation_id)


class ResultsResponse(BaseModel):
    results: list[ResultResponse]
    """One for each address, in their order."""


class InvitationResponse(BaseModel):
    invitation_id: str
    email: str
    state: InvitationState
    department_id: str
    designation_id: str
    manager_id: str
    role: Role
    invited_by_id: str
    invited_at: datetime
    number: int
    """How often it was sent."""
    sent_at: datetime
    expires_at: datetime
    delivery: DeliveryState
    """Of the latest mail."""

    @classmethod
    def of(cls, overview: InvitationOverview) -> Self:
        invitation = overview.invitation
        return cls(
            invitation_id=invitation.invitation_id,
            email=invitation.email,
            state=overview.state,
            department_id=invitation.placement.department_id,
            designation_id=invitation.placement.designation_id,
            manager_id=invitation.placement.manager_id,
            role=invitation.placement.role,
            invited_by_id=invitation.invited_by_id,
            invited_at=invitation.invited_at,
            number=invitation.number,
            sent_at=invitation.sent_at,
            expires_at=invitation.expires_at,
            delivery=overview.delivery.state,
        )


class InvitationsResponse(BaseModel):
    items: list[InvitationResponse]
    next_cursor: str | None


class AcceptanceRequest(BaseModel):
    token: str
    """From the mailed link: what follows `/l/`."""
    name: str
    time_zone: str


@app.get("/api/invitations", summary="List invitations that nobody has accepted or revoked")
def get_invitations(
    cursor: Annotated[str | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> InvitationsResponse:
    page = list_invitations(
        staff(app.current_event),
        cursor=cursor,
        limit=limit,
        now=adapters().now(),
        directories=adapters().directories,
        invitations=adapters().invitations,
        outbox=adapters().outbox,
    )
    return InvitationsResponse(
        items=[InvitationResponse.of(item) for item in page.items],
        next_cursor=page.next_cursor,
    )


@app.post("/api/invitations", summary="Invite people into the team")
def post_invitations(
    request: InviteMembersRequest, idempotency_key: IdempotencyKey = None
) -> ResultsResponse:
    refuse_foreign_origin(app.current_event)
    results = invite_members(
        staff(app.current_event),
        request.typed(),
        Placement(request.department_id, request.designation_id, request.manager_id, request.role),
        key=idempotency_key or new_id(),
        now=adapters().now(),
        members=adapters().members,
        directories=adapters().directories,
        invitations=adapters().invitations,
        rate_limits=adapters().rate_limits,
    )
    logger.info("members invited", addresses=len(results))
    return ResultsResponse(results=list(map(ResultResponse.of, results)))


@app.post(
    "/api/invitations/<invitation_id>/resend", summary="Send an invitation again", status_code=202
)
def post_resend(invitation_id: str) -> InvitationResponse:
    refuse_foreign_origin(app.current_event)
    by = staff(app.current_event)
    send_invitation_again(
        by,
        invitation_id,
        now=adapters().now(),
        invitations=adapters().invitations,
        rate_limits=adapters().rate_limits,
    )
    logger.info("invitation sent again", invitation_id=invitation_id)
    return InvitationResponse.of(
        invitation_overview(
            by,
            invitation_id,
            now=adapters().now(),
            directories=adapters().directories,
            invitations=adapters().invitations,
            outbox=adapters().outbox,
        )
    )


@app.delete("/api/invitations/<invitation_id>", summary="Take an invitation back")
def delete_invitation(invitation_id: str) -> Response[str]:
    refuse_foreign_origin(app.current_event)
    revoke_invitation(
        staff(app.current_event),
        invitation_id,
        now=adapters().now(),
        invitations=adapters().invitations,
    )
    logger.info("invitation revoked", invitation_id=invitation_id)
    return Response(status_code=204, body="")


@app.post("/api/invitations/acceptance", summary="Join by the link of an invitation")
def post_acceptance(request: AcceptanceRequest) -> Response[str]:
    refuse_foreign_origin(app.current_event)
    session = accept_invitation(
        request.token,
        request.name,
        request.time_zone,
        network=masked_network(network_address(app.current_event)),
        now=adapters().now(),
        links=adapters().links,
        link_keys=adapters().link_keys,
        members=adapters().members,
        invitations=adapters().invitations,
        sessions=adapters().sessions,
    )
    logger.info("invitation accepted")
    lifetime = int(session.lifetime.total_seconds())
    return Response(
        status_code=204,
        body="",
        cookies=[private_cookie(SESSION_COOKIE, session.secret, max_age_seconds=lifetime)],
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
