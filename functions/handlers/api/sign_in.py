"""Signing in by a mailed link, and out."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from handlers.requests import network, network_address, refuse_foreign_origin
from handlers.sessions import BROWSER_COOKIE, SESSION_COOKIE, cookie, private_cookie, staff
from handlers.token_misses import count_token_misses
from handlers.validation import answer_problems
from handlers.wiring import adapters
from scheduling.domain.links import SIGN_IN_LIFE
from scheduling.domain.people import Role
from scheduling.use_cases.security import end_sessions
from scheduling.use_cases.sign_in import (
    SignInRequest,
    finish_sign_in,
    request_sign_in,
    sign_out,
)
from scheduling.use_cases.sign_up import request_sign_up

app = APIGatewayHttpResolver(enable_validation=True)
logger = Logger()
answer_problems(app)
count_token_misses(app, lambda event: (event.http_method, event.path) == ("POST", "/api/sessions"))


class SignInRequestBody(BaseModel):
    email: str


class SignInRequestResponse(BaseModel):
    code: str
    """To be typed where the mailed link is opened, if that is another browser."""


class SessionRequest(BaseModel):
    token: str
    """From the mailed link: what follows `/l/`."""
    code: str | None = None
    organization_id: str = ""
    """Which one is meant, of those who belong to several."""


class SignUpRequest(BaseModel):
    organization_name: str
    name: str
    email: str
    time_zone: str
    locale: str = "en"


class SessionResponse(BaseModel):
    member_id: str
    name: str
    email: str
    role: Role
    organization_id: str
    organization_name: str


@app.post("/api/sign-in-requests", summary="Have a sign-in link mailed")
def post_sign_in_request(request: SignInRequestBody) -> Response[SignInRequestResponse]:
    refuse_foreign_origin(app.current_event)
    asked = request_sign_in(
        request.email,
        network_address=network_address(app.current_event),
        now=adapters().now(),
        links=adapters().links,
        rate_limits=adapters().rate_limits,
    )
    return _asked(asked)


@app.post("/api/sign-ups", summary="Have a link mailed that starts an organization")
def post_sign_up(request: SignUpRequest) -> Response[SignInRequestResponse]:
    refuse_foreign_origin(app.current_event)
    asked = request_sign_up(
        request.organization_name,
        request.name,
        request.email,
        request.time_zone,
        request.locale,
        sign_up_policy=adapters().sign_up_policy,
        network_address=network_address(app.current_event),
        now=adapters().now(),
        links=adapters().links,
        rate_limits=adapters().rate_limits,
    )
    return _asked(asked)


@app.post("/api/sessions", summary="Use a sign-in link")
def post_session(request: SessionRequest) -> Response[str]:
    refuse_foreign_origin(app.current_event)
    session = finish_sign_in(
        request.token,
        browser_secret=cookie(app.current_event, BROWSER_COOKIE),
        code=request.code,
        organization_id=request.organization_id,
        former_secret=cookie(app.current_event, SESSION_COOKIE),
        network=network(app.current_event),
        now=adapters().now(),
        links=adapters().links,
        link_keys=adapters().link_keys,
        members=adapters().members,
        organizations=adapters().organizations,
        sessions=adapters().sessions,
    )
    lifetime = int(session.lifetime.total_seconds())
    return Response(
        status_code=204,
        body="",
        cookies=[
            private_cookie(SESSION_COOKIE, session.secret, max_age_seconds=lifetime),
            private_cookie(BROWSER_COOKIE, "", max_age_seconds=0),
        ],
    )


@app.get("/api/sessions/current", summary="See who is signed in")
def get_current_session() -> SessionResponse:
    who = staff(app.current_event)
    return SessionResponse(
        member_id=who.member.member_id,
        name=who.member.name,
        email=who.member.email,
        role=who.member.role,
        organization_id=who.organization.organization_id,
        organization_name=who.organization.name,
    )


@app.delete("/api/sessions/current", summary="Sign out")
def delete_current_session() -> Response[str]:
    refuse_foreign_origin(app.current_event)
    sign_out(
        cookie(app.current_event, SESSION_COOKIE),
        network=network(app.current_event),
        now=adapters().now(),
        sessions=adapters().sessions,
    )
    return _signed_out()


@app.delete("/api/sessions", summary="Sign out everywhere")
def delete_sessions() -> Response[str]:
    refuse_foreign_origin(app.current_event)
    by = staff(app.current_event)
    end_sessions(by, by.member.member_id, now=adapters().now(), members=adapters().members)
    logger.info("sessions ended", member_id=by.member.member_id)
    return _signed_out()


def _asked(asked: SignInRequest) -> Response[SignInRequestResponse]:
    lifetime = int(SIGN_IN_LIFE.total_seconds())
    return Response(
        status_code=202,
        content_type="application/json",
        body=SignInRequestResponse(code=asked.code),
        cookies=[private_cookie(BROWSER_COOKIE, asked.browser_secret, max_age_seconds=lifetime)],
    )


def _signed_out() -> Response[str]:
    return Response(
        status_code=204,
        body="",
        cookies=[private_cookie(SESSION_COOKIE, "", max_age_seconds=0)],
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
