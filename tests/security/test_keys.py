"""No key of a tenant can be taken for one of another's (T3)."""

import inspect
from datetime import UTC, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scheduling.adapters.dynamodb import keys
from scheduling.domain.connections import ConnectionKey, Platform, Provider
from scheduling.domain.identifiers import ID_BYTES, derived_id
from scheduling.domain.messages import Message, MessageKind, Recipient, Subject
from scheduling.domain.reputation import MailCategory

texts = st.text(max_size=40)
identifiers = st.binary(min_size=ID_BYTES, max_size=ID_BYTES).map(lambda raw: derived_id(raw.hex()))
instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001

ARGUMENTS = {
    "account_id": texts,
    "address_hash": texts.map(keys.digest),
    "at": instants,
    "booking_id": identifiers,
    "calendar_id": texts,
    "category": st.sampled_from([None, *MailCategory]),
    "claimed_from": instants,
    "created_at": instants,
    "day": st.dates(),
    "due_at": instants,
    "email": texts,
    "entry_id": identifiers,
    "external_member_id": identifiers,
    "host_id": identifiers,
    "hour": instants,
    "import_id": identifiers,
    "invitation_id": identifiers,
    "is_active": st.booleans(),
    "member_id": identifiers,
    "name": texts,
    "number": st.integers(0, 19),
    "owner_id": identifiers,
    "platform": st.sampled_from(Platform),
    "provider": st.sampled_from(Provider),
    "subject": st.sampled_from(Subject),
    "subject_id": identifiers,
    "when": instants,
}
"""By the name of a parameter: what may be given for it."""


def messages_of(organization_id):
    return st.builds(
        Message,
        organization_id=st.just(organization_id),
        subject=st.sampled_from(Subject),
        subject_id=identifiers,
        version=st.integers(1, 999_999),
        kind=st.sampled_from(MessageKind),
        recipient=st.sampled_from(Recipient),
    )


def keys_with(parameter):
    """Return the functions of the module that take a parameter of this name."""
    return [
        function
        for _, function in inspect.getmembers(keys, inspect.isfunction)
        if function.__module__ == keys.__name__
        and parameter in inspect.signature(function).parameters
    ]


CONNECTED = [key for key in keys_with("whose") if key is not keys.sync_place]
"""All but the place in a queue, which belongs to nobody."""

OF_TENANTS = [*keys_with("organization_id"), *CONNECTED]


def key_of(draw, function, organization_id):
    """Return the part of a key that names the tenant, up to its end."""
    if function is keys.message:
        made = function(draw(messages_of(organization_id)))
    else:
        named = inspect.signature(function).parameters.keys() - {"organization_id", "whose"}
        given = {name: draw(ARGUMENTS[name]) for name in named}
        if function in CONNECTED:
            whose = ConnectionKey(organization_id, draw(identifiers), draw(ARGUMENTS["provider"]))
            made = function(whose=whose, **given)
        else:
            made = function(organization_id=organization_id, **given)
    if isinstance(made, str):
        return made
    # Who has an address is asked for all tenants at once: there the sort key tells them apart.
    partition, sort = made.values()
    return partition if organization_id in partition else sort


@pytest.mark.parametrize("function", [*OF_TENANTS, keys.message], ids=lambda each: each.__name__)
@given(draw=st.data(), one=identifiers, other=identifiers)
def test_t3_no_key_of_a_tenant_begins_like_a_key_of_another(function, draw, one, other):
    assume(one != other)
    theirs = draw.draw(st.sampled_from([*OF_TENANTS, keys.message]))

    mine = key_of(draw.draw, function, one)
    not_mine = key_of(draw.draw, theirs, other)

    assert mine.startswith(f"T#{one}")
    assert not mine.startswith(not_mine)
    assert not not_mine.startswith(mine)
    assert not not_mine.startswith(keys.organization(one)["PK"])


def test_t3_identifiers_of_tenants_have_one_length_and_no_separator():
    organization_id = derived_id("organization")

    assert len(organization_id) == 26
    assert "#" not in organization_id
