"""Mistakes that people make are found, and soon."""

from __future__ import annotations

import pytest

from tests.simulation.histories import first_broken
from tests.simulation.mutants import MUTANTS

WITHIN = 1_000


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_mutant_is_found(mutant, record_property):
    with mutant():
        broken = first_broken(range(WITHIN))

    assert broken is not None
    record_property("found_at_history", broken.seed)
