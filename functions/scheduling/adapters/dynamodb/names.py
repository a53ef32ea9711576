"""What the ids in the log stand for, in DynamoDB."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.domain.audit import Name, Thing, ThingKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from scheduling.adapters.dynamodb.table import Table

_AT_ONCE = 100
"""Source: DynamoDB API reference, BatchGetItem."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a thing of some kind has its name."""

    key: Callable[[str, str], keys.Key]
    """Of an organization's id and the thing's."""
    name: str
    """An attribute, as the next."""
    gone_at: str = ""


_PLACES = {
    ThingKind.MEMBER: _Place(keys.member, "name", "removed_at"),
    ThingKind.EXTERNAL_MEMBER: _Place(keys.external_member, "name", "deleted_at"),
    ThingKind.INVITATION: _Place(keys.invitation, "email"),
    ThingKind.BOOKING: _Place(keys.booking, "title"),
}


class DynamoDbNames:
    def __init__(self, table: Table) -> None:
        self._table = table

    def of(self, organization_id: str, things: Collection[Thing]) -> Mapping[Thing, Name]:
        by_key = {}
        for thing in things:
            if thing.kind in _PLACES:
                key = _PLACES[thing.kind].key(organization_id, thing.thing_id)
                by_key[key["PK"], key["SK"]] = thing
        names = {}
        for part in batched(by_key, _AT_ONCE, strict=False):
            wanted = [{"PK": partition, "SK": place} for partition, place in part]
            for where, item in self._table.found(wanted).items():
                thing = by_key[where]
                place = _PLACES[thing.kind]
                # Whoever was erased has none.
                if text := item.get(place.name):
                    names[thing] = Name(text, is_gone=item.get(place.gone_at) is not None)
        return names
