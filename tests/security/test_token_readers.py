"""Who may read tokens, and who may decrypt them, in the template as CloudFormation sees it."""

import json

import pytest

from dev.build.template import expanded

READERS = {"SyncCalendarsFunction", "WriteCalendarEventsFunction", "ProbeFreeBusyFunction"}
"""They talk to providers on behalf of members; nobody else does."""

WRITERS = {*READERS, "ConnectionsFunction"}
"""Whoever comes back from a provider brings tokens: they are stored, and not read again there."""

ERASERS = {"PersonalRecordsFunction", "ConsolePagesFunction"}
"""Whoever erases a person deletes what a worker may have left of their tokens, unread."""

WRITES = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
ENCRYPTS = {"kms:Encrypt", "kms:GenerateDataKey"}

RESOURCES = expanded(BaseUrl="https://book.example.org", SendingDomain="example.org")["Resources"]
FUNCTIONS = {name for name, each in RESOURCES.items() if each["Type"] == "AWS::Lambda::Function"}


def listed(one_or_more):
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]


def granted_on(resource):
    """Return the functions that may do something to a resource, each with its actions there."""
    granted = {}
    for name, role in RESOURCES.items():
        if role["Type"] != "AWS::IAM::Role":
            continue
        for policy in role["Properties"].get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                written = json.dumps(statement["Resource"])
                if f'"{resource}' in written or f"${{{resource}" in written or '"*"' in written:
                    actions = granted.setdefault(name.removesuffix("Role"), set())
                    actions.update(listed(statement["Action"]))
    kind = "dynamodb:" if resource.endswith("Table") else "kms:"
    return {
        function: {action for action in actions if action.startswith(kind)}
        for function, actions in granted.items()
        if any(action.startswith(kind) for action in actions)
    }


def those_with_more_than(granted, actions):
    return {function for function, given in granted.items() if given - actions}


def test_s18_exactly_three_functions_read_the_table_of_tokens():
    granted = granted_on("ConnectionsTable")

    assert those_with_more_than(granted, WRITES) == READERS & FUNCTIONS
    assert granted.keys() <= WRITERS | ERASERS


def test_s18_exactly_three_functions_decrypt_tokens():
    granted = granted_on("GrantKey")

    assert those_with_more_than(granted, ENCRYPTS) == READERS & FUNCTIONS
    assert granted.keys() <= WRITERS
    assert set().union(*granted.values()) <= ENCRYPTS | {"kms:Decrypt"}


@pytest.mark.parametrize("resource", ["ConnectionsTable", "GrantKey"])
def test_s18_whoever_stores_tokens_for_others_to_read_adds_and_takes_back(resource):
    granted = granted_on(resource).get("ConnectionsFunction", set())

    assert granted <= {"dynamodb:PutItem", "dynamodb:DeleteItem", *ENCRYPTS}


def test_s18_what_is_taken_back_is_not_handed_out():
    statements = RESOURCES["ConnectionsFunctionRole"]["Properties"]["Policies"][0][
        "PolicyDocument"
    ]["Statement"]
    [taking_back] = [each for each in statements if each["Sid"] == "TakeBackTokensOfWhoWasSlower"]

    assert taking_back["Condition"] == {"StringEqualsIfExists": {"dynamodb:ReturnValues": "NONE"}}


@pytest.mark.parametrize("function", sorted(ERASERS))
def test_s18_whoever_erases_tokens_can_do_nothing_else_with_them(function):
    assert granted_on("ConnectionsTable")[function] == {"dynamodb:DeleteItem"}
    assert function not in granted_on("GrantKey")


def test_s18_the_table_of_tokens_is_in_no_stream_and_in_no_index():
    table = RESOURCES["ConnectionsTable"]["Properties"]

    assert not {"StreamSpecification", "GlobalSecondaryIndexes"} & table.keys()


def test_s18_no_policy_but_those_of_functions_speaks_of_tokens():
    policies = {
        name: each
        for name, each in RESOURCES.items()
        if each["Type"].startswith("AWS::IAM::") and each["Type"] != "AWS::IAM::Role"
    }

    assert not [name for name in policies if "ConnectionsTable" in json.dumps(policies[name])]
    assert not [name for name in policies if "GrantKey" in json.dumps(policies[name])]
