from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.audit import Activity
from scheduling.domain.directory import Directory
from scheduling.domain.identifiers import derived_id
from scheduling.domain.links import hashed
from scheduling.domain.people import MemberFilter, Role
from scheduling.domain.refusals import (
    InvalidInput,
    LastAdmin,
    MemberChanged,
    MemberNotFound,
    NotAllowed,
    ProofRequired,
    SignInRequired,
)
from scheduling.domain.sessions import Session
from scheduling.use_cases.members import (
    MemberEdit,
    edit_member,
    export_members,
    list_member_overviews,
    view_member,
)
from scheduling.use_cases.sign_in import signed_in
from tests.support.builders import AIKO, EARLY, ORGANIZATION, STAFF
from tests.support.road import do

ORG = ORGANIZATION.organization_id
BEN = replace(
    AIKO,
    member_id=derived_id("ben"),
    name="Ben Ode",
    email="ben@hanami.example",
    role=Role.MEMBER,
    manager_id=AIKO.member_id,
    department_id="design",
)
AS_BEN = replace(STAFF, member=BEN)


@pytest.fixture
def team(parley):
    """Aiko, who is the admin and has just proved it, and Ben; there is a directory."""
    parley.clock = EARLY
    parley.store.members[ORG, BEN.member_id] = BEN
    parley.store.directories[ORG] = Directory(ORG, 1, {"design": "Design"}, {"lead": "Lead"})
    return parley


def edit(team, member, by=STAFF, version=1, **changes):
    return do(team, edit_member, by, member.member_id, MemberEdit(**changes), version=version)


def test_members_are_listed_with_the_names_of_what_they_belong_to(team):
    part = do(team, list_member_overviews, STAFF, MemberFilter(), cursor=None, limit=1)
    rest = do(team, list_member_overviews, STAFF, MemberFilter(), cursor=part.next_cursor, limit=1)

    [ben] = rest.items
    assert (ben.member, ben.department, ben.designation, ben.manager) == (BEN, "Design", "", AIKO)


def test_a_department_that_was_removed_shows_as_none(team):
    team.store.directories[ORG] = Directory(ORG, 2)

    assert do(team, view_member, STAFF, BEN.member_id).department == ""


def test_b7_an_admin_changes_one_member(team):
    after = edit(
        team, BEN, name=" Ben Okoro ", time_zone="Europe/London", locale="ja", designation_id="lead"
    )

    assert (after.name, after.time_zone, after.locale) == ("Ben Okoro", "Europe/London", "ja")
    assert (after.department_id, after.designation_id, after.version) == ("design", "lead", 2)
    assert team.store.members[ORG, BEN.member_id] == after
    entry = team.store.entries[-1]
    assert (entry.activity, entry.subject_id) == (Activity.MEMBER_EDITED, BEN.member_id)
    assert entry.facts == {"fields": "name time_zone locale designation_id"}


def test_what_stays_as_it_is_stores_nothing(team):
    assert edit(team, BEN, name=BEN.name) == BEN
    assert team.store.writes == 0


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"locale": "tlh"}, "locale"),
        ({"department_id": "sales"}, "department_id"),
        ({"designation_id": "chief"}, "designation_id"),
        ({"manager_id": "nobody"}, "manager_id"),
        ({"manager_id": BEN.member_id}, "manager_id"),
    ],
)
def test_each_wrong_field_of_a_member_is_named(team, changes, refused):
    with pytest.raises(InvalidInput) as raised:
        edit(team, BEN, **changes)

    assert [problem.field for problem in raised.value.problems] == [refused]
    assert team.store.writes == 0


def test_somebody_who_was_removed_manages_nobody_new(team):
    gone = replace(BEN, member_id=derived_id("gone"), removed_at=EARLY)
    team.store.members[ORG, gone.member_id] = gone

    with pytest.raises(InvalidInput):
        edit(team, BEN, manager_id=gone.member_id)


def test_a_department_removed_since_does_not_stand_in_the_way_of_a_new_name(team):
    team.store.directories[ORG] = Directory(ORG, 2)

    assert edit(team, BEN, name="Ben Okoro").department_id == "design"


def test_of_two_who_change_a_member_the_first_wins(team):
    edit(team, BEN, name="Ben Okoro")

    with pytest.raises(MemberChanged):
        edit(team, BEN, name="Benjamin Ode")


def test_b16_members_change_themselves_and_nobody_else(team):
    assert edit(team, BEN, by=AS_BEN, name="Ben Okoro").name == "Ben Okoro"

    with pytest.raises(NotAllowed):
        edit(team, AIKO, by=AS_BEN, name="Aiko Sato")


@pytest.mark.parametrize(
    "changes", [{"role": Role.ADMIN}, {"department_id": ""}, {"manager_id": ""}]
)
def test_t15_members_do_not_say_what_they_are(team, changes):
    with pytest.raises(NotAllowed):
        edit(team, BEN, by=AS_BEN, **changes)

    assert team.store.writes == 0


def test_a_role_is_changed_by_an_admin_who_has_just_proved_who_they_are(team):
    team.clock = EARLY + timedelta(minutes=11)
    with pytest.raises(ProofRequired):
        edit(team, BEN, role=Role.ADMIN)

    team.clock = EARLY
    assert edit(team, BEN, role=Role.ADMIN).is_admin
    assert team.store.entries[-1].facts == {"fields": "role", "role": "admin"}


def test_t17_sessions_end_with_the_role(team):
    ends = EARLY + timedelta(days=1)
    team.sessions.add(Session(hashed("secret"), ORG, BEN.member_id, ends, EARLY))
    assert do(team, signed_in, "secret", network="192.0.2.0/24").member == BEN

    edit(team, BEN, role=Role.ADMIN)

    with pytest.raises(SignInRequired):
        do(team, signed_in, "secret", network="192.0.2.0/24")


def test_t15_the_last_admin_keeps_the_role(team):
    with pytest.raises(LastAdmin):
        edit(team, AIKO, role=Role.MEMBER)


@pytest.mark.parametrize("member_id", ["nobody", derived_id("gone")])
def test_who_never_was_or_was_removed_is_not_changed(team, member_id):
    team.store.members[ORG, derived_id("gone")] = replace(
        BEN, member_id=derived_id("gone"), removed_at=EARLY
    )

    with pytest.raises(MemberNotFound):
        do(team, edit_member, STAFF, member_id, MemberEdit(name="X"), version=1)


def test_admins_alone_export_members(team):
    found = list(do(team, export_members, STAFF, MemberFilter()))

    assert [overview.member for overview in found] == [AIKO, BEN]
    with pytest.raises(NotAllowed):
        do(team, export_members, AS_BEN, MemberFilter())
