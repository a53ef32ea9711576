import json

import pytest
from ministack.core.iam_evaluator import (
    AuthError,
    EvalContext,
    EvalResult,
    ParsedStatement,
    evaluate,
)

from dev.mended_ministack import (
    mended_action,
    mended_execution,
    mended_resource,
    mended_restore,
    noting_enforce,
    noting_evaluate,
)


def a_request(**headers):
    return {
        "version": "2.0",
        "routeKey": "GET /console",
        "headers": {"accept": "text/html"} | headers,
        "requestContext": {"stage": "$default", "http": {"method": "GET", "sourceIp": "127.0.0.1"}},
    }


def seen_by_function(event):
    """Return what reaches a function that is given `event`."""
    seen = []

    def execute(_, given):
        seen.append(given)
        return {"body": {"statusCode": 200}}

    mended_execution(execute)({}, event)
    return seen[0]


def test_cookies_come_in_a_list_of_their_own():
    seen = seen_by_function(a_request(cookie="__Host-session=abc; theme=dark"))

    assert seen["cookies"] == ["__Host-session=abc", "theme=dark"]
    assert seen["headers"] == {"accept": "text/html"}


def test_a_request_without_cookies_has_no_list_of_them():
    assert "cookies" not in seen_by_function(a_request())


def test_the_caller_is_whom_the_front_has_seen_not_whom_the_caller_names():
    seen = seen_by_function(a_request(**{"x-forwarded-for": "192.0.2.7, 198.51.100.3"}))

    assert seen["requestContext"]["http"] == {"method": "GET", "sourceIp": "198.51.100.3"}
    assert seen["requestContext"]["stage"] == "$default"


@pytest.mark.parametrize("event", [{"Records": []}, [1, 2], "text", None])
def test_what_is_no_http_request_reaches_a_function_as_it_is(event):
    assert seen_by_function(event) is event


def test_an_answer_without_a_body_has_an_empty_one():
    execute = mended_execution(lambda *_: {"body": {"statusCode": 204, "body": None}})

    assert execute({}, a_request()) == {"body": {"statusCode": 204, "body": ""}}


@pytest.mark.parametrize("result", [{"body": None}, {"error": True, "body": {"errorMessage": "x"}}])
def test_what_is_no_answer_stays_as_it_is(result):
    assert mended_execution(lambda *_: dict(result))({}, a_request()) == result


@pytest.mark.parametrize("sender", ["a@parley.example", "Hanami Studio <a@parley.example>"])
def test_sending_is_checked_against_the_identity_that_sends(sender):
    arn_of = mended_resource(lambda *_: "*")
    body = json.dumps({"FromEmailAddress": sender}).encode()

    arn = arn_of("POST", "/v2/email/outbound-emails", body, "us-east-1", "000000000000")

    assert arn == "arn:aws:ses:us-east-1:000000000000:identity/parley.example"


def test_other_calls_of_ses_are_checked_as_before():
    arn_of = mended_resource(lambda *_: "*")

    assert arn_of("GET", "/v2/email/identities", b"", "us-east-1", "000000000000") == "*"


@pytest.mark.parametrize(
    ("saved", "restored"),
    [
        (
            {"esms": ["mapping"], "dynamodb_stream_positions": {"mapping": 60}},
            {"esms": ["mapping"]},
        ),
        (None, None),
    ],
)
def test_after_a_restart_a_stream_is_read_from_its_new_beginning(saved, restored):
    states = []

    mended_restore(states.append)(saved)

    assert states == [restored]


def test_a_batch_of_messages_is_granted_like_one():
    asked = mended_action(lambda _service, target: target)

    assert asked("sqs", "sqs:SendMessageBatch") == "sqs:SendMessage"
    assert asked("sqs", "sqs:ReceiveMessage") == "sqs:ReceiveMessage"
    assert asked("sqs", None) is None


READ = ParsedStatement("Read", "Allow", ["s:Get"], resources=["*"])
READ_TOO = ParsedStatement("ReadToo", "Allow", ["s:Get"], resources=["one"])
ROLE = "arn:aws:sts::000000000000:assumed-role/worker/session"


def a_call(principal_arn=ROLE, action="s:Get", resource="one"):
    return EvalContext(principal_arn, "AssumedRole", "000000000000", action, resource, "us-east-1")


@pytest.mark.parametrize(
    ("statements", "calls", "needed"),
    [
        ([READ], [a_call(), a_call()], [("worker", "Read", "s:Get")]),
        ([READ, READ_TOO], [a_call()], []),
        ([READ, READ_TOO], [a_call(), a_call(resource="two")], [("worker", "Read", "s:Get")]),
        ([READ], [a_call(action="s:Put")], []),
        ([READ], [a_call("arn:aws:iam::000000000000:root")], []),
    ],
)
def test_a_grant_is_noted_once_where_nothing_else_would_do(statements, calls, needed):
    noted = []
    judge = noting_evaluate(evaluate, lambda *grant: noted.append(grant))

    for call in calls:
        policies = [[statement] for statement in statements]
        assert judge(call, policies) == evaluate(call, policies)

    assert noted == needed


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (None, []),
        (EvalResult("ImplicitDeny", ROLE), [("worker", "", "s:Get")] * 2),
        (EvalResult("ImplicitDeny", "arn:aws:iam::000000000000:user/aiko"), []),
        (AuthError("InvalidClientTokenId", "unknown"), []),
    ],
)
def test_what_a_role_is_refused_is_noted_each_time(answer, refused):
    noted = []
    judge = noting_enforce(lambda *_: answer, lambda *grant: noted.append(grant))

    assert [judge("key", "s:Get", "s", "us-east-1") for _ in range(2)] == [answer] * 2

    assert noted == refused
