"""Each function has the grants it needs and no other, and fails where one is missing."""

import pytest

from tests.stack.exercises import EXERCISES, NotDone, Team, work_around_the_clock
from tests.stack.grants import grants, noted, without
from tests.support.api_road import Road
from tests.support.deployed import an_address, link_in, token_in

GRANTS = grants()

NOT_ENFORCED = {"ses:SendRawEmail"}
"""The emulator asks for `ses:SendEmail` alone, whatever is sent."""

ONLY_IN_A_RACE = {
    ("EndOverdueFunction", "ReadRequests", "dynamodb:GetItem"),
    ("ConnectionsFunction", "TakeBackTokensOfWhoWasSlower", "dynamodb:DeleteItem"),
}
"""Needed where somebody decides about a request in the moment in which it ends, or two sign-ins
of one member end in the same moment."""

ONLY_FOR_LONG_TOKENS = {
    ("ConnectionsFunction", "EncryptTokens", "kms:GenerateDataKey"),
    ("WriteCalendarEventsFunction", "DecryptAndEncryptTokens", "kms:GenerateDataKey"),
    ("SyncCalendarsFunction", "OpenAndCloseGrants", "kms:GenerateDataKey"),
    ("ProbeFreeBusyFunction", "OpenAndCloseGrants", "kms:GenerateDataKey"),
}
"""Needed above 4,096 bytes, which tokens of stand-ins never have; see tests of the vault."""


@pytest.fixture(scope="module")
def established(stack):
    """A team, made while mails are still sent by themselves."""
    address = an_address("aiko")
    operator_link = stack.create_organization(address)["sign_in_url"]
    with stack.client() as admin, stack.client() as public:
        road = Road(admin, public)
        road.sign_in(token_in(operator_link))
        host = road.invite(email=an_address("kenji"))
        [request] = stack.wait_for_mails(host["email"])
        token = token_in(link_in(request))
        road.enter_times(token)
        booked = road.post_booking(host["booking_page"]["slug"], road.day).json()
        work_around_the_clock(admin, "me")
        page_slug = road.make_page()["slug"]
        yield Team(stack, address, road, host, token, booked, page_slug)


@pytest.fixture(scope="module")
def team(established, nothing_sends_by_itself):
    return established


@pytest.mark.parametrize("function", GRANTS)
def test_a_function_does_all_it_is_for_with_its_grants_and_needs_each(stack, team, function):
    run = EXERCISES[function](team)
    before = noted(stack, function)

    run()

    after = noted(stack, function)
    assert after.refused == before.refused
    assert [
        (sid, action)
        for sid, action in GRANTS[function]
        if (sid, action) not in after.needed
        and action not in NOT_ENFORCED
        and (function, sid, action) not in ONLY_IN_A_RACE | ONLY_FOR_LONG_TOKENS
    ] == []


@pytest.mark.parametrize("function", GRANTS)
def test_without_a_grant_its_function_fails(stack, team, function):
    run = EXERCISES[function](team)
    # A warm function remembers its secrets.
    grant = next(each for each in GRANTS[function] if each[1] != "secretsmanager:GetSecretValue")

    with without(stack, function, *grant), pytest.raises(NotDone):
        run()
