import pytest
import time_machine

from tests.security.cast import HANAMI, KOBO, NOW, build_house
from tests.security.matrix import Matrix, Tables
from tests.support.deployment import deployment


@pytest.fixture(scope="module")
def matrix():
    """Two organizations on Tuesday at noon; visits put back what they change."""
    with (
        pytest.MonkeyPatch.context() as patch,
        time_machine.travel(NOW, tick=False) as clock,
        deployment(patch) as deployed,
    ):
        home, other = (build_house(people, deployed, clock) for people in (HANAMI, KOBO))
        yield Matrix(home, other, Tables())
