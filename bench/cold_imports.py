"""Cold imports of the functions that people wait for or that talk to providers, as they are built.

What counts is CPU time over that of a bare interpreter. A handler is compared with a floor: the
libraries that it cannot do without, imported in the same rounds, so that a busy machine slows both.
"""

import os
import resource
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from dev.build.artifacts import ROOT
from dev.build.lambda_python import command, link_sdk

ARTIFACTS = ROOT / ".aws-sam" / "local"
ROUNDS = 9
BUDGET = 1.15
"""The most that a handler of the public may take, as a multiple of its floor."""

PROVIDERS_BUDGET = 1.3
"""The same of a function that talks to providers."""

ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "SCHEDULING_TABLE": "scheduling",
    "ACCESS_TABLE": "access",
    "POWERTOOLS_SERVICE_NAME": "parley",
    "CONNECTIONS_TABLE": "connections",
    "GRANT_KEY": "grant-key",
    "PROVIDER_APPS_SECRET": "provider-apps",
    "GOOGLE_ACCOUNTS_URL": "https://accounts.google.com",
    "GOOGLE_OAUTH_URL": "https://oauth2.googleapis.com",
    "GOOGLE_API_URL": "https://www.googleapis.com",
    "ZOOM_URL": "https://zoom.us",
    "ZOOM_API_URL": "https://api.zoom.us",
}

READING_FLOOR = """
import boto3, zoneinfo
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
boto3.client("dynamodb")
APIGatewayHttpResolver()
zoneinfo.ZoneInfo("Asia/Tokyo")
"""
BOOKING_FLOOR = (
    READING_FLOOR
    + """
import pydantic
APIGatewayHttpResolver(enable_validation=True)
pydantic.create_model("Model", name=str)
"""
)
ASKING_FLOOR = """
import boto3, cryptography.hazmat.primitives.asymmetric.rsa, jwt, requests
from googleapiclient.discovery import build
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities import parameters
import httplib2
build("calendar", "v3", http=httplib2.Http(), static_discovery=True, cache_discovery=False)
for service in ("dynamodb", "kms"):
    boto3.client(service)
Logger()
"""
"""What looking into calendars, reading and writing them takes at least."""

WRITING_FLOOR = (
    ASKING_FLOOR
    + """
from aws_lambda_powertools.utilities import batch
"""
)

CONNECTING_FLOOR = ASKING_FLOOR + BOOKING_FLOOR
ASKING = """
import {module}
from handlers.provider_room import provider_room
from scheduling.domain.connections import Provider
room = provider_room()
room.oauth[Provider.GOOGLE], room.calendars[Provider.GOOGLE]
"""
"""Of Google, whose calendars all of them ask for."""
HANDLER = """
import {module}
from handlers.wiring import adapters
adapters().bookings
"""
"""Opens the tables as well: the floor has a client."""


@dataclass(frozen=True, slots=True)
class Case:
    """A function that is measured."""

    function: str
    """What it is called in the table."""
    module: str
    floor: str
    """The program that imports what it cannot do without."""
    use: str = HANDLER
    """The program that imports the handler and opens what it works with."""
    budget: float = BUDGET


OF_THE_PUBLIC = [
    Case("slots", "handlers.api.slots", READING_FLOOR),
    Case("booking", "handlers.api.booking", BOOKING_FLOOR),
]
WITH_PROVIDERS = [
    Case(name, module, floor, ASKING, PROVIDERS_BUDGET)
    for name, module, floor in (
        ("connections", "handlers.api.connections", CONNECTING_FLOOR),
        ("sync", "handlers.streams.sync_calendars", ASKING_FLOOR),
        ("events", "handlers.streams.write_calendar_events", WRITING_FLOOR),
        ("looks", "handlers.internal.probe_free_busy", ASKING_FLOOR),
    )
]


@dataclass(frozen=True, slots=True)
class ColdImport:
    """CPU time over a bare interpreter, in milliseconds."""

    function: str
    handler: float
    floor: float
    budget: float

    @property
    def ratio(self) -> float:
        return self.handler / self.floor

    @property
    def is_within_budget(self) -> bool:
        return self.ratio <= self.budget


def measure() -> list[ColdImport]:
    """Measure functions, each as the median of several rounds.

    Raises:
        SystemExit: Nothing is built.
    """
    if not ARTIFACTS.exists():
        raise SystemExit("Nothing is built for this machine yet: make build STAGE=local")
    with tempfile.TemporaryDirectory() as sdk:
        link_sdk(Path(sdk))
        base = [ARTIFACTS / "BaseLayer" / "python", Path(sdk)]
        providers = [ARTIFACTS / "ProvidersLayer" / "python", *base]
        return [
            *(measured(case, base) for case in OF_THE_PUBLIC),
            *(measured(case, providers) for case in WITH_PROVIDERS),
        ]


def measured(case: Case, runtime: Sequence[Path]) -> ColdImport:
    """Measure one handler and its floor, in turns, on layers and the SDK."""
    bare = command("", paths=runtime)
    floor = command(case.floor, paths=runtime)
    # All artifacts hold the same code.
    code = ARTIFACTS / "SlotsFunction"
    handler = command(case.use.format(module=case.module), paths=[code, *runtime])
    rounds = [[cpu_milliseconds(each) for each in (bare, floor, handler)] for _ in range(ROUNDS)]
    bare_time, floor_time, handler_time = (median(times) for times in zip(*rounds, strict=True))
    return ColdImport(case.function, handler_time - bare_time, floor_time - bare_time, case.budget)


def cpu_milliseconds(arguments: Sequence[str]) -> float:
    """Run a program and return the CPU time that it took, in user and system mode."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(arguments, check=True, env=os.environ | ENVIRONMENT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def table(lines: Sequence[ColdImport]) -> str:
    """Lay out the measurements for a terminal."""
    head = f"{'cold import':<12} {'handler ms':>10} {'floor ms':>9} {'ratio':>6} {'budget':>7}"
    body = [
        f"{line.function:<12} {line.handler:>10.0f} {line.floor:>9.0f} {line.ratio:>6.2f} "
        f"{line.budget:>7.2f}  {'within' if line.is_within_budget else 'OVER'}"
        for line in lines
    ]
    return "\n".join([head, *body])
