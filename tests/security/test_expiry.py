"""What is over is over, although it is still stored (S6): DynamoDB deletes days later."""

from datetime import timedelta

import pytest
import time_machine

from handlers.wiring import adapters
from scheduling.domain import unsubscribing
from scheduling.domain.links import LinkPurpose, hashed, parsed_token
from tests.security.cast import Caller
from tests.security.routes import ROWS

SECOND = timedelta(seconds=1)

OPENERS = {Caller.GUEST: "guest_token", Caller.EXTERNAL: "external_token"}
BY_LINK_ALONE = {"sign_in_token", "sign_up_token", "invitation_token", "unsubscribe_token"}
"""Links that whoever follows them needs nothing else for."""
READ_FIRST = {
    Caller.GUEST: "GET /api/guest/booking",
    Caller.EXTERNAL: "GET /api/availability",
    Caller.MEMBER: "GET /api/sessions/current",
}


def link_behind(matrix, name):
    return adapters().links.get(parsed_token(matrix.home.things[name]).link_id)


def end_for(matrix, caller):
    """Return when the link, or the session, of a caller ends."""
    if caller in OPENERS:
        return link_behind(matrix, OPENERS[caller]).expires_at
    return adapters().sessions.get(hashed(matrix.home.credentials[caller])).expires_at


def end_of(matrix, name):
    """Return when a link ends that needs nothing else."""
    if name == "unsubscribe_token":
        return unsubscribing.parsed_token(matrix.home.things[name]).expires_at
    return link_behind(matrix, name).expires_at


def row_of(route):
    return next(row for row in ROWS if row.route == route)


def test_s6_every_purpose_of_a_link_is_looked_at(matrix):
    names = [*OPENERS.values(), "sign_in_token", "sign_up_token", "invitation_token"]

    assert {link_behind(matrix, name).purpose for name in names} == set(LinkPurpose)


@pytest.mark.parametrize("caller", READ_FIRST)
def test_s6_a_link_and_a_session_work_until_the_second_they_end(matrix, caller):
    row, end = row_of(READ_FIRST[caller]), end_for(matrix, caller)

    with time_machine.travel(end - SECOND, tick=False):
        assert matrix.visit(row, caller).answer.status_code == 200
    with time_machine.travel(end, tick=False):
        assert matrix.visit(row, caller).is_turned_away


@pytest.mark.parametrize("row", [row for row in ROWS if not row.is_open], ids=str)
def test_s6_no_route_takes_what_has_ended(matrix, row):
    for caller in sorted(row.who & {Caller.GUEST, Caller.EXTERNAL, Caller.MEMBER, Caller.ADMIN}):
        with time_machine.travel(end_for(matrix, caller), tick=False):
            visit = matrix.visit(row, caller)

        assert visit.is_turned_away, str(visit)
        assert not visit.has_written


@pytest.mark.parametrize("row", [row for row in ROWS if BY_LINK_ALONE & set(row.names)], ids=str)
def test_s6_a_link_that_is_all_it_takes_works_until_the_second_it_ends(matrix, row):
    [name] = row.names
    end = end_of(matrix, name)

    with time_machine.travel(end - SECOND, tick=False):
        assert matrix.visit(row, Caller.ANONYMOUS).answer.status_code == row.status
    with time_machine.travel(end, tick=False):
        visit = matrix.visit(row, Caller.ANONYMOUS)

    assert (visit.answer.status_code, visit.has_written) == (410, False)
