"""Building the template and deploying it to the emulator, as it is deployed to AWS."""

import asyncio
import hashlib
import os
import re
import sys
import tomllib
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from botocore.exceptions import ClientError

from dev.emulator import Emulator
from dev.failures import CannotRun
from dev.home import PROJECT, Home
from dev.ports import Ports
from dev.progress import Step, step
from dev.routes import create_routes

_SAM = PROJECT / ".venv-sam" / "bin" / "sam"

_SOURCES = (
    "template.yaml",
    "samconfig.toml",
    "functions",
    "layers",
    "requirements/base.txt",
    "requirements/providers.txt",
    "dev/build",
)
"""What decides how the deployed stack looks."""

_DIGEST_PARAMETER = "/parley/deployed-sources"
"""Kept in the emulator itself: what it forgets when it is killed is deployed again."""

_LONGEST_LINE = 2**20
"""Bytes of one line of output; a failed make puts all it has printed into one."""

_FAILURE = re.compile(r"\w+_FAILED|\berror\b", re.IGNORECASE)
"""Marks a line of sam that says what went wrong; the first one is the cause."""

_UNREACHABLE = "Failed to fetch"
"""How uv begins to say that it cannot reach the package index."""


@dataclass(frozen=True)
class LocalSettings:
    """What samconfig.toml says about the environment `local`."""

    stack_name: str
    region: str
    parameters: dict[str, str]

    @classmethod
    def read(cls) -> "LocalSettings":
        written = tomllib.loads((PROJECT / "samconfig.toml").read_text())["local"]["deploy"][
            "parameters"
        ]
        return cls(
            stack_name=written["stack_name"],
            region=written["region"],
            parameters=dict(override.split("=", 1) for override in written["parameter_overrides"]),
        )


class _Stack:
    """The stack as CloudFormation knows it."""

    def __init__(self, emulator: Emulator, name: str) -> None:
        self._cloudformation = emulator.client("cloudformation")
        self._name = name

    def physical_ids(self) -> dict[str, str]:
        """Return the name, id or ARN of each resource, by its logical id."""
        pages = self._cloudformation.get_paginator("list_stack_resources").paginate(
            StackName=self._name
        )
        return {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for page in pages
            for resource in page["StackResourceSummaries"]
        }

    def expanded_resources(self) -> dict[str, Any]:
        """Return the template's resources as SAM's transform has written them out."""
        template = self._cloudformation.get_template(
            StackName=self._name, TemplateStage="Processed"
        )
        resources: dict[str, Any] = template["TemplateBody"]["Resources"]
        return resources

    def parameters(self) -> dict[str, str]:
        (stack,) = self._cloudformation.describe_stacks(StackName=self._name)["Stacks"]
        return {
            parameter["ParameterKey"]: parameter["ParameterValue"]
            for parameter in stack["Parameters"]
        }

    def set_parameters(self, values: Mapping[str, str]) -> None:
        """Update the stack with other values for some parameters."""
        others = [
            {"ParameterKey": other, "UsePreviousValue": True}
            for other in self.parameters()
            if other not in values
        ]
        changed = [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]
        self._cloudformation.update_stack(
            StackName=self._name,
            UsePreviousTemplate=True,
            Parameters=[*changed, *others],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        waiter = self._cloudformation.get_waiter("stack_update_complete")
        waiter.wait(StackName=self._name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 600})


async def deploy(
    home: Home, emulator: Emulator, settings: LocalSettings, ports: Ports
) -> dict[str, str]:
    """Make the stack in the emulator what the working tree says; does only what is needed.

    Args:
        home: Gets the log of what `sam` prints.
        emulator: Where the stack is, or is going to be.
        settings: What samconfig.toml says.
        ports: Where people reach Parley, and Parley what stands in for providers.

    Returns:
        The name, id or ARN of each resource, by its logical id.

    Raises:
        CannotRun: A build or a deployment failed.
    """
    stack = _Stack(emulator, settings.stack_name)
    digest = sources_digest()
    addresses = _addresses(ports)
    if _deployed_digest(emulator) != digest:
        await _build_and_deploy(home, emulator, settings.parameters | addresses)
        with step("Creating what the emulator leaves out"):
            create_routes(emulator, stack.expanded_resources(), stack.physical_ids())
            _publish_functions(emulator)
        _remember_digest(emulator, digest)
    elif not addresses.items() <= stack.parameters().items():
        with step(f"Moving to {ports.origin}"):
            stack.set_parameters(addresses)
            _publish_functions(emulator)
    return stack.physical_ids()


