import pytest

from dev.stack import running_stack
from tests.support.deployed import Deployed


@pytest.fixture(scope="session")
def stack():
    """One deployed stack for every test that needs one; the variable PARLEY_STACK names another."""
    with running_stack() as facts:
        yield Deployed(facts)
