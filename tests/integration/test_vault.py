"""The vault: what is kept of grants is of no use to whoever has but a copy of it."""

import json
from dataclasses import replace
from datetime import timedelta

import boto3
import pytest
from boto3.dynamodb.types import Binary
from botocore.awsrequest import AWSResponse

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.grants import DynamoDbGrants
from scheduling.adapters.dynamodb.table import encoded
from scheduling.adapters.kms.vault import KmsVault
from scheduling.domain.grants import Tokens
from scheduling.provider_ports import CiphertextRefused, VaultUnavailable
from tests.support.builders import EARLY
from tests.support.grants import KEY, a_grant
from tests.support.tables import create_connections_table

HERE = {"organization": "hanami", "member": "mia", "what": "tokens", "version": "1"}

OTHERS = replace(KEY, member_id="n" * 26)


@pytest.fixture
def kms(aws):
    return boto3.client("kms")


@pytest.fixture
def vault(kms):
    return KmsVault(kms, kms.create_key()["KeyMetadata"]["KeyId"])


@pytest.fixture
def table(aws):
    return create_connections_table(boto3.client("dynamodb"))


@pytest.fixture
def grants(table, vault):
    return DynamoDbGrants(table, vault)


def stored(table, key):
    return table.get(keys.grant(key))


def store(table, item):
    table.client.put_item(TableName=table.name, Item=encoded(item))


@pytest.mark.parametrize("length", [1, 4096, 4097, 100_000])
def test_s10_a_text_comes_back_however_long_it_is(vault, length):
    text = "x" * length

    assert vault.decrypted(vault.encrypted(text, HERE), HERE) == text


def test_s10_beyond_4096_bytes_a_key_of_its_own_encrypts_it(vault):
    assert vault.encrypted("x" * 4096, HERE)[0] == 1
    assert vault.encrypted("x" * 4097, HERE)[0] == 2
    # Bytes count, not letters.
    assert vault.encrypted("ü" * 2049, HERE)[0] == 2


@pytest.mark.parametrize("length", [10, 5000])
@pytest.mark.parametrize("other", [{}, HERE | {"member": "noa"}, HERE | {"more": "x"}])
def test_s10_in_another_context_nothing_is_decrypted(vault, length, other):
    ciphertext = vault.encrypted("x" * length, HERE)

    with pytest.raises(CiphertextRefused):
        vault.decrypted(ciphertext, other)


@pytest.mark.parametrize("length", [10, 5000])
def test_s10_what_was_tampered_with_is_refused_wherever_it_was(vault, length):
    ciphertext = vault.encrypted("x" * length, HERE)

    # What moto encrypts begins with the name of the key; the nonce, the tag and the text follow.
    for place in [0, *range(-38, 0)]:
        tampered = bytearray(ciphertext)
        tampered[place] ^= 4
        with pytest.raises(CiphertextRefused):
            vault.decrypted(bytes(tampered), HERE)


@pytest.mark.parametrize("length", [10, 5000])
def test_s10_what_was_cut_off_is_refused(vault, length):
    ciphertext = vault.encrypted("x" * length, HERE)

    for end in [0, 1, 2, 3, 20, len(ciphertext) - 1]:
        with pytest.raises(CiphertextRefused):
            vault.decrypted(ciphertext[:end], HERE)


def test_s10_another_key_decrypts_nothing(kms, vault):
    another = KmsVault(kms, kms.create_key()["KeyMetadata"]["KeyId"])

    with pytest.raises(VaultUnavailable):
        another.decrypted(vault.encrypted("x", HERE), HERE)


@pytest.mark.parametrize("length", [10, 5000])
def test_s10_with_its_key_disabled_the_vault_says_so_and_nothing_else(kms, vault, length):
    ciphertext = vault.encrypted("secret" * length, HERE)
    # moto goes on with disabled keys.
    answer_with(kms, "DisabledException")

    with pytest.raises(VaultUnavailable, match=r"^DisabledException$"):
        vault.decrypted(ciphertext, HERE)
    with pytest.raises(VaultUnavailable, match=r"^DisabledException$"):
        vault.encrypted("secret" * length, HERE)


@pytest.mark.parametrize("length", [10, 5000])
def test_s10_what_a_key_of_before_encrypted_is_refused(kms, vault, length):
    ciphertext = vault.encrypted("secret" * length, HERE)
    # moto has another word for it; this is what KMS answers.
    answer_with(kms, "IncorrectKeyException")

    with pytest.raises(CiphertextRefused):
        vault.decrypted(ciphertext, HERE)


def answer_with(kms, code):
    """Have KMS answer with an error."""

    def answer(request, **_):
        body = json.dumps({"__type": code, "message": "arn:... is not the one."})
        return AWSResponse(request.url, 400, {}, Raw(body.encode()))

    kms.meta.events.register("before-send.kms", answer)


class Raw:
    """The body of an answer."""

    def __init__(self, content):
        self._content = content

    def stream(self, **_):
        yield self._content


def test_t26_a_copy_of_the_table_tells_no_token(table, grants):
    grants.put(a_grant(refresh_token="canary-refresh", access_token="canary-access"))

    assert "canary" not in str(stored(table, KEY))
    assert b"canary" not in stored(table, KEY)["tokens"].value


def test_t26_ids_alone_are_in_the_log_of_the_key(kms, grants):
    contexts = []

    def note(params, **_):
        contexts.append(params["EncryptionContext"])

    kms.meta.events.register("before-parameter-build.kms", note)

    grants.put(a_grant())

    assert contexts == [
        {
            "organization": KEY.organization_id,
            "member": KEY.member_id,
            "provider": "google",
            "connection": "c" * 26,
            "what": "tokens",
            "version": "1",
        }
    ]


def test_t27_tokens_moved_into_another_members_row_are_refused(table, grants):
    grants.put(a_grant())
    grants.put(a_grant(OTHERS))
    moved = stored(table, OTHERS) | {"tokens": stored(table, KEY)["tokens"]}

    store(table, moved)

    with pytest.raises(CiphertextRefused):
        grants.get(OTHERS)


def test_t27_a_row_moved_as_a_whole_is_refused(table, grants):
    grants.put(a_grant())

    store(table, stored(table, KEY) | keys.grant(OTHERS))

    with pytest.raises(CiphertextRefused):
        grants.get(OTHERS)


def test_t27_older_tokens_are_refused_under_the_present_version(table, grants):
    grants.put(a_grant())
    before = stored(table, KEY)
    tokens = Tokens("access-2", EARLY + timedelta(hours=2), frozenset(), "refresh-2")
    grants.save(a_grant().with_tokens(tokens))

    store(table, stored(table, KEY) | {"tokens": before["tokens"]})

    with pytest.raises(CiphertextRefused):
        grants.get(KEY)


def test_t27_a_lease_on_tampered_tokens_is_refused(table, grants):
    grants.put(a_grant())
    item = stored(table, KEY)
    tampered = bytearray(item["tokens"].value)
    tampered[-1] ^= 1
    store(table, item | {"tokens": Binary(bytes(tampered))})

    with pytest.raises(CiphertextRefused):
        grants.lease(a_grant(), now=EARLY)
