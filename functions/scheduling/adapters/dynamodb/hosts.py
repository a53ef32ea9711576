"""Hosts, of both kinds at once, in DynamoDB."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.calendar_feeds import stored_feed
from scheduling.adapters.dynamodb.connected_busy import stored_connected_busy
from scheduling.adapters.dynamodb.external_members import stored_external_member
from scheduling.adapters.dynamodb.organizations import stored_member
from scheduling.adapters.dynamodb.working_hours import stored_hours
from scheduling.domain.connections import ConnectionKey, Provider
from scheduling.domain.hosts import Host, HostKey, HostKind
from scheduling.domain.refusals import HostNotFound
from scheduling.domain.working_hours import usual_hours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scheduling.adapters.dynamodb.table import Item, Table

WITH_CALENDARS = (Provider.GOOGLE,)
"""Providers at whom members are busy."""


class DynamoDbHosts:
    def __init__(self, table: Table) -> None:
        self._table = table

    def get_all(self, organization_id: str, keys: Sequence[HostKey]) -> Sequence[Host]:
        wanted = [_keys_of_items(organization_id, key) for key in keys]
        found = self._table.found(list(chain.from_iterable(wanted)))
        return [
            _host(key, *(found.get((each["PK"], each["SK"])) for each in of_host))
            for key, of_host in zip(keys, wanted, strict=True)
        ]


def _keys_of_items(organization_id: str, key: HostKey) -> list[keys.Key]:
    if key.kind is HostKind.EXTERNAL_MEMBER:
        return [
            keys.external_member(organization_id, key.host_id),
            keys.calendar_feed(organization_id, key.host_id),
        ]
    return [
        keys.member(organization_id, key.host_id),
        keys.working_hours(organization_id, key.host_id),
        *(
            keys.connected_busy(ConnectionKey(organization_id, key.host_id, provider))
            for provider in WITH_CALENDARS
        ),
    ]


def _host(key: HostKey, who: Item | None, when: Item | None, *connected: Item | None) -> Host:
    """Return the host made of the items behind `_keys_of_items`.

    Raises:
        HostNotFound: There is no item about who they are.
    """
    if who is None:
        raise HostNotFound
    if key.kind is HostKind.EXTERNAL_MEMBER:
        return _external_member(key, who, when)
    return _member(key, who, when, connected)


def _member(key: HostKey, item: Item, hours: Item | None, connected: Sequence[Item | None]) -> Host:
    member = stored_member(item)
    saved = usual_hours(member) if hours is None else stored_hours(hours)
    return Host(
        key=key,
        organization_id=member.organization_id,
        name=member.name,
        email=member.email,
        time_zone=saved.hours.time_zone,
        hours=saved.hours,
        limits=saved.limits,
        locale=member.locale,
        is_gone=not member.is_active,
        connected=tuple(stored_connected_busy(each) for each in connected if each is not None),
    )


def _external_member(key: HostKey, item: Item, calendar: Item | None) -> Host:
    member = stored_external_member(item)
    return Host(
        key=key,
        organization_id=member.organization_id,
        name=member.name,
        email=member.email,
        time_zone=member.availability.time_zone,
        hours=member.availability.windows,
        person_in_charge_id=member.person_in_charge_id,
        request_link_id=member.request.link_id,
        is_gone=member.deleted_at is not None,
        calendar=None if calendar is None else stored_feed(calendar),
        valid_until=member.availability.valid_until,
    )
