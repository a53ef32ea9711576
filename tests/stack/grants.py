"""The grants in the template, and what it is like to lack one."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dev.build.template import written
from scheduling.domain.identifiers import new_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.support.deployed import Deployed


def grants() -> Iterator[tuple[str, str, str]]:
    """Yield function, statement and action of each grant in the template."""
    for function, resource in written()["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            for policy in resource["Properties"]["Policies"]:
                for statement in policy["Statement"]:
                    for action in actions_of(statement):
                        yield function, statement["Sid"], action


def actions_of(statement: Mapping[str, Any]) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else actions


@contextmanager
def without(stack: Deployed, function: str, sid: str, action: str) -> Iterator[None]:
    """Take one action out of one statement of a function's role until the block ends."""
    iam, functions = stack.aws("iam"), stack.aws("lambda")
    name = stack.facts.function_names[function]
    role = functions.get_function_configuration(FunctionName=name)["Role"].rpartition("/")[2]
    # SAM adds policies of its own, for queues; ours is the first.
    names = {"RoleName": role, "PolicyName": f"{function}RolePolicy0"}
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
    if action == "secretsmanager:GetSecretValue":
        start_afresh(functions, name)
    try:
        yield
    finally:
        iam.put_role_policy(**names, PolicyDocument=json.dumps(document))


def start_afresh(functions: Any, name: str) -> None:
    """Have the next request find no warm function, which would remember the secret."""
    functions.update_function_configuration(FunctionName=name, Description=new_id())
    version = functions.publish_version(FunctionName=name)["Version"]
    functions.update_alias(FunctionName=name, Name="live", FunctionVersion=version)
