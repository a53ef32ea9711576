"""Proving once more who one is, choosing among organizations, and signing out everywhere."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.audit import Activity
from scheduling.domain.identifiers import derived_id
from scheduling.domain.people import Organization, Role
from scheduling.domain.policy import PROOF_LIFE, Act, require
from scheduling.domain.refusals import (
    LinkNotFound,
    MemberNotFound,
    NotAllowed,
    OrganizationChoiceRequired,
    ProofRequired,
    SignInCodeRefused,
    SignInRequired,
    TooManyRequests,
)
from scheduling.use_cases.security import end_sessions
from scheduling.use_cases.sign_in import (
    finish_sign_in,
    request_proof,
    request_sign_in,
    signed_in,
)
from tests.support.builders import AIKO, STAFF, an_entry
from tests.support.mail_room import mail_room, swept
from tests.support.road import do, token

KITE = Organization(derived_id("kite"), "Kite Lab", "Europe/Paris")
AIKO_AT_KITE = replace(
    AIKO,
    member_id=derived_id("aiko at kite"),
    organization_id=KITE.organization_id,
    role=Role.MEMBER,
)
BEN = replace(AIKO, member_id=derived_id("ben"), email="ben@hanami.example", role=Role.MEMBER)
HERE = "192.0.2.1"


@pytest.fixture
def twice(parley):
    """Aiko belongs to two organizations."""
    parley.organizations.add(KITE, AIKO_AT_KITE, an_entry())
    return parley


def finish(parley, request, **more):
    text = token(parley, list(parley.store.links)[-1])
    usual = {"browser_secret": request.browser_secret, "code": None}
    return do(parley, finish_sign_in, text, **(usual | more))


def sign_in(parley, **more):
    asked = do(parley, request_sign_in, AIKO.email, network_address=HERE)
    return finish(parley, asked, **more)


def who(parley, session):
    return do(parley, signed_in, session.secret, network=STAFF.network)


def prove(parley, by, return_to="/console/team"):
    return do(parley, request_proof, by, return_to=return_to, network_address=HERE)


def test_after_the_proof_is_old_a_critical_act_wants_another_one_which_a_mailed_link_gives(parley):
    session = sign_in(parley)
    parley.clock += PROOF_LIFE + timedelta(seconds=1)
    by = who(parley, session)
    with pytest.raises(ProofRequired):
        require(by, Act.CHANGE_ROLE, now=parley.now(), of=BEN.member_id)

    asked = prove(parley, by)
    fresh = finish(parley, asked, former_secret=session.secret)

    require(who(parley, fresh), Act.CHANGE_ROLE, now=parley.now(), of=BEN.member_id)
    assert fresh.return_to == "/console/team"
    assert fresh.secret != session.secret
    with pytest.raises(SignInRequired):
        who(parley, session)


def test_the_link_goes_to_the_members_own_address_and_says_their_organization(twice):
    session = sign_in(twice, organization_id=KITE.organization_id)
    room = mail_room(twice)
    swept(twice, room)

    prove(twice, who(twice, session))
    [mail] = swept(twice, room)

    assert mail.recipient.email == AIKO.email
    assert "Kite Lab" in mail.rendered.subject


def test_proving_keeps_whoever_belongs_to_several_in_the_same_organization(twice):
    by = who(twice, sign_in(twice, organization_id=KITE.organization_id))

    proven = finish(twice, prove(twice, by))

    assert who(twice, proven).organization == KITE


def test_a_member_who_was_removed_meanwhile_proves_nothing(parley):
    by = who(parley, sign_in(parley))
    asked = prove(parley, by)
    key = AIKO.organization_id, AIKO.member_id
    parley.store.members[key] = replace(AIKO, removed_at=parley.now())

    with pytest.raises(LinkNotFound):
        finish(parley, asked)


def test_proofs_are_limited_like_signing_in(parley):
    by = who(parley, sign_in(parley))
    prove(parley, by)
    prove(parley, by)

    with pytest.raises(TooManyRequests):
        prove(parley, by)


def test_whoever_belongs_to_several_organizations_chooses_after_the_proof(twice):
    asked = do(twice, request_sign_in, AIKO.email, network_address=HERE)

    with pytest.raises(SignInCodeRefused):
        finish(twice, asked, browser_secret=None, code="00000000")
    with pytest.raises(OrganizationChoiceRequired) as refused:
        finish(twice, asked)
    session = finish(twice, asked, organization_id=KITE.organization_id)

    assert [choice.name for choice in refused.value.choices] == ["Hanami Studio", "Kite Lab"]
    assert who(twice, session).organization == KITE


def test_an_organization_that_they_do_not_belong_to_cannot_be_chosen(twice):
    with pytest.raises(OrganizationChoiceRequired):
        sign_in(twice, organization_id=derived_id("another"))


def test_whoever_was_removed_from_one_of_two_organizations_has_no_choice(twice):
    key = AIKO.organization_id, AIKO.member_id
    twice.store.members[key] = replace(AIKO, removed_at=twice.now())

    assert who(twice, sign_in(twice)).organization == KITE


def test_signing_out_everywhere_ends_all_sessions_and_is_written_down(parley):
    phone, laptop = sign_in(parley), sign_in(parley)

    do(parley, end_sessions, who(parley, laptop), AIKO.member_id)

    for session in (phone, laptop):
        with pytest.raises(SignInRequired):
            who(parley, session)
    assert parley.store.entries[-1].activity is Activity.SESSIONS_ENDED
    assert parley.store.entries[-1].subject_id == AIKO.member_id
    assert who(parley, sign_in(parley)).member.session_epoch == 1


def test_an_admin_signs_others_out_and_a_member_only_themselves(parley):
    parley.store.members[BEN.organization_id, BEN.member_id] = BEN
    ben = replace(STAFF, member=BEN)

    do(parley, end_sessions, STAFF, BEN.member_id)
    with pytest.raises(NotAllowed):
        do(parley, end_sessions, ben, AIKO.member_id)

    assert parley.members.get(BEN.organization_id, BEN.member_id).session_epoch == 1
    assert parley.members.get(AIKO.organization_id, AIKO.member_id).session_epoch == 0


def test_nobody_is_signed_out_who_is_not_there(parley):
    with pytest.raises(MemberNotFound):
        do(parley, end_sessions, STAFF, derived_id("nobody"))
