"""Reads the calendars that external members linked, each every half hour."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import batched
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers.wiring import adapters
from scheduling.use_cases.feeds import AT_ONCE, due_turns, read_calendars

STARTS_WITHIN = timedelta(seconds=50)
"""What has not begun by then waits for the next minute."""

logger = Logger()


class CalendarsFailed(Exception):
    """Reading some calendars ended in errors that nobody foresaw; the log has each."""


@logger.inject_lambda_context
def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, int]:
    """Return how many were verified, and how many not, by reason.

    Raises:
        CalendarsFailed: After all others were handled.
    """
    began_at = adapters().now()
    ends: Counter[str] = Counter()
    unforeseen = 0
    turns = due_turns(now=began_at, calendar_feeds=adapters().calendar_feeds)
    for some in batched(turns, AT_ONCE, strict=False):
        now = adapters().now()
        if now - began_at > STARTS_WITHIN:
            break
        try:
            ends += read_calendars(
                some,
                now=now,
                external_members=adapters().external_members,
                bookings=adapters().bookings,
                calendar_feeds=adapters().calendar_feeds,
                calendar_servers=adapters().calendar_servers,
                busy_times=adapters().busy_times,
            )
        except Exception:  # one poisonous batch must not hold up the others
            logger.exception("calendars failed")
            unforeseen += 1
    logger.info("calendars read", due=len(turns), ends=dict(ends))
    if unforeseen:
        raise CalendarsFailed(unforeseen)
    return dict(ends)
