"""The keys that links are signed with, in AWS Secrets Manager."""

from __future__ import annotations

from typing import NotRequired, TypedDict, cast

from aws_lambda_powertools.utilities import parameters

from scheduling.domain.links import LinkKey
from scheduling.domain.refusals import LinkNotFound

_MAX_AGE_SECONDS = 300
"""For how long a key is used without looking whether it was rotated."""


class _Key(TypedDict):
    kid: str
    key: str


class _KeyRing(_Key):
    previous: NotRequired[_Key]


class SecretsManagerLinkKeys:
    """LinkKeys in one secret, a JSON object: `{"kid", "key", "previous"?: {"kid", "key"}}`.

    Rotation moves the current key to `previous`, where links signed with it
    still work.
    """

    def __init__(self, secret_name: str) -> None:
        self._secret_name = secret_name

    def current(self) -> LinkKey:
        return _link_key(self._key_ring())

    def named(self, key_id: str) -> LinkKey:
        ring = self._key_ring()
        for key in (ring, ring.get("previous")):
            if key is not None and key["kid"] == key_id:
                return _link_key(key)
        raise LinkNotFound

    def _key_ring(self) -> _KeyRing:
        secret = parameters.get_secret(
            self._secret_name, transform="json", max_age=_MAX_AGE_SECONDS
        )
        return cast("_KeyRing", secret)


def _link_key(key: _Key) -> LinkKey:
    return LinkKey(key_id=key["kid"], secret=key["key"].encode())
