"""Promises about the organization, its members and what was done, kept by every adapter."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from scheduling.adapters.dynamodb.audit_log import DynamoDbAuditLog
from scheduling.adapters.dynamodb.organizations import DynamoDbMembers, DynamoDbOrganizations
from scheduling.adapters.dynamodb.rate_limits import DynamoDbRateLimits
from scheduling.adapters.dynamodb.table import Table
from scheduling.domain.audit import Activity
from scheduling.domain.identifiers import derived_id, new_id
from scheduling.domain.people import Feature
from scheduling.domain.rate_limits import RateLimit
from scheduling.domain.refusals import LimiterUnavailable, MemberChanged, OrganizationChanged
from scheduling.ports import EntryFilter
from tests.support.builders import AIKO, EARLY, ORGANIZATION, an_entry, at
from tests.support.in_memory import InMemoryAdapters
from tests.support.tables import create_limits_table

ORG = ORGANIZATION.organization_id
EVERYTHING = EntryFilter()
LIMIT = RateLimit("things", 3, timedelta(minutes=15))


@pytest.fixture(params=["in memory", "dynamodb"])
def ports(request):
    if request.param == "in memory":
        found = InMemoryAdapters()
    else:
        scheduling, _ = request.getfixturevalue("tables")
        found = SimpleNamespace(
            organizations=DynamoDbOrganizations(scheduling),
            members=DynamoDbMembers(scheduling),
            audit_log=DynamoDbAuditLog(scheduling),
        )
    found.organizations.add(ORGANIZATION, AIKO, an_entry(Activity.ORGANIZATION_CREATED))
    return found


def activities(ports, which=EVERYTHING, organization_id=ORG):
    part = ports.audit_log.list(organization_id, which, cursor=None, limit=9)
    return [entry.activity for entry in part.items]


def test_an_organization_is_stored_as_it_is_now_with_its_entry(ports):
    after = replace(
        ORGANIZATION,
        name="Sakura Studio",
        features=frozenset({Feature.EXTERNAL_MEMBERS}),
        support_contact="help@hanami.example",
        version=2,
    )

    ports.organizations.replace(after, an_entry(Activity.FEATURE_SWITCHED))

    assert ports.organizations.get(ORG) == after
    assert Activity.FEATURE_SWITCHED in activities(ports)


def test_of_two_changes_to_an_organization_the_later_one_is_refused_with_its_entry(ports):
    ports.organizations.replace(replace(ORGANIZATION, name="Sakura Studio", version=2), an_entry())
    switched_off = replace(ORGANIZATION, features=frozenset(), version=2)

    with pytest.raises(OrganizationChanged):
        ports.organizations.replace(switched_off, an_entry(Activity.FEATURE_SWITCHED))

    assert ports.organizations.get(ORG) == replace(ORGANIZATION, name="Sakura Studio", version=2)
    assert Activity.FEATURE_SWITCHED not in activities(ports)


def test_a_member_is_stored_as_they_are_now_with_an_entry(ports):
    after = replace(AIKO, name="Aiko Sato", joined_at=EARLY, session_epoch=1, version=2)

    ports.members.replace(after, an_entry(Activity.MEMBER_EDITED))

    assert ports.members.get(ORG, AIKO.member_id) == after
    assert list(ports.members.with_email(AIKO.email)) == [after]
    assert Activity.MEMBER_EDITED in activities(ports)


def test_of_two_changes_to_a_member_the_later_one_is_refused_with_its_entry(ports):
    ports.members.replace(replace(AIKO, name="Aiko Sato", version=2), an_entry())

    with pytest.raises(MemberChanged):
        ports.members.replace(replace(AIKO, name="Aiko Ito", version=2), an_entry())

    assert ports.members.get(ORG, AIKO.member_id).name == "Aiko Sato"
    assert activities(ports).count(Activity.MEMBER_EDITED) == 1


def test_entries_are_listed_the_latest_first_part_by_part(ports):
    entries = [
        an_entry(
            at=EARLY + timedelta(minutes=number), entry_id=new_id(), facts={"number": str(number)}
        )
        for number in range(1, 4)
    ]
    for entry in entries:
        ports.audit_log.add(entry)

    first = ports.audit_log.list(ORG, EVERYTHING, cursor=None, limit=2)
    rest = ports.audit_log.list(ORG, EVERYTHING, cursor=first.next_cursor, limit=9)

    assert [*first.items, *rest.items][:3] == entries[::-1]


@pytest.mark.parametrize(
    ("which", "found"),
    [
        (EntryFilter(actor_id=AIKO.member_id), 2),
        (EntryFilter(actor_id="somebody"), 0),
        (EntryFilter(activity=Activity.SIGNED_IN), 1),
        (EntryFilter(subject_id="kenji"), 1),
        (EntryFilter(after=at("09:00")), 1),
        (EntryFilter(before=at("09:00")), 1),
    ],
)
def test_entries_are_found_by_who_what_whom_and_when(ports, which, found):
    ports.audit_log.add(
        an_entry(
            Activity.SIGNED_IN, at=at("09:00"), subject_id="kenji", entry_id=derived_id("later")
        )
    )

    assert len(activities(ports, which)) == found


def test_another_organization_sees_no_entry(ports):
    assert activities(ports, organization_id=new_id()) == []


def test_a_limit_is_exact(tables):
    limits = DynamoDbRateLimits(create_limits_table(tables[0].client))

    assert [limits.allows(LIMIT, "a", now=EARLY) for _ in range(4)] == [True, True, True, False]


def test_what_cannot_be_counted_is_not_done(tables):
    gone = Table(tables[0].client, "a-table-that-is-gone")

    with pytest.raises(LimiterUnavailable):
        DynamoDbRateLimits(gone).allows(LIMIT, "a", now=EARLY)
