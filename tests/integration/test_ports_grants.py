"""What is promised of grants and circuits, by the adapters and by their stand-ins in memory."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import boto3
import pytest

from scheduling.adapters.dynamodb.circuits import DynamoDbCircuits
from scheduling.adapters.dynamodb.grants import DynamoDbGrants
from scheduling.adapters.kms.vault import KmsVault
from scheduling.domain.circuits import Circuit
from scheduling.domain.connections import Provider
from scheduling.domain.grants import REFRESH_LEASE, Tokens
from tests.support.builders import EARLY
from tests.support.grants import KEY, a_grant
from tests.support.in_memory_grants import InMemoryCircuits, InMemoryGrants
from tests.support.tables import create_connections_table

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.fixture(params=["in memory", "dynamodb"])
def ports(request):
    if request.param == "in memory":
        return SimpleNamespace(grants=InMemoryGrants(), circuits=InMemoryCircuits())
    scheduling, _ = request.getfixturevalue("tables")
    connections = create_connections_table(boto3.client("dynamodb"))
    kms = boto3.client("kms")
    vault = KmsVault(kms, kms.create_key()["KeyMetadata"]["KeyId"])
    return SimpleNamespace(
        grants=DynamoDbGrants(connections, vault), circuits=DynamoDbCircuits(scheduling)
    )


@pytest.fixture
def grants(ports):
    return ports.grants


@pytest.fixture
def circuits(ports):
    return ports.circuits


def refreshed(grant, access_token="access-2", refresh_token="refresh-2"):  # noqa: S107 - an example
    return grant.with_tokens(
        Tokens(access_token, EARLY + 2 * HOUR, frozenset(), refresh_token=refresh_token)
    )


def test_at_first_there_is_no_grant(grants):
    assert grants.get(KEY) is None
    assert grants.lease(a_grant(), now=EARLY) is None
    assert not grants.save(refreshed(a_grant()))


def test_a_grant_comes_back_as_it_was_put(grants):
    grants.put(a_grant())

    assert grants.get(KEY) == a_grant()
    assert grants.get(replace(KEY, provider=Provider.ZOOM)) is None


def test_one_worker_at_a_time_replaces_tokens(grants):
    grants.put(a_grant())

    leased = grants.lease(a_grant(), now=EARLY)

    assert leased == replace(a_grant(), leased_until=EARLY + REFRESH_LEASE)
    assert grants.lease(a_grant(), now=EARLY) is None
    assert grants.lease(a_grant(), now=EARLY + REFRESH_LEASE - SECOND) is None


def test_a_lease_that_nobody_ended_ends_by_itself(grants):
    grants.put(a_grant())
    grants.lease(a_grant(), now=EARLY)

    again = grants.lease(a_grant(), now=EARLY + REFRESH_LEASE)

    assert again == replace(a_grant(), leased_until=EARLY + 2 * REFRESH_LEASE)


def test_saving_stores_the_next_version_and_ends_the_lease(grants):
    grants.put(a_grant())
    after = refreshed(grants.lease(a_grant(), now=EARLY))

    assert grants.save(after)

    assert grants.get(KEY) == after
    assert grants.lease(after, now=EARLY) is not None


def test_saving_the_same_again_is_saved(grants):
    grants.put(a_grant())
    after = refreshed(grants.lease(a_grant(), now=EARLY))
    grants.save(after)

    assert grants.save(after)


def test_of_two_next_versions_the_first_is_kept(grants):
    grants.put(a_grant())
    leased = grants.lease(a_grant(), now=EARLY)
    first, second = refreshed(leased, "first"), refreshed(leased, "second")
    grants.save(first)

    assert not grants.save(second)
    assert grants.get(KEY) == first


def test_whoever_has_an_older_version_gets_no_lease(grants):
    grants.put(a_grant())
    grants.save(refreshed(grants.lease(a_grant(), now=EARLY)))

    assert grants.lease(a_grant(), now=EARLY) is None


def test_new_tokens_never_replace_those_of_a_later_sign_in(grants):
    grants.put(a_grant())
    leased = grants.lease(a_grant(), now=EARLY)
    signed_in_anew = replace(a_grant(), sign_in_id="b" * 26, refresh_token="anew")
    grants.put(signed_in_anew)

    assert not grants.save(refreshed(leased))
    assert grants.get(KEY) == signed_in_anew


def test_a_lease_comes_with_the_tokens_of_a_sign_in_meanwhile(grants):
    grants.put(a_grant())
    signed_in_anew = replace(a_grant(), sign_in_id="b" * 26, refresh_token="anew")
    grants.put(signed_in_anew)

    leased = grants.lease(a_grant(), now=EARLY)

    assert leased == replace(signed_in_anew, leased_until=EARLY + REFRESH_LEASE)


def test_a_lease_ends_without_new_tokens(grants):
    grants.put(a_grant())

    grants.release(grants.lease(a_grant(), now=EARLY))

    assert grants.get(KEY) == a_grant()


def test_nobody_ends_the_lease_of_another(grants):
    grants.put(a_grant())
    mine = grants.lease(a_grant(), now=EARLY)
    others = grants.lease(a_grant(), now=EARLY + REFRESH_LEASE)

    grants.release(mine)

    assert grants.get(KEY) == others


def test_a_forgotten_grant_is_gone(grants):
    grants.put(a_grant())

    grants.forget(KEY, a_grant().sign_in_id)
    grants.forget(KEY, a_grant().sign_in_id)

    assert grants.get(KEY) is None


def test_whoever_forgets_a_grant_leaves_that_of_a_later_sign_in(grants):
    signed_in_anew = replace(a_grant(), sign_in_id="b" * 26)
    grants.put(signed_in_anew)

    grants.forget(KEY, a_grant().sign_in_id)

    assert grants.get(KEY) == signed_in_anew


def test_a_circuit_is_closed_at_first(circuits):
    assert circuits.get("org", Provider.GOOGLE) == Circuit()


def test_a_circuit_comes_back_as_it_was_changed(circuits):
    failed = Circuit().failed(EARLY)
    opened = replace(failed, failures=7, open_until=EARLY + HOUR, version=2)

    assert circuits.change("org", Provider.GOOGLE, failed)
    assert circuits.get("org", Provider.GOOGLE) == failed
    assert circuits.change("org", Provider.GOOGLE, opened)
    assert circuits.get("org", Provider.GOOGLE) == opened


def test_of_two_changes_of_a_circuit_at_once_one_is_made(circuits):
    failed = Circuit().failed(EARLY)

    assert circuits.change("org", Provider.GOOGLE, failed)
    assert not circuits.change("org", Provider.GOOGLE, replace(failed, failures=9))
    assert circuits.get("org", Provider.GOOGLE) == failed


def test_circuits_are_apart_by_provider_and_organization(circuits):
    circuits.change("org", Provider.GOOGLE, Circuit().failed(EARLY))

    assert circuits.get("org", Provider.ZOOM) == Circuit()
    assert circuits.get("another", Provider.GOOGLE) == Circuit()


def test_a_closed_circuit_has_forgotten_its_failures(circuits):
    circuits.change("org", Provider.GOOGLE, Circuit().failed(EARLY))

    circuits.close("org", Provider.GOOGLE)

    assert circuits.get("org", Provider.GOOGLE) == Circuit()
