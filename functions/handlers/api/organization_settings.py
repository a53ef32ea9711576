"""What an organization says about itself, for staff."""

from __future__ import annotations

from typing import Any, Self

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from handlers.requests import refuse_foreign_origin
from handlers.sessions import staff
from handlers.validation import answer_problems
from handlers.wiring import adapters
from scheduling.domain.people import Organization
from scheduling.use_cases.organization_settings import OrganizationEdit, edit_organization

app = APIGatewayHttpResolver(enable_validation=True)
logger = Logger()
answer_problems(app)


class OrganizationPatch(BaseModel):
    """What is to be another way; null for what stays."""

    version: int | None = None
    """The one that was read before editing; null to change whatever there is."""
    name: str | None = None
    time_zone: str | None = None
    locale: str | None = None
    support_contact: str | None = None


class OrganizationResponse(BaseModel):
    organization_id: str
    name: str
    time_zone: str
    locale: str
    support_contact: str
    """Whom people turn to when something does not work; empty for nobody."""
    version: int

    @classmethod
    def of(cls, organization: Organization) -> Self:
        return cls(
            organization_id=organization.organization_id,
            name=organization.name,
            time_zone=organization.time_zone,
            locale=organization.locale,
            support_contact=organization.support_contact,
            version=organization.version,
        )


@app.get("/api/organization", summary="See the organization")
def get_organization() -> OrganizationResponse:
    return OrganizationResponse.of(staff(app.current_event).organization)


@app.patch("/api/organization", summary="Edit the organization")
def patch_organization(request: OrganizationPatch) -> OrganizationResponse:
    refuse_foreign_origin(app.current_event)
    organization = edit_organization(
        staff(app.current_event),
        OrganizationEdit(request.name, request.time_zone, request.locale, request.support_contact),
        version=request.version,
        now=adapters().now(),
        organizations=adapters().organizations,
    )
    logger.info("organization edited")
    return OrganizationResponse.of(organization)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
