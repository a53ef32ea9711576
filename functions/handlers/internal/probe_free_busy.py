"""Looks into connected calendars for functions that must not open them themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers.provider_room import provider_room
from handlers.wiring import adapters
from scheduling.domain.time_range import TimeRange
from scheduling.use_cases.probing import busy_now

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = Logger()


@logger.inject_lambda_context
def handler(event: Mapping[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Return when members are busy, in seconds since 1970, without those who cannot be asked.

    Args:
        event: `organization_id`, `member_ids`, and `start` and `end` in seconds since 1970.
    """
    within = TimeRange(
        datetime.fromtimestamp(event["start"], UTC), datetime.fromtimestamp(event["end"], UTC)
    )
    seen = busy_now(
        event["organization_id"],
        event["member_ids"],
        within,
        now=adapters().now(),
        providers=provider_room(),
    )
    logger.info("calendars looked into", asked=len(event["member_ids"]), seen=len(seen))
    return {"busy": {who: [list(span) for span in busy] for who, busy in seen.items()}}
