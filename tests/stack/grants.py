"""The grants in the template, and what it is like to lack one."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dev.build.template import written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.support.deployed import Deployed


type Grant = tuple[str, str]
"""The `Sid` of a statement and an action in it."""


def grants() -> dict[str, list[Grant]]:
    """Return the grants in the template, by the logical id of their function."""
    return {
        function: [
            (statement["Sid"], action)
            for policy in resource["Properties"]["Policies"]
            for statement in policy["Statement"]
            for action in actions_of(statement)
        ]
        for function, resource in written()["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def actions_of(statement: Mapping[str, Any]) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else actions


@dataclass(frozen=True, slots=True)
class Noted:
    """What the emulator has noted of a function since it started."""

    needed: set[Grant]
    """What the function could not have done without."""
    refused: list[str]
    """Actions, each time anew."""


def noted(stack: Deployed, function: str) -> Noted:
    role = role_of(stack, function)
    lines = Path(stack.facts.grants_log).read_text().splitlines()
    mine = [(sid, action) for whose, sid, action in map(json.loads, lines) if whose == role]
    return Noted(
        needed={(sid, action) for sid, action in mine if sid},
        refused=[action for sid, action in mine if not sid],
    )


def role_of(stack: Deployed, function: str) -> str:
    name = stack.facts.function_names[function]
    role: str = stack.aws("lambda").get_function_configuration(FunctionName=name)["Role"]
    return role.rpartition("/")[2]


@contextmanager
def without(stack: Deployed, function: str, sid: str, action: str) -> Iterator[None]:
    """Take one action out of one statement of a function's role until the block ends."""
    iam = stack.aws("iam")
    # SAM adds policies of its own, for queues; ours is the first.
    names = {"RoleName": role_of(stack, function), "PolicyName": f"{function}RolePolicy0"}
    document = iam.get_role_policy(**names)["PolicyDocument"]
    assert sid in {statement["Sid"] for statement in document["Statement"]}
    kept = [
        statement | {"Action": [other for other in actions_of(statement) if other != action]}
        if statement["Sid"] == sid
        else statement
        for statement in document["Statement"]
    ]
    remaining = {"Version": "2012-10-17", "Statement": [s for s in kept if s["Action"]]}
    iam.put_role_policy(**names, PolicyDocument=json.dumps(remaining))
    try:
        yield
    finally:
        iam.put_role_policy(**names, PolicyDocument=json.dumps(document))
