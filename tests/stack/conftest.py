from contextlib import contextmanager

import boto3
import pytest
from aws_lambda_powertools.utilities.parameters import clear_caches

from handlers.mail_room import mail_room
from handlers.wiring import adapters


@pytest.fixture
def room(stack, monkeypatch):
    """The mail room of RetryMailsFunction, in this process: real tables, real SES."""
    with in_this_process(stack, "RetryMailsFunction", monkeypatch):
        yield mail_room()


@pytest.fixture
def parley(stack, monkeypatch):
    """The adapters of BookingFunction, in this process: real tables."""
    with in_this_process(stack, "BookingFunction", monkeypatch):
        yield adapters()


@contextmanager
def in_this_process(stack, function, monkeypatch):
    for name, value in stack.environment(function).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    adapters.cache_clear()
    clear_caches()
    yield
    adapters.cache_clear()
    clear_caches()


@pytest.fixture(scope="module")
def nothing_sends_by_itself(stack):
    with (
        stack.mails_held_back(),
        stack.imports_held_back(),
        stack.calendar_events_held_back(),
        stack.calendars_unread(),
    ):
        yield
