"""What Parley is known by at the providers' stand-ins."""

import json

from dev.emulator import Emulator
from dev.providers.google import world as google
from dev.providers.zoom import world as zoom

APPS = {
    "google": {"client_id": google.CLIENT_ID, "client_secret": google.CLIENT_SECRET},
    "zoom": {"client_id": zoom.CLIENT_ID, "client_secret": zoom.CLIENT_SECRET},
}


def introduce_to_providers(emulator: Emulator, secret: str) -> None:
    """Write down what Parley is known by, as an operator does once.

    Args:
        emulator: Where Parley runs.
        secret: The name or ARN of the secret.
    """
    emulator.client("secretsmanager").put_secret_value(
        SecretId=secret, SecretString=json.dumps(APPS)
    )
