"""A deployment in this process: tables, key and environment as a stack has them."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from aws_lambda_powertools.utilities.parameters import clear_caches
from moto import mock_aws

from handlers.wiring import adapters
from tests.support.in_process import ORIGIN
from tests.support.tables import (
    create_connections_table,
    create_limits_table,
    create_tables,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from scheduling.adapters.dynamodb.table import Table

# Powertools reads these when a handler is imported; a deployed function has them by then.
os.environ |= {"POWERTOOLS_SERVICE_NAME": "parley", "POWERTOOLS_METRICS_NAMESPACE": "Parley/test"}

REGION = "eu-central-1"
LINK_KEY = "an-example-key-that-signs-links-in-tests"
CHANNEL_SECRET = "an-example-secret-that-tokens-of-channels-are-made-with"
PROVIDER_APPS = """{
  "google": {"client_id": "parley-google", "client_secret": "parley-google-secret"},
  "zoom": {"client_id": "parley-zoom", "client_secret": "parley-zoom-secret"}
}"""
GOOGLE, ZOOM = "https://google.example", "https://zoom.example"
"""Where providers are, unless a test has something stand in for them."""


@dataclass(frozen=True)
class Deployment:
    scheduling: Table
    access: Table
    limits: Table
    connections: Table


@contextmanager
def aws_in_this_process(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Answer every call to AWS here. One thread only: moto's transactions have no lock."""
    patch.setenv("AWS_ACCESS_KEY_ID", "test")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    patch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield


@contextmanager
def deployment(patch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """Let handlers run in this process as they do where they are deployed."""
    with aws_in_this_process(patch):
        dynamodb = boto3.client("dynamodb")
        scheduling, access = create_tables(dynamodb)
        limits = create_limits_table(dynamodb)
        connections = create_connections_table(dynamodb)
        secret = f'{{"kid": "1", "key": "{LINK_KEY}"}}'
        secrets = boto3.client("secretsmanager")
        secrets.create_secret(Name="link-key", SecretString=secret)
        secrets.create_secret(Name="provider-apps", SecretString=PROVIDER_APPS)
        secrets.create_secret(Name="channel-secret", SecretString=CHANNEL_SECRET)
        syncs = boto3.client("sqs").create_queue(
            QueueName="syncs.fifo", Attributes={"FifoQueue": "true"}
        )
        boto3.client("sesv2").create_email_identity(EmailIdentity="mail.example")
        for name, value in {
            "SCHEDULING_TABLE": scheduling.name,
            "ACCESS_TABLE": access.name,
            "LINK_KEY_SECRET": "link-key",
            "BASE_URL": ORIGIN,
            "MAIL_FROM": "bookings@mail.example",
            "LIMITS_TABLE": limits.name,
            "RATE_LIMIT_FACTOR": "1",
            "SIGN_UP": "closed",
            "FIRST_ADMIN_EMAIL": "first@hanami.example",
            "MAILS_PER_DAY": "2000",
            "LIVE_LOOK_FUNCTION": "probe-free-busy",
            "SYNC_QUEUE_URL": syncs["QueueUrl"],
            "CHANNEL_SECRET": "channel-secret",
            "CONNECTIONS_TABLE": connections.name,
            # Made by those tests that encrypt: it takes as long as all the rest.
            "GRANT_KEY": "no-key",
            "PROVIDER_APPS_SECRET": "provider-apps",
            "GOOGLE_ACCOUNTS_URL": GOOGLE,
            "GOOGLE_OAUTH_URL": GOOGLE,
            "GOOGLE_API_URL": GOOGLE,
            "ZOOM_URL": ZOOM,
            "ZOOM_API_URL": ZOOM,
        }.items():
            patch.setenv(name, value)
        adapters.cache_clear()
        clear_caches()
        yield Deployment(scheduling, access, limits, connections)
        adapters.cache_clear()
        clear_caches()
