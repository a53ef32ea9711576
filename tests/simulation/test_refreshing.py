"""Ten thousand histories in which tokens are replaced; no grant is lost without a crash (R9)."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.simulation.refreshing import first_broken, play
from tests.simulation.refreshing_mutants import MUTANTS

HISTORIES = 10_000
WITHIN = 3_000

HAPPENS = {
    "access token rejected",
    "answer of save lost",
    "answered",
    "broken",
    "crash",
    "held up",
    "http_503",
    "left alone",
    "lost",
    "reconnected",
    "refreshed_elsewhere",
    "rejected",
    "rotated",
    "save failed",
}
"""Without these, histories would be too peaceful to prove anything."""


def test_r9_no_grant_is_lost_without_a_crash_and_one_mail_tells_of_each_that_is():
    seen = Counter[str]()

    for seed in range(HISTORIES):
        seen += play(seed)

    assert all(seen[what] >= 100 for what in HAPPENS), seen


def test_the_same_seed_plays_the_same_history():
    assert play(17) == play(17)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_r9_a_mutant_is_found(mutant, record_property):
    with mutant():
        broken = first_broken(range(WITHIN))

    assert broken is not None
    record_property("found_at_history", str(broken))
