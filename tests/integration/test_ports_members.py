"""Promises about finding members, and about there always being an admin, kept by every adapter."""

import itertools
from dataclasses import replace
from types import SimpleNamespace

import pytest

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.organizations import (
    DynamoDbMembers,
    DynamoDbOrganizations,
    member_item,
)
from scheduling.adapters.dynamodb.table import encoded
from scheduling.domain.identifiers import derived_id, new_id
from scheduling.domain.people import ACTIVE_MEMBERS, MemberFilter, Role, comparable
from scheduling.domain.refusals import InvalidInput, LastAdmin, MemberChanged
from tests.support.builders import AIKO, EARLY, ORGANIZATION, an_entry
from tests.support.in_memory import InMemoryAdapters
from tests.support.request_counter import counted_requests

ORG = ORGANIZATION.organization_id


def a_member(name, **details):
    details = {"email": f"{name.split()[0].lower()}@hanami.example", "role": Role.MEMBER} | details
    return replace(AIKO, member_id=derived_id(name), name=name, **details)


BEN = a_member("Ben Ode", department_id="design", manager_id=AIKO.member_id)
CARO = a_member("CARO Díaz", designation_id="lead")
DAN = a_member("dan Eng", role=Role.ADMIN)
GONE = a_member("Abe Gone", removed_at=EARLY)


@pytest.fixture(params=["in memory", "dynamodb"])
def ports(request):
    everybody = (DAN, GONE, BEN, CARO)
    if request.param == "in memory":
        found = InMemoryAdapters()
        found.organizations.add(ORGANIZATION, AIKO, an_entry())
        for member in everybody:
            found.store.members[ORG, member.member_id] = member
        return found
    scheduling, _ = request.getfixturevalue("tables")
    found = SimpleNamespace(
        organizations=DynamoDbOrganizations(scheduling), members=DynamoDbMembers(scheduling)
    )
    found.organizations.add(ORGANIZATION, AIKO, an_entry())
    for member in everybody:
        scheduling.put_new(member_item(member))
    admins = keys.admins(ORG) | {"admins": {AIKO.member_id, DAN.member_id}}
    scheduling.client.put_item(TableName=scheduling.name, Item=encoded(admins))
    return found


def names(ports, which=ACTIVE_MEMBERS):
    part = ports.members.list(ORG, which, cursor=None, limit=9)
    return [member.name for member in part.items]


def change(ports, member, **changes):
    after = replace(member, version=member.version + 1, **changes)
    ports.members.replace(after, an_entry(entry_id=new_id()))
    return after


def test_active_members_are_listed_by_name_whatever_its_case(ports):
    assert names(ports) == ["Aiko Mori", "Ben Ode", "CARO Díaz", "dan Eng"]


def test_members_are_listed_part_by_part(ports):
    first = ports.members.list(ORG, cursor=None, limit=3)
    rest = ports.members.list(ORG, cursor=first.next_cursor, limit=3)

    assert [member.name for member in (*first.items, *rest.items)] == names(ports)
    assert rest.next_cursor is None


def test_a_cursor_that_no_list_gave_out_is_refused(ports):
    with pytest.raises(InvalidInput):
        ports.members.list(ORG, cursor="?", limit=3)


@pytest.mark.parametrize(
    ("which", "found"),
    [
        (MemberFilter(text=comparable("DÍAZ")), ["CARO Díaz"]),
        (MemberFilter(text="ben@hanami"), ["Ben Ode"]),
        (MemberFilter(role=Role.ADMIN), ["Aiko Mori", "dan Eng"]),
        (MemberFilter(department_id="design"), ["Ben Ode"]),
        (MemberFilter(designation_id="lead"), ["CARO Díaz"]),
        (MemberFilter(manager_id=AIKO.member_id), ["Ben Ode"]),
        (MemberFilter(manager_id=AIKO.member_id, role=Role.ADMIN), []),
        (MemberFilter(is_active=False), ["Abe Gone"]),
        (MemberFilter(is_active=False, text="aiko"), []),
    ],
)
def test_c30_members_are_found_by_words_department_designation_manager_role_and_state(
    ports, which, found
):
    assert names(ports, which) == found


