"""Creates an organization with its first admin, for whoever operates the deployment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field

from handlers.wiring import adapters
from scheduling.use_cases.organizations import create_organization

logger = Logger()


class CreateOrganizationRequest(BaseModel):
    organization_name: str
    admin_name: str
    admin_email: str
    time_zone: str
    sign_in_link_minutes: int = Field(default=60, ge=1, le=24 * 60)
    """How long the returned link works."""


class CreateOrganizationResponse(BaseModel):
    organization_id: str
    member_id: str
    sign_in_url: str
    """Works once, in any browser: hand it to the admin only."""
    created: bool
    """False where the admin had an organization already."""


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    request = CreateOrganizationRequest.model_validate(event)
    created = create_organization(
        request.organization_name,
        request.admin_name,
        request.admin_email,
        request.time_zone,
        link_life=timedelta(minutes=request.sign_in_link_minutes),
        now=adapters().now(),
        base_url=adapters().base_url,
        organizations=adapters().organizations,
        members=adapters().members,
        links=adapters().links,
        link_keys=adapters().link_keys,
    )
    logger.info("organization asked for", organization_id=created.organization_id)
    return CreateOrganizationResponse(
        organization_id=created.organization_id,
        member_id=created.member_id,
        sign_in_url=created.sign_in_url,
        created=created.created,
    ).model_dump()
