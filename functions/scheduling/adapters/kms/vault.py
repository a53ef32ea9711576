"""The vault: one AWS KMS key, which never leaves KMS, and texts bound to where they belong.

What is stored begins with a byte that says how it was encrypted:

| byte | encrypted | what follows |
| --- | --- | --- |
| 1 | by KMS | ciphertext |
| 2 | with AES-256-GCM | length of the encrypted key (2 bytes), that key, nonce, ciphertext |

The context is KMS's encryption context, which its log shows, and the additional data of AES-GCM.
"""

from __future__ import annotations

import json
import os
import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from scheduling.provider_ports import CiphertextRefused, VaultUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_kms import KMSClient

DIRECT_BYTES = 4096
"""The longest text that KMS encrypts itself.

Source: AWS KMS API reference, Encrypt, `Plaintext`.
"""

NONCE_BYTES = 12
"""Source: NIST SP 800-38D section 8.2."""

_DIRECT, _ENVELOPE = b"\x01", b"\x02"

_REFUSED = frozenset({"InvalidCiphertextException", "IncorrectKeyException"})
"""Nothing that is waited for mends these: also what another key encrypted.

Source: AWS KMS API reference, Decrypt, Errors.
"""

_KEY_LENGTH = struct.Struct(">H")


class KmsVault:
    def __init__(self, client: KMSClient, key_id: str) -> None:
        self._client = client
        self._key_id = key_id

    def encrypted(self, text: str, context: Mapping[str, str]) -> bytes:
        plain = text.encode()
        with _answering():
            if len(plain) > DIRECT_BYTES:
                return _ENVELOPE + self._sealed(plain, context)
            answer = self._client.encrypt(
                KeyId=self._key_id, Plaintext=plain, EncryptionContext=context
            )
        return _DIRECT + answer["CiphertextBlob"]

    def decrypted(self, ciphertext: bytes, context: Mapping[str, str]) -> str:
        how, rest = ciphertext[:1], ciphertext[1:]
        if how not in (_DIRECT, _ENVELOPE):
            raise CiphertextRefused
        with _answering():
            decrypted = self._decrypted if how == _DIRECT else self._opened
            return decrypted(rest, context).decode()

    def _decrypted(self, ciphertext: bytes, context: Mapping[str, str]) -> bytes:
        if not ciphertext:
            raise CiphertextRefused
        answer = self._client.decrypt(
            KeyId=self._key_id, CiphertextBlob=ciphertext, EncryptionContext=context
        )
        return answer["Plaintext"]

    def _sealed(self, plain: bytes, context: Mapping[str, str]) -> bytes:
        # Long texts are rare, and this library is large.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key = self._client.generate_data_key(
            KeyId=self._key_id, KeySpec="AES_256", EncryptionContext=context
        )
        nonce = os.urandom(NONCE_BYTES)
        ciphertext = AESGCM(key["Plaintext"]).encrypt(nonce, plain, _written(context))
        encrypted_key = key["CiphertextBlob"]
        return _KEY_LENGTH.pack(len(encrypted_key)) + encrypted_key + nonce + ciphertext

    def _opened(self, sealed: bytes, context: Mapping[str, str]) -> bytes:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key_ends = _KEY_LENGTH.size + int.from_bytes(sealed[: _KEY_LENGTH.size])
        nonce_ends = key_ends + NONCE_BYTES
        if len(sealed) < nonce_ends:
            raise CiphertextRefused
        key = self._decrypted(sealed[_KEY_LENGTH.size : key_ends], context)
        try:
            return AESGCM(key).decrypt(
                sealed[key_ends:nonce_ends], sealed[nonce_ends:], _written(context)
            )
        except InvalidTag as error:
            raise CiphertextRefused from error


def _written(context: Mapping[str, str]) -> bytes:
    """Return a context such that equal ones are equal bytes."""
    return json.dumps(context, sort_keys=True).encode()


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _REFUSED:
            raise CiphertextRefused from error
        raise VaultUnavailable(code) from error
    except BotoCoreError as error:
        raise VaultUnavailable(type(error).__name__) from error
