import boto3
import pytest
from aws_lambda_powertools.utilities.parameters import clear_caches

from handlers.mail_room import mail_room
from handlers.wiring import adapters


@pytest.fixture
def room(stack, monkeypatch):
    """The mail room of RetryMailsFunction, in this process: real tables, real SES."""
    for name, value in stack.environment("RetryMailsFunction").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    adapters.cache_clear()
    clear_caches()
    yield mail_room()
    adapters.cache_clear()
    clear_caches()


@pytest.fixture(scope="module")
def nothing_sends_by_itself(stack):
    with stack.mails_held_back():
        yield
