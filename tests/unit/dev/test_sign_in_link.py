import asyncio
import io
import json
from itertools import count

import pytest

from dev.failures import CannotRun
from dev.sign_in_link import Organization, SignInLink, create_organization

HANAMI = Organization("Hanami Studio", "Aiko Mori", "aiko@hanami.example", "Asia/Tokyo")


class Operator:
    """An emulator whose one function creates organizations, or fails."""

    def __init__(self, *, fails=False):
        self._numbers = count(1)
        self._fails = fails
        self.requests = []

    def client(self, service):
        assert service == "lambda"
        return self

    def invoke(self, *, FunctionName, Payload):  # noqa: N803 - boto3's names
        assert FunctionName == "create-organization:live"
        self.requests.append(json.loads(Payload))
        if self._fails:
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(b'{"errorMessage": "no"}')}
        url = f"http://localhost:8080/l/{next(self._numbers)}"
        answer = {"organization_id": "o1", "member_id": "m1", "sign_in_url": url, "created": True}
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


def test_an_operator_creates_the_organization_and_gets_the_admins_link():
    operator = Operator()

    welcome = create_organization(operator, "create-organization", HANAMI)

    assert (welcome.organization_id, welcome.member_id) == ("o1", "m1")
    assert operator.requests[0]["admin_email"] == "aiko@hanami.example"


def test_asking_for_the_link_twice_makes_one_link():
    async def ask():
        operator = Operator()
        link = SignInLink(operator, "create-organization", HANAMI)
        return await link.unused(), await link.unused(), len(operator.requests)

    first, second, made = asyncio.run(ask())

    assert first == second
    assert made == 1


def test_after_a_sign_in_the_link_is_another_one():
    async def ask():
        link = SignInLink(Operator(), "create-organization", HANAMI)
        used = await link.unused()
        link.renew()
        return used, await link.unused()

    used, unused = asyncio.run(ask())

    assert used != unused


def test_a_function_that_fails_says_why():
    with pytest.raises(CannotRun, match="create-organization failed: no"):
        create_organization(Operator(fails=True), "create-organization", HANAMI)
