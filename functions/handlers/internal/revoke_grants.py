"""Ends the connections of an organization or at a provider, for whoever operates the deployment."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Self

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, model_validator

from handlers.wiring import adapters
from scheduling.domain.connections import Provider
from scheduling.use_cases.revoking import revoke_grants

logger = Logger()


class RevokeGrantsRequest(BaseModel):
    """Whose: an organization's, a provider's, or those of one at the other."""

    # A misspelled name must not mean more than was meant.
    model_config = ConfigDict(extra="forbid")

    organization_id: str | None = None
    provider: Provider | None = None

    @model_validator(mode="after")
    def names_one(self) -> Self:
        if self.organization_id is None and self.provider is None:
            raise ValueError("name an organization, a provider, or both")
        return self


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    request = RevokeGrantsRequest.model_validate(event)
    revoked = revoke_grants(
        request.organization_id,
        request.provider,
        now=adapters().now(),
        connections=adapters().connections,
    )
    logger.info("grants revoked", **request.model_dump(mode="json"), **asdict(revoked))
    return asdict(revoked)
