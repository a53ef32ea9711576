"""Inviting people into the team, and seeing who has not come yet; for admins."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from handlers.pages.console_frame import ROWS, console_page, suggested_members
from handlers.pages.forms import Form, by_field, parsed_identifier
from handlers.pages.rendering import see_other
from handlers.pages.wording import Badge, request_badge
from handlers.problems import status_of
from handlers.wiring import adapters
from scheduling.domain.directory import DirectoryPart
from scheduling.domain.identifiers import new_id
from scheduling.domain.invitations import InvitationOutcome, InvitationState, Placement
from scheduling.domain.messages import DeliveryState
from scheduling.domain.people import Role
from scheduling.domain.refusals import (
    IdempotencyKeyReused,
    InvalidInput,
    ProofRequired,
    marked,
)
from scheduling.use_cases.directory import listed_under
from scheduling.use_cases.invitations import (
    invitation_overview,
    invite_members,
    list_invitations,
    placement_choices,
    revoke_invitation,
    send_invitation_again,
)
from scheduling.use_cases.members import member_id_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.sessions import SignedIn
    from scheduling.use_cases.invitations import InvitationOverview, InvitationResult

LIST = "/console/team/invitations"

_PARTS = {DirectoryPart.DEPARTMENTS: "department", DirectoryPart.DESIGNATIONS: "designation"}
"""What the fields of each are called."""

_OUTCOMES = {
    InvitationOutcome.INVITED: Badge("good", "mail", marked("Invited")),
    InvitationOutcome.ALREADY_MEMBER: Badge("neutral", "person", marked("Is a member already")),
    InvitationOutcome.ALREADY_INVITED: Badge("neutral", "clock", marked("Was invited before")),
    InvitationOutcome.INVALID_EMAIL: Badge("bad", "alert", marked("Is no e-mail address")),
    InvitationOutcome.TOO_MANY_TO_ADDRESS: Badge(
        "warning", "clock", marked("Got enough mails for now, try again in an hour")
    ),
    InvitationOutcome.TOO_MANY_TODAY: Badge(
        "warning", "clock", marked("Not sent, 200 a day are the limit")
    ),
}
_EXPIRED = Badge("warning", "clock", marked("Expired"))
_SENT = Badge("neutral", "mail", marked("Invited"))

logger = Logger()


def list_page(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    query = Form.of_query(event)
    found = list_invitations(
        by,
        cursor=query["cursor"] or None,
        limit=ROWS,
        now=adapters().now(),
        directories=adapters().directories,
        invitations=adapters().invitations,
        outbox=adapters().outbox,
    )
    return console_page(
        "invitations.html",
        by,
        rows=[(overview, _badge(overview)) for overview in found.items],
        next_cursor=found.next_cursor,
        news=query["news"],
    )


def new_page(
    by: SignedIn,
    form: Form | None = None,
    *,
    problems: Mapping[str, str] | None = None,
    needs_proof: bool = False,
    results: Sequence[InvitationResult] = (),
    status: HTTPStatus = HTTPStatus.OK,
) -> Response[str]:
    choices = placement_choices(by, now=adapters().now(), directories=adapters().directories)
    found = dict(problems or {})
    for part, name in _PARTS.items():
        # Where nothing can be chosen, there is only the field for something new.
        if f"{name}_id" in found and not choices[part]:
            found[f"new_{name}"] = found.pop(f"{name}_id")
    blank = Form({"manager_id": [by.member.email], "form_id": [new_id()]})
    return console_page(
        "invite_members.html",
        by,
        status=status,
        form=form or blank,
        choices=choices,
        suggestions=suggested_members(by),
        problems=found,
        needs_proof=needs_proof,
        results=[(result, _OUTCOMES[result.outcome]) for result in results],
    )


def invite(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    """Invite, and show the results at once: the form sent twice invites once."""
    form = Form.of(event)
    try:
        form = _with_new_names(by, form)
        results = invite_members(
            by,
            form["emails"],
            Placement(
                department_id=form["department_id"],
                designation_id=form["designation_id"],
                manager_id=member_id_at(by, form["manager_id"], members=adapters().members),
                role=Role.ADMIN if form["role"] == Role.ADMIN else Role.MEMBER,
            ),
            key=parsed_identifier(form["form_id"]) or new_id(),
            now=adapters().now(),
            members=adapters().members,
            directories=adapters().directories,
            invitations=adapters().invitations,
            rate_limits=adapters().rate_limits,
        )
    except InvalidInput as refusal:
        problems = by_field(refusal.problems)
        return new_page(by, form, problems=problems, status=status_of(refusal))
    except ProofRequired as refusal:
        return new_page(by, form, needs_proof=True, status=status_of(refusal))
    except IdempotencyKeyReused as refusal:
        problems = {"emails": refusal.message}
        return new_page(
            by, _again(form, form["emails"]), problems=problems, status=status_of(refusal)
        )
    logger.info("members invited", addresses=len(results))
    mistyped = [
        result.email for result in results if result.outcome is InvitationOutcome.INVALID_EMAIL
    ]
    return new_page(by, _again(form, "\n".join(mistyped)), results=results)


def send_again(by: SignedIn, invitation_id: str) -> Response[str]:
    send_invitation_again(
        by,
        invitation_id,
        now=adapters().now(),
        invitations=adapters().invitations,
        rate_limits=adapters().rate_limits,
    )
    logger.info("invitation sent again", invitation_id=invitation_id)
    return see_other(f"{LIST}?news=sent")


def revocation_page(by: SignedIn, invitation_id: str) -> Response[str]:
    """Ask before taking an invitation back: nothing is changed from here."""
    overview = invitation_overview(
        by,
        invitation_id,
        now=adapters().now(),
        directories=adapters().directories,
        invitations=adapters().invitations,
        outbox=adapters().outbox,
    )
    return console_page("invitation_revocation.html", by, invitation=overview.invitation)


def revoke(by: SignedIn, invitation_id: str) -> Response[str]:
    revoke_invitation(by, invitation_id, now=adapters().now(), invitations=adapters().invitations)
    logger.info("invitation revoked", invitation_id=invitation_id)
    return see_other(f"{LIST}?news=revoked")


def _with_new_names(by: SignedIn, form: Form) -> Form:
    """Return the form with what was typed as a new department or designation chosen in it.

    Raises:
        InvalidInput: A name cannot be accepted.
    """
    for part, name in _PARTS.items():
        if not form[f"new_{name}"].strip():
            continue
        try:
            listed = listed_under(
                by,
                part,
                form[f"new_{name}"],
                now=adapters().now(),
                directories=adapters().directories,
            )
        except InvalidInput as refusal:
            problems = [replace(problem, field=f"new_{name}") for problem in refusal.problems]
            raise InvalidInput(problems) from refusal
        chosen = {f"{name}_id": [listed.listed_id], f"new_{name}": [""]}
        form = Form({**form.fields, **chosen})
    return form


def _again(form: Form, emails: str) -> Form:
    """Return a form of its own for these addresses, with everything else as it was."""
    return Form({**form.fields, "emails": [emails], "form_id": [new_id()]})


def _badge(overview: InvitationOverview) -> Badge:
    """Tell how far an invitation is, or its mail."""
    if overview.state is InvitationState.EXPIRED:
        return _EXPIRED
    is_sent = overview.delivery.state is DeliveryState.SENT
    return _SENT if is_sent else request_badge(overview.delivery)
