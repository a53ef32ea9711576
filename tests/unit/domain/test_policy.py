"""Who may do what: every row of the table, from every side."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.identifiers import derived_id
from scheduling.domain.people import Role
from scheduling.domain.policy import PROOF_LIFE, RULES, Act, may, require
from scheduling.domain.refusals import NotAllowed, ProofRequired
from tests.support.builders import AIKO, EARLY, STAFF

BEN = replace(AIKO, member_id=derived_id("ben"), role=Role.MEMBER)
MEMBER = replace(STAFF, member=BEN)

DECISIONS = {
    # act: (admin, a member about themselves, a member about somebody else, a fresh proof needed)
    Act.EDIT_ORGANIZATION: (True, False, False, False),
    Act.SWITCH_FEATURE: (True, False, False, False),
    Act.EDIT_DIRECTORY: (True, False, False, False),
    Act.INVITE_MEMBER: (True, False, False, False),
    Act.IMPORT_MEMBERS: (True, False, False, False),
    Act.EXPORT_MEMBERS: (True, False, False, False),
    Act.EDIT_MEMBER: (True, True, False, False),
    Act.PLACE_MEMBER: (True, False, False, False),
    Act.CHANGE_ROLE: (True, False, False, True),
    Act.REMOVE_MEMBER: (True, False, False, True),
    Act.END_SESSIONS: (True, True, False, False),
    Act.HAND_OVER: (True, True, False, False),
    Act.SEE_ACTIVITY: (True, False, False, False),
    Act.EXPORT_PERSON: (True, False, False, True),
    Act.ERASE_PERSON: (True, False, False, True),
    Act.RESUME_SENDING: (True, False, False, False),
    Act.MANAGE_CONNECTIONS: (True, False, False, False),
}


def test_t15_every_act_has_a_decision():
    assert DECISIONS.keys() == RULES.keys() == set(Act)


@pytest.mark.parametrize("act", Act)
def test_t15_the_decision_table_is_kept(act):
    admin, self_, other, needs_proof = DECISIONS[act]

    assert may(STAFF, act, of=BEN.member_id) is admin
    assert may(MEMBER, act, of=BEN.member_id) is self_
    assert may(MEMBER, act, of=AIKO.member_id) is other
    assert may(MEMBER, act) is False
    assert RULES[act].is_critical is needs_proof


@pytest.mark.parametrize("act", Act)
def test_t15_what_is_critical_needs_a_proof_of_the_last_ten_minutes(act):
    require(STAFF, act, now=EARLY + PROOF_LIFE)
    late = EARLY + PROOF_LIFE + timedelta(seconds=1)

    if RULES[act].is_critical:
        with pytest.raises(ProofRequired):
            require(STAFF, act, now=late)
    else:
        require(STAFF, act, now=late)


def test_whoever_may_not_is_not_asked_for_a_proof():
    with pytest.raises(NotAllowed):
        require(MEMBER, Act.CHANGE_ROLE, now=EARLY + timedelta(days=1))
