"""Which refusal is which HTTP problem (RFC 9457)."""

from __future__ import annotations

import json
from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from handlers import settings
from handlers.whose import forget, support_contact
from scheduling.domain import refusals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

    from scheduling.domain.refusals import SchedulingError

_STATUS: Mapping[type[SchedulingError], HTTPStatus] = {
    refusals.InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    refusals.SignInRequired: HTTPStatus.UNAUTHORIZED,
    refusals.SignInCodeRequired: HTTPStatus.FORBIDDEN,
    refusals.SignInCodeRefused: HTTPStatus.FORBIDDEN,
    refusals.OrganizationChoiceRequired: HTTPStatus.CONFLICT,
    refusals.ForeignOrigin: HTTPStatus.FORBIDDEN,
    refusals.NotAllowed: HTTPStatus.FORBIDDEN,
    refusals.ProofRequired: HTTPStatus.FORBIDDEN,
    refusals.FeatureDisabled: HTTPStatus.CONFLICT,
    refusals.TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    refusals.LimiterUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    refusals.LinkNotFound: HTTPStatus.NOT_FOUND,
    refusals.LinkExpired: HTTPStatus.GONE,
    refusals.LinkReplaced: HTTPStatus.GONE,
    refusals.LinkRevoked: HTTPStatus.GONE,
    refusals.LinkUsed: HTTPStatus.GONE,
    refusals.FreshLinkRequired: HTTPStatus.FORBIDDEN,
    refusals.MemberNotFound: HTTPStatus.NOT_FOUND,
    refusals.OrganizationChanged: HTTPStatus.CONFLICT,
    refusals.MemberChanged: HTTPStatus.CONFLICT,
    refusals.BatchTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    refusals.ImportNotFound: HTTPStatus.NOT_FOUND,
    refusals.ImportStarted: HTTPStatus.CONFLICT,
    refusals.LastAdmin: HTTPStatus.CONFLICT,
    refusals.StillMember: HTTPStatus.CONFLICT,
    refusals.StillConnected: HTTPStatus.CONFLICT,
    refusals.NotHandedOver: HTTPStatus.CONFLICT,
    refusals.HostNotFound: HTTPStatus.NOT_FOUND,
    refusals.WorkingHoursChanged: HTTPStatus.CONFLICT,
    refusals.NotInDirectory: HTTPStatus.NOT_FOUND,
    refusals.DirectoryChanged: HTTPStatus.CONFLICT,
    refusals.InvitationNotFound: HTTPStatus.NOT_FOUND,
    refusals.InvitationChanged: HTTPStatus.CONFLICT,
    refusals.InvitationRevoked: HTTPStatus.GONE,
    refusals.AlreadyMember: HTTPStatus.CONFLICT,
    refusals.ExternalMemberNotFound: HTTPStatus.NOT_FOUND,
    refusals.ExternalMemberGone: HTTPStatus.GONE,
    refusals.AddressSuppressed: HTTPStatus.CONFLICT,
    refusals.ExternalMemberChanged: HTTPStatus.CONFLICT,
    refusals.UpcomingBookings: HTTPStatus.CONFLICT,
    refusals.EmailAlreadyInvited: HTTPStatus.CONFLICT,
    refusals.AvailabilityChanged: HTTPStatus.CONFLICT,
    refusals.BookingPageNotFound: HTTPStatus.NOT_FOUND,
    refusals.BookingPageGone: HTTPStatus.GONE,
    refusals.BookingPageInactive: HTTPStatus.CONFLICT,
    refusals.BookingPageChanged: HTTPStatus.CONFLICT,
    refusals.SlugTaken: HTTPStatus.CONFLICT,
    refusals.SlotTaken: HTTPStatus.CONFLICT,
    refusals.SlotNotOffered: HTTPStatus.CONFLICT,
    refusals.HoldNotFound: HTTPStatus.NOT_FOUND,
    refusals.TooManyHolds: HTTPStatus.TOO_MANY_REQUESTS,
    refusals.IdempotencyKeyReused: HTTPStatus.CONFLICT,
    refusals.BookingNotFound: HTTPStatus.NOT_FOUND,
    refusals.BookingChanged: HTTPStatus.CONFLICT,
    refusals.BookingOver: HTTPStatus.CONFLICT,
    refusals.BookingCancelled: HTTPStatus.CONFLICT,
    refusals.BookingNotBegun: HTTPStatus.CONFLICT,
    refusals.BookingUndecided: HTTPStatus.CONFLICT,
    refusals.RequestDecided: HTTPStatus.CONFLICT,
    refusals.TooManyOpenBookings: HTTPStatus.CONFLICT,
    refusals.CalendarsUnverified: HTTPStatus.SERVICE_UNAVAILABLE,
    refusals.ConnectionChanged: HTTPStatus.CONFLICT,
    refusals.NotConnected: HTTPStatus.NOT_FOUND,
    refusals.AlreadyConnected: HTTPStatus.CONFLICT,
    refusals.AccountInUse: HTTPStatus.CONFLICT,
    refusals.BlockedByPolicy: HTTPStatus.FORBIDDEN,
    refusals.ConnectRefused: HTTPStatus.FORBIDDEN,
    refusals.ProviderNotSetUp: HTTPStatus.CONFLICT,
    refusals.AccessDenied: HTTPStatus.FORBIDDEN,
    refusals.AdminBlocksParley: HTTPStatus.FORBIDDEN,
    refusals.WrongAccount: HTTPStatus.CONFLICT,
    refusals.ForeignAccount: HTTPStatus.FORBIDDEN,
    refusals.InsufficientScope: HTTPStatus.FORBIDDEN,
    refusals.StillDisconnecting: HTTPStatus.SERVICE_UNAVAILABLE,
    refusals.ConnectingUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    refusals.BusyTryAgain: HTTPStatus.SERVICE_UNAVAILABLE,
}

