import os
from types import SimpleNamespace

import boto3
import pytest
from aws_lambda_powertools.utilities.parameters import clear_caches
from moto import mock_aws

from handlers.wiring import adapters
from tests.support.api_road import Road
from tests.support.in_process import ORIGIN, LambdaContext, client, handler_at
from tests.support.tables import create_limits_table, create_tables

# Powertools reads these when a handler is imported; a deployed function has them by then.
os.environ |= {"POWERTOOLS_SERVICE_NAME": "parley", "POWERTOOLS_METRICS_NAMESPACE": "Parley/test"}


@pytest.fixture
def aws(monkeypatch):
    """AWS in this process. One thread only: moto's transactions have no lock."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield


@pytest.fixture
def tables(aws):
    return create_tables(boto3.client("dynamodb"))


@pytest.fixture
def deployed(aws, monkeypatch):
    """Tables, key and environment as a deployment has them; handlers run in this process."""
    dynamodb = boto3.client("dynamodb")
    scheduling, access = create_tables(dynamodb)
    limits = create_limits_table(dynamodb)
    secret = '{"kid": "1", "key": "an-example-key-that-signs-links-in-tests"}'
    boto3.client("secretsmanager").create_secret(Name="link-key", SecretString=secret)
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
    }.items():
        monkeypatch.setenv(name, value)
    adapters.cache_clear()
    clear_caches()
    yield SimpleNamespace(scheduling=scheduling, access=access, limits=limits)
    adapters.cache_clear()
    clear_caches()


@pytest.fixture
def road(deployed):
    with client() as admin, client() as public:
        yield Road(admin, public)


@pytest.fixture
def created(deployed):
    return handler_at("handlers.internal.create_organization.handler")(
        {
            "organization_name": "Hanami Studio",
            "admin_name": "Aiko Mori",
            "admin_email": "aiko@hanami.example",
            "time_zone": "Asia/Tokyo",
        },
        LambdaContext(),
    )