def test_members_are_got_together_without_those_there_never_were(ports):
    wanted = [AIKO.member_id, GONE.member_id, new_id()]

    found = ports.members.get_all(ORG, wanted)

    assert {member.name for member in found} == {"Aiko Mori", "Abe Gone"}
    assert list(ports.members.get_all(ORG, [])) == []


def test_a_renamed_member_stands_elsewhere_in_the_list(ports):
    change(ports, AIKO, name="Zoe Mori")

    assert names(ports)[-1] == "Zoe Mori"


def test_a_removed_member_leaves_one_list_for_the_other_and_comes_back(ports):
    gone = change(ports, BEN, removed_at=EARLY)

    assert "Ben Ode" not in names(ports)
    assert names(ports, MemberFilter(is_active=False)) == ["Abe Gone", "Ben Ode"]
    change(ports, gone, removed_at=None)
    assert "Ben Ode" in names(ports)


def test_another_organization_lists_nobody_of_this_one(ports):
    assert ports.members.list(new_id(), cursor=None, limit=9).items == ()


@pytest.mark.parametrize("changes", [{"role": Role.MEMBER}, {"removed_at": EARLY}])
def test_t15_the_last_admin_stays_one(ports, changes):
    change(ports, DAN, **changes)

    with pytest.raises(LastAdmin):
        change(ports, AIKO, **changes)

    assert ports.members.get(ORG, AIKO.member_id) == AIKO


def test_t15_of_two_admins_who_read_the_same_only_one_can_demote_the_other(ports):
    # Both have read that there are two admins; each takes the role from the other.
    change(ports, AIKO, role=Role.MEMBER)

    with pytest.raises(LastAdmin):
        change(ports, DAN, role=Role.MEMBER)


def test_who_is_made_an_admin_lets_another_cease_to_be_one(ports):
    ben = change(ports, BEN, role=Role.ADMIN)
    change(ports, DAN, role=Role.MEMBER)
    change(ports, AIKO, role=Role.MEMBER)

    with pytest.raises(LastAdmin):
        change(ports, ben, role=Role.MEMBER)


def test_who_is_too_late_is_told_so_and_not_that_they_are_the_last(ports):
    change(ports, DAN, role=Role.MEMBER)
    change(ports, AIKO, name="Aiko Sato")

    with pytest.raises(MemberChanged):
        change(ports, AIKO, role=Role.MEMBER)


def test_a_list_of_two_thousand_costs_one_request_filtered_or_not(tables):
    scheduling, _ = tables
    members = DynamoDbMembers(scheduling)
    crowd = [a_member(f"M{number:04} Example", department_id="design") for number in range(2000)]
    for part in itertools.batched(crowd, 25, strict=True):
        puts = [{"PutRequest": {"Item": encoded(member_item(member))}} for member in part]
        scheduling.client.batch_write_item(RequestItems={scheduling.name: puts})

    for which in (ACTIVE_MEMBERS, MemberFilter(text="m1"), MemberFilter(department_id="design")):
        with counted_requests(scheduling.client) as requests:
            part = members.list(ORG, which, cursor=None, limit=50)
        assert (len(part.items), requests) == (50, {"Query": 1})


def test_members_are_found_by_their_addresses_in_their_organization_alone(ports):
    elsewhere = replace(AIKO, member_id=new_id(), organization_id=new_id())
    ports.organizations.add(
        replace(ORGANIZATION, organization_id=elsewhere.organization_id), elsewhere, an_entry()
    )

    found = ports.members.at_addresses(ORG, [AIKO.email, "nobody@hanami.example"])

    assert found == {AIKO.email: AIKO}
    assert ports.members.at_addresses(ORG, []) == {}
