"""Connections for examples."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from scheduling.domain.connections import (
    Connection,
    ConnectionKey,
    ConnectionState,
    Platform,
    Provider,
    ProviderCalendar,
)
from scheduling.domain.identifiers import new_id
from tests.support.builders import AIKO, EARLY, ORGANIZATION

PRIMARY = ProviderCalendar(
    "aiko@hanami.example", "Aiko", "Asia/Tokyo", is_primary=True, can_write=True, offers_meet=True
)
HOLIDAYS = ProviderCalendar(
    "holidays@group.calendar.google.com",
    "Holidays",
    "Asia/Tokyo",
    is_primary=False,
    can_write=False,
)


def a_connection(
    provider: Provider = Provider.GOOGLE, *, member_id: str = AIKO.member_id, **changes: Any
) -> Connection:
    """Return Aiko's connection, of which everything is on."""
    usual = Connection(
        key=ConnectionKey(ORGANIZATION.organization_id, member_id, provider),
        connection_id=new_id(),
        platforms=frozenset(each for each in Platform if each.provider is provider),
        account_id="1138",
        account="aiko@hanami.example",
        scopes=frozenset({"openid", "email"}),
        state=ConnectionState.OK,
        state_since=EARLY,
        connected_at=EARLY,
        verified_at=EARLY,
    )
    if provider is Provider.GOOGLE:
        usual = replace(
            usual,
            calendars=(PRIMARY, HOLIDAYS),
            conflict_calendar_ids=(PRIMARY.calendar_id,),
            write_calendar_id=PRIMARY.calendar_id,
        )
    return replace(usual, **changes)
