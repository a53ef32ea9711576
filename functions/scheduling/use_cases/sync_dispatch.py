"""Asking for looks at connections: whoever asks opens no calendar, and imports nothing for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.domain.sync_turns import SyncRequest
from scheduling.use_cases.feeds import in_turn

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling.provider_ports import SyncQueue, SyncTurns

MOST_LISTED = 2500
"""Turns read of each part of the queue, so that one organization does not hide the others."""


def request_due_turns(*, now: datetime, turns: SyncTurns, queue: SyncQueue) -> int:
    """Ask for a look at each connection whose turn has come, in a fair order; return how many.

    Raises:
        QueueUnavailable
    """
    due = in_turn(turns.due(now=now, limit=MOST_LISTED))
    queue.send([SyncRequest(turn.key, due_at=int(turn.due_at.timestamp())) for turn in due])
    return len(due)
