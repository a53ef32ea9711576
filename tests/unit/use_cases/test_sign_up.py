"""Starting an organization: who may, that nobody learns who else may, and that it happens once."""

from dataclasses import replace

import pytest

from scheduling.domain.audit import Activity
from scheduling.domain.people import Role
from scheduling.domain.refusals import InvalidInput, LinkNotFound, LinkUsed, TooManyRequests
from scheduling.domain.sign_ups import SignUpPolicy
from scheduling.use_cases.sign_in import finish_sign_in, signed_in
from scheduling.use_cases.sign_up import request_sign_up
from tests.support.builders import AIKO, EARLY, ORGANIZATION, STAFF
from tests.support.mail_room import mail_room, swept
from tests.support.road import do, token

BEN = "ben@kite.example"


@pytest.fixture
def parley(parley):
    parley.sign_up_policy = SignUpPolicy(is_open=True)
    return parley


def ask(parley, email=BEN, network_address="192.0.2.1", **changes):
    asked = {"name": "Kite Lab", "admin": "Ben Ode", "zone": "Europe/Paris", "locale": "ja"}
    asked |= changes
    return do(
        parley,
        request_sign_up,
        asked["name"],
        asked["admin"],
        email,
        asked["zone"],
        asked["locale"],
        network_address=network_address,
    )


def press(parley, request):
    text = token(parley, list(parley.store.links)[-1])
    return do(parley, finish_sign_in, text, browser_secret=request.browser_secret, code=None)


def who(parley, session):
    return do(parley, signed_in, session.secret, network=STAFF.network)


def test_the_mailed_link_makes_the_organization_and_signs_its_admin_in(parley):
    request = ask(parley)
    assert len(parley.store.organizations) == 1

    found = who(parley, press(parley, request))

    assert (found.organization.name, found.organization.time_zone) == ("Kite Lab", "Europe/Paris")
    assert found.organization.locale == "ja"
    assert (found.member.name, found.member.email, found.member.role) == (
        "Ben Ode",
        BEN,
        Role.ADMIN,
    )
    assert found.member.joined_at == parley.now()
    assert parley.store.entries[-1].activity is Activity.ORGANIZATION_CREATED


def test_the_link_makes_one_organization(parley):
    request = ask(parley)
    press(parley, request)

    with pytest.raises(LinkUsed):
        press(parley, request)

    assert len(parley.store.organizations) == 2


def test_a_member_gets_a_mail_to_sign_in_and_no_second_organization(parley):
    request = ask(parley, AIKO.email)
    [mail] = swept(parley, mail_room(parley))

    found = who(parley, press(parley, request))

    assert mail.rendered.subject.startswith("Your sign-in link for Hanami Studio")
    assert found.member == AIKO
    assert list(parley.store.organizations) == [ORGANIZATION.organization_id]


def test_a_former_member_can_start_an_organization_of_their_own(parley):
    key = AIKO.organization_id, AIKO.member_id
    parley.store.members[key] = replace(AIKO, removed_at=EARLY)

    found = who(parley, press(parley, ask(parley, AIKO.email)))

    assert found.organization.name == "Kite Lab"


@pytest.mark.parametrize(("email", "mails"), [(BEN, 0), ("first@kite.example", 1), (AIKO.email, 1)])
def test_where_sign_up_is_closed_only_the_first_admin_and_members_get_a_mail(parley, email, mails):
    parley.sign_up_policy = SignUpPolicy(is_open=False, first_admin_email="first@kite.example")

    ask(parley, email)

    assert len(swept(parley, mail_room(parley))) == mails


def test_where_sign_up_is_closed_a_link_makes_nothing_for_strangers(parley):
    parley.sign_up_policy = SignUpPolicy(is_open=False)

    with pytest.raises(LinkNotFound):
        press(parley, ask(parley))

    assert list(parley.store.organizations) == [ORGANIZATION.organization_id]


@pytest.mark.parametrize("is_open", [True, False])
def test_s7_members_and_strangers_get_the_same_answer_after_the_same_writes(parley, is_open):
    parley.sign_up_policy = SignUpPolicy(is_open=is_open)
    writes = []
    for email in (AIKO.email, BEN, "first@kite.example"):
        parley.store.writes = 0
        assert ask(parley, email).code
        writes.append(parley.store.writes)

    assert len(set(writes)) == 1


def test_signing_up_is_limited_like_signing_in(parley):
    for _ in range(20):
        ask(parley)

    with pytest.raises(TooManyRequests):
        ask(parley)

    assert len(parley.store.messages) == 3


def test_each_wrong_field_is_named(parley):
    with pytest.raises(InvalidInput) as refused:
        ask(parley, "ben", name=" ", admin="", zone="Mars/Olympus", locale="xx")

    assert [problem.field for problem in refused.value.problems] == [
        "organization_name",
        "name",
        "time_zone",
        "locale",
        "email",
    ]
