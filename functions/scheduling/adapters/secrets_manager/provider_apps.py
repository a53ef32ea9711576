"""What Parley is known by at providers, in AWS Secrets Manager."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from aws_lambda_powertools.utilities import parameters

from scheduling.domain.refusals import ProviderNotSetUp
from scheduling.provider_ports import ProviderApp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scheduling.domain.connections import Provider

_MAX_AGE_SECONDS = 300
"""For how long a secret is used without looking whether it was replaced."""


class SecretsManagerProviderApps:
    """ProviderApps in one secret, a JSON object by provider.

    `{"google": {"client_id", "client_secret"}, "zoom": {…}}`; `{}` until somebody fills it.
    """

    def __init__(self, secret_name: str) -> None:
        self._secret_name = secret_name

    def of(self, provider: Provider) -> ProviderApp:
        secret = parameters.get_secret(
            self._secret_name, transform="json", max_age=_MAX_AGE_SECONDS
        )
        app = cast("Mapping[str, Mapping[str, str]]", secret).get(provider, {})
        if not app.get("client_id") or not app.get("client_secret"):
            raise ProviderNotSetUp
        return ProviderApp(app["client_id"], app["client_secret"])
