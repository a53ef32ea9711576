import boto3
import pytest
from moto import mock_aws

from tests.support.tables import create_tables


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