def _addresses(ports: Ports) -> dict[str, str]:
    """Return the parameters that say where everything is."""
    return {
        "BaseUrl": ports.origin,
        **dict.fromkeys(
            ("GoogleAccountsUrl", "GoogleOauthUrl", "GoogleApiUrl"), ports.google_origin
        ),
        **dict.fromkeys(("ZoomUrl", "ZoomApiUrl"), ports.zoom_origin),
    }


async def _build_and_deploy(home: Home, emulator: Emulator, parameters: Mapping[str, str]) -> None:
    overrides = [f"{key}={value}" for key, value in parameters.items()]
    with home.sam_log.open("w") as log:
        with step("Building functions and layers") as building:
            await _sam(emulator, log, building, "build", "--config-env", "local")
        with step("Deploying to the AWS emulator") as deploying:
            options = ("--config-env", "local", "--on-failure", "DELETE")
            await _sam(
                emulator, log, deploying, "deploy", *options, "--parameter-overrides", *overrides
            )


def sources_digest() -> str:
    """Return a digest of every file that goes into the stack."""
    digest = hashlib.sha256()
    for path in _source_files():
        digest.update(str(path.relative_to(PROJECT)).encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def _source_files() -> Iterator[Path]:
    for source in _SOURCES:
        path = PROJECT / source
        if path.is_dir():
            yield from sorted(
                file
                for file in path.rglob("*")
                if file.is_file() and "__pycache__" not in file.parts
            )
        else:
            yield path


def _deployed_digest(emulator: Emulator) -> str | None:
    try:
        found = emulator.client("ssm").get_parameter(Name=_DIGEST_PARAMETER)
    except ClientError as failure:
        if failure.response["Error"]["Code"] == "ParameterNotFound":
            return None
        raise
    digest: str = found["Parameter"]["Value"]
    return digest


def _remember_digest(emulator: Emulator, digest: str) -> None:
    emulator.client("ssm").put_parameter(
        Name=_DIGEST_PARAMETER, Value=digest, Type="String", Overwrite=True
    )


def _publish_functions(emulator: Emulator) -> None:
    """Publish each function as it is now and point `live` to it.

    The emulator's transform publishes a version only when the template's text changes; on AWS a
    changed parameter is reason enough.
    """
    functions = emulator.client("lambda")
    for page in functions.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            version = functions.publish_version(FunctionName=function["FunctionName"])["Version"]
            functions.update_alias(
                FunctionName=function["FunctionName"], Name="live", FunctionVersion=version
            )


async def _sam(emulator: Emulator, log: IO[str], current: Step, *command: str) -> None:
    """Run `sam`, its lines into `log` and the last one into the step.

    Raises:
        CannotRun: It failed; the message holds the first line that names an error.
    """
    environment = emulator.environment() | {
        # sam build looks for the functions' Python here first.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "SAM_CLI_TELEMETRY": "0",
        # Layers for this machine, not for Lambda's processor.
        "PARLEY_LAYER_PLATFORM": "",
        # One line for each event of the stack, however long.
        "COLUMNS": "500",
        # Seconds between two looks at the stack; the emulator is done in one.
        "SAM_CLI_POLL_DELAY": "0.2",
    }
    process = await asyncio.create_subprocess_exec(
        _SAM,
        *command,
        cwd=PROJECT,
        env=environment,
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=STDOUT,
        limit=_LONGEST_LINE,
    )
    output = cast("asyncio.StreamReader", process.stdout)
    failure = ""
    try:
        async for line in output:
            text = line.decode(errors="replace").rstrip()
            log.write(text + "\n")
            current.detail = text.strip() or current.detail
            if _UNREACHABLE in text:
                failure = "is there a network? Packages of the layers could not be fetched"
            elif not failure and _FAILURE.search(text):
                failure = " ".join(text.split())
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    if await process.wait() != 0:
        raise CannotRun(
            f"sam {command[0]} failed: {failure or current.detail} (all of it: {log.name})"
        )
