"""Looking into connected calendars through the one function that may open them."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mypy_boto3_lambda import LambdaClient

    from scheduling.domain.hours import Span
    from scheduling.domain.time_range import TimeRange

logger = logging.getLogger(__name__)


class LambdaLiveLook:
    """Makes its client when it first looks: most bookings are of hosts who connected nothing."""

    def __init__(self, client: Callable[[], LambdaClient], function: str) -> None:
        self._client = client
        self._function = function

    def busy(
        self, organization_id: str, member_ids: Sequence[str], within: TimeRange
    ) -> Mapping[str, Sequence[Span]]:
        asked = {
            "organization_id": organization_id,
            "member_ids": list(member_ids),
            "start": int(within.start.timestamp()),
            "end": int(within.end.timestamp()),
        }
        try:
            answer = self._client().invoke(
                FunctionName=self._function, Payload=json.dumps(asked).encode()
            )
        except (BotoCoreError, ClientError) as failure:
            logger.warning("nothing seen: %s", type(failure).__name__)
            return {}
        if answer.get("FunctionError"):
            logger.warning("nothing seen: the function failed")
            return {}
        seen: dict[str, list[tuple[int, int]]] = json.loads(answer["Payload"].read())["busy"]
        return {who: [(start, end) for start, end in busy] for who, busy in seen.items()}
