import pytest

from tests.support.builders import AIKO, ORGANIZATION
from tests.support.in_memory import InMemoryAdapters


@pytest.fixture
def parley():
    """An organization with its admin, nothing else; it is 28 November 2026."""
    adapters = InMemoryAdapters()
    adapters.organizations.add(ORGANIZATION, AIKO)
    adapters.store.writes = 0
    return adapters
