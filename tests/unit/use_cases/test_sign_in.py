from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.people import Role
from scheduling.domain.refusals import (
    InvalidInput,
    LinkExpired,
    LinkNotFound,
    LinkUsed,
    SignInCodeRefused,
    SignInCodeRequired,
    SignInRequired,
)
from scheduling.domain.sessions import SESSION_LIFE
from scheduling.use_cases.organizations import create_organization
from scheduling.use_cases.sign_in import finish_sign_in, request_sign_in, sign_out, signed_in
from tests.support.builders import AIKO, ORGANIZATION, STAFF
from tests.support.road import do, token


def ask(parley, email=AIKO.email):
    return request_sign_in(
        email,
        network_address="192.0.2.1",
        now=parley.now(),
        links=parley.links,
        rate_limits=parley.rate_limits,
    )


def mailed_token(parley):
    return token(parley, list(parley.store.links)[-1])


def finish(parley, text, browser_secret=None, code=None, **more):
    return do(parley, finish_sign_in, text, browser_secret=browser_secret, code=code, **more)


def who(parley, secret):
    return signed_in(
        secret,
        now=parley.now(),
        network=STAFF.network,
        sessions=parley.sessions,
        members=parley.members,
        organizations=parley.organizations,
    )


def test_the_mailed_link_signs_in_the_browser_that_asked(parley):
    request = ask(parley, "  Aiko@Hanami.example ")

    session = finish(parley, mailed_token(parley), request.browser_secret)

    assert who(parley, session.secret) == replace(STAFF, proven_at=parley.now())
    assert session.lifetime == SESSION_LIFE[Role.ADMIN]


def test_another_browser_needs_the_code(parley):
    request = ask(parley)

    with pytest.raises(SignInCodeRequired):
        finish(parley, mailed_token(parley), "another browser's secret")

    session = finish(parley, mailed_token(parley), code=request.code.lower())
    assert who(parley, session.secret) == replace(STAFF, proven_at=parley.now())


def test_after_five_codes_not_even_the_right_one_counts(parley):
    request = ask(parley)
    for _ in range(5):
        with pytest.raises(SignInCodeRefused):
            finish(parley, mailed_token(parley), code="00000000")

    with pytest.raises(LinkUsed):
        finish(parley, mailed_token(parley), code=request.code)


def test_a_link_signs_in_once(parley):
    request = ask(parley)
    finish(parley, mailed_token(parley), request.browser_secret)

    with pytest.raises(LinkUsed):
        finish(parley, mailed_token(parley), request.browser_secret)


def test_a_link_works_for_ten_minutes(parley):
    request = ask(parley)
    parley.clock += timedelta(minutes=10)

    with pytest.raises(LinkExpired):
        finish(parley, mailed_token(parley), request.browser_secret)


def test_an_unknown_address_gets_the_same_answer_after_the_same_writes(parley):
    ask(parley)
    known, parley.store.writes = parley.store.writes, 0

    request = ask(parley, "nobody@elsewhere.example")

    assert parley.store.writes == known
    with pytest.raises(LinkNotFound):
        finish(parley, mailed_token(parley), request.browser_secret)


def test_three_mails_in_a_quarter_of_an_hour_are_enough(parley):
    for _ in range(10):
        ask(parley)

    assert len(parley.store.messages) == 3


def test_what_is_no_address_is_named(parley):
    with pytest.raises(InvalidInput) as refused:
        ask(parley, "aiko")

    assert [problem.field for problem in refused.value.problems] == ["email"]


def test_a_session_ends_by_itself(parley):
    request = ask(parley)
    session = finish(parley, mailed_token(parley), request.browser_secret)
    parley.clock += session.lifetime

    with pytest.raises(SignInRequired):
        who(parley, session.secret)


def test_a_session_ends_with_signing_out(parley):
    request = ask(parley)
    session = finish(parley, mailed_token(parley), request.browser_secret)

    do(parley, sign_out, session.secret)
    do(parley, sign_out, session.secret)

    with pytest.raises(SignInRequired):
        who(parley, session.secret)


def test_a_session_ends_when_the_member_is_gone(parley):
    request = ask(parley)
    session = finish(parley, mailed_token(parley), request.browser_secret)
    parley.store.members.clear()

    with pytest.raises(SignInRequired):
        who(parley, session.secret)


@pytest.mark.parametrize("secret", [None, "", "x" * 43])
def test_nobody_is_signed_in_without_a_session(parley, secret):
    with pytest.raises(SignInRequired):
        who(parley, secret)


def create(parley, name="Kite Lab", admin="Ben Ode", email="ben@kite.example", zone="Europe/Paris"):
    return create_organization(
        name,
        admin,
        email,
        zone,
        link_life=timedelta(hours=1),
        now=parley.now(),
        base_url=parley.base_url,
        organizations=parley.organizations,
        members=parley.members,
        links=parley.links,
        link_keys=parley.link_keys,
    )


def test_an_operator_gets_a_link_that_signs_in_the_first_admin_anywhere(parley):
    created = create(parley)

    session = finish(parley, created.sign_in_url.rpartition("/l/")[2])

    found = who(parley, session.secret)
    assert created.created
    assert (found.organization.name, found.member.name) == ("Kite Lab", "Ben Ode")
    assert found.member.role is Role.ADMIN


def test_creating_an_organization_again_gives_the_same_one_and_a_fresh_link(parley):
    again = create(parley, email=AIKO.email)

    assert not again.created
    assert again.organization_id == ORGANIZATION.organization_id
    assert finish(parley, again.sign_in_url.rpartition("/l/")[2])


def test_each_wrong_field_of_a_new_organization_is_named(parley):
    with pytest.raises(InvalidInput) as refused:
        create(parley, name=" ", admin="a\x00b", email="ben", zone="Mars/Olympus")

    assert [(problem.field, problem.code) for problem in refused.value.problems] == [
        ("organization_name", "missing"),
        ("admin_name", "odd_characters"),
        ("admin_email", "invalid_email"),
        ("time_zone", "unknown_time_zone"),
    ]
