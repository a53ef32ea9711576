import pytest

from tests.support.builders import AIKO, ORGANIZATION, an_entry
from tests.support.in_memory import InMemoryAdapters


@pytest.fixture
def parley():
    """An organization with its admin, nothing else; it is 28 November 2026."""
    adapters = InMemoryAdapters()
    adapters.organizations.add(ORGANIZATION, AIKO, an_entry())
    adapters.store.writes = 0
    return adapters
