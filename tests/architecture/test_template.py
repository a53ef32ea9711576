"""template.yaml and the code say the same, and the template keeps what is promised of it."""

import importlib
import re
from collections import Counter
from fnmatch import fnmatchcase
from typing import Any

import pytest

from dev.build.template import expanded, written
from scheduling.domain.sync_turns import BUCKET_SECONDS, GROUPS, LEASE
from tests.architecture.environment import variables_read_by
from tests.support.syncing import QUEUE_DELAY

TEMPLATE = expanded(BaseUrl="https://book.example.org", SendingDomain="example.org")
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
WRITTEN: dict[str, dict[str, Any]] = written()["Resources"]

MANAGED_POLICIES = {
    "service-role/AWSLambdaBasicExecutionRole",  # write log lines
    "AWSXrayWriteOnlyAccess",  # write traces
    "service-role/AWSLambdaDynamoDBExecutionRole",  # read the stream
    "service-role/AWSLambdaSQSQueueExecutionRole",  # read the queue
}
GIVEN_TO_ALL = {"SCHEDULING_TABLE", "ACCESS_TABLE"}
ON_THE_STREAM = {"SendMailsFunction", "ImportMembersFunction", "WriteCalendarEventsFunction"}
CHANGING_METHODS = {"POST", "PUT", "PATCH", "DELETE"}
EXPORTS = {
    "GET /api/activity.csv",
    "GET /api/availability-grid.csv",
    "GET /api/bookings.csv",
    "GET /api/external-members.csv",
    "GET /api/members.csv",
    "GET /api/organization/connections.csv",
    "GET /console/activity.csv",
    "GET /console/bookings.csv",
    "GET /console/integrations/members.csv",
    "GET /console/team.csv",
}
CALLBACKS = {"GET /connections/{provider}/callback"}
"""They write with a GET, as RFC 6749 section 4.1.2 has it."""


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    """Return the properties of the expanded resources of one type, by logical id."""
    return {
        name: resource["Properties"]
        for name, resource in RESOURCES.items()
        if resource["Type"] == kind
    }


FUNCTIONS = of_type("AWS::Lambda::Function")
HANDLERS = {name: function["Handler"] for name, function in FUNCTIONS.items()}
BODY = of_type("AWS::ApiGatewayV2::Api")["HttpApi"]["Body"]


def routes_of(function: str) -> set[str]:
    """Return the routes that the template sends to `function`, like `GET /api/bookings/{id}`."""
    return {
        f"{method.upper()} {path}"
        for path, methods in BODY["paths"].items()
        for method, operation in methods.items()
        if f"${{{function}Alias" in operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
    }


WITH_ROUTES = sorted(name for name in FUNCTIONS if routes_of(name))
GRANTS = [
    pytest.param(statement, id=f"{function}-{statement.get('Sid')}")
    for function in FUNCTIONS
    for policy in WRITTEN[function]["Properties"]["Policies"]
    for statement in policy["Statement"]
]


def listed(one_or_more: Any) -> list[Any]:
    """Return a list of what a policy may also give alone."""
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]


def handler_module(function: str) -> Any:
    return importlib.import_module(HANDLERS[function].rpartition(".")[0])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_has_its_handler(function):
    assert callable(handler_module(function).handler)


def answered_by(module: Any) -> set[str]:
    """Return the routes that a handler answers; one that starts without Powertools has but one."""
    if hasattr(module, "ROUTE"):
        return {module.ROUTE}
    # Powertools has no public list of the routes of an app.
    return {
        f"{route.method} {re.sub('<(.*?)>', r'{\1}', route.path)}"
        for route in [*module.app._static_routes, *module.app._dynamic_routes]
    }


@pytest.mark.parametrize("function", WITH_ROUTES)
def test_a_function_is_sent_exactly_the_routes_that_it_answers(function):
    assert answered_by(handler_module(function)) == routes_of(function)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_given_exactly_the_variables_that_it_reads(function):
    given = {
        name
        for name in FUNCTIONS[function]["Environment"]["Variables"]
        if not name.startswith("POWERTOOLS_")
    }

    read = variables_read_by(HANDLERS[function].rpartition(".")[0])

    assert read <= given
    assert given - GIVEN_TO_ALL <= read


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_grant_is_named_once(function):
    policies = WRITTEN[function]["Properties"]["Policies"]
    names = Counter(statement["Sid"] for policy in policies for statement in policy["Statement"])

    assert set(names.values()) == {1}


@pytest.mark.parametrize("statement", GRANTS)
def test_a_grant_names_actions_and_resources_and_never_scans(statement):
    assert statement["Effect"] == "Allow"
    assert "*" not in "".join(listed(statement["Action"]))
    assert "dynamodb:Scan" not in listed(statement["Action"])
    assert "*" not in str(statement["Resource"])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_two_grants_of_a_function_allow_the_same(function):
    allowed = Counter(
        (action, str(resource))
        for policy in WRITTEN[function]["Properties"]["Policies"]
        for statement in policy["Statement"]
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    )

    assert [grant for grant, times in allowed.items() if times > 1] == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_its_own_role_with_no_more_than_sam_adds(function):
    role = of_type("AWS::IAM::Role")[f"{function}Role"]
    managed = {arn.partition(":policy/")[2] for arn in role["ManagedPolicyArns"]}

    assert managed <= MANAGED_POLICIES
    assert ("service-role/AWSLambdaDynamoDBExecutionRole" in managed) == (function in ON_THE_STREAM)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_t43_the_log_lines_of_a_function_have_an_end(function):
    group = FUNCTIONS[function]["LoggingConfig"]["LogGroup"]["Ref"]

    assert "RetentionInDays" in of_type("AWS::Logs::LogGroup")[group]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_names_in_the_account_follow_the_handler(function):
    slug = HANDLERS[function].split(".")[-2].replace("_", "-")
    name = FUNCTIONS[function]["FunctionName"]["Fn::Sub"]

    assert name in {f"parley-${{StageName}}-{slug}", f"parley-${{StageName}}-{slug}-pages"}