MOST_LISTED = 100
"""How many things of one kind a problem names."""

HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
"""For every answer: whoever was here once never comes unencrypted. Source: ASVS 5.0, 3.4.1."""

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **HTTPS_ONLY}


def status_of(refusal: SchedulingError) -> HTTPStatus:
    return _STATUS[type(refusal)]


def problem(refusal: SchedulingError) -> Response[str]:
    """Return the answer that tells a client what was refused, and the facts it can act on."""
    status = status_of(refusal)
    body: dict[str, Any] = {
        "type": f"urn:parley:problem:{refusal.code}",
        "title": refusal.message,
        "status": status.value,
        "code": refusal.code,
        **_facts(refusal),
    }
    if contact := support_contact():
        body["support_contact"] = contact
    headers: dict[str, str | list[str]] = dict(_HEADERS)
    if isinstance(refusal, refusals.TryAgainLater):
        headers["Retry-After"] = str(refusal.retry_after_seconds)
    return Response(
        status_code=status.value,
        content_type="application/problem+json",
        body=json.dumps(body),
        headers=headers,
    )


def _facts(refusal: SchedulingError) -> dict[str, Any]:  # noqa: C901 - a list of cases
    """Return what a client can act on, beside what every problem has."""
    facts: dict[str, Any] = {}
    match refusal:
        case refusals.InvalidInput():
            facts["errors"] = [
                {"field": found.field, "code": found.code, "message": found.message}
                for found in refusal.problems
            ]
        case refusals.SlotUnavailable():
            facts["alternatives"] = [
                start.isoformat().replace("+00:00", "Z") for start in refusal.alternatives
            ]
        case refusals.AvailabilityChanged():
            facts["current_version"] = refusal.current_version
        case refusals.BookingClosed():
            facts["book_again"] = f"{settings.base_url()}/book/{refusal.booking_page_slug}"
        case refusals.AddressSuppressed():
            facts["reason"] = refusal.reason.value
        case refusals.UpcomingBookings():
            facts["booking_ids"] = list(refusal.booking_ids)
        case refusals.AlreadyConnected() | refusals.WrongAccount():
            facts["account"] = refusal.account
        case refusals.InsufficientScope():
            facts["missing"] = [platform.value for platform in refusal.missing]
        case refusals.StillMember():
            facts["member_id"] = refusal.member_id
        case refusals.StillConnected():
            facts["providers"] = [provider.value for provider in refusal.providers]
        case refusals.OrganizationChoiceRequired():
            facts["organizations"] = list(map(asdict, refusal.choices))
        case refusals.NotHandedOver():
            facts["left"] = {
                "bookings": _listed(refusal.booking_ids),
                "booking_pages": _listed(refusal.booking_page_slugs),
                "external_members": _listed(refusal.external_member_ids),
            }
    return facts


def _listed(identifiers: Sequence[str]) -> dict[str, Any]:
    return {"count": len(identifiers), "ids": list(identifiers[:MOST_LISTED])}


def answer_refusals(app: APIGatewayHttpResolver) -> None:
    """Have `app` answer every refusal with its problem, and let nobody keep its answers."""
    app.exception_handler(refusals.SchedulingError)(problem)
    app.use(middlewares=[_private])


def _private(app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[Any]:
    forget()
    response = next_middleware(app)
    response.headers.update(_HEADERS)
    return response
