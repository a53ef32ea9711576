"""Ten thousand histories, in which nothing that is promised may break (R2, R5, R7, R13)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.simulation.histories import first_broken, play
from tests.simulation.mutants import no_condition_on_cells

HISTORIES = 10_000

ROOT = Path(__file__).parents[2]

HAPPENS = {
    "conflict",
    "in the way",
    "request lost",
    "answer lost",
    "stale read",
    "crash before the call",
    "crash after the call",
    "takeover of what had expired",
    "slot_taken",
    "slot_not_offered",
    "booking_changed",
    "booking_cancelled",
    "request_decided",
    "busy_try_again",
    "mail sent",
    "mail send_failed",
    "mail superseded",
    "mail too_late",
}
"""Without these, histories would be too peaceful to prove anything."""


def test_no_history_breaks_a_promise():
    seen = Counter[str]()

    for seed in range(HISTORIES):
        seen += play(seed).seen

    missing = HAPPENS - seen.keys()
    assert not missing
    assert all(seen[what] >= 10 for what in HAPPENS), seen


@pytest.mark.parametrize("seed", [4, 7])
def test_the_same_seed_plays_the_same_history(seed):
    one = _played_elsewhere(seed, hash_seed="1")
    other = _played_elsewhere(seed, hash_seed="2")

    assert one == other
    assert "commit stored" in one


def test_a_broken_history_tells_its_seed_and_its_steps():
    with no_condition_on_cells():
        broken = first_broken(range(100))

    assert broken is not None
    lines = str(broken).splitlines()
    assert lines[0].startswith(f"history {broken.seed}: PromiseBroken: two meetings at once")
    assert any("transact put" in line for line in lines)


def _played_elsewhere(seed: int, *, hash_seed: str) -> str:
    """Return what another process prints, whose sets have another order."""
    return subprocess.run(
        [sys.executable, "-m", "tests.simulation", str(seed)],
        capture_output=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": "functions"},
        text=True,
    ).stdout
