import pytest

from tests.support.google import running_google


@pytest.fixture
def google():
    with running_google() as running:
        yield running
