"""C28: what members may connect."""

from dataclasses import replace

import pytest

from scheduling.domain.audit import Activity
from scheduling.domain.connections import Platform, Provider
from scheduling.domain.people import Role
from scheduling.domain.refusals import InvalidInput, NotAllowed, OrganizationChanged
from scheduling.use_cases.platform_policy import (
    PlatformPolicy,
    edit_platform_policy,
    still_connected,
)
from tests.support.builders import AIKO, ORGANIZATION, STAFF, an_entry
from tests.support.connecting import a_connection
from tests.support.road import do

ZOOM = Platform.ZOOM
POLICY = PlatformPolicy(
    blocked_platforms=frozenset({ZOOM}),
    account_domains=("Hanami.example", " @hanami.example "),
    refuses_other_accounts=True,
)
BY_BEN = replace(STAFF, member=replace(AIKO, role=Role.MEMBER))


def edit(parley, policy=POLICY, by=STAFF, version=None):
    return do(parley, edit_platform_policy, by, policy, version=version)


def test_c28_platforms_are_blocked_and_domains_named(parley):
    edit(parley)

    stored = parley.organizations.get(ORGANIZATION.organization_id)
    assert stored.blocked_platforms == {ZOOM}
    assert stored.account_domains == ("hanami.example",)
    assert stored.refuses_other_accounts


def test_c28_c29_a_change_is_written_down_and_none_is_not(parley):
    after = edit(parley)
    entries = len(parley.store.entries)

    edit(parley, by=replace(STAFF, organization=after))

    assert parley.store.entries[-1].activity is Activity.PLATFORM_POLICY_CHANGED
    assert parley.store.entries[-1].facts == {
        "fields": "blocked_platforms account_domains refuses_other_accounts"
    }
    assert len(parley.store.entries) == entries


def test_c28_what_is_connected_of_a_blocked_platform_is_listed_and_stays(parley):
    zoom = a_connection(Provider.ZOOM)
    for connection in (zoom, a_connection()):
        parley.connections.put(connection, an_entry())
    blocking = replace(STAFF, organization=edit(parley))

    [found] = do(parley, still_connected, blocking)

    assert (found.member, found.platform, found.connection) == (AIKO, ZOOM, zoom)
    assert do(parley, still_connected, STAFF) == []
    assert parley.store.connections[zoom.key] == zoom


@pytest.mark.parametrize(
    "domains", [("hanami",), ("hanami.example", "a b.example"), ("-x.example",), ("a.123",)]
)
def test_c28_what_is_no_domain_is_refused(parley, domains):
    with pytest.raises(InvalidInput) as refused:
        edit(parley, replace(POLICY, account_domains=domains))

    assert [problem.field for problem in refused.value.problems] == ["account_domains"]


def test_c28_twenty_domains_are_enough(parley):
    domains = tuple(f"{number}.example" for number in range(21))

    assert len(edit(parley, replace(POLICY, account_domains=domains[:20])).account_domains) == 20
    with pytest.raises(InvalidInput):
        edit(parley, replace(POLICY, account_domains=domains))


def test_c35_only_admins_decide_and_nobody_over_somebody_elses_change(parley):
    with pytest.raises(NotAllowed):
        edit(parley, by=BY_BEN)
    with pytest.raises(NotAllowed):
        do(parley, still_connected, BY_BEN)
    with pytest.raises(OrganizationChanged):
        edit(parley, version=7)
