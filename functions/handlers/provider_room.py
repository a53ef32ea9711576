"""What asking providers needs, for the functions that do."""

from __future__ import annotations

from handlers.wiring import adapters
from scheduling.use_cases.provider_calls import Providers


def provider_room() -> Providers:
    found = adapters()
    return Providers(
        connections=found.connections,
        grants=found.grants,
        circuits=found.circuits,
        oauth=found.oauth,
        calendars=found.calendars,
        meetings=found.meetings,
    )
