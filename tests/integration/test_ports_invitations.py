"""Promises about departments, designations and invitations, kept by every adapter."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from scheduling.adapters.dynamodb.access import DynamoDbLinks
from scheduling.adapters.dynamodb.audit_log import DynamoDbAuditLog
from scheduling.adapters.dynamodb.directories import DynamoDbDirectories
from scheduling.adapters.dynamodb.invitations import DynamoDbInvitations
from scheduling.adapters.dynamodb.organizations import DynamoDbMembers, DynamoDbOrganizations
from scheduling.adapters.dynamodb.outbox import DynamoDbOutbox
from scheduling.domain.audit import Activity
from scheduling.domain.directory import Directory, DirectoryPart, Listed
from scheduling.domain.identifiers import new_id
from scheduling.domain.links import INVITATION_LIFE, new_link_id
from scheduling.domain.messages import DeliveryState
from scheduling.domain.people import Member, Role
from scheduling.domain.refusals import (
    DirectoryChanged,
    EmailAlreadyInvited,
    InvitationChanged,
    InvitationNotFound,
    LinkUsed,
    MemberChanged,
)
from scheduling.ports import EntryFilter
from tests.support.builders import (
    AIKO,
    EARLY,
    ORGANIZATION,
    an_entry,
    an_invitation,
    an_invitation_link,
)
from tests.support.in_memory import InMemoryAdapters

ORG = ORGANIZATION.organization_id
LATER = EARLY + timedelta(hours=1)
DESIGN = Listed(new_id(), "Design")


@pytest.fixture(params=["in memory", "dynamodb"])
def ports(request):
    if request.param == "in memory":
        found = InMemoryAdapters()
    else:
        scheduling, access = request.getfixturevalue("tables")
        found = SimpleNamespace(
            organizations=DynamoDbOrganizations(scheduling),
            members=DynamoDbMembers(scheduling),
            directories=DynamoDbDirectories(scheduling),
            invitations=DynamoDbInvitations(scheduling, access),
            links=DynamoDbLinks(scheduling, access),
            outbox=DynamoDbOutbox(scheduling),
            audit_log=DynamoDbAuditLog(scheduling),
        )
    found.organizations.add(ORGANIZATION, AIKO, entry(Activity.ORGANIZATION_CREATED))
    return found


def entry(activity):
    return an_entry(activity, entry_id=new_id())


def activities(ports):
    part = ports.audit_log.list(ORG, EntryFilter(), cursor=None, limit=50)
    return sorted(entry.activity for entry in part.items)


def add(ports, invitation=None):
    invitation = invitation or an_invitation()
    ports.invitations.add(
        invitation, an_invitation_link(invitation), entry(Activity.MEMBER_INVITED)
    )
    return invitation


def sent_again(invitation, now=LATER):
    return replace(
        invitation,
        number=invitation.number + 1,
        link_id=new_link_id(),
        sent_at=now,
        expires_at=now + INVITATION_LIFE,
    )


def send_again(ports, before, after):
    ports.invitations.send_again(
        after,
        an_invitation_link(after),
        entry(Activity.INVITATION_SENT_AGAIN),
        replaces=before.link_id,
    )


def revoke(ports, invitation):
    revoked = replace(invitation, revoked_at=LATER)
    ports.invitations.revoke(revoked, entry(Activity.INVITATION_REVOKED))
    return revoked


def ben(invitation, **changes):
    usual = Member(
        new_id(),
        invitation.organization_id,
        "Ben Ode",
        invitation.email,
        Role.MEMBER,
        "Europe/London",
        joined_at=LATER,
    )
    return replace(usual, **changes)


def accept(ports, invitation, member=None, now=LATER):
    accepted = replace(invitation, accepted_at=now)
    ports.invitations.accept(accepted, member or ben(invitation), entry(Activity.MEMBER_JOINED))
    return accepted


def test_an_organization_starts_without_departments_and_designations(ports):
    assert ports.directories.get(ORG) == Directory(ORG)


def test_a_directory_is_stored_as_it_is_now_with_its_entry(ports):
    first = Directory(ORG).having(DirectoryPart.DEPARTMENTS, DESIGN)
    second = first.having(DirectoryPart.DESIGNATIONS, Listed(new_id(), "Designer"))

    for directory in (first, second):
        ports.directories.replace(directory, entry(Activity.DIRECTORY_EDITED))

    assert ports.directories.get(ORG) == second
    assert activities(ports).count(Activity.DIRECTORY_EDITED) == 2


@pytest.mark.parametrize("stored", [0, 1])
def test_of_two_changes_to_a_directory_the_later_one_is_refused_with_its_entry(ports, stored):
    before = Directory(ORG)
    if stored:
        before = before.having(DirectoryPart.DEPARTMENTS, DESIGN)
        ports.directories.replace(before, entry(Activity.DIRECTORY_EDITED))
    first = before.having(DirectoryPart.DEPARTMENTS, Listed(new_id(), "Sales"))
    ports.directories.replace(first, entry(Activity.DIRECTORY_EDITED))

    with pytest.raises(DirectoryChanged):
        ports.directories.replace(
            before.having(DirectoryPart.DEPARTMENTS, Listed(new_id(), "Legal")),
            entry(Activity.DIRECTORY_EDITED),
        )

    assert ports.directories.get(ORG) == first
    assert activities(ports).count(Activity.DIRECTORY_EDITED) == stored + 1


def test_an_invitation_is_stored_with_its_link_its_mail_and_its_entry(ports):
    invitation = add(ports)

    assert ports.invitations.get(ORG, invitation.invitation_id) == invitation
    assert ports.links.get(invitation.link_id) == an_invitation_link(invitation)
    assert ports.outbox.get(invitation.message).state is DeliveryState.QUEUED
    assert Activity.MEMBER_INVITED in activities(ports)


def test_an_address_has_one_open_invitation_in_an_organization(ports):
    first = add(ports)

    with pytest.raises(EmailAlreadyInvited):
        add(ports)

    elsewhere = add(ports, an_invitation(organization_id=new_id()))
    assert ports.invitations.open_to(ORG, [first.email, "x@y.example"]) == {first.email: first}
    assert ports.invitations.get(elsewhere.organization_id, elsewhere.invitation_id) == elsewhere
    with pytest.raises(InvitationNotFound):
        ports.invitations.get(ORG, elsewhere.invitation_id)


def test_nobody_is_looked_for_without_an_address(ports):
    assert ports.invitations.open_to(ORG, []) == {}


def test_an_invitation_that_was_stored_before_is_not_stored_again(ports):
    invitation = add(ports)
    revoke(ports, invitation)

    with pytest.raises(EmailAlreadyInvited):
        add(ports, invitation)


def test_sending_again_ends_the_link_of_the_mail_before(ports):
    before = add(ports)
    after = sent_again(before)

    send_again(ports, before, after)

    assert ports.invitations.get(ORG, before.invitation_id) == after
    assert ports.links.get(before.link_id).replaced_at == LATER
    assert ports.links.get(after.link_id).generation == 2
    assert ports.outbox.get(after.message).state is DeliveryState.QUEUED


def test_of_two_who_send_again_at_once_one_does(ports):
    before = add(ports)
    send_again(ports, before, sent_again(before))

    with pytest.raises(InvitationChanged):
        send_again(ports, before, sent_again(before))

    assert activities(ports).count(Activity.INVITATION_SENT_AGAIN) == 1


def test_a_revoked_invitation_leaves_the_list_and_frees_the_address(ports):
    invitation = add(ports)

    revoked = revoke(ports, invitation)

    assert ports.invitations.get(ORG, invitation.invitation_id) == revoked
    assert ports.invitations.list(ORG, cursor=None, limit=9).items == ()
    assert ports.invitations.open_to(ORG, [invitation.email]) == {}
    add(ports)


@pytest.mark.parametrize("ended", [revoke, accept])
def test_what_is_no_longer_open_is_not_changed_any_more(ports, ended):
    invitation = add(ports)
    ended(ports, invitation)
    before = activities(ports)

    with pytest.raises(InvitationChanged):
        revoke(ports, invitation)
    with pytest.raises(InvitationChanged):
        send_again(ports, invitation, sent_again(invitation))
    with pytest.raises(LinkUsed):
        accept(ports, invitation)
    assert activities(ports) == before


def test_accepting_makes_the_member_and_uses_the_link_up(ports):
    invitation = add(ports)
    member = ben(invitation)

    accepted = accept(ports, invitation, member)

    assert ports.invitations.get(ORG, invitation.invitation_id) == accepted
    assert list(ports.members.with_email(invitation.email)) == [member]
    assert ports.links.get(invitation.link_id).used_at == LATER
    assert ports.invitations.list(ORG, cursor=None, limit=9).items == ()
    assert Activity.MEMBER_JOINED in activities(ports)


def test_of_64_who_accept_what_all_have_read_one_becomes_a_member(ports):
    invitation = add(ports)
    members = [ben(invitation) for _ in range(64)]
    accept(ports, invitation, members[0])

    for member in members[1:]:
        with pytest.raises(LinkUsed):
            accept(ports, invitation, member)

    assert len(ports.members.with_email(invitation.email)) == 1
    assert activities(ports).count(Activity.MEMBER_JOINED) == 1


def test_an_invitation_is_accepted_until_its_time_is_up_to_the_second(ports):
    invitation = add(ports)

    with pytest.raises(LinkUsed):
        accept(ports, invitation, now=invitation.expires_at)

    accept(ports, invitation, now=invitation.expires_at - timedelta(seconds=1))


def test_an_earlier_mail_is_not_accepted_once_a_newer_one_was_sent(ports):
    before = add(ports)
    send_again(ports, before, sent_again(before))

    with pytest.raises(LinkUsed):
        accept(ports, before)


def test_somebody_who_is_there_by_now_is_not_made_twice(ports):
    invitation = add(ports, an_invitation(AIKO.email))

    with pytest.raises(MemberChanged):
        accept(ports, invitation)

    assert list(ports.members.with_email(AIKO.email)) == [AIKO]
    assert ports.links.get(invitation.link_id).used_at is None


def test_a_former_member_is_stored_as_they_are_now(ports):
    first = add(ports)
    member = ben(first)
    accept(ports, first, member)
    removed = replace(member, removed_at=LATER, version=2)
    ports.members.replace(removed, entry(Activity.MEMBER_REMOVED))
    back = replace(member, role=Role.ADMIN, joined_at=LATER, version=3)

    accept(ports, add(ports, an_invitation(member.email)), back)

    assert list(ports.members.with_email(member.email)) == [back]
    # The one who came back as an admin lets the other cease to be one.
    demoted = replace(AIKO, role=Role.MEMBER, version=2)
    ports.members.replace(demoted, entry(Activity.MEMBER_EDITED))


def test_an_admin_who_joins_lets_the_one_before_cease_to_be_one(ports):
    invitation = add(ports)
    accept(ports, invitation, ben(invitation, role=Role.ADMIN))

    after = replace(AIKO, role=Role.MEMBER, version=2)
    ports.members.replace(after, entry(Activity.MEMBER_EDITED))

    assert ports.members.get(ORG, AIKO.member_id) == after


def test_a_former_member_who_was_changed_meanwhile_stays_as_they_are(ports):
    invitation = add(ports, an_invitation(AIKO.email))
    changed = replace(AIKO, name="Aiko Sato", version=2)
    ports.members.replace(changed, entry(Activity.MEMBER_EDITED))

    with pytest.raises(MemberChanged):
        accept(ports, invitation, replace(AIKO, joined_at=LATER, version=2))

    assert ports.members.get(ORG, AIKO.member_id) == changed


def test_open_invitations_are_listed_the_newest_first_part_by_part(ports):
    made = [
        add(
            ports,
            an_invitation(f"{number}@hanami.example", invited_at=EARLY + timedelta(minutes=number)),
        )
        for number in range(3)
    ]

    first = ports.invitations.list(ORG, cursor=None, limit=2)
    rest = ports.invitations.list(ORG, cursor=first.next_cursor, limit=2)

    assert [*first.items, *rest.items] == made[::-1]
    assert rest.next_cursor is None
