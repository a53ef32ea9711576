"""Circuits: whoever does not answer is left alone for a while, and then asked once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

FAILURES = 5
"""After so many in a row a circuit opens."""

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)

PROBE = timedelta(seconds=30)
"""How long one may try alone; longer than a request may take."""


@dataclass(frozen=True, slots=True)
class Circuit:
    """Whether a provider answers an organization."""

    failures: int = 0
    """In a row."""
    open_until: datetime | None = None
    """Until when nobody asks; None while everybody may."""
    version: int = 0
    """One more with each change; 0 where nothing is stored."""

    @property
    def is_closed(self) -> bool:
        return self.failures == 0

    def is_open(self, now: datetime) -> bool:
        return self.open_until is not None and now < self.open_until

    def is_half_open(self, now: datetime) -> bool:
        """Whether one may try, and no more than one."""
        return self.open_until is not None and now >= self.open_until

    def failed(self, now: datetime) -> Circuit:
        """Return the circuit after one more failure: each that opens it doubles the pause."""
        failures = self.failures + 1
        if failures < FAILURES:
            return replace(self, failures=failures, version=self.version + 1)
        # Far beyond the longest pause; a greater power would not fit into a timedelta.
        doublings = min(failures - FAILURES, 10)
        pause = min(FIRST_PAUSE * 2**doublings, LONGEST_PAUSE)
        return Circuit(failures, now + pause, self.version + 1)

    def probing(self, now: datetime) -> Circuit:
        """Return the circuit while one tries: open to all others."""
        return replace(self, open_until=now + PROBE, version=self.version + 1)
