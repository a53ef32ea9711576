"""What Parley is known by at the stand-ins, where it looks for what it is known by anywhere."""

import json

from dev.emulator import Emulator
from dev.providers.google import world as google
from dev.providers.zoom import world as zoom

APPS = {
    "google": {"client_id": google.CLIENT_ID, "client_secret": google.CLIENT_SECRET},
    "zoom": {"client_id": zoom.CLIENT_ID, "client_secret": zoom.CLIENT_SECRET},
}


def make_known(emulator: Emulator, secret: str) -> None:
    """Write it into the secret, as an operator does for the real providers."""
    client = emulator.client("secretsmanager")
    client.put_secret_value(SecretId=secret, SecretString=json.dumps(APPS))
