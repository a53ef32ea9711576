"""MiniStack 1.5.33, started with the faults mended that would otherwise bend the product.

* An HTTP API moves cookies from the headers into a list of their own and says who called
  (payload format 2.0). MiniStack leaves cookies where they were, and everybody is 127.0.0.1.
* A function may answer `"body": null`. MiniStack fails with an internal error.
* SES checks `ses:SendEmail` against the identity that sends. MiniStack checks it against `*`,
  which a grant on an identity does not cover.
* SQS checks `sqs:SendMessage` for a batch as well. MiniStack checks `sqs:SendMessageBatch`, which
  is no action of IAM.
* What a stream held is gone after a restart. MiniStack goes on reading behind its old end, so that
  functions sleep until as much has been written anew.

It also notes which grants were needed and what was refused, so that a test can name the grants
that a function never needed, and those that it lacks.
"""

import json
import os
from collections.abc import Callable
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from ministack import app  # type: ignore[import-untyped]
from ministack.core import iam_actions, iam_evaluator  # type: ignore[import-untyped]
from ministack.services import lambda_svc  # type: ignore[import-untyped]

from dev.home import GRANTS_LOG

type Execute = Callable[[dict[str, Any], Any], dict[str, Any]]
type Restore = Callable[[dict[str, Any] | None], None]
type IamAction = Callable[..., str | None]
type Evaluate = Callable[..., Any]
type Enforce = Callable[..., Any]
type Note = Callable[[str, str, str], None]
"""Takes the name of a role, the `Sid` of a statement of its policies, and an action in it."""
type ResourceArn = Callable[[str, str, bytes, str, str], str]


def mended_execution(execute: Execute) -> Execute:
    """Return `execute` with requests and answers of an HTTP API as AWS has them."""

    def run(function: dict[str, Any], event: Any) -> dict[str, Any]:
        if not is_http_request(event):
            return execute(function, event)
        result = execute(function, as_aws_sends_it(event))
        answer = result.get("body")
        if isinstance(answer, dict) and answer.get("body", "") is None:
            answer["body"] = ""
        return result

    return run


def is_http_request(event: Any) -> bool:
    return isinstance(event, dict) and event.get("version") == "2.0" and "routeKey" in event


def as_aws_sends_it(event: dict[str, Any]) -> dict[str, Any]:
    """Return a request in payload format 2.0 with its cookies and its caller's address.

    The caller is the last one that `X-Forwarded-For` names: the front has put it there.
    """
    headers = dict(event["headers"])
    cookies = headers.pop("cookie", None)
    context = event["requestContext"]
    caller = headers.get("x-forwarded-for", context["http"]["sourceIp"]).rpartition(",")[2].strip()
    mended = event | {
        "headers": headers,
        "requestContext": context | {"http": context["http"] | {"sourceIp": caller}},
    }
    return mended if cookies is None else mended | {"cookies": cookies.split("; ")}


def mended_resource(resource_arn: ResourceArn) -> ResourceArn:
    """Return `resource_arn` with the identity that sends for SendEmail of SES."""

    def find(method: str, path: str, body: bytes, region: str, account_id: str) -> str:
        if (method, path) == ("POST", "/v2/email/outbound-emails"):
            _, address = parseaddr(json.loads(body)["FromEmailAddress"])
            domain = address.rpartition("@")[2]
            return f"arn:aws:ses:{region}:{account_id}:identity/{domain}"
        return resource_arn(method, path, body, region, account_id)

    return find


def mended_action(iam_action: IamAction) -> IamAction:
    """Return `iam_action` with the action that batches of messages are granted by."""

    def find(*arguments: Any) -> str | None:
        action = iam_action(*arguments)
        return "sqs:SendMessage" if action == "sqs:SendMessageBatch" else action

    return find


def noting_evaluate(evaluate: Evaluate, note: Note) -> Evaluate:
    """Return `evaluate` that notes, once, each grant of a role that nothing else stands in for."""
    noted = set()

    def judge(request: Any, policies: Any, *limits: Any) -> Any:
        result = evaluate(request, policies, *limits)
        grant = (_role_in(request.principal_arn), result.matched_sid, request.action)
        if grant[0] and result.decision == "Allow" and grant not in noted:
            statements = [statement for policy in policies for statement in policy]
            decisions = [evaluate(request, [[each]]).decision for each in statements]
            if decisions.count("Allow") == 1:
                noted.add(grant)
                note(*grant)
        return result

    return judge


def noting_enforce(enforce: Enforce, note: Note) -> Enforce:
    """Return `enforce` that notes, each time, what a role was refused: by no statement."""

    def judge(access_key_id: str, action: str, *where: Any, **more: Any) -> Any:
        refusal = enforce(access_key_id, action, *where, **more)
        role = _role_in(getattr(refusal, "principal_arn", ""))
        if role:
            note(role, "", action)
        return refusal

    return judge


def _role_in(principal_arn: str) -> str:
    """Return the role whose session it is; empty where it is none."""
    return principal_arn.partition(":assumed-role/")[2].partition("/")[0]


def mended_restore(restore: Restore) -> Restore:
    """Return `restore` with every reader of a table's stream at the stream's new beginning."""

    def load(state: dict[str, Any] | None) -> None:
        if state is not None:
            state = {part: state[part] for part in state if part != "dynamodb_stream_positions"}
        restore(state)

    return load


def note_grant(role: str, sid: str, action: str) -> None:
    with Path(os.environ[GRANTS_LOG]).open("a") as file:
        file.write(f"{json.dumps([role, sid, action])}\n")


if __name__ == "__main__":
    lambda_svc.load_persisted_state = mended_restore(lambda_svc.load_persisted_state)
    lambda_svc._execute_function_with_config_scope = mended_execution(  # noqa: SLF001
        lambda_svc._execute_function_with_config_scope  # noqa: SLF001
    )
    iam_actions._ses_v2_resource_arn = mended_resource(  # noqa: SLF001
        iam_actions._ses_v2_resource_arn  # noqa: SLF001
    )
    iam_actions.extract_iam_action = mended_action(iam_actions.extract_iam_action)
    iam_evaluator.evaluate = noting_evaluate(iam_evaluator.evaluate, note_grant)
    iam_evaluator.enforce = noting_enforce(iam_evaluator.enforce, note_grant)
    app.main()
