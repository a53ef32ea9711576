"""Cold imports of the functions that the public waits for, from the built artifacts.

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
"""The most that a handler may take, as a multiple of its floor."""

ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "SCHEDULING_TABLE": "scheduling",
    "ACCESS_TABLE": "access",
    "POWERTOOLS_SERVICE_NAME": "parley",
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
HANDLER = """
import {module}
from handlers.wiring import adapters
adapters().bookings
"""
"""Opens the tables as well: the floor has a client."""


@dataclass(frozen=True, slots=True)
class ColdImport:
    """CPU time over a bare interpreter, in milliseconds."""

    function: str
    handler: float
    floor: float

    @property
    def ratio(self) -> float:
        return self.handler / self.floor

    @property
    def is_within_budget(self) -> bool:
        return self.ratio <= BUDGET


def measure() -> list[ColdImport]:
    """Measure slots and booking, as the medians of several rounds.

    Raises:
        SystemExit: Nothing is built.
    """
    if not ARTIFACTS.exists():
        raise SystemExit("Nothing is built for this machine yet: make build STAGE=local")
    with tempfile.TemporaryDirectory() as sdk:
        link_sdk(Path(sdk))
        runtime = [ARTIFACTS / "BaseLayer" / "python", Path(sdk)]
        return [
            measured("slots", "SlotsFunction", "handlers.api.slots", READING_FLOOR, runtime),
            measured("booking", "BookingFunction", "handlers.api.booking", BOOKING_FLOOR, runtime),
        ]


def measured(
    function: str, artifact: str, module: str, floor: str, runtime: Sequence[Path]
) -> ColdImport:
    """Measure one handler and its floor, in turns."""
    bare = command("", paths=runtime)
    floor_command = command(floor, paths=runtime)
    handler = command(HANDLER.format(module=module), paths=[ARTIFACTS / artifact, *runtime])
    rounds = [
        [cpu_milliseconds(each) for each in (bare, floor_command, handler)] for _ in range(ROUNDS)
    ]
    bare_time, floor_time, handler_time = (median(times) for times in zip(*rounds, strict=True))
    return ColdImport(function, handler_time - bare_time, floor_time - bare_time)


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
        f"{BUDGET:>7.2f}  {'within' if line.is_within_budget else 'OVER'}"
        for line in lines
    ]
    return "\n".join([head, *body])
