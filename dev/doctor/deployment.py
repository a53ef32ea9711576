"""A deployed stack, as an operator may read it."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3

from dev.failures import CannotRun
from dev.home import PROJECT, Home

LOCAL = "local"


@dataclass(frozen=True)
class Deployment:
    """The stack of a stage, and how to reach the account it is in."""

    stack_name: str
    client: Callable[[str], Any]
    """Makes a boto3 client for a service."""

    @cached_property
    def parameters(self) -> dict[str, str]:
        """Return what the stack was deployed with, defaults included."""
        (stack,) = self.client("cloudformation").describe_stacks(StackName=self.stack_name)[
            "Stacks"
        ]
        return {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}

    @cached_property
    def resources(self) -> dict[str, tuple[str, str]]:
        """Return type and physical id of each resource, by its logical id."""
        pages = (
            self.client("cloudformation")
            .get_paginator("list_stack_resources")
            .paginate(StackName=self.stack_name)
        )
        return {
            each["LogicalResourceId"]: (each["ResourceType"], each.get("PhysicalResourceId", ""))
            for page in pages
            for each in page["StackResourceSummaries"]
        }

    def named(self, logical_id: str) -> str:
        return self.resources[logical_id][1]

    def of_type(self, kind: str) -> dict[str, str]:
        """Return the physical ids of the resources of one type, by their logical ids."""
        return {name: found for name, (of, found) in self.resources.items() if of == kind}


def deployment(stage: str, home: Home) -> Deployment:
    """Return the stack that samconfig.toml deploys for a stage.

    Args:
        stage: A part of samconfig.toml: `prod`, or `local` for what `make dev` has started.
        home: Where that keeps what it is.

    Raises:
        CannotRun: There is no such stage, or nothing runs here.
    """
    stages = tomllib.loads((PROJECT / "samconfig.toml").read_text())
    written = stages.get(stage, {}).get("deploy", {}).get("parameters")
    if written is None:
        raise CannotRun(f"samconfig.toml deploys no stage {stage}.")
    if stage != LOCAL:
        away: Callable[..., Any] = boto3.Session(region_name=written["region"]).client
        return Deployment(written["stack_name"], away)
    facts = home.read_facts()
    if facts is None:
        raise CannotRun("Parley does not run here. Start it: make dev ARGS=--detach")
    session = boto3.Session(
        aws_access_key_id=facts.aws_access_key_id,
        aws_secret_access_key=facts.aws_secret_access_key,
        region_name=facts.aws_region,
    )
    connect: Callable[..., Any] = session.client
    return Deployment(
        written["stack_name"], lambda service: connect(service, endpoint_url=facts.aws_endpoint_url)
    )


def home_at(folder: Path | None) -> Home:
    return Home(folder or PROJECT / ".parley")
