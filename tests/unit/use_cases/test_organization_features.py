"""What an organization has switched on, and how far its set-up is."""

from dataclasses import replace

import pytest

from scheduling.domain.audit import Activity
from scheduling.domain.availability_request import usual_terms
from scheduling.domain.identifiers import derived_id
from scheduling.domain.people import Feature, Role
from scheduling.domain.refusals import FeatureDisabled, NotAllowed, OrganizationChanged
from scheduling.ports import ExternalMemberFilter
from scheduling.use_cases.availability import availability_for_staff
from scheduling.use_cases.availability_requests import ask_again
from scheduling.use_cases.external_members import (
    delete_external_member,
    external_member_overview,
    list_external_members,
)
from scheduling.use_cases.organization_features import list_features, switch_feature
from scheduling.use_cases.organization_settings import OrganizationEdit, edit_organization
from scheduling.use_cases.setup import Step, StepState, setup_steps
from tests.support.builders import AIKO, EARLY, ORGANIZATION, STAFF, between
from tests.support.road import do, enter, invite

OFF = replace(STAFF, organization=replace(ORGANIZATION, features=frozenset()))
BEN = replace(AIKO, member_id=derived_id("ben"), role=Role.MEMBER)
FEATURE = Feature.EXTERNAL_MEMBERS


def switch(parley, by, *, is_enabled):
    return do(parley, switch_feature, by, FEATURE, is_enabled=is_enabled)


def states(parley, by=STAFF):
    return {step.step: step.state for step in do(parley, setup_steps, by)}


def test_a6_the_feature_is_listed_when_it_is_off_too():
    assert [state.is_enabled for state in list_features(OFF)] == [False]
    assert [state.is_enabled for state in list_features(STAFF)] == [True]


def test_a7_switching_it_on_is_stored_with_who_did_it(parley):
    assert switch(parley, OFF, is_enabled=True).is_enabled

    stored = parley.organizations.get(ORGANIZATION.organization_id)
    entry = parley.store.entries[-1]
    assert stored.features == {FEATURE}
    assert (entry.activity, entry.actor.actor_id) == (Activity.FEATURE_SWITCHED, AIKO.member_id)
    assert entry.facts == {"feature": "external_members", "to": "on"}


def test_a7_switching_it_on_again_changes_nothing(parley):
    assert switch(parley, STAFF, is_enabled=True).is_enabled

    assert parley.store.writes == 0


def test_a7_of_settings_saved_and_a_feature_switched_at_once_the_later_one_is_refused(parley):
    do(parley, edit_organization, STAFF, OrganizationEdit(name="Sakura Studio"))

    with pytest.raises(OrganizationChanged):
        switch(parley, STAFF, is_enabled=False)

    stored = parley.organizations.get(ORGANIZATION.organization_id)
    assert (stored.name, stored.features) == ("Sakura Studio", {FEATURE})


def test_a7_only_admins_switch_it(parley):
    with pytest.raises(NotAllowed):
        switch(parley, replace(OFF, member=BEN), is_enabled=True)


@pytest.mark.parametrize(
    ("use_case", "given"),
    [
        (list_external_members, {"which": ExternalMemberFilter(), "cursor": None, "limit": 1}),
        (external_member_overview, None),
        (availability_for_staff, None),
        (ask_again, {"terms": usual_terms(EARLY)}),
        (delete_external_member, {"bookings_to_come": None}),
    ],
)
def test_a8_off_until_switched_on(parley, use_case, given):
    member = invite(parley)
    whom = () if use_case is list_external_members else (member.external_member_id,)

    with pytest.raises(FeatureDisabled):
        do(parley, use_case, OFF, *whom, **(given or {}))


def test_what_external_members_themselves_do_goes_on_while_it_is_off(parley):
    member = invite(parley)
    switch(parley, STAFF, is_enabled=False)

    assert enter(parley, member, between("10:00", "12:00")).version == 1


def test_b20_of_a_new_organization_only_what_needs_another_step_is_blocked(parley):
    assert states(parley, OFF) == {
        Step.PEOPLE: StepState.NEXT,
        Step.EXTERNAL_MEMBERS: StepState.NEXT,
        Step.FIRST_EXTERNAL_MEMBER: StepState.BLOCKED,
        Step.FIRST_BOOKING_PAGE: StepState.NEXT,
    }


def test_b20_steps_are_done_one_by_one(parley):
    assert states(parley)[Step.FIRST_EXTERNAL_MEMBER] is StepState.NEXT

    member = invite(parley)
    assert states(parley)[Step.FIRST_EXTERNAL_MEMBER] is StepState.DONE
    assert states(parley)[Step.FIRST_BOOKING_PAGE] is StepState.NEXT

    enter(parley, member, between("10:00", "12:00"))
    assert states(parley)[Step.FIRST_BOOKING_PAGE] is StepState.DONE

    parley.store.members[BEN.organization_id, BEN.member_id] = BEN
    assert set(states(parley).values()) == {StepState.DONE}