def test_t38_every_changing_route_and_every_export_has_its_own_throttle():
    changing = {
        route
        for function in WITH_ROUTES
        for route in routes_of(function)
        if route.partition(" ")[0] in CHANGING_METHODS
    }

    assert (
        set(of_type("AWS::ApiGatewayV2::Stage")["HttpApiApiGatewayDefaultStage"]["RouteSettings"])
        == changing | EXPORTS | CALLBACKS
    )


def test_routes_are_spelled_out():
    assert not [path for path in BODY["paths"] if "+" in path or path.startswith("$")]


def test_t43_the_access_log_never_shows_a_path():
    stage = of_type("AWS::ApiGatewayV2::Stage")["HttpApiApiGatewayDefaultStage"]
    logged = set(re.findall(r"\$context\.[\w.]+", stage["AccessLogSettings"]["Format"]))

    assert "$context.routeKey" in logged
    assert not [field for field in logged if fnmatchcase(field, "*path*")]


@pytest.mark.parametrize("table", of_type("AWS::DynamoDB::Table"))
def test_a_table_can_be_restored_and_outlives_its_stack(table):
    properties = of_type("AWS::DynamoDB::Table")[table]
    kept = {"Fn::If": ["OutlivesStack", "Retain", "Delete"]}

    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}
    assert RESOURCES[table]["DeletionPolicy"] == RESOURCES[table]["UpdateReplacePolicy"] == kept
    assert TEMPLATE["Parameters"]["DeletionProtection"]["Default"] == "true"


def test_whatever_runs_asynchronously_leaves_its_failures_in_a_queue_with_an_alarm():
    streams = [each for each in sources() if "BisectBatchOnFunctionError" in each]
    schedules = of_type("AWS::Scheduler::Schedule").values()
    topics = [
        subscription
        for subscription in of_type("AWS::SNS::Subscription").values()
        if subscription["Protocol"] == "lambda"
    ]
    invocations = of_type("AWS::Lambda::EventInvokeConfig").values()
    assert len(schedules) + len(topics) == len(invocations)
    queues = {
        target["Fn::GetAtt"][0]
        for target in (
            *(stream["DestinationConfig"]["OnFailure"]["Destination"] for stream in streams),
            *(schedule["Target"]["DeadLetterConfig"]["Arn"] for schedule in schedules),
            *(topic["RedrivePolicy"]["deadLetterTargetArn"] for topic in topics),
            *(each["DestinationConfig"]["OnFailure"]["Destination"] for each in invocations),
            *(queue["RedrivePolicy"]["deadLetterTargetArn"] for queue in worked_off().values()),
        )
    }
    watched = {
        dimension["Value"]["Fn::GetAtt"][0]
        for alarm in of_type("AWS::CloudWatch::Alarm").values()
        for dimension in alarm.get("Dimensions", [])
        if dimension["Name"] == "QueueName"
    }

    assert queues | {*worked_off()} == watched == set(of_type("AWS::SQS::Queue"))


def sources() -> list[dict[str, Any]]:
    """Return what hands functions batches: streams, and queues."""
    return list(of_type("AWS::Lambda::EventSourceMapping").values())


def worked_off() -> dict[str, dict[str, Any]]:
    """Return the queues that functions work off."""
    sourced = {each["EventSourceArn"]["Fn::GetAtt"][0] for each in sources()}
    return {name: each for name, each in of_type("AWS::SQS::Queue").items() if name in sourced}


def test_one_bad_record_does_not_hold_up_the_rest():
    for source in sources():
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        if source["EventSourceArn"]["Fn::GetAtt"][0] in worked_off():
            continue
        assert source["BisectBatchOnFunctionError"] is True
        assert 0 <= source["MaximumRetryAttempts"] <= 5


def test_the_queue_of_syncs_waits_for_the_rings_that_one_stands_for():
    queue = worked_off()["SyncQueue"]

    assert queue["DelaySeconds"] == QUEUE_DELAY.total_seconds() > BUCKET_SECONDS
    assert queue["DeduplicationScope"] == "messageGroup"


def test_t45_one_organization_has_but_a_part_of_the_workers():
    [source] = [each for each in sources() if "ScalingConfig" in each]

    assert source["ScalingConfig"]["MaximumConcurrency"] >= 4 * GROUPS


def test_a_sync_ends_before_its_message_and_its_turn_are_given_to_another():
    timeout = FUNCTIONS["SyncCalendarsFunction"]["Timeout"]

    assert timeout <= worked_off()["SyncQueue"]["VisibilityTimeout"] <= LEASE.total_seconds()


def test_ses_tells_what_becomes_of_mails_and_rewrites_no_link():
    (destination,) = of_type("AWS::SES::ConfigurationSetEventDestination").values()
    told = set(destination["EventDestination"]["MatchingEventTypes"])

    assert told == {"delivery", "deliveryDelay", "bounce", "complaint", "reject"}


def test_queues_are_encrypted():
    assert all(queue["SqsManagedSseEnabled"] for queue in of_type("AWS::SQS::Queue").values())


def test_every_alarm_tells_somebody_and_is_on_the_dashboard():
    dashboard = of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]

    for name, alarm in of_type("AWS::CloudWatch::Alarm").items():
        assert alarm["AlarmActions"] == [{"Ref": "Alarms"}]
        assert f"${{{name}.Arn}}" in dashboard
