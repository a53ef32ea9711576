from __future__ import annotations

import json
from typing import TYPE_CHECKING

import boto3
import pytest
from aws_lambda_powertools.utilities import parameters

from scheduling.adapters.secrets_manager.link_keys import SecretsManagerLinkKeys
from scheduling.domain.links import LinkKey
from scheduling.domain.refusals import LinkNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_secretsmanager import SecretsManagerClient

SECRET = "parley/link-key"


@pytest.fixture
def client(aws: None) -> Iterator[SecretsManagerClient]:
    parameters.clear_caches()
    client = boto3.client("secretsmanager")
    client.create_secret(Name=SECRET, SecretString=json.dumps({"kid": "1", "key": "old"}))
    yield client
    parameters.clear_caches()


def rotate(client: SecretsManagerClient) -> None:
    rotated = {"kid": "2", "key": "new", "previous": {"kid": "1", "key": "old"}}
    client.put_secret_value(SecretId=SECRET, SecretString=json.dumps(rotated))


@pytest.mark.usefixtures("client")
def test_new_links_are_signed_with_the_current_key() -> None:
    assert SecretsManagerLinkKeys(SECRET).current() == LinkKey("1", b"old")


@pytest.mark.usefixtures("client")
def test_a_link_names_its_key() -> None:
    assert SecretsManagerLinkKeys(SECRET).named("1") == LinkKey("1", b"old")


def test_e8_after_a_rotation_the_previous_key_still_opens_links(
    client: SecretsManagerClient,
) -> None:
    rotate(client)
    keys = SecretsManagerLinkKeys(SECRET)

    assert keys.current() == LinkKey("2", b"new")
    assert keys.named("1") == LinkKey("1", b"old")


def test_an_unknown_key_opens_nothing(client: SecretsManagerClient) -> None:
    rotate(client)

    with pytest.raises(LinkNotFound):
        SecretsManagerLinkKeys(SECRET).named("3")


def test_the_secret_is_read_once_for_many_links(client: SecretsManagerClient) -> None:
    keys = SecretsManagerLinkKeys(SECRET)
    keys.current()

    client.delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)

    assert keys.named("1") == keys.current()
