"""Works off files with members, as soon as one is stored, and once a minute what is left.

Neither the record of the stream nor the clock says what to do: that stands in
the table, where each worker takes up what is due.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers.wiring import adapters
from scheduling.domain.member_imports import ImportState, MemberImport
from scheduling.use_cases.member_imports import import_part

AT_ONCE = 5
"""More imports than these wait for the next minute."""

RESERVE_MILLISECONDS = 30_000
"""What 25 rows take at the very most: with less time left, the next run goes on."""

logger = Logger()


@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Return how many rows were done; to the stream, that none of its records failed."""
    done = 0
    for due in adapters().member_imports.due(now=adapters().now(), limit=AT_ONCE):
        claimed = adapters().member_imports.claim(due, now=adapters().now())
        if claimed is not None:
            done += _work_off(claimed, context)
    return {"batchItemFailures": [], "done": done}


def _work_off(claimed: MemberImport, context: LambdaContext) -> int:
    """Go on with an import while there is time, and return how many rows were done."""
    before = claimed.done
    while claimed.state is ImportState.RUNNING:
        if context.get_remaining_time_in_millis() < RESERVE_MILLISECONDS:
            break
        after = _part(claimed)
        if after is None or after.done == claimed.done:
            # Another worker has it now, or what comes next has to wait.
            break
        claimed = after
    return claimed.done - before


def _part(claimed: MemberImport) -> MemberImport | None:
    after = import_part(
        claimed,
        now=adapters().now(),
        organizations=adapters().organizations,
        members=adapters().members,
        directories=adapters().directories,
        invitations=adapters().invitations,
        rate_limits=adapters().rate_limits,
        member_imports=adapters().member_imports,
    )
    if after is not None:
        logger.info("members imported", import_id=after.import_id, done=after.done, of=after.rows)
    return after
