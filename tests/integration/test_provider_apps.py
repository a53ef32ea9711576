"""What Parley is known by at providers, as AWS Secrets Manager keeps it."""

from __future__ import annotations

import json

import boto3
import pytest
from aws_lambda_powertools.utilities import parameters

from scheduling.adapters.secrets_manager.provider_apps import SecretsManagerProviderApps
from scheduling.domain.connections import Provider
from scheduling.domain.refusals import ProviderNotSetUp
from scheduling.provider_ports import ProviderApp

SECRET = "parley/provider-apps"


@pytest.fixture
def secret(aws):
    parameters.clear_caches()
    client = boto3.client("secretsmanager")
    client.create_secret(Name=SECRET, SecretString="{}")
    yield client
    parameters.clear_caches()


def fill(secret, apps):
    secret.put_secret_value(SecretId=SECRET, SecretString=json.dumps(apps))


def test_each_provider_knows_parley_by_something_else(secret):
    fill(secret, {"google": {"client_id": "parley", "client_secret": "canary"}})

    app = SecretsManagerProviderApps(SECRET).of(Provider.GOOGLE)

    assert app == ProviderApp("parley", "canary")
    assert "canary" not in repr(app)


def test_a_provider_may_not_be_set_up(secret):
    fill(secret, {"zoom": {"client_id": "parley", "client_secret": "canary"}})

    with pytest.raises(ProviderNotSetUp):
        SecretsManagerProviderApps(SECRET).of(Provider.GOOGLE)


@pytest.mark.parametrize(
    "half", [{}, {"client_id": "parley"}, {"client_id": "", "client_secret": "x"}]
)
def test_half_of_what_it_takes_is_nothing(secret, half):
    fill(secret, {"google": half})

    with pytest.raises(ProviderNotSetUp):
        SecretsManagerProviderApps(SECRET).of(Provider.GOOGLE)
