"""Accepting an invitation (T14)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.audit import Activity, ActorKind
from scheduling.domain.identifiers import derived_id
from scheduling.domain.people import Role
from scheduling.domain.refusals import (
    AlreadyMember,
    InvalidInput,
    InvitationRevoked,
    LinkExpired,
    LinkNotFound,
    LinkReplaced,
    LinkUsed,
    SignInRequired,
)
from scheduling.domain.sessions import SignedIn
from scheduling.use_cases.invitations import revoke_invitation, send_invitation_again
from scheduling.use_cases.joining import open_invitation
from scheduling.use_cases.sign_in import signed_in, start_session
from tests.support.builders import AIKO, ORGANIZATION, STAFF, an_entry
from tests.support.inviting import (
    BEN,
    DESIGN,
    DESIGNER,
    PLACEMENT,
    invitation_of,
    invite_one,
    invited,
    joined,
    keep_directory,
    member_of,
)
from tests.support.road import do, invite, token

SAKURA = replace(ORGANIZATION, organization_id=derived_id("sakura"), name="Sakura Press")


@pytest.fixture
def parley(parley):
    keep_directory(parley)
    return parley


def opened(parley, invitation):
    return do(parley, open_invitation, token(parley, invitation.link_id))


def who(parley, session):
    return do(parley, signed_in, session.secret, network="198.51.100.0/24")


def test_c23_accepting_makes_a_member_with_all_three_and_signs_them_in(parley):
    parley.clock += timedelta(hours=1)
    session = joined(parley, invite_one(parley))

    member = member_of(parley)
    assert (member.name, member.time_zone) == ("Ben Ode", "Europe/London")
    assert member.department_id == DESIGN.listed_id
    assert member.designation_id == DESIGNER.listed_id
    assert member.manager_id == AIKO.member_id
    assert member.role is Role.MEMBER
    assert member.joined_at == parley.now()
    assert who(parley, session) == SignedIn(
        member, ORGANIZATION, proven_at=parley.now(), network="198.51.100.0/24"
    )


def test_c23_the_role_is_the_one_that_was_fixed_when_the_invitation_was_sent(parley):
    admin = replace(PLACEMENT, role=Role.ADMIN)

    joined(parley, invite_one(parley, placement=admin, by=replace(STAFF, proven_at=parley.now())))

    assert member_of(parley).role is Role.ADMIN


def test_joining_is_written_down_with_who_joined_and_from_where(parley):
    invitation = invite_one(parley)
    joined(parley, invitation)

    entry = parley.store.entries[-1]
    assert entry.activity is Activity.MEMBER_JOINED
    assert (entry.actor.kind, entry.actor.actor_id) == (
        ActorKind.MEMBER,
        member_of(parley).member_id,
    )
    assert entry.actor.network == "198.51.100.0/24"
    assert entry.facts == {"invitation_id": invitation.invitation_id}


def test_opening_tells_who_invites_to_what_and_writes_nothing(parley):
    invitation = invite_one(parley)
    writes = parley.store.writes

    views = [opened(parley, invitation) for _ in range(5)]

    assert {(view.organization.name, view.invited_by.name) for view in views} == {
        ("Hanami Studio", "Aiko Mori")
    }
    assert parley.store.writes == writes


def test_a_link_is_accepted_once(parley):
    invitation = invite_one(parley)
    joined(parley, invitation)

    for again in (joined, opened):
        with pytest.raises(LinkUsed):
            again(parley, invitation)
    assert member_of(parley).name == "Ben Ode"


def test_mistakes_are_named_and_use_nothing_up(parley):
    invitation = invite_one(parley)

    with pytest.raises(InvalidInput) as refusal:
        joined(parley, invitation, name=" ", zone_name="Mars/Olympus")

    assert [problem.field for problem in refusal.value.problems] == ["name", "time_zone"]
    joined(parley, invitation)


def test_s6_the_link_ends_to_the_second(parley):
    invitation = invite_one(parley)
    parley.clock = invitation.expires_at

    with pytest.raises(LinkExpired):
        joined(parley, invitation)

    parley.clock -= timedelta(seconds=1)
    joined(parley, invitation)


def test_a_newer_mail_ends_the_link_of_the_older_one(parley):
    before = invite_one(parley)
    do(parley, send_invitation_again, STAFF, before.invitation_id)

    with pytest.raises(LinkReplaced):
        joined(parley, before)

    joined(parley, invitation_of(parley))


def test_a_revoked_invitation_is_not_accepted(parley):
    invitation = invite_one(parley)
    do(parley, revoke_invitation, STAFF, invitation.invitation_id)

    for attempt in (opened, joined):
        with pytest.raises(InvitationRevoked):
            attempt(parley, invitation)
    assert parley.members.with_email(BEN) == []


def test_a_link_for_something_else_lets_nobody_in(parley):
    kenji = invite(parley)

    with pytest.raises(LinkNotFound):
        do(parley, open_invitation, token(parley, kenji.request.link_id))


def test_t14_an_invitation_never_changes_somebody_who_is_a_member(parley):
    invitation = invite_one(parley)
    there = replace(AIKO, member_id=derived_id("ben"), email=BEN, name="Ben", role=Role.MEMBER)
    parley.store.members[there.organization_id, there.member_id] = there

    for attempt in (opened, joined):
        with pytest.raises(AlreadyMember):
            attempt(parley, invitation)
    assert member_of(parley) == there


def test_t14_somebody_who_becomes_a_member_in_the_same_moment_is_not_changed(parley):
    invitation = invite_one(parley)
    there = replace(AIKO, member_id=derived_id("ben"), email=BEN, name="Ben", role=Role.MEMBER)
    members = [[], [there]]
    with_email = parley.members.with_email

    class Late:
        """Finds nobody at first."""

        def with_email(self, email):
            parley.store.members[there.organization_id, there.member_id] = there
            return members.pop(0)

    parley.members = Late()
    with pytest.raises(AlreadyMember):
        joined(parley, invitation)

    assert with_email(BEN) == [there]


def test_a_former_member_comes_back_as_the_same_one_and_old_sessions_stay_over(parley):
    joined(parley, invite_one(parley))
    former = member_of(parley)
    old_session = start_session(former, now=parley.now(), sessions=parley.sessions)
    removed = replace(former, removed_at=parley.now(), manager_id="", version=former.version + 1)
    parley.members.replace(removed, an_entry(Activity.MEMBER_REMOVED))
    parley.clock += timedelta(hours=2)

    session = joined(parley, invite_one(parley, key="again"), name="Ben Oduya")

    member = member_of(parley)
    assert member.member_id == former.member_id
    assert (member.name, member.removed_at, member.joined_at) == ("Ben Oduya", None, parley.now())
    assert member.manager_id == AIKO.member_id
    assert who(parley, session).member == member
    with pytest.raises(SignInRequired):
        who(parley, old_session)


def test_who_is_invited_by_two_organizations_joins_both(parley):
    hana = replace(
        AIKO,
        member_id=derived_id("hana"),
        organization_id=SAKURA.organization_id,
        email="hana@sakura.example",
    )
    parley.organizations.add(SAKURA, hana, an_entry())
    keep_directory(parley, SAKURA)
    invited(
        parley,
        BEN,
        replace(PLACEMENT, manager_id=hana.member_id),
        by=replace(STAFF, member=hana, organization=SAKURA),
    )
    here, there = invite_one(parley), invitation_of(parley, BEN, SAKURA)

    sessions = [joined(parley, invitation) for invitation in (here, there)]

    assert [who(parley, session).organization for session in sessions] == [ORGANIZATION, SAKURA]
    assert len(parley.members.with_email(BEN)) == 2
