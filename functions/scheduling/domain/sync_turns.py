"""When a connection is looked at next, and what asks for it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from scheduling.domain.connections import ConnectionKey, Provider

if TYPE_CHECKING:
    from datetime import datetime

LEASE = timedelta(minutes=2)
"""How long one worker has; longer than the function may run."""

SHORTEST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
"""After one failure, and after many: each pause is up to twice as long as the one before."""

DELAYED_AFTER = timedelta(minutes=30)
"""How long a provider may be out of order before it is said that it is."""

GROUPS = 4
"""How many connections of one organization are looked at at once, by batches: its share."""

BUCKET_SECONDS = 30
"""Of all rings of a channel within so many seconds, one is passed on.

`template.yaml` delays what is in the queue for longer, so the one comes after all of them.
"""


@dataclass(frozen=True, slots=True)
class SyncTurn:
    """The next look at a connection, as it waits in the queue."""

    key: ConnectionKey
    connection_id: str
    due_at: datetime
    failures: int = 0
    """How many tries in a row have not succeeded; one that is under way is among them."""
    failing_since: datetime | None = None
    """When the first of them began."""
    leased_until: datetime | None = None
    """While somebody is at it."""

    @property
    def organization_id(self) -> str:
        return self.key.organization_id

    def is_leased(self, now: datetime) -> bool:
        return self.leased_until is not None and now < self.leased_until

    def taken(self, now: datetime) -> SyncTurn:
        """Return the turn as it waits while somebody is at it.

        A try counts as failed until it has succeeded: one that takes the whole
        function down with it is not repeated at once.
        """
        failing = replace(self, failures=self.failures + 1, failing_since=self.failing_since or now)
        until = now + LEASE
        return replace(failing, due_at=max(until, now + failing.pause), leased_until=until)

    @property
    def pause(self) -> timedelta:
        """How long to wait after so many failures: by chance, so that not all come at once."""
        longest = min(SHORTEST_PAUSE * (1 << min(self.failures, 10)), LONGEST_PAUSE)
        pause = longest * fraction(f"{self.connection_id}{self.failures}")
        # No more than whole seconds is stored of a turn.
        return max(SHORTEST_PAUSE, timedelta(seconds=pause // timedelta(seconds=1)))

    def is_delayed(self, now: datetime) -> bool:
        return self.failing_since is not None and now - self.failing_since >= DELAYED_AFTER

    def failed(self, now: datetime, retry_after: timedelta | None) -> SyncTurn:
        """Return the turn after a try that a later one may make up for."""
        pause = max(self.pause, retry_after or timedelta(0))
        return replace(self, due_at=now + pause, leased_until=None)

    def succeeded(self, due_at: datetime) -> SyncTurn:
        return replace(self, due_at=due_at, failures=0, failing_since=None, leased_until=None)


@dataclass(frozen=True, slots=True)
class Ring:
    """What a provider says when something in a calendar has changed: that, and no more."""

    channel_id: str
    resource_id: str
    number: int
    """Rises with each; 1 only tells that the channel is open."""
    bucket: int
    """In which `BUCKET_SECONDS` since 1970 it rang."""

    @property
    def only_greets(self) -> bool:
        return self.number == 1


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """Asks for a look at a connection, in the queue: its turn has come, or a channel rang."""

    key: ConnectionKey
    due_at: int | None = None
    """When its turn was due, in seconds since 1970; None where a channel rang."""
    ring: Ring | None = None

    @property
    def group(self) -> str:
        """Those of one group follow one another: an organization never has all workers."""
        number = int(sha256(self.key.member_id.encode()).hexdigest()[:8], 16) % GROUPS
        return f"{self.key.organization_id}.{number}"

    @property
    def deduplication_id(self) -> str:
        """Of those with the same one, the queue takes the first."""
        if self.ring is None:
            return f"{self.key.member_id}.{self.key.provider}.{self.due_at}"
        greeting = ".greeting" if self.ring.only_greets else ""
        return f"{self.ring.channel_id}.{self.ring.bucket}{greeting}"

    def written(self) -> str:
        """Return the request as JSON."""
        about = {
            "organization_id": self.key.organization_id,
            "member_id": self.key.member_id,
            "provider": self.key.provider.value,
        }
        if self.ring is None:
            return json.dumps(about | {"due_at": self.due_at})
        ring = {name: getattr(self.ring, name) for name in Ring.__slots__}
        return json.dumps(about | {"ring": ring})


def read_request(written: str) -> SyncRequest:
    """Return the request that `SyncRequest.written` wrote."""
    read = json.loads(written)
    key = ConnectionKey(read["organization_id"], read["member_id"], Provider(read["provider"]))
    ring = read.get("ring")
    return SyncRequest(key, read.get("due_at"), None if ring is None else Ring(**ring))


def fraction(of: str) -> float:
    """Return a number from 0 up to 1 that is always the same for one text."""
    return int.from_bytes(sha256(of.encode()).digest()[:6]) / 2**48
