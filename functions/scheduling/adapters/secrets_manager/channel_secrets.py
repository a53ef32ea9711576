"""What the tokens of channels are made with, in AWS Secrets Manager."""

from __future__ import annotations

from aws_lambda_powertools.utilities import parameters

_MAX_AGE_SECONDS = 3600
"""For how long it is used without looking whether it was replaced."""


class SecretsManagerChannelSecrets:
    """One secret, a text. Where it is replaced, channels ring in vain until they are renewed."""

    def __init__(self, secret_name: str) -> None:
        self._secret_name = secret_name

    def current(self) -> bytes:
        secret = parameters.get_secret(self._secret_name, max_age=_MAX_AGE_SECONDS)
        return str(secret).encode()
